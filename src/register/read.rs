//! Reads a register from CSV, strictly: a permit that was misread would hide a vessel, a watch list entry would accuse one.

use std::fmt;

use rustc_hash::FxHashMap;

use super::{Credit, Permit, Registered, VESSELS_MAX, Watch};
use crate::units::{EventTime, Mmsi, VesselClass};

/// The columns, of which `mmsi` is needed.
pub(super) const COLUMNS: [&str; 9] =
    ["mmsi", "name", "class", "length_m", "owner", "credit", "permits", "watch_reason", "watch_until"];
/// The most problems that a refusal lists; the rest are counted.
const PROBLEMS_LISTED_MAX: usize = 20;
/// The most permits of a vessel.
const PERMITS_MAX: usize = 32;
/// The most characters of a text.
const TEXT_CHARS_MAX: usize = 200;
/// Lengths in metres that a vessel may have (the longest ship built had 458 m).
const LENGTH_M: std::ops::RangeInclusive<f64> = 1.0..=500.0;

/// Why a register is refused as a whole.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RegisterError {
    /// The line of column names is not one.
    #[error("the register's first line must name its columns: {0}")]
    Header(String),
    /// Lines that cannot be right.
    #[error("the register is refused, {} of its lines cannot be right:{}", problems.len() + more, list(problems, *more))]
    Rows {
        /// The first of them, in the order of the file.
        problems: Vec<RowProblem>,
        /// How many more there are.
        more: usize,
    },
    /// More vessels than a register may have.
    #[error("the register has more than {VESSELS_MAX} vessels: cut it to those of the area")]
    TooLong,
}

/// What is wrong with a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowProblem {
    /// The line, counted from 1.
    pub line: u64,
    /// What is wrong, and what to give.
    pub what: String,
}

impl fmt::Display for RowProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.what)
    }
}

fn list(problems: &[RowProblem], more: usize) -> String {
    let mut text: String = problems.iter().map(|problem| format!("\n  {problem}")).collect();
    if more > 0 {
        text.push_str(&format!("\n  and {more} more"));
    }
    text
}

/// What all lines say, by MMSI, and the names of the columns.
pub(super) type Lines = (FxHashMap<Mmsi, Registered>, Vec<String>);

/// Reads all vessels of a register.
pub(super) fn read(text: &str) -> Result<Lines, RegisterError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(text.as_bytes());
    let columns = columns(&mut reader)?;
    let mut vessels: FxHashMap<Mmsi, Registered> = FxHashMap::default();
    let mut lines: FxHashMap<Mmsi, u64> = FxHashMap::default();
    let mut problems = Vec::new();
    let mut more = 0;
    for record in reader.records() {
        let (line, read) = match &record {
            Ok(record) => {
                let line = record.position().map_or(0, csv::Position::line);
                let field = |name: &str| {
                    let place = columns.iter().position(|column| column == name);
                    place.and_then(|place| record.get(place)).filter(|text| !text.is_empty())
                };
                (line, row(field))
            }
            Err(error) => (error.position().map_or(0, csv::Position::line), Err(unreadable(error))),
        };
        let problem = match read {
            Ok((mmsi, vessel)) => match lines.insert(mmsi, line) {
                None => {
                    vessels.insert(mmsi, vessel);
                    None
                }
                Some(first) => Some(format!("mmsi {mmsi} is on line {first} already; give each vessel one line")),
            },
            Err(what) => Some(what),
        };
        match problem {
            Some(what) if problems.len() < PROBLEMS_LISTED_MAX => problems.push(RowProblem { line, what }),
            Some(_) => more += 1,
            None => {}
        }
        if vessels.len() > VESSELS_MAX {
            return Err(RegisterError::TooLong);
        }
    }
    if problems.is_empty() { Ok((vessels, columns)) } else { Err(RegisterError::Rows { problems, more }) }
}

