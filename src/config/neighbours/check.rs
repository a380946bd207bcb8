//! Neighbours, checked: from what the file says to what the server runs with.

use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use ipnet::IpNet;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use super::super::Config;
use super::super::checked::{Wrong, area, read};
use super::{Aivdm, Cot, Mqtt, Nats, Share};
use crate::access::organisation::Area;
use crate::behaviour::Kind;
use crate::fusion::Sources;
use crate::neighbours::aivdm::marked;
use crate::neighbours::cot::link::{Address, Transport};
use crate::neighbours::nats::Credentials;
use crate::neighbours::{Plan, aivdm, cot, mqtt, nats, share};

/// What all neighbours are, checked.
///
/// # Errors
/// With the first thing that is wrong, by its key.
pub(in crate::config) fn check(config: &Config, env: impl Fn(&str) -> Option<String>) -> Result<Plan, Wrong> {
    let cot = config.cot.iter().map(|cot| check_cot(config, cot, &env)).collect::<Result<Vec<_>, _>>()?;
    let aivdm = config.aivdm.iter().map(|aivdm| check_aivdm(config, aivdm, &env)).collect::<Result<Vec<_>, _>>()?;
    let mut names = BTreeSet::new();
    let nats = config.nats.iter().map(|nats| check_nats(config, nats, &env)).collect::<Result<Vec<_>, _>>()?;
    let mqtt = config.mqtt.iter().map(|mqtt| check_mqtt(config, mqtt, &env)).collect::<Result<Vec<_>, _>>()?;
    let all = cot.iter().map(|cot| &cot.name).chain(aivdm.iter().map(|aivdm| &aivdm.name));
    let all = all.chain(nats.iter().map(|nats| &nats.name)).chain(mqtt.iter().map(|mqtt| &mqtt.name));
    if let Some(twice) = all.into_iter().find(|name| !names.insert(name.as_str())) {
        return Err(Wrong::new("name", format!("'{twice}' stands at two neighbours: figures go by it")));
    }
    Ok(Plan { cot, aivdm, nats, mqtt })
}

fn check_cot(config: &Config, cot: &Cot, env: impl Fn(&str) -> Option<String>) -> Result<cot::Plan, Wrong> {
    let key = |part: &str| format!("cot '{}' {part}", cot.name);
    check_name(&key("name"), &cot.name)?;
    let address = from_env(&key("address"), &cot.address, env)?;
    let (scheme, host_port) = address
        .split_once("://")
        .filter(|(_, host_port)| has_port(host_port))
        .ok_or_else(|| Wrong::new(key("address"), format!("'{address}' is no address: tcp://tak.example.org:8087")))?;
    let transport = match scheme {
        "tcp" => Transport::Tcp,
        "udp" => Transport::Udp,
        "tls" | "ssl" => {
            let host = host_port.rsplit_once(':').map_or(host_port, |(host, _)| host);
            let host = if cot.server_name.is_empty() { host } else { &cot.server_name };
            let name = ServerName::try_from(host.trim_matches(['[', ']']).to_owned());
            let name = name.map_err(|_| Wrong::new(key("server_name"), format!("'{host}' is no name of a server")))?;
            Transport::Tls(client_tls(config, key, [&cot.ca, &cot.certificate, &cot.key])?, name)
        }
        other => return Err(Wrong::new(key("address"), format!("'{other}' is none of tcp, tls, udp"))),
    };
    if !matches!(transport, Transport::Tls(..)) && [&cot.ca, &cot.certificate, &cot.key].iter().any(|it| !it.is_empty())
    {
        return Err(Wrong::new(key("address"), "certificates are of use with tls:// only"));
    }
    let uid_is_good = |uid: &str| {
        (1..=40).contains(&uid.len()) && uid.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
    };
    if !uid_is_good(&cot.uid) {
        return Err(Wrong::new(key("uid"), format!("'{}': 1 to 40 letters, digits, '.', '_', '-'", cot.uid)));
    }
    if !(10..=86_400).contains(&cot.stale_s) || cot.interval_s > cot.stale_s {
        return Err(Wrong::new(key("stale_s"), "10 to 86400 seconds, and no less than interval_s"));
    }
    Ok(cot::Plan {
        name: cot.name.clone(),
        address: Address { host_port: host_port.to_owned(), transport },
        uid: cot.uid.clone(),
        interval_s: cot.interval_s,
        stale_s: cot.stale_s,
        share: check_share(config, key, &cot.share)?,
    })
}

