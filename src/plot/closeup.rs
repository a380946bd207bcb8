//! One alert close up: the coast, the tracks of both vessels, and the evidence with its times.

use std::path::{Path, PathBuf};

use super::alerts::kind_words;
use super::chart;
use super::detail::{AlertDetail, EvidenceDetail, GeometryDetail};
use super::read::{Output, Row};
use super::sheet::{PANEL_WIDE, Sheet};
use super::svg::{Anchor, Point, Svg, simplified, text_width};
use super::{PlotError, Plotted, read, write};
use crate::geodesy::{LatLon, metres_per_degree};
use crate::recording::Recording;
use crate::units::EventTime;

/// Tracks are drawn from so long before the behaviour began to so long after it ended, in seconds.
const AROUND_S: f64 = 1_200.0;
/// The map shows at least so many metres to each side of what happened.
const MARGIN_M: f64 = 600.0;
/// So many times are written along a track, about.
const TIMES: f64 = 6.0;
/// Vessels of an alert, and colours of their tracks.
const COLOURS: [&str; 2] = ["#c22f2f", "#2459a8"];
const INK: &str = "fill=\"#22303a\"";
const SOFT: &str = "fill=\"#5d6b74\"";

/// A line of the panel: indent, size, style, text.
struct Line {
    indent: f64,
    size: f64,
    style: String,
    text: String,
}

/// Draws the alert `id` of the replay in `out` of the scenario in `folder`, into a file of its own in `out`.
///
/// # Errors
/// [`PlotError`] when there is no such alert, or something cannot be read or written.
pub fn plot_alert(folder: &Path, out: &Path, id: &str) -> Result<Plotted, PlotError> {
    let scenario = Recording::describe(folder)?;
    let sea = scenario.chart(None)?;
    let alert = AlertDetail::find(out, id)?;
    let output = Output::read(out)?;
    let start = scenario.start.unwrap_or_default();
    let (from_s, to_s) =
        (alert.began_s - AROUND_S, alert.end_s.unwrap_or(alert.raised_s).max(alert.raised_s) + AROUND_S);
    let vessels: Vec<(&str, &[Row])> = [Some(&alert.track), alert.other_track.as_ref()]
        .into_iter()
        .flatten()
        .map(|track| (track.as_str(), between(output.tracks.get(track).map_or(&[], Vec::as_slice), from_s, to_s)))
        .collect();
    let sheet = Sheet::of(area(&alert, &vessels));
    let panel = panel(&alert, &vessels, start);
    let panel_high: f64 = panel.iter().map(|line| line.size * 1.45).sum();

    let mut svg = Svg::new(sheet.width(), sheet.height().max(sheet.map_corner().y + panel_high + 40.0));
    svg.open_clipped(&sheet);
    chart::draw(&mut svg, &sheet, &read::land_rings(folder)?, &sea.zones);
    for ((_, rows), colour) in vessels.iter().zip(COLOURS) {
        draw_track(&mut svg, &sheet, rows, colour, start, to_s - from_s);
    }
    for (item, number) in alert.evidence.iter().zip(1..) {
        draw_evidence(&mut svg, &sheet, item, number);
    }
    place_mark(&mut svg, sheet.at(LatLon::new(alert.lat, alert.lon)));
    svg.close();
    chart::draw_scale(&mut svg, &sheet);
    title(&mut svg, &alert);
    draw_panel(&mut svg, &sheet, &panel);
    let path = out.join(file_name(id));
    let text = svg.finish();
    write(&path, &text)?;
    Ok(Plotted { path, bytes: text.len(), tracks: vessels.len(), alerts: 1 })
}

/// The name of its picture: an id is of our making, but the file may have been edited.
fn file_name(id: &str) -> PathBuf {
    let plain: String =
        id.chars().map(|c| if c.is_ascii_alphanumeric() || "-_".contains(c) { c } else { '_' }).collect();
    PathBuf::from(format!("alert-{plain}.svg"))
}

fn between(rows: &[Row], from_s: f64, to_s: f64) -> &[Row] {
    let first = rows.partition_point(|row| row.time_s < from_s);
    let end = rows.partition_point(|row| row.time_s <= to_s);
    rows.get(first..end.max(first)).unwrap_or(&[])
}

