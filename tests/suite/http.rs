//! Plain HTTP and gRPC-web: a real server, asked over HTTP/1.1 by a client that knows nothing of gRPC.
#![allow(clippy::unwrap_used, missing_docs)]

use crate::support::server::{Server, fixture};
use prost::Message;
use shorewatch::api::proto::zone::v1::{ListZonesRequest, ListZonesResponse};
use shorewatch::http::Settings;
use shorewatch::serve::area::Area;

/// An answer.
#[derive(Debug)]
struct Answer {
    status: u16,
    headers: ureq::http::HeaderMap,
    body: Vec<u8>,
}

impl Answer {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }
}

fn agent() -> ureq::Agent {
    ureq::Agent::config_builder().http_status_as_error(false).max_redirects(0).build().into()
}

fn read(mut response: ureq::http::Response<ureq::Body>) -> Answer {
    let body = response.body_mut().read_to_vec().unwrap();
    Answer { status: response.status().as_u16(), headers: response.headers().clone(), body }
}

/// Asks with GET.
async fn get(url: String, headers: &'static [(&'static str, &'static str)]) -> Answer {
    tokio::task::spawn_blocking(move || {
        let request = headers.iter().fold(agent().get(url), |request, (name, value)| request.header(*name, *value));
        read(request.call().unwrap())
    })
    .await
    .unwrap()
}

/// Calls a unary method by gRPC-web, as a page of `origin`.
async fn call(url: String, origin: &'static str, message: Vec<u8>) -> Answer {
    tokio::task::spawn_blocking(move || {
        let mut framed = vec![0];
        framed.extend(u32::try_from(message.len()).unwrap().to_be_bytes());
        framed.extend(message);
        let request = agent().post(url).header("content-type", "application/grpc-web+proto").header("origin", origin);
        read(request.send(framed).unwrap())
    })
    .await
    .unwrap()
}

/// The frames of a gRPC-web answer: the messages, and the trailers as text.
fn frames(mut body: &[u8]) -> (Vec<Vec<u8>>, String) {
    let (mut messages, mut trailers) = (Vec::new(), String::new());
    while let [flags, a, b, c, d, rest @ ..] = body {
        let (frame, after) = rest.split_at(u32::from_be_bytes([*a, *b, *c, *d]) as usize);
        match flags & 0x80 {
            0 => messages.push(frame.to_vec()),
            _ => trailers = String::from_utf8(frame.to_vec()).unwrap(),
        }
        body = after;
    }
    (messages, trailers)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_supervisor_learns_that_the_server_serves() {
    let server = Server::start(&fixture(), None).await;
    let answer = get(format!("{}/healthz", server.url()), &[]).await;
    assert_eq!((answer.status, answer.text()), (200, "serving\n"));
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_figures_say_what_came_of_each_sensor() {
    let server = Server::start(&fixture(), None).await;
    let sent = server.feed(&fixture(), 500).await;
    let answer = get(format!("{}/metrics", server.url()), &[]).await;
    let figure = |name: &str| -> Vec<f64> {
        let lines = answer.text().lines().filter(|line| line.starts_with(name));
        lines.filter_map(|line| line.rsplit_once(' ')?.1.parse().ok()).collect()
    };
    assert_eq!(figure("shorewatch_feed_records_total{").iter().sum::<f64>(), sent.acknowledged as f64);
    assert_eq!(figure("shorewatch_sensor_working{").len(), 3);
    let refused = figure("shorewatch_sensor_refused_total{sensor=\"ais1\",kind=\"ais\",reason=\"checksum\"}");
    assert!(refused.len() == 1 && refused[0] > 0.0, "the recording holds damaged lines: {refused:?}");
    for name in ["shorewatch_sensor_observations_total{", "shorewatch_sensor_last_received_timestamp_seconds{"] {
        assert!(figure(name).len() == 3 && figure(name).iter().all(|value| *value > 0.0), "{name}");
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_browser_calls_the_services_by_grpc_web_over_http_1() {
    let server = Server::start(&fixture(), None).await;
    let url = format!("{}/shorewatch.zone.v1.ZoneService/ListZones", server.url());
    let answer = call(url, "https://elsewhere.example.org", ListZonesRequest::default().encode_to_vec()).await;
    assert_eq!((answer.status, answer.header("content-type")), (200, "application/grpc-web+proto"));
    assert_eq!(answer.header("access-control-allow-origin"), "", "no other origin is named");
    let (messages, trailers) = frames(&answer.body);
    assert!(trailers.contains("grpc-status:0"), "{trailers}");
    let zones = ListZonesResponse::decode(messages[0].as_slice()).unwrap().zones;
    assert_eq!(zones.len(), Area::open(&fixture()).unwrap().chart.zones.zones().len());
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_console_learns_who_sits_there_and_whether_what_he_does_is_kept() {
    let server = Server::start(&fixture(), None).await;
    let answer = get(format!("{}/session", server.url()), &[]).await;
    assert_eq!((answer.status, answer.header("cache-control")), (200, "no-store"));
    let session: serde_json::Value = serde_json::from_slice(&answer.body).unwrap();
    assert_eq!((session["id"].as_str(), session["records"].as_str()), (Some("local"), Some("memory")));
    let may = session["may"].as_array().unwrap();
    assert!(may.contains(&"look".into()) && may.contains(&"act".into()), "the local user may do everything: {may:?}");
    assert_eq!(session["units"].as_array().map(Vec::len), Some(0));
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pages_of_a_named_origin_may_ask_and_others_may_not() {
    let origin = "https://map.example.org".parse().unwrap();
    let settings = Settings { allowed_origins: vec![origin], ..Settings::default() };
    let server = Server::start_with(Area::open(&fixture()).unwrap(), None, settings).await;
    let url = format!("{}/shorewatch.zone.v1.ZoneService/ListZones", server.url());
    let friend = call(url.clone(), "https://map.example.org", Vec::new()).await;
    assert_eq!(friend.header("access-control-allow-origin"), "https://map.example.org");
    assert!(friend.header("access-control-expose-headers").contains("grpc-status"));
    let stranger = call(url, "https://evil.example.org", Vec::new()).await;
    assert_eq!(stranger.header("access-control-allow-origin"), "");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_not_there_is_said_in_the_language_of_the_question() {
    let server = Server::start(&fixture(), None).await;
    let plain = get(format!("{}/no/such/place", server.url()), &[]).await;
    assert_eq!((plain.status, plain.header("content-type")), (404, "application/problem+json"));
    assert!(plain.text().contains("there is nothing at /no/such/place"), "{}", plain.text());
    assert_eq!(plain.header("x-content-type-options"), "nosniff");
    let call =
        call(format!("{}/shorewatch.no.v1.Service/Call", server.url()), "https://a.example.org", Vec::new()).await;
    assert_eq!(call.header("grpc-status"), "12");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_front_page_is_there_and_no_script_in_it_can_come_from_elsewhere() {
    let server = Server::start(&fixture(), None).await;
    let page = get(format!("{}/", server.url()), &[]).await;
    assert_eq!((page.status, page.header("content-type").split(';').next()), (200, Some("text/html")));
    assert!(page.text().contains("shorewatch"));
    let policy = page.header("content-security-policy");
    assert!(policy.contains("script-src 'self';") && policy.contains("frame-ancestors 'self'"), "{policy}");
    assert!(!policy.contains("unsafe"), "{policy}");
    server.stop().await;
}