fn check_aivdm(config: &Config, aivdm: &Aivdm, env: impl Fn(&str) -> Option<String>) -> Result<aivdm::Plan, Wrong> {
    let key = |part: &str| format!("aivdm '{}' {part}", aivdm.name);
    check_name(&key("name"), &aivdm.name)?;
    let listen = from_env(&key("listen"), &aivdm.listen, env)?;
    let no_address = |_| Wrong::new(key("listen"), format!("'{listen}' is no address with port: 127.0.0.1:10110"));
    let listen: SocketAddr = listen.parse().map_err(no_address)?;
    let net = |text: &String| {
        let net = text.parse::<IpNet>().or_else(|_| text.parse::<IpAddr>().map(IpNet::from));
        net.map_err(|_| Wrong::new(key("allow"), format!("'{text}' is neither an address nor a net as 10.1.0.0/16")))
    };
    let allow = aivdm.allow.iter().map(net).collect::<Result<Vec<_>, _>>()?;
    if !listen.ip().is_loopback() && allow.is_empty() {
        let problem =
            "AIS sentences go in plain text to whoever comes: name who may (addresses or nets), or listen on 127.0.0.1";
        return Err(Wrong::new(key("allow"), problem));
    }
    if !(1..=256).contains(&aivdm.clients) {
        return Err(Wrong::new(key("clients"), format!("{}: 1 to 256", aivdm.clients)));
    }
    if !(1..=999_999_999 - marked::MMSI_COUNT + 1).contains(&aivdm.mmsi_first) {
        return Err(Wrong::new(
            key("mmsi_first"),
            "ten million numbers of nine digits must follow: 100000000 unless you know better",
        ));
    }
    let share = check_share(config, key, &aivdm.share)?;
    if !share.tells_tracks() {
        return Err(Wrong::new(key("share.tracks"), "AIS tells no alerts: name tracks"));
    }
    Ok(aivdm::Plan {
        name: aivdm.name.clone(),
        listen,
        allow,
        clients_max: usize::from(aivdm.clients),
        marked: aivdm.marked,
        mmsi_first: aivdm.mmsi_first,
        interval_s: aivdm.interval_s,
        share,
    })
}

fn check_nats(config: &Config, nats: &Nats, env: impl Fn(&str) -> Option<String>) -> Result<nats::Plan, Wrong> {
    let key = |part: &str| format!("nats '{}' {part}", nats.name);
    check_name(&key("name"), &nats.name)?;
    let server = |text: &String| {
        let server = from_env(&key("servers"), text, &env)?;
        match server.parse::<async_nats::ServerAddr>() {
            Ok(_) => Ok(server),
            // The address may hold a password: it is not repeated.
            Err(_) => Err(Wrong::new(key("servers"), "one is no address: nats://nats.example.org:4222")),
        }
    };
    let servers = nats.servers.iter().map(server).collect::<Result<Vec<_>, _>>()?;
    if servers.is_empty() {
        return Err(Wrong::new(key("servers"), "missing: nats://nats.example.org:4222"));
    }
    let credentials = match (nats.credentials.as_str(), nats.token.as_str()) {
        ("", "") => Credentials::None,
        (file, "") => Credentials::File(read(config, &key("credentials"), file)?),
        ("", token) => Credentials::Token(secret(config, &key("token"), token, &env)?),
        _ => return Err(Wrong::new(key("credentials"), "a credentials file or a token, not both")),
    };
    let files = [&nats.ca, &nats.certificate, &nats.key];
    let tls = if files.iter().all(|file| file.is_empty()) { None } else { Some(client_tls(config, key, files)?) };
    if !are_words(&nats.subject, '.') {
        return Err(Wrong::new(
            key("subject"),
            format!("'{}': words of letters, digits, '_', '-' with dots between", nats.subject),
        ));
    }
    if !nats.stream.is_empty() && (!are_words(&nats.stream, '.') || nats.stream.contains('.')) {
        return Err(Wrong::new(key("stream"), format!("'{}': letters, digits, '_', '-'", nats.stream)));
    }
    Ok(nats::Plan {
        name: nats.name.clone(),
        servers,
        credentials,
        tls,
        subject: nats.subject.clone(),
        stream: nats.stream.clone(),
        interval_s: nats.interval_s,
        cursor: None,
        share: check_share(config, key, &nats.share)?,
    })
}

