//! Cameras that are moved: takes the cues of one camera from a server ([`crate::serve::cue_desk`]) and turns an ONVIF camera to them.
//!
//! - [`mount`]: from a true direction to pan and tilt of a camera that does not stand as it should. Pure.
//! - [`space`]: from pan and tilt to the coordinates that a camera takes. Pure.
//! - [`lens`]: how far to zoom in. Pure.
//! - [`soap`]: ONVIF messages, written and read. Pure.
//! - [`device`]: the camera over HTTP.
//! - [`adapter`]: cues in, moves and answers out.

pub mod adapter;
pub mod device;
pub mod lens;
pub mod mount;
pub mod soap;
pub mod space;
