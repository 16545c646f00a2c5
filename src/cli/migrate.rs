//! `menjin migrate`: applies pending migrations.

use std::process::ExitCode;

use super::out;
use crate::config::Config;
use crate::db;

pub async fn run(config: Config) -> ExitCode {
    match db::migrate(&config.database.url).await {
        Ok(applied) if applied.is_empty() => {
            out::say("the database is up to date");
            ExitCode::SUCCESS
        }
        Ok(applied) => {
            for name in applied {
                out::say(&format!("applied {name}"));
            }
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("menjin: {error}");
            ExitCode::FAILURE
        }
    }
}