fn check_mqtt(config: &Config, mqtt: &Mqtt, env: impl Fn(&str) -> Option<String>) -> Result<mqtt::Plan, Wrong> {
    let key = |part: &str| format!("mqtt '{}' {part}", mqtt.name);
    check_name(&key("name"), &mqtt.name)?;
    let server = from_env(&key("server"), &mqtt.server, &env)?;
    // The address may hold a password where none belongs: it is not repeated.
    let no_address = || Wrong::new(key("server"), "it is no address: mqtt://mqtt.example.org:1883, mqtts://…:8883");
    let (scheme, host_port) = server.split_once("://").filter(|(_, it)| has_port(it)).ok_or_else(no_address)?;
    let (host, port) = host_port.rsplit_once(':').filter(|(host, _)| !host.contains('@')).ok_or_else(no_address)?;
    let files = [&mqtt.ca, &mqtt.certificate, &mqtt.key];
    let tls = match scheme {
        "mqtt" if files.iter().all(|file| file.is_empty()) => None,
        "mqtt" => return Err(Wrong::new(key("server"), "certificates are for mqtts://")),
        "mqtts" => Some(client_tls(config, key, files)?),
        other => return Err(Wrong::new(key("server"), format!("'{other}' is none of mqtt, mqtts"))),
    };
    let login = match (mqtt.username.as_str(), mqtt.password.as_str()) {
        ("", "") => None,
        (user, password) if !user.is_empty() && !password.is_empty() => {
            Some((user.to_owned(), secret(config, &key("password"), password, &env)?))
        }
        _ => return Err(Wrong::new(key("username"), "username and password go together")),
    };
    if !are_words(&mqtt.topic, '/') {
        let problem = format!("'{}': words of letters, digits, '_', '-' with slashes between", mqtt.topic);
        return Err(Wrong::new(key("topic"), problem));
    }
    if mqtt.expiry_s < 3 * mqtt.interval_s.max(1) {
        let problem =
            format!("{}: three times interval_s at least, or tracks are gone between two messages", mqtt.expiry_s);
        return Err(Wrong::new(key("expiry_s"), problem));
    }
    Ok(mqtt::Plan {
        name: mqtt.name.clone(),
        host: host.trim_matches(['[', ']']).to_owned(),
        port: port.parse().map_err(|_| no_address())?,
        tls,
        login,
        client_id: if mqtt.client_id.is_empty() { format!("shorewatch-{}", mqtt.name) } else { mqtt.client_id.clone() },
        topic: mqtt.topic.clone(),
        interval_s: mqtt.interval_s,
        expiry_s: mqtt.expiry_s,
        cursor: None,
        share: check_share(config, key, &mqtt.share)?,
    })
}

/// Whether a text is words of letters, digits, `_` and `-`, with a separator between them, and not long.
fn are_words(text: &str, separator: char) -> bool {
    let is_word =
        |word: &str| !word.is_empty() && word.bytes().all(|it| it.is_ascii_alphanumeric() || b"_-".contains(&it));
    text.len() <= 64 && text.split(separator).all(is_word)
}

/// A secret that stands in the environment or in a file of its own: `env:NAME`, `file:PATH`.
fn secret(config: &Config, key: &str, value: &str, env: impl Fn(&str) -> Option<String>) -> Result<String, Wrong> {
    match value.strip_prefix("file:") {
        Some(file) => Ok(read(config, key, file)?.trim().to_owned()),
        None if value.starts_with("env:") => from_env(key, value, env),
        None => Err(Wrong::new(key, "a secret does not stand in this file: env:NAME, or file:PATH")),
    }
}

