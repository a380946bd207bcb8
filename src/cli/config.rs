//! `shorewatch config`.

use std::path::PathBuf;

use anyhow::Result;
use clap::{Args, Subcommand};

use crate::config::{Config, checked};

/// Arguments of `shorewatch config`.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  shorewatch config check /etc/shorewatch.toml
  shorewatch config print                        (every key with its default)
  SHOREWATCH_LISTEN=127.0.0.1:8000 shorewatch config print /etc/shorewatch.toml")]
pub struct ConfigCommand {
    #[command(subcommand)]
    command: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Say whether a server would start with this file: certificates, keys and areas are read.
    Check {
        /// The file.
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
    /// Print what holds: the file, what the environment puts over it, and the defaults.
    Print {
        /// The file; without it, the defaults.
        #[arg(value_name = "FILE")]
        file: Option<PathBuf>,
    },
}

impl ConfigCommand {
    /// Checks or prints.
    ///
    /// # Errors
    /// When something is wrong, by its key.
    pub fn run(self) -> Result<()> {
        match self.command {
            What::Check { file } => {
                let checked = checked::check(&Config::read(&file, variable)?)?;
                let callers =
                    if checked.is_open { "the local user alone" } else { "callers with a token or certificate" };
                let text = if checked.tls.is_some() { "TLS" } else { "plain text" };
                println!(
                    "{}: good. Listens on {} ({text}) for {callers}; {} units; alerts {} of reminders; {} endpoints; {} neighbours are told.",
                    file.display(),
                    checked.listen,
                    checked.organisation.units().len(),
                    if checked.duty.is_some() { "with" } else { "without" },
                    checked.deliveries.endpoints().len(),
                    checked.neighbours.count()
                );
            }
            What::Print { file } => {
                let config = match file {
                    Some(file) => Config::read(&file, variable)?,
                    None => Config::parse("", variable)?,
                };
                print!("{}", toml::to_string_pretty(&config)?);
            }
        }
        Ok(())
    }
}

/// A variable of the environment.
pub(super) fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}
