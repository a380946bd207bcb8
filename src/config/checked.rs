//! From what the file says to what the server runs with.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use geojson::GeoJson;

use super::{Config, endpoints, neighbours};
use crate::access::keyring::Keyring;
use crate::access::layer::{Identify, LocalUser};
use crate::access::organisation::{Area, Organisation, Unit, UnitKind};
use crate::access::principal::Principal;
use crate::access::role::Role;
use crate::access::token::Tokens;
use crate::api::tls::Tls;
use crate::cue::Policy;
use crate::geodesy::LatLon;
use crate::life::duty::{Duty, Patience};
use crate::neighbours::webhook::Deliveries;

/// What is wrong with a configuration, by its key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{key}: {problem}")]
pub struct Wrong {
    key: String,
    problem: String,
}

impl Wrong {
    pub(super) fn new(key: impl Into<String>, problem: impl ToString) -> Self {
        Self { key: key.into(), problem: problem.to_string() }
    }
}

/// What a server runs with.
pub struct Checked {
    /// Where it listens.
    pub listen: SocketAddr,
    /// Folder of the area; `None`: the built-in chart.
    pub area: Option<PathBuf>,
    /// Folder for tracks.csv and alerts.jsonl.
    pub out: Option<PathBuf>,
    /// How the log of the program is written.
    pub log_format: LogFormat,
    /// Folder for what is kept; `None`: memory.
    pub store: Option<PathBuf>,
    /// Hours for which what was received is kept; `None`: for good.
    pub keep_hours: Option<u32>,
    /// GiB of what was received that are kept; `None`: all.
    pub keep_gib: Option<u32>,
    /// Hours for which it is kept where tracks were; `None`: for good.
    pub keep_history_hours: Option<u32>,
    /// Bytes of pictures of cameras that are kept.
    pub keep_picture_bytes: u64,
    /// Hours of what was received that a start reads again; `None`: all of it.
    pub start_hours: Option<u32>,
    /// Milliseconds between two snapshots of the engine; `None`: none.
    pub snapshot_ms: Option<u64>,
    /// TLS; `None`: plain text.
    pub tls: Option<Tls>,
    /// Who callers are.
    pub identify: Arc<dyn Identify>,
    /// Whether everybody who reaches the port is the local user.
    pub is_open: bool,
    /// The units.
    pub organisation: Arc<Organisation>,
    /// When to remind.
    pub duty: Option<Duty>,
    /// When cameras are asked for looks.
    pub cueing: Policy,
    /// What other systems are sent.
    pub deliveries: Deliveries,
    /// Other systems that are told tracks and alerts.
    pub neighbours: crate::neighbours::Plan,
}

impl std::fmt::Debug for Checked {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Checked").field("listen", &self.listen).finish_non_exhaustive()
    }
}

/// Checks everything: files are read, keys tried.
///
/// # Errors
/// With the first thing that is wrong, by its key.
pub fn check(config: &Config) -> Result<Checked, Wrong> {
    let listen: SocketAddr = config
        .listen
        .parse()
        .map_err(|_| Wrong::new("listen", format!("'{}' is no address with port: 127.0.0.1:7411", config.listen)))?;
    let organisation = Arc::new(organisation(config)?);
    let deliveries = endpoints::deliveries(config, &organisation)?;
    let tls = tls(config)?;
    let tokens = tokens(config, &organisation)?;
    let certificates = certificates(config, &organisation)?;
    let is_open = tokens.is_none() && certificates.is_empty();
    if is_open && !organisation.is_empty() {
        return Err(Wrong::new("unit", "units are of use only when callers are known: set access.jwks or [[service]]"));
    }
    if tls.is_none() && !listen.ip().is_loopback() {
        let problem = "plain text leaves this machine only by the loopback: set tls.certificate and tls.key (shorewatch keys \
                       makes some), or listen on 127.0.0.1";
        return Err(Wrong::new("listen", problem));
    }
    if is_open && !listen.ip().is_loopback() {
        let problem = "nobody is known, so nobody may come from outside: set access.jwks or [[service]]";
        return Err(Wrong::new("listen", problem));
    }
    let identify: Arc<dyn Identify> = if is_open {
        Arc::new(LocalUser(Arc::new(Principal::local(Arc::clone(&organisation)))))
    } else {
        Arc::new(Keyring { tokens, certificates })
    };
    Ok(Checked {
        listen,
        area: config.path(&config.area),
        out: config.path(&config.out),
        log_format: log_format(&config.log_format)?,
        store: config.path(&config.store),
        keep_hours: (config.keep_hours > 0).then_some(config.keep_hours),
        keep_gib: (config.keep_gib > 0).then_some(config.keep_gib),
        keep_history_hours: (config.keep_history_hours > 0).then_some(config.keep_history_hours),
        keep_picture_bytes: u64::from(config.keep_pictures_gib.max(1)) << 30,
        start_hours: (config.start_hours > 0).then_some(config.start_hours),
        snapshot_ms: snapshot_ms(config.snapshot_minutes)?,
        tls,
        identify,
        is_open,
        deliveries,
        organisation,
        duty: duty(config)?,
        cueing: cueing(config)?,
        neighbours: neighbours::check(config, |name| std::env::var(name).ok())?,
    })
}

