//! What officers do reaches the engine, over restarts too, and the raw records of an alert tell it again without the server.
#![allow(clippy::unwrap_used, missing_docs)]

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use crate::support::process::{Process, fixture, shorewatch};
use shorewatch::api::proto::alert::v1::alert_service_client::AlertServiceClient;
use shorewatch::api::proto::alert::v1::{
    AcknowledgeAlertRequest, Alert, DismissAlertRequest, DismissReason, GetAlertRequest, ListAlertsRequest,
};
use shorewatch::evidence::verify::verify;
use shorewatch::life::{Actor, Step};
use shorewatch::store::disk::{Disk, RealDisk};
use shorewatch::store::log::LogError;
use shorewatch::store::log::entry::Entry;
use shorewatch::store::log::reader::LogReader;
use shorewatch::store::records::{Order, Place, Records, Watchkeeping};
use tonic::transport::Channel;

type Client = AlertServiceClient<Channel>;

async fn client(server: &Process) -> Client {
    server.wait_ready();
    Client::connect(format!("http://{}", server.address)).await.unwrap()
}

async fn get(client: &mut Client, id: &str) -> Alert {
    client.get_alert(GetAlertRequest { id: id.to_owned() }).await.unwrap().into_inner().alert.unwrap()
}

/// Waits until the engine has heard of an alert so often.
async fn heard(folder: &Path, id: &str, times: usize) {
    while words(folder).iter().filter(|(alert, _)| alert == id).count() < times {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

async fn acknowledge(client: &mut Client, alert: &Alert) {
    let request = AcknowledgeAlertRequest {
        id: alert.id.clone(),
        etag: alert.life.clone().unwrap().etag,
        request_id: format!("acknowledge {}", alert.id),
        note: String::new(),
    };
    client.acknowledge_alert(request).await.unwrap();
}

/// A server in `folder` that has received the recording, and the alerts that it told.
async fn fed(folder: &Path) -> (Process, Client, Vec<Alert>) {
    let server = Process::start(folder, "127.0.0.1:0");
    let mut client = client(&server).await;
    let sent = shorewatch(&["feed", &fixture().to_string_lossy(), "--to", &server.address, "--speed", "max"]);
    assert!(sent.status.success(), "{}", String::from_utf8_lossy(&sent.stderr));
    let listed = client.list_alerts(ListAlertsRequest::default()).await.unwrap().into_inner().alerts;
    assert!(listed.len() >= 3, "{}", listed.len());
    (server, client, listed)
}

/// What officers said, as the log has it: alert, and whether they found something out.
fn words(folder: &Path) -> Vec<(String, bool)> {
    let (disk, mut words): (Arc<dyn Disk>, _) = (Arc::new(RealDisk), Vec::new());
    let read = LogReader::open(&disk, &folder.join("store")).unwrap().each::<LogError>(None, |_, entry| {
        if let Entry::Officer { alert, outcome, .. } = entry {
            words.push((alert.clone(), outcome.is_some()));
        }
        Ok(())
    });
    read.unwrap();
    words
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_officers_know_reaches_the_engine_once_and_is_known_again_after_a_kill() {
    let folder = tempfile::tempdir().unwrap();
    let (server, mut client, alerts) = fed(folder.path()).await;
    let [first, second, third] = [&alerts[0], &alerts[1], &alerts[2]];
    acknowledge(&mut client, first).await;
    let dismiss = DismissAlertRequest {
        id: second.id.clone(),
        etag: second.life.clone().unwrap().etag,
        request_id: "dismiss".to_owned(),
        reason: DismissReason::LawfulFishing as i32,
        note: String::new(),
    };
    client.dismiss_alert(dismiss.clone()).await.unwrap();
    client.dismiss_alert(dismiss).await.unwrap();
    heard(folder.path(), &first.id, 1).await;
    heard(folder.path(), &second.id, 1).await;
    let known = get(&mut client, &first.id).await;
    assert_eq!(known.revision, first.revision, "watchers are not told twice");
    server.kill();

    let server = Process::start(folder.path(), "127.0.0.1:0");
    let mut client = self::client(&server).await;
    assert_eq!(get(&mut client, &first.id).await, known);
    server.stop();
    let said = words(folder.path());
    assert_eq!(said.iter().filter(|(id, _)| *id == first.id).count(), 1);
    assert!(said.contains(&(second.id.clone(), true)), "what was found out goes with it: {said:?}");
    assert!(!said.iter().any(|(id, _)| *id == third.id));

    // A step that is on record and of which the engine has not heard, as when the server was killed between the two.
    let records = Records::open(&Place::Folder(folder.path().join("store")), Watchkeeping::default(), 0).unwrap();
    let order = Order {
        alert_id: third.id.clone(),
        etag: None,
        request_id: "late".to_owned(),
        step: Step::Acknowledge,
        note: String::new(),
        actor: Actor { id: "li.wei".to_owned(), ..Actor::system() },
        at_ms: 1,
    };
    records.write(move |book| book.carry_out(&order, |_| true)).await.unwrap();
    records.close().await;
    let server = Process::start(folder.path(), "127.0.0.1:0");
    heard(folder.path(), &third.id, 1).await;
    server.stop();
    let server = Process::start(folder.path(), "127.0.0.1:0");
    server.stop();
    let said = words(folder.path());
    assert_eq!(said.iter().filter(|(id, _)| *id == third.id).count(), 1, "a start tells nothing twice: {said:?}");
    assert_eq!(
        said.iter().filter(|(id, _)| *id == second.id).count(),
        1,
        "a call that is repeated says nothing new: {said:?}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_raw_records_in_a_bundle_tell_the_alert_again_and_no_other_records_do() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_string_lossy().into_owned();
    let (server, mut client, alerts) = fed(folder.path()).await;
    acknowledge(&mut client, &alerts[0]).await;
    heard(folder.path(), &alerts[0].id, 1).await;
    server.stop();
    for (number, alert) in alerts.iter().take(2).enumerate() {
        let bundle = path(&format!("bundle-{number}"));
        let written = shorewatch(&["evidence", &alert.id, "--store", &path("store"), "--out", &bundle]);
        let said = String::from_utf8_lossy(&written.stdout).into_owned();
        assert!(written.status.success(), "{}", String::from_utf8_lossy(&written.stderr));
        assert!(said.contains("replayed tell this very alert, to the byte"), "{}: {said}", alert.id);
        let checked = shorewatch(&["verify", &bundle]);
        assert!(checked.status.success() && checked.stdout.len() > 100, "{}", String::from_utf8_lossy(&checked.stderr));
    }
    let stands = verify(&folder.path().join("bundle-0"), None).unwrap();
    let replay = stands.replay.unwrap();
    assert!(replay.is_identical && replay.alert["id"] == alerts[0].id.as_str(), "{}", replay.alert);

    let without = path("without");
    let id = &alerts[0].id;
    let written = shorewatch(&["evidence", id, "--store", &path("store"), "--out", &without, "--without-records"]);
    assert!(written.status.success() && !Path::new(&without).join("records.seg").exists());
    assert!(verify(Path::new(&without), None).unwrap().replay.is_none());

    // Records of another alert under this one's signature are no way round: they are told by their hash.
    fs::copy(folder.path().join("bundle-1/records.seg"), folder.path().join("bundle-0/records.seg")).unwrap();
    let refused = verify(&folder.path().join("bundle-0"), None).unwrap_err();
    assert_eq!(refused.file, "records.seg");
}
