//! `shorewatch keys`.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use clap::Args;

use crate::access::role::Role;
use crate::access::setup;
use crate::serve::clock;
use crate::store::records::checkpoint::write_secret;

/// Arguments of `shorewatch keys`.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  shorewatch keys keys --host watch.example.org
  shorewatch serve --config keys/shorewatch.toml
  grpcurl -cacert keys/ca.pem -H \"authorization: Bearer $(cat keys/watch_officer.token)\" \\
      127.0.0.1:7411 shorewatch.alert.v1.AlertService/ListAlerts
  shorewatch keys keys --token li.wei --role supervisor --unit centre    (one more token, with the same key)

Keep ca.key and tokens.key where nobody else can read them: whoever has them can be anybody.")]
pub struct Keys {
    /// Folder for certificates, keys, tokens and a configuration; created when it is not there.
    #[arg(value_name = "DIR")]
    folder: PathBuf,

    /// Name or address by which clients know the server; may be given several times. The loopback always is one.
    #[arg(long, value_name = "HOST")]
    host: Vec<String>,

    /// How many days tokens hold.
    #[arg(long, value_name = "N", default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=3_650))]
    days: u32,

    /// Print one more token, for this person, with the key that is in the folder.
    #[arg(long, value_name = "PERSON", requires = "role")]
    token: Option<String>,

    /// Role of that person: watch_officer, supervisor, sensor_feeder, integrator, administrator or auditor.
    #[arg(long, value_name = "ROLE", requires = "token")]
    role: Option<String>,

    /// Unit of that person.
    #[arg(long, value_name = "UNIT", requires = "token")]
    unit: Option<String>,
}

impl Keys {
    /// Writes the set-up, or prints a token.
    ///
    /// # Errors
    /// When there is a set-up already, or a file cannot be written.
    pub fn run(self) -> Result<()> {
        let now = clock::now();
        if let (Some(person), Some(word)) = (&self.token, &self.role) {
            let known = || Role::ALL.map(Role::as_str).join(", ");
            let role = Role::parse(word).with_context(|| format!("'{word}' is no role: {}", known()))?;
            let path = self.folder.join("tokens.key");
            let key = fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
            println!("{}", setup::token(&key, person, role, self.unit.as_deref(), self.days, now)?);
            return Ok(());
        }
        let files = setup::set_up(&self.host, self.days, now)?;
        fs::create_dir_all(&self.folder).with_context(|| format!("cannot create {}", self.folder.display()))?;
        if let Some(there) = files.iter().find(|file| self.folder.join(&file.name).exists()) {
            bail!("{} is there already: keys are never written over, choose another folder", there.name);
        }
        for file in &files {
            let path = self.folder.join(&file.name);
            write(&path, &file.text, file.is_secret).with_context(|| format!("cannot write {}", path.display()))?;
        }
        let folder = self.folder.display();
        println!(
            "{folder}: authority, server and site certificates, a token for each role (they hold {} days)",
            self.days
        );
        println!("next: shorewatch serve --config {folder}/shorewatch.toml");
        Ok(())
    }
}

fn write(path: &Path, text: &str, is_secret: bool) -> std::io::Result<()> {
    if is_secret { write_secret(path, text) } else { fs::write(path, text) }
}
