//! The tables, and how an older file becomes a present one.
//!
//! A change of the tables is one more entry in [`MIGRATIONS`]; what stands there is never edited, for files of it exist.

use rusqlite::{Connection, OptionalExtension, params};

use super::error::RecordsError;

/// One change of the tables.
#[derive(Clone, Copy, Debug)]
pub struct Migration {
    /// What it brings, for the version table.
    pub name: &'static str,
    sql: &'static str,
}

/// All changes in order; the version of a file is how many of them it has had.
pub const MIGRATIONS: [Migration; 5] = [
    Migration {
        name: "chain of entries with signed checkpoints",
        sql: "
-- What happened, in order. An entry is one line of JSON and is never changed; hash = SHA-256(hash before, line feed, SHA-256(entry)), in hexadecimal.
CREATE TABLE entries (
    sequence INTEGER PRIMARY KEY,
    entry TEXT NOT NULL,
    hash TEXT NOT NULL,
    time_ms INTEGER GENERATED ALWAYS AS (json_extract(entry, '$.time_ms')) VIRTUAL,
    kind TEXT GENERATED ALWAYS AS (json_extract(entry, '$.kind')) VIRTUAL,
    subject TEXT GENERATED ALWAYS AS (json_extract(entry, '$.subject')) VIRTUAL
) STRICT;
CREATE INDEX entries_by_subject ON entries (subject, sequence);
CREATE TRIGGER entries_never_change BEFORE UPDATE ON entries
    BEGIN SELECT RAISE(ABORT, 'entries are only ever added'); END;
CREATE TRIGGER entries_never_go BEFORE DELETE ON entries
    BEGIN SELECT RAISE(ABORT, 'entries are only ever added'); END;
-- Ed25519 signatures of what the chain was.
CREATE TABLE checkpoints (
    sequence INTEGER PRIMARY KEY,
    hash TEXT NOT NULL,
    time_ms INTEGER NOT NULL,
    key_id TEXT NOT NULL,
    signature TEXT NOT NULL
) STRICT;
CREATE TRIGGER checkpoints_never_change BEFORE UPDATE ON checkpoints
    BEGIN SELECT RAISE(ABORT, 'checkpoints are only ever added'); END;
CREATE TRIGGER checkpoints_never_go BEFORE DELETE ON checkpoints
    BEGIN SELECT RAISE(ABORT, 'checkpoints are only ever added'); END;
",
    },
    Migration {
        name: "alerts as they stand, and requests that were answered",
        sql: "
-- How each alert stands: what follows from its entries, kept ready. `content` is the alert as in alerts.jsonl, `wire` the same as
-- a protobuf message (shorewatch.alert.v1.Alert).
CREATE TABLE alerts (
    id TEXT PRIMARY KEY,
    first_sequence INTEGER NOT NULL UNIQUE,
    course_sequence INTEGER NOT NULL,
    changed_sequence INTEGER NOT NULL UNIQUE,
    changed_kind TEXT NOT NULL,
    kind TEXT NOT NULL,
    grade INTEGER NOT NULL,
    course TEXT NOT NULL,
    zone TEXT NOT NULL,
    sensors TEXT NOT NULL,
    mmsi INTEGER,
    other_mmsi INTEGER,
    raised_ms INTEGER NOT NULL,
    lat_deg REAL NOT NULL,
    lon_deg REAL NOT NULL,
    revision INTEGER NOT NULL,
    next_reminder_ms INTEGER,
    life TEXT NOT NULL,
    content TEXT NOT NULL,
    wire BLOB NOT NULL
) STRICT;
CREATE INDEX alerts_to_remind ON alerts (next_reminder_ms) WHERE next_reminder_ms IS NOT NULL;
CREATE TABLE requests (
    actor TEXT NOT NULL,
    request_id TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    sequence INTEGER NOT NULL REFERENCES entries (sequence),
    time_ms INTEGER NOT NULL,
    PRIMARY KEY (actor, request_id)
) STRICT;
",
    },
    Migration {
        name: "zones with versions, and the register of vessels",
        sql: "
-- Every version of every zone, as a GeoJSON feature; `deleted` ends it.
CREATE TABLE zones (
    id TEXT NOT NULL,
    version INTEGER NOT NULL,
    feature TEXT NOT NULL,
    deleted INTEGER NOT NULL DEFAULT 0,
    sequence INTEGER NOT NULL REFERENCES entries (sequence),
    PRIMARY KEY (id, version)
) STRICT;
CREATE TABLE register (
    id TEXT NOT NULL,
    version INTEGER NOT NULL,
    body TEXT NOT NULL,
    deleted INTEGER NOT NULL DEFAULT 0,
    sequence INTEGER NOT NULL REFERENCES entries (sequence),
    PRIMARY KEY (id, version)
) STRICT;
",
    },
    Migration {
        name: "endpoints, and what waits to be sent to them",
        sql: "
CREATE TABLE endpoints (
    id TEXT PRIMARY KEY,
    version INTEGER NOT NULL,
    body TEXT NOT NULL,
    enabled INTEGER NOT NULL DEFAULT 1
) STRICT;
-- One row an endpoint and entry, written with the entry itself. One queue an endpoint and subject, in order of sequence.
CREATE TABLE outbox (
    endpoint TEXT NOT NULL REFERENCES endpoints (id) ON DELETE CASCADE,
    sequence INTEGER NOT NULL REFERENCES entries (sequence),
    subject TEXT NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    next_attempt_ms INTEGER,
    delivered_ms INTEGER,
    last_answer TEXT,
    PRIMARY KEY (endpoint, sequence)
) STRICT;
CREATE INDEX outbox_waiting ON outbox (next_attempt_ms) WHERE delivered_ms IS NULL;
",
    },
    Migration {
        name: "outbox with a bound, dead letters, and who knows of which alert",
        // Nothing was ever written into the two tables of the migration before.
        sql: "
DROP TABLE outbox;
DROP TABLE endpoints;
-- Where events of alerts are sent; what an endpoint is stands in the configuration. `behind_from`: entries from there on are not in
-- its outbox yet, for it was full or nothing may be sent there; they are taken from the chain when there is room.
CREATE TABLE endpoints (
    name TEXT PRIMARY KEY,
    since_sequence INTEGER NOT NULL,
    is_configured INTEGER NOT NULL DEFAULT 1,
    disabled TEXT NOT NULL DEFAULT '',
    disabled_ms INTEGER,
    behind_from INTEGER,
    behind_times INTEGER NOT NULL DEFAULT 0,
    waiting INTEGER NOT NULL DEFAULT 0,
    dead INTEGER NOT NULL DEFAULT 0,
    sent INTEGER NOT NULL DEFAULT 0
) STRICT;
-- One row an endpoint and entry that is to be sent, written with the entry itself; it goes when the endpoint has taken it. One queue
-- an endpoint and alert, in order of sequence. A dead letter is one that the endpoint has refused for good.
CREATE TABLE outbox (
    endpoint TEXT NOT NULL REFERENCES endpoints (name),
    sequence INTEGER NOT NULL REFERENCES entries (sequence),
    subject TEXT NOT NULL,
    is_dead INTEGER NOT NULL DEFAULT 0,
    attempts INTEGER NOT NULL DEFAULT 0,
    refusals INTEGER NOT NULL DEFAULT 0,
    next_attempt_ms INTEGER NOT NULL DEFAULT 0,
    last_answer TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (endpoint, sequence)
) STRICT;
CREATE INDEX outbox_in_order ON outbox (endpoint, subject, sequence) WHERE NOT is_dead;
CREATE INDEX outbox_due ON outbox (endpoint, next_attempt_ms) WHERE NOT is_dead;
CREATE TRIGGER outbox_comes AFTER INSERT ON outbox BEGIN
    UPDATE endpoints SET waiting = waiting + NOT new.is_dead, dead = dead + new.is_dead WHERE name = new.endpoint;
END;
CREATE TRIGGER outbox_goes AFTER DELETE ON outbox BEGIN
    UPDATE endpoints SET waiting = waiting - NOT old.is_dead, dead = dead - old.is_dead WHERE name = old.endpoint;
END;
CREATE TRIGGER outbox_turns AFTER UPDATE OF is_dead ON outbox BEGIN
    UPDATE endpoints SET waiting = waiting + old.is_dead - new.is_dead, dead = dead + new.is_dead - old.is_dead
        WHERE name = new.endpoint;
END;
-- Which endpoint was told of which alert, and up to which entry it has taken the news.
CREATE TABLE shared (
    endpoint TEXT NOT NULL,
    subject TEXT NOT NULL,
    first_sequence INTEGER NOT NULL,
    taken_sequence INTEGER,
    taken_ms INTEGER,
    PRIMARY KEY (endpoint, subject)
) STRICT;
-- What messages of other systems were answered, while they could come again.
CREATE TABLE callbacks (
    endpoint TEXT NOT NULL,
    message TEXT NOT NULL,
    time_ms INTEGER NOT NULL,
    status INTEGER NOT NULL,
    body TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    PRIMARY KEY (endpoint, message)
) STRICT;
CREATE INDEX callbacks_by_time ON callbacks (endpoint, time_ms);
",
    },
];

