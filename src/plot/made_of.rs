//! The picture of one track: the observations that made it, and how far each was from where the track was expected.

use super::chart as ground;
use super::read::{Output, Row, Truth};
use super::sheet::{MARGIN, Sheet};
use super::svg::{Anchor, Point, Svg};
use super::tracks;
use crate::chart::Chart;
use crate::feed::sensor::{SensorKind, SensorTable};
use crate::fusion::{Contribution, Told};
use crate::geodesy::{LatLon, distance_m, polar_to_position};
use crate::recording::Recording;
use crate::replay::Explanation;
use crate::units::{EventTime, SensorId};

const INK: &str = "fill=\"#22303a\"";
const SOFT: &str = "fill=\"#5d6b74\"";
/// A track that no sensor measured for longer runs on by its prediction alone, seconds.
const COASTS_S: f64 = 12.0;
/// What is drawn around the track, as a share of its size, and at least, in metres.
const AROUND: f64 = 0.12;
const AROUND_M: f64 = 400.0;
/// Colours of the sensors in the order of the table, by kind.
const AIS: &str = "#1f6fb2";
const REPORT: &str = "#4b5a63";
const RADARS: [&str; 4] = ["#c2611f", "#7a8f1e", "#0f8a7e", "#a0522d"];
const CAMERAS: [&str; 3] = ["#8d1f6e", "#5b3fa0", "#c2337e"];
/// The strip of residuals below the list of sensors.
const STRIP_WIDE: f64 = 340.0;
const STRIP_HIGH: f64 = 150.0;
/// Its upper end, in sigmas.
const STRIP_SIGMAS: f64 = 5.0;

/// One track, and all that is known of how it came about.
pub(super) struct Story<'a> {
    pub(super) name: &'a str,
    pub(super) rows: &'a [Row],
    pub(super) explanation: &'a Explanation,
    pub(super) sensors: &'a SensorTable,
}

impl Story<'_> {
    /// West, south, east, north of what is drawn.
    fn bounds(&self) -> [f64; 4] {
        let measured = self.explanation.made_of.iter().filter_map(|made| match made.told {
            Told::Position { position, .. } => Some(position),
            Told::Bearing { .. } => None,
        });
        let mut wsen = [f64::INFINITY, f64::INFINITY, f64::NEG_INFINITY, f64::NEG_INFINITY];
        for place in self.rows.iter().map(|row| row.position).chain(measured) {
            wsen = [
                wsen[0].min(place.lon_deg),
                wsen[1].min(place.lat_deg),
                wsen[2].max(place.lon_deg),
                wsen[3].max(place.lat_deg),
            ];
        }
        let [west, south, east, north] = wsen;
        let size_m = distance_m(LatLon::new(south, west), LatLon::new(north, east));
        let margin_m = (size_m * AROUND).max(AROUND_M);
        let (low, high) = (LatLon::new(south, west), LatLon::new(north, east));
        let (low, high) = (low.moved_m(-margin_m, -margin_m), high.moved_m(margin_m, margin_m));
        [low.lon_deg, low.lat_deg, high.lon_deg, high.lat_deg]
    }

    fn seconds(&self, time: EventTime) -> f64 {
        time.seconds_since(self.explanation.start)
    }

    /// The sensors that had a part in it, in the order of the table, each with its colour.
    fn sensors(&self) -> Vec<(SensorId, &str, SensorKind, &'static str)> {
        let (mut radars, mut cameras) = (RADARS.iter().cycle(), CAMERAS.iter().cycle());
        let coloured = self.sensors.iter().map(|(id, sensor)| {
            let colour = match sensor.kind {
                SensorKind::Ais => Some(&AIS),
                SensorKind::Radar => radars.next(),
                SensorKind::Eo => cameras.next(),
                SensorKind::Report => Some(&REPORT),
            };
            (id, sensor.name.as_str(), sensor.kind, colour.copied().unwrap_or(AIS))
        });
        coloured.filter(|(id, ..)| self.explanation.made_of.iter().any(|made| made.sensor == *id)).collect()
    }
}

