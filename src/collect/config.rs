//! `sources.toml`: which sensors stand where on the network, and what each speaks.
//!
//! Read once into a checked form; after that nothing is looked at twice.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;

use super::error::CollectError;
use crate::feed::sensor::SensorKind;
use crate::serve::work::FeedName;

/// The most sources of one collector.
pub const SOURCES_MAX: usize = 256;
/// A source that does not say when it counts as silent does so after this many seconds: two turns of a slow antenna for
/// radars, a minute of a quiet sea for the others.
const RADAR_SILENT_S: f64 = 6.0;
const OTHER_SILENT_S: f64 = 60.0;
/// The longest silence that can be asked for, in seconds: a day.
const SILENT_S_MAX: f64 = 86_400.0;
/// Bits a second of a serial line that does not say: IEC 61162-2, as radars and AIS receivers use it.
const USUAL_BAUD: u32 = 38_400;

/// All sources.
#[derive(Clone, Debug, PartialEq)]
pub struct Sources {
    /// In the order of the file.
    pub sources: Vec<Source>,
}

/// One source.
#[derive(Clone, Debug, PartialEq)]
pub struct Source {
    /// Name of the feed: that of its sensor in the server's area.
    pub name: FeedName,
    /// What the sensor is.
    pub kind: SensorKind,
    /// How its bytes are cut into records.
    pub format: Format,
    /// Where they come from.
    pub transport: Transport,
    /// Without any byte for so long it counts as silent.
    pub silent_after: Duration,
}

/// What a source speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// Lines of NMEA 0183.
    Nmea,
    /// ASTERIX blocks.
    Asterix,
    /// JSON Lines.
    Json,
    /// CSV with a header.
    Csv,
    /// ONVIF metadata documents.
    Onvif,
    /// KLV packets, bare or in an MPEG transport stream.
    Klv,
}

impl Format {
    /// The usual format of a kind of sensor.
    fn usual(kind: SensorKind) -> Self {
        match kind {
            SensorKind::Ais => Self::Nmea,
            SensorKind::Radar => Self::Asterix,
            SensorKind::Eo | SensorKind::Report => Self::Json,
        }
    }

    fn fits(self, kind: SensorKind) -> bool {
        match kind {
            SensorKind::Ais => self == Self::Nmea,
            SensorKind::Radar => matches!(self, Self::Nmea | Self::Asterix),
            SensorKind::Eo => matches!(self, Self::Json | Self::Onvif | Self::Klv),
            SensorKind::Report => matches!(self, Self::Json | Self::Csv | Self::Asterix),
        }
    }
}

/// Where bytes come from.
#[derive(Clone, Debug, PartialEq)]
pub enum Transport {
    /// Connects to a server, and again when it breaks.
    TcpClient {
        /// `host:port`.
        address: String,
    },
    /// Listens, and takes what any client sends.
    TcpServer {
        /// Where to listen.
        bind: SocketAddr,
    },
    /// Datagrams, perhaps of a multicast group; with the header of IEC 61162-450 or without.
    Udp {
        /// Where to listen.
        bind: SocketAddr,
        /// The group to join.
        group: Option<Ipv4Addr>,
        /// The interface to join it on.
        interface: Ipv4Addr,
    },
    /// A serial line.
    Serial {
        /// The device.
        path: PathBuf,
        /// Bits a second.
        baud: u32,
    },
    /// A file, read to its end; or followed as it grows.
    File {
        /// The file.
        path: PathBuf,
        /// Go on reading as it grows.
        follow: bool,
    },
    /// Standard input.
    Stdin,
    /// The datagrams of a network capture.
    Pcap {
        /// The capture.
        path: PathBuf,
    },
}

