//! TLS on the port, for HTTP/2 and HTTP/1.1.
//!
//! tonic's own TLS offers HTTP/2 alone: a platform whose client speaks HTTP/1.1 and says so would be turned away in the handshake.

use std::io;
use std::sync::Arc;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, mpsc};
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tokio_stream::wrappers::ReceiverStream;

use crate::serve::limits::{ACCEPT_PAUSE, HANDSHAKE_TIMEOUT, HANDSHAKES_AT_ONCE};

/// What is negotiated, the better first.
const ALPN: [&[u8]; 2] = [b"h2", b"http/1.1"];

/// The server's certificate, and whose certificates clients may show.
#[derive(Clone, Debug)]
pub struct Tls(Arc<ServerConfig>);

/// Why there is no TLS.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file that is no PEM.
    #[error("{0}")]
    Pem(#[from] rustls::pki_types::pem::Error),
    /// Certificate and key do not go together, or cannot be used.
    #[error("{0}")]
    Rustls(#[from] rustls::Error),
    /// No authority in the file.
    #[error("{0}")]
    Verifier(#[from] rustls::server::VerifierBuilderError),
}

impl Tls {
    /// From PEM: the server's certificate with those between it and its authority, its key, and the authorities whose
    /// certificates clients may show, with whether they must.
    ///
    /// # Errors
    /// When one of them is none, or they do not go together.
    pub fn new(certificate: &str, key: &str, clients: Option<(&str, bool)>) -> Result<Self, TlsError> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder =
            ServerConfig::builder_with_provider(Arc::clone(&provider)).with_safe_default_protocol_versions()?;
        let builder = match clients {
            None => builder.with_no_client_auth(),
            Some((authorities, must)) => {
                let mut roots = RootCertStore::empty();
                for authority in CertificateDer::pem_slice_iter(authorities.as_bytes()) {
                    roots.add(authority?)?;
                }
                let verifier = WebPkiClientVerifier::builder_with_provider(roots.into(), provider);
                let verifier = if must { verifier } else { verifier.allow_unauthenticated() };
                builder.with_client_cert_verifier(verifier.build()?)
            }
        };
        let chain = CertificateDer::pem_slice_iter(certificate.as_bytes()).collect::<Result<Vec<_>, _>>()?;
        let mut config = builder.with_single_cert(chain, PrivateKeyDer::from_pem_slice(key.as_bytes())?)?;
        config.alpn_protocols = ALPN.map(<[u8]>::to_vec).to_vec();
        Ok(Self(Arc::new(config)))
    }
}

/// Connections whose handshake is done. A client that dawdles holds up no other.
pub(super) fn incoming(listener: TcpListener, tls: Tls) -> ReceiverStream<io::Result<TlsStream<TcpStream>>> {
    let (ready, queue) = mpsc::channel(HANDSHAKES_AT_ONCE);
    tokio::spawn(async move {
        let (acceptor, places) = (TlsAcceptor::from(tls.0), Arc::new(Semaphore::new(HANDSHAKES_AT_ONCE)));
        loop {
            let accepted = tokio::select! {
                accepted = listener.accept() => accepted,
                () = ready.closed() => return,
            };
            let Ok((stream, _)) = accepted else {
                // Too many files are open, or the client went: the next one may do.
                sleep(ACCEPT_PAUSE).await;
                continue;
            };
            let Ok(place) = Arc::clone(&places).acquire_owned().await else { return };
            let (acceptor, ready) = (acceptor.clone(), ready.clone());
            tokio::spawn(async move {
                let _place = place;
                let _ = stream.set_nodelay(true);
                match timeout(HANDSHAKE_TIMEOUT, acceptor.accept(stream)).await {
                    Ok(Ok(stream)) => drop(ready.send(Ok(stream)).await),
                    Ok(Err(error)) => tracing::debug!(%error, "a TLS handshake failed"),
                    Err(_) => tracing::debug!("a TLS handshake took too long"),
                }
            });
        }
    });
    ReceiverStream::new(queue)
}
