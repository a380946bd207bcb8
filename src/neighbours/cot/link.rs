//! The way to a TAK server: TCP, TLS with certificates on both sides, or UDP with one event a datagram.

use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpStream, UdpSocket, lookup_host};
use tokio::sync::oneshot;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::ClientConfig;
use tokio_rustls::rustls::pki_types::ServerName;

/// How long a connection may take to come about.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a server may take to read one event: one that takes longer counts as gone.
const WRITE_TIMEOUT: Duration = Duration::from_secs(10);

/// Where a server is, and how it is spoken to.
#[derive(Clone)]
pub struct Address {
    /// Host and port.
    pub host_port: String,
    /// How.
    pub transport: Transport,
}

/// How a server is spoken to.
#[derive(Clone)]
pub enum Transport {
    /// Plain TCP.
    Tcp,
    /// TLS: settings and the name in the server's certificate.
    Tls(Arc<ClientConfig>, ServerName<'static>),
    /// UDP, to a host or a group.
    Udp,
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = match self.transport {
            Transport::Tcp => "tcp",
            Transport::Tls(..) => "tls",
            Transport::Udp => "udp",
        };
        write!(f, "{scheme}://{}", self.host_port)
    }
}

/// A connection that stands. What the server says is read and thrown away: it tells every client of all others.
pub enum Link {
    /// A stream, and when the other side has closed it.
    Stream(Box<dyn AsyncWrite + Send + Unpin>, oneshot::Receiver<()>),
    /// Datagrams.
    Datagrams(UdpSocket),
}

impl Link {
    /// Connects.
    ///
    /// # Errors
    /// When the server cannot be reached, or shows no certificate that is good.
    pub async fn open(address: &Address) -> io::Result<Self> {
        let late = |_| io::Error::new(io::ErrorKind::TimedOut, format!("no answer from {address}"));
        timeout(CONNECT_TIMEOUT, Self::connect(address)).await.map_err(late)?
    }

    async fn connect(address: &Address) -> io::Result<Self> {
        match &address.transport {
            Transport::Udp => {
                let to = lookup_host(&address.host_port).await?.next();
                let to = to.ok_or_else(|| io::Error::other(format!("{} has no address", address.host_port)))?;
                let any: IpAddr =
                    if to.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() };
                let socket = UdpSocket::bind(SocketAddr::new(any, 0)).await?;
                socket.connect(to).await?;
                Ok(Self::Datagrams(socket))
            }
            Transport::Tcp => Ok(Self::stream(connect_tcp(&address.host_port).await?)),
            Transport::Tls(config, name) => {
                let plain = connect_tcp(&address.host_port).await?;
                Ok(Self::stream(TlsConnector::from(Arc::clone(config)).connect(name.clone(), plain).await?))
            }
        }
    }

    fn stream(stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static) -> Self {
        let (read, write) = tokio::io::split(stream);
        let (closed, gone) = oneshot::channel();
        tokio::spawn(discard(read, closed));
        Self::Stream(Box::new(write), gone)
    }

    /// Sends one event.
    ///
    /// # Errors
    /// When the server has gone, or does not read.
    pub async fn send(&mut self, event: &[u8]) -> io::Result<()> {
        match self {
            Self::Stream(stream, _) => {
                let late = |_| io::Error::new(io::ErrorKind::TimedOut, "the server does not read what it is sent");
                timeout(WRITE_TIMEOUT, stream.write_all(event)).await.map_err(late)?
            }
            // Nobody may be listening: a refusal that comes back is of the datagram before.
            Self::Datagrams(socket) => socket.send(event).await.map(|_| ()),
        }
    }

    /// Hands on what a stream has kept back.
    ///
    /// # Errors
    /// As for [`Self::send`].
    pub async fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Stream(stream, _) => stream.flush().await,
            Self::Datagrams(_) => Ok(()),
        }
    }

    /// Comes when the server has closed the connection.
    pub async fn closed(&mut self) {
        match self {
            Self::Stream(_, gone) => drop(gone.await),
            Self::Datagrams(_) => std::future::pending().await,
        }
    }
}

