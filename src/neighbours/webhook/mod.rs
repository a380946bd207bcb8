//! Platforms that are sent what happens to alerts, and that take alerts further: CloudEvents over HTTPS, signed as Standard Webhooks,
//! both ways ([docs/platform.md](../../../../docs/platform.md)).
//!
//! - [`signature`]: secrets, signing and checking.
//! - [`guard`]: to which addresses anything is sent.
//! - [`client`]: one attempt.
//! - `absence`: for how long an endpoint has been away, and when it is tried again.
//! - [`answer`]: what an answer means for the event and for the endpoint.
//! - [`sender`]: one task an endpoint, which empties its outbox.
//! - [`callback`]: what a platform says back.
//! - [`api`]: how outboxes stand, dead letters and their replay, over HTTP.
//! - [`endpoint`]: an endpoint as it is configured, and [`Deliveries`], what the rest of the server sees of all this.

mod absence;
pub mod answer;
pub mod api;
pub mod callback;
pub mod client;
pub mod endpoint;
pub mod guard;
pub mod sender;
pub mod signature;

use axum::Router;

use crate::serve::officer::OfficerDesk;

pub use endpoint::{Deliveries, Endpoint};

/// The routes by which platforms speak to this server.
pub fn routes(deliveries: Deliveries, desk: OfficerDesk) -> Router {
    api::routes(deliveries.clone(), desk.records().clone()).merge(callback::routes(deliveries, desk))
}
