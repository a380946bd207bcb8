//! The tracks of the picture, coloured by what held them, with a mark where each was seen last.

use super::read::{Output, Row, Truth};
use super::sheet::Sheet;
use super::svg::{Point, Svg, simplified};
use crate::geodesy::distance_m;

/// Lines are drawn to so many pixels.
const TOLERANCE: f64 = 0.3;
/// A track without rows for longer is not joined by a line: nobody knows where it was.
const GAP_S: f64 = 60.0;
/// What moves less in all the time that it was seen stands still: a buoy, a raft, a moored boat. Metres.
const STILL_M: f64 = 200.0;
/// Slower than this a mark shows no course, m/s.
const SLOW_MPS: f64 = 0.5;

/// What is known of a track at an instant, in the order of the legend.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Look {
    /// It sends AIS.
    Ais,
    /// It has an identity, but is held by radar or camera alone.
    Silent,
    /// Nobody knows who it is; held by radar.
    Dark,
    /// Nobody knows who it is; a camera saw it.
    DarkSeen,
    /// Nobody knows what it is, and it stands still.
    Still,
}

impl Look {
    /// All, in the order in which they are drawn: the dark craft on top.
    pub(super) const ALL: [Self; 5] = [Self::Still, Self::Ais, Self::Silent, Self::Dark, Self::DarkSeen];

    fn of(row: &Row, still: bool) -> Self {
        match (row.held_by.ais, row.mmsi.is_some(), row.held_by.eo) {
            (true, ..) => Self::Ais,
            (false, true, _) => Self::Silent,
            (false, false, _) if still => Self::Still,
            (false, false, true) => Self::DarkSeen,
            (false, false, false) => Self::Dark,
        }
    }

    /// Colour of line and mark.
    pub(super) const fn colour(self) -> &'static str {
        match self {
            Self::Ais => "#3c6e9f",
            Self::Silent => "#d99a1c",
            Self::Dark => "#c22f2f",
            Self::DarkSeen => "#8d1f6e",
            Self::Still => "#8b979e",
        }
    }

    /// Width of the line in pixels.
    pub(super) const fn width(self) -> f64 {
        match self {
            Self::Ais | Self::Still => 1.2,
            Self::Silent => 1.8,
            Self::Dark | Self::DarkSeen => 2.6,
        }
    }

    /// What the legend says, in English and Chinese.
    pub(super) const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Ais => ("sends AIS", "发送AIS"),
            Self::Silent => ("known, AIS silent", "身份已知，AIS静默"),
            Self::Dark => ("dark: radar only", "无AIS：仅雷达"),
            Self::DarkSeen => ("dark: seen by camera", "无AIS：光电可见"),
            Self::Still => ("unknown, stands still", "不明静止目标"),
        }
    }
}

/// Draws all tracks.
pub(super) fn draw(svg: &mut Svg, sheet: &Sheet, output: &Output) {
    // A craft that an alert is about is no buoy, however still it lies.
    let told = |track: &str| output.alerts.iter().any(|alert| alert.track == track);
    for look in Look::ALL {
        svg.open(&format!(
            "fill=\"none\" stroke=\"{}\" stroke-width=\"{}\" stroke-linejoin=\"round\" stroke-linecap=\"round\"",
            look.colour(),
            look.width()
        ));
        for (track, rows) in &output.tracks {
            let still = stands_still(rows) && !told(track);
            let lines: Vec<Vec<Point>> =
                pieces(rows, still, look).iter().map(|piece| simplified(&points(sheet, piece), TOLERANCE)).collect();
            if look != Look::Still {
                svg.path(&lines, false, "");
            }
        }
        svg.close();
        for (track, rows) in &output.tracks {
            let Some(last) = rows.last() else { continue };
            if Look::of(last, stands_still(rows) && !told(track)) == look {
                mark(svg, sheet.at(last.position), look, (last.sog_mps > SLOW_MPS).then_some(last.cog_deg));
            }
        }
    }
}

