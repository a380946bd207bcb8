//! `/healthz`: whether the server takes records and shows the picture; for load balancers and supervisors.
//!
//! The same is told for each service by `grpc.health.v1`. What is wrong with a sensor, a platform or a neighbour is told in
//! further lines to who may read the figures of operation: the server itself serves, and where nobody looks is not for everybody.

use std::fmt::Write;
use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use axum::{Extension, Router};

use super::View;
use crate::access::principal::Principal;
use crate::access::role::Permission;
use crate::engine::{Health, SensorStatus};
use crate::neighbours::health::HealthReport;
use crate::store::records::outbox::{self, Standing};

/// 200 while the server serves, 503 until it has caught up with its log and when it shuts down.
pub fn routes(view: View) -> Router {
    Router::new().route("/healthz", get(answer)).with_state(view)
}

async fn answer(State(view): State<View>, caller: Option<Extension<Arc<Principal>>>) -> (StatusCode, String) {
    if *view.shutdown.borrow() {
        return (StatusCode::SERVICE_UNAVAILABLE, "shutting down\n".to_owned());
    }
    if !*view.caught_up.borrow() {
        let text = "starting: the log of what was received is being read\n";
        return (StatusCode::SERVICE_UNAVAILABLE, text.to_owned());
    }
    let mut text = "serving\n".to_owned();
    if caller.is_some_and(|caller| caller.may(Permission::Monitor)) {
        match view.sensor_board().await {
            Some(board) => text.extend(board.sensors.iter().map(of_sensor)),
            None => text.push_str("engine: busy\n"),
        }
        text.extend(view.records.read(outbox::standings).await.unwrap_or_default().iter().map(of_endpoint));
        text.extend(view.neighbours.iter().map(|health| of_neighbour(&health.report())));
    }
    (StatusCode::OK, text)
}

/// What is wrong with a sensor, a line; nothing when all is well. One that never spoke may not be in use yet.
fn of_sensor(status: &SensorStatus) -> String {
    match status.health {
        Health::Silent | Health::NotOperational => {
            format!("sensor {}: {}\n", status.sensor.name, status.health.as_str().replace('_', " "))
        }
        Health::NeverHeard | Health::ClockOff | Health::Working => String::new(),
    }
}

/// What is wrong with a neighbour, a line. Whoever comes to this server as a client may stay away.
fn of_neighbour(report: &HealthReport) -> String {
    if report.connected == 0 && report.kind.is_called() {
        format!("neighbour {}: not connected\n", report.name)
    } else {
        String::new()
    }
}

/// What is wrong with an endpoint, a line for each fault; nothing when all is well.
fn of_endpoint(standing: &Standing) -> String {
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
    use crate::feed::sensor::{Sensor, SensorKind};
    use crate::neighbours::health::{Health as NeighbourHealth, NeighbourKind};
    use crate::units::SensorId;

    #[test]
    fn a_sensor_that_does_not_work_is_told_and_one_that_never_spoke_is_not() {
        let sensor = Sensor {
            name: "radar1".to_owned(),
            kind: SensorKind::Radar,
            position: None,
            height_m: None,
            radar: None,
            eo: None,
            report: None,
            mount: None,
        };
        let status = |health| SensorStatus {
            id: SensorId(0),
            sensor: sensor.clone(),
            position: None,
            health,
            last_received: None,
            taken: 0,
            late: 0,
            rejected: Vec::new(),
            usual_delay_ms: None,
            clock_offset_s: None,
            learned: None,
        };
        assert_eq!(of_sensor(&status(Health::Silent)), "sensor radar1: silent\n");
        assert_eq!(of_sensor(&status(Health::NotOperational)), "sensor radar1: not operational\n");
        for fine in [Health::NeverHeard, Health::ClockOff, Health::Working] {
            assert_eq!(of_sensor(&status(fine)), "");
        }
    }

    #[test]
    fn a_neighbour_that_this_server_calls_in_vain_is_told() {
        let health = NeighbourHealth::new("tak", NeighbourKind::Cot);
        assert_eq!(of_neighbour(&health.report()), "neighbour tak: not connected\n");
        health.connect();
        assert_eq!(of_neighbour(&health.report()), "");
        let bridge = NeighbourHealth::new("bridge", NeighbourKind::Aivdm);
        assert_eq!(of_neighbour(&bridge.report()), "", "plotters come when they like");
    }

    #[test]
    fn an_endpoint_in_trouble_is_told_by_name_and_no_more() {
        let fine = Standing { name: "p".to_owned(), is_configured: true, ..Standing::default() };
        assert_eq!(of_endpoint(&fine), "");
        let bad = Standing { disabled: "it answered 410".to_owned(), dead: 2, behind_from: Some(7), ..fine };
        assert_eq!(of_endpoint(&bad), "endpoint p: disabled\nendpoint p: 2 dead letters\nendpoint p: behind\n");
    }
}
