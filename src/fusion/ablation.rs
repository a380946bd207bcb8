//! The parts of the tracker that can be switched off, to measure what each is worth: `shorewatch replay --without PART`.

/// Which parts are at work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ablation {
    /// Estimate and apply sensor bias and clock offset.
    pub registration: bool,
    /// Run the manoeuvre and stopped models beside the cruising one.
    pub interacting_models: bool,
    /// Weigh associations by the probability that a track is a craft at all, by the clutter of the place and by how often the
    /// radar sees the track. Off: a track is shown by its detections alone, and all tracks and places are alike.
    pub existence: bool,
    /// Keep hidden craft as merged with the one that hides them, and absorb doubles.
    pub merging: bool,
    /// Carry identity through AIS silence.
    pub identity_memory: bool,
    /// Hold a name as a probability: doubt it where two craft may have been taken for one another, give it up where its vessel
    /// cannot be.
    pub doubt: bool,
}

impl Ablation {
    /// Everything at work.
    pub const NOTHING_OFF: Self = Self {
        registration: true,
        interacting_models: true,
        existence: true,
        merging: true,
        identity_memory: true,
        doubt: true,
    };

    /// The names that [`Self::without`] knows.
    pub const PARTS: [&str; 6] = ["registration", "models", "existence", "merging", "identity", "doubt"];

    /// The same with the part of this name switched off as well; `None` for a name that is not in [`Self::PARTS`].
    #[must_use]
    pub fn without(mut self, part: &str) -> Option<Self> {
        let switch = match part {
            "registration" => &mut self.registration,
            "models" => &mut self.interacting_models,
            "existence" => &mut self.existence,
            "merging" => &mut self.merging,
            "identity" => &mut self.identity_memory,
            "doubt" => &mut self.doubt,
            _ => return None,
        };
        *switch = false;
        Some(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_named_part_switches_off_something_of_its_own() {
        let mut seen = vec![Ablation::NOTHING_OFF];
        for part in Ablation::PARTS {
            let less = Ablation::NOTHING_OFF.without(part).unwrap();
            assert!(!seen.contains(&less), "{part} switches off what another part does, or nothing");
            seen.push(less);
        }
        assert_eq!(Ablation::NOTHING_OFF.without("radar"), None);
    }
}
