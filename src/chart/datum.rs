//! In which datum a file says that its coordinates are.
//!
//! WGS 84, and CGCS2000 which is equal to it within some decimetres. GCJ-02, the offset that Chinese map services apply,
//! moves a point of this coast by 413 to 614 m: every fifth point of a port then lies outside it. So nothing is guessed:
//! a file that names another datum is refused.

use serde_json::{Map, Value};

use super::error::Reason;

/// Checks the members `crs` and `datum` of a collection, a feature or its properties. Absent means WGS 84 (RFC 7946, 4).
pub(super) fn check_datum(members: &Map<String, Value>) -> Result<(), Reason> {
    for key in ["crs", "datum"] {
        let named = match members.get(key) {
            None | Some(Value::Null) => continue,
            Some(Value::String(name)) => name.clone(),
            Some(other) => match other.pointer("/properties/name").and_then(Value::as_str) {
                Some(name) => name.to_owned(),
                None => other.to_string(),
            },
        };
        check_name(key, &named)?;
    }
    Ok(())
}

fn check_name(key: &str, name: &str) -> Result<(), Reason> {
    let plain: String = name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_uppercase).collect();
    let has = |parts: &[&str]| parts.iter().any(|part| plain.contains(part));
    if has(&["GCJ", "火星", "MARS", "AMAP", "GAODE", "高德"]) {
        return Err(Reason::Datum(format!(
            "{key} is {name:?}: GCJ-02 lies 400 to 600 m off here and is not taken; convert the file to WGS 84 first"
        )));
    }
    if has(&["BD09", "BAIDU", "百度"]) {
        return Err(Reason::Datum(format!(
            "{key} is {name:?}: BD-09 lies up to 1.2 km off here and is not taken; convert the file to WGS 84 first"
        )));
    }
    let ends = |parts: &[&str]| parts.iter().any(|part| plain.ends_with(part));
    let known = plain == "4326" || plain == "4490";
    if known || ends(&["CRS84", "EPSG4326", "EPSG4490", "WGS84", "WGS1984", "CGCS2000"]) {
        return Ok(());
    }
    Err(Reason::Datum(format!("{key} is {name:?}, which is not known; convert the file to WGS 84 (EPSG:4326) first")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn check(members: Value) -> Result<(), String> {
        let Value::Object(members) = members else { panic!("an object") };
        check_datum(&members).map_err(|reason| reason.to_string())
    }

    #[test]
    fn wgs_84_and_cgcs2000_are_taken_by_all_their_names() {
        for name in ["urn:ogc:def:crs:OGC:1.3:CRS84", "EPSG:4326", "urn:ogc:def:crs:EPSG::4490", "WGS 84", "CGCS2000"] {
            assert_eq!(check(json!({"crs": {"type": "name", "properties": {"name": name}}})), Ok(()), "{name}");
            assert_eq!(check(json!({"datum": name})), Ok(()), "{name}");
        }
        assert_eq!(check(json!({"crs": null})), Ok(()));
    }

    #[test]
    fn gcj_02_and_bd_09_are_refused_by_name() {
        assert!(check(json!({"datum": "GCJ-02"})).unwrap_err().contains("convert the file to WGS 84 first"));
        assert!(check(json!({"crs": "火星坐标"})).unwrap_err().contains("GCJ-02"));
        assert!(check(json!({"datum": "bd09"})).unwrap_err().contains("BD-09"));
        assert!(check(json!({"crs": {"type": "name", "properties": {"name": "EPSG:3857"}}})).is_err());
        assert!(check(json!({"crs": {"type": "link"}})).is_err());
    }
}
