//! The part of a bundle for people: what was seen, where, why it was told, and who did what, in English and Chinese.

use std::fmt::Write;

use serde_json::{Value, json};

use crate::chart::{Chart, Zone};
use crate::geodesy::{LatLon, offset_m};
use crate::plot::escaped;
use crate::store::records::alert::AlertRecord;
use crate::store::records::entry::Entered;
use crate::units::EventTime;

/// Half the side of the picture, in metres at sea and in pixels.
const REACH_M: f64 = 10_000.0;
const HALF_PX: f64 = 300.0;

/// What the page is about.
#[derive(Clone, Copy, Debug)]
pub struct Case<'a> {
    /// The alert on record.
    pub record: &'a AlertRecord,
    /// Its line.
    pub alert: &'a Value,
    /// Its life.
    pub entries: &'a [Entered],
    /// The zone that it names.
    pub zone: Option<&'a Zone>,
    /// Shore and zones.
    pub chart: Option<&'a Chart>,
    /// When the page is made, milliseconds since 1970.
    pub made_ms: i64,
    /// Names of the files of pictures in the bundle.
    pub pictures: &'a [&'a str],
}

/// A zone as a GeoJSON feature, with its version.
pub fn zone_feature(zone: &Zone) -> Value {
    let ring = |ring: &Vec<LatLon>| ring.iter().map(|at| json!([at.lon_deg, at.lat_deg])).collect::<Vec<_>>();
    let polygon = |rings: &[Vec<LatLon>]| Value::Array(rings.iter().map(|it| Value::Array(ring(it))).collect());
    let polygons: Vec<Value> = zone.outlines().map(polygon).collect();
    json!({
        "type": "Feature",
        "properties": {
            "id": zone.id, "name": zone.name, "name_zh": zone.name_zh, "kind": zone.kind.as_str(), "version": zone.version,
            "valid_from_ms": zone.validity.from.map(EventTime::as_millis),
            "valid_until_ms": zone.validity.to.map(EventTime::as_millis),
        },
        "geometry": { "type": "MultiPolygon", "coordinates": polygons },
    })
}

