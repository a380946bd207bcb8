//! Entries: what happened, as lines of JSON, each chained to the one before by a hash.
//!
//! The line is hashed as it is stored, so no rule of formatting is needed to check it. The hash of an entry is that of the hash
//! before it, a line feed and the hash of its line: so it can be proved that an entry stands in the chain without showing what
//! its neighbours say. With nothing but a shell:
//!
//! ```sh
//! printf '%s\n%s' "$PREVIOUS_HASH" "$(printf %s "$ENTRY" | sha256sum | cut -c1-64)" | sha256sum
//! ```

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::life::{Actor, Life};

/// The hash before the first entry.
pub const NO_HASH: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// Before the id of an alert that an entry is about.
pub const ALERT: &str = "alert/";

/// Before the id of a cue that an entry is about.
pub const CUE: &str = "cue/";

/// What happened, to what, by whom.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// Its place, from 1, without gaps.
    pub sequence: i64,
    /// When, milliseconds since 1970 by the server's clock.
    pub time_ms: i64,
    /// What: `raised`, `acknowledged`, `zone_changed`.
    pub kind: String,
    /// To what: `alert/ID`, `zone/ID`, `server`.
    pub subject: String,
    /// By whom.
    pub actor: Actor,
    /// The call that asked for it; empty: the system did it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub request_id: String,
    /// What was noted with it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
    /// The life of the alert afterwards.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub life: Option<Life>,
    /// The thing itself afterwards: the alert, the zone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<serde_json::Value>,
    /// SHA-256 of the alert as a protobuf message, in hexadecimal.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub wire_sha256: String,
}

/// What is to be entered: an [`Entry`] that has no place yet.
#[derive(Clone, Debug)]
#[allow(missing_docs, reason = "as in Entry")]
pub struct Draft<'a> {
    pub time_ms: i64,
    pub kind: &'a str,
    pub subject: String,
    pub actor: &'a Actor,
    pub request_id: &'a str,
    pub note: &'a str,
    pub life: Option<&'a Life>,
    pub content: Option<serde_json::Value>,
    pub wire_sha256: String,
}

/// An entry as it stands in the file.
#[derive(Clone, Debug, PartialEq)]
pub struct Entered {
    /// What it says.
    pub entry: Entry,
    /// The line itself.
    pub line: String,
    /// Its hash, in hexadecimal.
    pub hash: String,
}

/// The hash of a line that follows an entry with the hash `previous`.
pub fn chained(previous: &str, line: &str) -> String {
    linked(previous, &sha256_hex(line.as_bytes()))
}

/// Likewise, of a line of which only the hash is known.
pub fn linked(previous: &str, line_sha256: &str) -> String {
    sha256_hex(format!("{previous}\n{line_sha256}").as_bytes())
}

/// SHA-256 of bytes, in hexadecimal.
pub fn sha256_hex(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// Bytes in hexadecimal, small letters.
pub fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Bytes from hexadecimal; `None` when the text is none.
pub fn unhex(text: &str) -> Option<Vec<u8>> {
    if !text.len().is_multiple_of(2) || !text.is_ascii() {
        return None;
    }
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(text.get(at..at + 2)?, 16).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_chain_can_be_checked_with_sha256sum() {
        // L=$(printf %s '{"sequence":1}' | sha256sum | cut -c1-64); printf '%s\n%s' 0000…0000 "$L" | sha256sum
        assert_eq!(
            chained(NO_HASH, r#"{"sequence":1}"#),
            "25655c395d04d3dffa5268323b9026abe2c4210a452b63a84c3953f56d8b4e51"
        );
        assert_eq!(sha256_hex(b"abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }

    #[test]
    fn hexadecimal_leads_back() {
        assert_eq!(unhex(&hex(&[0, 1, 254, 255])), Some(vec![0, 1, 254, 255]));
        for bad in ["0", "0g", "雷达"] {
            assert_eq!(unhex(bad), None, "{bad}");
        }
    }
}
