//! What officers say of craft.

use super::{BadField, life};
use crate::api::proto::track::v1 as wire;
use crate::fusion::{Stated, TEXT_CHARS_MAX};
use crate::store::records::track::Statement;
use crate::units::{Mmsi, VesselClass};

/// The most characters of a name.
const NAME_CHARS_MAX: usize = 60;
/// No craft is shorter or longer than this, metres.
const LENGTH_M: std::ops::RangeInclusive<f64> = 1.0..=500.0;

/// What is said of a craft, to the wire.
pub fn statement(stated: &Stated) -> wire::Statement {
    wire::Statement {
        mmsi: stated.mmsi.map(Mmsi::number),
        name: stated.name.clone().unwrap_or_default(),
        vessel_class: stated.class.map_or("", VesselClass::as_str).to_owned(),
        length_m: stated.length_m,
        reason: stated.reason.clone(),
        by: stated.by.clone(),
        time_ms: stated.at.as_millis(),
        etag: stated.sequence.to_string(),
    }
}

/// What an officer says, from the wire.
///
/// # Errors
/// When it says nothing, or something of it makes no sense.
pub fn checked_statement(said: wire::Statement) -> Result<Statement, BadField> {
    let bad = |field: &str, problem: String| BadField::new(format!("statement.{field}"), problem);
    let mmsi = match said.mmsi {
        None => None,
        Some(number) => {
            Some(Mmsi::new(number).ok_or_else(|| bad("mmsi", format!("{number} is none; give nine digits")))?)
        }
    };
    let name = said.name.trim();
    if name.chars().count() > NAME_CHARS_MAX || name.chars().any(char::is_control) {
        return Err(bad("name", format!("one line of up to {NAME_CHARS_MAX} characters")));
    }
    let class = match said.vessel_class.as_str() {
        "" => None,
        word => {
            let problem =
                || bad("vessel_class", format!("'{word}' is no class of vessel; there are {}", super::class_words()));
            Some(VesselClass::parse(word).ok_or_else(problem)?)
        }
    };
    if said.length_m.is_some_and(|length_m| !LENGTH_M.contains(&length_m)) {
        return Err(bad("length_m", format!("{} to {} metres", LENGTH_M.start(), LENGTH_M.end())));
    }
    let name = (!name.is_empty()).then(|| name.to_owned());
    let statement = Statement { mmsi, name, class, length_m: said.length_m };
    if statement == Statement::default() {
        return Err(BadField::new("statement", "it says nothing: give mmsi, name, vessel_class or length_m"));
    }
    Ok(statement)
}

/// Why an officer says so, from the wire.
///
/// # Errors
/// Without a reason in one line.
pub fn checked_reason(text: &str) -> Result<String, BadField> {
    let text = text.trim();
    if text.is_empty() || text.chars().count() > TEXT_CHARS_MAX || text.chars().any(char::is_control) {
        return Err(BadField::new("reason", format!("say in one line of up to {TEXT_CHARS_MAX} characters why")));
    }
    life::checked_note(text.to_owned())
}

/// The statement that the caller looked at, from the wire.
///
/// # Errors
/// When it is no etag of ours.
pub fn checked_etag(etag: &str) -> Result<Option<i64>, BadField> {
    if etag.is_empty() {
        return Ok(None);
    }
    etag.parse().map(Some).map_err(|_| BadField::new("etag", "not ours: send track.stated.etag as it came"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_survives_the_wire() {
        let said = wire::Statement {
            mmsi: Some(412_000_001),
            name: " 琼海01 ".to_owned(),
            vessel_class: "high_speed".to_owned(),
            length_m: Some(14.5),
            ..Default::default()
        };
        let checked = checked_statement(said).unwrap();
        let (mmsi, name, class, length_m) = (checked.mmsi, checked.name, checked.class, checked.length_m);
        let stated = Stated { mmsi, name, class, length_m, sequence: 9, ..Stated::default() };
        let sent = statement(&stated);
        assert_eq!(
            (sent.mmsi, sent.name.as_str(), sent.vessel_class.as_str()),
            (Some(412_000_001), "琼海01", "high_speed")
        );
        assert_eq!((sent.length_m, checked_etag(&sent.etag)), (Some(14.5), Ok(Some(9))));
    }

    #[test]
    fn what_says_nothing_or_makes_no_sense_is_refused_by_field() {
        let refused = |said| checked_statement(said).unwrap_err().to_string();
        let nothing = wire::Statement::default();
        assert!(
            refused(wire::Statement { reason: "seen".to_owned(), ..nothing.clone() })
                .starts_with("statement: it says nothing")
        );
        assert!(refused(wire::Statement { mmsi: Some(0), ..nothing.clone() }).starts_with("statement.mmsi"));
        assert!(refused(wire::Statement { name: "a\nb".to_owned(), ..nothing.clone() }).starts_with("statement.name"));
        let class = wire::Statement { vessel_class: "submarine".to_owned(), ..nothing.clone() };
        assert!(refused(class).starts_with("statement.vessel_class: 'submarine'"));
        assert!(refused(wire::Statement { length_m: Some(f64::NAN), ..nothing }).starts_with("statement.length_m"));
        assert!(checked_reason("  ").is_err() && checked_reason("seen from the pier").is_ok());
    }
}
