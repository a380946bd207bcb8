//! The alerts on the map: a numbered badge each, with its kind beside it where there is room.

use super::read::AlertRow;
use super::sheet::Sheet;
use super::svg::{Anchor, Point, Svg, text_width};
use crate::behaviour::Kind;
use crate::geodesy::LatLon;

const BADGE: f64 = 9.0;
const LABEL: f64 = 11.5;

/// What officers call a kind of event, in English and Chinese; the word itself when it is a new one.
pub(super) fn kind_words(word: &str) -> (String, &'static str) {
    let kind = Kind::ALL.into_iter().find(|kind| kind.as_str() == word);
    (word.replace('_', " "), kind.map_or("", Kind::as_zh))
}

/// A box on the map that is taken, in pixels.
#[derive(Clone, Copy, Debug)]
pub(super) struct LabelBox {
    pub(super) left: f64,
    pub(super) top: f64,
    pub(super) right: f64,
    pub(super) foot: f64,
}

impl LabelBox {
    fn meets(&self, other: &Self) -> bool {
        self.left < other.right && other.left < self.right && self.top < other.foot && other.top < self.foot
    }
}

/// Draws all alerts, numbered from 1 as in the panel; no label goes over one of `others`.
pub(super) fn draw(svg: &mut Svg, sheet: &Sheet, alerts: &[AlertRow], others: &[LabelBox]) {
    let mut taken: Vec<LabelBox> = others.to_vec();
    let mut badges = Vec::new();
    for alert in alerts {
        let place = sheet.at(LatLon::new(alert.lat, alert.lon));
        let at = free_place(place, &taken);
        taken.push(around(at, BADGE));
        badges.push((place, at));
    }
    for (place, at) in badges.iter().filter(|(place, at)| place != at) {
        svg.path(&[vec![*place, *at]], false, "fill=\"none\" stroke=\"#7a1f1f\" stroke-width=\"1\"");
        svg.circle(*place, 2.0, "fill=\"#7a1f1f\"");
    }
    for ((alert, (_, at)), number) in alerts.iter().zip(&badges).zip(1..) {
        badge(svg, *at, number);
        let (english, chinese) = kind_words(&alert.kind);
        label(svg, sheet, *at, &format!("{english} {chinese}"), &mut taken);
    }
}

/// A badge with the number of an alert.
pub(super) fn badge(svg: &mut Svg, at: Point, number: usize) {
    svg.circle(at, BADGE, "fill=\"#ffffff\" stroke=\"#7a1f1f\" stroke-width=\"2\"");
    let place = Point { x: at.x, y: at.y + 3.8 };
    svg.label(place, 10.5, Anchor::Middle, "font-weight=\"700\" fill=\"#7a1f1f\"", &number.to_string());
}

/// The place itself, or the nearest of those on rings around it where no other badge lies.
pub(super) fn free_place(place: Point, taken: &[LabelBox]) -> Point {
    let rings = [0.0, 22.0, 44.0, 66.0];
    let candidates = rings.iter().flat_map(|radius| {
        (0..8).map(move |eighth| {
            let (sin, cos) = (f64::from(eighth) * std::f64::consts::FRAC_PI_4).sin_cos();
            Point { x: place.x + radius * cos, y: place.y + radius * sin }
        })
    });
    let mut free = candidates.filter(|at| !taken.iter().any(|other| other.meets(&around(*at, BADGE + 1.0))));
    free.next().unwrap_or(place)
}

/// Writes the label right, left, above or below; nowhere when all four are taken: the panel has it too.
fn label(svg: &mut Svg, sheet: &Sheet, at: Point, text: &str, taken: &mut Vec<LabelBox>) {
    let wide = text_width(text, LABEL);
    let centres = [
        Point { x: at.x + BADGE + 4.0 + wide / 2.0, y: at.y },
        Point { x: at.x - BADGE - 4.0 - wide / 2.0, y: at.y },
        Point { x: at.x, y: at.y - BADGE - 9.0 },
        Point { x: at.x, y: at.y + BADGE + 9.0 },
    ];
    for centre in centres {
        let needs = LabelBox {
            left: centre.x - wide / 2.0,
            right: centre.x + wide / 2.0,
            top: centre.y - LABEL / 2.0,
            foot: centre.y + LABEL / 2.0,
        };
        let inside =
            sheet.shows(Point { x: needs.left, y: needs.top }) && sheet.shows(Point { x: needs.right, y: needs.foot });
        if inside && !taken.iter().any(|other| other.meets(&needs)) {
            let style =
                "font-weight=\"600\" fill=\"#7a1f1f\" stroke=\"#ffffff\" stroke-width=\"3\" paint-order=\"stroke\"";
            svg.label(Point { x: centre.x, y: centre.y + 4.0 }, LABEL, Anchor::Middle, style, text.trim_end());
            taken.push(needs);
            return;
        }
    }
}

/// The box around a badge.
pub(super) fn around(at: Point, radius: f64) -> LabelBox {
    LabelBox { left: at.x - radius, right: at.x + radius, top: at.y - radius, foot: at.y + radius }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn badges_at_one_place_do_not_cover_each_other() {
        let place = Point { x: 100.0, y: 100.0 };
        let mut taken = Vec::new();
        for _ in 0..9 {
            let at = free_place(place, &taken);
            assert!(!taken.iter().any(|other: &LabelBox| other.meets(&around(at, BADGE))));
            taken.push(around(at, BADGE));
        }
    }
}
