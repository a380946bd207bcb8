//! What a contact rests on, in words.

use super::{KnownBy, Pair};
use crate::behaviour::config::ContactConfig;
use crate::behaviour::evidence::Evidence;
use crate::behaviour::subject::Subject;
use crate::units::EventTime;

pub(super) fn camera_evidence(pair: &Pair, host: &Subject, rules: &ContactConfig, now: EventTime) -> Vec<Evidence> {
    let (first, first_zh) = host.words();
    let minutes = pair.dwell.held_ms() as f64 / 60_000.0;
    let (code, doing, doing_zh) = match host.alongside.transfers() {
        true => ("camera_transfer", "passing cargo to", "过驳货物"),
        false => ("camera_alongside", "alongside", "靠泊"),
    };
    let item = |code, observed, threshold, unit, en, zh| Evidence {
        code,
        observed,
        threshold,
        unit,
        from: pair.dwell.began().unwrap_or(now),
        to: pair.dwell.last().unwrap_or(now),
        sensors: host.sources,
        sentence_en: en,
        sentence_zh: zh,
        ..Evidence::default()
    };
    vec![
        item(
            code,
            1.0,
            1.0,
            "count",
            format!("A camera sees {first} {doing} another craft; radar cannot tell the two apart."),
            format!("光电设备发现{first_zh}与另一船只{doing_zh}，雷达无法分辨两船。"),
        ),
        item(
            "time_together",
            minutes * 60.0,
            f64::from(rules.duration_s),
            "s",
            format!("It has been so for {minutes:.0} min."),
            format!("该情况已持续{minutes:.0}分钟。"),
        ),
        item(
            "speed",
            host.slow_speed_mps,
            rules.speed_mps,
            "m/s",
            format!("It lies still: it makes {:.1} m/s.", host.slow_speed_mps),
            format!("该船处于停泊状态，航速{:.1}米/秒。", host.slow_speed_mps),
        ),
    ]
}

pub(super) fn evidence(
    pair: &Pair,
    larger: &Subject,
    smaller: &Subject,
    rules: &ContactConfig,
    now: EventTime,
) -> Vec<Evidence> {
    let from = pair.dwell.began().unwrap_or(now);
    let to = pair.dwell.last().unwrap_or(now);
    let (first, first_zh) = larger.words();
    let (second, second_zh) = smaller.words();
    let minutes = pair.dwell.held_ms() as f64 / 60_000.0;
    let sensors = larger.sources;
    let item = |code, observed, threshold, unit, en, zh| Evidence {
        code,
        observed,
        threshold,
        unit,
        from,
        to,
        sensors,
        sentence_en: en,
        sentence_zh: zh,
        ..Evidence::default()
    };
    let first_item = match pair.known_by {
        KnownBy::Sight => item(
            "distance",
            pair.nearest_m,
            rules.distance_m,
            "m",
            format!("{first} and {second} have come within {:.0} m of each other, middle to middle.", pair.nearest_m),
            format!("{first_zh}与{second_zh}相距最近{:.0}米（船中至船中）。", pair.nearest_m),
        ),
        KnownBy::Coming => item(
            "hidden_alongside",
            0.0,
            rules.distance_m,
            "m",
            format!(
                "{second} was last seen at {first}, which lies still, and nowhere else since: it must be alongside."
            ),
            format!("{second_zh}最后出现在静止的{first_zh}旁，此后未在他处出现，判断已靠泊其舷侧。"),
        ),
        KnownBy::Leaving => item(
            "first_seen_leaving",
            0.0,
            rules.distance_m,
            "m",
            format!(
                "{second} was first seen as it left {first}, which had lain still, and nowhere before: it must have lain alongside."
            ),
            format!("{second_zh}首次发现时正驶离静止的{first_zh}，此前未在他处出现，判断曾靠泊其舷侧。"),
        ),
    };
    let (together, together_zh) = match pair.known_by {
        KnownBy::Leaving => (
            format!("They may have lain together for up to {minutes:.0} min."),
            format!("两船并靠时间最长可能达{minutes:.0}分钟。"),
        ),
        _ => (format!("They have lain together for {minutes:.0} min."), format!("两船已并靠{minutes:.0}分钟。")),
    };
    let mut list = vec![first_item];
    list.push(item(
        "speed",
        larger.slow_speed_mps,
        rules.speed_mps,
        "m/s",
        format!("Both lie still: the larger makes {:.1} m/s.", larger.slow_speed_mps),
        format!("两船均处于停泊状态，大船航速{:.1}米/秒。", larger.slow_speed_mps),
    ));
    list.push(item("time_together", minutes * 60.0, f64::from(rules.duration_s), "s", together, together_zh));
    let shore = larger.surroundings.shore_m();
    if shore.is_finite() {
        list.push(item(
            "shore_distance",
            shore,
            rules.lighter_shore_m,
            "m",
            format!("The shore is {:.1} km away; no port, harbour, anchorage or farm is near.", shore / 1000.0),
            format!("距岸{:.1}公里，附近无港口、渔港、锚地或养殖区。", shore / 1000.0),
        ));
    }
    if !smaller.craft.sends_ais || !larger.craft.sends_ais {
        list.push(item(
            "party_without_ais",
            1.0,
            1.0,
            "count",
            "One of the two sends no AIS.".to_owned(),
            "其中一船未开启或未安装AIS。".to_owned(),
        ));
    }
    list
}
