//! The two places where watchers look.

use super::alert_board::AlertHub;
use super::picture::PictureHub;
use crate::alert::Alert;

/// Where the engine task hangs what it has to show. Dropped when the task ends: then every watch is over.
#[derive(Debug, Default)]
pub struct Hubs {
    /// The picture.
    pub picture: PictureHub,
    /// The alerts.
    pub alerts: AlertHub<Alert>,
}
