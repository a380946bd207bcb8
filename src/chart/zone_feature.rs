//! A zone as GeoJSON, as [`ZoneSet::from_geojson`](super::ZoneSet::from_geojson) reads it.

use serde_json::{Map, Value, json};

use super::zone::{PortLine, Side, Zone};
use crate::units::EventTime;

impl Zone {
    /// The zone as a GeoJSON feature: read again, it is the same zone.
    pub fn to_feature(&self) -> Value {
        let mut properties = Map::new();
        let mut say = |key: &str, value: Option<Value>| {
            if let Some(value) = value {
                properties.insert(key.to_owned(), value);
            }
        };
        let text = |text: &Option<String>| text.as_deref().map(Value::from);
        let instant = |time: Option<EventTime>| time.map(|time| Value::from(time.to_string()));
        say("id", Some(self.id.as_str().into()));
        say("kind", Some(self.kind.as_str().into()));
        say("name", Some(self.name.as_str().into()));
        say("name_zh", text(&self.name_zh));
        say("line", self.line.map(PortLine::as_str).map(Value::from));
        say("side", self.side.map(Side::as_str).map(Value::from));
        if !self.vessel_classes.is_empty() {
            say("vessel_classes", Some(self.vessel_classes.iter().map(|class| class.as_str()).collect()));
        }
        say("version", Some(self.version.into()));
        say("valid_from", instant(self.validity.from));
        say("valid_to", instant(self.validity.to));
        say("jurisdiction", text(&self.jurisdiction));
        say("limits", text(&self.limits));
        let polygons: Vec<Vec<Vec<[f64; 2]>>> = self
            .outlines()
            .map(|rings| rings.iter().map(|ring| ring.iter().map(|at| [at.lon_deg, at.lat_deg]).collect()).collect())
            .collect();
        json!({
            "type": "Feature",
            "properties": properties,
            "geometry": { "type": "MultiPolygon", "coordinates": polygons },
        })
    }
}
