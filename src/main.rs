//! The binary: reads the command line and hands over.

use std::process::ExitCode;

use clap::Parser as _;

fn main() -> ExitCode {
    menjin::cli::run(&menjin::cli::Arguments::parse())
}