/// The box around tracks, place and evidence, with a margin.
fn area(alert: &AlertDetail, vessels: &[(&str, &[Row])]) -> [f64; 4] {
    let tracks = vessels.iter().flat_map(|(_, rows)| rows.iter().map(|row| row.position));
    let evidence = alert.evidence.iter().filter_map(|item| item.geometry.as_ref()).flat_map(GeometryDetail::places);
    let place = LatLon::new(alert.lat, alert.lon);
    let mut bounds = [place.lon_deg, place.lat_deg, place.lon_deg, place.lat_deg];
    for position in tracks.chain(evidence) {
        let [west, south, east, north] = bounds;
        bounds = [
            west.min(position.lon_deg),
            south.min(position.lat_deg),
            east.max(position.lon_deg),
            north.max(position.lat_deg),
        ];
    }
    let [west, south, east, north] = bounds;
    let scale = metres_per_degree(place.lat_deg.clamp(-89.0, 89.0));
    let wide = MARGIN_M.max((east - west) * scale.lon_m * 0.1) / scale.lon_m;
    let high = MARGIN_M.max((north - south) * scale.lat_m * 0.1) / scale.lat_m;
    [west - wide, south - high, east + wide, north + high]
}

/// A track, with the time written beside it now and then and an arrow where it ends.
fn draw_track(svg: &mut Svg, sheet: &Sheet, rows: &[Row], colour: &str, start: EventTime, span_s: f64) {
    let line: Vec<Point> = rows.iter().map(|row| sheet.at(row.position)).collect();
    svg.path(&[simplified(&line, 0.3)], false, &format!("fill=\"none\" stroke=\"{colour}\" stroke-width=\"2.4\""));
    let every_s = ((span_s / TIMES / 60.0).ceil() * 60.0).max(60.0);
    let mut next_s = f64::NEG_INFINITY;
    let mut written: Option<Point> = None;
    for (row, at) in rows.iter().zip(&line) {
        let last = rows.last().is_some_and(|last| last.time_s == row.time_s);
        if row.time_s < next_s && !last {
            continue;
        }
        next_s = (row.time_s / every_s).floor() * every_s + every_s;
        svg.circle(*at, 2.8, &format!("fill=\"{colour}\""));
        // Times of a vessel that lies still would lie on one another.
        if written.is_none_or(|before| (before.x - at.x).hypot(before.y - at.y) > 34.0) {
            let place = Point { x: at.x + 6.0, y: at.y - 5.0 };
            let style = format!("fill=\"{colour}\" stroke=\"#ffffff\" stroke-width=\"3\" paint-order=\"stroke\"");
            svg.label(place, 11.0, Anchor::Start, &style, &clock(start, row.time_s));
            written = Some(*at);
        }
    }
}

fn draw_evidence(svg: &mut Svg, sheet: &Sheet, item: &EvidenceDetail, number: usize) {
    let Some(geometry) = &item.geometry else { return };
    let line: Vec<Point> = geometry.places().map(|place| sheet.at(place)).collect();
    let style = "fill=\"none\" stroke=\"#6b3fa0\" stroke-width=\"1.6\" stroke-dasharray=\"6 4\"";
    svg.path(std::slice::from_ref(&line), false, style);
    let Some(end) = line.last() else { return };
    if let Some(radius_m) = geometry.radius_m {
        svg.circle(*end, (sheet.pixels(radius_m) * 10.0).round() / 10.0, style);
    }
    svg.circle(*end, 8.0, "fill=\"#ffffff\" stroke=\"#6b3fa0\" stroke-width=\"1.6\"");
    let place = Point { x: end.x, y: end.y + 3.6 };
    svg.label(place, 10.0, Anchor::Middle, "font-weight=\"700\" fill=\"#6b3fa0\"", &number.to_string());
}

/// Where it was told.
fn place_mark(svg: &mut Svg, at: Point) {
    svg.circle(at, 14.0, "fill=\"none\" stroke=\"#7a1f1f\" stroke-width=\"2\"");
}

fn title(svg: &mut Svg, alert: &AlertDetail) {
    let (english, chinese) = kind_words(&alert.kind);
    let text = format!("{english} {chinese} · grade 等级 {} · {} points 分", alert.grade, alert.score);
    svg.label(Point { x: 20.0, y: 42.0 }, 22.0, Anchor::Start, &format!("font-weight=\"700\" {INK}"), &text);
    svg.label(Point { x: 20.0, y: 66.0 }, 14.0, Anchor::Start, SOFT, &alert.id);
}