/// How the log of the program is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// Lines for people.
    Text,
    /// An object of JSON a line, for collectors of logs.
    Json,
}

fn log_format(word: &str) -> Result<LogFormat, Wrong> {
    match word {
        "text" => Ok(LogFormat::Text),
        "json" => Ok(LogFormat::Json),
        other => Err(Wrong::new("log_format", format!("'{other}' is none; there are text and json"))),
    }
}

/// The most minutes between two snapshots: a week.
const SNAPSHOT_MINUTES_MAX: f64 = 10_080.0;

fn snapshot_ms(minutes: f64) -> Result<Option<u64>, Wrong> {
    if !(0.0..=SNAPSHOT_MINUTES_MAX).contains(&minutes) {
        let problem = format!("{minutes} is no number of minutes from 0 (none) to {SNAPSHOT_MINUTES_MAX} (a week)");
        return Err(Wrong::new("snapshot_minutes", problem));
    }
    Ok((minutes > 0.0).then_some(((minutes * 60_000.0) as u64).max(1)))
}

pub(super) fn read(config: &Config, key: &str, file: &str) -> Result<String, Wrong> {
    let path = config.folder.join(file);
    std::fs::read_to_string(&path).map_err(|error| Wrong::new(key, format!("{}: {error}", path.display())))
}

fn tls(config: &Config) -> Result<Option<Tls>, Wrong> {
    let tls = &config.tls;
    match (tls.certificate.is_empty(), tls.key.is_empty()) {
        (true, true) => {
            if tls.client_ca.is_empty() && !tls.require_client_certificate {
                return Ok(None);
            }
            return Err(Wrong::new(
                "tls",
                "certificates of clients need one of the server: set tls.certificate and tls.key",
            ));
        }
        (false, false) => {}
        _ => return Err(Wrong::new("tls", "certificate and key go together")),
    }
    let certificate = read(config, "tls.certificate", &tls.certificate)?;
    let key = read(config, "tls.key", &tls.key)?;
    let authorities = match (tls.client_ca.as_str(), tls.require_client_certificate) {
        ("", true) => return Err(Wrong::new("tls.client_ca", "missing: whose certificates are good?")),
        ("", false) => None,
        (file, must) => Some((read(config, "tls.client_ca", file)?, must)),
    };
    // Tried here, so that a bad key is found before the port is taken.
    let clients = authorities.as_ref().map(|(text, must)| (text.as_str(), *must));
    Tls::new(&certificate, &key, clients)
        .map(Some)
        .map_err(|error| Wrong::new("tls", format!("certificate and key cannot be used: {error}")))
}

fn tokens(config: &Config, organisation: &Arc<Organisation>) -> Result<Option<Tokens>, Wrong> {
    let access = &config.access;
    if access.jwks.is_empty() {
        return Ok(None);
    }
    let jwks = read(config, "access.jwks", &access.jwks)?;
    let issuer = Some(access.issuer.as_str()).filter(|issuer| !issuer.is_empty());
    Tokens::new(&jwks, &access.audience, issuer, Arc::clone(organisation))
        .map(Some)
        .map_err(|error| Wrong::new("access.jwks", error))
}

