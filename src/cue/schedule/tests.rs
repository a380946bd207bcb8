//! What a watch and a camera site may count on of the schedule.

#[cfg(test)]
use std::collections::BTreeSet;

use super::*;
use crate::cue::Detection;
use crate::geodesy::{LatLon, distance_m};
use proptest::prelude::*;

/// Noon and midnight at 110 degrees east.
const NOON: i64 = 1_776_398_400;
const MIDNIGHT: i64 = 1_776_441_600;
const REACH_M: f64 = 10_000.0;
const HOME: LatLon = LatLon::new(20.0, 110.0);

fn at(seconds: i64) -> EventTime {
    EventTime::from_seconds(seconds)
}

/// A stretch of sea with cameras, craft, and alerts about them.
struct Sea {
    cameras: Vec<Camera>,
    /// Where craft are, and how fast they go east.
    craft: BTreeMap<TrackId, (LatLon, f64)>,
    wishes: Vec<Wish>,
    schedule: Schedule,
    now: EventTime,
}

impl Sea {
    /// Cameras 6 km apart along a coast.
    fn with_cameras(count: u16) -> Self {
        let cameras = (0..count).map(|number| Camera {
            sensor: SensorId(number),
            name: format!("eo{number}"),
            position: HOME.moved_m(6_000.0 * f64::from(number), 0.0),
            height_m: Some(40.0),
            attended: true,
            thermal: true,
        });
        Self {
            cameras: cameras.collect(),
            craft: BTreeMap::new(),
            wishes: Vec::new(),
            schedule: Schedule::new(Policy::default()),
            now: at(NOON),
        }
    }

    fn craft(mut self, track: u64, east_m: f64, north_m: f64, priority: Option<u8>) -> Self {
        self.craft.insert(TrackId(track), (HOME.moved_m(east_m, north_m), 0.0));
        self.wishes.extend(priority.map(|priority| wish(track, priority)));
        self
    }

