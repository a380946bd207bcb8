//! What became of the alerts of each rule, as bars.

use super::svg::{Anchor, Point, Svg};
use crate::life::statistics::{Statistics, Tally};

/// Height of a row in pixels.
const ROW: f64 = 26.0;
/// Where the bars begin, and how wide the longest is.
const BARS_FROM: f64 = 430.0;
const BARS_WIDTH: f64 = 520.0;
/// Height of the title with the legend.
const HEAD: f64 = 64.0;

/// What bars are made of, in order: word, colour, count.
type Part = (&'static str, &'static str, fn(&Tally) -> u32);

const PARTS: [Part; 4] = [
    ("confirmed 属实", "#2a7f4f", |tally| tally.confirmed),
    ("dismissed 排除", "#c9731a", Tally::dismissed_total),
    ("withdrawn 撤回", "#8a8f98", |tally| tally.withdrawn),
    ("open 待处理", "#3d6fb4", |tally| tally.open),
];

/// Bars as long as a group has alerts, cut into what became of them. Alerts that were both judged and taken back by the system
/// count in both parts.
pub fn draw(statistics: &Statistics) -> String {
    let height = HEAD + ROW * statistics.groups.len() as f64 + 20.0;
    let mut svg = Svg::new(BARS_FROM + BARS_WIDTH + 80.0, height);
    let label = |svg: &mut Svg, x: f64, y: f64, size: f64, text: &str| {
        svg.label(Point { x, y }, size, Anchor::Start, "fill=\"#1c2733\"", text);
    };
    label(&mut svg, 20.0, 26.0, 16.0, "Alerts and what became of them 告警处置");
    for (index, (word, colour, _)) in PARTS.iter().enumerate() {
        let x = BARS_FROM + index as f64 * 135.0;
        svg.element("rect", &format!("x=\"{x:.1}\" y=\"38\" width=\"12\" height=\"12\" fill=\"{colour}\""));
        label(&mut svg, x + 18.0, 48.0, 12.0, word);
    }
    let parts_of = |tally: &Tally| PARTS.iter().map(|(_, _, count)| count(tally)).sum::<u32>();
    let longest = statistics.groups.values().map(parts_of).max().unwrap_or(0).max(1);
    for (row, (group, tally)) in statistics.groups.iter().enumerate() {
        let top = HEAD + row as f64 * ROW;
        let zone = if group.zone.is_empty() { String::new() } else { format!(" · {}", group.zone) };
        label(&mut svg, 20.0, top + 15.0, 12.0, &format!("{}{zone} · {}", group.kind, group.sensors));
        let mut x = BARS_FROM;
        for (_, colour, count) in PARTS {
            let width = f64::from(count(tally)) / f64::from(longest) * BARS_WIDTH;
            if width > 0.0 {
                let place =
                    format!("x=\"{x:.1}\" y=\"{:.1}\" width=\"{width:.1}\" height=\"{:.1}\"", top + 2.0, ROW - 8.0);
                svg.element("rect", &format!("{place} fill=\"{colour}\""));
            }
            x += width;
        }
        label(&mut svg, x + 6.0, top + 15.0, 12.0, &tally.raised.to_string());
    }
    svg.finish()
}
