//! Signed checkpoints: what the chain was at one entry, with a signature that only the holder of the key can make.
//!
//! The chain shows that no entry was changed after a later one was made; the signature shows that the chain as a whole was not
//! made anew. Whoever keeps a checkpoint elsewhere (a backup, a printed page) can hold the records against it for good.

use std::fs;
use std::io::Write;
use std::path::Path;

use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use serde::{Deserialize, Serialize};

use super::entry::{hex, sha256_hex, unhex};
use super::error::RecordsError;

/// Name of the file with the signing key beside the records.
pub const KEY_FILE: &str = "records.key";

/// What the chain was at one entry, signed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checkpoint {
    /// Place of the entry.
    pub sequence: i64,
    /// Its hash.
    pub hash: String,
    /// When it was signed, milliseconds since 1970 by the server's clock.
    pub time_ms: i64,
    /// Which key: the first 16 digits of the SHA-256 of the public key.
    pub key_id: String,
    /// Ed25519 over [`Checkpoint::text`], in hexadecimal.
    pub signature: String,
}

impl Checkpoint {
    /// What is signed.
    pub fn text(&self) -> String {
        format!("shorewatch checkpoint v1\n{}\n{}\n{}\n", self.sequence, self.hash, self.time_ms)
    }

    /// Whether the holder of the key signed it.
    pub fn is_signed_by(&self, key: &PublicKey) -> bool {
        let signature = unhex(&self.signature).and_then(|bytes| Signature::from_slice(&bytes).ok());
        signature.is_some_and(|signature| key.0.verify_strict(self.text().as_bytes(), &signature).is_ok())
    }
}

/// The half of a key that everybody may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PublicKey(VerifyingKey);

impl PublicKey {
    /// A key from its 64 hexadecimal digits; `None` when they are none.
    pub fn from_hex(text: &str) -> Option<Self> {
        let bytes: [u8; 32] = unhex(text.trim())?.try_into().ok()?;
        VerifyingKey::from_bytes(&bytes).ok().map(Self)
    }

    /// Whether its holder signed a text with [`Signer::sign_text`].
    pub fn signed_text(&self, text: &str, signature: &str) -> bool {
        let Some(bytes) = unhex(signature) else { return false };
        // The digits have one form only: a file in which a letter was made a capital is another file.
        let signed = Signature::from_slice(&bytes).ok().filter(|_| hex(&bytes) == signature);
        signed.is_some_and(|signed| self.0.verify_strict(text.as_bytes(), &signed).is_ok())
    }

    /// Its 64 hexadecimal digits.
    pub fn to_hex(self) -> String {
        hex(self.0.as_bytes())
    }

    /// Its name: the first 16 digits of the SHA-256 of the key.
    pub fn id(self) -> String {
        sha256_hex(self.0.as_bytes()).chars().take(16).collect()
    }
}

/// Signs checkpoints.
#[derive(Clone, Debug)]
pub struct Signer(SigningKey);

impl Signer {
    /// A new key.
    ///
    /// # Errors
    /// When the system has no randomness.
    pub fn generate() -> Result<Self, RecordsError> {
        let mut seed = [0_u8; 32];
        getrandom::fill(&mut seed)
            .map_err(|error| RecordsError::Sqlite(format!("no randomness for a key: {error}")))?;
        Ok(Self(SigningKey::from_bytes(&seed)))
    }

    /// The key of a file (64 hexadecimal digits), made when there is none, for the owner alone to read.
    ///
    /// # Errors
    /// When the file cannot be read or written, or holds no key.
    pub fn load_or_make(path: &Path) -> Result<Self, RecordsError> {
        let problem = |problem: String| RecordsError::File { path: path.to_owned(), problem };
        match fs::read_to_string(path) {
            Ok(text) => {
                let seed = unhex(text.trim()).and_then(|bytes| <[u8; 32]>::try_from(bytes).ok());
                let seed = seed.ok_or_else(|| problem("no key: 64 hexadecimal digits are expected".to_owned()))?;
                Ok(Self(SigningKey::from_bytes(&seed)))
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                let signer = Self::generate()?;
                write_secret(path, &format!("{}\n", hex(signer.0.as_bytes())))
                    .map_err(|error| problem(error.to_string()))?;
                Ok(signer)
            }
            Err(error) => Err(problem(error.to_string())),
        }
    }

    /// The half of the key that everybody may have.
    pub fn public(&self) -> PublicKey {
        PublicKey(self.0.verifying_key())
    }

    /// Signs a text; the signature is in hexadecimal.
    pub fn sign_text(&self, text: &str) -> String {
        hex(&self.0.sign(text.as_bytes()).to_bytes())
    }

    /// Signs what the chain is.
    pub fn sign(&self, sequence: i64, hash: &str, time_ms: i64) -> Checkpoint {
        let (hash, key_id) = (hash.to_owned(), self.public().id());
        let unsigned = Checkpoint { sequence, hash, time_ms, key_id, signature: String::new() };
        let signature = hex(&self.0.sign(unsigned.text().as_bytes()).to_bytes());
        Checkpoint { signature, ..unsigned }
    }
}

/// Writes a new file that its owner alone may read, and that is on disk afterwards.
///
/// # Errors
/// When there is such a file already, or it cannot be written.
pub fn write_secret(path: &Path, text: &str) -> std::io::Result<()> {
    use std::os::unix::fs::OpenOptionsExt;
    let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_checkpoint_holds_for_its_key_and_for_what_it_says_alone() {
        let signer = Signer::generate().unwrap();
        let signed = signer.sign(7, "abc", 1_000);
        assert!(signed.is_signed_by(&signer.public()));
        assert!(!signed.is_signed_by(&Signer::generate().unwrap().public()));
        for altered in [
            Checkpoint { sequence: 8, ..signed.clone() },
            Checkpoint { hash: "abd".to_owned(), ..signed.clone() },
            Checkpoint { time_ms: 1_001, ..signed.clone() },
            Checkpoint { signature: "00".to_owned(), ..signed.clone() },
        ] {
            assert!(!altered.is_signed_by(&signer.public()), "{altered:?}");
        }
        assert_eq!(PublicKey::from_hex(&signer.public().to_hex()), Some(signer.public()));
    }

    #[test]
    fn a_key_is_made_once_and_for_its_owner_alone() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(KEY_FILE);
        let made = Signer::load_or_make(&path).unwrap().public();
        assert_eq!(Signer::load_or_make(&path).unwrap().public(), made);
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        fs::write(&path, "no key").unwrap();
        assert!(Signer::load_or_make(&path).unwrap_err().to_string().contains("64 hexadecimal"));
    }
}
