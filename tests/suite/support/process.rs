//! The real server, as a process of its own.
#![allow(clippy::unwrap_used)]

use std::fs::OpenOptions;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

/// The recording that comes with the sources.
pub fn fixture() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/haikou-evening")
}

/// Runs the program to its end.
pub fn shorewatch(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_shorewatch")).args(arguments).output().unwrap()
}

/// The server as a process of its own.
pub struct Process {
    child: Child,
    pub address: String,
}

impl Process {
    /// A server of the recording's area that keeps everything in `folder`/store and writes to `folder`/out.
    pub fn start(folder: &Path, listen: &str) -> Self {
        Self::begin(Self::command(folder, listen).arg("--out").arg(folder.join("out")).env("RUST_LOG", "warn"))
    }

    /// Likewise, without output files, with a snapshot of the engine every so many minutes; what it says is added to `folder`/said.
    pub fn start_with_snapshots(folder: &Path, listen: &str, minutes: &str) -> Self {
        let said = OpenOptions::new().create(true).append(true).open(folder.join("said")).unwrap();
        let mut command = Self::command(folder, listen);
        command.env("SHOREWATCH_SNAPSHOT_MINUTES", minutes).env("RUST_LOG", "info").env("NO_COLOR", "1");
        Self::begin(command.stderr(said))
    }

    fn command(folder: &Path, listen: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_shorewatch"));
        command.args(["serve", "--listen", listen, "--area"]).arg(fixture()).arg("--store").arg(folder.join("store"));
        command
    }

    fn begin(command: &mut Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim().strip_prefix("shorewatch listens on http://").unwrap_or_else(|| panic!("{line}"));
        Self { child, address: address.to_owned() }
    }

    /// SIGKILL: no word, no time.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Waits until it has read its log.
    pub fn wait_ready(&self) {
        let health = format!("http://{}/healthz", self.address);
        while ureq::get(&health).call().is_err() {
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Waits until it has read its log; then SIGTERM, and an orderly end.
    pub fn stop(mut self) {
        self.wait_ready();
        Command::new("kill").arg(self.child.id().to_string()).status().unwrap();
        assert!(self.child.wait().unwrap().success());
    }
}
