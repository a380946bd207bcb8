//! The configuration of a server: one TOML file, every key with a default, every scalar also by the environment.
//!
//! Read once into [`Config`], which is what the file says; [`checked`] makes of it what the server runs with, or says what is wrong
//! where. `docs/configuration.md` has every key; a test holds it against this file.

pub mod checked;
mod endpoints;
mod env;
pub mod neighbours;

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

pub use env::{EnvError, PREFIX};

/// Why there is no configuration.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("cannot read {path}: {source}")]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// It is no such file.
    #[error("{path}: {problem}")]
    Parse {
        /// The file.
        path: PathBuf,
        /// Where and what.
        problem: String,
    },
    /// The environment.
    #[error(transparent)]
    Env(#[from] EnvError),
}

/// What the file says. An empty text, and 0 where it says so, stand for "not set".
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Address and port.
    pub listen: String,
    /// Folder of the area.
    pub area: String,
    /// Folder for tracks.csv and alerts.jsonl.
    pub out: String,
    /// How the log of the program is written: `text` or `json`.
    pub log_format: String,
    /// Folder for what is kept.
    pub store: String,
    /// Hours for which what was received is kept; 0: for good.
    pub keep_hours: u32,
    /// GiB of what was received that are kept; 0: all.
    pub keep_gib: u32,
    /// Hours for which it is kept where tracks were; 0: for good.
    pub keep_history_hours: u32,
    /// GiB of pictures of cameras that are kept.
    pub keep_pictures_gib: u32,
    /// Hours of what was received that a start reads again; 0: all of it.
    pub start_hours: u32,
    /// Minutes between two snapshots of the engine; 0: none.
    pub snapshot_minutes: f64,
    /// Certificates.
    pub tls: Tls,
    /// Tokens of people.
    pub access: Access,
    /// Sites and services.
    pub service: Vec<Service>,
    /// Units.
    pub unit: Vec<Unit>,
    /// Reminders.
    pub duty: Duty,
    /// When cameras are asked for looks.
    pub cueing: Cueing,
    /// TAK servers.
    pub cot: Vec<neighbours::Cot>,
    /// Ports where AIS is given out.
    pub aivdm: Vec<neighbours::Aivdm>,
    /// NATS servers.
    pub nats: Vec<neighbours::Nats>,
    /// MQTT brokers.
    pub mqtt: Vec<neighbours::Mqtt>,
    /// What other systems are sent.
    pub delivery: Delivery,
    /// Platforms that are sent what happens to alerts.
    pub endpoint: Vec<Endpoint>,
    /// Which alerts and which of their fields an endpoint gets, beside the profiles that are built in.
    pub sharing: Vec<Sharing>,
    /// Where the paths of this file begin.
    #[serde(skip)]
    pub folder: PathBuf,
}

/// Certificates of the server and of those who connect.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Tls {
    /// The server's certificate, with those between it and its authority (PEM).
    pub certificate: String,
    /// Its key (PEM).
    pub key: String,
    /// Authorities whose certificates sites and services may show (PEM).
    pub client_ca: String,
    /// Whether a connection without a certificate is refused.
    pub require_client_certificate: bool,
}

/// Tokens of people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Access {
    /// File with the public keys (JWKS).
    pub jwks: String,
    /// Whom tokens must be for.
    pub audience: String,
    /// Who must have issued them.
    pub issuer: String,
}

impl Default for Access {
    fn default() -> Self {
        Self { jwks: String::new(), audience: crate::access::setup::AUDIENCE.to_owned(), issuer: String::new() }
    }
}

/// A site or service with a certificate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Service {
    /// Its name on record.
    pub name: String,
    /// SHA-256 of its certificate in hexadecimal.
    pub fingerprint: String,
    /// Its roles.
    pub roles: Vec<String>,
    /// Its unit.
    #[serde(default)]
    pub unit: String,
}

/// A unit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Unit {
    /// Its name for machines.
    pub id: String,
    /// Its name in English.
    pub name: String,
    /// Its name in Chinese.
    #[serde(default)]
    pub name_zh: String,
    /// What it is.
    pub kind: String,
    /// The unit above it.
    #[serde(default)]
    pub parent: String,
    /// The waters it answers for: `everywhere`, a GeoJSON file with polygons, or nothing.
    #[serde(default)]
    pub area: String,
    /// The kinds of alert that come into its hands first; none: all.
    #[serde(default)]
    pub takes: Vec<String>,
}

/// What other systems are sent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Delivery {
    /// The `source` of every event, a URI.
    pub source: String,
}

