//! Endpoints and sharing profiles: from what the file says to what the server runs with.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use serde::Deserialize;

use super::checked::{Wrong, area, read};
use super::{Config, Endpoint as Written, Sharing};
use crate::access::organisation::{Area, Organisation};
use crate::access::principal::Principal;
use crate::access::role::{Permission, Role};
use crate::behaviour::Kind;
use crate::neighbours::profile::{EVENTS, Field, MmsiMask, Profile, STAGES, Words};
use crate::neighbours::webhook::endpoint::{Callback, Waits};
use crate::neighbours::webhook::guard::Guard;
use crate::neighbours::webhook::signature::Secret;
use crate::neighbours::webhook::{Deliveries, Endpoint};

/// The profiles that are built in.
const BUILT_IN: &str = include_str!("profiles.toml");

/// Endpoints at most: each has a task and an outbox.
const ENDPOINTS_MAX: usize = 32;

/// Secrets of one endpoint at most: the present one, and those that it follows.
const SECRETS_MAX: usize = 4;

/// Characters in the name of an endpoint.
const NAME_CHARS_MAX: usize = 64;

#[derive(Deserialize)]
struct BuiltIn {
    sharing: Vec<Sharing>,
}

/// What other systems are sent.
pub(super) fn deliveries(config: &Config, organisation: &Arc<Organisation>) -> Result<Deliveries, Wrong> {
    let built_in: BuiltIn = toml::from_str(BUILT_IN).map_err(|error| Wrong::new("sharing", error))?;
    let mut profiles: BTreeMap<&str, Arc<Profile>> = BTreeMap::new();
    for sharing in &built_in.sharing {
        profiles.insert(&sharing.name, Arc::new(profile(config, sharing)?));
    }
    for (at, sharing) in config.sharing.iter().enumerate() {
        if config.sharing.iter().take(at).any(|before| before.name == sharing.name) {
            return Err(Wrong::new(format!("sharing '{}' name", sharing.name), "stands there twice"));
        }
        profiles.insert(&sharing.name, Arc::new(profile(config, sharing)?));
    }
    if config.endpoint.len() > ENDPOINTS_MAX {
        return Err(Wrong::new("endpoint", format!("more than {ENDPOINTS_MAX}")));
    }
    let mut endpoints: Vec<Endpoint> = Vec::with_capacity(config.endpoint.len());
    for written in &config.endpoint {
        let endpoint = endpoint(config, written, &profiles, organisation)?;
        if endpoints.iter().any(|known| known.name == endpoint.name) {
            return Err(Wrong::new(format!("endpoint '{}' name", endpoint.name), "stands there twice"));
        }
        endpoints.push(endpoint);
    }
    let source = &config.delivery.source;
    if !source.is_empty() && reqwest::Url::parse(source).is_err() {
        let problem = format!("'{source}' is no URI: https://watch.example.org or urn:shorewatch:haikou");
        return Err(Wrong::new("delivery.source", problem));
    }
    Ok(Deliveries::new(endpoints, source))
}

fn profile(config: &Config, sharing: &Sharing) -> Result<Profile, Wrong> {
    let key = |part: &str| format!("sharing '{}' {part}", sharing.name);
    let words = |part: &str, list: &[String], known: &[&'static str]| {
        Words::checked(list, known.iter().copied()).map_err(|problem| Wrong::new(key(part), problem))
    };
    let kinds: Vec<&str> = Kind::ALL.iter().map(|kind| kind.as_str()).collect();
    if let Some(grade) = sharing.grades.iter().find(|grade| !(1..=4).contains(*grade)) {
        return Err(Wrong::new(key("grades"), format!("{grade} is no grade: 1 (least) to 4")));
    }
    let field = |word: &String| {
        let known = || Field::ALL.iter().map(|field| field.as_str()).collect::<Vec<_>>().join(", ");
        let found = Field::ALL.iter().copied().find(|field| field.as_str() == word);
        found.ok_or_else(|| Wrong::new(key("fields"), format!("'{word}' is none of {}", known())))
    };
    let known = || MmsiMask::WORDS.map(|(word, _)| word).join(", ");
    let mask = MmsiMask::WORDS.into_iter().find(|(word, _)| *word == sharing.mmsi);
    let (_, mmsi) =
        mask.ok_or_else(|| Wrong::new(key("mmsi"), format!("'{}' is none of {}", sharing.mmsi, known())))?;
    if sharing.position_decimals > 6 {
        return Err(Wrong::new(key("position_decimals"), "0 (a degree) to 6 (a decimetre)"));
    }
    Ok(Profile {
        name: sharing.name.clone(),
        kinds: words("kinds", &sharing.kinds, &kinds)?,
        grades: sharing.grades.iter().copied().map(u64::from).collect(),
        stages: words("stages", &sharing.stages, &STAGES)?,
        events: words("events", &sharing.events, &EVENTS)?,
        area: match sharing.area.as_str() {
            "" => None,
            "everywhere" => Some(Area::Everywhere),
            file => {
                let text = read(config, &key("area"), file)?;
                Some(area(&text).map_err(|problem| Wrong::new(key("area"), problem))?)
            }
        },
        fields: sharing.fields.iter().map(field).collect::<Result<_, _>>()?,
        mmsi,
        position_decimals: sharing.position_decimals,
    })
}

