//! Application data of AIS binary messages as JSON: what is known by value, what is not as hexadecimal digits.

use serde_json::{Map, Value, json};

use crate::feed::ais::{Application, ApplicationData, Area, AreaNotice, BitSlice, MetHydro};
use crate::geodesy::LatLon;

/// The key and value that a message's data add to its line; `None` when there are no data.
pub(super) fn application_json(application: Option<Application>, data: BitSlice<'_>) -> Option<(&'static str, Value)> {
    if data.is_empty() {
        return None;
    }
    Some(match application.and_then(|application| ApplicationData::read(application, data)) {
        Some(ApplicationData::MetHydro(met)) => ("met_hydro", met_hydro(&met)),
        Some(ApplicationData::AreaNotice(notice)) => ("area_notice", area_notice(&notice)),
        None => ("data", json!(data.bytes().map(|byte| format!("{byte:02x}")).collect::<String>())),
    })
}

fn met_hydro(met: &MetHydro) -> Value {
    let mut object = Map::new();
    let mut put = |key: &str, value: Option<f64>| {
        if let Some(value) = value {
            object.insert(key.to_owned(), rounded(value));
        }
    };
    put("lat", met.position.map(|place| place.lat_deg));
    put("lon", met.position.map(|place| place.lon_deg));
    put("wind_kn", met.wind_kn);
    put("gust_kn", met.gust_kn);
    put("wind_from_deg", met.wind_from_deg);
    put("gust_from_deg", met.gust_from_deg);
    put("air_c", met.air_c);
    put("humidity_pct", met.humidity_pct);
    put("dew_point_c", met.dew_point_c);
    put("pressure_hpa", met.pressure_hpa);
    put("visibility_nm", met.visibility_nm);
    put("water_level_m", met.water_level_m);
    put("wave_m", met.wave_m);
    put("wave_period_s", met.wave_period_s);
    put("wave_from_deg", met.wave_from_deg);
    put("swell_m", met.swell_m);
    put("swell_period_s", met.swell_period_s);
    put("swell_from_deg", met.swell_from_deg);
    put("sea_state", met.sea_state.map(f64::from));
    put("water_c", met.water_c);
    if let Some((day, hour, minute)) = met.day_hour_minute {
        object.insert("day_time".to_owned(), json!(format!("{day:02}T{hour:02}:{minute:02}Z")));
    }
    let currents: Vec<Value> = met
        .currents
        .iter()
        .map(|current| {
            let (speed_kn, depth_m) = (rounded(current.speed_kn), rounded(current.depth_m));
            json!({"speed_kn": speed_kn, "to_deg": current.to_deg, "depth_m": depth_m})
        })
        .collect();
    if !currents.is_empty() {
        object.insert("currents".to_owned(), Value::Array(currents));
    }
    Value::Object(object)
}

fn area_notice(notice: &AreaNotice) -> Value {
    let areas: Vec<Value> = notice.areas.iter().map(area).collect();
    let start = notice.start.map(|(month, day, hour, minute)| format!("{month:02}-{day:02}T{hour:02}:{minute:02}Z"));
    json!({"linkage": notice.linkage, "kind": notice.kind, "start": start, "minutes": notice.minutes, "areas": areas})
}

fn area(area: &Area) -> Value {
    let place = |at: &LatLon| json!([rounded(at.lat_deg), rounded(at.lon_deg)]);
    match area {
        Area::Circle { centre, radius_m } => json!({"shape": "circle", "centre": place(centre), "radius_m": radius_m}),
        Area::Rectangle { corner, east_m, north_m, turned_deg } => json!({
            "shape": "rectangle", "corner": place(corner), "east_m": east_m, "north_m": north_m, "turned_deg": turned_deg
        }),
        Area::Sector { centre, radius_m, from_deg, to_deg } => json!({
            "shape": "sector", "centre": place(centre), "radius_m": radius_m, "from_deg": from_deg, "to_deg": to_deg
        }),
        Area::Line { polygon, steps } => {
            json!({"shape": if *polygon { "polygon" } else { "line" }, "steps": steps.as_slice()})
        }
        Area::Text(text) => json!({"shape": "text", "text": text.as_str()}),
    }
}

/// Without the last digits that only binary fractions have: seven decimals are a centimetre of latitude.
fn rounded(value: f64) -> Value {
    json!((value * 1e7).round() / 1e7)
}
