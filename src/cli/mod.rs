//! The command line: one file a command.

mod audit;
mod doctor;
mod import;
mod keys;
mod log;
mod migrate;
mod operator;
mod out;
mod restore;
mod schema;
mod serve;
mod store;
mod table;
mod users;
mod webhooks;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::config::{self, Config};

/// Menjin, the authentication gateway of GraphQL applications.
///
/// Without a command it serves. Without any setting it serves in development mode: accounts in an SQLite file, codes in
/// this process, SMS and mails on an inbox page. Settings come from the environment and from a TOML file;
/// docs/configuration.md lists them.
#[derive(Parser)]
#[command(name = "menjin", version, arg_required_else_help = false)]
pub struct Arguments {
    /// A TOML file with settings; the environment wins over it. Default: the file that `MENJIN_CONFIG` names, if any.
    #[arg(long, short, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Option<Command>,
}

/// What to do.
#[derive(Subcommand)]
enum Command {
    /// Serve until SIGTERM or Ctrl-C, then finish what is under way and leave (the default).
    Serve,
    /// Apply the migrations that are missing in the database, tell their names, and leave.
    Migrate,
    /// Print the GraphQL schema (the file schema.graphql) and leave.
    Schema,
    /// Check settings, database, Redis, keys and mail server, one line each; exit 1 when one of them is not well.
    Doctor,
    /// Look at the keys that sign access tokens, or replace them.
    Keys(keys::Arguments),
    /// See and change accounts.
    Users(users::Arguments),
    /// Show the audit log, newest first.
    Audit(audit::Arguments),
    /// Move in people of another system with their password hashes (docs/import.md). Exit code 3: some rows were bad.
    Import(import::Arguments),
    /// Open an account again that its owner deleted, as long as it is not erased, and leave.
    Restore {
        /// Id, user name, mobile number or e-mail address.
        who: String,
    },
    /// List, test and replay webhooks (docs/webhooks.md).
    Webhooks(webhooks::Arguments),
    /// Print the version and leave.
    Version,
}

/// Runs a command. What cannot be done is said on standard error; the exit code is then 1, or 2 for bad settings.
#[must_use]
pub fn run(arguments: &Arguments) -> ExitCode {
    // Redis and PostgreSQL over TLS take the process's provider: it must be there before the first connection.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    out::outcome(match &arguments.command {
        Some(Command::Schema) => schema::run(),
        Some(Command::Version) => {
            out::say(&format!("menjin {}", env!("CARGO_PKG_VERSION")));
            ExitCode::SUCCESS
        }
        None | Some(Command::Serve) => configured(arguments, serve::run),
        Some(Command::Migrate) => configured(arguments, migrate::run),
        Some(Command::Doctor) => configured(arguments, doctor::run),
        Some(Command::Keys(keys)) => configured(arguments, |config| keys::run(config, keys)),
        Some(Command::Users(users)) => configured(arguments, |config| users::run(config, users)),
        Some(Command::Import(import)) => configured(arguments, |config| import::run(config, import)),
        Some(Command::Audit(audit)) => configured(arguments, |config| audit::run(config, audit)),
        Some(Command::Webhooks(webhooks)) => configured(arguments, |config| webhooks::run(config, webhooks)),
        Some(Command::Restore { who }) => configured(arguments, |config| restore::run(config, who)),
    })
}

/// Reads the settings, then runs `command` on a runtime of its own.
fn configured<F>(arguments: &Arguments, command: impl FnOnce(Config) -> F) -> ExitCode
where
    F: Future<Output = ExitCode>,
{
    let config = match config::source(arguments.config.as_deref()).and_then(Config::load) {
        Ok(config) => config,
        Err(errors) => {
            eprintln!("menjin: the settings are not right (docs/configuration.md lists them all):");
            for error in errors {
                eprintln!("  {error}");
            }
            return ExitCode::from(2);
        }
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    match runtime {
        Ok(runtime) => runtime.block_on(command(config)),
        Err(error) => {
            eprintln!("menjin: no runtime: {error}");
            ExitCode::FAILURE
        }
    }
}