/// A platform that is sent what happens to alerts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Endpoint {
    /// Its name.
    pub name: String,
    /// Where it listens.
    pub url: String,
    /// Its sharing profile.
    pub profile: String,
    /// Files with its secrets, the newest first.
    #[serde(default)]
    pub secret_files: Vec<String>,
    /// Variables of the environment with its secrets, the newest first; before those of the files.
    #[serde(default)]
    pub secret_env: Vec<String>,
    /// Whether nothing is sent for now.
    #[serde(default)]
    pub paused: bool,
    /// Networks that are not public and are meant.
    #[serde(default)]
    pub allow_networks: Vec<String>,
    /// Authorities whose certificates are good (PEM); none: those of the system.
    #[serde(default)]
    pub ca: String,
    /// How long an attempt may take, in seconds.
    #[serde(default = "timeout_s")]
    pub timeout_s: u32,
    /// In which roles it takes alerts further; none: not at all.
    #[serde(default)]
    pub callback_roles: Vec<String>,
    /// For which unit.
    #[serde(default)]
    pub callback_unit: String,
}

fn timeout_s() -> u32 {
    15
}

/// A sharing profile. An empty list lets nothing through, `["any"]` everything.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sharing {
    /// Its name; that of a built-in one takes its place.
    pub name: String,
    /// Kinds of alert.
    #[serde(default)]
    pub kinds: Vec<String>,
    /// Grades.
    #[serde(default)]
    pub grades: Vec<u32>,
    /// Stages of the behaviour.
    #[serde(default)]
    pub stages: Vec<String>,
    /// What has happened.
    #[serde(default)]
    pub events: Vec<String>,
    /// The waters: `everywhere`, a GeoJSON file with polygons, or nothing.
    #[serde(default)]
    pub area: String,
    /// What is told of them.
    #[serde(default)]
    pub fields: Vec<String>,
    /// How MMSIs leave.
    #[serde(default = "mmsi_mask")]
    pub mmsi: String,
    /// Decimals of a degree in positions.
    #[serde(default = "position_decimals")]
    pub position_decimals: u32,
}

fn mmsi_mask() -> String {
    "country".to_owned()
}

fn position_decimals() -> u32 {
    2
}

/// When cameras are asked for looks, and for how long.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[allow(missing_docs, reason = "as in cue::Policy")]
pub struct Cueing {
    pub by_alerts: bool,
    pub min_grade: u8,
    pub dwell_s: u32,
    pub officer_dwell_s: u32,
    pub relook_s: u32,
    pub waiting_max: u32,
}

impl Default for Cueing {
    fn default() -> Self {
        Self { by_alerts: true, min_grade: 2, dwell_s: 20, officer_dwell_s: 60, relook_s: 300, waiting_max: 32 }
    }
}

/// Reminders when nobody acts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Duty {
    /// Whether somebody is reminded at all.
    pub enabled: bool,
    /// Alerts of grade 1, the least.
    pub grade_1: Patience,
    /// Of grade 2.
    pub grade_2: Patience,
    /// Of grade 3.
    pub grade_3: Patience,
    /// Of grade 4, the most urgent.
    pub grade_4: Patience,
}

/// The times of one grade.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "as in life::duty::Patience")]
pub struct Patience {
    pub acknowledge_s: u32,
    pub judge_s: u32,
    pub dispatch_s: u32,
    pub dispose_s: u32,
    pub repeat_s: u32,
    pub escalate_every: u32,
}

impl From<crate::life::duty::Patience> for Patience {
    fn from(of: crate::life::duty::Patience) -> Self {
        Self {
            acknowledge_s: of.acknowledge_s,
            judge_s: of.judge_s,
            dispatch_s: of.dispatch_s,
            dispose_s: of.dispose_s,
            repeat_s: of.repeat_s,
            escalate_every: of.escalate_every,
        }
    }
}

impl Default for Duty {
    fn default() -> Self {
        let [grade_1, grade_2, grade_3, grade_4] = crate::life::duty::Duty::default().by_grade.map(Patience::from);
        Self { enabled: false, grade_1, grade_2, grade_3, grade_4 }
    }
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: "127.0.0.1:7411".to_owned(),
            area: String::new(),
            out: String::new(),
            log_format: "text".to_owned(),
            store: String::new(),
            keep_hours: 0,
            keep_gib: 0,
            keep_history_hours: 0,
            keep_pictures_gib: 10,
            start_hours: 0,
            snapshot_minutes: 10.0,
            tls: Tls::default(),
            access: Access::default(),
            service: Vec::new(),
            unit: Vec::new(),
            duty: Duty::default(),
            cueing: Cueing::default(),
            cot: Vec::new(),
            aivdm: Vec::new(),
            nats: Vec::new(),
            mqtt: Vec::new(),
            delivery: Delivery::default(),
            endpoint: Vec::new(),
            sharing: Vec::new(),
            folder: PathBuf::new(),
        }
    }
}

impl Config {
    /// Reads a file, then the environment, which wins. Paths in the file begin at its folder.
    ///
    /// # Errors
    /// When the file cannot be read or says what no file may, or the environment does.
    pub fn read(path: &Path, env: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let text =
            std::fs::read_to_string(path).map_err(|source| ConfigError::Read { path: path.to_owned(), source })?;
        let folder = path.parent().unwrap_or(Path::new("")).to_owned();
        Self::parse(&text, env).map(|config| Self { folder, ..config }).map_err(|error| match error {
            ConfigError::Parse { problem, .. } => ConfigError::Parse { path: path.to_owned(), problem },
            other => other,
        })
    }

