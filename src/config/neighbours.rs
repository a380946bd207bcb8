//! Neighbours in the file: other systems that are told tracks and alerts, and what each of them is told.

mod check;

use serde::{Deserialize, Serialize};

pub(super) use check::check;

use crate::neighbours::aivdm::marked;

/// What one neighbour is told. What is not named here is not told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Share {
    /// The waters: `everywhere`, or a GeoJSON file with polygons; empty: nothing is told.
    pub area: String,
    /// Kinds of sensor, one of which must hold a track for it to be told: `ais`, `radar`, `eo`, `report`, or `all`.
    pub tracks: Vec<String>,
    /// Kinds of alert, or `all`.
    pub alerts: Vec<String>,
    /// The least grade of an alert that is told, 1 to 4.
    pub min_grade: u8,
}

impl Default for Share {
    fn default() -> Self {
        Self { area: String::new(), tracks: Vec::new(), alerts: Vec::new(), min_grade: 1 }
    }
}

/// A TAK server, told by Cursor on Target.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Cot {
    /// Its name in logs and figures.
    pub name: String,
    /// Where it listens: `tcp://host:8087`, `tls://host:8089`, `udp://239.2.3.1:6969`; `env:NAME` takes it from the environment.
    pub address: String,
    /// Authorities whose certificate the server may show (PEM), for `tls://`.
    pub ca: String,
    /// The certificate that is shown to the server (PEM).
    pub certificate: String,
    /// Its key (PEM).
    pub key: String,
    /// The name in the server's certificate; empty: the host of the address.
    pub server_name: String,
    /// Begins every uid: two sites that tell one TAK server need two.
    pub uid: String,
    /// Seconds between two events of one track.
    pub interval_s: u32,
    /// Seconds after which a client may take an event for old; what goes on is told anew three times as often.
    pub stale_s: u32,
    /// What it is told.
    pub share: Share,
}

impl Default for Cot {
    fn default() -> Self {
        Self {
            name: String::new(),
            address: String::new(),
            ca: String::new(),
            certificate: String::new(),
            key: String::new(),
            server_name: String::new(),
            uid: "shorewatch".to_owned(),
            interval_s: 10,
            stale_s: 120,
            share: Share::default(),
        }
    }
}

/// A port where AIS is given out to chart plotters.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Aivdm {
    /// Its name in logs and figures.
    pub name: String,
    /// Address and port where clients connect; `env:NAME` takes it from the environment.
    pub listen: String,
    /// Who may come: addresses, or nets as `10.1.0.0/16`. To listen elsewhere than on the loopback some must be named.
    pub allow: Vec<String>,
    /// Clients at a time.
    pub clients: u16,
    /// Whether tracks that AIS does not tell are given out as marked targets.
    pub marked: bool,
    /// The first MMSI of those.
    pub mmsi_first: u32,
    /// Seconds between two reports of one of those.
    pub interval_s: u32,
    /// What is given out.
    pub share: Share,
}

impl Default for Aivdm {
    fn default() -> Self {
        Self {
            name: String::new(),
            listen: String::new(),
            allow: Vec::new(),
            clients: 16,
            marked: true,
            mmsi_first: marked::MMSI_FIRST,
            interval_s: 10,
            share: Share::default(),
        }
    }
}

/// A NATS server, told by CloudEvents over JetStream.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Nats {
    /// Its name in logs and figures.
    pub name: String,
    /// Where it is: `nats://host:4222`, several for a cluster; `env:NAME` takes one from the environment.
    pub servers: Vec<String>,
    /// A credentials file (JWT and seed).
    pub credentials: String,
    /// Where a token is: `env:NAME`, `file:PATH`.
    pub token: String,
    /// Authorities whose certificate the server may show (PEM); with it TLS is asked for.
    pub ca: String,
    /// The certificate that is shown to the server (PEM).
    pub certificate: String,
    /// Its key (PEM).
    pub key: String,
    /// Begins every subject.
    pub subject: String,
    /// A stream that is made for alerts when it is not there; empty: there is one that takes their subjects.
    pub stream: String,
    /// Seconds between two messages of one track.
    pub interval_s: u32,
    /// What it is told.
    pub share: Share,
}

impl Default for Nats {
    fn default() -> Self {
        Self {
            name: String::new(),
            servers: Vec::new(),
            credentials: String::new(),
            token: String::new(),
            ca: String::new(),
            certificate: String::new(),
            key: String::new(),
            subject: "shorewatch".to_owned(),
            stream: String::new(),
            interval_s: 10,
            share: Share::default(),
        }
    }
}

/// An MQTT broker, told by retained messages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Mqtt {
    /// Its name in logs and figures.
    pub name: String,
    /// Where it listens: `mqtt://host:1883`, `mqtts://host:8883`; `env:NAME` takes it from the environment.
    pub server: String,
    /// User; empty: none.
    pub username: String,
    /// Where his password is: `env:NAME`, `file:PATH`.
    pub password: String,
    /// Authorities whose certificate the broker may show (PEM), for `mqtts://`.
    pub ca: String,
    /// The certificate that is shown to the broker (PEM).
    pub certificate: String,
    /// Its key (PEM).
    pub key: String,
    /// By what the broker tells clients apart; empty: `shorewatch-` and the name.
    pub client_id: String,
    /// Begins every topic: two sites that tell one broker need two.
    pub topic: String,
    /// Seconds between two messages of one track.
    pub interval_s: u32,
    /// Seconds for which the broker keeps a track that is not told again.
    pub expiry_s: u32,
    /// What it is told.
    pub share: Share,
}

impl Default for Mqtt {
    fn default() -> Self {
        Self {
            name: String::new(),
            server: String::new(),
            username: String::new(),
            password: String::new(),
            ca: String::new(),
            certificate: String::new(),
            key: String::new(),
            client_id: String::new(),
            topic: "shorewatch".to_owned(),
            interval_s: 10,
            expiry_s: 120,
            share: Share::default(),
        }
    }
}
