//! The chart that holds, seen from outside the engine.

use std::sync::Arc;

use tokio::sync::watch;

use crate::chart::Chart;

/// A window on the chart: always shows the one that the rules look at.
#[derive(Clone, Debug)]
pub struct ChartWindow(watch::Receiver<Arc<Chart>>);

impl ChartWindow {
    /// A chart that is shown, and the window on it.
    pub fn open(chart: Arc<Chart>) -> (watch::Sender<Arc<Chart>>, Self) {
        let (shown, window) = watch::channel(chart);
        (shown, Self(window))
    }

    /// The chart as it is now.
    pub fn now(&self) -> Arc<Chart> {
        Arc::clone(&self.0.borrow())
    }

    /// Waits for a chart that this window has not shown yet; `None` when the server has shut down and none will come.
    pub async fn next(&mut self) -> Option<Arc<Chart>> {
        self.0.changed().await.ok()?;
        Some(Arc::clone(&self.0.borrow_and_update()))
    }
}