    /// Likewise, from a text.
    ///
    /// # Errors
    /// When it says what no file may, or the environment does.
    pub fn parse(text: &str, env: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let problem =
            |error: &dyn std::fmt::Display| ConfigError::Parse { path: PathBuf::new(), problem: error.to_string() };
        // First as it is, so that a complaint has its line; then with the environment on top.
        toml::from_str::<Self>(text).map_err(|error| problem(&error))?;
        let mut table: toml::Table = text.parse().map_err(|error| problem(&error))?;
        env::overlay(&mut table, &Self::defaults(), env)?;
        table.try_into().map_err(|error| problem(&error))
    }

    /// Every key with its default.
    pub fn defaults() -> toml::Table {
        // The defaults are texts, numbers and lists: they always have a form in TOML.
        toml::Table::try_from(Self::default()).unwrap_or_default()
    }

    /// A path of the file, from where the server runs; `None` when it is not set.
    pub fn path(&self, text: &str) -> Option<PathBuf> {
        (!text.is_empty()).then(|| self.folder.join(text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_file_is_all_defaults() {
        assert_eq!(Config::parse("", |_| None).unwrap(), Config::default());
    }

    #[test]
    fn a_key_that_is_none_is_refused_with_its_line() {
        let refused = Config::parse("listen = \"127.0.0.1:1\"\nlisteb = 1\n", |_| None).unwrap_err().to_string();
        assert!(refused.contains("listeb") && refused.contains("line 2"), "{refused}");
    }

    #[test]
    fn the_environment_wins_over_the_file() {
        let env = |name: &str| match name {
            "SHOREWATCH_LISTEN" => Some("0.0.0.0:80".to_owned()),
            "SHOREWATCH_DUTY_ENABLED" => Some("true".to_owned()),
            "SHOREWATCH_DUTY_GRADE_4_REPEAT_S" => Some("7".to_owned()),
            _ => None,
        };
        let config = Config::parse("listen = \"127.0.0.1:1\"", env).unwrap();
        assert_eq!((config.listen.as_str(), config.duty.enabled), ("0.0.0.0:80", true));
        assert_eq!(config.duty.grade_4.repeat_s, 7);
        let bad = |name: &str| (name == "SHOREWATCH_DUTY_ENABLED").then(|| "yes".to_owned());
        let refused = Config::parse("", bad).unwrap_err().to_string();
        assert!(refused.contains("SHOREWATCH_DUTY_ENABLED") && refused.contains("true or false"), "{refused}");
    }

    #[test]
    fn the_manual_has_every_key_with_its_default() {
        let manual =
            std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/configuration.md")).unwrap();
        for (key, value) in env::leaves(&Config::defaults()) {
            let row = manual.lines().find(|line| line.starts_with(&format!("| `{key}` |")));
            let row = row.unwrap_or_else(|| panic!("docs/configuration.md has no row `{key}`"));
            assert!(row.contains(&format!("| `{value}` |")), "the default of {key} is {value}: {row}");
        }
        for list in [
            "service.name",
            "service.fingerprint",
            "service.roles",
            "service.unit",
            "unit.id",
            "unit.name",
            "unit.name_zh",
            "unit.kind",
            "unit.parent",
            "unit.area",
            "unit.takes",
            "endpoint.name",
            "endpoint.url",
            "endpoint.profile",
            "endpoint.secret_files",
            "endpoint.secret_env",
            "endpoint.paused",
            "endpoint.allow_networks",
            "endpoint.ca",
            "endpoint.timeout_s",
            "endpoint.callback_roles",
            "endpoint.callback_unit",
            "sharing.name",
            "sharing.kinds",
            "sharing.grades",
            "sharing.stages",
            "sharing.events",
            "sharing.area",
            "sharing.fields",
            "sharing.mmsi",
            "sharing.position_decimals",
        ] {
            assert!(manual.contains(&format!("| `{list}` |")), "docs/configuration.md has no row `{list}`");
        }
        let table = |value: toml::Table| env::leaves(&value);
        for (list, keys) in [
            ("cot", table(toml::Table::try_from(neighbours::Cot::default()).unwrap())),
            ("aivdm", table(toml::Table::try_from(neighbours::Aivdm::default()).unwrap())),
            ("nats", table(toml::Table::try_from(neighbours::Nats::default()).unwrap())),
            ("mqtt", table(toml::Table::try_from(neighbours::Mqtt::default()).unwrap())),
        ] {
            for (key, value) in keys {
                let row = manual.lines().find(|line| line.starts_with(&format!("| `{list}.{key}` |")));
                let row = row.unwrap_or_else(|| panic!("docs/configuration.md has no row `{list}.{key}`"));
                assert!(row.contains(&format!("| `{value}` |")), "the default of {list}.{key} is {value}: {row}");
            }
        }
    }
}