/// What stands beside the map, from top to bottom.
fn panel(alert: &AlertDetail, vessels: &[(&str, &[Row])], start: EventTime) -> Vec<Line> {
    let mut lines = Vec::new();
    let bold = |colour: &str| format!("font-weight=\"700\" fill=\"{colour}\"");
    let end = alert.end_s.map_or("…".to_owned(), |end_s| clock(start, end_s));
    let day: String = start.plus_seconds(alert.began_s).to_string().chars().take(10).collect();
    let when = format!("{day} {}–{end} UTC, told 告警 {}", clock(start, alert.began_s), clock(start, alert.raised_s));
    put(&mut lines, 0.0, 13.0, &bold("#22303a"), &when);
    let near = [alert.near.as_deref(), alert.near_zh.as_deref()];
    near.into_iter().flatten().for_each(|near| put(&mut lines, 0.0, 12.0, INK, near));
    for (((track, _), colour), mmsi) in vessels.iter().zip(COLOURS).zip([alert.mmsi, alert.other_mmsi]) {
        let who = mmsi.map_or("no AIS 无AIS".to_owned(), |mmsi| format!("MMSI {mmsi:09}"));
        put(&mut lines, 0.0, 12.0, &bold(colour), &format!("{track} · {who}"));
    }
    put(&mut lines, 0.0, 8.0, INK, "");
    put(&mut lines, 0.0, 14.0, &bold("#22303a"), "Evidence 证据");
    for (item, number) in alert.evidence.iter().zip(1..) {
        let (from, to) = (clock(start, item.from_s), clock(start, item.to_s));
        let weight = if item.weight == 0.0 { String::new() } else { format!(" · {:+} points 分", item.weight) };
        put(&mut lines, 0.0, 12.0, &bold("#6b3fa0"), &format!("{number}  {from}–{to}{weight}"));
        put(&mut lines, 14.0, 12.0, INK, &item.en);
        put(&mut lines, 14.0, 12.0, SOFT, &item.zh);
    }
    put(&mut lines, 0.0, 8.0, INK, "");
    put(&mut lines, 0.0, 14.0, &bold("#22303a"), "Honest causes 正当理由");
    for cause in &alert.honest_causes {
        let verdict = cause.verdict.replace('_', " ");
        let weight = if cause.weight == 0.0 { String::new() } else { format!(" · {:+} points 分", cause.weight) };
        put(&mut lines, 0.0, 12.0, &bold("#5d6b74"), &format!("{verdict}{weight}"));
        put(&mut lines, 14.0, 12.0, INK, &cause.en);
        put(&mut lines, 14.0, 12.0, SOFT, &cause.zh);
    }
    lines
}

/// Adds a text, in as many lines as it takes.
fn put(lines: &mut Vec<Line>, indent: f64, size: f64, style: &str, text: &str) {
    for text in wrapped(text, size, PANEL_WIDE - indent) {
        lines.push(Line { indent, size, style: style.to_owned(), text });
    }
}

/// A text cut into lines of a width in pixels: between words, or between any two Chinese characters.
fn wrapped(text: &str, size: f64, wide: f64) -> Vec<String> {
    let mut lines = vec![String::new()];
    let mut word = String::new();
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        word.push(character);
        let breaks = character == ' ' || !character.is_ascii() || characters.peek().is_none_or(|next| !next.is_ascii());
        if !breaks {
            continue;
        }
        let Some(line) = lines.last_mut() else { break };
        if line.is_empty() || text_width(line, size) + text_width(word.trim_end(), size) <= wide {
            line.push_str(&word);
        } else {
            lines.push(word.clone());
        }
        word.clear();
    }
    lines
}

fn draw_panel(svg: &mut Svg, sheet: &Sheet, lines: &[Line]) {
    let mut y = sheet.map_corner().y;
    for Line { indent, size, style, text } in lines {
        y += size * 1.45;
        if !text.is_empty() {
            svg.label(Point { x: sheet.panel_x() + indent, y }, *size, Anchor::Start, style, text.trim_end());
        }
    }
}

/// `18:20`, UTC.
fn clock(start: EventTime, second: f64) -> String {
    start.plus_seconds(second).to_string().chars().skip(11).take(5).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_between_words_and_chinese_characters_and_loses_nothing() {
        for text in [
            "It has lain within 40 m of the shore for 12 min, at less than half a knot.",
            "近30分钟平均航速0.3米/秒，低于1.0米/秒的阈值。",
            "",
        ] {
            let lines = wrapped(text, 12.0, 120.0);
            assert_eq!(lines.concat(), text);
            assert!(lines.iter().all(|line| text_width(line.trim_end(), 12.0) <= 120.0), "{lines:?}");
        }
        assert_eq!(wrapped("word", 12.0, 1.0), ["word"], "a word longer than a line has one of its own");
    }

    #[test]
    fn the_rows_of_an_interval_are_those_in_it() {
        assert!(between(&[], 0.0, 10.0).is_empty());
        assert_eq!(file_name("a/../b:c"), PathBuf::from("alert-a____b_c.svg"));
    }
}
