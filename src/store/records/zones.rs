//! Zones on record: every version of every zone that was changed while servers ran, beside the chart's file.
//!
//! A zone of the chart's file that nobody has changed stands in no row. What the server looks at is the file's set with the
//! [`document`] applied: the latest version of each zone on record.

use rusqlite::{Connection, OptionalExtension, params};
use serde_json::{Map, Value, json};

use super::book::Book;
use super::entry::{Draft, Entered, sha256_hex};
use super::error::RecordsError;
use crate::life::Actor;
use crate::serve::limits::ZONES_CHANGED_MAX;

/// Before the id of a zone that an entry is about.
pub const ZONE: &str = "zone/";

/// What is to become of one zone.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// It is drawn, or drawn anew: a GeoJSON feature as zone files have them. Its version is set when it is entered.
    Put(Value),
    /// It goes.
    Remove,
}

/// One zone of an order.
#[derive(Clone, Debug)]
pub struct ZoneChange {
    /// The zone.
    pub id: String,
    /// Its version in the chart's file; 0: it is not in it.
    pub filed_version: u32,
    /// The version that the caller was looking at; `Some(0)`: the zone must not exist, `None`: whatever it is.
    pub expected_version: Option<u32>,
    /// What is to become of it.
    pub change: Change,
}

/// An order to change zones, as a whole or not at all.
#[derive(Clone, Debug)]
pub struct ZoneOrder {
    /// The zones, each once.
    pub changes: Vec<ZoneChange>,
    /// Names the call.
    pub request_id: String,
    /// What is noted with it.
    pub note: String,
    /// Who asks.
    pub actor: Actor,
    /// When, by the server's clock.
    pub at_ms: i64,
}

/// Why an order is not carried out.
#[derive(Clone, Debug, thiserror::Error)]
pub enum ZoneOrderError {
    /// The zone is not there.
    #[error("there is no zone '{0}'")]
    NotFound(String),
    /// It is there already.
    #[error("there is a zone '{id}' already, version {version}: change it, or choose another id")]
    Exists {
        /// Its id.
        id: String,
        /// Its version.
        version: u32,
    },
    /// Somebody else was faster.
    #[error("zone '{id}' has changed since: it is of version {version} now; look at it again")]
    Changed {
        /// Its id.
        id: String,
        /// Its present version.
        version: u32,
    },
    /// The request id stood for another call.
    #[error("this request_id stood for another call: choose a new one for each")]
    RequestReused,
    /// The bound of what is kept.
    #[error("more than {ZONES_CHANGED_MAX} zones on record: put them into the chart's file")]
    TooMany,
    /// The records.
    #[error(transparent)]
    Records(#[from] RecordsError),
}

impl From<rusqlite::Error> for ZoneOrderError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Records(error.into())
    }
}

/// One version of a zone.
#[derive(Clone, Debug, PartialEq)]
pub struct ZoneVersion {
    /// The zone.
    pub id: String,
    /// The version, counted up with every change.
    pub version: u32,
    /// The zone as a GeoJSON feature; as it was last, where it was removed.
    pub feature: Value,
    /// Whether this version ends it.
    pub removed: bool,
    /// Its entry in the chain.
    pub sequence: i64,
}

impl ZoneOrder {
    fn fingerprint(&self) -> String {
        let changes: Vec<String> =
            self.changes.iter().map(|change| format!("{}\n{:?}", change.id, change.change)).collect();
        sha256_hex(format!("{}\n{}", changes.join("\n"), self.note).as_bytes())
    }
}

impl Book<'_> {
    /// Changes zones. The same call once more changes nothing and has the same answer.
    ///
    /// # Errors
    /// [`ZoneOrderError`]: then nothing is changed.
    pub fn change_zones(&mut self, order: &ZoneOrder) -> Result<Vec<ZoneVersion>, ZoneOrderError> {
        let fingerprint = order.fingerprint();
        if let Some((known, sequence)) = self.request(&order.actor.id, &order.request_id)? {
            if known != fingerprint {
                return Err(ZoneOrderError::RequestReused);
            }
            // The entries of one order follow each other, the request names the first.
            let count = i64::try_from(order.changes.len()).unwrap_or(i64::MAX);
            return Ok(entered_from(self.connection(), sequence, count)?);
        }
        let mut done = Vec::with_capacity(order.changes.len());
        for change in &order.changes {
            done.push(self.change_zone(order, change)?);
        }
        let kept: i64 = self.connection().query_row("SELECT count(DISTINCT id) FROM zones", [], |row| row.get(0))?;
        if usize::try_from(kept).unwrap_or(usize::MAX) > ZONES_CHANGED_MAX {
            return Err(ZoneOrderError::TooMany);
        }
        if let Some(first) = done.first() {
            self.connection().prepare_cached("INSERT INTO requests VALUES (?1, ?2, ?3, ?4, ?5)")?.execute(params![
                order.actor.id,
                order.request_id,
                fingerprint,
                first.sequence,
                order.at_ms
            ])?;
        }
        Ok(done)
    }

    fn change_zone(&mut self, order: &ZoneOrder, change: &ZoneChange) -> Result<ZoneVersion, ZoneOrderError> {
        let latest = latest_of(self.connection(), &change.id)?;
        let last_version = latest.as_ref().map_or(change.filed_version, |latest| latest.version);
        // 0 stands for a zone that is not there.
        let present = if latest.as_ref().is_some_and(|latest| latest.removed) { 0 } else { last_version };
        let id = || change.id.clone();
        match change.expected_version {
            Some(0) if present > 0 => return Err(ZoneOrderError::Exists { id: id(), version: present }),
            Some(expected) if expected > 0 && present == 0 => return Err(ZoneOrderError::NotFound(id())),
            Some(expected) if expected != present => {
                return Err(ZoneOrderError::Changed { id: id(), version: present });
            }
            None if present == 0 && change.change == Change::Remove => return Err(ZoneOrderError::NotFound(id())),
            _ => {}
        }
        let version = last_version.saturating_add(1);
        let (feature, removed, kind) = match &change.change {
            Change::Put(feature) => (with_version(feature, version), false, "zone_changed"),
            Change::Remove => (latest.map_or_else(|| json!({}), |latest| latest.feature), true, "zone_removed"),
        };
        let entered = self.enter(Draft {
            time_ms: order.at_ms,
            kind,
            subject: format!("{ZONE}{}", change.id),
            actor: &order.actor,
            request_id: &order.request_id,
            note: &order.note,
            life: None,
            content: Some(feature.clone()),
            wire_sha256: String::new(),
        })?;
        let sequence = entered.entry.sequence;
        self.connection().prepare_cached("INSERT INTO zones VALUES (?1, ?2, ?3, ?4, ?5)")?.execute(params![
            change.id,
            version,
            feature.to_string(),
            removed,
            sequence
        ])?;
        Ok(ZoneVersion { id: id(), version, feature, removed, sequence })
    }
}

