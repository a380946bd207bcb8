//! `/healthz`: whether the server takes records and shows the picture; for load balancers and supervisors.
//!
//! The same is told for each service by `grpc.health.v1`.

use axum::Router;
use axum::http::StatusCode;
use axum::routing::get;
use tokio::sync::watch;

/// 200 while the server serves, 503 until it has `caught_up` with its log and when it shuts down.
pub fn routes(caught_up: watch::Receiver<bool>, shutdown: watch::Receiver<bool>) -> Router {
    let answer = move || async move {
        if *shutdown.borrow() {
            (StatusCode::SERVICE_UNAVAILABLE, "shutting down\n")
        } else if !*caught_up.borrow() {
            (StatusCode::SERVICE_UNAVAILABLE, "starting: the log of what was received is being read\n")
        } else {
            (StatusCode::OK, "serving\n")
        }
    };
    Router::new().route("/healthz", get(answer))
}