fn columns(reader: &mut csv::Reader<&[u8]>) -> Result<Vec<String>, RegisterError> {
    let header = reader.headers().map_err(|error| RegisterError::Header(error.to_string()))?;
    let columns: Vec<String> = header.iter().map(str::to_lowercase).collect();
    let known = COLUMNS.join(", ");
    if let Some(unknown) = columns.iter().find(|column| !COLUMNS.contains(&column.as_str())) {
        return Err(RegisterError::Header(format!("'{unknown}' is none; use {known}")));
    }
    if let Some((_, twice)) =
        columns.iter().enumerate().find(|(place, column)| columns.iter().take(*place).any(|earlier| earlier == *column))
    {
        return Err(RegisterError::Header(format!("'{twice}' stands there twice")));
    }
    if !columns.iter().any(|column| column == "mmsi") {
        return Err(RegisterError::Header(format!("there is no mmsi; use {known}")));
    }
    Ok(columns)
}

fn unreadable(error: &csv::Error) -> String {
    match error.kind() {
        csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
            format!("it has {len} fields where the first line names {expected_len}; put quotes around commas")
        }
        _ => error.to_string(),
    }
}

fn row<'a>(field: impl Fn(&str) -> Option<&'a str>) -> Result<(Mmsi, Registered), String> {
    let mmsi = field("mmsi").ok_or("mmsi is empty; give nine digits")?;
    let number = mmsi.parse().ok().and_then(Mmsi::new);
    let mmsi = number.ok_or_else(|| format!("mmsi is '{mmsi}'; give nine digits"))?;
    let class = match field("class") {
        None => None,
        Some(word) => {
            let class = VesselClass::parse(word);
            Some(class.ok_or_else(|| format!("class is '{word}'; use {}", VesselClass::words()))?)
        }
    };
    let length_m = match field("length_m") {
        None => None,
        Some(text) => {
            let length = text.parse::<f64>().ok().filter(|length| LENGTH_M.contains(length));
            Some(length.ok_or_else(|| {
                format!("length_m is '{text}'; give metres from {} to {}", LENGTH_M.start(), LENGTH_M.end())
            })?)
        }
    };
    let credit = match field("credit") {
        None => None,
        Some("A") => Some(Credit::A),
        Some("B") => Some(Credit::B),
        Some("C") => Some(Credit::C),
        Some("D") => Some(Credit::D),
        Some(other) => return Err(format!("credit is '{other}'; use A, B, C or D")),
    };
    let until = field("watch_until").map(|text| instant("watch_until", text)).transpose()?;
    let watch = match (words("watch_reason", field("watch_reason"))?, until) {
        (Some(reason), until) => Some(Watch { reason, until }),
        (None, None) => None,
        (None, Some(_)) => return Err("watch_until without watch_reason; say why it is to be watched".to_owned()),
    };
    let vessel = Registered {
        name: words("name", field("name"))?,
        class,
        length_m,
        owner: words("owner", field("owner"))?,
        credit,
        permits: permits(field("permits").unwrap_or_default())?,
        watch,
    };
    Ok((mmsi, vessel))
}

fn words(column: &str, text: Option<&str>) -> Result<Option<String>, String> {
    let Some(text) = text else { return Ok(None) };
    if text.chars().count() > TEXT_CHARS_MAX || text.chars().any(char::is_control) {
        return Err(format!("{column} is no line of up to {TEXT_CHARS_MAX} characters"));
    }
    Ok(Some(text.to_owned()))
}

/// `restr-x1; anch-2@2026-01-01/2026-07-01`
fn permits(text: &str) -> Result<Vec<Permit>, String> {
    let parts: Vec<&str> = text.split(';').map(str::trim).filter(|part| !part.is_empty()).collect();
    if parts.len() > PERMITS_MAX {
        return Err(format!("permits are {}, more than {PERMITS_MAX}", parts.len()));
    }
    let permit = |part: &str| {
        let (zone, times) = part.split_once('@').map_or((part, None), |(zone, times)| (zone.trim(), Some(times)));
        if zone.is_empty() || zone.contains(char::is_whitespace) {
            return Err(format!("permits has '{part}'; give a zone id, with @FROM/UNTIL where it ends"));
        }
        let (from, until) = match times {
            None => (None, None),
            Some(times) => {
                let wants = || format!("permits has '{part}'; write ZONE@FROM/UNTIL, either may be empty");
                let (from, until) = times.split_once('/').ok_or_else(wants)?;
                let bound = |text: &str| match text.trim() {
                    "" => Ok(None),
                    text => instant("permits", text).map(Some),
                };
                (bound(from)?, bound(until)?)
            }
        };
        if let (Some(from), Some(until)) = (from, until)
            && from >= until
        {
            return Err(format!("permits has '{part}', which ends before it begins"));
        }
        Ok(Permit { zone: zone.to_owned(), from, until })
    };
    parts.into_iter().map(permit).collect()
}