/// Draws the whole sheet.
pub(super) fn draw(
    story: &Story<'_>,
    scenario: &Recording,
    chart: &Chart,
    land: &[Vec<LatLon>],
    output: &Output,
    truth: Option<&Truth>,
) -> String {
    let sheet = Sheet::of(story.bounds());
    let mut svg = Svg::new(sheet.width(), sheet.height());
    svg.open_clipped(&sheet);
    ground::draw(&mut svg, &sheet, land, &chart.zones);
    if let Some(truth) = truth {
        tracks::draw_truth(&mut svg, &sheet, truth);
    }
    others(&mut svg, &sheet, story, output);
    let sensors = story.sensors();
    for (id, _, kind, colour) in &sensors {
        observations(&mut svg, &sheet, story, *id, *kind, colour);
    }
    way(&mut svg, &sheet, story);
    ground::draw_sensors(&mut svg, &sheet, &scenario.sensors);
    svg.close();
    ground::draw_scale(&mut svg, &sheet);
    title(&mut svg, story, scenario);
    panel(&mut svg, &sheet, story, &sensors, truth.is_some());
    let foot = sheet.map_corner().y + sheet.map_size().y + 17.0;
    let text = format!("Not for navigation. 不可用于航行。 {}", chart.coast.attribution());
    svg.label(Point { x: MARGIN, y: foot }, 10.0, Anchor::Start, SOFT, &text.chars().take(220).collect::<String>());
    svg.finish()
}

/// The other tracks of its time, faint: its plots may have been theirs.
fn others(svg: &mut Svg, sheet: &Sheet, story: &Story<'_>, output: &Output) {
    let span = story.rows.first().zip(story.rows.last()).map(|(first, last)| (first.time_s, last.time_s));
    let Some((from, to)) = span else { return };
    svg.open("fill=\"none\" stroke=\"#9aa5ac\" stroke-width=\"1\"");
    for (_, rows) in output.tracks.iter().filter(|(name, _)| *name != story.name) {
        let line: Vec<Point> = rows
            .iter()
            .filter(|row| (from..=to).contains(&row.time_s))
            .map(|row| sheet.at(row.position))
            .filter(|point| sheet.shows(*point))
            .collect();
        svg.path(&[line], false, "");
    }
    svg.close();
}

/// What one sensor told, with a line from each place to where the track was expected.
fn observations(svg: &mut Svg, sheet: &Sheet, story: &Story<'_>, id: SensorId, kind: SensorKind, colour: &str) {
    let of_sensor = || story.explanation.made_of.iter().filter(|made| made.sensor == id);
    let mut lines = Vec::new();
    for made in of_sensor() {
        match made.told {
            Told::Position { position, residual_m: (east_m, north_m) } => {
                lines.push(vec![sheet.at(position), sheet.at(position.moved_m(-east_m, -north_m))]);
            }
            Told::Bearing { site, azimuth, .. } => {
                // As far as the track is, and a little farther.
                let Some(row) = nearest_row(story, made) else { continue };
                let range_m = distance_m(site, row.position) * 1.02;
                lines.push(vec![sheet.at(site), sheet.at(polar_to_position(site, azimuth, range_m))]);
            }
        }
    }
    svg.path(&lines, false, &format!("fill=\"none\" stroke=\"{colour}\" stroke-width=\"0.7\" stroke-opacity=\"0.55\""));
    for made in of_sensor() {
        let Told::Position { position, .. } = made.told else { continue };
        let at = sheet.at(position);
        let opacity = 0.25 + 0.65 * made.probability.clamp(0.0, 1.0);
        let rim = if made.late { "#000000" } else { colour };
        let style = format!("fill=\"{colour}\" fill-opacity=\"{opacity:.2}\" stroke=\"{rim}\" stroke-width=\"0.8\"");
        match kind {
            SensorKind::Ais | SensorKind::Report => {
                let place = format!("x=\"{:.1}\" y=\"{:.1}\" width=\"6\" height=\"6\"", at.x - 3.0, at.y - 3.0);
                svg.element("rect", &format!("{place} {style}"));
            }
            SensorKind::Radar => svg.circle(at, 2.4, &style),
            SensorKind::Eo => svg.circle(at, 4.0, &style),
        }
    }
}

