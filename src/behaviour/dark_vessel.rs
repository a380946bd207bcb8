//! `dark_vessel`: a craft without any AIS makes for the shore, or meets another vessel.
//!
//! Definition: a craft that sends no AIS and (a) runs at 3 m/s or more, having been 2,500 m or more from the shore before, with
//! a shore straight ahead within 3,000 m, for 60 s, the landfall no nearer than 1,000 m to a port, harbour or farm; or (b) is in
//! a contact. One affair a craft, from the first to the last. Taken back when it is heard after all.

use super::config::{BehaviourConfig, ms};
use super::evidence::Evidence;
use super::finding::Kind;
use super::heading::{Heading, landfall_words, open_shore_ahead};
use super::honest;
use super::spell::{Dwell, Rhythm, Spell};
use super::subject::{Subject, Who};
use super::voice::{Telling, Voice};
use crate::chart::Chart;
use crate::geodesy::{LatLon, distance_m};
use crate::units::EventTime;

/// A craft measured longer ago than this runs nowhere for sure, in milliseconds.
const FRESH_MS: i64 = 20_000;

/// A vessel that is measured so long after its last AIS report has fallen silent, in milliseconds (class A at anchor sends
/// every 3 min).
const SILENT_MS: i64 = 200_000;

/// What is kept of a vessel for this rule.
#[derive(Clone, Copy, Debug, Default, serde::Serialize, serde::Deserialize)]
pub(super) struct State {
    dwell: Dwell,
    spell: Option<Spell>,
    /// The farthest from the shore that it has been, in metres.
    farthest_m: f64,
    /// A contact that it is or was in: when that began, was met, and was last met, and with whom.
    meeting: Option<Meeting>,
}

/// A contact, as this rule needs it.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub(super) struct Meeting {
    pub(super) began: EventTime,
    pub(super) start: EventTime,
    pub(super) last: EventTime,
    /// Nobody that is known, when a camera alone tells of it.
    pub(super) with: Option<Who>,
}

impl State {
    /// Whether anything has been told.
    pub(super) fn has_spoken(&self) -> bool {
        Spell::is_confirmed(&self.spell)
    }

    /// Whether it is told of now.
    pub(super) fn is_told(&self) -> bool {
        self.spell.is_some()
    }

    /// What a craft that came out of the echo of another has done: all that this one has, and nothing was told of it.
    pub(super) fn of_companion(other: &Self) -> Self {
        Self { spell: None, meeting: None, ..*other }
    }

    /// Takes note of a contact that meets its definition.
    pub(super) fn meets(&mut self, meeting: Meeting) {
        self.meeting = Some(meeting);
    }
}

/// A vessel that had sent AIS, fell silent in plain view, and was lost since: it may be under way somewhere without.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Silent {
    place: LatLon,
    lost: EventTime,
    /// The fastest that it was ever seen to go, in m/s.
    fastest_mps: f64,
    length_m: Option<f64>,
}

/// Two lengths of one hull, as AIS and cameras give them, differ by no more than this factor.
const LENGTH_FACTOR: f64 = 2.5;
/// A vessel seen at some speed may go this much faster on another occasion, as a factor.
const SPEED_FACTOR: f64 = 1.3;

impl Silent {
    /// The silent vessel that `subject` is, if it is one.
    pub(super) fn of(subject: &Subject) -> Option<Self> {
        let fell_silent = |last| subject.measured.time.millis_since(last) >= SILENT_MS;
        let silent = subject.last_ais.is_some_and(fell_silent) && subject.hidden.is_none();
        silent.then_some(Self {
            place: subject.measured.position(),
            lost: subject.measured.time,
            fastest_mps: subject.fastest_mps,
            length_m: subject.craft.length_m,
        })
    }

    /// Whether it may have come to where `craft` was first seen, and be that craft by its size and speed. `speed_mps` is
    /// what any vessel may be taken to make.
    fn may_be(&self, craft: &Subject, speed_mps: f64) -> bool {
        let (place, time) = craft.origin();
        let seconds = time.seconds_since(self.lost);
        let able_mps = speed_mps.max(SPEED_FACTOR * self.fastest_mps);
        let alike = |(a, b): (f64, f64)| a.max(b) <= LENGTH_FACTOR * a.min(b);
        seconds > 0.0
            && craft.fastest_mps <= able_mps
            && self.length_m.zip(craft.craft.length_m).is_none_or(alike)
            && distance_m(self.place, place) <= able_mps * seconds + 500.0
    }
}

