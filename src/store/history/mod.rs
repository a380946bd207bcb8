//! Where tracks have been: a point of each confirmed track from each regular picture, in segments beside the input log.
//!
//! A point follows from the input log, so losing one loses no evidence; yet it is written and kept with the same care. Points of
//! a time are found by the hours of the segments; within them the reader looks at all, 27 bytes each: no index to be kept right.
//! What one reading looks at is bounded, and goes on where it ended.

mod point;
mod query;
mod writer;

pub use point::Point;
pub use query::{Cursor, Effort, HistoryReader, Page, When};
pub use writer::{HISTORY_FOLDER, HistoryWriter};
