//! What the demo prints: a line a track, a paragraph an alert.

use std::collections::BTreeMap;
use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};

use super::records_line;
use crate::api::playback::Speed;
use crate::api::sender::Sent;
use crate::api::watcher::{SeenAlert, SeenAlertChange, SeenTrack, SeenTrackChange};
use crate::behaviour::Kind;
use crate::chart::Chart;
use crate::recording::Recording;
use crate::units::EventTime;

/// Prints to the standard output; clones print to the same one, a line at a time.
#[derive(Clone)]
pub(super) struct Printer(Arc<Mutex<Told>>);

/// What was told so far, for the closing words.
#[derive(Default)]
struct Told {
    /// Kinds of sensor that held each track when it was last told of.
    tracks: BTreeMap<String, String>,
    merged: usize,
    /// Kind of each alert, and whether it was taken back.
    alerts: BTreeMap<String, (String, bool)>,
}

impl Printer {
    pub(super) fn new() -> Self {
        Self(Arc::default())
    }

    /// Says what is going to be played.
    pub(super) fn opening(&self, recording: &Recording, chart: &Chart, speed: Speed) {
        let feeds: Vec<String> =
            recording.feeds.iter().map(|feed| format!("{} ({})", feed.name, feed.kind.as_str())).collect();
        let length = recording.duration_ms.map_or(String::new(), |length_ms| format!(", {} min", length_ms / 60_000));
        let speed = match speed {
            Speed::Max => "as fast as it goes".to_owned(),
            Speed::Times(times) => format!("{times:.0} times as fast as recorded"),
        };
        print(&format!(
            "{}{length}: {}\n{} zones; {speed}, through a gRPC server on this machine\ntimes are UTC, speeds m/s\n",
            recording.name,
            feeds.join(", "),
            chart.zones.zones().len(),
        ));
    }

    /// Says what happened to a track.
    pub(super) fn track(&self, change: &SeenTrackChange) {
        let mut told = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match change {
            SeenTrackChange::Enters(track) => {
                told.tracks.insert(track.id.clone(), track.sources.join("+"));
                print(&format!("{}  track  {}  {}", clock(track.time), track.id, described(track)));
            }
            SeenTrackChange::Updates(track) => {
                told.tracks.insert(track.id.clone(), track.sources.join("+"));
            }
            SeenTrackChange::Merges(track, time, into) => {
                told.merged += 1;
                print(&format!("{}  same   {}  is the same vessel as {into}", clock(*time), track.id));
            }
            SeenTrackChange::Leaves(track, time) => {
                print(&format!("{}  lost   {}  {}", clock(*time), track.id, named(track)));
            }
            SeenTrackChange::Ends(track, time) => {
                print(&format!("{}  over   {}  {}", clock(*time), track.id, named(track)));
            }
            SeenTrackChange::SnapshotEnd => {}
        }
    }

    /// Says what happened to an alert.
    pub(super) fn alert(&self, change: &SeenAlertChange) {
        let mut told = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match change {
            SeenAlertChange::Raised(alert) => {
                told.alerts.insert(alert.id.clone(), (alert.kind.clone(), false));
                print(&raised(alert));
            }
            SeenAlertChange::Ended(alert) => {
                let end = alert.end.map_or_else(|| clock(alert.raised), clock);
                print(&format!("{end}  ended  {}  {}", headline(&alert.kind), alert.tracks.join(" and ")));
            }
            SeenAlertChange::Withdrawn(alert) => {
                told.alerts.insert(alert.id.clone(), (alert.kind.clone(), true));
                let why = alert.reasons.last().map_or("", |[english, _]| english.as_str());
                print(&format!(
                    "          taken back  {}  {}  {why}",
                    headline(&alert.kind),
                    alert.tracks.join(" and ")
                ));
            }
            SeenAlertChange::Updated(_) | SeenAlertChange::SnapshotEnd => {}
        }
    }