/// Looks at a vessel in the picture or remembered, after contacts have been looked at.
pub(super) fn update(
    subject: &mut Subject,
    silent: &[Silent],
    config: &BehaviourConfig,
    chart: &Chart,
    voice: &mut Voice,
) {
    let now = voice.now();
    let present = subject.present_at == now;
    if present {
        let shore_m = subject.surroundings.shore_m();
        subject.dark_vessel.farthest_m = subject.dark_vessel.farthest_m.max(shore_m);
    }
    if subject.craft.sends_ais {
        if subject.dark_vessel.spell.is_some() {
            withdraw(subject, chart, voice);
        }
        return;
    }
    let rules = &config.dark_vessel;
    let speed = subject.speed_mps;
    let state = &subject.dark_vessel;
    let idle = state.spell.is_none() && state.dwell.began().is_none() && state.meeting.is_none();
    if idle && (speed < rules.speed_mps || subject.surroundings.shore_m() > rules.shore_ahead_m) {
        return;
    }
    let fresh = present && now.millis_since(subject.last_seen) <= FRESH_MS;
    let silent_s = if speed >= rules.speed_mps { rules.silent_running_s } else { rules.silent_s };
    let watched = now.millis_since(subject.first_seen) >= ms(silent_s);
    let known = silent.iter().any(|vessel| vessel.may_be(subject, rules.silent_vessel_mps));
    let eligible = !known && !subject.craft.official && !subject.is_shadow() && !subject.is_fixed(config);
    let ahead = if fresh && eligible && speed >= rules.speed_mps && state.farthest_m >= rules.offshore_m {
        open_shore_ahead(subject, chart, now, rules.shore_ahead_m, rules.zone_margin_m)
    } else {
        None
    };
    let state = &mut subject.dark_vessel;
    state.dwell.feed(now, fresh.then_some(ahead.is_some()), ms(rules.break_s));
    let need_ms = ms(rules.duration_s);
    let runs = watched && state.dwell.last() == Some(now) && state.dwell.held_ms() >= need_ms;
    let by_run = state.dwell.began().filter(|_| runs).map(|began| (began, began.plus_millis(need_ms), now));
    let by_meeting = state
        .meeting
        .filter(|meeting| {
            eligible && (state.spell.is_none() || now.millis_since(meeting.last) <= ms(config.contact.break_s))
        })
        .map(|meeting| (meeting.began, meeting.start, meeting.last));
    let rhythm = Rhythm { need_ms, merge_ms: ms(rules.merge_s) };
    let met = by_run.or(by_meeting);
    let Some((say, spell)) = voice.step(&mut subject.dark_vessel.spell, met, rhythm) else { return };
    let evidence = if met.is_some() { evidence(subject, ahead.as_ref(), config, chart, now) } else { Vec::new() };
    let other = subject.dark_vessel.meeting.and_then(|meeting| meeting.with);
    let confidence = if by_run.is_some() { 0.8 } else { 0.7 };
    let telling = Telling {
        kind: Kind::DarkVessel,
        say,
        spell,
        other,
        zone: None,
        confidence,
        evidence,
        honest_causes: vec![honest::official_craft(subject), honest::fixed_object(subject)],
    };
    voice.tell(telling, subject.who(), chart);
    if !eligible || by_meeting.is_some_and(|(.., last)| now.millis_since(last) > ms(config.contact.break_s)) {
        subject.dark_vessel.meeting = None;
    }
}

fn evidence(
    subject: &Subject,
    ahead: Option<&Heading>,
    config: &BehaviourConfig,
    chart: &Chart,
    now: EventTime,
) -> Vec<Evidence> {
    let rules = &config.dark_vessel;
    let (who, who_zh) = subject.words();
    let state = &subject.dark_vessel;
    let item = |code, observed, threshold, unit, from, en, zh| Evidence {
        code,
        observed,
        threshold,
        unit,
        from,
        to: now,
        sensors: subject.sources,
        sentence_en: en,
        sentence_zh: zh,
        ..Evidence::default()
    };
    let minutes = now.seconds_since(subject.first_seen) / 60.0;
    let mut list = vec![item(
        "no_ais",
        minutes * 60.0,
        f64::from(rules.silent_s),
        "s",
        subject.first_seen,
        format!("{who} has been followed for {minutes:.0} min and has sent no AIS."),
        format!("{who_zh}已连续跟踪{minutes:.0}分钟，未发送AIS信号。"),
    )];
    if let Some(heading) = ahead {
        let (place, place_zh) = landfall_words(heading, chart);
        let (kilometres, minutes, spread) = (heading.distance_m / 1000.0, heading.seconds / 60.0, heading.spread_m);
        list.push(item(
            "landfall",
            heading.distance_m,
            rules.shore_ahead_m,
            "m",
            state.dwell.began().unwrap_or(now),
            format!("It comes from the open sea and makes for the shore {place}, {kilometres:.1} km and {minutes:.1} min ahead (give or take {spread:.0} m)."),
            format!("该船自外海驶来，正驶向岸边（{place_zh}），距抵岸点{kilometres:.1}公里，预计{minutes:.1}分钟后到达。"),
        )
        .at(heading.geometry()));
    }
    if let Some(meeting) = state.meeting {
        let minutes = meeting.last.seconds_since(meeting.began) / 60.0;
        let (name, name_zh) = match meeting.with {
            Some(Who { mmsi: Some(mmsi), .. }) => (format!("MMSI {mmsi}"), format!("MMSI {mmsi}的船舶")),
            Some(with) => (format!("the craft on track {}", with.track), format!("目标{}", with.track)),
            None => ("a craft that a camera sees".to_owned(), "光电发现的另一船只".to_owned()),
        };
        list.push(item(
            "meeting",
            minutes * 60.0,
            f64::from(config.contact.duration_s),
            "s",
            meeting.began,
            format!("It has lain alongside {name} for {minutes:.0} min."),
            format!("与{name_zh}并靠{minutes:.0}分钟。"),
        ));
    }
    list
}

fn withdraw(subject: &mut Subject, chart: &Chart, voice: &mut Voice) {
    let Some(spell) = subject.dark_vessel.spell.take() else { return };
    let (who, who_zh) = subject.words();
    let reason = Evidence {
        code: "sends_ais",
        observed: 1.0,
        threshold: 0.0,
        unit: "count",
        from: spell.began,
        to: voice.now(),
        sensors: subject.sources,
        sentence_en: format!("Withdrawn: AIS of {who} has been received: it is no dark vessel."),
        sentence_zh: format!("撤销：已收到{who_zh}的AIS信号，不属于无AIS船舶。"),
        ..Evidence::default()
    };
    voice.withdraw(Kind::DarkVessel, spell, reason, subject.who(), chart);
}

/// Says of a vessel that is forgotten that its affair is over.
pub(super) fn close(subject: &Subject, chart: &Chart, voice: &mut Voice) {
    if let Some(spell) = subject.dark_vessel.spell {
        voice.end(Kind::DarkVessel, spell, None, subject.who(), chart);
    }
}
