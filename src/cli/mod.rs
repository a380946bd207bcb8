//! The command line: one file a subcommand, each a struct of arguments with a `run`.
//!
//! To add one: its file, its line in [`Command`], and its line in [`run`].

mod collect;
mod decode;
mod demo;
mod feed;
mod plot;
mod replay;
mod runtime;
mod serve;

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
}

/// Runs what the command line asks for.
///
/// # Errors
/// Whatever stopped it, with its context.
pub fn run(cli: Cli) -> Result<()> {
    match cli.command {
        Command::Decode(command) => command.run(),
        Command::Replay(command) => command.run(),
        Command::Plot(command) => command.run(),
        Command::Serve(command) => command.run(),
        Command::Demo(command) => command.run(),
        Command::Feed(command) => command.run(),
        Command::Collect(command) => command.run(),
    }
}
