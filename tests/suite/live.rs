//! Records as live sensors send them: stamped by the server, from receivers that nobody listed, and from sensors that move.
#![allow(clippy::unwrap_used, missing_docs)]

use std::time::Duration;

use crate::support::recorded::{SHIP, SITE, ais_line_from, instant, radar_block, ship_at, write_scenario};
use crate::support::server::Server;
use bytes::Bytes;
use shorewatch::api::proto::track::v1::ListTracksRequest;
use shorewatch::api::proto::track::v1::track_service_client::TrackServiceClient;
use shorewatch::api::sender::{Introduction, OutRecord, Parcel, send};
use shorewatch::feed::sensor::SensorKind;
use shorewatch::geodesy::distance_m;
use shorewatch::serve::area::Area;
use shorewatch::serve::clock;
use shorewatch::serve::core::Core;
use shorewatch::serve::session::Session;
use shorewatch::serve::work::{FeedName, FeedNumber, Hello, Payload, Standing};
use tokio::sync::mpsc;

/// Milliseconds from the start of the made recording to now.
fn now_ms() -> i64 {
    clock::now().millis_since(instant(0))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_receiver_that_nobody_listed_feeds_the_picture_live() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(&write_scenario(folder.path()), None).await;
    let (parcels, queue) = mpsc::channel(4);
    let receiver = Introduction { name: FeedName::new("new-receiver").unwrap(), kind: SensorKind::Ais };
    let begun = now_ms();
    let writer = async move {
        for sequence in 0..8 {
            let now = now_ms();
            // Today's time, from where the ship was when the made recording began.
            let line = ais_line_from(now, now - begun);
            let payload = Payload::AisSentence(Bytes::from(line.into_bytes()));
            let record = OutRecord { feed: 0, sequence, received: None, payload };
            parcels.send(Parcel::Records(vec![record])).await.unwrap();
            tokio::time::sleep(Duration::from_millis(400)).await;
        }
    };
    // Without a scheme: plain gRPC is meant.
    let address = server.address.to_string();
    let (sent, ()) = tokio::join!(send(&address, vec![receiver], queue, |_| {}), writer);
    let sent = sent.unwrap();
    assert_eq!((sent.accepted, sent.refused), (8, 0), "{sent:?}");
    assert!(sent.unknown.is_empty());
    let mut client = TrackServiceClient::connect(server.url()).await.unwrap();
    let listed = client.list_tracks(ListTracksRequest::default()).await.unwrap().into_inner();
    let age_ms = instant(now_ms()).as_millis() - listed.time_ms;
    assert!((0..5_000).contains(&age_ms), "the picture is {age_ms} ms old");
    assert_eq!(listed.tracks.len(), 1, "{:?}", listed.tracks);
    assert_eq!(listed.tracks[0].identity.as_ref().unwrap().mmsi, Some(SHIP));
    server.stop().await;
}

#[test]
fn a_radar_on_a_ship_measures_from_where_its_ship_is() {
    let folder = tempfile::tempdir().unwrap();
    let area = Area::open(&write_scenario(folder.path())).unwrap();
    let mut session = Session::new(area.into_plan(None));
    let hello = |name: &str, kind| Hello { name: FeedName::new(name).unwrap(), kind, handle: 0, last_sequence: None };
    let radar = FeedNumber(0);
    assert_eq!(session.open(radar, &hello("radar1", SensorKind::Radar)), Standing::Known);
    // The listed site is 20.0 N 110.3 E; the ship that carries it is at 20.05 N 110.4 E.
    let fix = |body: &str| {
        let sum = body.bytes().fold(0, |sum, byte| sum ^ byte);
        Payload::NmeaSentence(Bytes::from(format!("${body}*{sum:02X}")))
    };
    let sound = fix("GPRMC,150000.00,A,2003.000,N,11024.000,E,0.0,0.0,170426,,,A");
    assert_eq!(session.take(radar, 0, instant(0), &sound).unwrap(), Ok(()));
    let no_fix = fix("GPRMC,150000.00,V,2103.000,N,11024.000,E,0.0,0.0,170426,,,N");
    assert_eq!(session.take(radar, 1, instant(1), &no_fix).unwrap(), Err("no_fix"));
    for turn in 0..20 {
        let millis = 1_000 + turn * 3_000;
        let block = Payload::AsterixBlock(Bytes::from(radar_block(millis)));
        assert_eq!(session.take(radar, 2 + turn as u64, instant(millis), &block).unwrap(), Ok(()));
    }
    session.advance(instant(60_000)).unwrap();
    let picture = session.picture(instant(60_000));
    assert_eq!(picture.tracks.len(), 1);
    let carrier = shorewatch::geodesy::LatLon::new(20.05, 110.4);
    let (east_m, north_m) = shorewatch::geodesy::offset_m(SITE, ship_at(60_000));
    let expected = carrier.moved_m(east_m, north_m);
    let off_m = distance_m(picture.tracks[0].position, expected);
    assert!(off_m < 100.0, "{off_m} m off");
    session.finish().unwrap();
}

#[test]
fn what_does_not_belong_into_a_feed_is_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let area = Area::open(&write_scenario(folder.path())).unwrap();
    let mut session = Session::new(area.into_plan(None));
    let hello = |name: &str, kind| Hello { name: FeedName::new(name).unwrap(), kind, handle: 0, last_sequence: None };
    assert_eq!(session.open(FeedNumber(0), &hello("ais1", SensorKind::Ais)), Standing::Known);
    // One feed may carry several radars: which, the records say.
    assert_eq!(session.open(FeedNumber(1), &hello("gateway", SensorKind::Radar)), Standing::Known);
    let mut verdict = |feed, payload| session.take(FeedNumber(feed), 0, instant(0), &payload).unwrap();
    assert_eq!(verdict(0, Payload::EoJson(Bytes::from_static(b"{}"))), Err("wrong_payload"));
    assert_eq!(verdict(0, Payload::Missing), Err("no_payload"));
    assert_eq!(verdict(0, Payload::TooLong), Err("too_long"));
    assert_eq!(verdict(1, Payload::AsterixBlock(Bytes::from(radar_block(0)))), Ok(()));
    assert_eq!(verdict(1, Payload::AsterixBlock(Bytes::from_static(&[10, 0, 9, 0xff]))), Err("cut_short"));
    assert_eq!(verdict(7, Payload::Missing), Err("no_feed"));
    let nowhere = Session::new(Area::built_in().unwrap().into_plan(None))
        .open(FeedNumber(0), &hello("radar1", SensorKind::Radar));
    assert_eq!(nowhere, Standing::Unknown);
}
