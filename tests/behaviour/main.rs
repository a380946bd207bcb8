//! The rules of behaviour on scenes before a straight shore: what an officer is told, and what not.

mod contact;
mod dark_vessel;
mod fast_approach;
mod invariance;
mod landing;
mod loitering;
mod scene;
mod zone_entry;
