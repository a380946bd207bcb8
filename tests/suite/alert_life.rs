//! The life of an alert over the wire: a real server fed with the recording of the sources, officers who call it.
#![allow(clippy::unwrap_used, missing_docs)]

use std::time::Duration;

use crate::support::server::{Server, fixture};
use shorewatch::api::proto::alert::v1::alert_service_client::AlertServiceClient;
use shorewatch::api::proto::alert::v1::*;
use tokio::time::timeout;
use tonic::transport::Channel;
use tonic::{Code, Status, Streaming};
use tonic_types::StatusExt;

/// Nothing here takes this long unless it hangs.
const PATIENCE: Duration = Duration::from_secs(60);

type Client = AlertServiceClient<Channel>;
type Watch = Streaming<WatchAlertsResponse>;

async fn fed() -> (Server, Client) {
    let server = Server::start(&fixture(), None).await;
    server.feed(&fixture(), 5_000).await;
    let client = AlertServiceClient::connect(server.url()).await.unwrap();
    (server, client)
}

async fn first(client: &mut Client) -> Alert {
    let page = client.list_alerts(ListAlertsRequest { page_size: 1, ..Default::default() }).await.unwrap();
    page.into_inner().alerts.remove(0)
}

fn life(alert: &Alert) -> &AlertLife {
    alert.life.as_ref().unwrap()
}

fn reason(status: &Status) -> (String, Vec<String>) {
    let info = status.get_error_details().error_info().cloned().unwrap();
    assert_eq!(info.domain, "shorewatch");
    (info.reason, info.metadata.into_values().collect())
}

async fn next(watch: &mut Watch) -> WatchAlertsResponse {
    timeout(PATIENCE, watch.message()).await.expect("the watch hangs").unwrap().unwrap()
}

