//! Who a caller is by what he shows: a person by a token, a site or service by its certificate.

use std::collections::BTreeMap;
use std::sync::Arc;

use http::HeaderMap;
use http::header::AUTHORIZATION;
use tonic::Status;

use super::layer::Identify;
use super::principal::Principal;
use super::token::Tokens;
use crate::serve::clock;
use crate::store::records::entry::sha256_hex;

/// The callers that a server knows.
#[derive(Debug, Default)]
pub struct Keyring {
    /// People, by their tokens; `None`: no people.
    pub tokens: Option<Tokens>,
    /// Sites and services, by the SHA-256 of their certificates in hexadecimal.
    pub certificates: BTreeMap<String, Arc<Principal>>,
}

impl Identify for Keyring {
    fn identify(&self, headers: &HeaderMap, certificate: Option<&[u8]>) -> Result<Option<Arc<Principal>>, Status> {
        // A token says more than the connection that it came over: people come through the certificate of their office.
        if let Some(shown) = headers.get(AUTHORIZATION) {
            let tokens = self.tokens.as_ref();
            let tokens =
                tokens.ok_or_else(|| Status::unauthenticated("this server knows no people, only certificates"))?;
            let token = shown.to_str().ok().and_then(|text| text.strip_prefix("Bearer "));
            let token = token.ok_or_else(|| Status::unauthenticated("send 'authorization: Bearer TOKEN'"))?;
            let checked = tokens.check(token.trim(), clock::now().as_millis());
            return checked.map(Some).map_err(|error| Status::unauthenticated(error.to_string()));
        }
        let Some(certificate) = certificate else { return Ok(None) };
        let fingerprint = sha256_hex(certificate);
        match self.certificates.get(&fingerprint) {
            Some(principal) => Ok(Some(Arc::clone(principal))),
            None => Err(Status::unauthenticated(format!(
                "the certificate with fingerprint {fingerprint} stands in no [[service]] of the configuration"
            ))),
        }
    }
}
