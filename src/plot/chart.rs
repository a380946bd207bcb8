//! The ground of the picture: sea, land, zones, sensors, scale, degrees.

use super::alerts::LabelBox;
use super::sheet::Sheet;
use super::svg::{Anchor, Point, Svg, simplified, text_width};
use crate::chart::{ZoneKind, ZoneSet};
use crate::feed::sensor::{SensorKind, SensorTable};
use crate::geodesy::LatLon;

const SEA: &str = "#e4edf2";
const LAND: &str = "fill=\"#f3efe4\" stroke=\"#a99f83\" stroke-width=\"0.8\" fill-rule=\"evenodd\"";
/// Outlines are drawn to so many pixels.
const TOLERANCE: f64 = 0.4;

/// How a kind of zone is drawn, and what the legend calls it.
pub(super) struct ZoneLook {
    pub(super) kind: ZoneKind,
    pub(super) style: &'static str,
    pub(super) english: &'static str,
    pub(super) chinese: &'static str,
}

/// Designated ports stand out, as goods may be landed there and nowhere else.
pub(super) const ZONE_LOOKS: [ZoneLook; 7] = [
    look(
        ZoneKind::DesignatedPort,
        "fill=\"#2f8f6b\" fill-opacity=\"0.28\" stroke=\"#1f6f52\" stroke-width=\"1.6\"",
        "designated port",
        "指定口岸",
    ),
    look(
        ZoneKind::FishingHarbour,
        "fill=\"#8aa63a\" fill-opacity=\"0.22\" stroke=\"#6d8529\" stroke-width=\"1\"",
        "fishing harbour",
        "渔港",
    ),
    look(
        ZoneKind::Anchorage,
        "fill=\"#6f7fb5\" fill-opacity=\"0.12\" stroke=\"#6f7fb5\" stroke-width=\"1\" stroke-dasharray=\"5 3\"",
        "anchorage",
        "锚地",
    ),
    look(
        ZoneKind::FishingGround,
        "fill=\"#5fa8a8\" fill-opacity=\"0.12\" stroke=\"#5fa8a8\" stroke-width=\"1\" stroke-dasharray=\"1.5 3\"",
        "fishing ground",
        "渔场",
    ),
    look(
        ZoneKind::Farm,
        "fill=\"#b59a5f\" fill-opacity=\"0.18\" stroke=\"#9a804a\" stroke-width=\"1\" stroke-dasharray=\"1.5 3\"",
        "fish farm",
        "养殖区",
    ),
    look(
        ZoneKind::Tss,
        "fill=\"#a58ac2\" fill-opacity=\"0.18\" stroke=\"#a58ac2\" stroke-width=\"0.8\"",
        "traffic separation",
        "分道通航",
    ),
    look(
        ZoneKind::Restricted,
        "fill=\"#c9792b\" fill-opacity=\"0.14\" stroke=\"#b5641a\" stroke-width=\"1.6\" stroke-dasharray=\"7 3\"",
        "restricted area",
        "限制区",
    ),
];

const fn look(kind: ZoneKind, style: &'static str, english: &'static str, chinese: &'static str) -> ZoneLook {
    ZoneLook { kind, style, english, chinese }
}

/// Draws sea, land, degrees and zones.
pub(super) fn draw(svg: &mut Svg, sheet: &Sheet, land: &[Vec<LatLon>], zones: &ZoneSet) {
    let (corner, size) = (sheet.map_corner(), sheet.map_size());
    let sea = format!(
        "x=\"{}\" y=\"{}\" width=\"{:.1}\" height=\"{:.1}\" fill=\"{SEA}\"",
        corner.x, corner.y, size.x, size.y
    );
    svg.element("rect", &sea);
    let rings: Vec<Vec<Point>> = land.iter().map(|ring| outline(sheet, ring)).filter(|ring| ring.len() > 3).collect();
    svg.path(&rings, true, LAND);
    for look in &ZONE_LOOKS {
        let rings: Vec<Vec<Point>> = zones
            .zones()
            .iter()
            .filter(|zone| zone.kind == look.kind)
            .flat_map(|zone| zone.outlines().flatten())
            .map(|ring| outline(sheet, ring))
            .collect();
        svg.path(&rings, true, &format!("{} fill-rule=\"evenodd\"", look.style));
    }
    draw_port_names(svg, sheet, zones);
}

/// Only designated ports and restricted areas bear names: the rest would hide the tracks.
fn draw_port_names(svg: &mut Svg, sheet: &Sheet, zones: &ZoneSet) {
    for zone in zones.zones() {
        let colour = match zone.kind {
            ZoneKind::DesignatedPort => "#1f6f52",
            ZoneKind::Restricted => "#b5641a",
            _ => continue,
        };
        let middle = sheet.at(zone.bounds.middle());
        if !sheet.shows(middle) {
            continue;
        }
        // Inside the map, whatever the length of the name.
        let half = text_width(&zone.name, 11.0) / 2.0 + 4.0;
        let (left, right) = (sheet.map_corner().x + half, sheet.map_corner().x + sheet.map_size().x - half);
        let foot = sheet.at(LatLon::new(zone.bounds.south_deg, zone.bounds.middle().lon_deg));
        let at = Point { x: middle.x.max(left).min(right), y: foot.y + 13.0 };
        let style = format!("fill=\"{colour}\" stroke=\"#ffffff\" stroke-width=\"2.5\" paint-order=\"stroke\"");
        svg.label(at, 11.0, Anchor::Middle, &style, &zone.name);
    }
}

