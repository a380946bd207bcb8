//! The places where watchers look, and the records that alerts are put on.

use std::sync::Arc;

use tokio::sync::{broadcast, watch};

use super::alert_board::AlertHub;
use super::heard::Heard;
use super::picture::PictureHub;
use super::work::{Payload, Record};
use crate::alert::Alert;
use crate::chart::Chart;
use crate::store::records::Records;
use crate::store::records::alert::AlertNews;
use crate::units::EventTime;

/// Where the engine task hangs what it has to show. Dropped when the task ends: then every watch is over.
#[derive(Debug, Default)]
pub struct Hubs {
    /// The picture.
    pub picture: PictureHub,
    /// The alerts.
    pub alerts: AlertHub<Alert>,
    /// The records, where they are kept.
    pub records: Option<AlertDesk>,
    /// The chart that holds, where anybody looks at it.
    pub chart: Option<watch::Sender<Arc<Chart>>>,
    /// AIS as it is heard, where it is passed on.
    pub heard: Option<broadcast::Sender<Heard>>,
}

/// Puts alerts on record.
#[derive(Debug)]
pub struct AlertDesk {
    /// The records.
    pub records: Records,
    /// What the records need of an alert.
    pub news: fn(&Alert) -> AlertNews,
}

impl Hubs {
    /// Tells watchers of a change of an alert, and puts it on record. Waits while the disk is behind by
    /// [`RECORDS_QUEUE`](super::limits::RECORDS_QUEUE) changes.
    pub fn tell(&self, alert: Alert) {
        if let Some(desk) = &self.records {
            let (news, now_ms) = ((desk.news)(&alert), super::clock::now().as_millis());
            // Refused only when the records have failed, which ends the server.
            let _ = desk.records.write_soon(move |book| book.post(news, now_ms).map(|_| ()));
        }
        let id = alert.id.clone();
        self.alerts.post(id.as_str(), alert.stage, alert);
    }

    /// Passes on a record of AIS that the engine took. Never waits: a listener that is far behind loses the oldest.
    pub fn pass_on(&self, record: &Record, received: EventTime) {
        if let (Some(heard), Payload::AisSentence(line)) = (&self.heard, &record.payload) {
            // Refused only when nobody listens.
            let _ = heard.send(Heard { feed: record.feed, received, line: line.clone() });
        }
    }
}
