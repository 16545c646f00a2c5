//! `menjin schema`: the contract as text.

use std::process::ExitCode;

pub fn run() -> ExitCode {
    super::out::write(&crate::graphql::sdl());
    ExitCode::SUCCESS
}
