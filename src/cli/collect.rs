//! `shorewatch collect`.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result};
use clap::Args;
use tokio::time::interval;

use super::feed::told;
use super::runtime;
use crate::collect::{Collector, Sources};

/// Arguments of `shorewatch collect`.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  shorewatch collect --config sources.toml --to 127.0.0.1:7411
  shorewatch collect --config sources.toml --check
  nc receiver 10110 | shorewatch collect --config stdin.toml --to 127.0.0.1:7411

sources.toml has one [[source]] for each sensor, with exactly one transport:
  [[source]]
  name = \"radar1\"          # the sensor's id in the server's area
  kind = \"radar\"           # ais, radar, eo, report
  format = \"asterix\"       # nmea, asterix, json, csv, onvif, klv; the usual one of the kind if left out
  udp = { bind = \"0.0.0.0:8600\", group = \"239.192.0.4\" }
Other transports: tcp_client = { address = \"host:port\" }, tcp_server = { bind = \"0.0.0.0:port\" },
serial = { path = \"/dev/ttyUSB0\", baud = 38400 }, file = { path = \"f\", follow = true }, stdin = {}, pcap = { path = \"f\" }.
docs/feeds.md tells what each feed must look like.")]
pub struct Collect {
    /// The sources: a TOML file.
    #[arg(short, long, value_name = "FILE")]
    config: PathBuf,

    /// The server's address.
    #[arg(long, default_value = "127.0.0.1:7411", value_name = "ADDR")]
    to: String,

    /// Only read the configuration, and say what is in it.
    #[arg(long)]
    check: bool,

    /// Print what each source has done every so many seconds; 0 for only at the end.
    #[arg(long, default_value_t = 60, value_name = "SECONDS")]
    report_s: u64,
}

impl Collect {
    /// Collects until all sources have ended, or it is asked to stop (SIGINT or SIGTERM).
    ///
    /// # Errors
    /// When the configuration cannot be right, or the server refuses the feeds.
    pub fn run(self) -> Result<()> {
        let sources = Sources::read(&self.config).with_context(|| format!("--config {}", self.config.display()))?;
        if self.check {
            for source in &sources.sources {
                println!("{}: {} by {:?}", source.name, source.kind.as_str(), source.transport);
            }
            return Ok(());
        }
        runtime::start_logging();
        let collector = Collector::new(sources);
        let runtime = runtime::build()?;
        let outcome = runtime.block_on(async {
            let stop = super::serve::stop_signal()?;
            if self.report_s > 0 {
                tokio::spawn(report(collector.clone(), Duration::from_secs(self.report_s)));
            }
            anyhow::Ok(collector.run(&self.to, stop).await)
        })?;
        // Sources that can only block, such as standard input, must not keep the process.
        runtime.shutdown_background();
        for source in collector.report() {
            println!("{source}");
        }
        print!("{}", told(&outcome?));
        Ok(())
    }
}

/// Prints the state of all sources, again and again.
async fn report(collector: Collector, every: Duration) {
    let mut ticks = interval(every);
    ticks.tick().await;
    loop {
        ticks.tick().await;
        for source in collector.report() {
            println!("{source}");
        }
    }
}
