//! Signatures as Standard Webhooks 1.0 says: HMAC-SHA256 over `id.timestamp.body`, several at once while a secret is changed.
//!
//! The `standardwebhooks` crate holds one secret and asks the clock itself; what is here is its thirty lines for several secrets
//! and a given instant. The Python package of the same name is the oracle in `scripts/test-platform`.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// Before the base64 of a secret, as people hand it on.
const PREFIX: &str = "whsec_";

/// Bytes of a secret, by the standard.
const SECRET_BYTES: std::ops::RangeInclusive<usize> = 24..=64;

/// Seconds by which a timestamp may be off in either direction, by the standard's reference libraries.
pub const TOLERANCE_S: i64 = 300;

/// Signatures of one message that are looked at.
const SIGNATURES_MAX: usize = 16;

/// A shared secret. It is never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Vec<u8>);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

/// Why a text is no secret; it does not repeat the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "no secret: base64 of 24 to 64 random bytes is expected, with or without whsec_ before it; make one: openssl rand -base64 32"
)]
pub struct SecretError;

impl Secret {
    /// A secret from its base64, with `whsec_` before it or not.
    ///
    /// # Errors
    /// When it is none.
    pub fn parse(text: &str) -> Result<Self, SecretError> {
        let text = text.trim();
        let bytes = STANDARD.decode(text.strip_prefix(PREFIX).unwrap_or(text)).map_err(|_| SecretError)?;
        if SECRET_BYTES.contains(&bytes.len()) { Ok(Self(bytes)) } else { Err(SecretError) }
    }

    fn mac(&self, id: &str, timestamp: &str, body: &[u8]) -> Option<Hmac<Sha256>> {
        // HMAC takes keys of any length.
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).ok()?;
        for part in [id.as_bytes(), b".", timestamp.as_bytes(), b".", body] {
            mac.update(part);
        }
        Some(mac)
    }
}

/// The value of `webhook-signature`: one signature a secret.
pub fn sign(secrets: &[Secret], id: &str, timestamp_s: i64, body: &[u8]) -> String {
    let timestamp = timestamp_s.to_string();
    let signatures = secrets.iter().filter_map(|secret| secret.mac(id, &timestamp, body));
    let signatures = signatures.map(|mac| format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes())));
    signatures.collect::<Vec<_>>().join(" ")
}

/// Why a message is not taken for what it says it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unsigned {
    /// A header is missing or makes no sense.
    #[error("{0}: missing, or not as Standard Webhooks has it")]
    Header(&'static str),
    /// Too old, or from the future.
    #[error("webhook-timestamp is more than 5 minutes off: set the clocks, and sign anew for each attempt")]
    Timestamp,
    /// Signed with none of the secrets.
    #[error("webhook-signature fits none of the secrets: it is over id.timestamp.body, the body as it was sent")]
    Signature,
}

/// Whether a message was signed with one of the secrets within [`TOLERANCE_S`] of now. Compares in constant time.
///
/// # Errors
/// When it was not.
pub fn check(
    secrets: &[Secret],
    id: &str,
    timestamp: &str,
    signatures: &str,
    body: &[u8],
    now_s: i64,
) -> Result<(), Unsigned> {
    let signed_s: i64 = timestamp.parse().map_err(|_| Unsigned::Header("webhook-timestamp"))?;
    if now_s.saturating_sub(signed_s).saturating_abs() > TOLERANCE_S {
        return Err(Unsigned::Timestamp);
    }
    let candidates = signatures.split(' ').filter_map(|signature| signature.strip_prefix("v1,"));
    for signature in candidates.take(SIGNATURES_MAX).filter_map(|text| STANDARD.decode(text).ok()) {
        let fits =
            |secret: &Secret| secret.mac(id, timestamp, body).is_some_and(|mac| mac.verify_slice(&signature).is_ok());
        if secrets.iter().any(fits) {
            return Ok(());
        }
    }
    Err(Unsigned::Signature)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn secret(seed: u8) -> Secret {
        Secret((0..32).map(|byte| byte ^ seed).collect())
    }

    #[test]
    fn a_signature_is_the_one_of_the_standards_own_example() {
        // Python, standardwebhooks 1.0: Webhook(secret).sign(id, timestamp, body).
        let secrets = [Secret::parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap()];
        let body = br#"{"test": 2432232314}"#;
        let signed = sign(&secrets, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, body);
        assert_eq!(signed, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn while_a_secret_is_changed_either_of_the_two_will_do() {
        let (old, new) = (secret(1), secret(2));
        let signed = sign(&[new.clone(), old.clone()], "m1", 1_000, b"{}");
        assert_eq!(signed.split(' ').count(), 2);
        for known in [vec![old.clone()], vec![new.clone()], vec![secret(3), new]] {
            assert_eq!(check(&known, "m1", "1000", &signed, b"{}", 1_000), Ok(()));
        }
        assert_eq!(check(&[secret(3)], "m1", "1000", &signed, b"{}", 1_000), Err(Unsigned::Signature));
        assert_eq!(check(&[], "m1", "1000", &signed, b"{}", 1_000), Err(Unsigned::Signature));
    }

    #[test]
    fn what_is_old_or_from_the_future_is_not_taken() {
        let secrets = [secret(1)];
        let signed = sign(&secrets, "m1", 1_000, b"{}");
        for (now_s, good) in [(1_000, true), (1_300, true), (1_301, false), (700, true), (699, false)] {
            assert_eq!(check(&secrets, "m1", "1000", &signed, b"{}", now_s).is_ok(), good, "{now_s}");
        }
        assert_eq!(check(&secrets, "m1", "soon", &signed, b"{}", 1_000), Err(Unsigned::Header("webhook-timestamp")));
    }

    #[test]
    fn a_secret_is_base64_of_enough_bytes_and_is_never_shown() {
        assert!(Secret::parse(" MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n").is_ok());
        for bad in ["", "whsec_", "c2hvcnQ=", "not base64 at all, is it?"] {
            let refused = Secret::parse(bad).unwrap_err().to_string();
            assert!(refused.contains("openssl rand") && (bad.len() < 8 || !refused.contains(bad)), "{refused}");
        }
        assert_eq!(format!("{:?}", secret(7)), "Secret(..)");
    }

    proptest! {
        #[test]
        fn no_byte_of_a_message_can_be_changed(
            body in proptest::collection::vec(any::<u8>(), 1..200), at in 0_usize..200, flip in 1_u8..=255, id in "[a-z0-9]{1,20}",
        ) {
            let secrets = [secret(9)];
            let signed = sign(&secrets, &id, 5_000, &body);
            prop_assert_eq!(check(&secrets, &id, "5000", &signed, &body, 5_100), Ok(()));
            let mut altered = body.clone();
            let at = at % altered.len();
            altered[at] ^= flip;
            prop_assert_eq!(check(&secrets, &id, "5000", &signed, &altered, 5_100), Err(Unsigned::Signature));
            prop_assert_eq!(check(&secrets, &format!("{id}x"), "5000", &signed, &body, 5_100), Err(Unsigned::Signature));
            prop_assert_eq!(check(&secrets, &id, "5001", &signed, &body, 5_100), Err(Unsigned::Signature));
        }
    }
}