fn certificates(config: &Config, organisation: &Arc<Organisation>) -> Result<BTreeMap<String, Arc<Principal>>, Wrong> {
    let mut known = BTreeMap::new();
    for service in &config.service {
        let key = |part: &str| format!("service '{}' {part}", service.name);
        let fingerprint = service.fingerprint.replace(':', "").to_lowercase();
        if fingerprint.len() != 64 || !fingerprint.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            let problem = "64 hexadecimal digits: openssl x509 -in site.pem -noout -fingerprint -sha256";
            return Err(Wrong::new(key("fingerprint"), problem));
        }
        let role = |word: &String| {
            let known = || Role::ALL.map(Role::as_str).join(", ");
            Role::parse(word).ok_or_else(|| Wrong::new(key("roles"), format!("'{word}' is none of {}", known())))
        };
        let roles = service.roles.iter().map(role).collect::<Result<Vec<_>, _>>()?;
        let unit = Some(service.unit.clone()).filter(|unit| !unit.is_empty());
        if let Some(unit) = unit.as_ref().filter(|unit| organisation.unit(unit).is_none()) {
            return Err(Wrong::new(key("unit"), format!("'{unit}' is no unit")));
        }
        let credential = format!("sha256:{fingerprint}");
        let principal = Principal::new(&service.name, "", &credential, roles, unit, Arc::clone(organisation));
        if known.insert(fingerprint, Arc::new(principal)).is_some() {
            return Err(Wrong::new(key("fingerprint"), "stands there twice"));
        }
    }
    if !known.is_empty() && config.tls.client_ca.is_empty() {
        return Err(Wrong::new("service", "certificates can be shown only when tls.client_ca says whose are good"));
    }
    Ok(known)
}

fn organisation(config: &Config) -> Result<Organisation, Wrong> {
    let mut units = Vec::with_capacity(config.unit.len());
    for unit in &config.unit {
        let key = |part: &str| format!("unit '{}' {part}", unit.id);
        let known = || UnitKind::WORDS.map(|(word, _)| word).join(", ");
        let kind = UnitKind::parse(&unit.kind)
            .ok_or_else(|| Wrong::new(key("kind"), format!("'{}' is none of {}", unit.kind, known())))?;
        let area = match unit.area.as_str() {
            "" => None,
            "everywhere" => Some(Area::Everywhere),
            file => Some(area(&read(config, &key("area"), file)?).map_err(|problem| Wrong::new(key("area"), problem))?),
        };
        units.push(Unit {
            id: unit.id.clone(),
            name: unit.name.clone(),
            name_zh: unit.name_zh.clone(),
            kind,
            parent: Some(unit.parent.clone()).filter(|parent| !parent.is_empty()),
            area,
            takes: unit.takes.clone(),
        });
    }
    Organisation::new(units).map_err(|error| Wrong::new("unit", error))
}

/// The polygons of a GeoJSON file, whatever they hang on.
pub(super) fn area(text: &str) -> Result<Area, String> {
    let mut outlines = Vec::new();
    let mut take = |geometry: &geojson::Geometry| match &geometry.value {
        geojson::GeometryValue::Polygon { coordinates } => outlines.push(rings(coordinates)),
        geojson::GeometryValue::MultiPolygon { coordinates } => outlines.extend(coordinates.iter().map(|it| rings(it))),
        _ => {}
    };
    match text.parse::<GeoJson>().map_err(|error| error.to_string())? {
        GeoJson::Geometry(geometry) => take(&geometry),
        GeoJson::Feature(feature) => feature.geometry.iter().for_each(&mut take),
        GeoJson::FeatureCollection(all) => {
            all.features.iter().filter_map(|feature| feature.geometry.as_ref()).for_each(&mut take);
        }
    }
    Area::of_outlines(&outlines).ok_or_else(|| "no polygon with three corners on the globe in it".to_owned())
}

fn rings(rings: &[Vec<geojson::Position>]) -> Vec<Vec<LatLon>> {
    let point = |position: &geojson::Position| match position.as_slice() {
        [lon_deg, lat_deg, ..] => LatLon::new(*lat_deg, *lon_deg),
        // No place on earth: the area is refused for it.
        _ => LatLon::new(f64::NAN, f64::NAN),
    };
    rings.iter().map(|ring| ring.iter().map(point).collect()).collect()
}