/// The track itself: whole where it was measured, dashed where it ran on by its prediction alone.
fn way(svg: &mut Svg, sheet: &Sheet, story: &Story<'_>) {
    let mut measured: Vec<f64> = story.explanation.made_of.iter().map(|made| story.seconds(made.time)).collect();
    measured.sort_by(f64::total_cmp);
    let coasts = |row: &Row| {
        let before = measured.partition_point(|time_s| *time_s <= row.time_s);
        before.checked_sub(1).and_then(|place| measured.get(place)).is_none_or(|last| row.time_s - last > COASTS_S)
    };
    let (mut held, mut coasted) = (Vec::new(), Vec::new());
    for (from, to) in story.rows.iter().zip(story.rows.iter().skip(1)) {
        let piece = vec![sheet.at(from.position), sheet.at(to.position)];
        if coasts(to) { coasted.push(piece) } else { held.push(piece) }
    }
    svg.path(&held, false, "fill=\"none\" stroke=\"#14212b\" stroke-width=\"1.6\"");
    svg.path(&coasted, false, "fill=\"none\" stroke=\"#c22f2f\" stroke-width=\"1.6\" stroke-dasharray=\"5 4\"");
    for (row, word) in
        story.rows.first().map(|row| (row, "from")).into_iter().chain(story.rows.last().map(|row| (row, "to")))
    {
        let at = sheet.at(row.position);
        svg.circle(at, 3.5, "fill=\"#14212b\"");
        let time = story.explanation.start.plus_seconds(row.time_s).to_string();
        let clock = time.split('T').next_back().unwrap_or_default().chars().take(8).collect::<String>();
        let style = "fill=\"#14212b\" stroke=\"#ffffff\" stroke-width=\"2.5\" paint-order=\"stroke\"";
        svg.label(Point { x: at.x + 7.0, y: at.y - 6.0 }, 11.0, Anchor::Start, style, &format!("{word} {clock}"));
    }
}

fn nearest_row<'a>(story: &Story<'a>, made: &Contribution) -> Option<&'a Row> {
    let time_s = story.seconds(made.time);
    story.rows.iter().min_by(|a, b| (a.time_s - time_s).abs().total_cmp(&(b.time_s - time_s).abs()))
}

fn title(svg: &mut Svg, story: &Story<'_>, scenario: &Recording) {
    let name =
        format!("{} · what made track {} · 航迹成因", scenario.name.chars().take(40).collect::<String>(), story.name);
    let style = "font-weight=\"700\" fill=\"#22303a\"";
    svg.label(Point { x: MARGIN, y: MARGIN + 22.0 }, 22.0, Anchor::Start, style, &name);
    let mmsi = story.rows.iter().rev().find_map(|row| row.mmsi);
    let who = mmsi.map_or_else(|| "no AIS 无AIS".to_owned(), |mmsi| format!("MMSI {mmsi:09}"));
    let text = format!("{who} · {} observations 观测", story.explanation.made_of.len());
    svg.label(Point { x: MARGIN, y: MARGIN + 46.0 }, 14.0, Anchor::Start, SOFT, &text);
}

