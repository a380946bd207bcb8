//! When and where every vessel was last heard: what tells a silence of one from a silence of many, and one name from two.
//!
//! When a station goes down thousands ask at once; then they ask an index by place and name, else they look through all.

use rustc_hash::FxHashMap;
use smallvec::SmallVec;

use super::places::Places;
use super::subject::Subject;
use crate::geodesy::LatLon;
use crate::units::{EventTime, Mmsi};

/// An index costs as much as so many who look through all.
const ASKING_MIN: usize = 16;

/// When a vessel was last heard, for telling a silence of one from a silence of many.
#[derive(Clone, Copy, Debug)]
pub(super) struct LastWord {
    pub(super) number: u64,
    pub(super) mmsi: Mmsi,
    pub(super) heard: EventTime,
    pub(super) first_heard: EventTime,
    pub(super) place: LatLon,
    pub(super) speed_mps: f64,
}

impl LastWord {
    /// The last word of a vessel that has sent AIS.
    pub(super) fn of(subject: &Subject) -> Option<Self> {
        let (heard, place, speed_mps, first_heard) = subject.ais_gap.last_word()?;
        Some(Self { number: subject.number, mmsi: subject.craft.mmsi?, heard, first_heard, place, speed_mps })
    }
}

/// The last words of all vessels.
#[derive(Debug)]
pub(super) struct LastWords {
    words: Vec<LastWord>,
    index: Option<Index>,
}

#[derive(Debug)]
struct Index {
    places: Places,
    named: FxHashMap<Mmsi, SmallVec<[u32; 1]>>,
}

impl LastWords {
    /// The last words of these vessels, for so many who ask.
    pub(super) fn of<'a>(subjects: impl Iterator<Item = &'a Subject>, asking: usize) -> Self {
        let words: Vec<LastWord> = subjects.filter_map(LastWord::of).collect();
        let index = (asking >= ASKING_MIN).then(|| {
            let mut named: FxHashMap<Mmsi, SmallVec<[u32; 1]>> = FxHashMap::default();
            for (number, word) in (0..).zip(&words) {
                named.entry(word.mmsi).or_default().push(number);
            }
            Index { places: Places::of((0..).zip(words.iter().map(|word| word.place))), named }
        });
        Self { words, index }
    }

    /// The words said within `within_m` of a place, and some others.
    pub(super) fn near(&self, place: LatLon, within_m: f64) -> impl Iterator<Item = &LastWord> {
        let indexed = self.index.as_ref().map(|index| index.places.all_near(place, within_m));
        let all = self.words.iter().filter(|_| self.index.is_none());
        indexed.into_iter().flatten().filter_map(|number| self.words.get(number as usize)).chain(all)
    }

    /// The words that others than `subject` said under a name.
    pub(super) fn others_of(&self, subject: &Subject, name: Option<Mmsi>) -> impl Iterator<Item = &LastWord> {
        let own = subject.number;
        let indexed = self.index.as_ref().zip(name).and_then(|(index, name)| index.named.get(&name));
        let all = self.words.iter().filter(move |word| self.index.is_none() && Some(word.mmsi) == name);
        let indexed = indexed.into_iter().flatten().filter_map(|number| self.words.get(*number as usize));
        indexed.chain(all).filter(move |word| word.number != own)
    }
}
