//! The same recording gives the same bytes: replayed with one thread or two, compressed or not, or streamed into a server in
//! large batches, in single records, or at its own pace.
#![allow(clippy::unwrap_used, missing_docs)]

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use crate::support::server::{Server, fixture};
use shorewatch::serve::area::Area;
use tempfile::TempDir;

fn program() -> Command {
    Command::new(env!("CARGO_BIN_EXE_shorewatch"))
}

/// The two files of an output folder.
fn output(out: &Path) -> [Vec<u8>; 2] {
    ["tracks.csv", "alerts.jsonl"].map(|name| fs::read(out.join(name)).unwrap())
}

/// What `replay` makes of a folder.
fn replayed(folder: &Path, threads: u32) -> [Vec<u8>; 2] {
    let out = TempDir::new().unwrap();
    let mut command = program();
    command.arg("replay").arg(folder).arg("--out").arg(out.path()).args(["--quiet", "--threads", &threads.to_string()]);
    assert!(command.status().unwrap().success());
    output(out.path())
}

/// Copies the recording with its feeds decompressed.
fn decompress_into(folder: &Path) {
    for entry in fs::read_dir(fixture()).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        match name.strip_suffix(".zst") {
            Some(name) => {
                let content = zstd::decode_all(fs::File::open(&path).unwrap()).unwrap();
                fs::write(folder.join(name), content).unwrap();
            }
            None => drop(fs::copy(&path, folder.join(name)).unwrap()),
        }
    }
}

#[test]
fn threads_and_compression_do_not_show_in_the_output() {
    let expected = replayed(&fixture(), 1);
    assert!(expected[0].len() > 100_000);
    assert!(replayed(&fixture(), 2) == expected, "two threads");
    let folder = TempDir::new().unwrap();
    decompress_into(folder.path());
    assert!(replayed(folder.path(), 2) == expected, "not compressed");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_recording_streamed_into_a_server_gives_what_replay_gives_in_batches_of_any_size() {
    let expected = replayed(&fixture(), 1);
    for batch in [1, 7, 10_000] {
        let out = TempDir::new().unwrap();
        let server = Server::start(&fixture(), Some(out.path().to_owned())).await;
        let sent = server.feed(&fixture(), batch).await;
        assert_eq!(sent.acknowledged, sent.accepted + sent.refused);
        server.stop().await;
        assert!(output(out.path()) == expected, "batches of {batch}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_ais_log_alone_gives_the_same_replayed_and_through_a_server_without_an_area() {
    let log = fixture().join("ais1.nmea.zst");
    let expected = replayed(&log, 1);
    assert!(expected[0].len() > 100_000);
    let out = TempDir::new().unwrap();
    let server = Server::start_in(Area::built_in().unwrap(), Some(out.path().to_owned())).await;
    server.feed(&log, 1_000).await;
    server.stop().await;
    assert!(output(out.path()) == expected);
}

#[test]
fn the_programs_serve_and_feed_give_what_replay_gives_at_a_pace_of_their_own() {
    let expected = replayed(&fixture(), 1);
    let out = TempDir::new().unwrap();
    let mut server = program()
        .args(["serve", "--listen", "127.0.0.1:0", "--area"])
        .arg(fixture())
        .arg("--out")
        .arg(out.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(server.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let url = line.trim().rsplit(' ').next().unwrap().to_owned();
    let fed = program().args(["feed", "--speed", "1200", "--to", &url]).arg(fixture()).output().unwrap();
    // Ended before anything is asserted, so that a failure leaves no server behind.
    let stopped = Command::new("kill").args(["-TERM", &server.id().to_string()]).status().unwrap();
    let ended = server.wait().unwrap();
    assert!(fed.status.success(), "{}", String::from_utf8_lossy(&fed.stderr));
    assert!(stopped.success() && ended.success());
    let said = String::from_utf8(fed.stdout).unwrap();
    assert!(said.contains("records acknowledged") && said.contains("refused: 4 checksum"), "{said}");
    assert!(output(out.path()) == expected);
}