/// The version of the tables that this program works with.
pub const VERSION: i64 = MIGRATIONS.len() as i64;

/// The version of a file; 0 for one without tables.
///
/// # Errors
/// When it cannot be read.
pub fn version(connection: &Connection) -> Result<i64, RecordsError> {
    let known = connection
        .query_row("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'versions'", [], |_| Ok(()))
        .optional()?;
    match known {
        None => Ok(0),
        Some(()) => Ok(connection.query_row("SELECT coalesce(max(version), 0) FROM versions", [], |row| row.get(0))?),
    }
}

/// Brings the tables to the present version; each step as a whole or not at all.
///
/// # Errors
/// When the file is of a newer program, or cannot be changed.
pub fn migrate(connection: &Connection, now_ms: i64) -> Result<(), RecordsError> {
    migrate_to(connection, VERSION, now_ms)
}

/// Likewise to an older version: tests make old files with it.
fn migrate_to(connection: &Connection, target: i64, now_ms: i64) -> Result<(), RecordsError> {
    let present = version(connection)?;
    if present > VERSION {
        return Err(RecordsError::Newer { found: present, known: VERSION });
    }
    connection.execute_batch(
        "CREATE TABLE IF NOT EXISTS versions (version INTEGER PRIMARY KEY, name TEXT NOT NULL, applied_ms INTEGER NOT NULL) STRICT;",
    )?;
    for (number, migration) in (1..).zip(&MIGRATIONS).filter(|(number, _)| (present + 1..=target).contains(number)) {
        let step = connection.unchecked_transaction()?;
        step.execute_batch(migration.sql)?;
        step.execute("INSERT INTO versions VALUES (?1, ?2, ?3)", params![number, migration.name, now_ms])?;
        step.commit()?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_of_each_older_version_becomes_a_present_one_and_keeps_what_it_holds() {
        let fresh = Connection::open_in_memory().unwrap();
        migrate(&fresh, 7).unwrap();
        let tables = |connection: &Connection| -> Vec<String> {
            let mut all = connection.prepare("SELECT sql FROM sqlite_schema ORDER BY name").unwrap();
            let rows = all.query_map([], |row| row.get::<_, Option<String>>(0)).unwrap();
            rows.filter_map(|sql| sql.unwrap()).collect()
        };
        for old in 0..=VERSION {
            let connection = Connection::open_in_memory().unwrap();
            migrate_to(&connection, old, 1).unwrap();
            assert_eq!(version(&connection).unwrap(), old);
            if old >= 1 {
                let entry = r#"{"sequence":1,"time_ms":5,"kind":"raised","subject":"alert/a"}"#;
                connection.execute("INSERT INTO entries (sequence, entry, hash) VALUES (1, ?1, 'h')", [entry]).unwrap();
            }
            migrate(&connection, 9).unwrap();
            migrate(&connection, 10).unwrap();
            assert_eq!(version(&connection).unwrap(), VERSION);
            assert_eq!(tables(&connection), tables(&fresh), "from version {old}");
            if old >= 1 {
                let kept: String = connection
                    .query_row("SELECT subject FROM entries WHERE time_ms = 5", [], |row| row.get(0))
                    .unwrap();
                assert_eq!(kept, "alert/a");
            }
        }
    }

    #[test]
    fn a_file_of_a_newer_program_is_left_alone() {
        let connection = Connection::open_in_memory().unwrap();
        migrate(&connection, 1).unwrap();
        connection.execute("INSERT INTO versions VALUES (?1, 'later', 2)", [VERSION + 1]).unwrap();
        let refused = migrate(&connection, 3).unwrap_err().to_string();
        assert!(refused.contains("newer"), "{refused}");
    }

    #[test]
    fn entries_cannot_be_changed_or_deleted_even_by_hand() {
        let connection = Connection::open_in_memory().unwrap();
        migrate(&connection, 1).unwrap();
        connection.execute("INSERT INTO entries (sequence, entry, hash) VALUES (1, '{}', 'h')", []).unwrap();
        for forbidden in ["UPDATE entries SET entry = '[]'", "DELETE FROM entries"] {
            let refused = connection.execute(forbidden, []).unwrap_err().to_string();
            assert!(refused.contains("only ever added"), "{refused}");
        }
    }
}
