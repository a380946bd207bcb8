//! Where a vessel comes from, and so which ports are open to it: first line or second.
//!
//! The island is a customs territory of its own. What comes to it from abroad enters by ports of the first line, what crosses
//! between it and the mainland by ports of the second. A vessel called last on the side where it lay in a port or at the
//! shore; one that came in from beyond territorial waters under a foreign flag, or none, comes from abroad. What is not known
//! is not held against it: then any port will do. Charts that tell no lines and no sides apart change nothing.

use super::config::{VoyageConfig, ms};
use super::evidence::{HonestCause, Verdict};
use super::subject::Subject;
use crate::chart::{Chart, PortLine, Side, ZoneKind};
use crate::units::{EventTime, METRES_PER_NAUTICAL_MILE, Mmsi, MmsiKind, VesselClass};

/// A designated port no farther away than this in metres is the one that a behaviour is at.
const AT_PORT_M: f64 = 1_000.0;

/// Where a vessel comes from, and what it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
pub(super) struct Voyage {
    /// The side on which it last called.
    pub(super) from: Option<Side>,
    /// Its class.
    pub(super) class: Option<VesselClass>,
    /// Whether it has been asked if it came in from far out: its first place alone tells.
    asked: bool,
}

/// By which ports a vessel is judged where it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
pub(super) struct Ports {
    voyage: Voyage,
    /// The line; `None`: any port will do.
    line: Option<PortLine>,
    /// A port here that is not open to it, by its place in the chart's set.
    closed: Option<u32>,
    /// A port here that is.
    open: bool,
}

/// Takes note of where a vessel comes from.
pub(super) fn update(subject: &mut Subject, rules: &VoyageConfig, now: EventTime, chart: &Chart) {
    let mut voyage = Voyage { class: subject.craft.class(), ..subject.surroundings.voyage() };
    let need_ms = ms(if voyage.from.is_some() { rules.call_s } else { rules.first_call_s });
    let lies = subject.slow_since.is_some_and(|since| now.millis_since(since) >= need_ms);
    if lies && has_called(subject, rules) {
        voyage.from = subject.surroundings.side().or(voyage.from);
    } else if !voyage.asked {
        let far = !chart.coast.within(subject.position, rules.abroad_nmi * METRES_PER_NAUTICAL_MILE);
        let home = subject.craft.mmsi.is_some_and(|mmsi| is_home(mmsi, rules));
        voyage.from = voyage.from.or((far && !home).then_some(Side::Abroad));
    }
    voyage.asked = true;
    subject.surroundings.set_voyage(voyage);
}

/// Whether a vessel that lies here is in a port that is open to it, or at the shore. What lies in a port that is closed to it
/// has not come by it.
fn has_called(subject: &Subject, rules: &VoyageConfig) -> bool {
    let around = &subject.surroundings;
    let closed = around.of_kind(ZoneKind::DesignatedPort).any(|near| near.signed_m <= AT_PORT_M && !near.serves);
    let in_port =
        || [ZoneKind::DesignatedPort, ZoneKind::FishingHarbour].into_iter().any(|kind| around.is_inside(kind));
    !closed && (around.shore_m() <= rules.shore_m || in_port())
}

/// Whether an MMSI is of the home flag (ITU-R M.585: a ship's begins with the digits of its country).
fn is_home(mmsi: Mmsi, rules: &VoyageConfig) -> bool {
    let country = u16::try_from(mmsi.number() / 1_000_000).unwrap_or(0);
    mmsi.kind() == MmsiKind::Ship && rules.home_flags.contains(&country)
}

impl Ports {
    /// By which ports a vessel is judged at its place.
    pub(super) fn of(subject: &Subject) -> Self {
        let around = &subject.surroundings;
        let ports = || around.of_kind(ZoneKind::DesignatedPort).filter(|near| near.signed_m <= AT_PORT_M);
        let closed = ports().find(|near| !near.serves);
        Self {
            voyage: around.voyage(),
            line: around.line_wanted(closed.and_then(|near| near.side)),
            closed: closed.map(|near| near.index),
            open: ports().any(|near| near.serves),
        }
    }

    /// What is to be said of the ports: nothing where all are open to it, or where it is at one that is.
    pub(super) fn honest_cause(&self, chart: &Chart) -> Option<HonestCause> {
        if self.open {
            return None;
        }
        let closed = self.closed.and_then(|index| chart.zones.zones().get(index as usize));
        let (en, zh) = match (self.line, closed) {
            (None, None) => return None,
            (Some(line), None) => {
                let (en, zh) = self.reason(line);
                (format!("{en}, and it is at none."), format!("{zh}，当前位置不属此类口岸。"))
            }
            (line, Some(port)) => {
                let (name, name_zh) = (&port.name, port.name_zh.as_deref().unwrap_or(&port.name));
                match line.filter(|line| !port.serves(Some(*line), None)) {
                    Some(line) => {
                        let (en, zh) = self.reason(line);
                        (format!("{en}, and {name} is none."), format!("{zh}，“{name_zh}”不属此类口岸。"))
                    }
                    None => {
                        let class = self.voyage.class.map_or("unknown", VesselClass::as_str);
                        (
                            format!("{name} is not open to vessels of its class ({class})."),
                            format!("“{name_zh}”不对该类船舶（{class}）开放。"),
                        )
                    }
                }
            }
        };
        Some(HonestCause::new("designated_port", Verdict::RuledOut, en, zh))
    }

    /// Which line it is judged by, and why.
    fn reason(&self, line: PortLine) -> (&'static str, &'static str) {
        match (line, self.voyage.from) {
            (PortLine::Second, Some(Side::Island)) => (
                "It is bound from the island to the mainland side: second-line ports are open to it",
                "该船自岛内驶往内地，应经二线口岸",
            ),
            (PortLine::Second, _) => (
                "It is bound from the mainland to the island: second-line ports are open to it",
                "该船自内地驶往岛内，应经二线口岸",
            ),
            (PortLine::First | PortLine::Both, _) => {
                ("It comes from abroad: first-line ports are open to it", "该船来自境外，应在一线口岸靠泊")
            }
        }
    }
}