/// The page, whole in itself: no script, nothing from elsewhere.
pub fn html(case: &Case<'_>) -> String {
    let (facts, life) = (&case.record.news.facts, &case.record.life);
    let text = |key: &str| case.alert.get(key).and_then(Value::as_str).unwrap_or_default();
    let mut page = String::from(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>shorewatch evidence</title>\n<style>\n\
         body{font:15px/1.5 'Noto Sans','Noto Sans CJK SC',sans-serif;max-width:62em;margin:2em auto;padding:0 1em;color:#1c2733}\n\
         table{border-collapse:collapse;width:100%;margin:.5em 0 1.5em}td,th{border:1px solid #c6ccd4;padding:.3em .6em;\
         text-align:left;vertical-align:top}th{background:#eef1f5}.zh{color:#44505e}small{color:#5b6672}\n\
         @media print{body{margin:0}}\n</style></head><body>\n",
    );
    let _ = writeln!(page, "<h1>Evidence 证据 · {}</h1>", escaped(&facts.id));
    let mut rows = vec![
        ("Behaviour 行为", facts.kind.clone()),
        ("Vessel 船舶", vessel(case.alert)),
        ("Place 地点", format!("{:.5}, {:.5}", facts.position.lat_deg, facts.position.lon_deg)),
        ("Near 附近", format!("{} {}", text("near"), text("near_zh"))),
        ("Raised 告警时间 (UTC)", time(facts.raised_ms)),
        ("Sensors 传感器", facts.sensors.clone()),
        ("Stands 状态", format!("{} / {}", facts.course.as_str(), life.state)),
        ("Unit 承办单位", life.unit.clone()),
    ];
    if let Some(zone) = case.zone {
        let zh = zone.name_zh.as_deref().unwrap_or_default();
        rows.push(("Zone 区域", format!("{} {zh} ({}, version {})", zone.name, zone.id, zone.version)));
    }
    if let Some(reason) = life.dismissal {
        rows.push(("Dismissed as 排除原因", reason.to_string()));
    }
    if let Some(disposal) = &life.disposal {
        rows.push(("Outcome 处置结果", format!("{} {}", disposal.outcome, disposal.reference)));
    }
    page.push_str("<table>\n");
    for (what, value) in rows {
        let _ = writeln!(page, "<tr><th>{what}</th><td>{}</td></tr>", escaped(&value));
    }
    page.push_str("</table>\n");
    picture(&mut page, case);
    reasons(&mut page, case.alert);
    photographs(&mut page, case);
    events(&mut page, case.entries);
    let _ = writeln!(
        page,
        "<p><small>Written {} UTC by shorewatch {}. Check this folder with <code>shorewatch verify FOLDER --key KEY</code>; a single \
         altered byte is told. 以 <code>shorewatch verify</code> 校验本文件夹，任何改动都会被发现。</small></p>\n</body></html>",
        time(case.made_ms),
        env!("CARGO_PKG_VERSION")
    );
    page
}

fn vessel(alert: &Value) -> String {
    let number = |key: &str| alert.get(key).and_then(Value::as_u64).map(|mmsi| format!("MMSI {mmsi}"));
    let word = |key: &str| alert.get(key).and_then(Value::as_str).map(str::to_owned);
    [word("track"), number("mmsi"), word("other_track"), number("other_mmsi")]
        .into_iter()
        .flatten()
        .collect::<Vec<_>>()
        .join(" · ")
}

fn time(ms: i64) -> String {
    EventTime::from_millis(ms).to_string()
}

/// Why it was told: each condition with what was observed.
fn reasons(page: &mut String, alert: &Value) {
    page.push_str("<h2>Why 理由</h2>\n<table><tr><th>Reason</th><th>Observed</th><th>Threshold</th><th>From, to (UTC)</th></tr>\n");
    for reason in alert.get("evidence").and_then(Value::as_array).into_iter().flatten() {
        let text = |key: &str| escaped(reason.get(key).and_then(Value::as_str).unwrap_or_default());
        let number = |key: &str| reason.get(key).and_then(Value::as_f64).map_or_else(String::new, |it| it.to_string());
        let at = |key: &str| {
            reason.get(key).and_then(Value::as_f64).map_or_else(String::new, |it| time((it * 1_000.0).round() as i64))
        };
        let unit = text("unit");
        let _ = writeln!(
            page,
            "<tr><td>{}<br><span class=\"zh\">{}</span></td><td>{} {unit}</td><td>{} {unit}</td><td>{}<br>{}</td></tr>",
            text("en"),
            text("zh"),
            number("observed"),
            number("threshold"),
            at("from_s"),
            at("to_s")
        );
    }
    page.push_str("</table>\n");
}

/// What cameras showed, as far as the bundle has it; the rest in words.
fn photographs(page: &mut String, case: &Case<'_>) {
    let taken = case.alert.get("pictures").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    if taken.is_empty() {
        return;
    }
    page.push_str("<h2>Pictures 照片</h2>\n");
    for picture in taken {
        let text = |key: &str| escaped(picture.get(key).and_then(Value::as_str).unwrap_or_default());
        let at = picture.get("time_s").and_then(Value::as_f64).map(|it| time((it * 1_000.0).round() as i64));
        let digits = text("sha256");
        let file = case.pictures.iter().find(|name| !digits.is_empty() && name.contains(&digits));
        let caption =
            format!("{} UTC, {}, {} {}", at.unwrap_or_default(), text("sensor"), text("class"), text("activity"));
        let _ = match file {
            Some(name) => writeln!(
                page,
                "<figure><img src=\"{name}\" alt=\"{caption}\" style=\"max-width:100%\"><figcaption>{caption}</figcaption></figure>"
            ),
            None => writeln!(page, "<p>{caption}: not here 未上传 · {} {digits}</p>", text("reference")),
        };
    }
}

/// Who did what.
fn events(page: &mut String, entries: &[Entered]) {
    page.push_str(
        "<h2>What was done 处置记录</h2>\n<table><tr><th>When (UTC)</th><th>What</th><th>Who</th><th>Note</th><th>Entry</th></tr>\n",
    );
    for entered in entries {
        let entry = &entered.entry;
        let actor = &entry.actor;
        let who = [&actor.id, &actor.name, &actor.role, &actor.unit].into_iter().filter(|part| !part.is_empty());
        let _ = writeln!(
            page,
            "<tr><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td><small>{} {}…</small></td></tr>",
            time(entry.time_ms),
            escaped(&entry.kind),
            escaped(&who.cloned().collect::<Vec<_>>().join(" · ")),
            escaped(&entry.note),
            entry.sequence,
            entered.hash.get(..16).unwrap_or_default()
        );
    }
    page.push_str("</table>\n");
}

/// The place with the zone around it and the way to the nearest shore.
fn picture(page: &mut String, case: &Case<'_>) {
    let place = case.record.news.facts.position;
    let scale = HALF_PX / REACH_M;
    let on_page = |at: LatLon| {
        let (east_m, north_m) = offset_m(place, at);
        (HALF_PX + east_m * scale, HALF_PX - north_m * scale)
    };
    let side = 2.0 * HALF_PX;
    let _ = writeln!(
        page,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{side}\" height=\"{side}\" viewBox=\"0 0 {side} {side}\">\
         <rect width=\"100%\" height=\"100%\" fill=\"#dfeaf3\"/>"
    );
    for rings in case.zone.into_iter().flat_map(|zone| zone.outlines()) {
        let mut d = String::new();
        for ring in rings {
            for (number, point) in ring.iter().enumerate() {
                let (x, y) = on_page(*point);
                let _ = write!(d, "{}{x:.1} {y:.1}", if number == 0 { "M" } else { "L" });
            }
            d.push('Z');
        }
        let _ = writeln!(page, "<path d=\"{d}\" fill-rule=\"evenodd\" fill=\"#b03a2e22\" stroke=\"#b03a2e\"/>");
    }
    if let Some(shore) = case.chart.and_then(|chart| chart.coast.nearest(place)) {
        let (x, y) = on_page(shore.point);
        let _ = writeln!(
            page,
            "<path d=\"M{HALF_PX} {HALF_PX}L{x:.1} {y:.1}\" stroke=\"#8c7a55\" stroke-dasharray=\"5 4\"/>\
             <circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"4\" fill=\"#8c7a55\"/>\
             <text x=\"20\" y=\"24\" font-size=\"13\">nearest shore 最近岸线 {:.0} m {}</text>",
            shore.distance_m,
            escaped(shore.name)
        );
    }
    let _ = writeln!(
        page,
        "<circle cx=\"{HALF_PX}\" cy=\"{HALF_PX}\" r=\"7\" fill=\"none\" stroke=\"#b0001e\" stroke-width=\"2.5\"/>\
         <path d=\"M20 {0}h{1}\" stroke=\"#1c2733\" stroke-width=\"2\"/><text x=\"20\" y=\"{2}\" font-size=\"13\">2 km</text></svg>",
        side - 16.0,
        2_000.0 * scale,
        side - 22.0
    );
}
