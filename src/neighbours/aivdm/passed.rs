//! True AIS passed on: each transmission once, however many stations heard it, and only what lies in the shared waters.

use rustc_hash::FxHashMap;

use super::encode::passed_on;
use crate::access::organisation::Area;
use crate::feed::ais::{AisDecoder, Body, Received};
use crate::geodesy::LatLon;
use crate::serve::heard::Heard;
use crate::serve::work::FeedNumber;
use crate::units::EventTime;

/// A transmission that is heard again within this time of receipt is the same, in milliseconds: reports say the second of the
/// minute, so a ship's next one differs.
const SAME_MS: i64 = 30_000;
/// Entries of each of two generations of a memory.
const REMEMBERED: usize = 65_536;

/// Passes on what was heard.
pub(super) struct Passing {
    area: Area,
    decoders: FxHashMap<FeedNumber, (AisDecoder, u64)>,
    transmissions: Recent<u64, EventTime>,
    /// By the number that a station gives as its MMSI: whether it was last in the waters.
    inside: Recent<u32, bool>,
    sequence: u8,
}

impl Passing {
    pub(super) fn new(area: Area) -> Self {
        Self {
            area,
            decoders: FxHashMap::default(),
            transmissions: Recent::default(),
            inside: Recent::default(),
            sequence: 0,
        }
    }

    /// Gives the sentences of each message that a line completes.
    pub(super) fn hear(&mut self, heard: &Heard, mut sink: impl FnMut(String)) {
        let Self { area, decoders, transmissions, inside, sequence } = self;
        let (decoder, lines) = decoders.entry(heard.feed).or_default();
        *lines += 1;
        decoder.push_line(&heard.line, *lines, &mut |received| {
            if !is_of_use(received) || !lies_within(area, inside, received) {
                return;
            }
            let transmission = received.transmission();
            let before = transmissions.get(&transmission);
            if before.is_some_and(|before| heard.received.millis_since(before) <= SAME_MS) {
                return;
            }
            transmissions.set(transmission, heard.received);
            *sequence = (*sequence + 1) % 10;
            sink(passed_on(received, *sequence));
        });
    }
}

/// Positions and names of others. What is addressed to somebody, steers stations, or comes from the station's own ship stays here: a
/// plotter would take that ship for its own.
fn is_of_use(received: &Received<'_>) -> bool {
    !received.own_ship && matches!(received.message.message_type, 1..=5 | 9 | 18 | 19 | 21 | 24 | 27)
}

fn lies_within(area: &Area, inside: &mut Recent<u32, bool>, received: &Received<'_>) -> bool {
    if *area == Area::Everywhere {
        return true;
    }
    match place(&received.message.body) {
        Some(place) => {
            let holds = area.holds(place);
            inside.set(received.message.mmsi, holds);
            holds
        }
        None => inside.get(&received.message.mmsi).unwrap_or(false),
    }
}

fn place(body: &Body<'_>) -> Option<LatLon> {
    match body {
        Body::ClassAPosition(report) => report.position.lat_lon(),
        Body::BaseStation(report) => report.position.lat_lon(),
        Body::SarAircraft(report) => report.position.lat_lon(),
        Body::ClassBPosition(report) => report.position.lat_lon(),
        Body::ClassBExtended(report) => report.position.lat_lon(),
        Body::AidToNavigation(report) => report.position.lat_lon(),
        Body::LongRange(report) => report.position.lat_lon(),
        _ => None,
    }
}

/// A bounded memory of the latest: what was set last is in it, what was set long before may be forgotten.
struct Recent<K, V> {
    young: FxHashMap<K, V>,
    old: FxHashMap<K, V>,
}

impl<K, V> Default for Recent<K, V> {
    fn default() -> Self {
        Self { young: FxHashMap::default(), old: FxHashMap::default() }
    }
}

impl<K: std::hash::Hash + Eq, V: Copy> Recent<K, V> {
    fn get(&self, key: &K) -> Option<V> {
        self.young.get(key).or_else(|| self.old.get(key)).copied()
    }

    fn set(&mut self, key: K, value: V) {
        if self.young.len() >= REMEMBERED {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(key, value);
    }
}

#[cfg(test)]
mod tests {
    use super::super::encode::Payload;
    use super::*;

