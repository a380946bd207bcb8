//! Evidence stands without the server, and a single altered byte is told.
#![allow(clippy::unwrap_used, missing_docs)]

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use shorewatch::evidence::bundle::{self, BundleError};
use shorewatch::evidence::verify::verify;
use shorewatch::geodesy::LatLon;
use shorewatch::life::{Actor, Outcome, Step};
use shorewatch::store::records::alert::{AlertFacts, AlertNews, Course};
use shorewatch::store::records::checkpoint::{KEY_FILE, PublicKey, Signer};
use shorewatch::store::records::{Order, Place, Records, Watchkeeping};

fn news(id: &str, revision: u64) -> AlertNews {
    let facts = AlertFacts {
        id: id.to_owned(),
        kind: "loitering".to_owned(),
        grade: 3,
        course: Course::Active,
        zone: String::new(),
        sensors: "radar".to_owned(),
        mmsi: None,
        other_mmsi: None,
        raised_ms: 1_790_000_000_000,
        position: LatLon::new(20.1, 110.3),
        revision,
    };
    let content = format!(
        r#"{{"id":"{id}","track":"T000001","near":"<b>Haikou</b>","revision":{revision},"evidence":[{{"en":"slow","zh":"低速","observed":0.4,
        "threshold":1.0,"unit":"m/s","from_s":1790000000.0,"to_s":1790000600.0}}]}}"#
    );
    AlertNews { facts, content, wire: vec![7, 7] }
}

/// A store with a case that went to its end among others, and its key.
async fn store(folder: &Path) -> PublicKey {
    let signer = Arc::new(Signer::load_or_make(&folder.join(KEY_FILE)).unwrap());
    let key = signer.public();
    let keeping = Watchkeeping { signer: Some(signer), ..Watchkeeping::default() };
    let records = Records::open(&Place::Folder(folder.to_owned()), keeping, 0).unwrap();
    let steps = [
        Step::Acknowledge,
        Step::Confirm,
        Step::Dispose { outcome: Outcome::Warned, reference: "HK-7".to_owned() },
        Step::Close,
    ];
    for (number, step) in steps.into_iter().enumerate() {
        let revision = number as u64 + 1;
        for id in ["secret-neighbour", "case"] {
            records.write(move |book| book.post(news(id, revision), 5_000)).await.unwrap();
        }
        let order = Order {
            alert_id: "case".to_owned(),
            etag: None,
            request_id: number.to_string(),
            step,
            note: "VHF <16>".to_owned(),
            actor: Actor { id: "li.wei".to_owned(), ..Actor::system() },
            at_ms: 6_000,
        };
        records.write(move |book| book.carry_out(&order, |_| true)).await.unwrap();
        if number == 1 {
            records.write(|book| book.sign(7_000)).await.unwrap();
        }
    }
    records.write(|book| book.sign(8_000)).await.unwrap();
    records.close().await;
    key
}

fn export(folder: &Path, out: &Path) -> Result<PathBuf, BundleError> {
    let signer = Signer::load_or_make(&folder.join(KEY_FILE)).unwrap();
    bundle::write(folder, "case", None, &signer, true, 9_000, out).map(|_| out.to_owned())
}

#[tokio::test]
async fn a_bundle_stands_by_itself_and_tells_nothing_of_other_cases() {
    let folder = tempfile::tempdir().unwrap();
    let key = store(folder.path()).await;
    let bundle = export(folder.path(), &folder.path().join("bundle")).unwrap();
    let stands = verify(&bundle, Some(&key)).unwrap();
    assert_eq!((stands.alert.as_str(), stands.entries, stands.signed_ms), ("case", 8, 8_000));
    assert_eq!(verify(&bundle, None).unwrap(), stands);
    for entry in fs::read_dir(&bundle).unwrap() {
        let text = fs::read_to_string(entry.unwrap().path()).unwrap();
        assert!(!text.contains("secret-neighbour"), "{text}");
    }
    let page = fs::read_to_string(bundle.join("page.html")).unwrap();
    assert!(page.contains("低速") && page.contains("li.wei") && page.contains("HK-7") && page.contains("<svg"));
    assert!(!page.contains("<b>Haikou") && !page.contains("<16>"), "what comes from outside is text, not markup");
    assert!(export(folder.path(), &bundle).is_err(), "never written over");
    let nobody = Signer::load_or_make(&folder.path().join(KEY_FILE)).unwrap();
    let missing = bundle::write(folder.path(), "none", None, &nobody, true, 0, &folder.path().join("x"));
    assert!(matches!(missing, Err(BundleError::NoAlert(_))));
}

#[tokio::test]
async fn any_altered_byte_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let key = store(folder.path()).await;
    let bundle = export(folder.path(), &folder.path().join("bundle")).unwrap();
    let mut tried = 0;
    for entry in fs::read_dir(&bundle).unwrap() {
        let path = entry.unwrap().path();
        let sound = fs::read(&path).unwrap();
        // Every byte of small files, every 37th of large ones; one bit of it, and one byte more at the end.
        let step = if sound.len() < 400 { 1 } else { 37 };
        for at in (0..sound.len()).step_by(step) {
            for bit in [0x01, 0x20] {
                let mut altered = sound.clone();
                altered[at] ^= bit;
                fs::write(&path, altered).unwrap();
                assert!(verify(&bundle, Some(&key)).is_err(), "{} byte {at} bit {bit}", path.display());
                tried += 1;
            }
        }
        for longer in [[sound.as_slice(), b"\n"].concat(), sound[..sound.len() - 1].to_vec()] {
            fs::write(&path, longer).unwrap();
            assert!(verify(&bundle, Some(&key)).is_err(), "{} length", path.display());
        }
        fs::remove_file(&path).unwrap();
        assert!(verify(&bundle, Some(&key)).is_err(), "{} missing", path.display());
        fs::write(&path, sound).unwrap();
    }
    assert!(tried > 500, "{tried}");
    assert!(verify(&bundle, Some(&key)).is_ok());
    fs::write(bundle.join("more.txt"), "x").unwrap();
    assert!(verify(&bundle, Some(&key)).unwrap_err().to_string().contains("does not belong"));
}

#[tokio::test]
async fn whoever_makes_a_bundle_anew_needs_the_key() {
    let (folder, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let key = store(folder.path()).await;
    store(other.path()).await;
    let forged = export(other.path(), &other.path().join("bundle")).unwrap();
    assert!(verify(&forged, None).is_ok(), "in itself it is sound");
    let refused = verify(&forged, Some(&key)).unwrap_err().to_string();
    assert!(refused.contains("another key"), "{refused}");
}
