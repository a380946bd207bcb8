//! `/healthz`: whether the server takes records and shows the picture; for load balancers and supervisors.
//!
//! The same is told for each service by `grpc.health.v1`. What is wrong with a neighbour is told in further lines: the server
//! itself serves.

use std::fmt::Write;

use axum::Router;
use axum::http::StatusCode;
use axum::routing::get;
use tokio::sync::watch;

use crate::store::records::Records;
use crate::store::records::outbox::{self, Standing};

/// 200 while the server serves, 503 until it has `caught_up` with its log and when it shuts down.
pub fn routes(caught_up: watch::Receiver<bool>, shutdown: watch::Receiver<bool>, records: Records) -> Router {
    let answer = move || {
        let records = records.clone();
        let (shutdown, caught_up) = (*shutdown.borrow(), *caught_up.borrow());
        async move {
            if shutdown {
                (StatusCode::SERVICE_UNAVAILABLE, "shutting down\n".to_owned())
            } else if !caught_up {
                let text = "starting: the log of what was received is being read\n";
                (StatusCode::SERVICE_UNAVAILABLE, text.to_owned())
            } else {
                let mut text = "serving\n".to_owned();
                for standing in records.read(outbox::standings).await.unwrap_or_default() {
                    text.push_str(&complaint(&standing));
                }
                (StatusCode::OK, text)
            }
        }
    };
    Router::new().route("/healthz", get(answer))
}

/// What is wrong with an endpoint, a line; nothing when all is well. Anybody may read it: no address, no answer of others.
fn complaint(standing: &Standing) -> String {
    let (mut text, name) = (String::new(), &standing.name);
    if !standing.disabled.is_empty() {
        let _ = writeln!(text, "endpoint {name}: disabled");
    }
    if standing.dead > 0 {
        let _ = writeln!(text, "endpoint {name}: {} dead letters", standing.dead);
    }
    if standing.behind_from.is_some() && standing.is_configured {
        let _ = writeln!(text, "endpoint {name}: behind");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_in_trouble_is_told_by_name_and_no_more() {
        let fine = Standing { name: "p".to_owned(), is_configured: true, ..Standing::default() };
        assert_eq!(complaint(&fine), "");
        let bad = Standing { disabled: "it answered 410".to_owned(), dead: 2, behind_from: Some(7), ..fine };
        assert_eq!(complaint(&bad), "endpoint p: disabled\nendpoint p: 2 dead letters\nendpoint p: behind\n");
    }
}