fn duty(config: &Config) -> Result<Option<Duty>, Wrong> {
    let duty = &config.duty;
    let grades = [duty.grade_1, duty.grade_2, duty.grade_3, duty.grade_4];
    if let Some((number, _)) = (1..).zip(&grades).find(|(_, grade)| grade.repeat_s == 0) {
        return Err(Wrong::new(format!("duty.grade_{number}.repeat_s"), "0: reminders need a time between them"));
    }
    let by_grade = grades.map(|grade| Patience {
        acknowledge_s: grade.acknowledge_s,
        judge_s: grade.judge_s,
        dispatch_s: grade.dispatch_s,
        dispose_s: grade.dispose_s,
        repeat_s: grade.repeat_s,
        escalate_every: grade.escalate_every,
    });
    Ok(duty.enabled.then_some(Duty { by_grade }))
}

fn cueing(config: &Config) -> Result<Policy, Wrong> {
    let said = &config.cueing;
    let within = |key: &str, value: u32, range: std::ops::RangeInclusive<u32>| {
        let (least, most) = (range.start(), range.end());
        if range.contains(&value) {
            Ok(value)
        } else {
            Err(Wrong::new(format!("cueing.{key}"), format!("{value} is not from {least} to {most}")))
        }
    };
    within("min_grade", said.min_grade.into(), 1..=4)?;
    Ok(Policy {
        by_alerts: said.by_alerts,
        min_grade: said.min_grade,
        dwell_s: within("dwell_s", said.dwell_s, 1..=3_600)?.into(),
        officer_dwell_s: within("officer_dwell_s", said.officer_dwell_s, 1..=3_600)?.into(),
        relook_s: within("relook_s", said.relook_s, 1..=86_400)?.into(),
        waiting_max: within("waiting_max", said.waiting_max, 1..=1_000)? as usize,
        ..Policy::default()
    })
}

/// Likewise, straight from a file.
///
/// # Errors
/// When the file cannot be read, or something in it is wrong.
pub fn open(
    path: &Path,
    env: impl Fn(&str) -> Option<String>,
) -> Result<Checked, Box<dyn std::error::Error + Send + Sync>> {
    Ok(check(&Config::read(path, env)?)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrong(text: &str) -> String {
        check(&Config::parse(text, |_| None).unwrap()).unwrap_err().to_string()
    }

    #[test]
    fn without_a_word_the_server_is_the_local_users_alone() {
        let checked = check(&Config::default()).unwrap();
        assert!(
            checked.is_open && checked.tls.is_none() && checked.listen.ip().is_loopback() && checked.duty.is_none()
        );
    }

    #[test]
    fn plain_text_and_unknown_callers_never_leave_the_machine() {
        assert!(wrong("listen = '0.0.0.0:7411'").contains("shorewatch keys"));
        assert!(wrong("listen = 'everywhere'").contains("no address"));
        assert!(wrong("[tls]\ncertificate = 'a.pem'").contains("go together"));
        assert!(wrong("[tls]\nclient_ca = 'a.pem'").contains("tls.certificate"));
        let unit = "[[unit]]\nid = 'a'\nname = 'A'\nkind = 'city_unit'\n";
        assert!(wrong(unit).contains("callers are known"));
    }

    #[test]
    fn a_unit_or_service_that_cannot_be_is_named() {
        let unit = "[[unit]]\nid = 'a'\nname = 'A'\nkind = 'navy'\n";
        assert!(wrong(unit).starts_with("unit 'a' kind: 'navy' is none of province_centre"));
        let service = "[[service]]\nname = 's'\nfingerprint = 'ab'\nroles = []\n";
        assert!(wrong(service).starts_with("service 's' fingerprint: 64"));
        let role = format!("[[service]]\nname = 's'\nfingerprint = '{}'\nroles = ['king']\n", "a".repeat(64));
        assert!(wrong(&role).contains("'king' is none of"));
        assert!(wrong("[duty.grade_1]\nacknowledge_s = 1\njudge_s = 1\ndispatch_s = 1\ndispose_s = 1\nrepeat_s = 0\nescalate_every = 1")
            .starts_with("duty.grade_1.repeat_s"));
    }

    #[test]
    fn an_area_is_the_polygons_of_a_file() {
        let square = r#"{"type":"Feature","properties":{},"geometry":{"type":"Polygon","coordinates":
            [[[110.0,20.0],[111.0,20.0],[111.0,21.0],[110.0,20.0]]]}}"#;
        assert!(area(square).unwrap().holds(LatLon::new(20.2, 110.8)));
        assert!(!area(square).unwrap().holds(LatLon::new(20.8, 110.2)));
        assert!(area(r#"{"type":"Point","coordinates":[110.0,20.0]}"#).unwrap_err().contains("no polygon"));
    }
}
