//! ASTERIX, the binary format of radars: blocks, records and items, by tables.
//!
//! Three steps, none of which allocates for a record or panics on any input:
//! [`BlockReader`] splits bytes into blocks and finds the way back after damage; [`Records`] walks the records of a block
//! by its [`Category`] table; [`Record::item`] gives the bytes of one item, [`fields`] names the values in it. What the
//! values mean for the picture is the business of [`crate::feed::radar`].
//!
//! A further category is a further table in `tables/`. Blocks of categories without a table are counted by name; nothing
//! is guessed.
//!
//! **Source**: EUROCONTROL specification for surveillance data exchange, ASTERIX, part 1, edition 3.1.

mod block;
mod field;
mod record;
mod table;
mod tables;

pub use block::{Block, BlockReader, Frame, HEADER_BYTES, JUNK_SHOWN, Junk};
pub use field::{FieldValue, fields, fields_per_round, parts};
pub use record::{Record, RecordFault, Records};
pub use table::{Category, Coding, Field, Format, ITEMS_MAX, Item};
pub use tables::{CAT010, CAT034, CAT048, CAT062, category, category_name};
