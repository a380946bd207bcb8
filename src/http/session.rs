//! `/session`: who the caller is to this server, what he may do here, and to whom an alert can be handed.
//!
//! A console asks once, before it shows anything, so that it offers no step that would be refused, and can tell its officer
//! when what he does is kept in memory only. Whoever has any role may ask.

use std::sync::Arc;

use axum::extract::State;
use axum::http::header::CACHE_CONTROL;
use axum::response::IntoResponse;
use axum::routing::get;
use axum::{Extension, Json, Router};
use serde::Serialize;

use crate::access::principal::Principal;
use crate::access::role::{Permission, Role};
use crate::store::records::Records;

/// The caller as this server knows him.
#[derive(Serialize)]
struct Session<'a> {
    /// Under which name he goes on record.
    id: &'a str,
    /// His name for people. Empty: his token does not say.
    name: &'a str,
    /// His unit; `null`: he is of none.
    unit: Option<&'a str>,
    /// His roles; none for the user of this machine on a server that is set up for nobody else.
    roles: Vec<&'static str>,
    /// What his roles let him do.
    may: Vec<&'static str>,
    /// Whether what is done here outlives the server: `disk`, or `memory`.
    records: &'static str,
    /// The units of this server, in the order of its configuration.
    units: Vec<UnitName<'a>>,
}

#[derive(Serialize)]
struct UnitName<'a> {
    id: &'a str,
    name: &'a str,
    name_zh: &'a str,
}

/// The caller's session.
pub fn routes(records: Records) -> Router {
    Router::new().route("/session", get(session)).with_state(records)
}

async fn session(State(records): State<Records>, Extension(principal): Extension<Arc<Principal>>) -> impl IntoResponse {
    let unit_names = principal.organisation().units().iter();
    let session = Session {
        id: principal.id(),
        name: principal.name(),
        unit: principal.unit(),
        roles: principal.roles().iter().map(|role: &Role| role.as_str()).collect(),
        may: Permission::ALL.into_iter().filter(|it| principal.may(*it)).map(Permission::as_str).collect(),
        records: if records.outlive_the_server() { "disk" } else { "memory" },
        units: unit_names.map(|it| UnitName { id: &it.id, name: &it.name, name_zh: &it.name_zh }).collect(),
    };
    // Another token, another answer.
    ([(CACHE_CONTROL, "no-store")], Json(session).into_response())
}