    /// Says what it came to.
    pub(super) fn closing(&self, sent: &Sent) {
        let told = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut by_sources: BTreeMap<&str, usize> = BTreeMap::new();
        for sources in told.tracks.values() {
            *by_sources.entry(if sources.is_empty() { "nothing" } else { sources }).or_default() += 1;
        }
        let by_sources: Vec<String> =
            by_sources.into_iter().map(|(sources, count)| format!("{count} {sources}")).collect();
        print(&format!("\n{}", records_line(sent)));
        print(&format!("{} tracks, last held by: {}", told.tracks.len(), by_sources.join(", ")));
        if told.merged > 0 {
            print(&format!("{} of them turned out to be the same vessel as another", told.merged));
        }
        let mut kinds: BTreeMap<&str, usize> = BTreeMap::new();
        for (kind, _) in told.alerts.values().filter(|(_, withdrawn)| !withdrawn) {
            *kinds.entry(kind).or_default() += 1;
        }
        let kinds: Vec<String> = kinds.into_iter().map(|(kind, count)| format!("{count} {}", headline(kind))).collect();
        let withdrawn = told.alerts.values().filter(|(_, withdrawn)| *withdrawn).count();
        print(&match kinds.len() {
            0 => "no alerts".to_owned(),
            _ => format!("{} alerts: {}", told.alerts.len() - withdrawn, kinds.join(", ")),
        });
        if withdrawn > 0 {
            print(&format!("{withdrawn} more were taken back"));
        }
    }
}

/// An alert as an officer reads it: the headline, the place, and every reason in both languages.
fn raised(alert: &SeenAlert) -> String {
    let mut text =
        format!("\n{}  ALERT  {}  {}", clock(alert.raised), headline(&alert.kind), alert.tracks.join(" and "));
    if let Some(mmsi) = alert.mmsi {
        text.push_str(&format!("  MMSI {mmsi:09}"));
    }
    text.push_str(&format!("  confidence {:.0} %\n", alert.confidence * 100.0));
    for part in &alert.near {
        if !part.is_empty() {
            text.push_str(&format!("          {part}\n"));
        }
    }
    for [english, chinese] in &alert.reasons {
        text.push_str(&format!("          - {english}\n            {chinese}\n"));
    }
    text.pop();
    text
}

/// `loitering 徘徊`
fn headline(kind: &str) -> String {
    let known = Kind::ALL.into_iter().find(|known| known.as_str() == kind);
    known.map_or_else(|| kind.to_owned(), |known| format!("{kind} {}", known.as_zh()))
}

/// `413172714`, or that it is unknown.
fn named(track: &SeenTrack) -> String {
    track.mmsi.map_or_else(|| "no AIS   ".to_owned(), |mmsi| format!("{mmsi:09}"))
}

/// `413172714 HAI XING, tanker, by AIS+radar, 20.0412 N 110.2831 E, 4.1 m/s to 270`
fn described(track: &SeenTrack) -> String {
    let mut text = named(track);
    let mut add = |part: &str| {
        text.push_str("  ");
        text.push_str(part);
    };
    add(&format!("{:<9}", track.sources.join("+")));
    if let Some(place) = track.position {
        let (north, east) = (if place.lat_deg < 0.0 { 'S' } else { 'N' }, if place.lon_deg < 0.0 { 'W' } else { 'E' });
        add(&format!("{:.4} {north} {:.4} {east}", place.lat_deg.abs(), place.lon_deg.abs()));
    }
    if track.sog_mps < 0.5 {
        add("lies still       ");
    } else {
        add(&format!("{:4.1} to {:03.0} degrees", track.sog_mps, track.cog_deg.rem_euclid(360.0)));
    }
    if !track.name.is_empty() {
        add(&track.name);
    }
    if !track.eo_class.is_empty() {
        add(&format!("({})", track.eo_class));
    }
    text
}

/// `15:06:42`
fn clock(time: EventTime) -> String {
    time.to_string().get(11..19).unwrap_or("--------").to_owned()
}

/// Prints a line. When nobody reads any more there is nothing to be done about it.
fn print(line: &str) {
    let _ = writeln!(std::io::stdout(), "{line}");
}