/// What each sensor had to do with it, and residuals over time.
fn panel(
    svg: &mut Svg,
    sheet: &Sheet,
    story: &Story<'_>,
    sensors: &[(SensorId, &str, SensorKind, &'static str)],
    with_truth: bool,
) {
    let x = sheet.panel_x();
    let mut y = sheet.map_corner().y + 12.0;
    let heading = "font-weight=\"700\" fill=\"#22303a\"";
    svg.label(Point { x, y }, 14.0, Anchor::Start, heading, "Observations 观测");
    for (id, name, kind, colour) in sensors {
        y += 34.0;
        svg.circle(Point { x: x + 8.0, y: y - 8.0 }, 5.0, &format!("fill=\"{colour}\""));
        let made: Vec<&Contribution> = story.explanation.made_of.iter().filter(|made| made.sensor == *id).collect();
        let mean = |sum: f64| sum / made.len().max(1) as f64;
        let probability = mean(made.iter().map(|made| made.probability).sum());
        let late = made.iter().filter(|made| made.late).count();
        let words = match kind {
            SensorKind::Ais => "AIS",
            SensorKind::Radar => "radar 雷达",
            SensorKind::Eo => "camera 光电",
            SensorKind::Report => "reports 通报",
        };
        let text = format!("{name} · {words} · {}", made.len());
        svg.label(
            Point { x: x + 22.0, y: y - 10.0 },
            12.5,
            Anchor::Start,
            &format!("font-weight=\"600\" {INK}"),
            &text,
        );
        let off = off_in_words(&made);
        let text = format!("{off} · probability 概率 {probability:.2} · late 迟到 {late}");
        svg.label(Point { x: x + 22.0, y: y + 4.0 }, 11.0, Anchor::Start, SOFT, &text);
    }
    y += 34.0;
    svg.label(Point { x, y }, 14.0, Anchor::Start, heading, "Residuals in sigmas 残差（倍标准差）");
    strip(svg, Point { x, y: y + 14.0 }, story, sensors);
    y += 14.0 + STRIP_HIGH + 40.0;
    let mut legend = vec![
        ("#14212b", "track, measured 有观测"),
        ("#c22f2f", "track, predicted only 外推"),
        ("#9aa5ac", "other tracks 其他航迹"),
    ];
    if with_truth {
        legend.push(("#000000", "truth 真值"));
    }
    for (colour, words) in legend {
        let line = vec![Point { x: x + 2.0, y }, Point { x: x + 36.0, y }];
        svg.path(&[line], false, &format!("fill=\"none\" stroke=\"{colour}\" stroke-width=\"1.8\""));
        svg.label(Point { x: x + 48.0, y: y + 4.0 }, 12.0, Anchor::Start, INK, words);
        y += 21.0;
    }
}

/// How far the observations of one sensor were off, root mean square.
fn off_in_words(made: &[&Contribution]) -> String {
    let (mut metres, mut degrees) = (Vec::new(), Vec::new());
    for made in made {
        match made.told {
            Told::Position { residual_m: (east, north), .. } => metres.push(east * east + north * north),
            Told::Bearing { residual_deg, .. } => degrees.push(residual_deg * residual_deg),
        }
    }
    let rms = |squares: &[f64]| (squares.iter().sum::<f64>() / squares.len().max(1) as f64).sqrt();
    match (metres.is_empty(), degrees.is_empty()) {
        (false, true) => format!("off by {:.0} m", rms(&metres)),
        (true, _) => format!("off by {:.2}°", rms(&degrees)),
        (false, false) => format!("off by {:.0} m, {:.2}°", rms(&metres), rms(&degrees)),
    }
}

fn strip(svg: &mut Svg, corner: Point, story: &Story<'_>, sensors: &[(SensorId, &str, SensorKind, &'static str)]) {
    let frame = format!(
        "x=\"{:.1}\" y=\"{:.1}\" width=\"{STRIP_WIDE}\" height=\"{STRIP_HIGH}\" fill=\"#f7f9fa\" stroke=\"#c5cdd2\"",
        corner.x, corner.y
    );
    svg.element("rect", &frame);
    let times = || story.explanation.made_of.iter().map(|made| story.seconds(made.time));
    let (from, to) =
        times().fold((f64::INFINITY, f64::NEG_INFINITY), |(from, to), time| (from.min(time), to.max(time)));
    let height = |sigmas: f64| corner.y + STRIP_HIGH * (1.0 - sigmas.min(STRIP_SIGMAS) / STRIP_SIGMAS);
    for sigmas in 1..STRIP_SIGMAS as u8 {
        let y = height(f64::from(sigmas));
        let line = vec![Point { x: corner.x, y }, Point { x: corner.x + STRIP_WIDE, y }];
        let colour = if sigmas == 3 { "#c22f2f" } else { "#dde3e6" };
        svg.path(&[line], false, &format!("fill=\"none\" stroke=\"{colour}\" stroke-width=\"0.8\""));
        svg.label(Point { x: corner.x + 4.0, y: y - 2.0 }, 9.0, Anchor::Start, SOFT, &sigmas.to_string());
    }
    for (id, _, _, colour) in sensors {
        for made in story.explanation.made_of.iter().filter(|made| made.sensor == *id) {
            let along = (story.seconds(made.time) - from) / (to - from).max(1.0);
            let at = Point { x: corner.x + along * STRIP_WIDE, y: height(made.sigmas) };
            svg.circle(at, 1.4, &format!("fill=\"{colour}\" fill-opacity=\"0.7\""));
        }
    }
    let clock = |time_s: f64| {
        let time = story.explanation.start.plus_seconds(time_s).to_string();
        time.split('T').next_back().unwrap_or_default().chars().take(5).collect::<String>()
    };
    if from.is_finite() {
        let y = corner.y + STRIP_HIGH + 13.0;
        svg.label(Point { x: corner.x, y }, 10.0, Anchor::Start, SOFT, &clock(from));
        svg.label(Point { x: corner.x + STRIP_WIDE - 12.0, y }, 10.0, Anchor::Middle, SOFT, &clock(to));
    }
}
