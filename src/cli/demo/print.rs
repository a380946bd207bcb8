//! What the demo prints: a line a track, a paragraph an alert.

use std::collections::BTreeMap;
use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};

use super::records_line;
use crate::api::playback::Speed;
use crate::api::sender::Sent;
use crate::api::watcher::{SeenTrack, SeenTrackChange};
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
    named: usize,
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
                told.named += usize::from(track.mmsi.is_some());
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

    /// Says what it came to.
    pub(super) fn closing(&self, sent: &Sent) {
        let told = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut by_sources: BTreeMap<&str, usize> = BTreeMap::new();
        for sources in told.tracks.values() {
            *by_sources.entry(if sources.is_empty() { "none" } else { sources }).or_default() += 1;
        }
        let by_sources: Vec<String> =
            by_sources.into_iter().map(|(sources, count)| format!("{count} last held by {sources}")).collect();
        print(&format!("\n{}", records_line(sent)));
        print(&format!("{} tracks: {}", told.tracks.len(), by_sources.join(", ")));
        if told.merged > 0 {
            print(&format!("{} of them turned out to be the same vessel as another", told.merged));
        }
    }
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
