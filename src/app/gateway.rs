//! Starts and stops a gateway.

use std::net::SocketAddr;

use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::error::StartError;
use super::master_key::master_key;
use super::services::Composition;
use super::{messages, social};
use crate::audit::Kind;
use crate::captcha::Captcha;
use crate::config::Config;
use crate::config::http::Origin;
use crate::config::mode::Mode;
use crate::core::clock::Clock;
use crate::core::random::Random;
use crate::db::{self, Db};
use crate::delivery::Outbox;
use crate::ephemeral::Ephemeral;
use crate::http;
use crate::kit::Kit;
use crate::sessions::{KeyRing, KeyRules};
use crate::webhooks::{TokenHook, WebhookClient};

/// A running gateway.
pub struct Gateway {
    address: SocketAddr,
    db: Db,
    stopping: CancellationToken,
    tasks: [(&'static str, JoinHandle<()>); 5],
}

impl Gateway {
    /// Builds all services and starts to serve.
    ///
    /// # Errors
    /// [`StartError`]: a store is unavailable, a key cannot be decrypted, the address is in use.
    pub async fn start(mut config: Config, clock: Clock, random: Random) -> Result<Self, StartError> {
        let master = master_key(&config, &random)?;
        if config.database.migrate {
            for name in db::migrate(&config.database.url).await? {
                tracing::info!(name, "migration applied");
            }
        }
        let db = Db::open(&config.database.url, config.database.pool_size, config.database.deadline).await?;
        let store = match &config.redis {
            Some(redis) => Ephemeral::redis(redis).await?,
            None => Ephemeral::memory(),
        };
        let rules = KeyRules::new(&config.keys, &config.sessions);
        let keys = KeyRing::open(&db, &master, &clock, &random, rules).await?;
        let listener = TcpListener::bind(config.http.listen)
            .await
            .map_err(|error| StartError::Listen(config.http.listen, error))?;
        let address = listener.local_addr().map_err(|error| StartError::Listen(config.http.listen, error))?;
        if config.http.listen.port() == 0 && config.http.public_url == Origin::of_listener(config.http.listen)
        {
            config.http.public_url = Origin::of_listener(address);
        }
        if config.mode == Mode::Development {
            config.social.fill_from_sandbox(&config.http.public_url);
            config.captcha.fill_from_sandbox(&config.http.public_url);
        }
        let providers = social::providers(&config, &clock).map_err(StartError::Social)?;
        let outbox = Outbox::new(db.clone(), &master, clock.clone(), random.clone());
        let kit = Kit::new(db.clone(), store, clock, random, master, config.limits.clone(), &config.webhooks);
        let captcha =
            Captcha::new(&kit, &config.captcha, &config.http.public_url).map_err(StartError::Captcha)?;
        let token_hook = token_hook(&config, &kit)?;
        let inbox = (config.mode == Mode::Development).then_some(&kit.db);
        let sms = messages::sms(&config, &kit.clock, &kit.random, inbox)?;
        let composition =
            Composition { config: &config, kit, keys, providers, outbox, token_hook, sms, captcha };
        let worker = composition.worker()?;
        let dispatcher = composition.dispatcher()?;
        let router = http::router(composition.routes());
        let stopping = CancellationToken::new();
        let server = tokio::spawn(http::serve(listener, router, config.http.clone(), stopping.clone()));
        let worker = tokio::spawn(worker.run_until(stopping.clone()));
        let upkeep = tokio::spawn(db::upkeep::run_until(
            db.clone(),
            composition.kit.clock.clone(),
            config.retention,
            composition.kit.audit.publication(Kind::UserErased).endpoints,
            stopping.clone(),
        ));
        let dispatcher = tokio::spawn(dispatcher.run_until(stopping.clone()));
        let keeper = tokio::spawn(composition.keys.clone().keep(stopping.clone()));
        Ok(Self {
            address,
            db,
            stopping,
            tasks: [
                ("server", server),
                ("worker", worker),
                ("upkeep", upkeep),
                ("keys", keeper),
                ("webhooks", dispatcher),
            ],
        })
    }

    /// Returns the address on which it listens, with the port that the system chose if the setting is 0.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Returns the database.
    #[must_use]
    pub fn db(&self) -> &Db {
        &self.db
    }

    /// Returns when a part of the gateway has ended unexpectedly.
    pub async fn ended(&self) {
        while !self.tasks.iter().any(|(_, task)| task.is_finished()) {
            tokio::time::sleep(std::time::Duration::from_secs(1)).await;
        }
    }

    /// Stops accepting connections, finishes requests in progress, then returns.
    pub async fn stop(self) {
        self.stopping.cancel();
        for (part, task) in self.tasks {
            if let Err(error) = task.await {
                tracing::error!(part, %error, "did not shut down cleanly");
            }
        }
    }
}

/// Builds the hook that is asked before access tokens are issued, if one is configured.
fn token_hook(config: &Config, kit: &Kit) -> Result<Option<TokenHook>, StartError> {
    let Some(settings) = config.token_claims.hook.clone() else { return Ok(None) };
    let client = WebhookClient::with_timeout(&config.webhooks, settings.timeout, kit.clock.clone());
    let client = client.map_err(StartError::Webhooks)?;
    Ok(Some(TokenHook::new(settings, client, kit.clock.clone(), kit.random.clone())))
}
