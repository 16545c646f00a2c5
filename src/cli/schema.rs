//! `menjin schema`: the contract as text.

use std::process::ExitCode;

pub fn run() -> ExitCode {
    print!("{}", crate::graphql::sdl());
    ExitCode::SUCCESS
}