/// What a neighbour is told. One that is told nothing is a mistake.
fn check_share(config: &Config, key: impl Fn(&str) -> String, share: &Share) -> Result<share::Share, Wrong> {
    let area = match share.area.as_str() {
        "" => return Err(Wrong::new(key("share.area"), "missing: which waters? A GeoJSON file, or \"everywhere\"")),
        "everywhere" => Area::Everywhere,
        file => {
            let text = read(config, &key("share.area"), file)?;
            area(&text).map_err(|problem| Wrong::new(key("share.area"), problem))?
        }
    };
    let mut tracks = Sources::default();
    for word in &share.tracks {
        match word.as_str() {
            "ais" => tracks.ais = true,
            "radar" => tracks.radar = true,
            "eo" => tracks.eo = true,
            "report" => tracks.report = true,
            "all" => tracks = Sources { ais: true, radar: true, eo: true, report: true },
            other => {
                let problem = format!("'{other}' is none of ais, radar, eo, report, all");
                return Err(Wrong::new(key("share.tracks"), problem));
            }
        }
    }
    let mut alerts = Vec::new();
    for word in &share.alerts {
        match Kind::ALL.into_iter().find(|kind| kind.as_str() == word) {
            Some(kind) => alerts.push(kind),
            None if word == "all" => alerts.extend(Kind::ALL),
            None => {
                let known = Kind::ALL.map(Kind::as_str).join(", ");
                return Err(Wrong::new(key("share.alerts"), format!("'{word}' is none of {known}, all")));
            }
        }
    }
    if !(1..=4).contains(&share.min_grade) {
        return Err(Wrong::new(key("share.min_grade"), format!("{} is no grade: 1 to 4", share.min_grade)));
    }
    let share = share::Share { area: Some(Arc::new(area)), tracks, alerts, min_grade: share.min_grade };
    if share.is_nothing() {
        return Err(Wrong::new(
            key("share"),
            "tells nothing: name tracks (ais, radar, eo, report) or alerts, or \"all\"",
        ));
    }
    Ok(share)
}

fn check_name(key: &str, name: &str) -> Result<(), Wrong> {
    let is_good = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    if (1..=64).contains(&name.len()) && name.bytes().all(is_good) {
        return Ok(());
    }
    Err(Wrong::new(key, "every neighbour has one: 1 to 64 letters, digits, '.', '_', '-'"))
}

/// A value that may stand in the environment: `env:NAME`.
fn from_env(key: &str, value: &str, env: impl Fn(&str) -> Option<String>) -> Result<String, Wrong> {
    match value.strip_prefix("env:") {
        None => Ok(value.to_owned()),
        Some(name) => env(name).ok_or_else(|| Wrong::new(key, format!("{name} is not set in the environment"))),
    }
}

fn has_port(host_port: &str) -> bool {
    host_port
        .rsplit_once(':')
        .is_some_and(|(host, port)| !host.is_empty() && port.parse::<u16>().is_ok_and(|it| it > 0))
}

