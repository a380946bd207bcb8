//! What stands around the map: title, list of alerts, legend, where the data come from.

use super::alerts::{badge, kind_words};
use super::chart::{ZONE_LOOKS, sensor_mark};
use super::read::{AlertRow, Output};
use super::sheet::{MARGIN, PANEL_WIDE, Sheet};
use super::svg::{Anchor, Point, Svg};
use super::tracks::{Look, mark};
use crate::recording::Recording;
use crate::units::EventTime;

const INK: &str = "fill=\"#22303a\"";
const SOFT: &str = "fill=\"#5d6b74\"";
/// Height of an entry of the list of alerts.
const ENTRY: f64 = 34.0;
/// Height of a line of the legend.
const ROW: f64 = 21.0;

/// Draws title, list, legend and foot.
pub(super) fn draw(
    svg: &mut Svg,
    sheet: &Sheet,
    scenario: &Recording,
    output: &Output,
    with_truth: bool,
    attribution: &str,
) {
    title(svg, scenario, output);
    let legend_rows = Look::ALL.len() + ZONE_LOOKS.len() + 1 + usize::from(with_truth);
    let foot = sheet.map_corner().y + sheet.map_size().y;
    let legend_top = foot - ROW * legend_rows as f64;
    let room = ((legend_top - 60.0 - sheet.map_corner().y) / ENTRY).max(0.0) as usize;
    list(svg, sheet, &output.alerts, room, scenario.start);
    legend(svg, sheet, legend_top, with_truth);
    let attribution = if attribution.is_empty() { "chart: see the source of coastline.geojson" } else { attribution };
    let text = format!("Not for navigation. 不可用于航行。 {attribution}");
    svg.label(Point { x: MARGIN, y: foot + 17.0 }, 10.0, Anchor::Start, SOFT, &shortened(&text, 220));
}

fn title(svg: &mut Svg, scenario: &Recording, output: &Output) {
    let at = Point { x: MARGIN, y: MARGIN + 22.0 };
    svg.label(
        at,
        22.0,
        Anchor::Start,
        "font-weight=\"700\" fill=\"#22303a\"",
        &format!("{} · one picture of the sea and its alerts · 海面态势与告警", shortened(&scenario.name, 40)),
    );
    let when = match scenario.span() {
        Some((from, to)) => format!("{} – {} UTC", minute(from), minute(to).split(' ').next_back().unwrap_or_default()),
        None => String::new(),
    };
    let text = format!("{when} · {} tracks 航迹 · {} alerts 告警", output.tracks.len(), output.alerts.len());
    svg.label(Point { x: MARGIN, y: MARGIN + 46.0 }, 14.0, Anchor::Start, SOFT, &text);
}

/// The first alerts, as many as there is room for, and how many more there are.
fn list(svg: &mut Svg, sheet: &Sheet, alerts: &[AlertRow], room: usize, start: Option<EventTime>) {
    let x = sheet.panel_x();
    let mut y = sheet.map_corner().y + 12.0;
    heading(svg, Point { x, y }, "Alerts 告警");
    let shown = if alerts.len() > room { room.saturating_sub(1) } else { alerts.len() };
    for (alert, number) in alerts.iter().take(shown).zip(1..) {
        y += ENTRY;
        badge(svg, Point { x: x + 10.0, y: y - 7.0 }, number);
        let (english, chinese) = kind_words(&alert.kind);
        let at = Point { x: x + 28.0, y: y - 9.0 };
        svg.label(at, 12.5, Anchor::Start, &format!("font-weight=\"600\" {INK}"), &format!("{english} {chinese}"));
        let when = start.map_or_else(
            || format!("{:.0} s", alert.raised_s),
            |start| minute(start.plus_seconds(alert.raised_s)).split(' ').next_back().unwrap_or_default().to_owned(),
        );
        let who = alert.mmsi.map_or_else(|| "no AIS 无AIS".to_owned(), |mmsi| format!("MMSI {mmsi:09}"));
        let text = format!("{when} · {} · {who}", shortened(&alert.track, 16));
        svg.label(Point { x: x + 28.0, y: y + 5.0 }, 11.0, Anchor::Start, SOFT, &text);
    }
    let rest = alerts.len() - shown;
    if rest > 0 {
        let text = format!("and {rest} more 另有{rest}条: alerts.jsonl");
        svg.label(Point { x: x + 28.0, y: y + ENTRY - 9.0 }, 12.0, Anchor::Start, SOFT, &text);
    }
    if alerts.is_empty() {
        svg.label(Point { x, y: y + 24.0 }, 12.0, Anchor::Start, SOFT, "none 无");
    }
}

fn legend(svg: &mut Svg, sheet: &Sheet, top: f64, with_truth: bool) {
    let x = sheet.panel_x();
    heading(svg, Point { x, y: top - 12.0 }, "Legend 图例");
    let mut y = top + 10.0;
    let words = |svg: &mut Svg, y: f64, english: &str, chinese: &str| {
        svg.label(Point { x: x + 48.0, y: y + 4.0 }, 12.0, Anchor::Start, INK, &format!("{english} {chinese}"));
    };
    for look in [Look::Ais, Look::Silent, Look::Dark, Look::DarkSeen, Look::Still] {
        let line = vec![Point { x: x + 2.0, y }, Point { x: x + 36.0, y }];
        if look != Look::Still {
            let style = format!("fill=\"none\" stroke=\"{}\" stroke-width=\"{}\"", look.colour(), look.width());
            svg.path(&[line], false, &style);
        }
        let (at, course) = if look == Look::Still { (18.0, None) } else { (34.0, Some(90.0)) };
        mark(svg, Point { x: x + at, y }, look, course);
        let (english, chinese) = look.words();
        words(svg, y, english, chinese);
        y += ROW;
    }
    for look in &ZONE_LOOKS {
        let area =
            format!("x=\"{:.1}\" y=\"{:.1}\" width=\"34\" height=\"13\" rx=\"2\" {}", x + 2.0, y - 6.5, look.style);
        svg.element("rect", &area);
        words(svg, y, look.english, look.chinese);
        y += ROW;
    }
    sensor_mark(svg, Point { x: x + 19.0, y });
    words(svg, y, "sensor", "传感器");
    if with_truth {
        y += ROW;
        let line = vec![Point { x: x + 2.0, y }, Point { x: x + 36.0, y }];
        svg.path(&[line], false, "fill=\"none\" stroke=\"#000000\" stroke-opacity=\"0.35\" stroke-width=\"4\"");
        words(svg, y, "truth (tracks, events)", "真值");
    }
}

fn heading(svg: &mut Svg, at: Point, text: &str) {
    svg.label(at, 14.0, Anchor::Start, "font-weight=\"700\" fill=\"#22303a\"", text);
    let line = vec![Point { x: at.x, y: at.y + 6.0 }, Point { x: at.x + PANEL_WIDE, y: at.y + 6.0 }];
    svg.path(&[line], false, "fill=\"none\" stroke=\"#c5cdd2\"");
}

/// `2026-04-17 15:06`.
fn minute(time: EventTime) -> String {
    time.to_string().replace('T', " ").chars().take(16).collect()
}

/// A text of at most so many characters: names from outside may be of any length.
fn shortened(text: &str, length: usize) -> String {
    match text.char_indices().nth(length) {
        Some((end, _)) => format!("{}…", text[..end].trim_end()),
        None => text.to_owned(),
    }
}
