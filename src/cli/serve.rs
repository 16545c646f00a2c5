//! `menjin serve`: the gateway, until it is told to leave.

use std::process::ExitCode;

use tokio::signal::unix::{SignalKind, signal};

use crate::app::Gateway;
use crate::config::Config;
use crate::config::mode::Mode;
use crate::core::clock::Clock;
use crate::core::random::Random;

pub async fn run(config: Config) -> ExitCode {
    super::log::start(&config.log);
    let (mut terminate, mut interrupt) =
        match (signal(SignalKind::terminate()), signal(SignalKind::interrupt())) {
            (Ok(terminate), Ok(interrupt)) => (terminate, interrupt),
            (Err(error), _) | (_, Err(error)) => {
                eprintln!("menjin: signals cannot be heard: {error}");
                return ExitCode::FAILURE;
            }
        };
    let starting = Gateway::start(config.clone(), Clock::system(), Random::system());
    let gateway = tokio::select! {
        started = starting => match started {
            Ok(gateway) => gateway,
            Err(error) => {
                eprintln!("menjin: {error}");
                return ExitCode::FAILURE;
            }
        },
        // Told to leave while a database was still being waited for.
        _ = terminate.recv() => return ExitCode::SUCCESS,
        _ = interrupt.recv() => return ExitCode::SUCCESS,
    };
    match config.mode {
        Mode::Development => super::out::write(&banner(&config, &gateway)),
        Mode::Production => tracing::info!(address = %gateway.address(), "serving"),
    }
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
        () = gateway.ended() => {
            eprintln!("menjin: the server ended by itself");
            return ExitCode::FAILURE;
        }
    }
    tracing::info!("leaving: what is under way is finished first; once more to leave at once");
    tokio::select! {
        () = gateway.stop() => ExitCode::SUCCESS,
        _ = terminate.recv() => at_once(),
        _ = interrupt.recv() => at_once(),
    }
}

/// Whoever asks twice does not want to wait. What was under way is cut; messages are sent by the next start.
fn at_once() -> ExitCode {
    tracing::warn!("leaving at once");
    ExitCode::FAILURE
}

fn banner(config: &Config, gateway: &Gateway) -> String {
    let address = gateway.address();
    let accounts = if config.database.embedded { "SQLite" } else { "PostgreSQL" };
    let codes = if config.redis.is_some() { "Redis" } else { "this process" };
    let mail =
        if config.delivery.smtp.is_some() { "SMS on the inbox page, mail by SMTP" } else { "the inbox page" };
    let graphiql = if config.graphql.graphiql { format!("http://{address}/graphiql") } else { "off".into() };
    format!(
        "\n  Menjin {version} 门禁 in DEVELOPMENT mode: not for the public\n\n    \
         GraphQL    http://{address}/graphql\n    \
         GraphiQL   {graphiql}\n    \
         Inbox      http://{address}/dev/inbox\n    \
         Issuer     {issuer}\n\n    \
         accounts in {accounts}, codes in {codes}, messages to {mail}\n\n",
        issuer = config.sessions.issuer,
        version = env!("CARGO_PKG_VERSION"),
    )
}
