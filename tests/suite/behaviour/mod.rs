//! The rules of behaviour on scenes before a straight shore: what an officer is told, and what not.

mod ais_gap;
mod contact;
mod crowds_of_tracks;
mod dark_vessel;
mod documented;
mod drifting;
mod fast_approach;
mod gathering;
mod identity_conflict;
mod invariance;
mod landing;
mod loitering;
mod overrides;
mod ports;
mod register;
mod scene;
mod zone_entry;
