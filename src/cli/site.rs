//! How the commands of a site show the server who they are: over TLS, by a certificate.

use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::Args;
use tonic::transport::{Certificate, ClientTlsConfig, Endpoint, Identity};

use crate::api::sender::server_uri;

/// Certificates of a site.
#[derive(Args, Debug)]
pub(super) struct Site {
    /// Certificate of the server's authority (PEM): the server is spoken to over TLS.
    #[arg(long, value_name = "FILE")]
    ca: Option<PathBuf>,

    /// Certificate that this site shows (PEM).
    #[arg(long, value_name = "FILE", requires_all = ["ca", "key"])]
    certificate: Option<PathBuf>,

    /// Key of that certificate (PEM).
    #[arg(long, value_name = "FILE", requires = "certificate")]
    key: Option<PathBuf>,
}

impl Site {
    /// TLS with these certificates; `None`: none.
    ///
    /// # Errors
    /// When a file cannot be read.
    pub(super) fn tls(&self) -> Result<Option<ClientTlsConfig>> {
        let read = |path: &PathBuf| std::fs::read(path).with_context(|| format!("cannot read {}", path.display()));
        let Some(ca) = &self.ca else { return Ok(None) };
        let tls = ClientTlsConfig::new().ca_certificate(Certificate::from_pem(read(ca)?));
        Ok(Some(match (&self.certificate, &self.key) {
            (Some(certificate), Some(key)) => tls.identity(Identity::from_pem(read(certificate)?, read(key)?)),
            _ => tls,
        }))
    }

    /// A server, and how it is connected with.
    ///
    /// # Errors
    /// When the address is none, or the certificates are of no use.
    pub(super) fn endpoint(&self, server: &str) -> Result<Endpoint> {
        let Some(tls) = self.tls()? else { return Ok(Endpoint::from(server_uri(server)?)) };
        let url = if server.contains("://") { server.to_owned() } else { format!("https://{server}") };
        let endpoint = Endpoint::from_shared(url).with_context(|| format!("--server {server}"))?;
        endpoint.tls_config(tls).context("the certificates cannot be used")
    }
}
