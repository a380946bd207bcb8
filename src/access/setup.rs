//! A working set-up from nothing: a certificate authority of one's own, a server's and a site's certificate, a key for tokens with
//! a token for each role, and the configuration that uses them.
//!
//! For a first installation and for tests. Where people have an identity provider, its JWKS file takes the place of ours.

use std::fmt::Write;

use jsonwebtoken::jwk::{Jwk, JwkSet};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose,
    date_time_ymd,
};

use super::role::Role;
use super::token::Claims;
use crate::store::records::entry::{hex, sha256_hex, unhex};
use crate::units::EventTime;

/// Whom tokens are for, where the configuration says nothing else.
pub const AUDIENCE: &str = "shorewatch";

/// The unit of the configuration that is written.
pub const UNIT: &str = "centre";

/// Years that certificates hold.
const YEARS: i32 = 2;

/// Why there is no set-up.
#[derive(Debug, thiserror::Error)]
pub enum SetUpError {
    /// A certificate, or its key.
    #[error("cannot make a certificate: {0}")]
    Certificate(#[from] rcgen::Error),
    /// A token, or its key.
    #[error("cannot make a token: {0}")]
    Token(#[from] jsonwebtoken::errors::Error),
    /// The key for tokens.
    #[error("no key for tokens: {0}")]
    Key(String),
    /// The file of keys.
    #[error("cannot write down the keys: {0}")]
    Json(#[from] serde_json::Error),
}

/// A file of the set-up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetUpFile {
    /// Its name in the folder.
    pub name: String,
    /// What it holds.
    pub text: String,
    /// Whether its owner alone may read it.
    pub is_secret: bool,
}

/// All files for a server that is known by `hosts` (names or addresses; the loopback always). Tokens hold for `days`.
///
/// # Errors
/// When a host is no name, or the system has no randomness.
pub fn set_up(hosts: &[String], days: u32, now: EventTime) -> Result<Vec<SetUpFile>, SetUpError> {
    let (authority_key, authority) = authority(now)?;
    let authority_certificate = authority.self_signed(&authority_key)?;
    let issuer = Issuer::from_params(&authority, &authority_key);
    let certificate = |name: &str, hosts: Vec<String>, usage: ExtendedKeyUsagePurpose| {
        let key = KeyPair::generate()?;
        let mut params = params(name, hosts, now)?;
        params.extended_key_usages = vec![usage];
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        Ok::<_, SetUpError>((params.signed_by(&key, &issuer)?, key))
    };
    let mut names: Vec<String> = ["localhost", "127.0.0.1", "::1"].map(str::to_owned).to_vec();
    names.extend(hosts.iter().filter(|host| !["localhost", "127.0.0.1", "::1"].contains(&host.as_str())).cloned());
    let (server, server_key) = certificate("shorewatch server", names, ExtendedKeyUsagePurpose::ServerAuth)?;
    let (site, site_key) = certificate("site1", Vec::new(), ExtendedKeyUsagePurpose::ClientAuth)?;
    let token_key = new_token_key()?;
    let fingerprint = sha256_hex(site.der());

    let open = |name: &str, text: String| SetUpFile { name: name.to_owned(), text, is_secret: false };
    let secret = |name: String, text: String| SetUpFile { name, text, is_secret: true };
    let mut files = vec![
        open("ca.pem", authority_certificate.pem()),
        secret("ca.key".to_owned(), authority_key.serialize_pem()),
        open("server.pem", server.pem()),
        secret("server.key".to_owned(), server_key.serialize_pem()),
        open("site1.pem", site.pem()),
        secret("site1.key".to_owned(), site_key.serialize_pem()),
        open("jwks.json", key_set(&token_key)?),
        open("shorewatch.toml", configuration(&fingerprint)),
    ];
    for role in Role::ALL {
        let text = token(&token_key, &format!("{role}.one"), role, Some(UNIT), days, now)?;
        files.push(secret(format!("{role}.token"), text + "\n"));
    }
    files.push(secret("tokens.key".to_owned(), token_key));
    Ok(files)
}

/// A token of a person, signed with the key of a set-up (`tokens.key`, 64 hexadecimal digits).
///
/// # Errors
/// When the key is none.
pub fn token(
    key_text: &str,
    person: &str,
    role: Role,
    unit: Option<&str>,
    days: u32,
    now: EventTime,
) -> Result<String, SetUpError> {
    let key = encoding_key(key_text)?;
    let expires = now.plus_millis(i64::from(days) * EventTime::DAY_MS);
    let claims = Claims {
        sub: person.to_owned(),
        aud: AUDIENCE.to_owned(),
        exp: u64::try_from(expires.as_millis() / 1_000).unwrap_or_default(),
        name: String::new(),
        unit: unit.map(str::to_owned),
        roles: vec![role.to_string()],
        jti: sha256_hex(format!("{person} {role} {}", now.as_millis()).as_bytes()).chars().take(16).collect(),
        iss: None,
    };
    let header = Header { kid: Some(key_name(key_text)), ..Header::new(Algorithm::EdDSA) };
    Ok(encode(&header, &claims, &key)?)
}

/// The public half of a key for tokens, as a JWKS file.
fn key_set(key_text: &str) -> Result<String, SetUpError> {
    let mut key = Jwk::from_encoding_key(&encoding_key(key_text)?, Algorithm::EdDSA)?;
    key.common.key_id = Some(key_name(key_text));
    Ok(serde_json::to_string_pretty(&JwkSet { keys: vec![key] })? + "\n")
}

/// A new key for tokens, as 64 hexadecimal digits.
fn new_token_key() -> Result<String, SetUpError> {
    let mut seed = [0_u8; 32];
    getrandom::fill(&mut seed).map_err(|error| SetUpError::Key(error.to_string()))?;
    Ok(hex(&seed) + "\n")
}

/// The private key of an Ed25519 seed in PKCS #8, version 1 (RFC 8410): the seed behind a header that is always the same.
fn encoding_key(key_text: &str) -> Result<EncodingKey, SetUpError> {
    const HEADER: &str = "302e020100300506032b657004220420";
    let seed = unhex(key_text.trim()).filter(|seed| seed.len() == 32);
    let seed = seed.ok_or_else(|| SetUpError::Key("64 hexadecimal digits are expected".to_owned()))?;
    let der = [unhex(HEADER).unwrap_or_default(), seed].concat();
    Ok(EncodingKey::from_ed_der(&der))
}

/// A name for a key that says nothing of it.
fn key_name(key_text: &str) -> String {
    sha256_hex(format!("name of {}", key_text.trim()).as_bytes()).chars().take(16).collect()
}

fn authority(now: EventTime) -> Result<(KeyPair, CertificateParams), SetUpError> {
    let mut params = params("shorewatch local authority", Vec::new(), now)?;
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    Ok((KeyPair::generate()?, params))
}

fn params(name: &str, hosts: Vec<String>, now: EventTime) -> Result<CertificateParams, SetUpError> {
    let mut params = CertificateParams::new(hosts)?;
    params.distinguished_name.push(DnType::CommonName, name);
    // `2026-11-25T…`: only the year counts.
    let year: i32 = now.to_string().split('-').next().and_then(|year| year.parse().ok()).unwrap_or(2026);
    params.not_before = date_time_ymd(year - 1, 1, 1);
    params.not_after = date_time_ymd(year + YEARS, 12, 31);
    Ok(params)
}

fn configuration(fingerprint: &str) -> String {
    let mut text = String::new();
    let _ = write!(
        text,
        r#"# A working set-up, written by `shorewatch keys`. docs/configuration.md has every key.
listen = "127.0.0.1:7411"
store = "store"

[tls]
certificate = "server.pem"
key = "server.key"
client_ca = "ca.pem"

# People: their tokens are signed with a key of this file.
[access]
jwks = "jwks.json"
audience = "{AUDIENCE}"

# Sites and services: by the SHA-256 of their certificate.
[[service]]
name = "site1"
fingerprint = "{fingerprint}"
roles = ["sensor_feeder"]

# Units: replace by your own. A token names one of them.
[[unit]]
id = "{UNIT}"
name = "Joint centre"
name_zh = "联合指挥中心"
kind = "province_centre"
area = "everywhere"

[duty]
enabled = true
"#
    );
    text
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::access::organisation::tests::hainan;
    use crate::access::role::Permission;
    use crate::access::token::{TokenError, Tokens};

    /// Now, for tokens are held against the machine's clock.
    fn now() -> EventTime {
        crate::serve::clock::now()
    }

    fn keys() -> (String, Tokens) {
        let key = new_token_key().unwrap();
        let tokens = Tokens::new(&key_set(&key).unwrap(), AUDIENCE, None, Arc::new(hainan())).unwrap();
        (key, tokens)
    }

    #[test]
    fn a_token_says_who_somebody_is_until_it_runs_out() {
        let (key, tokens) = keys();
        let now_ms = now().as_millis();
        let text = token(&key, "li.wei", Role::WatchOfficer, Some("haikou"), 1, now()).unwrap();
        let li = tokens.check(&text, now_ms).unwrap();
        assert!(li.may(Permission::Act) && !li.may(Permission::EditChart) && li.unit() == Some("haikou"));
        let actor = li.actor(Permission::Act);
        assert_eq!((actor.id.as_str(), actor.role.as_str()), ("li.wei", "watch_officer"));
        assert!(actor.credential.starts_with("jti:"));
        assert!(li.expires_ms.is_some_and(|expires_ms| (expires_ms - now_ms - EventTime::DAY_MS).abs() < 2_000));
        let old = now().plus_millis(-3 * EventTime::DAY_MS);
        let run_out = token(&key, "li.wei", Role::WatchOfficer, Some("haikou"), 1, old).unwrap();
        assert!(matches!(tokens.check(&run_out, now_ms), Err(TokenError::Refused(_))));
    }

    #[test]
    fn a_token_of_another_key_or_of_an_unknown_unit_is_refused() {
        let (key, tokens) = keys();
        let (stranger, _) = keys();
        let check = |text: &str| tokens.check(text, now().as_millis());
        let foreign = token(&stranger, "x", Role::Supervisor, None, 1, now()).unwrap();
        assert!(matches!(check(&foreign), Err(TokenError::UnknownKey(_))));
        let nowhere = token(&key, "x", Role::Supervisor, Some("atlantis"), 1, now()).unwrap();
        assert_eq!(check(&nowhere), Err(TokenError::UnknownUnit("atlantis".to_owned())));
        let sound = token(&key, "x", Role::Supervisor, None, 1, now()).unwrap();
        assert!(check(&sound).is_ok());
        // Its header replaced by one that asks for no signature at all.
        let unsigned = format!("eyJhbGciOiJub25lIn0.{}.", sound.split('.').nth(1).unwrap());
        let (before, after) = sound.split_at(sound.len() / 2);
        let other = if after.starts_with('x') { "y" } else { "x" };
        let altered = format!("{before}{other}{}", &after[1..]);
        for bad in [unsigned.as_str(), altered.as_str(), "", "a.b.c", &"x".repeat(9_000)] {
            assert!(check(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_shared_secret_is_no_key() {
        let secret = r#"{"keys":[{"kty":"oct","kid":"s","alg":"HS256","k":"c2VjcmV0"}]}"#;
        let refused = Tokens::new(secret, AUDIENCE, None, Arc::default()).unwrap_err().to_string();
        assert!(refused.contains("'s' is of no use"), "{refused}");
    }
}
