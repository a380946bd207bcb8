//! Tokens of people (JWT), held against a pinned set of keys: no network is needed to know who somebody is.
//!
//! A token names the person (`sub`), his unit (`unit`) and roles (`roles`), and runs out (`exp`). Which algorithm it must be
//! signed with says the key, not the token.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, JwkSet, KeyAlgorithm};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use serde::{Deserialize, Serialize};

use super::organisation::Organisation;
use super::principal::Principal;
use super::role::Role;
use crate::store::records::entry::sha256_hex;

/// Tokens that are remembered as checked. Full: all are forgotten, and checked again.
const REMEMBERED_MAX: usize = 4_096;

/// Characters of a token that are looked at.
const TOKEN_CHARS_MAX: usize = 8_192;

/// What a token says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    /// The person.
    pub sub: String,
    /// Whom the token is for: this server.
    pub aud: String,
    /// When it runs out, seconds since 1970.
    pub exp: u64,
    /// Name for people.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// The unit that the person belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// What the person is there.
    #[serde(default)]
    pub roles: Vec<String>,
    /// Name of the token itself.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub jti: String,
    /// Who issued it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub iss: Option<String>,
}

/// Why keys cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeySetError {
    /// The text is no JWKS.
    #[error("no set of keys (JWKS): {0}")]
    NotASet(String),
    /// A key without a name.
    #[error("key {0} has no 'kid': give each key a name")]
    NoName(usize),
    /// A key of a sort that signs nothing.
    #[error("key '{0}' is of no use: Ed25519, P-256, P-384 and RSA (with 'alg') are taken")]
    Unusable(String),
}

/// Why a token is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// It is no token.
    #[error("the token is none: {0}")]
    NotAToken(String),
    /// Its key is not among the pinned ones.
    #[error("the token is signed with the key '{0}', which this server does not know")]
    UnknownKey(String),
    /// It does not hold.
    #[error("the token does not hold: {0}")]
    Refused(String),
    /// It names a unit that is none.
    #[error("the token names the unit '{0}', which this server does not know")]
    UnknownUnit(String),
}

/// The pinned keys, and what was checked with them.
pub struct Tokens {
    keys: HashMap<String, (DecodingKey, Validation)>,
    organisation: Arc<Organisation>,
    remembered: Mutex<HashMap<String, Arc<Principal>>>,
}

impl std::fmt::Debug for Tokens {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tokens").field("keys", &self.keys.len()).finish_non_exhaustive()
    }
}

impl Tokens {
    /// Tokens for `audience`, and of `issuer` where one is given, signed with a key of `jwks`.
    ///
    /// # Errors
    /// When the text is no set of keys that can be used.
    pub fn new(
        jwks: &str,
        audience: &str,
        issuer: Option<&str>,
        organisation: Arc<Organisation>,
    ) -> Result<Self, KeySetError> {
        let set: JwkSet = serde_json::from_str(jwks).map_err(|error| KeySetError::NotASet(error.to_string()))?;
        let mut keys = HashMap::new();
        for (index, jwk) in set.keys.iter().enumerate() {
            let name = jwk.common.key_id.clone().ok_or(KeySetError::NoName(index))?;
            let algorithm = algorithm(jwk).ok_or_else(|| KeySetError::Unusable(name.clone()))?;
            let key = DecodingKey::from_jwk(jwk).map_err(|_| KeySetError::Unusable(name.clone()))?;
            let mut validation = Validation::new(algorithm);
            validation.validate_nbf = true;
            validation.set_audience(&[audience]);
            let mut required = vec!["exp", "aud", "sub"];
            if let Some(issuer) = issuer {
                validation.set_issuer(&[issuer]);
                required.push("iss");
            }
            validation.set_required_spec_claims(&required);
            keys.insert(name, (key, validation));
        }
        Ok(Self { keys, organisation, remembered: Mutex::default() })
    }

    /// Whose token it is, at `now_ms` by the server's clock.
    ///
    /// # Errors
    /// When it does not hold.
    pub fn check(&self, token: &str, now_ms: i64) -> Result<Arc<Principal>, TokenError> {
        if token.len() > TOKEN_CHARS_MAX {
            return Err(TokenError::NotAToken("too long".to_owned()));
        }
        let mark = sha256_hex(token.as_bytes());
        let known = self.remembered.lock().unwrap_or_else(PoisonError::into_inner).get(&mark).cloned();
        if let Some(known) = known.filter(|known| known.expires_ms.is_some_and(|expires_ms| now_ms < expires_ms)) {
            return Ok(known);
        }
        let principal = Arc::new(self.read(token, &mark)?);
        let mut remembered = self.remembered.lock().unwrap_or_else(PoisonError::into_inner);
        if remembered.len() >= REMEMBERED_MAX {
            remembered.clear();
        }
        remembered.insert(mark, Arc::clone(&principal));
        Ok(principal)
    }

    fn read(&self, token: &str, mark: &str) -> Result<Principal, TokenError> {
        let header = decode_header(token).map_err(|error| TokenError::NotAToken(error.to_string()))?;
        let name = header.kid.unwrap_or_default();
        let (key, validation) = self.keys.get(&name).ok_or(TokenError::UnknownKey(name))?;
        let claims = decode::<Claims>(token, key, validation);
        let claims = claims.map_err(|error| TokenError::Refused(error.to_string()))?.claims;
        if let Some(unit) = claims.unit.as_ref().filter(|unit| self.organisation.unit(unit).is_none()) {
            return Err(TokenError::UnknownUnit(unit.clone()));
        }
        // A role that this version does not know gives no right.
        let roles = claims.roles.iter().filter_map(|word| Role::parse(word)).collect();
        let credential =
            if claims.jti.is_empty() { mark.chars().take(16).collect() } else { format!("jti:{}", claims.jti) };
        let mut principal =
            Principal::new(&claims.sub, &claims.name, &credential, roles, claims.unit, Arc::clone(&self.organisation));
        principal.expires_ms = Some(i64::try_from(claims.exp.saturating_mul(1_000)).unwrap_or(i64::MAX));
        Ok(principal)
    }
}

/// The algorithm that a key signs with.
fn algorithm(jwk: &Jwk) -> Option<Algorithm> {
    match (jwk.common.key_algorithm, &jwk.algorithm) {
        (Some(KeyAlgorithm::EdDSA) | None, AlgorithmParameters::OctetKeyPair(_)) => Some(Algorithm::EdDSA),
        (Some(KeyAlgorithm::ES256) | None, AlgorithmParameters::EllipticCurve(curve))
            if curve.curve == EllipticCurve::P256 =>
        {
            Some(Algorithm::ES256)
        }
        (Some(KeyAlgorithm::ES384) | None, AlgorithmParameters::EllipticCurve(curve))
            if curve.curve == EllipticCurve::P384 =>
        {
            Some(Algorithm::ES384)
        }
        (Some(KeyAlgorithm::RS256), AlgorithmParameters::RSA(_)) => Some(Algorithm::RS256),
        (Some(KeyAlgorithm::RS384), AlgorithmParameters::RSA(_)) => Some(Algorithm::RS384),
        (Some(KeyAlgorithm::RS512), AlgorithmParameters::RSA(_)) => Some(Algorithm::RS512),
        (Some(KeyAlgorithm::PS256), AlgorithmParameters::RSA(_)) => Some(Algorithm::PS256),
        // A shared secret is no key for this: whoever can check such a token can make one.
        _ => None,
    }
}
