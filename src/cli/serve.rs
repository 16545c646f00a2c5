//! `menjin serve`: runs the gateway until it is told to stop.

use std::process::ExitCode;

use tokio::signal::unix::{SignalKind, signal};

use crate::app::{Gateway, missing_carriers};
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
                eprintln!("menjin: cannot listen for signals: {error}");
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
        // A signal during the start, for example while waiting for a database.
        _ = terminate.recv() => return ExitCode::SUCCESS,
        _ = interrupt.recv() => return ExitCode::SUCCESS,
    };
    if let Some(missing) = missing_carriers(&config) {
        tracing::warn!("{missing}");
    }
    match config.mode {
        Mode::Development => super::out::write(&banner(&config, &gateway)),
        Mode::Production => tracing::info!(address = %gateway.address(), "serving"),
    }
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
        () = gateway.ended() => {
            eprintln!("menjin: the server ended unexpectedly");
            return ExitCode::FAILURE;
        }
    }
    tracing::info!("shutting down gracefully; press Ctrl-C again to force");
    tokio::select! {
        () = gateway.stop() => ExitCode::SUCCESS,
        _ = terminate.recv() => at_once(),
        _ = interrupt.recv() => at_once(),
    }
}

/// A second signal stops the gateway at once. Requests in progress are aborted; messages are sent after the next start.
fn at_once() -> ExitCode {
    tracing::warn!("forced shutdown");
    ExitCode::FAILURE
}

fn banner(config: &Config, gateway: &Gateway) -> String {
    let address = gateway.address();
    let accounts = if config.database.embedded { "SQLite" } else { "PostgreSQL" };
    let codes = if config.redis.is_some() { "Redis" } else { "this process" };
    let mail = if config.delivery.smtp.is_some() {
        "the inbox page (SMS) and SMTP (e-mail)"
    } else {
        "the inbox page"
    };
    let graphiql = if config.graphql.graphiql { format!("http://{address}/graphiql") } else { "off".into() };
    format!(
        "\n  Menjin {version} 门禁 in DEVELOPMENT mode, not for production\n\n    \
         GraphQL    http://{address}/graphql\n    \
         GraphiQL   {graphiql}\n    \
         Inbox      http://{address}/dev/inbox\n    \
         Issuer     {issuer}\n\n    \
         accounts in {accounts}, codes in {codes}, messages to {mail}\n\n",
        issuer = config.sessions.issuer,
        version = env!("CARGO_PKG_VERSION"),
    )
}
