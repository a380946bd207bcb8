//! The picture of a backtest: on the map and beside it, which alerts appear, vanish and move.

use super::alerts::{LabelBox, around, free_place};
use super::chart;
use super::sheet::Sheet;
use super::svg::{Anchor, Point, Svg};
use crate::alert::Alert;
use crate::backtest::{Change, Comparison};
use crate::chart::Chart;
use crate::feed::sensor::SensorTable;
use crate::geodesy::LatLon;
use crate::units::EventTime;

/// Height of an entry of the list.
const ENTRY: f64 = 34.0;
/// Radius of a mark.
const MARK: f64 = 9.0;
const INK: &str = "fill=\"#22303a\"";
const SOFT: &str = "fill=\"#5d6b74\"";

/// Colour of a change, and its words.
fn look(change: &Change) -> (&'static str, &'static str) {
    match change {
        Change::Appears(_) => ("#1a7f37", "appears 新增"),
        Change::Vanishes(_) => ("#b3261e", "vanishes 消失"),
        Change::Moves { .. } => ("#2459a8", "moves 变化"),
        Change::Stays(_) => ("#8b979e", "stays 不变"),
    }
}

/// Draws a comparison on the map of `bbox` (west, south, east, north in degrees).
pub fn draw(comparison: &Comparison, chart: &Chart, sensors: &SensorTable, bbox: [f64; 4]) -> String {
    let sheet = Sheet::of(bbox);
    // Above the list its heading, below it the count of what stays.
    let listed = comparison.changes.iter().filter(|change| !matches!(change, Change::Stays(_))).count();
    let list_high = sheet.map_corner().y + ENTRY * (listed + 3) as f64;
    let mut svg = Svg::new(sheet.width(), sheet.height().max(list_high));
    svg.open_clipped(&sheet);
    let land: Vec<Vec<LatLon>> = chart.coast.lands().iter().flat_map(|land| land.rings.iter().cloned()).collect();
    chart::draw(&mut svg, &sheet, &land, &chart.zones);
    let mut taken: Vec<LabelBox> = chart::draw_sensors(&mut svg, &sheet, sensors);
    let (stay, differ): (Vec<_>, Vec<_>) =
        comparison.changes.iter().partition(|change| matches!(change, Change::Stays(_)));
    for change in &stay {
        svg.circle(sheet.at(change.alert().position), 4.0, &format!("fill=\"{}\"", look(change).0));
    }
    for (change, number) in differ.iter().zip(1..) {
        if let Change::Moves { from, to } = change {
            let line = vec![sheet.at(from.position), sheet.at(to.position)];
            svg.path(&[line], false, &format!("fill=\"none\" stroke=\"{}\" stroke-width=\"2\"", look(change).0));
        }
        let place = sheet.at(change.alert().position);
        let at = free_place(place, &taken);
        taken.push(around(at, MARK));
        svg.path(&[vec![place, at]], false, &format!("fill=\"none\" stroke=\"{}\"", look(change).0));
        mark(&mut svg, at, change, number);
    }
    svg.close();
    chart::draw_scale(&mut svg, &sheet);
    title(&mut svg, comparison, differ.len());
    list(&mut svg, &sheet, &differ, stay.len());
    svg.finish()
}

fn mark(svg: &mut Svg, at: Point, change: &Change, number: usize) {
    let colour = look(change).0;
    svg.circle(at, MARK, &format!("fill=\"#ffffff\" stroke=\"{colour}\" stroke-width=\"2.5\""));
    let place = Point { x: at.x, y: at.y + 3.8 };
    svg.label(place, 10.5, Anchor::Middle, &format!("font-weight=\"700\" fill=\"{colour}\""), &number.to_string());
}

fn title(svg: &mut Svg, comparison: &Comparison, differ: usize) {
    let text = format!("{} · what the new rules change · 新规则的影响", comparison.name);
    svg.label(Point { x: 20.0, y: 42.0 }, 22.0, Anchor::Start, &format!("font-weight=\"700\" {INK}"), &text);
    let text = format!(
        "{:.1} h · {differ} differ 有变化 · {:.1} alerts an hour by the new rules 新规则每小时告警",
        comparison.hours,
        comparison.alerts_an_hour()
    );
    svg.label(Point { x: 20.0, y: 66.0 }, 14.0, Anchor::Start, SOFT, &text);
}

fn list(svg: &mut Svg, sheet: &Sheet, differ: &[&Change], stay: usize) {
    let x = sheet.panel_x();
    let mut y = sheet.map_corner().y + 12.0;
    svg.label(Point { x, y }, 14.0, Anchor::Start, &format!("font-weight=\"700\" {INK}"), "Alerts 告警");
    for (change, number) in differ.iter().zip(1..) {
        y += ENTRY;
        mark(svg, Point { x: x + 10.0, y: y - 7.0 }, change, number);
        let (colour, words) = look(change);
        let alert = change.alert();
        let kind = format!("{words}: {} {}", alert.kind.as_str().replace('_', " "), alert.kind.as_zh());
        let style = format!("font-weight=\"600\" fill=\"{colour}\"");
        svg.label(Point { x: x + 28.0, y: y - 9.0 }, 12.5, Anchor::Start, &style, &kind);
        svg.label(Point { x: x + 28.0, y: y + 5.0 }, 11.0, Anchor::Start, SOFT, &facts(change, alert));
    }
    y += ENTRY;
    let (colour, text) = ("#8b979e", format!("{stay} stay as told 不变"));
    svg.circle(Point { x: x + 10.0, y: y - 7.0 }, 4.0, &format!("fill=\"{colour}\""));
    svg.label(Point { x: x + 28.0, y: y - 3.0 }, 12.0, Anchor::Start, SOFT, &text);
}

/// When, who, and the grade; of what moves, both.
fn facts(change: &Change, alert: &Alert) -> String {
    let when = |alert: &Alert| clock(alert.confirmed.unwrap_or(alert.raised));
    let who = alert.mmsi.map_or_else(|| alert.track.to_string(), |mmsi| format!("{} · MMSI {mmsi}", alert.track));
    match change {
        Change::Moves { from, to } => format!(
            "{} → {} · grade 等级 {} → {} · {who}",
            when(from),
            when(to),
            from.grade.number(),
            to.grade.number()
        ),
        _ => format!("{} · grade 等级 {} · {who}", when(alert), alert.grade.number()),
    }
}

/// `18:20`, UTC.
fn clock(time: EventTime) -> String {
    time.to_string().chars().skip(11).take(5).collect()
}
