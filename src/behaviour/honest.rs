//! Honest causes: reasons that would make a behaviour an innocent one, each with what came of testing it.
//!
//! A rule that a cause excuses tells nothing at all; what is listed here is what an officer asks of an alert that was told.
//! What nobody knows is said to be unknown, and is held neither for nor against a vessel.

use super::evidence::{HonestCause, Verdict};
use super::subject::Subject;

/// Navigational status "not under command" (ITU-R M.1371-5, table 45).
const NOT_UNDER_COMMAND: u8 = 2;

/// That it is a patrol craft, pilot boat or tug, which may lie and run where others may not.
pub(super) fn official_craft(subject: &Subject) -> HonestCause {
    let craft = &subject.craft;
    let known = craft.ship_type.is_some() || craft.eo_class.is_some() || craft.registered.is_some();
    match (craft.official, known) {
        (true, _) => HonestCause::new(
            "official_craft",
            Verdict::Found,
            "It is a patrol craft, a pilot boat or a tug.",
            "该船为公务船、引航船或拖船。",
        ),
        (false, true) => HonestCause::ruled_out(
            "official_craft",
            "It is no patrol craft, pilot boat or tug by what it sends, how it looks and what is registered.",
            "根据其报告信息、外观和登记信息，该船并非公务船、引航船或拖船。",
        ),
        (false, false) => HonestCause::new(
            "official_craft",
            Verdict::Unknown,
            "What kind of craft it is, nobody has heard or seen.",
            "船舶类型不明，无法排除公务船。",
        ),
    }
}

/// That it cannot steer and says so.
pub(super) fn not_under_command(subject: &Subject) -> HonestCause {
    match subject.nav_status {
        Some(NOT_UNDER_COMMAND) => HonestCause::new(
            "not_under_command",
            Verdict::Found,
            "It reports being not under command.",
            "该船报告失去控制。",
        ),
        Some(_) => HonestCause::ruled_out(
            "not_under_command",
            "It does not report being not under command.",
            "该船未报告失去控制。",
        ),
        None => HonestCause::new(
            "not_under_command",
            Verdict::Unknown,
            "It reports no status: whether it is under command is not known.",
            "该船未报告航行状态，无法判断是否失控。",
        ),
    }
}

/// That wind and current take it where it goes.
pub(super) fn drifting(subject: &Subject) -> HonestCause {
    match (subject.drifting.drifts(), subject.heading_deg) {
        (true, _) => HonestCause::new(
            "drifting",
            Verdict::Found,
            "It drifts: it goes elsewhere than where its bow points.",
            "该船正在漂流，航向与船首向不一致。",
        ),
        (false, Some(_)) => {
            HonestCause::ruled_out("drifting", "It goes where its bow points, or lies still.", "该船未见漂流迹象。")
        }
        (false, None) => HonestCause::new(
            "drifting",
            Verdict::Unknown,
            "It sends no heading: whether it drifts is not known.",
            "该船未发送船首向，无法判断是否漂流。",
        ),
    }
}

/// That a station is down, which silences many at once.
pub(super) fn station_outage(others: usize) -> HonestCause {
    let verdict = if others == 0 { Verdict::RuledOut } else { Verdict::Unknown };
    HonestCause::new(
        "station_outage",
        verdict,
        format!("{others} other vessels fell silent with it; others around it are heard."),
        format!("同一时刻另有{others}艘船舶中断，周边其他船舶接收正常。"),
    )
}

/// That one report went wrong on its way.
pub(super) fn wild_fix(reports_s: f64) -> HonestCause {
    HonestCause::ruled_out(
        "wild_fix",
        format!("It has been so for {reports_s:.0} s: no single wild report."),
        format!("该情况已持续{reports_s:.0}秒，并非单次错误报告。"),
    )
}

/// That it is a buoy, a raft or a rock.
pub(super) fn fixed_object(subject: &Subject) -> HonestCause {
    let metres = subject.roamed_m;
    HonestCause::ruled_out(
        "fixed_object",
        format!("It has moved {metres:.0} m from where it was first seen: no buoy or raft."),
        format!("该目标已自首次发现位置移动{metres:.0}米，并非浮标或渔排。"),
    )
}
