//! AIS: from lines of NMEA 0183 to messages in typed values (ITU-R M.1371-5, types 1 to 27), and to observations.
//!
//! [`AisDecoder`] takes one feed line by line, in bytes. It allocates nothing per sentence: single sentences are unpacked
//! into one buffer, parts wait in a bounded number of slots. It knows nothing of tracks, of other feeds, or of the same
//! transmission heard twice (that is the business of the intake order).
//!
//! What it refuses it counts: every sentence, stump of a sentence and line of text is received once, and is in the end
//! accepted or refused for one named reason.

mod application;
mod assembly;
mod binary;
mod bits;
mod content;
mod control;
mod decoder;
mod hearing;
mod message;
mod position;
mod quantity;
mod refusal;
mod sentence;
mod static_data;
mod text;

pub use application::{ApplicationData, Area, AreaNotice, Current, MetHydro};
pub use binary::{
    Acknowledge, AddressedBinary, AddressedSafety, Application, BroadcastBinary, DifferentialGnss, SlotBinary,
};
pub use bits::{BitBuffer, BitSlice, Bits, CHARACTERS_MAX};
pub use content::NoContent;
pub use control::{
    Assignment, AssignmentOrder, ChannelManagement, ChannelScope, GroupAssignment, Interrogation, LinkManagement,
    Request, Reservation,
};
pub use decoder::{AisDecoder, AisTally, Counts, Received};
pub use hearing::{Clock, Hearing, StationName};
pub use message::{Body, Message};
pub use position::{
    AidToNavigation, BaseStation, ClassAPosition, ClassBExtended, ClassBPosition, LongRange, SarAircraft,
};
pub use quantity::{
    CoarsePosition, Course, Eta, FixSecond, Heading, Position, RateOfTurn, Speed, UtcStamp, WholeKnots,
};
pub use refusal::{Oddities, Refusal};
pub use sentence::{Parsed, Sentence, parse as parse_sentence};
pub use static_data::{CallSign, StaticDetails, StaticReport, StaticVoyage};
pub use text::SixBitText;
