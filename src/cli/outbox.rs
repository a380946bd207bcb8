//! `shorewatch outbox`.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::runtime;
use crate::store::records::entry::ALERT;
use crate::store::records::{FILE, open_to_read, outbox};
use crate::units::EventTime;

/// How long a server may take to answer.
const PATIENCE: Duration = Duration::from_secs(30);

/// Arguments of `shorewatch outbox`.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  shorewatch outbox list /var/lib/shorewatch
  shorewatch outbox list /var/lib/shorewatch --dead --endpoint customs
  shorewatch outbox replay customs
  shorewatch outbox replay customs --event 1042 --server https://watch.example:7411 --ca ca.pem --token-file integrator.token
  shorewatch outbox enable customs")]
pub struct Outbox {
    #[command(subcommand)]
    command: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Print how the outbox of each endpoint stands, and what waits or was refused. The server may run.
    List {
        /// Folder of the server's store.
        #[arg(value_name = "STORE")]
        store: PathBuf,
        /// Of this endpoint alone.
        #[arg(long, value_name = "NAME", default_value = "")]
        endpoint: String,
        /// Events that were refused for good, in the place of those that wait.
        #[arg(long)]
        dead: bool,
        /// Events at most.
        #[arg(long, value_name = "N", default_value_t = 100)]
        limit: usize,
    },
    /// Let a running server send dead letters again.
    Replay {
        /// The endpoint.
        #[arg(value_name = "NAME")]
        endpoint: String,
        /// This event alone, by its place in the record; without it, all dead letters.
        #[arg(long, value_name = "SEQUENCE")]
        event: Option<i64>,
        #[command(flatten)]
        server: Server,
    },
    /// Let a running server send to an endpoint again that was disabled, what it has missed first.
    Enable {
        /// The endpoint.
        #[arg(value_name = "NAME")]
        endpoint: String,
        #[command(flatten)]
        server: Server,
    },
    /// Let a running server send nothing more to an endpoint. What happens is kept for it.
    Disable {
        /// The endpoint.
        #[arg(value_name = "NAME")]
        endpoint: String,
        /// For the record.
        #[arg(long, value_name = "TEXT")]
        why: String,
        #[command(flatten)]
        server: Server,
    },
}

/// Where the server is, and who asks.
#[derive(Args, Debug)]
struct Server {
    /// The server.
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:7411")]
    server: String,
    /// Authorities whose certificates are good (PEM).
    #[arg(long, value_name = "FILE")]
    ca: Option<PathBuf>,
    /// A token of the role integrator or administrator. A server of the local user asks for none.
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
}

impl Outbox {
    /// Prints, or asks a server.
    ///
    /// # Errors
    /// When the store cannot be read, or the server cannot be reached or refuses.
    pub fn run(self) -> Result<()> {
        match self.command {
            What::List { store, endpoint, dead, limit } => list(&store, &endpoint, dead, limit),
            What::Replay { endpoint, event, server } => {
                let answer = server.ask(&endpoint, "replay", &json!({ "sequence": event }))?;
                println!("{} dead letters wait to be sent again", answer["replayed"]);
                Ok(())
            }
            What::Enable { endpoint, server } => {
                let answer = server.ask(&endpoint, "enable", &json!({}))?;
                let changed = answer["changed"].as_bool().unwrap_or_default();
                println!("{endpoint} {}", if changed { "is enabled" } else { "was not disabled" });
                Ok(())
            }
            What::Disable { endpoint, why, server } => {
                let answer = server.ask(&endpoint, "disable", &json!({ "why": why }))?;
                let changed = answer["changed"].as_bool().unwrap_or_default();
                println!("{endpoint} {}", if changed { "is disabled" } else { "was disabled already" });
                Ok(())
            }
        }
    }
}

fn list(store: &std::path::Path, endpoint: &str, dead: bool, limit: usize) -> Result<()> {
    let connection = open_to_read(&store.join(FILE))?;
    let standings = outbox::standings(&connection)?;
    if standings.is_empty() {
        println!("no endpoints");
        return Ok(());
    }
    println!("{:<24} {:>8} {:>6} {:>8}  {:<24}  state", "endpoint", "waiting", "dead", "sent", "oldest that waits");
    for it in standings.iter().filter(|it| endpoint.is_empty() || it.name == endpoint) {
        let oldest = it.oldest_ms.map_or_else(|| "-".to_owned(), |ms| EventTime::from_millis(ms).to_string());
        let state = match (it.disabled.as_str(), it.is_configured, it.behind_from) {
            ("", true, None) => "sends".to_owned(),
            ("", true, Some(from)) => format!("behind from entry {from}"),
            ("", false, _) => "not configured".to_owned(),
            (why, ..) => format!("disabled: {why}"),
        };
        println!("{:<24} {:>8} {:>6} {:>8}  {oldest:<24}  {state}", it.name, it.waiting, it.dead, it.sent);
    }
    let letters = outbox::letters(&connection, endpoint, dead, 0, limit)?;
    if !letters.is_empty() {
        println!("\n{:>10}  {:<24} {:>8}  {:<48}  last answer", "event", "endpoint", "attempts", "alert");
    }
    for it in letters {
        let alert = it.subject.strip_prefix(ALERT).unwrap_or(&it.subject);
        println!("{:>10}  {:<24} {:>8}  {alert:<48}  {}", it.sequence, it.endpoint, it.attempts, it.last_answer);
    }
    Ok(())
}

impl Server {
    fn ask(&self, endpoint: &str, what: &str, body: &Value) -> Result<Value> {
        let url = format!("{}/v1/endpoints/{endpoint}/{what}", self.server.trim_end_matches('/'));
        let mut client = reqwest::Client::builder().timeout(PATIENCE).no_proxy();
        client = client.tls_backend_preconfigured(self.tls()?);
        let mut request = client.build()?.post(&url).header("content-type", "application/json").body(body.to_string());
        if let Some(file) = &self.token_file {
            let token = std::fs::read_to_string(file).with_context(|| format!("--token-file {}", file.display()))?;
            request = request.bearer_auth(token.trim());
        }
        let (status, text) = runtime::build()?.block_on(async {
            let answer =
                request.send().await.with_context(|| format!("cannot reach {}; is it running?", self.server))?;
            let status = answer.status();
            Ok::<_, anyhow::Error>((status, answer.text().await?))
        })?;
        let said: Value = serde_json::from_str(&text).unwrap_or_default();
        if !status.is_success() {
            let detail = said["detail"].as_str().unwrap_or(match status.as_u16() {
                401 => "the server does not know you: --token-file with a token of integrator or administrator",
                403 => "your role may not: integrator or administrator may",
                _ => text.trim(),
            });
            bail!("the server answers {status}: {detail}");
        }
        Ok(said)
    }

    fn tls(&self) -> Result<rustls::ClientConfig> {
        use rustls::pki_types::CertificateDer;
        use rustls::pki_types::pem::PemObject;
        let mut roots = rustls::RootCertStore::empty();
        match &self.ca {
            Some(file) => {
                let at = || format!("--ca {}", file.display());
                for certificate in CertificateDer::pem_file_iter(file).with_context(at)? {
                    roots.add(certificate.with_context(at)?).with_context(at)?;
                }
            }
            None => drop(roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs)),
        }
        let provider = std::sync::Arc::new(rustls::crypto::ring::default_provider());
        let tls = rustls::ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
        Ok(tls.with_root_certificates(roots).with_no_client_auth())
    }
}