    fn with<T>(&mut self, act: impl FnOnce(&mut Schedule, &Scene<'_>) -> T) -> T {
        let (craft, now) = (&self.craft, self.now);
        let target = |track| {
            craft.get(&track).map(|&(position, east_mps)| Target {
                track,
                time: now,
                position,
                covariance_m2: [100.0, 0.0, 100.0],
                east_mps,
                north_mps: 0.0,
                length_m: None,
            })
        };
        let in_sight = |camera: &Camera, target: &Target| distance_m(camera.position, target.position) <= REACH_M;
        let scene = Scene { now, cameras: &self.cameras, wishes: &self.wishes, target: &target, in_sight: &in_sight };
        act(&mut self.schedule, &scene)
    }

    fn step(&mut self) {
        self.with(|schedule, scene| schedule.step(scene));
    }

    /// A second goes by, and craft go on.
    fn second(&mut self) {
        self.now = self.now.plus_seconds(1.0);
        for (position, east_mps) in self.craft.values_mut() {
            *position = position.moved_m(*east_mps, 0.0);
        }
        self.step();
    }

    fn seconds(&mut self, count: u32) {
        (0..count).for_each(|_| self.second());
    }

    fn request(&mut self, track: u64) -> Result<CueId, RequestRefused> {
        self.with(|schedule, scene| schedule.request(TrackId(track), None, scene))
    }

    fn say(&mut self, id: &CueId, camera: u16, answer: Answer) -> Result<(), AnswerRefused> {
        let now = self.now;
        self.schedule.answer(id.as_str(), SensorId(camera), answer, now)
    }

    fn cue(&self, track: u64) -> Option<&Cue> {
        self.schedule.open().iter().find(|cue| cue.target.track == TrackId(track))
    }

    /// Which camera looks at a track.
    fn camera_of(&self, track: u64) -> Option<u16> {
        self.cue(track).and_then(|cue| cue.camera).map(|sensor| sensor.0)
    }

    fn how_ended(&self, track: u64) -> Vec<End> {
        let over = self.schedule.over().filter(|cue| cue.target.track == TrackId(track));
        over.map(|cue| if let Stage::Over(end) = cue.stage { end } else { unreachable!() }).collect()
    }
}

fn wish(track: u64, priority: u8) -> Wish {
    Wish { track: TrackId(track), alert: format!("alert-{track}").into(), priority, worth_a_look: true }
}

#[test]
fn the_most_urgent_alert_gets_the_camera_and_the_others_wait() {
    let mut sea = Sea::with_cameras(1).craft(1, 0.0, 3_000.0, Some(30)).craft(2, 0.0, 5_000.0, Some(60));
    sea.step();
    assert_eq!((sea.camera_of(1), sea.camera_of(2)), (None, Some(0)));
    let cue = sea.cue(2).unwrap();
    assert_eq!((cue.stage, cue.alert.as_deref(), cue.by_officer), (Stage::Asked, Some("alert-2"), false));
    assert!((cue.aim.unwrap().range_m - 5_000.0).abs() < 10.0 && cue.until > sea.now);
    assert_eq!(cue.id.as_str(), "cue-20260417T040000-1");
}

#[test]
fn each_look_lasts_its_dwell_and_then_the_next_has_its_turn() {
    let mut sea = Sea::with_cameras(1).craft(1, 0.0, 3_000.0, Some(30)).craft(2, 0.0, 5_000.0, Some(60));
    sea.step();
    let id = sea.cue(2).unwrap().id.clone();
    sea.seconds(3);
    sea.say(&id, 0, Answer::Accepted).unwrap();
    sea.seconds(5);
    sea.say(&id, 0, Answer::Pointing).unwrap();
    sea.seconds(19);
    assert_eq!(sea.camera_of(2), Some(0));
    sea.say(&id, 0, Answer::Saw(Saw::Nothing)).unwrap();
    sea.second();
    assert_eq!((sea.how_ended(2), sea.camera_of(1)), (vec![End::NotSeen], Some(0)));
    // The alert goes on, and asks again only when the interval is over.
    let first = sea.cue(1).unwrap().id.clone();
    sea.say(&first, 0, Answer::Done).unwrap();
    sea.seconds(299);
    assert!(sea.cue(2).is_none() && sea.cue(1).is_none());
    sea.second();
    assert!(sea.cue(2).is_some());
}

#[test]
fn what_the_camera_saw_stays_with_the_cue() {
    let mut sea = Sea::with_cameras(1).craft(1, 0.0, 3_000.0, Some(30));
    sea.step();
    let id = sea.cue(1).unwrap().id.clone();
    let detection = Detection { feed: "eo0".to_owned(), sequence: 17 };
    sea.say(&id, 0, Answer::Saw(Saw::Craft(Some(detection.clone())))).unwrap();
    sea.say(&id, 0, Answer::Saw(Saw::Nothing)).unwrap();
    assert_eq!(sea.cue(1).unwrap().stage, Stage::Pointing, "who sees, points");
    sea.say(&id, 0, Answer::Done).unwrap();
    let over = sea.schedule.get(id.as_str()).unwrap();
    assert_eq!((over.stage, over.saw.clone()), (Stage::Over(End::Seen), Some(Saw::Craft(Some(detection)))));
    assert_eq!(sea.say(&id, 0, Answer::Done), Err(AnswerRefused::NotYours), "it is over");
}

#[test]
fn an_officer_takes_the_camera_from_an_alert_which_has_it_back_afterwards() {
    let mut sea = Sea::with_cameras(1).craft(1, 0.0, 3_000.0, Some(65)).craft(2, 500.0, 3_000.0, None);
    sea.step();
    let id = sea.request(2).unwrap();
    assert_eq!((sea.camera_of(1), sea.camera_of(2)), (None, Some(0)));
    sea.craft.insert(TrackId(3), (HOME.moved_m(0.0, 2_000.0), 0.0));
    sea.request(3).unwrap();
    assert_eq!(sea.camera_of(2), Some(0), "not from another officer");
    sea.say(&id, 0, Answer::Done).unwrap();
    sea.second();
    assert_eq!(sea.camera_of(3), Some(0), "officers first");
    let third = sea.cue(3).unwrap().id.clone();
    let now = sea.now;
    assert!(sea.schedule.withdraw(third.as_str(), now) && !sea.schedule.withdraw(third.as_str(), now));
    sea.second();
    assert_eq!((sea.camera_of(1), sea.how_ended(3)), (Some(0), vec![End::Withdrawn]));
}

#[test]
fn an_officer_who_asks_for_what_a_camera_looks_at_already_makes_that_look_his() {
    let mut sea = Sea::with_cameras(1).craft(1, 0.0, 3_000.0, Some(30));
    sea.step();
    let id = sea.cue(1).unwrap().id.clone();
    sea.say(&id, 0, Answer::Pointing).unwrap();
    assert_eq!(sea.request(1).unwrap(), id);
    let cue = sea.cue(1).unwrap();
    assert!(cue.by_officer && cue.alert.as_deref() == Some("alert-1"));
    assert_eq!(cue.until.seconds_since(sea.now), 60.0, "an officer looks longer");
    sea.wishes.clear();
    sea.second();
    assert!(sea.cue(1).is_some(), "it does not need the alert any more");
}

#[test]
fn a_request_that_no_camera_can_meet_is_refused_with_the_reason() {
    let mut sea = Sea::with_cameras(1).craft(1, 0.0, 3_000.0, None).craft(2, 0.0, 30_000.0, None);
    assert_eq!(sea.request(9), Err(RequestRefused::NoTrack));
    assert_eq!(sea.request(2), Err(RequestRefused::NotInSight));
    sea.cameras[0].attended = false;
    assert_eq!(sea.request(1), Err(RequestRefused::Unattended));
    (sea.cameras[0].attended, sea.cameras[0].thermal, sea.now) = (true, false, at(MIDNIGHT));
    assert_eq!(sea.request(1), Err(RequestRefused::TooDark));
    assert!(sea.schedule.open().is_empty());
}

#[test]
fn a_camera_without_thermal_is_not_asked_at_night() {
    let mut sea = Sea::with_cameras(2).craft(1, 0.0, 3_000.0, Some(60));
    sea.now = at(MIDNIGHT);
    sea.cameras[0].thermal = false;
    sea.step();
    assert_eq!(sea.camera_of(1), Some(1), "the farther one sees in the dark");
    sea.cameras[1].thermal = false;
    sea.seconds(2);
    assert!(sea.cue(1).is_none() && sea.how_ended(1) == [End::NoCamera]);
    sea.now = at(MIDNIGHT + 43_200);
    sea.step();
    assert_eq!(sea.camera_of(1), Some(0), "by day the nearer one does");
}

#[test]
fn a_site_that_refuses_or_does_not_answer_gives_the_look_to_another_camera() {
    let mut sea = Sea::with_cameras(2).craft(1, 1_000.0, 3_000.0, Some(60));
    sea.step();
    let id = sea.cue(1).unwrap().id.clone();
    assert_eq!(sea.camera_of(1), Some(0), "the nearer one");
    sea.say(&id, 0, Answer::Refused("the wiper is stuck".to_owned())).unwrap();
    sea.second();
    assert_eq!(sea.camera_of(1), Some(1));
    assert_eq!(sea.cue(1).unwrap().refusal.as_deref(), Some("the wiper is stuck"));
    assert_eq!(sea.say(&id, 0, Answer::Pointing), Err(AnswerRefused::NotYours));
    sea.seconds(30);
    assert_eq!((sea.camera_of(1), sea.cue(1).unwrap().stage), (None, Stage::Waiting), "nor does the other answer");
    sea.seconds(30);
    assert_eq!(sea.camera_of(1), Some(0), "after a minute the first is asked again");
}

#[test]
fn a_site_that_goes_away_gives_its_look_back() {
    let mut sea = Sea::with_cameras(2).craft(1, 1_000.0, 3_000.0, Some(60));
    sea.step();
    sea.cameras[0].attended = false;
    sea.second();
    assert_eq!(sea.camera_of(1), Some(1));
}

#[test]
fn a_craft_that_moves_is_followed_and_one_that_is_out_of_sight_is_let_go() {
    let mut sea = Sea::with_cameras(1).craft(1, 7_000.0, 6_000.0, None);
    sea.craft.get_mut(&TrackId(1)).unwrap().1 = 20.0;
    let id = sea.request(1).unwrap();
    sea.say(&id, 0, Answer::Pointing).unwrap();
    let (first, revision) = (sea.cue(1).unwrap().aim.unwrap(), sea.cue(1).unwrap().revision);
    sea.seconds(8);
    let cue = sea.cue(1).unwrap();
    assert!(cue.revision > revision && cue.aim.unwrap().azimuth.turn_from_deg(first.azimuth) > 0.5);
    let true_aim = Aim::at(&sea.cameras[0], &cue.target);
    assert!(cue.aim.unwrap().turn_deg(&true_aim) <= RE_AIM_DEG);
    sea.seconds(45);
    assert_eq!(sea.cue(1).map(|cue| (cue.stage, cue.camera)), Some((Stage::Waiting, None)), "beyond the reach");
    sea.seconds(600);
    assert_eq!(sea.how_ended(1), [End::NoCamera], "an officer's cue is given up in the end");
}

#[test]
fn what_lies_still_is_told_again_from_time_to_time() {
    let mut sea = Sea::with_cameras(1).craft(1, 0.0, 6_000.0, None);
    let id = sea.request(1).unwrap();
    sea.say(&id, 0, Answer::Pointing).unwrap();
    let revision = sea.cue(1).unwrap().revision;
    sea.seconds(9);
    assert_eq!(sea.cue(1).unwrap().revision, revision);
    sea.seconds(1);
    assert_eq!(sea.cue(1).unwrap().revision, revision + 1);
}

#[test]
fn a_cue_ends_with_its_alert_and_with_its_track() {
    let mut sea = Sea::with_cameras(2).craft(1, 0.0, 3_000.0, Some(60)).craft(2, 6_000.0, 3_000.0, Some(60));
    sea.step();
    sea.wishes.remove(0);
    sea.craft.remove(&TrackId(2));
    sea.second();
    assert_eq!((sea.how_ended(1), sea.how_ended(2)), (vec![End::NotNeeded], vec![End::TrackOver]));
}

#[test]
fn a_look_is_not_broken_off_because_its_own_camera_sees_the_craft() {
    let mut sea = Sea::with_cameras(1).craft(1, 0.0, 3_000.0, Some(60)).craft(2, 0.0, 4_000.0, Some(30));
    sea.step();
    for wish in &mut sea.wishes {
        wish.worth_a_look = false;
    }
    sea.second();
    assert_eq!(sea.camera_of(1), Some(0));
    assert_eq!(sea.how_ended(2), [End::NotNeeded], "what had not begun does not begin");
}

#[test]
fn the_least_urgent_falls_out_of_a_full_queue_and_is_told_so() {
    let mut sea = Sea::with_cameras(1);
    for track in 1..=40 {
        sea = sea.craft(track, 10.0 * track as f64, 3_000.0, Some(u8::try_from(track).unwrap()));
    }
    sea.step();
    // The most urgent 32 were taken up; one of them has the camera.
    let waits: BTreeSet<u64> = sea.schedule.open().iter().map(|cue| cue.target.track.0).collect();
    assert_eq!(waits, (9..=40).collect());
    sea = sea.craft(41, 0.0, 3_000.0, Some(90)).craft(42, 0.0, 3_100.0, Some(90));
    sea.second();
    assert_eq!((sea.how_ended(9), sea.schedule.count(End::Crowded)), (vec![End::Crowded], 1));
    // Officers' requests stay, and one too many is refused.
    for track in 100..200 {
        sea = sea.craft(track, 0.0, 2_000.0 + track as f64, None);
        match sea.request(track) {
            Ok(_) => {}
            Err(refused) => {
                assert_eq!((refused, track), (RequestRefused::Full(32), 133));
                break;
            }
        }
    }
    assert_eq!(sea.schedule.open().iter().filter(|cue| cue.by_officer).count(), 33);
}

#[test]
fn no_camera_stands_idle_while_a_craft_that_it_sees_waits() {
    // Both see the first craft, only the western one sees the second, which is less urgent.
    let mut sea = Sea::with_cameras(2).craft(1, 2_000.0, 3_000.0, Some(60)).craft(2, -6_000.0, 3_000.0, Some(30));
    sea.step();
    assert_eq!((sea.camera_of(1), sea.camera_of(2)), (Some(1), Some(0)));
}

#[test]
fn time_that_goes_back_changes_nothing() {
    let mut sea = Sea::with_cameras(1).craft(1, 0.0, 3_000.0, Some(60));
    sea.step();
    let stands = |sea: &Sea| {
        let cue = sea.cue(1).unwrap();
        (cue.id.clone(), cue.stage, cue.camera, cue.until, cue.since, cue.revision)
    };
    let before = stands(&sea);
    sea.now = sea.now.plus_seconds(-3_600.0);
    sea.step();
    assert_eq!(stands(&sea), before);
}

/// What happens in one second of a random watch.
#[derive(Clone, Debug)]
enum Happening {
    Wish { track: u64, priority: Option<u8>, worth: bool },
    Ask { track: u64 },
    Withdraw { which: usize },
    Site { which: usize, answer: u8 },
    Attend { camera: u16, attended: bool },
    Gone { track: u64 },
    Come { track: u64, east_m: f64, east_mps: f64 },
    Hours { hours: u8 },
}

fn happening() -> impl Strategy<Value = Happening> {
    prop_oneof![
        4 => (0..12_u64, prop::option::of(0..90_u8), any::<bool>())
            .prop_map(|(track, priority, worth)| Happening::Wish { track, priority, worth }),
        3 => (0..12_u64).prop_map(|track| Happening::Ask { track }),
        1 => (0..40_usize).prop_map(|which| Happening::Withdraw { which }),
        8 => (0..40_usize, 0..6_u8).prop_map(|(which, answer)| Happening::Site { which, answer }),
        1 => (0..3_u16, any::<bool>()).prop_map(|(camera, attended)| Happening::Attend { camera, attended }),
        1 => (0..12_u64).prop_map(|track| Happening::Gone { track }),
        4 => (0..12_u64, -12_000.0..24_000.0_f64, -30.0..30.0_f64)
            .prop_map(|(track, east_m, east_mps)| Happening::Come { track, east_m, east_mps }),
        1 => (0..12_u8).prop_map(|hours| Happening::Hours { hours }),
    ]
}

fn happen(sea: &mut Sea, happening: &Happening) {
    match *happening {
        Happening::Wish { track, priority, worth } => {
            sea.wishes.retain(|wish| wish.track != TrackId(track));
            sea.wishes.extend(priority.map(|priority| Wish { worth_a_look: worth, ..wish(track, priority) }));
        }
        Happening::Ask { track } => drop(sea.request(track)),
        Happening::Withdraw { which } => {
            let id = sea.schedule.open().get(which).map(|cue| cue.id.clone());
            let now = sea.now;
            id.map(|id| sea.schedule.withdraw(id.as_str(), now));
        }
        Happening::Site { which, answer } => {
            let Some((id, Some(camera))) = sea.schedule.open().get(which).map(|cue| (cue.id.clone(), cue.camera))
            else {
                return;
            };
            let answer = match answer {
                0 => Answer::Accepted,
                1 => Answer::Pointing,
                2 => Answer::Saw(Saw::Craft(None)),
                3 => Answer::Saw(Saw::Nothing),
                4 => Answer::Refused("no".to_owned()),
                _ => Answer::Done,
            };
            sea.say(&id, camera.0, answer).unwrap();
        }
        Happening::Attend { camera, attended } => sea.cameras[usize::from(camera)].attended = attended,
        Happening::Gone { track } => drop(sea.craft.remove(&TrackId(track))),
        Happening::Come { track, east_m, east_mps } => {
            sea.craft.insert(TrackId(track), (HOME.moved_m(east_m, 4_000.0), east_mps));
        }
        Happening::Hours { hours } => sea.now = sea.now.plus_seconds(3_600.0 * f64::from(hours)),
    }
}

fn watch(happenings: &[Happening], mut check: impl FnMut(&Sea)) -> Vec<Cue> {
    let mut sea = Sea::with_cameras(3);
    sea.cameras[1].thermal = false;
    sea.schedule = Schedule::new(Policy { waiting_max: 6, ..Policy::default() });
    let mut told = Vec::new();
    for happening in happenings {
        happen(&mut sea, happening);
        sea.second();
        check(&sea);
        told.extend(sea.schedule.open().iter().cloned());
    }
    told.extend(sea.schedule.over().cloned());
    told
}

proptest! {
    #[test]
    fn whatever_happens_a_camera_has_one_cue_that_it_can_see_and_the_queue_is_bounded(
        happenings in prop::collection::vec(happening(), 0..120),
    ) {
        let mut ended: BTreeSet<CueId> = BTreeSet::new();
        let mut known = 0;
        watch(&happenings, |sea| {
            let open = sea.schedule.open();
            let held: Vec<SensorId> = open.iter().filter_map(|cue| cue.camera).collect();
            assert_eq!(held.iter().collect::<BTreeSet<_>>().len(), held.len(), "one cue a camera");
            let tracks: BTreeSet<TrackId> = open.iter().map(|cue| cue.target.track).collect();
            assert_eq!(tracks.len(), open.len(), "one cue a craft");
            assert!(open.iter().filter(|cue| cue.stage == Stage::Waiting).count() <= 6);
            for cue in open {
                assert_eq!(cue.camera.is_some(), matches!(cue.stage, Stage::Asked | Stage::Accepted | Stage::Pointing));
                assert_eq!(cue.camera.is_some(), cue.aim.is_some());
                assert!(!ended.contains(&cue.id), "what is over stays over");
                let Some(camera) = cue.camera.map(|sensor| &sea.cameras[sensor.index()]) else { continue };
                assert!(camera.attended && distance_m(camera.position, cue.target.position) <= REACH_M);
                assert!(camera.thermal || !is_night(cue.target.position, sea.now), "nobody looks into the dark");
                assert!(cue.until > sea.now, "none is kept beyond its time");
                assert!(cue.aim.unwrap().turn_deg(&Aim::at(camera, &cue.target)) <= RE_AIM_DEG);
                assert!(cue.by_officer == (cue.priority == OFFICER_PRIORITY));
            }
            let mut over = BTreeSet::new();
            for cue in sea.schedule.over() {
                assert!(matches!(cue.stage, Stage::Over(_)) && over.insert(cue.id.clone()), "told once");
            }
            ended.extend(over);
            let counted: u64 = End::ALL.into_iter().map(|end| sea.schedule.count(end)).sum();
            assert!(counted >= known && counted as usize >= ended.len(), "the counts add up");
            known = counted;
        });
    }

    #[test]
    fn the_same_watch_gives_the_same_cues(happenings in prop::collection::vec(happening(), 0..60)) {
        prop_assert_eq!(watch(&happenings, |_| {}), watch(&happenings, |_| {}));
    }

    #[test]
    fn everything_that_goes_on_in_sight_is_looked_at_in_the_end(
        priorities in prop::collection::vec(0..=75_u8, 1..30), cameras in 1..3_u16,
    ) {
        let mut sea = Sea::with_cameras(cameras);
        for (track, &priority) in (1..).zip(&priorities) {
            sea = sea.craft(track, 100.0 * track as f64, 4_000.0, Some(priority));
        }
        let mut seen = BTreeSet::new();
        for _ in 0..3_600 {
            sea.second();
            let given: Vec<(CueId, u16)> = sea.schedule.open().iter()
                .filter(|cue| cue.stage == Stage::Asked)
                .filter_map(|cue| Some((cue.id.clone(), cue.camera?.0)))
                .collect();
            for (id, camera) in given {
                sea.say(&id, camera, Answer::Pointing).unwrap();
            }
            seen.extend(sea.schedule.over().map(|cue| cue.target.track));
        }
        prop_assert_eq!(seen.len(), priorities.len());
    }
}
