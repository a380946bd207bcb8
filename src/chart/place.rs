//! Where something is, in words: "1.2 km NE of Haikou port, Xiuying".

use crate::units::Bearing;

/// A named place and how a position lies to it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Place<'a> {
    /// Name of the zone or shore.
    pub name: &'a str,
    /// Its Chinese name, else the same name.
    pub name_zh: &'a str,
    /// Id of the zone, when it is one.
    pub zone: Option<&'a str>,
    /// Distance in metres from its edge; 0 inside.
    pub distance_m: f64,
    /// Direction from the place to the position.
    pub bearing: Bearing,
}

const COMPASS: [(&str, &str); 8] = [
    ("N", "以北"),
    ("NE", "东北"),
    ("E", "以东"),
    ("SE", "东南"),
    ("S", "以南"),
    ("SW", "西南"),
    ("W", "以西"),
    ("NW", "西北"),
];

impl Place<'_> {
    /// For sentences in English: `1.2 km NE of Haikou port, Xiuying`, `in Haikou port, Xiuying`.
    pub fn in_english(&self) -> String {
        if self.distance_m <= 0.0 {
            return format!("in {}", self.name);
        }
        let (distance, unit) = self.rounded();
        let unit = if unit == 'k' { "km" } else { "m" };
        format!("{distance} {unit} {} of {}", self.compass().0, self.name)
    }

    /// For sentences in Chinese: `海口港秀英港区东北1.2公里`, `海口港秀英港区内`.
    pub fn in_chinese(&self) -> String {
        if self.distance_m <= 0.0 {
            return format!("{}内", self.name_zh);
        }
        let (distance, unit) = self.rounded();
        let unit = if unit == 'k' { "公里" } else { "米" };
        format!("{}{}{distance}{unit}", self.name_zh, self.compass().1)
    }

    fn compass(&self) -> (&'static str, &'static str) {
        let sector = (self.bearing.deg() / 45.0).round() as usize % COMPASS.len();
        COMPASS.get(sector).copied().unwrap_or(("N", "以北"))
    }

    /// The distance to two digits or so: metres by tens below a kilometre, tenths of kilometres below ten.
    fn rounded(&self) -> (String, char) {
        if self.distance_m < 995.0 {
            (format!("{:.0}", (self.distance_m / 10.0).round().max(1.0) * 10.0), 'm')
        } else if self.distance_m < 9_950.0 {
            (format!("{:.1}", self.distance_m / 1_000.0), 'k')
        } else {
            (format!("{:.0}", self.distance_m / 1_000.0), 'k')
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_reads_well_in_both_languages() {
        let mut place = Place {
            name: "Haikou port, Xiuying",
            name_zh: "海口港秀英港区",
            zone: Some("port-haikou-xiuying"),
            distance_m: 1_234.0,
            bearing: Bearing::from_deg(50.0),
        };
        assert_eq!(place.in_english(), "1.2 km NE of Haikou port, Xiuying");
        assert_eq!(place.in_chinese(), "海口港秀英港区东北1.2公里");
        place.distance_m = 437.0;
        place.bearing = Bearing::from_deg(359.0);
        assert_eq!(place.in_english(), "440 m N of Haikou port, Xiuying");
        assert_eq!(place.in_chinese(), "海口港秀英港区以北440米");
        place.distance_m = 0.0;
        assert_eq!(place.in_english(), "in Haikou port, Xiuying");
        assert_eq!(place.in_chinese(), "海口港秀英港区内");
        place.distance_m = 23_400.0;
        assert_eq!(place.in_english(), "23 km N of Haikou port, Xiuying");
    }
}