fn endpoint(
    config: &Config,
    written: &Written,
    profiles: &BTreeMap<&str, Arc<Profile>>,
    organisation: &Arc<Organisation>,
) -> Result<Endpoint, Wrong> {
    let key = |part: &str| format!("endpoint '{}' {part}", written.name);
    let is_plain = |it: char| it.is_ascii_alphanumeric() || "-_.".contains(it);
    if written.name.is_empty() || written.name.len() > NAME_CHARS_MAX || !written.name.chars().all(is_plain) {
        let problem = format!("'{}': 1 to {NAME_CHARS_MAX} letters, digits, - _ . are expected", written.name);
        return Err(Wrong::new("endpoint name", problem));
    }
    let profile = profiles.get(written.profile.as_str()).ok_or_else(|| {
        let known: Vec<&str> = profiles.keys().copied().collect();
        Wrong::new(key("profile"), format!("'{}' is none of {}", written.profile, known.join(", ")))
    })?;
    let network = |text: &String| {
        let problem = |_| Wrong::new(key("allow_networks"), format!("'{text}' is no network: 10.20.0.0/16"));
        text.parse().map_err(problem)
    };
    let guard = Guard::new(written.allow_networks.iter().map(network).collect::<Result<_, _>>()?);
    let authorities = if written.ca.is_empty() {
        Vec::new()
    } else {
        let text = read(config, &key("ca"), &written.ca)?;
        let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(text.as_bytes()).collect();
        match found {
            Ok(found) if !found.is_empty() => found,
            Ok(_) => return Err(Wrong::new(key("ca"), "holds no certificate (PEM)")),
            Err(error) => return Err(Wrong::new(key("ca"), error)),
        }
    };
    if !(1..=120).contains(&written.timeout_s) {
        return Err(Wrong::new(key("timeout_s"), format!("{}: 1 to 120 seconds", written.timeout_s)));
    }
    Ok(Endpoint {
        name: written.name.clone(),
        url: url(written, &guard)?,
        secrets: secrets(config, written)?,
        profile: Arc::clone(profile),
        is_paused: written.paused,
        guard,
        authorities,
        timeout: Duration::from_secs(written.timeout_s.into()),
        waits: Waits::default(),
        callback: callback(written, organisation)?,
    })
}

fn url(written: &Written, guard: &Guard) -> Result<reqwest::Url, Wrong> {
    let wrong = |problem: String| Wrong::new(format!("endpoint '{}' url", written.name), problem);
    let url = reqwest::Url::parse(&written.url).map_err(|error| wrong(format!("'{}': {error}", written.url)))?;
    match url.scheme() {
        "https" => {}
        "http" if guard.allows_some() => {}
        "http" => return Err(wrong("plain text goes to networks of allow_networks only: write https".to_owned())),
        other => return Err(wrong(format!("'{other}' is not spoken: https"))),
    }
    if !url.username().is_empty() || url.password().is_some() || url.fragment().is_some() {
        return Err(wrong("names and passwords do not belong into it: messages are signed".to_owned()));
    }
    // Names are looked at when they are resolved, each time anew.
    let host = url.host_str().unwrap_or_default();
    let literal = host.trim_start_matches('[').trim_end_matches(']').parse();
    if let Ok(address) = literal
        && !guard.admits(address)
    {
        return Err(wrong(format!(
            "{address} is inside a network that is not public: name it in allow_networks if that is meant"
        )));
    }
    Ok(url)
}

