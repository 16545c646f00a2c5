//! The command line: one file per command.

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
mod send_test;
mod serve;
mod sms;
mod store;
mod table;
mod users;
mod webhooks;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::config::{self, Config};

/// Menjin, the authentication gateway for GraphQL applications.
///
/// Without a command, it serves. Without settings, it serves in development mode: accounts in an SQLite file, codes in
/// the process, SMS messages and e-mails on an inbox page. Settings come from the environment and a TOML file;
/// docs/configuration.md lists them.
#[derive(Parser)]
#[command(name = "menjin", version, arg_required_else_help = false)]
pub struct Arguments {
    /// A TOML file with settings; the environment overrides it. Default: the file that `MENJIN_CONFIG` names, if any
    #[arg(long, short, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Option<Command>,
}

/// The commands.
#[derive(Subcommand)]
enum Command {
    /// Serve until SIGTERM or Ctrl-C, then shut down gracefully (the default)
    Serve,
    /// Apply pending migrations of the database and print their names
    Migrate,
    /// Print the GraphQL schema (the file schema.graphql)
    Schema,
    /// Check settings, database, Redis, keys and mail server, one line each. Exit code 1 if a check fails
    Doctor,
    /// List or rotate the keys that sign access tokens
    Keys(keys::Arguments),
    /// List and change accounts
    Users(users::Arguments),
    /// Show the audit log, newest first
    Audit(audit::Arguments),
    /// Import users of another system with their password hashes (docs/import.md). Exit code 3: some rows were invalid
    Import(import::Arguments),
    /// Restore an account that its owner deleted, until it is purged
    Restore {
        /// Id, user name, mobile number or e-mail address
        who: String,
    },
    /// Show the SMS messages of the day and what they cost
    Sms(sms::Arguments),
    /// Send one message with the code 000000 by the configured carrier or mail server, and print the result.
    SendTest(send_test::Arguments),
    /// List, test and replay webhooks (docs/webhooks.md)
    Webhooks(webhooks::Arguments),
    /// Print the version
    Version,
}

/// Runs a command. Errors are printed to standard error; the exit code is then 1, or 2 for configuration errors.
#[must_use]
pub fn run(arguments: &Arguments) -> ExitCode {
    // Redis and PostgreSQL use the crypto provider of the process for TLS: install it before the first connection.
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
        Some(Command::Sms(sms)) => configured(arguments, |config| sms::run(config, sms)),
        Some(Command::SendTest(test)) => configured(arguments, |config| send_test::run(config, test)),
        Some(Command::Webhooks(webhooks)) => configured(arguments, |config| webhooks::run(config, webhooks)),
        Some(Command::Restore { who }) => configured(arguments, |config| restore::run(config, who)),
    })
}

/// Reads the settings and runs `command` on its own runtime.
fn configured<F>(arguments: &Arguments, command: impl FnOnce(Config) -> F) -> ExitCode
where
    F: Future<Output = ExitCode>,
{
    let config = match config::source(arguments.config.as_deref()).and_then(Config::load) {
        Ok(config) => config,
        Err(errors) => {
            eprintln!("menjin: configuration errors (docs/configuration.md lists all settings):");
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
            eprintln!("menjin: cannot start the runtime: {error}");
            ExitCode::FAILURE
        }
    }
}
