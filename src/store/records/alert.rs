//! An alert on record: what the system said of it, and how it stands with the officers.

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::error::RecordsError;
use crate::geodesy::LatLon;
use crate::life::{Life, LifeState};

/// How the behaviour stands, which is the system's word; how the case stands is the officers' ([`Life::state`]).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Course {
    /// It goes on.
    Active,
    /// It has stopped, and may be taken up again.
    Ended,
    /// It was told wrongly.
    Withdrawn,
}

impl Course {
    /// The word in the file.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Ended => "ended",
            Self::Withdrawn => "withdrawn",
        }
    }

    fn parse(word: &str) -> Result<Self, RecordsError> {
        [Self::Active, Self::Ended, Self::Withdrawn]
            .into_iter()
            .find(|course| course.as_str() == word)
            .ok_or_else(|| RecordsError::Damaged(format!("'{word}' is no course of an alert")))
    }
}

/// What lists and rights go by.
#[derive(Clone, Debug, PartialEq)]
pub struct AlertFacts {
    /// Its id, the same for life.
    pub id: String,
    /// The kind of behaviour.
    pub kind: String,
    /// 1 (least) to 4.
    pub grade: u32,
    /// Whether the behaviour goes on.
    pub course: Course,
    /// The zone concerned; empty: none.
    pub zone: String,
    /// The kinds of sensor that held the vessel: `ais+radar`.
    pub sensors: String,
    /// MMSI of the vessel.
    pub mmsi: Option<u32>,
    /// MMSI of the other vessel.
    pub other_mmsi: Option<u32>,
    /// When it was first told, event time, milliseconds since 1970.
    pub raised_ms: i64,
    /// Where the vessel was.
    pub position: LatLon,
    /// Counts what the system said of it, from 1.
    pub revision: u64,
}

/// What the system says of an alert now.
#[derive(Clone, Debug, PartialEq)]
pub struct AlertNews {
    /// What lists and rights go by.
    pub facts: AlertFacts,
    /// The alert as a line of `alerts.jsonl`, for people and courts.
    pub content: String,
    /// The alert as a protobuf message, for clients: nothing here looks into it.
    pub wire: Vec<u8>,
}

/// An alert as it stands on record.
#[derive(Clone, Debug, PartialEq)]
pub struct AlertRecord {
    /// What the system says of it.
    pub news: AlertNews,
    /// How it stands with the officers.
    pub life: Life,
    /// Place of the entry that raised it: older alerts have smaller ones.
    pub first_sequence: i64,
    /// Place of the entry in which its course last changed.
    pub course_sequence: i64,
    /// Place of its latest entry.
    pub changed_sequence: i64,
    /// What that entry says.
    pub changed_kind: String,
    /// When somebody is reminded next if nobody acts, by the server's clock.
    pub next_reminder_ms: Option<i64>,
}

impl AlertRecord {
    /// Its id.
    pub fn id(&self) -> &str {
        &self.news.facts.id
    }
}

/// Selects alerts; every condition that is given must hold.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AlertQuery {
    /// Of these kinds; none given: any.
    pub kinds: Vec<String>,
    /// Of these grades.
    pub grades: Vec<u32>,
    /// Whose behaviour stands so.
    pub courses: Vec<Course>,
    /// That stand so with the officers.
    pub states: Vec<LifeState>,
    /// Inside this box.
    pub bbox: Option<crate::serve::track_watch::GeoBox>,
    /// In the hands of this unit, or seen by it as a joint case.
    pub unit: Option<String>,
    /// Of this zone.
    pub zone: Option<String>,
    /// Raised at this instant or later.
    pub raised_from_ms: Option<i64>,
    /// Raised before this instant.
    pub raised_before_ms: Option<i64>,
    /// Of this vessel.
    pub mmsi: Option<u32>,
}

impl AlertQuery {
    /// Whether an alert is selected.
    pub fn selects(&self, alert: &AlertRecord) -> bool {
        let (facts, life) = (&alert.news.facts, &alert.life);
        let among = |list: &[String], value: &str| list.is_empty() || list.iter().any(|it| it == value);
        among(&self.kinds, &facts.kind)
            && (self.grades.is_empty() || self.grades.contains(&facts.grade))
            && (self.courses.is_empty() || self.courses.contains(&facts.course))
            && (self.states.is_empty() || self.states.contains(&life.state))
            && self.bbox.is_none_or(|bbox| bbox.contains(facts.position))
            && self.unit.as_ref().is_none_or(|unit| life.concerns(unit))
            && self.zone.as_ref().is_none_or(|zone| *zone == facts.zone)
            && self.raised_from_ms.is_none_or(|from| facts.raised_ms >= from)
            && self.raised_before_ms.is_none_or(|before| facts.raised_ms < before)
            && self.mmsi.is_none_or(|mmsi| [facts.mmsi, facts.other_mmsi].contains(&Some(mmsi)))
    }
}

const COLUMNS: &str = "id, kind, grade, course, zone, sensors, mmsi, other_mmsi, raised_ms, lat_deg, lon_deg, revision, \
     content, wire, life, first_sequence, course_sequence, changed_sequence, changed_kind, \
     next_reminder_ms";

