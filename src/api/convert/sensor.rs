//! Sensors, what they cover, and what made a track.

use super::BadField;
use super::geo;
use crate::api::proto::sensor::v1 as wire;
use crate::api::proto::track::v1 as track_wire;
use crate::chart::Bounds;
use crate::coverage::{Grid, Layer, LayerKind, SMALL_BOAT_M};
use crate::engine::{Health, SensorStatus};
use crate::feed::sensor::SensorKind;
use crate::fusion::Told;
use crate::serve::sensor_board::{Explained, SensorBoard};
use crate::units::EventTime;

/// Side of a cell in degrees when the client does not say: that in which reception is learned.
const CELL_DEG: f64 = 0.05;
/// The tallest thing that is to be seen, metres: a ship's mast is lower.
const TARGET_HEIGHT_MAX_M: f64 = 200.0;

/// All sensors, to the wire.
pub fn sensors(board: &SensorBoard) -> wire::ListSensorsResponse {
    wire::ListSensorsResponse {
        sensors: board.sensors.iter().map(sensor).collect(),
        time_ms: board.time.map_or(0, EventTime::as_millis),
    }
}

fn sensor(status: &SensorStatus) -> wire::Sensor {
    let SensorStatus { sensor, learned, .. } = status;
    let (radar, eo) = (sensor.radar, sensor.eo);
    let learned = learned.as_ref();
    let estimate = |(value, sigma): (f64, f64)| wire::Estimate { value, sigma: Some(sigma) };
    let refused = |&(reason, count): &(&'static str, u64)| wire::RefusalCount { reason: reason.to_owned(), count };
    wire::Sensor {
        id: sensor.name.clone(),
        kind: geo::sensor_kind(sensor.kind) as i32,
        position: status.position.map(geo::position),
        height_m: sensor.height_m,
        max_range_m: radar.map(|radar| radar.max_range_m).or(eo.map(|eo| eo.max_range_m)),
        scan_s: radar.map(|radar| radar.scan_s),
        health: health(status.health) as i32,
        last_received_ms: status.last_received.map(EventTime::as_millis),
        taken: status.taken,
        late: status.late,
        refused: status.rejected.iter().map(refused).collect(),
        range_bias_m: learned.and_then(|learned| learned.range_bias_m).map(estimate),
        azimuth_bias_deg: learned.map(|learned| estimate(learned.azimuth_bias_deg)),
        usual_delay_ms: status.usual_delay_ms,
        clock_offset_s: status.clock_offset_s.map(|(value, sigma)| wire::Estimate { value, sigma }),
        comparisons: learned.map_or(0, |learned| learned.comparisons),
        detection_probability: learned.and_then(|learned| learned.detection_probability),
        false_plots_a_turn: learned.and_then(|learned| learned.false_plots_a_turn),
    }
}

fn health(health: Health) -> wire::SensorHealth {
    match health {
        Health::NeverHeard => wire::SensorHealth::NeverHeard,
        Health::Silent => wire::SensorHealth::Silent,
        Health::NotOperational => wire::SensorHealth::NotOperational,
        Health::ClockOff => wire::SensorHealth::ClockOff,
        Health::Working => wire::SensorHealth::Working,
    }
}

/// The grid that a client asks for, and the height in metres of what is to be seen, from the wire.
///
/// # Errors
/// For a box, cell or height that makes no sense, or too many cells.
pub fn checked_grid(request: &wire::GetCoverageRequest) -> Result<(Grid, f64), BadField> {
    let bbox = request.bbox.as_ref().ok_or_else(|| BadField::new("bbox", "is missing: give the box to look at"))?;
    let bbox = geo::checked_box(bbox)?;
    let wsen = [bbox.west_deg, bbox.south_deg, bbox.east_deg, bbox.north_deg];
    let bounds = Bounds::from_wsen(wsen)
        .ok_or_else(|| BadField::new("bbox", "crosses the antimeridian: ask for each side of it by itself"))?;
    let cell_deg = if request.cell_deg == 0.0 { CELL_DEG } else { request.cell_deg };
    let height_m = if request.target_height_m == 0.0 { SMALL_BOAT_M } else { request.target_height_m };
    if !(0.0..=TARGET_HEIGHT_MAX_M).contains(&height_m) {
        return Err(BadField::new("target_height_m", format!("{height_m} is not from 0 to {TARGET_HEIGHT_MAX_M}")));
    }
    let grid = Grid::over(bounds, cell_deg).map_err(|error| BadField::new("cell_deg", error.to_string()))?;
    Ok((grid, height_m))
}

/// Coverage, to the wire.
pub fn coverage(
    grid: &Grid,
    layers: Vec<Layer>,
    sensors: &[SensorStatus],
    time: EventTime,
) -> wire::GetCoverageResponse {
    let layer = |Layer { kind, values }: Layer| {
        let (kind, sensor) = match kind {
            LayerKind::AisClassA => (wire::CoverageLayerKind::AisClassA, None),
            LayerKind::AisClassB => (wire::CoverageLayerKind::AisClassB, None),
            LayerKind::Sight(SensorKind::Eo, id) => (wire::CoverageLayerKind::Eo, Some(id)),
            LayerKind::Sight(_, id) => (wire::CoverageLayerKind::Radar, Some(id)),
        };
        let name = sensor.and_then(|id| sensors.iter().find(|status| status.id == id));
        let sensor_id = name.map_or_else(String::new, |status| status.sensor.name.clone());
        wire::CoverageLayer { kind: kind as i32, sensor_id, cells: values }
    };
    wire::GetCoverageResponse {
        south_deg: grid.bounds.south_deg,
        west_deg: grid.bounds.west_deg,
        cell_deg: grid.cell_deg,
        rows: grid.rows as u32,
        columns: grid.columns as u32,
        layers: layers.into_iter().map(layer).collect(),
        time_ms: time.as_millis(),
    }
}

/// One observation that made a track, to the wire.
pub fn contribution(explained: &Explained) -> track_wire::Contribution {
    let made_by = &explained.contribution;
    let told = match made_by.told {
        Told::Position { position, residual_m: (residual_east_m, residual_north_m) } => {
            let position = Some(geo::position(position));
            track_wire::contribution::Told::Position(track_wire::ToldPosition {
                position,
                residual_east_m,
                residual_north_m,
            })
        }
        Told::Bearing { site, azimuth, residual_deg } => {
            let (site, azimuth_deg) = (Some(geo::position(site)), azimuth.deg());
            track_wire::contribution::Told::Bearing(track_wire::ToldBearing { site, azimuth_deg, residual_deg })
        }
    };
    track_wire::Contribution {
        time_ms: made_by.time.as_millis(),
        sensor_id: explained.sensor.clone(),
        kind: geo::sensor_kind(explained.kind) as i32,
        told: Some(told),
        sigmas: made_by.sigmas,
        probability: made_by.probability,
        late: made_by.late,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::proto::r#type::v1::BoundingBox;

    #[test]
    fn a_grid_that_makes_no_sense_is_refused_by_field() {
        let bbox = BoundingBox { west_deg: 110.0, south_deg: 20.0, east_deg: 111.0, north_deg: 21.0 };
        let sound = wire::GetCoverageRequest { bbox: Some(bbox), ..Default::default() };
        let (grid, height_m) = checked_grid(&sound).unwrap();
        assert_eq!((grid.rows, grid.columns, height_m), (20, 20, SMALL_BOAT_M));
        let refused = |request| checked_grid(&request).unwrap_err().to_string();
        assert!(refused(wire::GetCoverageRequest { bbox: None, ..sound }).starts_with("bbox: is missing"));
        assert!(refused(wire::GetCoverageRequest { cell_deg: -1.0, ..sound }).starts_with("cell_deg:"));
        assert!(refused(wire::GetCoverageRequest { cell_deg: 1e-9, ..sound }).contains("60000 cells"));
        let tall = wire::GetCoverageRequest { target_height_m: f64::NAN, ..sound };
        assert!(refused(tall).starts_with("target_height_m:"));
        let crossing = BoundingBox { west_deg: 179.0, east_deg: -179.0, ..bbox };
        assert!(refused(wire::GetCoverageRequest { bbox: Some(crossing), ..sound }).contains("antimeridian"));
    }
}
