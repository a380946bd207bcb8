//! The collections: what each holds, where, and when.

use serde_json::{Value, json};

use super::{GEO_JSON, JSON, link};
use crate::http::View;
use crate::http::datum::CRS84;
use crate::http::problem::Problem;

/// A collection of features.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Collection {
    /// All zones of the chart.
    Zones,
    /// Ports and fishing harbours, with whether goods may be landed there.
    Ports,
    /// The picture as it is now.
    Tracks,
    /// The alerts that are kept.
    Alerts,
    /// The sensors that the area lists.
    Sensors,
}

impl Collection {
    /// All of them, in the order in which they are listed.
    pub const ALL: [Self; 5] = [Self::Zones, Self::Ports, Self::Tracks, Self::Alerts, Self::Sensors];

    /// The collection of that name.
    ///
    /// # Errors
    /// When there is none.
    pub fn named(name: &str) -> Result<Self, Problem> {
        let known = || Self::ALL.map(Self::name).join(", ");
        Self::ALL
            .into_iter()
            .find(|it| it.name() == name)
            .ok_or_else(|| Problem::not_found(format!("there is no collection '{name}': {}", known())))
    }

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Zones => "zones",
            Self::Ports => "ports",
            Self::Tracks => "tracks",
            Self::Alerts => "alerts",
            Self::Sensors => "sensors",
        }
    }

    /// The property by which it can be filtered beside place and time.
    pub const fn filter(self) -> &'static str {
        match self {
            Self::Zones | Self::Ports | Self::Alerts | Self::Sensors => "kind",
            Self::Tracks => "mmsi",
        }
    }

    const fn title(self) -> (&'static str, &'static str) {
        match self {
            Self::Zones => (
                "Zones",
                "Ports, anchorages, restricted zones and their like, as charted; `datetime` selects those in force",
            ),
            Self::Ports => ("Ports", "Ports and fishing harbours; `designated` says whether goods may be landed there"),
            Self::Sensors => ("Sensors", "The sensors of the area, where they stand and how far they reach"),
            Self::Tracks => {
                ("Tracks", "One track a vessel, as the picture is now; `datetime` selects by when they were seen")
            }
            Self::Alerts => (
                "Alerts",
                "The alerts that are kept, at the place where each began; `datetime` selects by when the behaviour went on",
            ),
        }
    }

    /// Its description.
    pub fn describe(self, base: &str, view: &View) -> Value {
        let (name, (title, description)) = (self.name(), self.title());
        let bounds = view.chart.now().coast.bounds();
        let here = format!("{base}/collections/{name}");
        json!({
            "id": name,
            "title": title,
            "description": description,
            "itemType": "feature",
            "crs": [CRS84],
            "extent": {
                "spatial": {
                    "bbox": [[bounds.west_deg, bounds.south_deg, bounds.east_deg, bounds.north_deg]],
                    "crs": CRS84,
                },
                "temporal": { "interval": [[null, null]] },
            },
            "links": [
                link("self", JSON, title, here.clone()),
                link("items", GEO_JSON, title, format!("{here}/items")),
            ],
        })
    }
}
