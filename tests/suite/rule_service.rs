//! The rules over the wire, and trials of others on what a server received.
#![allow(clippy::unwrap_used, missing_docs)]

use std::path::Path;
use std::process::Command;

use shorewatch::api::proto::rule::v1::rule_service_client::RuleServiceClient;
use shorewatch::api::proto::rule::v1::try_rules_response::Said;
use shorewatch::api::proto::rule::v1::{GetRulesRequest, TrialChangeKind, TrialResult, TryRulesRequest};
use tempfile::TempDir;
use tonic::transport::Channel;
use tonic::{Code, Status};

use crate::support::server::{Server, fixture};
use shorewatch::serve::area::Area;

const CHANGES: &str = "edition = \"trial-1\"\n[fast_approach]\nspeed_mps = 6.0\nduration_s = 20\n[zone_entry]\nduration_s = 240\n\
    [weights.context]\nnight = 1.0\n";
const EVENING_MS: (i64, i64) = (1_776_384_000_000, 1_776_470_400_000);

async fn client(server: &Server) -> RuleServiceClient<Channel> {
    RuleServiceClient::connect(server.url()).await.unwrap()
}

async fn asked(server: &Server, changes_toml: &str, (from_ms, to_ms): (i64, i64)) -> Result<TrialResult, Status> {
    let request = TryRulesRequest { changes_toml: changes_toml.to_owned(), from_ms, to_ms };
    let mut stream = client(server).await.try_rules(request).await?.into_inner();
    let mut result = None;
    while let Some(word) = stream.message().await? {
        assert!(result.is_none(), "the result is the last word");
        match word.said.unwrap() {
            Said::Progress(progress) => assert!((0.0..=1.0).contains(&progress.done)),
            Said::Result(found) => result = Some(found),
        }
    }
    Ok(result.unwrap())
}

/// Current, new, appear, vanish, move and stay, as `shorewatch backtest` counts them on the recording itself.
fn backtest_says(folder: &Path) -> Vec<u32> {
    let file = folder.join("new.toml");
    std::fs::write(&file, CHANGES).unwrap();
    let mut program = Command::new(env!("CARGO_BIN_EXE_shorewatch"));
    program.arg("backtest").arg("--rules").arg(&file).arg("--out").arg(folder.join("out"));
    let ran = program.arg(fixture()).args(["--max-per-hour", "1000"]).output().unwrap();
    let said = String::from_utf8(ran.stdout).unwrap();
    let line = said.lines().last().unwrap();
    line.split_whitespace().skip(1).map(|number| number.parse().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_trial_on_the_log_tells_what_a_backtest_of_the_recording_does() {
    let folder = TempDir::new().unwrap();
    let server = Server::start_kept(&fixture(), &folder.path().join("store")).await;
    server.feed(&fixture(), 500).await;
    let rules = client(&server).await.get_rules(GetRulesRequest {}).await.unwrap().into_inner();
    assert!((EVENING_MS.0..EVENING_MS.1).contains(&rules.log_from_ms.unwrap()), "{:?}", rules.log_from_ms);
    assert_eq!(rules.edition, "shipped-1");
    assert!(rules.thresholds.len() > 100 && rules.thresholds.iter().all(|it| it.value == it.shipped));

    let result = asked(&server, CHANGES, EVENING_MS).await.unwrap();
    let [current, new, appear, vanish, moves, stay] = backtest_says(folder.path())[..] else { panic!("{result:?}") };
    let sum = |of: fn(&shorewatch::api::proto::rule::v1::KindCount) -> u32| result.kinds.iter().map(of).sum::<u32>();
    let told = (sum(|it| it.appear), sum(|it| it.vanish), sum(|it| it.r#move), sum(|it| it.stay));
    assert_eq!(told, (appear, vanish, moves, stay));
    assert_eq!((current, new), (vanish + moves + stay, appear + moves + stay));
    assert_eq!(result.changes.len() as u32, appear + vanish + moves);
    for change in &result.changes {
        let sides = (change.now.is_some(), change.new.is_some());
        assert_eq!(
            sides,
            match change.change() {
                TrialChangeKind::Appears => (false, true),
                TrialChangeKind::Vanishes => (true, false),
                TrialChangeKind::Moves => (true, true),
                TrialChangeKind::Unspecified => panic!("{change:?}"),
            }
        );
    }
    assert!(result.toml.contains("trial-1") && !result.toml.contains("[contact]"), "{}", result.toml);
    // The place is free again, and nothing has changed for the watch.
    let again = asked(&server, "", EVENING_MS).await.unwrap();
    assert!(again.changes.is_empty() && again.alerts_an_hour_now == again.alerts_an_hour_new, "{again:?}");
    assert_eq!(again.alerts_an_hour_now, result.alerts_an_hour_now);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_trial_that_cannot_be_is_refused_with_what_to_do() {
    let folder = TempDir::new().unwrap();
    let server = Server::start_kept(&fixture(), &folder.path().join("store")).await;
    server.feed(&fixture(), 500).await;
    let refused = async |changes: &str, stretch| {
        let status = asked(&server, changes, stretch).await.unwrap_err();
        (status.code(), status.message().to_owned())
    };
    let (code, said) = refused("[contact]\ndistance_m = -5.0\n", EVENING_MS).await;
    assert_eq!(code, Code::InvalidArgument);
    assert!(said.contains("contact.distance_m = -5 cannot be"), "{said}");
    let (code, said) = refused("[contact]\ndistance = 5.0\n", EVENING_MS).await;
    assert!(code == Code::InvalidArgument && said.contains("distance"), "{said}");
    let week = (EVENING_MS.0, EVENING_MS.0 + 7 * 86_400_000);
    assert_eq!(refused("", week).await.0, Code::InvalidArgument);
    assert_eq!(refused("", (EVENING_MS.1, EVENING_MS.0)).await.0, Code::InvalidArgument);
    assert_eq!(refused(&"#".repeat(70_000), EVENING_MS).await.0, Code::InvalidArgument);
    let (code, said) = refused("", (EVENING_MS.0 - 86_400_000, EVENING_MS.0)).await;
    assert!(code == Code::NotFound && said.contains("choose another stretch"), "{said}");
    server.stop().await;

    let without = Server::start_in(Area::open(&fixture()).unwrap(), None).await;
    let status = asked(&without, "", EVENING_MS).await.unwrap_err();
    assert_eq!(status.code(), Code::FailedPrecondition);
    assert!(status.message().contains("--store"), "{status:?}");
    without.stop().await;
}