fn instant(column: &str, text: &str) -> Result<EventTime, String> {
    let whole = if text.len() == 10 { format!("{text}T00:00:00Z") } else { text.to_owned() };
    EventTime::parse_rfc3339(&whole)
        .map_err(|_| format!("{column} has '{text}'; give a date such as 2026-07-01, or 2026-07-01T08:00:00+08:00"))
}

#[cfg(test)]
mod tests {
    use super::super::Register;
    use super::*;

    fn at(text: &str) -> EventTime {
        EventTime::parse_rfc3339(text).unwrap()
    }

    #[test]
    fn a_register_says_who_a_vessel_is_what_it_may_do_and_why_to_watch_it() {
        let register = Register::from_csv(
            "mmsi,name,class,length_m,owner,credit,permits,watch_reason,watch_until\n\
             412000001,琼海01,fishing,24.5,\"Lin, Hai\",A,restr-x1@2026-01-01/2026-07-01;ground-2,,\n\
             412000002,,,,,D,,cold chain at night,2026-12-01T00:00:00+08:00\n",
        )
        .unwrap();
        assert_eq!(register.len(), 2);
        let first = register.get(Mmsi::new(412_000_001).unwrap()).unwrap();
        assert_eq!((first.class, first.length_m), (Some(VesselClass::Fishing), Some(24.5)));
        assert_eq!(first.owner.as_deref(), Some("Lin, Hai"));
        assert!(first.may_enter("restr-x1", at("2026-03-01T00:00:00Z")));
        assert!(!first.may_enter("restr-x1", at("2026-07-01T00:00:00Z")), "it has run out");
        assert!(first.may_enter("ground-2", at("2030-01-01T00:00:00Z")));
        let second = register.get(Mmsi::new(412_000_002).unwrap()).unwrap();
        assert_eq!(second.watched(at("2026-11-30T15:59:59Z")), Some("cold chain at night"));
        assert_eq!(second.watched(at("2026-11-30T16:00:00Z")), None);
        assert!(register.get(Mmsi::new(412_000_003).unwrap()).is_none());
    }

    #[test]
    fn every_wrong_line_is_named_with_what_to_give() {
        let refused = Register::from_csv(
            "mmsi,class,length_m,credit,permits,watch_until\n\
             412000001,submarine,,,,\n\
             12x,,,,,\n\
             412000002,,900,,,\n\
             412000003,,,E,,\n\
             412000004,,,,restr-x1@tomorrow/,\n\
             412000005,,,,,2026-01-01\n\
             412000006,,\n\
             412000007,,,,,\n\
             412000007,,,,,\n",
        )
        .unwrap_err();
        let RegisterError::Rows { problems, more } = &refused else { panic!("{refused}") };
        let lines: Vec<u64> = problems.iter().map(|problem| problem.line).collect();
        assert_eq!((lines, *more), (vec![2, 3, 4, 5, 6, 7, 8, 10], 0));
        for (problem, says) in problems.iter().zip([
            "class is 'submarine'; use cargo, tanker",
            "mmsi is '12x'; give nine digits",
            "length_m is '900'; give metres from 1 to 500",
            "credit is 'E'; use A, B, C or D",
            "permits has 'tomorrow'; give a date",
            "watch_until without watch_reason",
            "it has 3 fields where the first line names 6",
            "mmsi 412000007 is on line 9 already",
        ]) {
            assert!(problem.what.starts_with(says), "{problem}");
        }
    }

    #[test]
    fn a_file_without_known_columns_is_refused_by_its_first_line() {
        let refused = |text| Register::from_csv(text).unwrap_err().to_string();
        assert!(refused("mmsi,colour\n").contains("'colour' is none; use mmsi, name"));
        assert!(refused("name\n").contains("there is no mmsi"));
        assert!(refused("mmsi,mmsi\n").contains("'mmsi' stands there twice"));
        assert!(Register::from_csv("mmsi\n").unwrap().is_empty());
    }
}