async fn connect_tcp(host_port: &str) -> io::Result<TcpStream> {
    let stream = TcpStream::connect(host_port).await?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

async fn discard(mut read: impl AsyncRead + Unpin, closed: oneshot::Sender<()>) {
    let mut closed = closed;
    let mut buffer = vec![0; 16 * 1024];
    loop {
        tokio::select! {
            // Whoever sends has let go of the connection.
            () = closed.closed() => return,
            count = read.read(&mut buffer) => if matches!(count, Ok(0) | Err(_)) {
                let _ = closed.send(());
                return;
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;
    use tokio_rustls::TlsAcceptor;
    use tokio_rustls::rustls::crypto::ring;
    use tokio_rustls::rustls::pki_types::pem::PemObject;
    use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
    use tokio_rustls::rustls::server::WebPkiClientVerifier;
    use tokio_rustls::rustls::{RootCertStore, ServerConfig};

    use super::*;
    use crate::access::setup::set_up;
    use crate::config::{Config, checked};
    use crate::serve::clock::now;

    /// A TAK server that wants a certificate of the authority in `folder`.
    fn acceptor(folder: &std::path::Path) -> TlsAcceptor {
        let certificate = |name: &str| CertificateDer::from_pem_file(folder.join(name)).unwrap();
        let provider = Arc::new(ring::default_provider());
        let mut roots = RootCertStore::empty();
        roots.add(certificate("ca.pem")).unwrap();
        let verifier =
            WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider)).build().unwrap();
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_client_cert_verifier(verifier)
            .with_single_cert(
                vec![certificate("server.pem")],
                PrivateKeyDer::from_pem_file(folder.join("server.key")).unwrap(),
            )
            .unwrap();
        TlsAcceptor::from(Arc::new(config))
    }

    fn address(folder: &std::path::Path, port: u16, keys: &str) -> Address {
        let share = "[cot.share]\narea = 'everywhere'\ntracks = ['all']";
        let text = format!("[[cot]]\nname = 'tak'\naddress = 'tls://localhost:{port}'\n{keys}\n{share}");
        let config = Config { folder: folder.to_owned(), ..Config::parse(&text, |_| None).unwrap() };
        checked::check(&config).unwrap().neighbours.cot.remove(0).address
    }

    #[tokio::test]
    async fn a_tak_server_behind_tls_is_told_by_those_with_a_certificate_and_only_when_its_own_is_good() {
        let (ours, strangers) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        for folder in [&ours, &strangers] {
            for file in set_up(&[], 1, now()).unwrap() {
                std::fs::write(folder.path().join(file.name), file.text).unwrap();
            }
        }
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let server = acceptor(ours.path());
        let serving = tokio::spawn(async move {
            let mut heard = Vec::new();
            for _ in 0..3 {
                let (plain, _) = listener.accept().await.unwrap();
                let mut text = String::new();
                let stream = server.accept(plain).await;
                let whole = match stream {
                    Ok(mut stream) => stream.read_to_string(&mut text).await.is_ok(),
                    Err(_) => false,
                };
                heard.push(whole.then_some(text));
            }
            heard
        });
        let with_certificate = "ca = 'ca.pem'\ncertificate = 'site1.pem'\nkey = 'site1.key'";
        let mut link = Link::open(&address(ours.path(), port, with_certificate)).await.unwrap();
        link.send(b"<event/>").await.unwrap();
        link.flush().await.unwrap();
        let Link::Stream(mut stream, _) = link else { panic!("TLS is a stream") };
        stream.shutdown().await.unwrap();
        drop(stream);

        let refused = Link::open(&address(strangers.path(), port, with_certificate)).await;
        assert!(refused.is_err(), "its certificate is of another authority");

        // Under TLS 1.3 a client learns only later that it was not let in.
        if let Ok(mut link) = Link::open(&address(ours.path(), port, "ca = 'ca.pem'")).await {
            let _ = link.send(b"<event/>").await;
            link.closed().await;
        }
        assert_eq!(serving.await.unwrap(), [Some("<event/>".to_owned()), None, None]);
    }
}