/// Draws where vessels really were, and where events were.
pub(super) fn draw_truth(svg: &mut Svg, sheet: &Sheet, truth: &Truth) {
    svg.open("fill=\"none\" stroke=\"#000000\" stroke-opacity=\"0.35\" stroke-width=\"4\" stroke-linejoin=\"round\"");
    for positions in truth.vessels.values() {
        let line: Vec<Point> = positions.iter().map(|position| sheet.at(*position)).collect();
        svg.path(&[simplified(&line, TOLERANCE)], false, "");
    }
    svg.close();
    for event in &truth.events {
        let at = sheet.at(crate::geodesy::LatLon::new(event.lat, event.lon));
        svg.circle(at, 11.0, "fill=\"none\" stroke=\"#000000\" stroke-opacity=\"0.6\" stroke-dasharray=\"3 2\"");
        let place = Point { x: at.x, y: at.y - 14.0 };
        svg.label(place, 9.0, super::svg::Anchor::Middle, "fill=\"#000000\" fill-opacity=\"0.6\"", &event.kind);
    }
}

/// The mark of a track: an arrow along its course, or a dot where it has none.
pub(super) fn mark(svg: &mut Svg, at: Point, look: Look, cog_deg: Option<f64>) {
    let colour = look.colour();
    match (look, cog_deg) {
        (Look::Still, _) => svg.circle(at, 2.2, &format!("fill=\"#ffffff\" stroke=\"{colour}\" stroke-width=\"1.2\"")),
        (_, None) => svg.circle(at, 2.6 + look.width() / 3.0, &format!("fill=\"{colour}\"")),
        (_, Some(course)) => {
            let size = 3.6 + look.width();
            let turn = format!("translate({:.1} {:.1}) rotate({course:.0})", at.x, at.y);
            let shape = format!(
                "M0 {:.1}L{:.1} {:.1}L0 {:.1}L{:.1} {:.1}z",
                -size,
                size * 0.6,
                size * 0.8,
                size * 0.4,
                -size * 0.6,
                size * 0.8
            );
            svg.element("path", &format!("d=\"{shape}\" transform=\"{turn}\" fill=\"{colour}\""));
        }
    }
}

fn points(sheet: &Sheet, rows: &[Row]) -> Vec<Point> {
    rows.iter().map(|row| sheet.at(row.position)).collect()
}

/// The stretches of a track that look like `look`. A stretch begins where the one before ended, so that no line is broken
/// where only the colour changes.
fn pieces(rows: &[Row], still: bool, look: Look) -> Vec<&[Row]> {
    let mut pieces = Vec::new();
    let mut begin = 0;
    for end in 1..=rows.len() {
        let ends = end == rows.len()
            || Look::of(&rows[end], still) != Look::of(&rows[begin], still)
            || rows[end].time_s - rows[end - 1].time_s > GAP_S;
        if ends {
            if Look::of(&rows[begin], still) == look {
                let joined = begin > 0 && rows[begin].time_s - rows[begin - 1].time_s <= GAP_S;
                pieces.push(&rows[begin - usize::from(joined)..end]);
            }
            begin = end;
        }
    }
    pieces
}

fn stands_still(rows: &[Row]) -> bool {
    rows.first().is_some_and(|first| rows.iter().all(|row| distance_m(first.position, row.position) < STILL_M))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geodesy::LatLon;
    use crate::plot::read::HeldBy;

    fn row(time_s: f64, mmsi: Option<u32>, ais: bool) -> Row {
        let position = LatLon::new(20.0, 110.0 + time_s * 1e-4);
        Row { time_s, position, sog_mps: 10.0, cog_deg: 90.0, mmsi, held_by: HeldBy { ais, eo: false } }
    }

    #[test]
    fn a_vessel_that_falls_silent_changes_colour_without_a_break() {
        let known = Some(412_000_001);
        let rows = [row(0.0, known, true), row(10.0, known, true), row(20.0, known, false), row(30.0, known, false)];
        assert_eq!(pieces(&rows, false, Look::Ais).len(), 1);
        let silent = pieces(&rows, false, Look::Silent);
        assert_eq!((silent.len(), silent[0].len(), silent[0][0].time_s), (1, 3, 10.0));
    }

    #[test]
    fn a_hole_in_time_is_left_open() {
        let rows = [row(0.0, None, false), row(10.0, None, false), row(300.0, None, false), row(310.0, None, false)];
        let dark = pieces(&rows, false, Look::Dark);
        assert_eq!(dark.iter().map(|piece| piece.len()).collect::<Vec<_>>(), [2, 2]);
    }

    #[test]
    fn what_nobody_knows_and_never_moves_is_no_dark_craft() {
        let rows = [row(0.0, None, false), row(10.0, None, false)];
        assert!(stands_still(&rows));
        assert_eq!(Look::of(&rows[0], true), Look::Still);
        assert_eq!(Look::of(&row(0.0, Some(1), true), true), Look::Ais);
    }
}
