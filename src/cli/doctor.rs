//! `menjin doctor`: checks settings and the systems that they refer to, one line each.

use std::process::ExitCode;

use super::out;
use crate::app::{self, Health};
use crate::config::Config;
use crate::config::mode::Mode;

pub async fn run(config: Config) -> ExitCode {
    let mode = match config.mode {
        Mode::Development => "development",
        Mode::Production => "production",
    };
    out::say(&format!(
        "ok      settings: {mode} mode, public URL {}, token issuer {}",
        config.http.public_url.as_str(),
        config.sessions.issuer
    ));
    let mut all_well = true;
    for Health { part, outcome } in app::examine(&config).await {
        match outcome {
            Ok(note) => out::say(&format!("ok      {part}: {note}")),
            Err(error) => {
                all_well = false;
                out::say(&format!("FAILED  {part}: {error}"));
            }
        }
    }
    if all_well { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