fn outline(sheet: &Sheet, ring: &[LatLon]) -> Vec<Point> {
    let points: Vec<Point> = ring.iter().map(|position| sheet.at(*position)).collect();
    simplified(&points, TOLERANCE)
}

/// Draws where radars, cameras and receivers stand; gives the boxes that their names take.
pub(super) fn draw_sensors(svg: &mut Svg, sheet: &Sheet, sensors: &SensorTable) -> Vec<LabelBox> {
    let mut boxes = Vec::new();
    let mut taken: Vec<Point> = Vec::new();
    for (_, sensor) in sensors.iter() {
        let Some(position) = sensor.position else { continue };
        let at = sheet.at(position);
        // Sensors on one mast: their names below each other.
        let others = taken.iter().filter(|other| (other.x - at.x).hypot(other.y - at.y) < 12.0).count();
        if others == 0 {
            sensor_mark(svg, at);
        }
        let place = Point { x: at.x + 10.0, y: at.y + 4.0 + 13.0 * others as f64 };
        let kind = match sensor.kind {
            SensorKind::Ais => "AIS",
            SensorKind::Radar => "radar 雷达",
            SensorKind::Eo => "camera 光电",
            SensorKind::Report => "reports 通报",
        };
        let style = "fill=\"#333f48\" stroke=\"#ffffff\" stroke-width=\"2.5\" paint-order=\"stroke\"";
        let text = format!("{} · {kind}", sensor.name);
        svg.label(place, 11.0, Anchor::Start, style, &text);
        let right = place.x + text_width(&text, 11.0);
        boxes.push(LabelBox { left: at.x - 7.0, right, top: place.y - 10.0, foot: place.y + 3.0 });
        taken.push(at);
    }
    boxes
}

/// The mark of a mast with sensors.
pub(super) fn sensor_mark(svg: &mut Svg, at: Point) {
    let (x, y) = (at.x, at.y);
    let points = format!("{:.1},{:.1} {:.1},{:.1} {:.1},{:.1}", x, y - 7.0, x - 6.0, y + 5.0, x + 6.0, y + 5.0);
    svg.element("polygon", &format!("points=\"{points}\" fill=\"#333f48\" stroke=\"#ffffff\" stroke-width=\"1.2\""));
}

/// Draws the frame, and a scale bar in kilometres and nautical miles.
pub(super) fn draw_scale(svg: &mut Svg, sheet: &Sheet) {
    let (corner, size) = (sheet.map_corner(), sheet.map_size());
    let frame = format!(
        "x=\"{}\" y=\"{}\" width=\"{:.1}\" height=\"{:.1}\" fill=\"none\" stroke=\"#8b979e\"",
        corner.x, corner.y, size.x, size.y
    );
    svg.element("rect", &frame);
    let right = corner.x + size.x - 16.0;
    let foot = corner.y + size.y - 20.0;
    let plate = format!(
        "x=\"{:.1}\" y=\"{:.1}\" width=\"236\" height=\"54\" rx=\"4\" fill=\"#ffffff\" fill-opacity=\"0.85\"",
        right - 228.0,
        foot - 36.0
    );
    svg.element("rect", &plate);
    bar(svg, sheet, Point { x: right, y: foot - 14.0 }, 1000.0, "km");
    bar(svg, sheet, Point { x: right, y: foot + 10.0 }, 1852.0, "NM");
}

/// A bar that ends at `at`, of the largest round number of units that is no longer than 180 pixels.
fn bar(svg: &mut Svg, sheet: &Sheet, at: Point, unit_m: f64, unit: &str) {
    let rounds = [100.0, 50.0, 20.0, 10.0, 5.0, 2.0, 1.0, 0.5, 0.2, 0.1];
    let Some(count) = rounds.into_iter().find(|count| sheet.pixels(count * unit_m) <= 180.0) else { return };
    let long = sheet.pixels(count * unit_m);
    let line = vec![
        Point { x: at.x - long, y: at.y - 4.0 },
        Point { x: at.x - long, y: at.y },
        at,
        Point { x: at.x, y: at.y - 4.0 },
    ];
    svg.path(&[line], false, "fill=\"none\" stroke=\"#333f48\" stroke-width=\"1.4\"");
    let place = Point { x: at.x - long / 2.0, y: at.y - 4.0 };
    svg.label(place, 11.0, Anchor::Middle, "fill=\"#333f48\"", &format!("{count} {unit}"));
}
