//! The binary: parses the command line and runs the command.

use std::process::ExitCode;

use clap::Parser as _;

fn main() -> ExitCode {
    menjin::cli::run(&menjin::cli::Arguments::parse())
}
