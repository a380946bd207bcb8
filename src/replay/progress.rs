//! The bar that shows how far a replay has come: on a terminal only, on the standard error.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::units::EventTime;

/// Shows progress in event time.
pub struct Progress {
    bar: ProgressBar,
    wanted: bool,
    start: EventTime,
}

impl Progress {
    /// A bar that is shown when `wanted` and the standard error is a terminal.
    pub fn new(wanted: bool) -> Self {
        Self { bar: ProgressBar::hidden(), wanted, start: EventTime::default() }
    }

    pub(super) fn begin(&mut self, start: EventTime, duration_ms: Option<i64>) {
        if !self.wanted {
            return;
        }
        self.start = start;
        let (bar, template) = match duration_ms {
            Some(duration_ms) => {
                let seconds = u64::try_from(duration_ms / 1000).unwrap_or(0);
                (ProgressBar::new(seconds), "{bar:32} {percent:>3} % of {msg}, {elapsed} gone, {eta} to go")
            }
            None => (ProgressBar::new_spinner(), "{spinner} {msg}, {elapsed} gone"),
        };
        bar.set_draw_target(ProgressDrawTarget::stderr_with_hz(5));
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        self.bar = bar;
        self.reach(start);
    }

    pub(super) fn reach(&mut self, now: EventTime) {
        if self.bar.is_hidden() {
            return;
        }
        self.bar.set_position(u64::try_from(now.millis_since(self.start) / 1000).unwrap_or(0));
        self.bar.set_message(now.to_string());
    }

    pub(super) fn end(&mut self) {
        self.bar.finish_and_clear();
    }
}
