//! The command line: one file a subcommand, each a struct of arguments with a `run`.
//!
//! To add one: its file, its line in [`Command`], and its line in [`run`].

mod backtest;
mod backup;
mod collect;
mod config;
mod cue_onvif;
mod decode;
mod demo;
mod evidence;
mod feed;
mod keys;
mod log;
mod outbox;
mod plot;
mod register;
mod replay;
mod report;
mod rules;
mod runtime;
mod serve;
mod site;

use anyhow::Result;
use clap::{Parser, Subcommand};

/// Fuses AIS, radar and photoelectric sensors of a coast into one picture, and tells the alerts that matter.
#[derive(Debug, Parser)]
#[command(version, about, propagate_version = true)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Decode recordings of AIS or ASTERIX into JSON Lines.
    Decode(decode::Decode),
    /// Replay recorded feeds into tracks and alerts.
    Replay(replay::Replay),
    /// Show which alerts other rules would tell, on recordings.
    Backtest(backtest::Backtest),
    /// Draw what a replay wrote as a picture.
    Plot(plot::Plot),
    /// Serve feeds, tracks, alerts and zones over gRPC.
    Serve(serve::Serve),
    /// Play a recording through a server and watch it, all in one process.
    Demo(demo::Demo),
    /// Stream recorded feeds into a server.
    Feed(feed::Feed),
    /// Collect live feeds from sockets, serial lines and files, and send them to a server.
    Collect(collect::Collect),
    /// Turn an ONVIF camera to where a server wants it to look.
    CueOnvif(cue_onvif::CueOnvif),
    /// Make certificates, keys and tokens for a server with several users.
    Keys(keys::Keys),
    /// Check a configuration, or print every key.
    Config(config::ConfigCommand),
    /// Print and draw what became of the alerts on record.
    Report(report::Report),
    /// Write everything behind one alert into a folder that stands for itself.
    Evidence(evidence::Evidence),
    /// Check such a folder, without a server.
    Verify(evidence::Verify),
    /// Copy the records of a server, which may be running.
    Backup(backup::BackUp),
    /// Put a copy of the records back.
    Restore(backup::Restore),
    /// Check, replay or export what a server has received and kept.
    Log(log::Log),
    /// Show what waits to be sent to other systems, send again what was refused.
    Outbox(outbox::Outbox),
}

/// Runs what the command line asks for.
///
/// # Errors
/// Whatever stopped it, with its context.
pub fn run(cli: Cli) -> Result<()> {
    match cli.command {
        Command::Decode(command) => command.run(),
        Command::Replay(command) => command.run(),
        Command::Backtest(command) => command.run(),
        Command::Plot(command) => command.run(),
        Command::Serve(command) => command.run(),
        Command::Demo(command) => command.run(),
        Command::Feed(command) => command.run(),
        Command::Collect(command) => command.run(),
        Command::CueOnvif(command) => command.run(),
        Command::Keys(command) => command.run(),
        Command::Config(command) => command.run(),
        Command::Report(command) => command.run(),
        Command::Evidence(command) => command.run(),
        Command::Verify(command) => command.run(),
        Command::Backup(command) => command.run(),
        Command::Restore(command) => command.run(),
        Command::Log(command) => command.run(),
        Command::Outbox(command) => command.run(),
    }
}