    /// A class A report from 20.5 N at this longitude.
    fn report(mmsi: u32, lon_deg: f64) -> String {
        let steps = |degrees: f64| (degrees * 600_000.0) as i32;
        let payload = Payload::default().unsigned(6, 1).unsigned(2, 0).unsigned(30, mmsi).unsigned(4, 0).unsigned(8, 0);
        let payload = payload.unsigned(10, 100).flag(true).signed(28, steps(lon_deg)).signed(27, steps(20.5));
        payload.unsigned(12, 900).unsigned(9, 90).unsigned(6, 15).unsigned(25, 0).sentences(*b"AI", Some(b'A'), 0)
    }

    fn named(mmsi: u32) -> String {
        let payload = Payload::default().unsigned(6, 24).unsigned(2, 0).unsigned(30, mmsi).unsigned(2, 0);
        payload.text(20, "HAI KOU").sentences(*b"AI", Some(b'A'), 0)
    }

    fn passed(passing: &mut Passing, feed: u16, seconds: i64, line: &str) -> Vec<String> {
        let mut out = Vec::new();
        let line = bytes::Bytes::from(line.trim_end().to_owned());
        passing.hear(&Heard { feed: FeedNumber(feed), received: EventTime::from_seconds(seconds), line }, |it| {
            out.push(it)
        });
        out
    }

    #[test]
    fn a_transmission_that_two_stations_heard_is_passed_on_once() {
        let mut passing = Passing::new(Area::Everywhere);
        let line = report(413_000_001, 110.5);
        assert_eq!(passed(&mut passing, 0, 10, &line).concat(), line);
        assert_eq!(passed(&mut passing, 1, 12, &line), Vec::<String>::new());
        assert_eq!(passed(&mut passing, 0, 190, &line).concat(), line, "minutes later it is another one");
        assert_eq!(passed(&mut passing, 0, 191, &line.replace("VDM", "VDO")), Vec::<String>::new(), "damaged");
    }

    #[test]
    fn a_message_in_two_sentences_is_passed_on_when_it_is_whole() {
        let mut passing = Passing::new(Area::Everywhere);
        let first = "!AIVDM,2,1,1,A,55?MbV02;H;s<HtKR20EHE:0@T4@Dn2222222216L961O5Gf0NSQEp6ClRp8,0*1C";
        assert!(passed(&mut passing, 0, 10, first).is_empty());
        assert!(passed(&mut passing, 1, 10, first).is_empty());
        let whole = passed(&mut passing, 0, 10, "!AIVDM,2,2,1,A,88888888880,2*25");
        assert_eq!(whole.len(), 1);
        assert_eq!(whole[0].lines().count(), 2);
        assert!(
            passed(&mut passing, 1, 10, "!AIVDM,2,2,1,A,88888888880,2*25").is_empty(),
            "heard by another station too"
        );
    }

    #[test]
    fn only_what_lies_in_the_waters_is_passed_on_and_names_of_those_who_do() {
        let corners = [(20.0, 110.0), (20.0, 111.0), (21.0, 111.0), (21.0, 110.0), (20.0, 110.0)];
        let area = Area::of_outlines(&[vec![corners.map(|(lat, lon)| LatLon::new(lat, lon)).to_vec()]]).unwrap();
        let mut passing = Passing::new(area);
        assert!(passed(&mut passing, 0, 1, &named(413_000_001)).is_empty(), "nobody knows where it is");
        assert_eq!(passed(&mut passing, 0, 2, &report(413_000_001, 110.5)).len(), 1);
        assert_eq!(passed(&mut passing, 0, 3, &named(413_000_001)).len(), 1);
        assert!(passed(&mut passing, 0, 4, &report(413_000_002, 111.5)).is_empty());
        assert!(passed(&mut passing, 0, 5, &named(413_000_002)).is_empty());
        assert!(passed(&mut passing, 0, 40, &report(413_000_001, 111.5)).is_empty(), "it has left");
        assert!(passed(&mut passing, 0, 50, &named(413_000_001)).is_empty());
    }

    #[test]
    fn the_memory_is_bounded() {
        let mut recent = Recent::default();
        for key in 0..3 * REMEMBERED {
            recent.set(key, ());
        }
        assert!(recent.young.len() + recent.old.len() <= 2 * REMEMBERED);
        assert!(recent.get(&(3 * REMEMBERED - 1)).is_some() && recent.get(&0).is_none());
    }
}
