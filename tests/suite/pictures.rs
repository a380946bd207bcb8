//! Pictures of cameras: sent by their site, named by detections, seen by the officer who may see the alert, and in the evidence.
#![allow(clippy::unwrap_used, missing_docs)]

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::support::bad_disk::BadDisk;
use crate::support::process::{Process, fixture, shorewatch};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use shorewatch::api::proto::alert::v1::alert_service_client::AlertServiceClient;
use shorewatch::api::proto::alert::v1::{Alert, GetPictureRequest, ListAlertsRequest};
use shorewatch::evidence::verify::verify;
use shorewatch::store::disk::Disk;
use shorewatch::store::pictures::{PICTURE_RESERVE_BYTES, PictureError, PictureStore};
use tonic::Code;
use tonic::transport::Channel;

/// The least that counts as a picture.
const JPEG: &[u8] = b"\xff\xd8\xff\xe0 a boat at the beach";

fn digits(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The recording of the sources, in which the camera says that it took a picture at each detection.
fn pictured(folder: &Path) -> PathBuf {
    let copy = folder.join("pictured");
    fs::create_dir(&copy).unwrap();
    for file in fs::read_dir(fixture()).unwrap() {
        let file = file.unwrap();
        let (name, bytes) = (file.file_name().into_string().unwrap(), fs::read(file.path()).unwrap());
        match name.strip_suffix(".jsonl.zst") {
            Some(camera) => {
                let lines = String::from_utf8(zstd::decode_all(bytes.as_slice()).unwrap()).unwrap();
                let lines: String = lines.lines().map(with_picture).collect();
                fs::write(copy.join(format!("{camera}.jsonl")), lines).unwrap();
            }
            None => fs::write(copy.join(name), bytes).unwrap(),
        }
    }
    copy
}

fn with_picture(line: &str) -> String {
    let named = |mut detection: Value| {
        detection["image"] = json!("https://store.example/eo1/<b>4711</b>.jpg");
        detection["image_sha256"] = json!(digits(JPEG));
        detection.to_string()
    };
    serde_json::from_str(line).map_or_else(|_| line.to_owned(), named) + "\n"
}

fn put(server: &Process, sha256: &str, bytes: &[u8]) -> (u16, String) {
    let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
    let url = format!("http://{}/v1/pictures/{sha256}", server.address);
    let mut answer = agent.put(url).send(bytes).unwrap();
    (answer.status().as_u16(), answer.body_mut().read_to_string().unwrap())
}

async fn picture(client: &mut AlertServiceClient<Channel>, alert: &str, sha256: &str) -> Result<Vec<u8>, Code> {
    let request = GetPictureRequest { alert_id: alert.to_owned(), sha256: sha256.to_owned() };
    client.get_picture(request).await.map(|answer| answer.into_inner().content).map_err(|status| status.code())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_picture_is_seen_from_its_alert_and_stands_in_the_evidence() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_string_lossy().into_owned();
    let server = Process::start(folder.path(), "127.0.0.1:0");
    server.wait_ready();
    let recording = pictured(folder.path());
    let sent = shorewatch(&["feed", &recording.to_string_lossy(), "--to", &server.address, "--speed", "max"]);
    assert!(sent.status.success(), "{}", String::from_utf8_lossy(&sent.stderr));
    let mut client = AlertServiceClient::connect(format!("http://{}", server.address)).await.unwrap();
    let alerts = client.list_alerts(ListAlertsRequest::default()).await.unwrap().into_inner().alerts;
    let (with, without): (Vec<&Alert>, Vec<&Alert>) = alerts.iter().partition(|alert| !alert.pictures.is_empty());
    let (seen, unseen) = (with.first().expect("no alert has a picture"), without.first().expect("all have"));
    let sha256 = digits(JPEG);
    for taken in &seen.pictures {
        assert_eq!((taken.sha256.as_str(), taken.sensor_id.as_str()), (sha256.as_str(), "eo1"));
        assert!(taken.reference.contains("<b>4711</b>") && !taken.eo_class.is_empty(), "{taken:?}");
        assert!(taken.track_id == seen.track_id || taken.track_id == seen.other_track_id);
    }
    assert!(seen.pictures.len() <= 8 && seen.pictures.is_sorted_by_key(|taken| taken.time_ms));

    assert_eq!(picture(&mut client, &seen.id, &sha256).await, Err(Code::NotFound), "it has not come yet");
    assert_eq!(put(&server, &sha256, b"<svg onload=alert(1)>").0, 415);
    assert_eq!(put(&server, &sha256, b"\xff\xd8\xff another").0, 400);
    assert_eq!(put(&server, "../../key", JPEG).0, 404);
    assert_eq!(put(&server, "4711", JPEG).0, 400);
    let (status, said) = put(&server, &sha256, JPEG);
    assert_eq!((status, serde_json::from_str::<Value>(&said).unwrap()["is_new"].clone()), (201, json!(true)));
    assert_eq!(put(&server, &sha256, JPEG).0, 200, "the same again");
    assert_eq!(picture(&mut client, &seen.id, &sha256).await, Ok(JPEG.to_vec()));
    assert_eq!(picture(&mut client, &unseen.id, &sha256).await, Err(Code::NotFound), "that alert does not name it");
    assert_eq!(picture(&mut client, &seen.id, "4711").await, Err(Code::InvalidArgument));
    server.stop();

    let bundle = path("bundle");
    let written = shorewatch(&["evidence", &seen.id, "--store", &path("store"), "--out", &bundle]);
    assert!(written.status.success(), "{}", String::from_utf8_lossy(&written.stderr));
    let file = Path::new(&bundle).join(format!("picture-{sha256}.jpg"));
    assert_eq!(fs::read(&file).unwrap(), JPEG);
    let page = fs::read_to_string(Path::new(&bundle).join("page.html")).unwrap();
    assert!(page.contains(&format!("<img src=\"picture-{sha256}.jpg\"")) && !page.contains("<b>4711"), "{page}");
    assert!(verify(Path::new(&bundle), None).unwrap().replay.unwrap().is_identical);
    fs::write(&file, b"\xff\xd8\xff another").unwrap();
    assert_eq!(verify(Path::new(&bundle), None).unwrap_err().file, format!("picture-{sha256}.jpg"));
}

#[test]
fn pictures_leave_the_log_its_room() {
    let bad = BadDisk::default();
    let disk: Arc<dyn Disk> = Arc::new(bad.clone());
    let store = PictureStore::open(&disk, Path::new("store"), 1 << 30).unwrap();
    let hash = Sha256::digest(JPEG).into();
    bad.set_room(Some(PICTURE_RESERVE_BYTES - 1));
    let refused = store.put(&hash, JPEG, 1).unwrap_err();
    assert!(matches!(refused, PictureError::Full(_)) && refused.to_string().contains("511 MiB free"), "{refused}");
    assert_eq!(store.get(&hash).unwrap(), None);
    bad.set_room(Some(PICTURE_RESERVE_BYTES));
    assert!(store.put(&hash, JPEG, 2).unwrap());
}