fn read(row: &Row<'_>) -> Result<AlertRecord, RecordsError> {
    let life: String = row.get(14)?;
    let facts = AlertFacts {
        id: row.get(0)?,
        kind: row.get(1)?,
        grade: row.get(2)?,
        course: Course::parse(&row.get::<_, String>(3)?)?,
        zone: row.get(4)?,
        sensors: row.get(5)?,
        mmsi: row.get(6)?,
        other_mmsi: row.get(7)?,
        raised_ms: row.get(8)?,
        position: LatLon::new(row.get(9)?, row.get(10)?),
        revision: u64::try_from(row.get::<_, i64>(11)?).unwrap_or_default(),
    };
    Ok(AlertRecord {
        life: serde_json::from_str(&life)
            .map_err(|error| RecordsError::Damaged(format!("life of alert {}: {error}", facts.id)))?,
        news: AlertNews { facts, content: row.get(12)?, wire: row.get(13)? },
        first_sequence: row.get(15)?,
        course_sequence: row.get(16)?,
        changed_sequence: row.get(17)?,
        changed_kind: row.get(18)?,
        next_reminder_ms: row.get(19)?,
    })
}

/// The alert with this id.
///
/// # Errors
/// When the records cannot be read.
pub fn load(connection: &Connection, id: &str) -> Result<Option<AlertRecord>, RecordsError> {
    let mut statement = connection.prepare_cached(&format!("SELECT {COLUMNS} FROM alerts WHERE id = ?1"))?;
    statement.query_row([id], |row| Ok(read(row))).optional()?.transpose()
}

/// A page of the alerts that `selects` takes, the last raised first: those raised before the entry `before`.
///
/// # Errors
/// When the records cannot be read.
pub fn list(
    connection: &Connection,
    before: i64,
    size: usize,
    selects: impl Fn(&AlertRecord) -> bool,
) -> Result<Vec<AlertRecord>, RecordsError> {
    let order = "WHERE first_sequence < ?1 ORDER BY first_sequence DESC";
    collect(connection, order, before, size, selects)
}

/// Alerts that have changed after the entry `after`, in the order of their latest change.
///
/// # Errors
/// When the records cannot be read.
pub fn changed_since(connection: &Connection, after: i64, size: usize) -> Result<Vec<AlertRecord>, RecordsError> {
    collect(connection, "WHERE changed_sequence > ?1 ORDER BY changed_sequence", after, size, |_| true)
}

/// The alerts that changed last, the latest first.
///
/// # Errors
/// When the records cannot be read.
pub fn latest(connection: &Connection, size: usize) -> Result<Vec<AlertRecord>, RecordsError> {
    collect(connection, "WHERE changed_sequence > ?1 ORDER BY changed_sequence DESC", 0, size, |_| true)
}

/// Alerts of which somebody is to be reminded by `now_ms`.
///
/// # Errors
/// When the records cannot be read.
pub fn to_remind(connection: &Connection, now_ms: i64, size: usize) -> Result<Vec<AlertRecord>, RecordsError> {
    collect(connection, "WHERE next_reminder_ms <= ?1 ORDER BY next_reminder_ms", now_ms, size, |_| true)
}

fn collect(
    connection: &Connection,
    order: &str,
    bound: i64,
    size: usize,
    selects: impl Fn(&AlertRecord) -> bool,
) -> Result<Vec<AlertRecord>, RecordsError> {
    let mut statement = connection.prepare_cached(&format!("SELECT {COLUMNS} FROM alerts {order}"))?;
    let mut rows = statement.query([bound])?;
    let mut found = Vec::new();
    while found.len() < size {
        let Some(row) = rows.next()? else { break };
        let record = read(row)?;
        if selects(&record) {
            found.push(record);
        }
    }
    Ok(found)
}

/// Writes how an alert stands; its entries stand in the chain already.
///
/// # Errors
/// When the records cannot be written.
pub fn save(connection: &Connection, record: &AlertRecord) -> Result<(), RecordsError> {
    let facts = &record.news.facts;
    let life = serde_json::to_string(&record.life).map_err(|error| RecordsError::Damaged(format!("life: {error}")))?;
    let mut statement = connection.prepare_cached(
        "INSERT OR REPLACE INTO alerts (id, kind, grade, course, zone, sensors, mmsi, other_mmsi, raised_ms, lat_deg, lon_deg,
         revision, content, wire, life, first_sequence, course_sequence, changed_sequence, changed_kind, next_reminder_ms)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20)",
    )?;
    statement.execute(params![
        facts.id,
        facts.kind,
        facts.grade,
        facts.course.as_str(),
        facts.zone,
        facts.sensors,
        facts.mmsi,
        facts.other_mmsi,
        facts.raised_ms,
        facts.position.lat_deg,
        facts.position.lon_deg,
        i64::try_from(facts.revision).unwrap_or(i64::MAX),
        record.news.content,
        record.news.wire,
        life,
        record.first_sequence,
        record.course_sequence,
        record.changed_sequence,
        record.changed_kind,
        record.next_reminder_ms,
    ])?;
    Ok(())
}
