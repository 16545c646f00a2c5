//! `menjin schema`: prints the GraphQL schema.

use std::process::ExitCode;

pub fn run() -> ExitCode {
    super::out::write(&crate::graphql::sdl());
    ExitCode::SUCCESS
}
