//! A CSV file of vessels: what it says of them, and of what it says nothing at all.

use rustc_hash::FxHashMap;

use super::read::{self, COLUMNS};
use super::{Permit, RegisterError, Registered};
use crate::units::Mmsi;

/// What a file says.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sheet {
    vessels: FxHashMap<Mmsi, Registered>,
    columns: Vec<String>,
}

impl Sheet {
    /// Reads a file; see [`Register::from_csv`](super::Register::from_csv).
    ///
    /// # Errors
    /// Every line that cannot be right.
    pub fn from_csv(text: &str) -> Result<Self, RegisterError> {
        read::read(text).map(|(vessels, columns)| Self { vessels, columns })
    }

    /// Reads lines as [`line_of`] writes them.
    ///
    /// # Errors
    /// Every line that cannot be right.
    pub fn from_lines(lines: &[String]) -> Result<Self, RegisterError> {
        Self::from_csv(&Self::text_of(lines.iter().cloned()))
    }

    /// The file that consists of such lines.
    pub fn text_of(lines: impl IntoIterator<Item = String>) -> String {
        let mut text = format!("{}\n", COLUMNS.join(","));
        text.extend(lines);
        text
    }

    /// The vessels that it lists, in order of MMSI.
    pub fn listed(&self) -> Vec<Mmsi> {
        let mut listed: Vec<Mmsi> = self.vessels.keys().copied().collect();
        listed.sort_unstable();
        listed
    }

    /// Whether it lists a vessel.
    pub fn lists(&self, mmsi: Mmsi) -> bool {
        self.vessels.contains_key(&mmsi)
    }

    /// All that it says.
    pub fn into_vessels(self) -> FxHashMap<Mmsi, Registered> {
        self.vessels
    }

    /// What is known of a vessel when it was `known` before: columns that the file does not have say nothing. Of a vessel that it
    /// does not list the columns are empty.
    pub fn over(&self, mmsi: Mmsi, known: &Registered) -> Registered {
        let unlisted = Registered::default();
        let said = self.vessels.get(&mmsi).unwrap_or(&unlisted);
        let of = |column: &str| if self.columns.iter().any(|it| it == column) { said } else { known };
        Registered {
            name: of("name").name.clone(),
            class: of("class").class,
            length_m: of("length_m").length_m,
            owner: of("owner").owner.clone(),
            credit: of("credit").credit,
            permits: of("permits").permits.clone(),
            watch: of("watch_reason").watch.clone(),
        }
    }
}

/// A vessel as a line of CSV with all columns, in the order of `docs/register.md`, with its line feed.
pub fn line_of(mmsi: Mmsi, vessel: &Registered) -> String {
    let permit = |Permit { zone, from, until }: &Permit| match (from, until) {
        (None, None) => zone.clone(),
        (from, until) => {
            let text =
                |time: &Option<_>| time.map_or_else(String::new, |time: crate::units::EventTime| time.to_string());
            format!("{zone}@{}/{}", text(from), text(until))
        }
    };
    let permits: Vec<String> = vessel.permits.iter().map(permit).collect();
    let (reason, until) = match &vessel.watch {
        Some(watch) => (watch.reason.as_str(), watch.until.map(|until| until.to_string())),
        None => ("", None),
    };
    let fields = [
        mmsi.to_string(),
        vessel.name.clone().unwrap_or_default(),
        vessel.class.map_or("", |class| class.as_str()).to_owned(),
        vessel.length_m.map(|length| length.to_string()).unwrap_or_default(),
        vessel.owner.clone().unwrap_or_default(),
        vessel.credit.map_or("", |credit| credit.as_str()).to_owned(),
        permits.join(";"),
        reason.to_owned(),
        until.unwrap_or_default(),
    ];
    let quoted = fields.map(|field| match field.contains([',', '"', '#']) {
        true => format!("\"{}\"", field.replace('"', "\"\"")),
        false => field,
    });
    quoted.join(",") + "\n"
}

#[cfg(test)]
mod tests {
    use super::super::{Credit, Watch};
    use super::*;
    use crate::units::{EventTime, VesselClass};
    use proptest::prelude::*;

    fn moment() -> impl Strategy<Value = Option<EventTime>> {
        prop::option::of((0..4_102_444_800_000_i64).prop_map(EventTime::from_millis))
    }

    /// Words as people write them: no space at either end, for those are cut off.
    fn words() -> impl Strategy<Value = Option<String>> {
        prop::option::of("[A-Za-z琼\",;#'][ A-Za-z0-9海,\";]{0,20}[a-z号\"]")
    }

    fn registered() -> impl Strategy<Value = Registered> {
        let permit = ("[a-z]{1,8}-[0-9]", moment(), moment()).prop_map(|(zone, from, until)| {
            let until = until.filter(|until| from.is_none_or(|from| from < *until));
            Permit { zone, from, until }
        });
        let class = prop::option::of(prop::sample::select(VesselClass::ALL.to_vec()));
        let credit = prop::option::of(prop::sample::select(vec![Credit::A, Credit::B, Credit::C, Credit::D]));
        let watch = (words(), moment()).prop_map(|(reason, until)| Some(Watch { reason: reason?, until }));
        let length = prop::option::of(1.0..500.0_f64);
        (words(), class, length, words(), credit, prop::collection::vec(permit, 0..4), watch).prop_map(
            |(name, class, length_m, owner, credit, permits, watch)| Registered {
                name,
                class,
                length_m,
                owner,
                credit,
                permits,
                watch,
            },
        )
    }

    proptest! {
        #[test]
        fn a_vessel_written_as_a_line_is_read_as_it_was(vessel in registered()) {
            let mmsi = Mmsi::new(412_000_001).unwrap();
            let sheet = Sheet::from_lines(&[line_of(mmsi, &vessel)]).unwrap();
            prop_assert_eq!(sheet.into_vessels().remove(&mmsi), Some(vessel));
        }
    }

    #[test]
    fn columns_that_a_file_does_not_have_keep_what_is_known() {
        let known = Registered {
            name: Some("old".to_owned()),
            owner: Some("Lin".to_owned()),
            watch: Some(Watch { reason: "cold chain at night".to_owned(), until: None }),
            ..Registered::default()
        };
        let sheet = Sheet::from_csv("mmsi,name\n412000001,new\n").unwrap();
        let said = sheet.over(Mmsi::new(412_000_001).unwrap(), &known);
        assert_eq!((said.name.as_deref(), said.owner.as_deref()), (Some("new"), Some("Lin")));
        assert_eq!(said.watch, known.watch);
        let unlisted = sheet.over(Mmsi::new(412_000_002).unwrap(), &known);
        assert_eq!((unlisted.name, unlisted.owner.as_deref()), (None, Some("Lin")));
    }
}