/// What the platform may do here.
fn callback(written: &Written, organisation: &Arc<Organisation>) -> Result<Option<Callback>, Wrong> {
    let key = |part: &str| format!("endpoint '{}' {part}", written.name);
    let role = |word: &String| {
        let known = || Role::ALL.map(Role::as_str).join(", ");
        Role::parse(word).ok_or_else(|| Wrong::new(key("callback_roles"), format!("'{word}' is none of {}", known())))
    };
    let roles = written.callback_roles.iter().map(role).collect::<Result<Vec<_>, _>>()?;
    let unit = Some(written.callback_unit.clone()).filter(|unit| !unit.is_empty());
    if let Some(unit) = unit.as_ref().filter(|unit| organisation.unit(unit).is_none()) {
        return Err(Wrong::new(key("callback_unit"), format!("'{unit}' is no unit")));
    }
    if roles.is_empty() {
        return match unit {
            Some(_) => Err(Wrong::new(key("callback_roles"), "missing: in which role does it act for the unit?")),
            None => Ok(None),
        };
    }
    if let Some(role) = roles.iter().find(|role| !role.may(Permission::Act)) {
        return Err(Wrong::new(
            key("callback_roles"),
            format!("'{role}' takes no alert through its life: watch_officer"),
        ));
    }
    if unit.is_none() && !organisation.is_empty() {
        let problem = "missing: with units, whoever acts is of one, and sees what it sees";
        return Err(Wrong::new(key("callback_unit"), problem));
    }
    let credential = format!("webhook:{}", written.name);
    let principal = Principal::new(&written.name, "", &credential, roles, unit, Arc::clone(organisation));
    Ok(Some(Callback { principal: Arc::new(principal) }))
}