/// What is on record as a change of the chart's file, for [`ZoneSet::changed`](crate::chart::ZoneSet::changed); `None` when
/// there is nothing. The version of the set grows with every order.
///
/// # Errors
/// When the records cannot be read.
pub fn document(connection: &Connection) -> Result<Option<String>, RecordsError> {
    let mut statement = connection.prepare_cached(
        "SELECT id, version, feature, deleted, sequence FROM zones z
         WHERE version = (SELECT max(version) FROM zones WHERE id = z.id) ORDER BY id",
    )?;
    let zones = statement.query_map([], version_of_row)?.collect::<Result<Vec<_>, _>>()?;
    let Some(last) = zones.iter().map(|zone| zone.sequence).max() else { return Ok(None) };
    let (removed, present): (Vec<_>, Vec<_>) = zones.into_iter().partition(|zone| zone.removed);
    let removed: Vec<String> = removed.into_iter().map(|zone| zone.id).collect();
    let features: Vec<Value> = present.into_iter().map(|zone| zone.feature).collect();
    let version = u32::try_from(last).unwrap_or(u32::MAX);
    let document = json!({ "type": "FeatureCollection", "version": version, "removed": removed, "features": features });
    Ok(Some(document.to_string()))
}

/// The versions of one zone on record with their entries, the latest first, below `before`; at most `size`.
///
/// # Errors
/// When the records cannot be read.
pub fn versions(
    connection: &Connection,
    id: &str,
    before: i64,
    size: usize,
) -> Result<Vec<(ZoneVersion, Entered)>, RecordsError> {
    let mut statement = connection.prepare_cached(
        "SELECT id, version, feature, deleted, sequence FROM zones WHERE id = ?1 AND version < ?2
         ORDER BY version DESC LIMIT ?3",
    )?;
    let size = i64::try_from(size).unwrap_or(i64::MAX);
    let found = statement.query_map(params![id, before, size], version_of_row)?.collect::<Result<Vec<_>, _>>()?;
    found
        .into_iter()
        .map(|version| {
            let entered = super::book::entered(connection, version.sequence)?;
            Ok((version, entered))
        })
        .collect()
}

fn latest_of(connection: &Connection, id: &str) -> Result<Option<ZoneVersion>, RecordsError> {
    let mut statement = connection.prepare_cached(
        "SELECT id, version, feature, deleted, sequence FROM zones WHERE id = ?1 ORDER BY version DESC LIMIT 1",
    )?;
    Ok(statement.query_row([id], version_of_row).optional()?)
}

fn entered_from(connection: &Connection, sequence: i64, count: i64) -> Result<Vec<ZoneVersion>, RecordsError> {
    let mut statement = connection.prepare_cached(
        "SELECT id, version, feature, deleted, sequence FROM zones WHERE sequence >= ?1 AND sequence < ?1 + ?2
         ORDER BY sequence",
    )?;
    Ok(statement.query_map(params![sequence, count], version_of_row)?.collect::<Result<_, _>>()?)
}

fn version_of_row(row: &rusqlite::Row<'_>) -> rusqlite::Result<ZoneVersion> {
    let text: String = row.get(2)?;
    let feature = serde_json::from_str(&text)
        .map_err(|error| rusqlite::Error::FromSqlConversionFailure(2, rusqlite::types::Type::Text, Box::new(error)))?;
    Ok(ZoneVersion { id: row.get(0)?, version: row.get(1)?, feature, removed: row.get(3)?, sequence: row.get(4)? })
}

/// The feature with its version among its properties.
fn with_version(feature: &Value, version: u32) -> Value {
    let mut feature = feature.clone();
    if let Some(members) = feature.as_object_mut() {
        let properties = members.entry("properties").or_insert_with(|| Value::Object(Map::new()));
        if let Some(properties) = properties.as_object_mut() {
            properties.insert("version".to_owned(), version.into());
        }
    }
    feature
}
