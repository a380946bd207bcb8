//! GeoJSON as it stands in a file, nothing judged yet.
//!
//! All of it is kept as JSON values but for the coordinates, of which a coastline has a hundred thousand: those go straight
//! into numbers. As values they would cost ten times the memory and most of the time that a chart takes to load.

use std::fmt;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

/// The outermost value of a file.
#[derive(Debug)]
pub(super) enum Document {
    /// An object: its members but for the features.
    Object {
        /// All members other than `features`.
        members: Map<String, Value>,
        /// The array `features`; `None` when it is missing or something else.
        features: Option<Vec<RawFeature>>,
    },
    /// Something else.
    Other,
}

/// A feature, or what stands in the place of one.
#[derive(Debug, Default)]
pub(super) struct RawFeature {
    /// All members other than `geometry`.
    pub(super) members: Map<String, Value>,
    /// The geometry, when it is an object.
    pub(super) geometry: Option<RawGeometry>,
}

/// A geometry.
#[derive(Debug, Default)]
pub(super) struct RawGeometry {
    /// Its type, when that is text.
    pub(super) kind: Option<String>,
    /// Its coordinates; `None` when there are none.
    pub(super) coordinates: Option<Coordinates>,
}

/// Coordinates, nested as deep as they stand.
#[derive(Debug, PartialEq)]
pub(super) enum Coordinates {
    /// A number outside of a position.
    Number(f64),
    /// An array that begins with two numbers; what follows them (an altitude) is left out.
    Position([f64; 2]),
    /// Another array.
    List(Vec<Coordinates>),
    /// No number and no array.
    Other,
}

impl Coordinates {
    /// The entries of an array that is no position.
    pub(super) fn list(&self) -> Option<&[Self]> {
        match self {
            Self::List(entries) => Some(entries),
            _ => None,
        }
    }
}

/// Makes the visitor methods for kinds of value that hold nothing of use.
macro_rules! other_kinds {
    ($other:expr; $($method:ident($kind:ty)),*) => {
        $(fn $method<E>(self, _: $kind) -> Result<Self::Value, E> {
            Ok($other)
        })*

        fn visit_unit<E>(self) -> Result<Self::Value, E> {
            Ok($other)
        }
    };
}

/// A value read by an object's members one after the other, or something else.
trait Members: Default {
    /// Takes the value of a member.
    fn take<'de, A: MapAccess<'de>>(&mut self, key: String, map: &mut A) -> Result<(), A::Error>;
}

/// Reads an object by its members; gives `None` for what is no object.
struct ObjectOf<T>(std::marker::PhantomData<T>);

impl<'de, T: Members> Visitor<'de> for ObjectOf<T> {
    type Value = Option<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut read = T::default();
        while let Some(key) = map.next_key()? {
            read.take(key, &mut map)?;
        }
        Ok(Some(read))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Self::Value, A::Error> {
        while sequence.next_element::<IgnoredAny>()?.is_some() {}
        Ok(None)
    }

    other_kinds!(None; visit_bool(bool), visit_i64(i64), visit_u64(u64), visit_f64(f64), visit_str(&str));
}

fn object<'de, T: Members, D: Deserializer<'de>>(from: D) -> Result<Option<T>, D::Error> {
    from.deserialize_any(ObjectOf(std::marker::PhantomData))
}

/// The members of the outermost object.
#[derive(Default)]
struct Outermost {
    members: Map<String, Value>,
    features: Option<Vec<RawFeature>>,
}

impl Members for Outermost {
    fn take<'de, A: MapAccess<'de>>(&mut self, key: String, map: &mut A) -> Result<(), A::Error> {
        if key == "features" {
            self.features = map.next_value::<Features>()?.0;
        } else {
            self.members.insert(key, map.next_value()?);
        }
        Ok(())
    }
}

impl Members for RawFeature {
    fn take<'de, A: MapAccess<'de>>(&mut self, key: String, map: &mut A) -> Result<(), A::Error> {
        if key == "geometry" {
            self.geometry = map.next_value::<Geometry>()?.0;
        } else {
            self.members.insert(key, map.next_value()?);
        }
        Ok(())
    }
}

impl Members for RawGeometry {
    fn take<'de, A: MapAccess<'de>>(&mut self, key: String, map: &mut A) -> Result<(), A::Error> {
        match key.as_str() {
            "coordinates" => self.coordinates = Some(map.next_value()?),
            "type" => self.kind = map.next_value::<Value>()?.as_str().map(str::to_owned),
            _ => drop(map.next_value::<IgnoredAny>()?),
        }
        Ok(())
    }
}