fn secrets(config: &Config, written: &Written) -> Result<Vec<Secret>, Wrong> {
    let key = |part: &str| format!("endpoint '{}' {part}", written.name);
    let mut secrets = Vec::new();
    for name in &written.secret_env {
        let problem = || Wrong::new(key("secret_env"), format!("the environment has no {name}"));
        let text = std::env::var(name).map_err(|_| problem())?;
        secrets.push(Secret::parse(&text).map_err(|error| Wrong::new(key("secret_env"), format!("{name}: {error}")))?);
    }
    for file in &written.secret_files {
        let text = read(config, &key("secret_files"), file)?;
        let secret = Secret::parse(&text);
        secrets.push(secret.map_err(|error| Wrong::new(key("secret_files"), format!("{file}: {error}")))?);
    }
    match secrets.len() {
        0 => Err(Wrong::new(key("secret_files"), "no secret: name a file or, in secret_env, a variable")),
        1..=SECRETS_MAX => Ok(secrets),
        _ => Err(Wrong::new(key("secret_files"), format!("more than {SECRETS_MAX} secrets"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(text: &str) -> Result<Deliveries, String> {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("good"), "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n").unwrap();
        std::fs::write(folder.path().join("bad"), "hunter2").unwrap();
        let config = Config { folder: folder.path().to_owned(), ..Config::parse(text, |_| None).unwrap() };
        deliveries(&config, &Arc::default()).map_err(|wrong| wrong.to_string())
    }

    fn endpoint(rest: &str) -> String {
        format!("[[endpoint]]\nname = 'p'\nsecret_files = ['good']\n{rest}\n")
    }

    #[test]
    fn the_three_ready_profiles_are_there_and_share_less_and_less() {
        let text: String = ["customs", "public_security", "logistics"]
            .iter()
            .map(|name| {
                endpoint(&format!("url = 'https://a.example/{name}'\nprofile = '{name}'"))
                    .replace("'p'", &format!("'{name}'"))
            })
            .collect();
        let all = checked(&text).unwrap();
        let profile = |name: &str| Arc::clone(&all.endpoint(name).unwrap().endpoint.profile);
        let (customs, police, logistics) = (profile("customs"), profile("public_security"), profile("logistics"));
        assert!(customs.shows_mmsi_in_texts() && !police.shows_mmsi_in_texts());
        assert!(logistics.fields.is_subset(&police.fields) && police.fields.is_subset(&customs.fields));
        for profile in [&customs, &police, &logistics] {
            assert!(!profile.shows(Field::Officer) && !profile.shows(Field::Note), "{}", profile.name);
        }
    }

    #[test]
    fn an_endpoint_inside_is_refused_unless_its_network_is_named() {
        let logistics = "profile = 'logistics'\n";
        for (url, problem) in [
            ("https://127.0.0.1/x", "not public"),
            ("https://[::1]/x", "not public"),
            ("https://2130706433/x", "not public"),
            ("https://0x7f.1/x", "not public"),
            ("http://platform.example/x", "write https"),
            ("ftp://platform.example/x", "not spoken"),
            ("https://user:word@platform.example/", "messages are signed"),
            ("platform.example", "platform.example"),
        ] {
            let refused = checked(&endpoint(&format!("{logistics}url = '{url}'"))).unwrap_err();
            assert!(refused.starts_with("endpoint 'p' url:") && refused.contains(problem), "{refused}");
        }
        let inside = format!("{logistics}url = 'http://127.0.0.1:9/x'\nallow_networks = ['127.0.0.0/8']");
        assert!(checked(&endpoint(&inside)).is_ok());
    }

    #[test]
    fn a_secret_is_read_but_never_repeated() {
        let with = |secrets: &str| {
            format!("[[endpoint]]\nname = 'p'\nurl = 'https://a.example/'\nprofile = 'customs'\n{secrets}\n")
        };
        assert!(checked(&with("")).unwrap_err().contains("no secret"));
        let refused = checked(&with("secret_files = ['bad']")).unwrap_err();
        assert!(refused.contains("openssl rand") && !refused.contains("hunter2"), "{refused}");
        assert!(
            checked(&with("secret_env = ['SHOREWATCH_NO_SUCH_SECRET']")).unwrap_err().contains("has no SHOREWATCH_NO")
        );
        assert!(!format!("{:?}", checked(&with("secret_files = ['good']")).unwrap()).contains("MfKQ"));
    }

    #[test]
    fn a_platform_may_do_nothing_here_unless_it_is_given_a_role_that_acts() {
        let with = |rest: &str| checked(&endpoint(&format!("url = 'https://a.example/'\nprofile = 'customs'\n{rest}")));
        let may_act = |all: Deliveries| all.endpoint("p").unwrap().endpoint.callback.is_some();
        assert!(!may_act(with("").unwrap()));
        assert!(may_act(with("callback_roles = ['watch_officer']").unwrap()));
        assert!(with("callback_roles = ['integrator']").unwrap_err().contains("takes no alert through its life"));
        assert!(with("callback_roles = ['king']").unwrap_err().contains("is none of watch_officer"));
        assert!(with("callback_unit = 'haikou'").unwrap_err().contains("'haikou' is no unit"));
    }

    #[test]
    fn a_profile_that_cannot_be_is_named_by_its_key() {
        let sharing = |rest: &str| checked(&format!("[[sharing]]\nname = 'x'\n{rest}")).unwrap_err();
        assert!(sharing("kinds = ['piracy']").starts_with("sharing 'x' kinds: 'piracy' is none of loitering"));
        assert!(sharing("grades = [5]").starts_with("sharing 'x' grades: 5"));
        assert!(sharing("fields = ['owner']").starts_with("sharing 'x' fields: 'owner' is none of grade"));
        assert!(sharing("mmsi = 'hash'").starts_with("sharing 'x' mmsi"));
        assert!(
            checked(&endpoint("url = 'https://a.example/'\nprofile = 'navy'"))
                .unwrap_err()
                .contains("customs, logistics, public_security")
        );
        assert!(checked("[delivery]\nsource = 'here'").unwrap_err().starts_with("delivery.source"));
    }

    #[test]
    fn an_empty_profile_shares_nothing() {
        use crate::store::records::outbox::{Happening, Interest};
        let shy =
            checked(&format!("[[sharing]]\nname = 'shy'\n{}", endpoint("url = 'https://a.example/'\nprofile = 'shy'")))
                .unwrap();
        let entry = serde_json::from_value(
            serde_json::json!({"sequence": 1, "time_ms": 0, "kind": "raised", "subject": "alert/a",
            "actor": {"id": "system", "role": "system"}}),
        )
        .unwrap();
        let alert =
            serde_json::json!({"kind": "unloading", "stage": "confirmed", "grade": 4, "lat": 20.0, "lon": 110.0});
        let profile = &shy.endpoint("p").unwrap().endpoint.profile;
        assert!(!profile.wants(Happening { entry: &entry, alert: &alert }) && profile.fields.is_empty());
    }
}
