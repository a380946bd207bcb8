//! Vessels of the register.

use super::BadField;
use crate::api::proto::register::v1 as wire;
use crate::register::{Permit, Registered, Watch};
use crate::store::records::entry::Entry;
use crate::store::records::register::VesselRecord;
use crate::units::{EventTime, Mmsi};

/// The most characters of a reason.
const REASON_CHARS_MAX: usize = 200;

/// A vessel, to the wire.
pub fn vessel(record: &VesselRecord) -> wire::Vessel {
    let nothing = Registered::default();
    let said = record.vessel.as_ref().unwrap_or(&nothing);
    let permit = |permit: &Permit| wire::Permit {
        zone_id: permit.zone.clone(),
        from_ms: permit.from.map(EventTime::as_millis),
        until_ms: permit.until.map(EventTime::as_millis),
    };
    wire::Vessel {
        mmsi: record.mmsi.number(),
        name: said.name.clone().unwrap_or_default(),
        vessel_class: said.class.map_or("", |class| class.as_str()).to_owned(),
        length_m: said.length_m,
        owner: said.owner.clone().unwrap_or_default(),
        credit: said.credit.map_or("", |credit| credit.as_str()).to_owned(),
        permits: said.permits.iter().map(permit).collect(),
        watch: said
            .watch
            .as_ref()
            .map(|watch| wire::Watch { reason: watch.reason.clone(), until_ms: watch.until.map(EventTime::as_millis) }),
        version: u64::try_from(record.version).unwrap_or_default(),
        etag: record.version.to_string(),
    }
}

/// A version of a vessel with the entry that made it, to the wire.
pub fn version(record: &VesselRecord, entry: &Entry) -> wire::VesselVersion {
    wire::VesselVersion {
        vessel: Some(vessel(record)),
        time_ms: entry.time_ms,
        change: entry.kind.clone(),
        actor: entry.actor.id.clone(),
        unit_id: entry.actor.unit.clone(),
        note: entry.note.clone(),
        sequence: entry.sequence,
    }
}

/// A vessel that is named, from the wire.
///
/// # Errors
/// When it is no MMSI.
pub fn checked_mmsi(number: u32) -> Result<Mmsi, BadField> {
    Mmsi::new(number).ok_or_else(|| BadField::new("mmsi", format!("{number} is none; give nine digits")))
}

/// The version that the caller looked at, from the wire.
///
/// # Errors
/// When it is no etag of ours.
pub fn checked_etag(etag: &str) -> Result<Option<i64>, BadField> {
    if etag.is_empty() {
        return Ok(None);
    }
    etag.parse().map(Some).map_err(|_| BadField::new("etag", "not ours: send vessel.etag as it came"))
}

/// Why a vessel is to be watched, from the wire.
///
/// # Errors
/// Without a reason in one line, or with an end that has passed.
pub fn checked_watch(reason: &str, until_ms: Option<i64>, now: EventTime) -> Result<Watch, BadField> {
    let reason = reason.trim();
    if reason.is_empty() || reason.chars().count() > REASON_CHARS_MAX || reason.chars().any(char::is_control) {
        let wanted = format!("say in one line of up to {REASON_CHARS_MAX} characters why it is to be watched");
        return Err(BadField::new("reason", wanted));
    }
    let until = until_ms.map(EventTime::from_millis);
    if let Some(until) = until.filter(|until| *until <= now) {
        return Err(BadField::new("until_ms", format!("{until} has passed; leave it out to watch for good")));
    }
    Ok(Watch { reason: reason.to_owned(), until })
}
