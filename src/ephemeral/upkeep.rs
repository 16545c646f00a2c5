//! Tests that only Redis needs: keys expire, and the pool recovers.

use std::sync::Arc;
use std::time::Duration;

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use super::code::NewCode;
use super::conformance::{ATTEMPTS, BACKOFF, at, charge, redis_settings};
use super::limit::{Return, Rule};
use super::store::Ephemeral;
use crate::core::secret::ExposeSecret as _;

/// Keys must expire one to three hours after they are no longer needed, in milliseconds.
const HOUR: i64 = 3_600_000;

#[tokio::test]
async fn every_key_expires() {
    let Some(settings) = redis_settings() else { return };
    let store = Ephemeral::redis(&settings).await.unwrap();
    let code = |id: &str| NewCode { id: id.into(), digest: id.into(), expires: at(600).timestamp_micros() };
    for slot in ["fresh", "redeemed", "withdrawn", "tried"] {
        store.issue_code(slot, code("1"), at(0)).await.unwrap();
    }
    for (slot, digest) in [("redeemed", "1"), ("withdrawn", "2"), ("tried", "2"), ("none", "2")] {
        store.redeem_code(slot, digest, ATTEMPTS, at(0)).await.unwrap();
    }
    store.restore_code("redeemed", "1", at(0)).await.unwrap();
    store.withdraw_code("withdrawn", Some("1"), at(0)).await.unwrap();
    let charges = [
        charge("rate", Rule::Rate { interval: 60_000_000, burst: 3 }),
        charge("budget", Rule::Budget { window: 3_600_000_000, max: 9, amount: 1 }),
        charge("backoff", BACKOFF),
    ];
    for _ in 0..2 {
        store.charge(&charges, at(0)).await.unwrap();
    }
    store.put_record("record", "value", at(600), at(0)).await.unwrap();
    let returns: Vec<Return> =
        charges.iter().map(|charge| Return::Refund { charge: charge.clone(), at: at(0) }).collect();
    store.give_back(&returns, at(0)).await.unwrap();

    let client = redis::Client::open(settings.url.expose_secret()).unwrap();
    let mut connection = client.get_multiplexed_async_connection().await.unwrap();
    let pattern = format!("{{{}}}:*", settings.prefix);
    let keys: Vec<String> = redis::cmd("KEYS").arg(pattern).query_async(&mut connection).await.unwrap();
    // Redeeming in a slot without a code stores nothing.
    assert_eq!(keys.len(), 8, "{keys:?}");
    for key in keys {
        let rest: i64 = redis::cmd("PTTL").arg(&key).query_async(&mut connection).await.unwrap();
        assert!((HOUR..=3 * HOUR).contains(&rest), "{key} expires in {rest} ms");
    }
}

/// A firewall that drops its connections informs neither end. The pool has to detect it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_that_stop_responding_are_replaced() {
    let Some(mut settings) = redis_settings() else {
        return;
    };
    let mut url = url::Url::parse(settings.url.expose_secret()).unwrap();
    let server = format!("{}:{}", url.host_str().unwrap(), url.port().unwrap_or(6379));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    url.set_host(Some("127.0.0.1")).unwrap();
    url.set_port(Some(listener.local_addr().unwrap().port())).unwrap();
    settings.url = String::from(url).into();
    settings.pool_size = 1;
    let (silence, silenced) = watch::channel(0_u32);
    let relay = tokio::spawn(relay(listener, server.into(), silenced));

    let store = Ephemeral::redis(&settings).await.unwrap();
    store.ping().await.unwrap();
    silence.send(1).unwrap();
    let mut tries = 0;
    while store.ping().await.is_err() {
        tries += 1;
        assert!(tries < 10, "the dead connection is never replaced");
    }
    relay.abort();
}

/// Relays connections. When the number changes, open connections stop relaying without being closed.
async fn relay(listener: TcpListener, server: Arc<str>, silenced: watch::Receiver<u32>) {
    while let Ok((mut near, _)) = listener.accept().await {
        let mut silenced = silenced.clone();
        silenced.mark_unchanged();
        let server = Arc::clone(&server);
        tokio::spawn(async move {
            let mut far = TcpStream::connect(&*server).await.unwrap();
            tokio::select! {
                _ = copy_bidirectional(&mut near, &mut far) => {}
                _ = silenced.changed() => tokio::time::sleep(Duration::from_secs(30)).await,
            }
        });
    }
}
