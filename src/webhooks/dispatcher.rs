//! Publishes events and sends their deliveries.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::client::WebhookClient;
use super::deliver::Deliveries;
use crate::config::webhooks::{WebhookEndpoint, WebhookSettings};
use crate::core::clock::Clock;
use crate::core::random::Random;
use crate::db::Db;
use crate::outcome::Refusal;

/// How often the gateway looks for new events and for deliveries that are due.
const POLL_INTERVAL: Duration = Duration::from_millis(500);
/// The longest delay between two polls while the database is unavailable.
const MAX_OUTAGE_INTERVAL: Duration = Duration::from_secs(15);
/// How many events are published in one transaction.
const BATCH: i64 = 100;
/// How long deliveries in progress may take when the gateway stops.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(5);

/// Sends events to the endpoints. Each gateway runs one dispatcher; any number of gateways share the work.
pub struct Dispatcher(Arc<Inner>);

struct Inner {
    deliveries: Deliveries,
    endpoints: Vec<Lane>,
}

/// An endpoint and its free places. An endpoint that does not respond delays no other one.
struct Lane {
    endpoint: Arc<WebhookEndpoint>,
    places: Arc<Semaphore>,
}

impl Dispatcher {
    #[must_use]
    pub fn new(
        db: Db,
        clock: Clock,
        random: Random,
        settings: &WebhookSettings,
        client: WebhookClient,
    ) -> Self {
        let lane = |endpoint: &WebhookEndpoint| Lane {
            endpoint: Arc::new(endpoint.clone()),
            places: Arc::new(Semaphore::new(settings.concurrency)),
        };
        let endpoints = settings.endpoints.iter().map(lane).collect();
        let deliveries = Deliveries { db, clock, random, client, timeout: settings.timeout };
        Self(Arc::new(Inner { deliveries, endpoints }))
    }

    /// Sends events until `cancel`, then waits a few seconds for deliveries in progress, and returns. Without endpoints it only
    /// waits.
    pub async fn run_until(self, cancel: CancellationToken) {
        let inner = self.0;
        let mut tasks = JoinSet::new();
        let mut failures = 0_u32;
        while !cancel.is_cancelled() && !inner.endpoints.is_empty() {
            while let Some(done) = tasks.try_join_next() {
                report(done);
            }
            let mut delay = POLL_INTERVAL;
            match inner.poll(&mut tasks).await {
                Ok(()) => failures = 0,
                Err(error) => {
                    if failures == 0 {
                        tracing::error!(%error, "webhooks unavailable; retrying until the database responds");
                    }
                    failures = failures.saturating_add(1);
                    delay = MAX_OUTAGE_INTERVAL.min(POLL_INTERVAL * (1 << failures.min(5)));
                }
            }
            tokio::select! {
                () = cancel.cancelled() => {}
                () = tokio::time::sleep(delay) => {}
            }
        }
        cancel.cancelled().await;
        drain(tasks).await;
    }
}

impl Inner {
    /// Publishes new events, then claims what is due for each endpoint that has free places.
    async fn poll(self: &Arc<Self>, tasks: &mut JoinSet<()>) -> Result<(), Refusal> {
        while self.deliveries.publish(BATCH).await? == BATCH {}
        for Lane { endpoint, places } in &self.endpoints {
            let free = places.available_permits();
            if free == 0 {
                continue;
            }
            let (claim, deliveries) = self.deliveries.claim(&endpoint.name, free).await?;
            for delivery in deliveries {
                // Only this loop takes places, so there are as many as were counted.
                let Ok(place) = Arc::clone(places).try_acquire_owned() else { break };
                let (inner, endpoint) = (Arc::clone(self), Arc::clone(endpoint));
                tasks.spawn(async move {
                    inner.deliveries.deliver(&endpoint, delivery, claim).await;
                    drop(place);
                });
            }
        }
        Ok(())
    }
}

async fn drain(mut tasks: JoinSet<()>) {
    let all = async {
        while let Some(done) = tasks.join_next().await {
            report(done);
        }
    };
    if tokio::time::timeout(DRAIN_TIMEOUT, all).await.is_err() {
        tracing::warn!(
            webhooks = tasks.len(),
            "stopped while webhooks were being sent; they will be sent again"
        );
    }
}

fn report(done: Result<(), tokio::task::JoinError>) {
    if let Err(error) = done {
        tracing::error!(panicked = error.is_panic(), "webhook task failed; the event will be sent again");
    }
}