/// TLS towards a server: the authorities that are believed, and the certificate that is shown.
fn client_tls(
    config: &Config,
    key: impl Fn(&str) -> String,
    [ca, certificate, private]: [&String; 3],
) -> Result<Arc<ClientConfig>, Wrong> {
    if ca.is_empty() {
        return Err(Wrong::new(key("ca"), "missing: whose certificate may the server show?"));
    }
    let certificates = |part: &str, file: &str| {
        let text = read(config, &key(part), file)?;
        let all: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(text.as_bytes()).collect();
        all.ok()
            .filter(|all| !all.is_empty())
            .ok_or_else(|| Wrong::new(key(part), format!("{file}: no certificate (PEM)")))
    };
    let mut roots = RootCertStore::empty();
    for authority in certificates("ca", ca)? {
        roots.add(authority).map_err(|error| Wrong::new(key("ca"), error))?;
    }
    let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| Wrong::new(key("ca"), error))?
        .with_root_certificates(roots);
    let tls = match (certificate.is_empty(), private.is_empty()) {
        (true, true) => builder.with_no_client_auth(),
        (false, false) => {
            let text = read(config, &key("key"), private)?;
            let private =
                PrivateKeyDer::from_pem_slice(text.as_bytes()).map_err(|error| Wrong::new(key("key"), error))?;
            builder
                .with_client_auth_cert(certificates("certificate", certificate)?, private)
                .map_err(|error| Wrong::new(key("certificate"), error))?
        }
        _ => return Err(Wrong::new(key("certificate"), "certificate and key go together")),
    };
    Ok(Arc::new(tls))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::checked::check as check_all;

    fn checked(text: &str) -> Result<Plan, String> {
        let config = Config::parse(text, |_| None).map_err(|error| error.to_string())?;
        check_all(&config).map(|checked| checked.neighbours).map_err(|error| error.to_string())
    }

    fn cot(address: &str, share: &str) -> String {
        format!("[[cot]]\nname = 'tak'\naddress = '{address}'\n[cot.share]\n{share}")
    }

    fn port(listen: &str, more: &str) -> String {
        let share = "[aivdm.share]\narea = 'everywhere'\ntracks = ['all']\n";
        format!("[[aivdm]]\nname = 'bridge'\nlisten = '{listen}'\n{more}\n{share}")
    }

    fn broker(more: &str) -> String {
        format!("[[nats]]\nname = 'joint'\n{more}\n[nats.share]\narea = 'everywhere'\nalerts = ['all']\n")
    }

    fn station(more: &str) -> String {
        format!("[[mqtt]]\nname = 'pier'\n{more}\n[mqtt.share]\narea = 'everywhere'\nalerts = ['all']\n")
    }

    #[test]
    fn a_broker_of_a_small_station_is_taken_with_its_defaults() {
        let plan = checked(&station("server = 'mqtt://127.0.0.1:1883'")).unwrap();
        let broker = &plan.mqtt[0];
        assert_eq!(
            (broker.host.as_str(), broker.port, broker.client_id.as_str()),
            ("127.0.0.1", 1883, "shorewatch-pier")
        );
        assert_eq!((broker.topic.as_str(), broker.expiry_s, broker.tls.is_none()), ("shorewatch", 120, true));
        let kept = plan.kept_in(Some(std::path::Path::new("store")));
        assert_eq!(kept.mqtt[0].cursor.as_deref(), Some(std::path::Path::new("store/neighbours/pier.cursor")));
    }

    #[test]
    fn a_broker_keeps_how_far_it_was_told_beside_the_records() {
        let plan = checked(&broker("servers = ['nats://a:4222', 'tls://b:4222']\nstream = 'ALERTS'")).unwrap();
        assert_eq!(plan.nats[0].cursor, None);
        let kept = plan.kept_in(Some(std::path::Path::new("store")));
        assert_eq!(kept.nats[0].cursor.as_deref(), Some(std::path::Path::new("store/neighbours/joint.cursor")));
    }

    #[test]
    fn a_port_for_plotters_of_a_net_is_taken_with_its_defaults() {
        let plan = checked(&port("0.0.0.0:10110", "allow = ['10.1.0.0/16', '192.168.1.7']")).unwrap();
        let port = &plan.aivdm[0];
        assert_eq!((port.allow.len(), port.clients_max, port.marked, port.mmsi_first), (2, 16, true, 100_000_000));
        assert!(port.passes_ais());
    }

    #[test]
    fn a_neighbour_is_told_what_is_named_and_nothing_else() {
        let share = "area = 'everywhere'\ntracks = ['radar']\nalerts = ['unloading']\nmin_grade = 3";
        let plan = checked(&cot("tcp://127.0.0.1:8087", share)).unwrap();
        let share = &plan.cot[0].share;
        assert_eq!(share.tracks, Sources { radar: true, ..Sources::default() });
        assert_eq!((share.alerts.as_slice(), share.min_grade), ([Kind::Unloading].as_slice(), 3));
        assert!(checked("").unwrap().cot.is_empty());
    }

    #[test]
    fn a_neighbour_that_cannot_be_is_named() {
        let all = "area = 'everywhere'\ntracks = ['all']";
        for (text, complaint) in [
            (cot("tak.example.org", all), "cot 'tak' address: 'tak.example.org' is no address"),
            (cot("http://a:1", all), "none of tcp, tls, udp"),
            (cot("tcp://a:0", all), "is no address"),
            (cot("env:NOT_SET_ANYWHERE_HERE", all), "NOT_SET_ANYWHERE_HERE is not set"),
            (cot("tls://a:8089", all), "cot 'tak' ca: missing"),
            (cot("tcp://a:8087", "tracks = ['all']"), "share.area: missing"),
            (cot("tcp://a:8087", "area = 'everywhere'"), "share: tells nothing"),
            (cot("tcp://a:8087", "area = 'everywhere'\ntracks = ['sonar']"), "'sonar' is none of"),
            (cot("tcp://a:8087", "area = 'everywhere'\nalerts = ['war']"), "'war' is none of loitering"),
            (cot("tcp://a:8087", "area = 'everywhere'\nalerts = ['all']\nmin_grade = 5"), "5 is no grade"),
            (cot("tcp://a:8087", all) + "\n" + &cot("tcp://b:8087", all), "'tak' stands at two neighbours"),
            (port("0.0.0.0:10110", ""), "aivdm 'bridge' allow: AIS sentences go in plain text"),
            (port("0.0.0.0:10110", "allow = ['all']"), "'all' is neither an address nor a net"),
            (port("10110", ""), "is no address with port"),
            (port("127.0.0.1:10110", "clients = 0"), "clients: 0: 1 to 256"),
            (port("127.0.0.1:10110", "mmsi_first = 999000000"), "mmsi_first: ten million"),
            (port("127.0.0.1:10110", "").replace("bridge", "tak") + &cot("tcp://a:8087", all), "'tak' stands at two"),
            (broker("servers = []"), "nats 'joint' servers: missing"),
            (broker("servers = ['not an address']"), "servers: one is no address"),
            (broker("servers = ['nats://a:4222']\ntoken = 'secret'"), "token: a secret does not stand in this file"),
            (broker("servers = ['nats://a:4222']\ncredentials = 'not-there.creds'"), "not-there.creds"),
            (broker("servers = ['nats://a:4222']\nsubject = 'a.*'"), "subject: 'a.*'"),
            (broker("servers = ['nats://a:4222']\nstream = 'a.b'"), "stream: 'a.b'"),
            (station(""), "mqtt 'pier' server: it is no address"),
            (station("server = 'mqtt://u:p@a:1883'"), "mqtt 'pier' server: it is no address"),
            (station("server = 'tcp://a:1883'"), "'tcp' is none of mqtt, mqtts"),
            (station("server = 'mqtts://a:8883'"), "mqtt 'pier' ca: missing"),
            (station("server = 'mqtt://a:1883'\nca = 'ca.pem'"), "certificates are for mqtts://"),
            (station("server = 'mqtt://a:1883'\nusername = 'u'"), "username and password go together"),
            (
                station("server = 'mqtt://a:1883'\nusername = 'u'\npassword = 'secret'"),
                "password: a secret does not stand in this file",
            ),
            (station("server = 'mqtt://a:1883'\ntopic = 'a/#'"), "topic: 'a/#'"),
            (station("server = 'mqtt://a:1883'\nexpiry_s = 20"), "expiry_s: 20: three times"),
            (
                station("server = 'mqtt://a:1883'").replace("pier", "tak") + &cot("tcp://a:8087", all),
                "'tak' stands at two",
            ),
            ("[[cot]]\nname = 'two words'".to_owned(), "every neighbour has one"),
        ] {
            let refused = checked(&text).unwrap_err();
            assert!(refused.contains(complaint), "{refused}, not {complaint}");
        }
    }
}
