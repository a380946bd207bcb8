//! The `shorewatch` program: parses the command line and hands over to the library.

use std::process::ExitCode;

use clap::Parser;
use shorewatch::cli::{Cli, run};

fn main() -> ExitCode {
    match run(Cli::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("shorewatch: {error:#}");
            ExitCode::FAILURE
        }
    }
}