impl Transport {
    /// Whether it ends by itself: a file that is not followed, standard input, a capture.
    pub fn ends(&self) -> bool {
        matches!(self, Self::File { follow: false, .. } | Self::Stdin | Self::Pcap { .. })
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawSources {
    #[serde(default)]
    source: Vec<RawSource>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawSource {
    name: String,
    kind: String,
    format: Option<Format>,
    silent_after_s: Option<f64>,
    tcp_client: Option<RawTcpClient>,
    tcp_server: Option<RawBind>,
    udp: Option<RawUdp>,
    serial: Option<RawSerial>,
    file: Option<RawFile>,
    stdin: Option<RawStdin>,
    pcap: Option<RawPcap>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawTcpClient {
    address: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawBind {
    bind: SocketAddr,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawUdp {
    bind: SocketAddr,
    group: Option<Ipv4Addr>,
    interface: Option<Ipv4Addr>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawSerial {
    path: PathBuf,
    baud: Option<u32>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawFile {
    path: PathBuf,
    #[serde(default)]
    follow: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawStdin {}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawPcap {
    path: PathBuf,
}

impl Sources {
    /// Reads a file of sources.
    ///
    /// # Errors
    /// [`CollectError`] with the place and what to do, when the file cannot be read or cannot be right.
    pub fn read(path: &Path) -> Result<Self, CollectError> {
        let text =
            std::fs::read_to_string(path).map_err(|error| CollectError::Unreadable { path: path.to_owned(), error })?;
        Self::parse(&text)
    }

    /// Reads the text of such a file.
    ///
    /// # Errors
    /// As for [`read`](Self::read).
    pub fn parse(text: &str) -> Result<Self, CollectError> {
        let raw: RawSources = toml::from_str(text).map_err(|error| CollectError::Toml(error.to_string()))?;
        if raw.source.is_empty() || raw.source.len() > SOURCES_MAX {
            return Err(CollectError::Count(raw.source.len()));
        }
        let mut names = BTreeSet::new();
        let mut sources = Vec::with_capacity(raw.source.len());
        for source in raw.source {
            let name = source.name.clone();
            if !names.insert(name.clone()) {
                return Err(CollectError::Source {
                    name,
                    why: "it is listed twice: give each source its own name".into(),
                });
            }
            sources.push(checked(source).map_err(|why| CollectError::Source { name, why })?);
        }
        Ok(Self { sources })
    }
}

fn checked(raw: RawSource) -> Result<Source, String> {
    let name =
        FeedName::new(&raw.name).ok_or("a name has 1 to 64 letters, digits, '-', '_' and '.', and nothing else")?;
    let kind = SensorKind::ALL
        .into_iter()
        .find(|kind| kind.as_str() == raw.kind)
        .ok_or_else(|| format!("kind '{}' is unknown: ais, radar, eo or report", raw.kind))?;
    let format = raw.format.unwrap_or(Format::usual(kind));
    if !format.fits(kind) {
        return Err(format!("a sensor of kind {} does not speak {format:?}", raw.kind));
    }
    let usual = if kind == SensorKind::Radar { RADAR_SILENT_S } else { OTHER_SILENT_S };
    let silent_after_s = raw.silent_after_s.unwrap_or(usual);
    if !(silent_after_s > 0.0 && silent_after_s <= SILENT_S_MAX) {
        return Err(format!("silent_after_s is {silent_after_s}: give seconds above 0, up to a day"));
    }
    let transport = transport(raw)?;
    Ok(Source { name, kind, format, transport, silent_after: Duration::from_secs_f64(silent_after_s) })
}

/// The one transport that a source has.
fn transport(raw: RawSource) -> Result<Transport, String> {
    let given = [
        raw.tcp_client.map(|tcp| Transport::TcpClient { address: tcp.address }),
        raw.tcp_server.map(|tcp| Transport::TcpServer { bind: tcp.bind }),
        raw.udp.map(|udp| Transport::Udp {
            bind: udp.bind,
            group: udp.group,
            interface: udp.interface.unwrap_or(Ipv4Addr::UNSPECIFIED),
        }),
        raw.serial.map(|serial| Transport::Serial { path: serial.path, baud: serial.baud.unwrap_or(USUAL_BAUD) }),
        raw.file.map(|file| Transport::File { path: file.path, follow: file.follow }),
        raw.stdin.map(|_| Transport::Stdin),
        raw.pcap.map(|pcap| Transport::Pcap { path: pcap.path }),
    ];
    let mut given = given.into_iter().flatten();
    let (Some(transport), None) = (given.next(), given.next()) else {
        return Err("give exactly one of tcp_client, tcp_server, udp, serial, file, stdin, pcap".into());
    };
    match &transport {
        Transport::TcpClient { address } if !address.contains(':') => {
            Err(format!("address '{address}' has no port: write host:port"))
        }
        Transport::Udp { bind, group: Some(group), .. }
            if !group.is_multicast() || !matches!(bind.ip(), IpAddr::V4(_)) =>
        {
            Err(format!(
                "{group} is no IPv4 multicast group that could be joined on {bind}: 224.0.0.0 to 239.255.255.255"
            ))
        }
        _ => Ok(transport),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_transport_is_read() {
        let text = r#"
            [[source]]
            name = "ais1"
            kind = "ais"
            tcp_client = { address = "10.0.0.5:10110" }

            [[source]]
            name = "radar1"
            kind = "radar"
            silent_after_s = 5
            udp = { bind = "0.0.0.0:8600", group = "239.192.0.4" }

            [[source]]
            name = "radar2"
            kind = "radar"
            format = "nmea"
            serial = { path = "/dev/ttyUSB0", baud = 4800 }

            [[source]]
            name = "eo1"
            kind = "eo"
            format = "onvif"
            tcp_server = { bind = "127.0.0.1:9000" }

            [[source]]
            name = "fleet"
            kind = "report"
            format = "csv"
            file = { path = "beidou.csv", follow = true }

            [[source]]
            name = "in"
            kind = "ais"
            stdin = {}
        "#;
        let sources = Sources::parse(text).unwrap().sources;
        assert_eq!(sources.len(), 6);
        assert_eq!(sources[1].silent_after, Duration::from_secs(5));
        assert_eq!(sources[1].format, Format::Asterix);
        assert_eq!(sources[2].transport, Transport::Serial { path: "/dev/ttyUSB0".into(), baud: 4800 });
        assert!(sources[5].transport.ends() && !sources[4].transport.ends());
    }

    #[test]
    fn what_cannot_be_right_is_refused_with_the_name_of_the_source() {
        let source = |rest: &str| format!("[[source]]\nname = \"x\"\nkind = \"radar\"\n{rest}");
        for (text, part) in [
            (String::new(), "no source"),
            (source(""), "exactly one of"),
            (source("stdin = {}\npcap = { path = \"a\" }"), "exactly one of"),
            (source("format = \"json\"\nstdin = {}"), "does not speak"),
            (source("udp = { bind = \"0.0.0.0:1\", group = \"10.0.0.1\" }"), "multicast"),
            (source("tcp_client = { address = \"host\" }"), "no port"),
            (source("silent_after_s = 0\nstdin = {}"), "silent_after_s"),
            (source("speed = 4800\nstdin = {}"), "speed"),
            (source("stdin = {}") + "\n" + &source("stdin = {}"), "twice"),
        ] {
            let error = Sources::parse(&text).unwrap_err().to_string();
            assert!(error.contains(part), "{error}");
        }
    }
}
