//! Changes of the zones: checked against the chart, put on record, then given to the engine.
//!
//! The order is that of the records. A crash between record and engine is made good at the next start: what is on record as a
//! whole is given to the engine again, which knows when it has it already.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::{Value, json};
use tokio::sync::Mutex;
use tonic::{Code, Status};

use super::alert_service::unreadable;
use super::convert::{BadField, zone as convert};
use super::faults::reasoned;
use super::streams::shutting_down;
use crate::access::principal::Principal;
use crate::chart::{Chart, Zone, ZoneSet};
use crate::serve::chart_window::ChartWindow;
use crate::serve::engine_task::EngineHandle;
use crate::store::records::zones::{self, Change, ZoneChange, ZoneOrder, ZoneOrderError, ZoneVersion};
use crate::store::records::{Records, RecordsError};

/// Where zones are changed.
#[derive(Debug)]
pub struct ZoneDesk {
    /// The chart as its files have it.
    filed: Arc<Chart>,
    window: ChartWindow,
    records: Records,
    engine: EngineHandle,
    /// Held while what is on record is given to the engine: never an older state after a newer.
    handing_over: Mutex<()>,
}

/// Zones that could be on the chart.
pub struct Draft {
    /// The zones, checked.
    pub zones: Vec<Zone>,
    /// What would look odd.
    pub warnings: Vec<String>,
}

impl ZoneDesk {
    /// A desk for the chart in `window`, whose files say `filed`.
    pub fn new(filed: Arc<Chart>, window: ChartWindow, records: Records, engine: EngineHandle) -> Self {
        Self { filed, window, records, engine, handing_over: Mutex::new(()) }
    }

    /// The window on the chart.
    pub fn window(&self) -> &ChartWindow {
        &self.window
    }

    /// Checks zones as a chart's file would be, alone and on the chart as it is, and that the caller's waters hold them.
    ///
    /// # Errors
    /// INVALID_ARGUMENT for `field` with what is wrong, PERMISSION_DENIED for a zone elsewhere.
    pub fn draft(&self, caller: &Principal, field: &str, collection: &Value) -> Result<Draft, Status> {
        let text = collection.to_string();
        let refused = |error: crate::chart::ChartError| Status::from(BadField::new(field, error.to_string()));
        let zones = ZoneSet::from_geojson(&text).map_err(refused)?;
        let present = self.window.now();
        let trial = present.with_zones(present.zones.changed(&text).map_err(refused)?).map_err(refused)?;
        let known: BTreeSet<String> = present.warnings().iter().map(ToString::to_string).collect();
        let warnings = trial.warnings().iter().map(ToString::to_string).filter(|it| !known.contains(it)).collect();
        for zone in zones.zones() {
            convert::check_zone(zone).map_err(|bad| bad.within(field))?;
            self.check_place(caller, zone)?;
            // Who moves a zone away changes the place that it was at.
            if let Some(before) = present.zones.by_id(&zone.id) {
                self.check_place(caller, before)?;
            }
        }
        Ok(Draft { zones: zones.zones().to_vec(), warnings })
    }

    /// Whether a zone lies in the caller's waters.
    ///
    /// # Errors
    /// PERMISSION_DENIED.
    pub fn check_place(&self, caller: &Principal, zone: &Zone) -> Result<(), Status> {
        let mut corners = zone.outlines().flatten().flatten();
        if caller.sees_everything() || corners.all(|&corner| caller.sees_place(corner)) {
            return Ok(());
        }
        Err(Status::permission_denied(format!(
            "zone '{}' does not lie in the waters of your unit: ask the unit above",
            zone.id
        )))
    }

    /// One zone of an order, as the desk knows it.
    pub fn change_of(&self, id: &str, expected_version: Option<u32>, change: Change) -> ZoneChange {
        let filed = self.filed.zones.by_id(id);
        let filed_version = filed.map_or(0, |zone| zone.version.max(1));
        ZoneChange { id: id.to_owned(), filed_version, expected_version, change }
    }

    /// Carries an order out: when this returns, it is on record and the rules look at it.
    ///
    /// # Errors
    /// Why not, in the words of the interface; then nothing has changed.
    pub async fn carry_out(&self, order: ZoneOrder) -> Result<Vec<ZoneVersion>, Status> {
        let done = self.records.write(move |book| book.change_zones(&order)).await.map_err(refused)?;
        self.hand_over().await?;
        Ok(done)
    }

    /// Gives the engine what is on record.
    ///
    /// # Errors
    /// When the server shuts down, or what is on record does not fit the chart's files any more.
    pub async fn hand_over(&self) -> Result<(), Status> {
        let _alone = self.handing_over.lock().await;
        let document = self.records.read(zones::document).await.map_err(unreadable)?;
        let Some(document) = document else { return Ok(()) };
        match self.engine.change_zones(document).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => {
                let message = format!("the zones on record do not fit the chart's files: {error}");
                tracing::error!("{message}");
                Err(Status::failed_precondition(message))
            }
            Err(_) => Err(shutting_down()),
        }
    }

    /// Versions on record, the latest first.
    ///
    /// # Errors
    /// When the records cannot be read.
    pub async fn versions(
        &self,
        id: String,
        before: i64,
        size: usize,
    ) -> Result<Vec<(ZoneVersion, crate::store::records::entry::Entered)>, Status> {
        let read = move |connection: &rusqlite::Connection| zones::versions(connection, &id, before, size);
        self.records.read(read).await.map_err(unreadable)
    }
}

/// Why an order was not carried out, in the words of the interface.
fn refused(error: ZoneOrderError) -> Status {
    let message = error.to_string();
    match error {
        ZoneOrderError::NotFound(_) => Status::not_found(message),
        ZoneOrderError::Exists { .. } => reasoned(Code::AlreadyExists, message, "ZONE_EXISTS", ("", "")),
        ZoneOrderError::Changed { version, .. } => {
            reasoned(Code::Aborted, message, "ETAG_MISMATCH", ("etag", &version.to_string()))
        }
        ZoneOrderError::RequestReused => reasoned(Code::FailedPrecondition, message, "REQUEST_REUSED", ("", "")),
        ZoneOrderError::TooMany => Status::resource_exhausted(message),
        ZoneOrderError::Records(RecordsError::Closed) => shutting_down(),
        ZoneOrderError::Records(error) => unreadable(error),
    }
}

/// A collection of one feature.
pub fn collection(feature: &Value) -> Value {
    json!({ "type": "FeatureCollection", "features": [feature] })
}
