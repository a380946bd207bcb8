//! Who may call what: every call of the interface, by every role, in every area. Generated from the definitions, so that a new
//! call without a rule fails here.
#![allow(clippy::unwrap_used, missing_docs)]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use prost::Message;
use shorewatch::access::organisation::{Area, Organisation, Unit, UnitKind};
use shorewatch::access::principal::Principal;
use shorewatch::access::role::{Permission, Role};
use shorewatch::access::rules::{self, Rule};
use shorewatch::api::proto::DESCRIPTORS;
use shorewatch::geodesy::LatLon;
use shorewatch::life::Life;
use shorewatch::store::records::alert::{AlertFacts, AlertNews, AlertRecord, Course};

/// Every call that the definitions have.
fn calls() -> BTreeSet<String> {
    let set = prost_types::FileDescriptorSet::decode(DESCRIPTORS).unwrap();
    let mut calls = BTreeSet::new();
    for file in set.file {
        for service in &file.service {
            for call in &service.method {
                calls.insert(format!("/{}.{}/{}", file.package(), service.name(), call.name()));
            }
        }
    }
    assert!(calls.len() > 15, "the definitions were not found");
    calls
}

/// What each role may call, written down by hand: a `*` stands for the rest.
const MAY: [(Role, &[&[&str]]); 6] = [
    (Role::WatchOfficer, &[READERS, &["AlertService/*", "CueService/RequestCue", "CueService/WithdrawCue"]]),
    (
        Role::Supervisor,
        &[
            &[
                "AlertService/*",
                "SensorService/*",
                "TrackService/*",
                "ZoneService/*",
                "RegisterService/*",
                "RuleService/*",
            ],
            &["CueService/ListCues", "CueService/RequestCue", "CueService/WithdrawCue"],
        ],
    ),
    (Role::SensorFeeder, &[&["FeedService/Ingest", "CueService/TakeCues", "CueService/AnswerCue"]]),
    (Role::Integrator, &[READERS]),
    (
        Role::Administrator,
        &[READERS, &["ZoneService/*", "RegisterService/*", "RuleService/*", "TrackService/OverrideTrack"]],
    ),
    (Role::Auditor, &[READERS, &["RegisterService/ListVesselVersions"]]),
];

/// What those may call who look and do not act.
const READERS: &[&str] = &[
    "AlertService/GetAlert",
    "AlertService/ListAlerts",
    "AlertService/WatchAlerts",
    "AlertService/ListAlertEvents",
    "AlertService/GetEvidence",
    "AlertService/GetPicture",
    "RegisterService/ListVessels",
    "RegisterService/GetVessel",
    "RuleService/GetRules",
    "SensorService/*",
    "CueService/ListCues",
    "TrackService/ExplainTrack",
    "TrackService/GetTrack",
    "TrackService/ListTracks",
    "TrackService/WatchTracks",
    "TrackService/ListTrackPoints",
    "TrackService/StreamTrackPoints",
    "ZoneService/ListZones",
    "ZoneService/LocateZones",
    "ZoneService/GetZone",
    "ZoneService/WatchZones",
    "ZoneService/ListZoneVersions",
];

#[test]
fn every_call_of_the_definitions_has_one_rule_and_every_rule_a_call() {
    let calls = calls();
    let without: Vec<&String> = calls.iter().filter(|call| rules::of_call(call).is_none()).collect();
    assert!(without.is_empty(), "calls without a rule in src/access/rules.rs: {without:?}");
    let mut seen = BTreeSet::new();
    for (service, call, _) in rules::CALLS {
        assert!(seen.insert((service, call)), "{service}/{call} stands there twice");
        let path = format!("/{service}/{call}");
        assert!(calls.contains(&path) || service.starts_with("grpc."), "{path} is a rule without a call");
    }
}

#[test]
fn each_role_may_call_what_the_table_says_and_nothing_else() {
    for (role, may) in MAY {
        let who = Principal::new("x", "", "", vec![role], None, Arc::default());
        for call in calls() {
            let expected = may.iter().copied().flatten().any(|glob| match glob.strip_suffix('*') {
                Some(service) => call.contains(&format!(".{service}")),
                None => call.ends_with(&format!(".{glob}")),
            });
            let permission = rules::of_call(&call).and_then(Rule::permission).unwrap();
            assert_eq!(who.may(permission), expected, "{role} {call}");
        }
    }
}