impl<'de> Deserialize<'de> for Document {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let outermost = object::<Outermost, D>(from)?;
        Ok(outermost.map_or(Self::Other, |Outermost { members, features }| Self::Object { members, features }))
    }
}

struct Geometry(Option<RawGeometry>);

impl<'de> Deserialize<'de> for Geometry {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        object(from).map(Self)
    }
}

impl<'de> Deserialize<'de> for RawFeature {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        object(from).map(Option::unwrap_or_default)
    }
}

/// The array of features; `None` for what is no array.
struct Features(Option<Vec<RawFeature>>);

impl<'de> Deserialize<'de> for Features {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Array;
        impl<'de> Visitor<'de> for Array {
            type Value = Features;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an array of features")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Features, A::Error> {
                let mut features = Vec::new();
                while let Some(feature) = sequence.next_element()? {
                    features.push(feature);
                }
                Ok(Features(Some(features)))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Features, A::Error> {
                while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                Ok(Features(None))
            }

            other_kinds!(Features(None); visit_bool(bool), visit_i64(i64), visit_u64(u64), visit_f64(f64), visit_str(&str));
        }
        from.deserialize_any(Array)
    }
}

impl<'de> Deserialize<'de> for Coordinates {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Nested;
        impl<'de> Visitor<'de> for Nested {
            type Value = Coordinates;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("coordinates")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Coordinates, A::Error> {
                let Some(first) = sequence.next_element()? else { return Ok(Coordinates::List(Vec::new())) };
                let mut entries = vec![first];
                if let [Coordinates::Number(lon_deg)] = entries[..] {
                    match sequence.next_element()? {
                        Some(Coordinates::Number(lat_deg)) => {
                            while sequence.next_element::<IgnoredAny>()?.is_some() {}
                            return Ok(Coordinates::Position([lon_deg, lat_deg]));
                        }
                        second => entries.extend(second),
                    }
                }
                while let Some(entry) = sequence.next_element()? {
                    entries.push(entry);
                }
                Ok(Coordinates::List(entries))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Coordinates, A::Error> {
                while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                Ok(Coordinates::Other)
            }

            fn visit_f64<E>(self, number: f64) -> Result<Coordinates, E> {
                Ok(Coordinates::Number(number))
            }

            fn visit_i64<E>(self, number: i64) -> Result<Coordinates, E> {
                Ok(Coordinates::Number(number as f64))
            }

            fn visit_u64<E>(self, number: u64) -> Result<Coordinates, E> {
                Ok(Coordinates::Number(number as f64))
            }

            other_kinds!(Coordinates::Other; visit_bool(bool), visit_str(&str));
        }
        from.deserialize_any(Nested)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn coordinates(text: &str) -> Coordinates {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn positions_are_numbers_and_what_is_none_keeps_its_place() {
        use Coordinates::{List, Number, Other, Position};
        assert_eq!(coordinates("[110, 20.5]"), Position([110.0, 20.5]));
        assert_eq!(coordinates("[110.25, -20.5, 3.0]"), Position([110.25, -20.5]));
        assert_eq!(
            coordinates(r#"[[1, 2], [3], [], "four", [5, null], {"a": [1]}]"#),
            List(vec![
                Position([1.0, 2.0]),
                List(vec![Number(3.0)]),
                List(Vec::new()),
                Other,
                List(vec![Number(5.0), Other]),
                Other,
            ])
        );
    }

    #[test]
    fn what_is_no_object_or_no_array_is_told_apart() {
        let document = |text: &str| serde_json::from_str::<Document>(text).unwrap();
        for other in ["[1, 2]", "true", "7", "\"text\"", "null", "1.5", "-3"] {
            assert!(matches!(document(other), Document::Other), "{other}");
            let text = format!(r#"{{"type": "FeatureCollection", "features": {other}}}"#);
            let Document::Object { members, features } = document(&text) else { panic!("{text} is an object") };
            assert_eq!(members["type"], "FeatureCollection");
            assert_eq!(features.is_some(), other == "[1, 2]", "{other}");
        }
        let text = r#"{"features": [{"id": 7, "geometry": {"coordinates": [[1, 2]], "type": "LineString"}}, 5, {"geometry": 3}]}"#;
        let Document::Object { features: Some(features), .. } = document(text) else { panic!("there are features") };
        let geometry = features[0].geometry.as_ref().unwrap();
        assert_eq!((features[0].members["id"].as_u64(), geometry.kind.as_deref()), (Some(7), Some("LineString")));
        assert!(features[1].geometry.is_none() && features[2].geometry.is_none());
        assert!(serde_json::from_str::<Document>(r#"{"features": [{"geometry": {"coordinates": [NaN]}}]}"#).is_err());
    }
}
