//! One attempt to hand an event over: a signed POST, a bounded look at the answer. Redirects and proxies are not followed.

use std::error::Error;
use std::sync::Arc;

use reqwest::header::{CONTENT_TYPE, RETRY_AFTER};
use reqwest::redirect::Policy;
use rustls::RootCertStore;

use super::answer::{Answer, read};
use super::endpoint::Endpoint;
use super::guard::GuardedResolver;
use super::signature::sign;
use crate::neighbours::event::{self, Outgoing};
use crate::serve::clock;

/// Bytes of an answer that are looked at.
const ANSWER_BYTES_MAX: usize = 4 << 10;

/// Characters of an answer or fault that are kept.
const WORDS_MAX: usize = 200;

/// Connections to one endpoint that are kept open.
const IDLE_CONNECTIONS: usize = 2;

/// Sends to one endpoint.
#[derive(Clone, Debug)]
pub struct Client {
    http: reqwest::Client,
    endpoint: Arc<Endpoint>,
}

/// Why nothing can be sent to an endpoint at all.
#[derive(Debug, thiserror::Error)]
#[error("endpoint '{endpoint}': {problem}")]
pub struct ClientError {
    endpoint: String,
    problem: String,
}

impl Client {
    /// A client of an endpoint.
    ///
    /// # Errors
    /// When its certificates are of no use.
    pub fn new(endpoint: Arc<Endpoint>) -> Result<Self, ClientError> {
        let wrong = |problem: String| ClientError { endpoint: endpoint.name.clone(), problem };
        let mut roots = RootCertStore::empty();
        if endpoint.authorities.is_empty() {
            let found = rustls_native_certs::load_native_certs();
            roots.add_parsable_certificates(found.certs);
            if roots.is_empty() && endpoint.url.scheme() == "https" {
                return Err(wrong("this system knows no authorities: install ca-certificates, or set ca".to_owned()));
            }
        } else {
            for authority in &endpoint.authorities {
                roots.add(authority.clone()).map_err(|error| wrong(format!("ca: {error}")))?;
            }
        }
        let tls = rustls::ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|error| wrong(error.to_string()))?
            .with_root_certificates(roots)
            .with_no_client_auth();
        let http = reqwest::Client::builder()
            .tls_backend_preconfigured(tls)
            .dns_resolver(GuardedResolver(endpoint.guard.clone()))
            .redirect(Policy::none())
            .no_proxy()
            .referer(false)
            .timeout(endpoint.timeout)
            .pool_max_idle_per_host(IDLE_CONNECTIONS)
            .user_agent(concat!("shorewatch/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|error| wrong(said(&error)))?;
        Ok(Self { http, endpoint })
    }

    /// Offers an event, signed now.
    pub async fn offer(&self, event: Outgoing) -> Answer {
        let now_s = clock::now().as_millis().div_euclid(1_000);
        let signature = sign(&self.endpoint.secrets, &event.id, now_s, &event.body);
        let request = self
            .http
            .post(self.endpoint.url.clone())
            .header(CONTENT_TYPE, event::CONTENT_TYPE)
            .header("webhook-id", &event.id)
            .header("webhook-timestamp", now_s)
            .header("webhook-signature", signature)
            .body(event.body);
        match request.send().await {
            Ok(mut response) => {
                let after =
                    response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok()).map(str::to_owned);
                let status = response.status().as_u16();
                let mut beginning = Vec::new();
                while beginning.len() < ANSWER_BYTES_MAX {
                    match response.chunk().await {
                        Ok(Some(chunk)) => beginning.extend_from_slice(&chunk),
                        // The status counts, whatever becomes of the rest.
                        Ok(None) | Err(_) => break,
                    }
                }
                beginning.truncate(ANSWER_BYTES_MAX);
                read(status, after.as_deref(), &words(&String::from_utf8_lossy(&beginning)), now_s)
            }
            Err(error) => Answer::Away(said(&error.without_url()), None),
        }
    }
}

/// An error with what is behind it.
fn said(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut behind = error.source();
    while let Some(error) = behind {
        text.push_str(": ");
        text.push_str(&error.to_string());
        behind = error.source();
    }
    words(&text)
}

/// The beginning of a text on one line.
fn words(text: &str) -> String {
    let line: String = text.chars().map(|it| if it.is_control() { ' ' } else { it }).take(WORDS_MAX).collect();
    line.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_of_an_answer_is_one_short_line() {
        assert_eq!(words("  no\r\nsuch\u{7} thing \n"), "no  such  thing");
        assert_eq!(words(&"雷".repeat(5_000)).chars().count(), WORDS_MAX);
    }
}