#[test]
fn nobody_has_no_rights_and_the_local_user_all() {
    let nobody = Principal::new("x", "", "", Vec::new(), None, Arc::default());
    let local = Principal::local(Arc::default());
    for permission in Permission::ALL {
        assert!(!nobody.may(permission) && local.may(permission), "{permission:?}");
    }
}

fn unit(id: &str, parent: Option<&str>, west_deg: f64) -> Unit {
    let corners = [(20.0, 0.0), (20.0, 0.5), (21.0, 0.5), (21.0, 0.0)];
    let ring = corners.map(|(lat_deg, lon_deg)| LatLon::new(lat_deg, west_deg + lon_deg)).to_vec();
    Unit {
        id: id.to_owned(),
        name: id.to_owned(),
        name_zh: String::new(),
        kind: UnitKind::CityUnit,
        parent: parent.map(str::to_owned),
        area: parent.and_then(|_| Area::of_outlines(&[vec![ring]])),
        takes: Vec::new(),
    }
}

fn hainan() -> Arc<Organisation> {
    let units = vec![
        unit("province", None, 0.0),
        unit("haikou", Some("province"), 110.0),
        unit("wenchang", Some("province"), 110.5),
    ];
    Arc::new(Organisation::new(units).unwrap())
}

fn alert(lon_deg: f64, unit: &str, joint: &[&str]) -> AlertRecord {
    let facts = AlertFacts {
        id: "a".to_owned(),
        kind: "loitering".to_owned(),
        grade: 2,
        course: Course::Active,
        zone: String::new(),
        sensors: String::new(),
        mmsi: None,
        other_mmsi: None,
        raised_ms: 0,
        position: LatLon::new(20.5, lon_deg),
        revision: 1,
    };
    let joint = joint.iter().map(|unit| (*unit).to_owned()).collect();
    AlertRecord {
        news: AlertNews { facts, content: String::new(), wire: Vec::new() },
        life: Life { joint, ..Life::begin(unit, 0) },
        first_sequence: 1,
        course_sequence: 1,
        changed_sequence: 1,
        changed_kind: "raised".to_owned(),
        next_reminder_ms: None,
    }
}

#[test]
fn each_unit_sees_its_waters_and_what_is_in_its_hands_whatever_the_role() {
    let cases = [
        ("in the waters of haikou", alert(110.2, "haikou", &[]), [true, true, false, false]),
        ("in those of wenchang", alert(110.7, "wenchang", &[]), [true, false, true, false]),
        ("handed over to haikou", alert(110.7, "haikou", &[]), [true, true, true, false]),
        ("joint with haikou", alert(110.7, "wenchang", &["haikou"]), [true, true, true, false]),
        ("outside all waters, in nobody's hands", alert(119.0, "", &[]), [false, false, false, false]),
        ("outside all waters, in the hands of haikou", alert(119.0, "haikou", &[]), [true, true, false, false]),
    ];
    for role in Role::ALL {
        for (what, alert, expected) in &cases {
            let units = [Some("province"), Some("haikou"), Some("wenchang"), None];
            for (unit, expected) in units.into_iter().zip(expected) {
                let who = Principal::new("x", "", "", vec![role], unit.map(str::to_owned), hainan());
                assert_eq!(who.sees_alert(alert), *expected, "{role} of {unit:?}: {what}");
            }
        }
    }
}

#[test]
fn calls_about_places_say_so() {
    let by_rule: BTreeMap<&str, Vec<&str>> = rules::CALLS.iter().fold(BTreeMap::new(), |mut map, (_, call, rule)| {
        let sort = match rule {
            Rule::Open => "open",
            Rule::InArea(_) => "in area",
            Rule::Anywhere(_) => "anywhere",
        };
        map.entry(sort).or_insert_with(Vec::new).push(call);
        map
    });
    for anywhere in &by_rule["anywhere"] {
        assert!(
            ["Alert", "Track", "Coverage"].iter().all(|about| !anywhere.contains(about)),
            "{anywhere} is about places: its rule must be InArea, and its service must ask the principal"
        );
    }
}