async fn acknowledge(client: &mut Client, alert: &Alert, request_id: &str) -> Result<AcknowledgeAlertResponse, Status> {
    let request = AcknowledgeAlertRequest {
        id: alert.id.clone(),
        etag: life(alert).etag.clone(),
        request_id: request_id.to_owned(),
        note: "I have it".to_owned(),
    };
    client.acknowledge_alert(request).await.map(tonic::Response::into_inner)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_officer_takes_an_alert_from_raised_to_closed_and_the_record_tells_it() {
    let (server, mut client) = fed().await;
    let alert = first(&mut client).await;
    assert_eq!(life(&alert).state(), LifeState::Raised);
    let id = alert.id.clone();
    let named = |etag: &str, call: &str| (id.clone(), etag.to_owned(), call.to_owned());

    let taken = acknowledge(&mut client, &alert, "1").await.unwrap();
    let after = taken.alert.unwrap();
    assert_eq!((life(&after).state(), life(&after).acknowledged_by.as_str()), (LifeState::Acknowledged, "local"));
    let event = taken.event.unwrap();
    assert_eq!((event.kind(), event.note.as_str()), (AlertEventKind::Acknowledged, "I have it"));

    let (id_, etag, request_id) = named(&life(&after).etag, "2");
    let request = VerifyAlertRequest { id: id_, etag, request_id, note: "camera eo1".to_owned() };
    let after = client.verify_alert(request).await.unwrap().into_inner().alert.unwrap();
    let (id_, etag, request_id) = named(&life(&after).etag, "3");
    let request = ConfirmAlertRequest { id: id_, etag, request_id, note: String::new() };
    let after = client.confirm_alert(request).await.unwrap().into_inner().alert.unwrap();
    let (id_, etag, request_id) = named(&life(&after).etag, "4");
    let eta_ms = Some(life(&after).state_since_ms + 1_800_000);
    let unit = "boat 7".to_owned();
    let request = DispatchAlertRequest { id: id_, etag, request_id, unit, eta_ms, note: String::new() };
    let after = client.dispatch_alert(request).await.unwrap().into_inner().alert.unwrap();
    assert_eq!(life(&after).dispatch.as_ref().unwrap().eta_ms, eta_ms);
    let comment = CommentAlertRequest {
        id: id.clone(),
        request_id: "5".to_owned(),
        note: "fog".to_owned(),
        ..Default::default()
    };
    let after_comment = client.comment_alert(comment).await.unwrap().into_inner().alert.unwrap();
    assert_eq!(life(&after_comment).etag, life(&after).etag, "a comment contradicts nothing");
    let (id_, etag, request_id) = named(&life(&after).etag, "6");
    let (outcome, reference) = (Outcome::Seized as i32, "HK-2026-17".to_owned());
    let request = DisposeAlertRequest { id: id_, etag, request_id, outcome, reference, note: String::new() };
    let after = client.dispose_alert(request).await.unwrap().into_inner().alert.unwrap();
    let (id_, etag, request_id) = named(&life(&after).etag, "7");
    let request = CloseAlertRequest { id: id_, etag, request_id, note: String::new() };
    let closed = client.close_alert(request).await.unwrap().into_inner().alert.unwrap();
    assert_eq!(life(&closed).state(), LifeState::Closed);
    assert_eq!(closed.evidence, alert.evidence, "what the system saw is not touched");

    let request = ListAlertEventsRequest { alert_id: id.clone(), ..Default::default() };
    let events = client.list_alert_events(request).await.unwrap().into_inner().events;
    let kinds: Vec<AlertEventKind> =
        events.iter().map(AlertEvent::kind).filter(|kind| *kind as i32 > AlertEventKind::Withdrawn as i32).collect();
    use AlertEventKind::{Acknowledged, Closed, Commented, Confirmed, Dispatched, Disposed, Verifying};
    assert_eq!(kinds, [Acknowledged, Verifying, Confirmed, Dispatched, Commented, Disposed, Closed]);
    assert!(events.is_sorted_by_key(|event| event.sequence) && events[0].kind() == AlertEventKind::Raised);
    let evidence = client.get_evidence(GetEvidenceRequest { alert_id: id }).await.unwrap().into_inner();
    assert_eq!(evidence.events, events);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn calls_can_be_repeated_and_nobody_acts_on_what_has_changed() {
    let (server, mut client) = fed().await;
    let alert = first(&mut client).await;
    let done = acknowledge(&mut client, &alert, "1").await.unwrap();
    assert_eq!(acknowledge(&mut client, &alert, "1").await.unwrap(), done, "repeated");
    let late = acknowledge(&mut client, &alert, "2").await.unwrap_err();
    assert_eq!(late.code(), Code::Aborted);
    let present = life(done.alert.as_ref().unwrap()).etag.clone();
    assert_eq!(reason(&late), ("ETAG_MISMATCH".to_owned(), vec![present.clone()]));
    let again = acknowledge(&mut client, done.alert.as_ref().unwrap(), "3").await.unwrap_err();
    assert_eq!(again.code(), Code::FailedPrecondition);
    assert_eq!(reason(&again), ("STEP_NOT_ALLOWED".to_owned(), vec!["acknowledged".to_owned()]));
    let id = alert.id.clone();
    let reused =
        ConfirmAlertRequest { id: id.clone(), etag: present.clone(), request_id: "1".to_owned(), note: String::new() };
    let reused = client.confirm_alert(reused).await.unwrap_err();
    assert_eq!((reused.code(), reason(&reused).0.as_str()), (Code::AlreadyExists, "REQUEST_ID_REUSED"));

    let dismiss = |reason: DismissReason, note: &str, etag: &str, request_id: &str| DismissAlertRequest {
        id: id.clone(),
        etag: etag.to_owned(),
        request_id: request_id.to_owned(),
        reason: reason as i32,
        note: note.to_owned(),
    };
    for (request, field) in [
        (dismiss(DismissReason::Unspecified, "", &present, "9"), "reason"),
        (dismiss(DismissReason::Other, " ", &present, "9"), "note"),
        (dismiss(DismissReason::Waiting, "", "", "9"), "etag"),
        (dismiss(DismissReason::Waiting, "", &present, ""), "request_id"),
    ] {
        let refused = client.dismiss_alert(request).await.unwrap_err();
        assert_eq!(refused.code(), Code::InvalidArgument);
        let details = refused.get_error_details();
        assert_eq!(details.bad_request().unwrap().field_violations[0].field, field);
    }
    let nobody = DismissAlertRequest { id: "none".to_owned(), ..dismiss(DismissReason::Waiting, "", "v1", "9") };
    assert_eq!(client.dismiss_alert(nobody).await.unwrap_err().code(), Code::NotFound);
    let hand = HandOverAlertRequest {
        id,
        etag: present,
        request_id: "9".to_owned(),
        unit_id: "customs".to_owned(),
        ..Default::default()
    };
    let refused = client.hand_over_alert(hand).await.unwrap_err();
    assert!(refused.message().contains("none are configured"), "{}", refused.message());
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lists_are_filtered_paged_and_masked() {
    let (server, mut client) = fed().await;
    let all = client.list_alerts(ListAlertsRequest::default()).await.unwrap().into_inner().alerts;
    assert!(all.len() > 5, "{}", all.len());
    let mut paged = Vec::new();
    let mut page_token = String::new();
    loop {
        let request = ListAlertsRequest { page_size: 3, page_token, ..Default::default() };
        let page = client.list_alerts(request).await.unwrap().into_inner();
        assert!(page.alerts.len() <= 3);
        paged.extend(page.alerts);
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    assert_eq!(paged, all);

    let mut list = async |filter: AlertFilter| {
        let request = ListAlertsRequest { filter: Some(filter), ..Default::default() };
        client.list_alerts(request).await.map(|response| response.into_inner().alerts)
    };
    let of_kind = list(AlertFilter { kinds: vec![all[0].kind.clone()], ..Default::default() }).await.unwrap();
    assert_eq!(of_kind.len(), all.iter().filter(|alert| alert.kind == all[0].kind).count());
    let ended = list(AlertFilter { states: vec![AlertState::Ended as i32], ..Default::default() }).await.unwrap();
    assert_eq!(ended.len(), all.iter().filter(|alert| alert.state() == AlertState::Ended).count());
    let middle = all[all.len() / 2].raised_ms;
    let since = list(AlertFilter { raised_from_ms: Some(middle), ..Default::default() }).await.unwrap();
    let before = list(AlertFilter { raised_before_ms: Some(middle), ..Default::default() }).await.unwrap();
    assert_eq!(since.len() + before.len(), all.len());
    let closed = list(AlertFilter { life_states: vec![LifeState::Closed as i32], ..Default::default() }).await.unwrap();
    assert!(closed.is_empty());
    assert_eq!(
        list(AlertFilter { grades: vec![9], ..Default::default() }).await.unwrap_err().code(),
        Code::InvalidArgument
    );

    let first_page = ListAlertsRequest { page_size: 1, ..Default::default() };
    let token = client.list_alerts(first_page).await.unwrap().into_inner().next_page_token;
    let filter = Some(AlertFilter { zone_id: "z".to_owned(), ..Default::default() });
    let other_question = ListAlertsRequest { page_token: token, filter, ..Default::default() };
    assert_eq!(client.list_alerts(other_question).await.unwrap_err().code(), Code::InvalidArgument);
    let paths = vec!["id".to_owned(), "life".to_owned()];
    let masked =
        ListAlertsRequest { read_mask: Some(prost_types::FieldMask { paths }), page_size: 1, ..Default::default() };
    let masked = client.list_alerts(masked).await.unwrap().into_inner().alerts.remove(0);
    assert_eq!(masked, Alert { id: all[0].id.clone(), life: all[0].life.clone(), ..Default::default() });
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_watch_hears_of_every_step_and_goes_on_where_it_was() {
    let (server, mut client) = fed().await;
    let request = WatchAlertsRequest {
        filter: Some(AlertFilter { life_states: vec![LifeState::Raised as i32], ..Default::default() }),
        heartbeat_interval_ms: 1_000,
        ..Default::default()
    };
    let mut watch = client.watch_alerts(request.clone()).await.unwrap().into_inner();
    let token = loop {
        let response = next(&mut watch).await;
        match response.change() {
            AlertChange::Snapshot => assert!(response.resume_token.is_empty()),
            AlertChange::SnapshotEnd => break response.resume_token,
            other => panic!("{other:?} before the end of the snapshot"),
        }
    };
    let mut all = client.watch_alerts(WatchAlertsRequest::default()).await.unwrap().into_inner();
    while next(&mut all).await.change() != AlertChange::SnapshotEnd {}
    assert_eq!(next(&mut watch).await.change(), AlertChange::Heartbeat, "nothing happens");

    let alert = first(&mut client).await;
    acknowledge(&mut client, &alert, "1").await.unwrap();
    let told = next(&mut all).await;
    assert_eq!(
        (told.change(), life(told.alert.as_ref().unwrap()).state()),
        (AlertChange::Life, LifeState::Acknowledged)
    );
    let left = loop {
        let response = next(&mut watch).await;
        if response.change() != AlertChange::Heartbeat {
            break response;
        }
    };
    assert_eq!((left.change(), left.alert.as_ref().unwrap().id.as_str()), (AlertChange::Left, alert.id.as_str()));

    let resumed = WatchAlertsRequest { resume_token: token.clone(), ..WatchAlertsRequest::default() };
    let mut resumed = client.watch_alerts(resumed).await.unwrap().into_inner();
    let told = next(&mut resumed).await;
    assert_eq!(
        (told.change(), told.alert.unwrap().id),
        (AlertChange::Life, alert.id),
        "no snapshot, only what was missed"
    );
    for foreign in ["", "00-1", &token.replace('-', "0-")].into_iter().skip(1) {
        let request = WatchAlertsRequest { resume_token: (*foreign).to_owned(), ..Default::default() };
        let refused = client.watch_alerts(request).await.unwrap_err();
        assert_eq!(
            (refused.code(), reason(&refused).0.as_str()),
            (Code::OutOfRange, "RESUME_TOKEN_UNKNOWN"),
            "{foreign}"
        );
    }
    server.stop().await;
}
