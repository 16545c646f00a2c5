use std::collections::BTreeSet;
use std::time::Duration;

use chrono::TimeDelta;

use super::*;
use crate::core::secret::MasterKey;
use crate::db::changes::Stale;
use crate::db::migrate;
use crate::delivery::testing::{Gateway, MailServer, Store, eventually};

#[tokio::test(flavor = "multi_thread")]
async fn two_workers_send_each_message_once() {
    for store in Store::all().await {
        let random = crate::core::random::Random::system();
        let master = MasterKey::generate(&random);
        let clock = crate::core::clock::Clock::system();
        let one = Gateway::with(&store, &master, clock.clone(), random.clone());
        let two = Gateway::with(&store, &master, clock, random);
        let mut ids = BTreeSet::new();
        for _ in 0..30 {
            ids.insert(one.queue_sms().await);
            ids.insert(two.queue_email().await);
        }
        let workers = [one.start(one.sms(), one.email()), two.start(two.sms(), two.email())];
        for id in &ids {
            one.reaches(*id, MessageStatus::Sent).await;
        }
        for worker in workers {
            worker.stop().await;
        }
        let received = one.inbox().await;
        let distinct: BTreeSet<_> = received.iter().map(|row| row.message_id.0).collect();
        assert_eq!((received.len(), distinct.len()), (60, 60));
        assert!(received.iter().all(|row| row.code.as_deref() == Some("004217")));
        assert!(received.iter().all(|row| row.html.is_some() == (row.channel == Channel::Email)));
        store.remove().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn claims_respect_the_limit_and_end_with_their_lease() {
    for store in Store::all().await {
        let gateway = Gateway::new(&store);
        for _ in 0..5 {
            gateway.queue_sms().await;
        }
        let lease = |byte| Uid(Uuid::from_bytes([byte; 16]));
        let now = gateway.clock.now();
        let until = now + TimeDelta::seconds(60);
        let claim =
            async |byte, now, limit| gateway.db.claim_due(now, lease(byte), until, limit).await.unwrap();
        let first = claim(1, now, 3).await;
        let second = claim(2, now, 3).await;
        assert_eq!((first.len(), second.len(), claim(3, now, 3).await.len()), (3, 2, 0));
        assert!(first.iter().all(|row| second.iter().all(|other| row.id != other.id)));

        let again = gateway.db.claim_due(until, lease(4), until + TimeDelta::seconds(60), 9).await.unwrap();
        assert_eq!(again.len(), 5, "the leases have expired");
        assert!(again.iter().all(|row| row.attempts == 2));

        let sent = MessageEnd {
            status: MessageStatus::Sent,
            provider: None,
            provider_ref: None,
            last_error: None,
            tried: None,
        };
        let finish = async |byte| gateway.db.finish_message(again[0].id, lease(byte), &sent, now).await;
        let stale = Err(WriteError::Stale(Stale::Row));
        assert_eq!(finish(1).await, stale, "the lease of the first holder has expired");
        assert_eq!(finish(4).await, Ok(()));
        assert_eq!(finish(4).await, stale, "a final status does not change");
        let retry = MessageRetry { at: now, error: "late".into(), uncertain: false, tried: None };
        assert_eq!(gateway.db.retry_message(again[1].id, lease(1), &retry, now).await, stale);
        store.remove().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_locked_row_does_not_block_other_claims() {
    let Some(store) = Store::postgres().await else {
        return;
    };
    let gateway = Gateway::new(&store);
    let busy = gateway.queue_sms().await;
    let free = gateway.queue_sms().await;
    let (client, connection) = tokio_postgres::connect(&store.url, tokio_postgres::NoTls).await.unwrap();
    let connection = tokio::spawn(connection);
    let lock = format!("BEGIN; SELECT id FROM messages WHERE id = '{busy}' FOR UPDATE");
    client.batch_execute(&lock).await.unwrap();
    let now = gateway.clock.now();
    let claiming = gateway.db.claim_due(now, Uid(Uuid::nil()), now + TimeDelta::seconds(60), 9);
    let claimed = tokio::time::timeout(Duration::from_secs(5), claiming).await;
    let claimed: Vec<_> = claimed.unwrap().unwrap().iter().map(|row| row.id).collect();
    assert_eq!(claimed, [free]);
    connection.abort();
    store.remove().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_of_a_crashed_worker_is_sent_after_the_lease_expires() {
    for store in Store::all().await {
        let gateway = Gateway::new(&store);
        let id = gateway.queue_sms().await;
        let now = gateway.clock.now();
        let until = now + TimeDelta::seconds(60);
        let crashed = gateway.db.claim_due(now, Uid(Uuid::nil()), until, 1).await.unwrap();
        assert_eq!(crashed.len(), 1);
        let worker = gateway.start(gateway.sms(), gateway.email());
        tokio::time::sleep(Duration::from_millis(1_300)).await;
        assert_eq!((gateway.status(id).await, gateway.inbox().await.len()), (MessageStatus::Queued, 0));
        gateway.clock.advance(TimeDelta::seconds(60));
        gateway.reaches(id, MessageStatus::Sent).await;
        worker.stop().await;
        assert_eq!(gateway.inbox().await.len(), 1);
        store.remove().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_is_sent_without_waiting_for_the_next_poll() {
    let store = Store::sqlite().await;
    let gateway = Gateway::new(&store);
    let worker = gateway.start(gateway.sms(), gateway.email());
    tokio::time::sleep(Duration::from_millis(200)).await;
    let start = tokio::time::Instant::now();
    let id = gateway.queue_sms().await;
    gateway.reaches(id, MessageStatus::Sent).await;
    assert!(start.elapsed() < Duration::from_millis(700), "sent after {:?}", start.elapsed());
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expired_code_is_never_sent() {
    for store in Store::all().await {
        let gateway = Gateway::new(&store);
        let id = gateway.queue_sms().await;
        gateway.clock.advance(TimeDelta::minutes(10));
        let worker = gateway.start(gateway.sms(), gateway.email());
        gateway.reaches(id, MessageStatus::Expired).await;
        worker.stop().await;
        assert!(gateway.inbox().await.is_empty());
        store.remove().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_carrier_a_message_is_retried_until_it_fails() {
    let store = Store::sqlite().await;
    let mut gateway = Gateway::new(&store);
    gateway.settings.max_attempts = 2;
    let id = gateway.queue_sms().await;
    let worker = gateway.start(None, gateway.email());
    gateway.attempted(id, 1).await;
    assert_eq!(gateway.status(id).await, MessageStatus::Queued);
    assert_eq!(gateway.last_error(id).await.as_deref(), Some("no SMS carrier is configured for this number"));
    gateway.clock.advance(TimeDelta::minutes(5));
    gateway.reaches(id, MessageStatus::Failed).await;
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_carrier_a_message_expires_on_time() {
    let store = Store::sqlite().await;
    let gateway = Gateway::new(&store);
    let id = gateway.queue_sms().await;
    gateway.clock.advance(TimeDelta::minutes(10) - TimeDelta::milliseconds(1));
    let worker = gateway.start(None, gateway.email());
    gateway.attempted(id, 1).await;
    gateway.clock.advance(TimeDelta::milliseconds(1));
    gateway.reaches(id, MessageStatus::Expired).await;
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_sealed_under_another_master_key_is_left_to_other_gateways() {
    let store = Store::sqlite().await;
    let gateway = Gateway::new(&store);
    let id = gateway.queue_sms().await;
    let other = Gateway::with(
        &store,
        &MasterKey::generate(&gateway.random),
        gateway.clock.clone(),
        gateway.random.clone(),
    );
    let worker = other.start(other.sms(), other.email());
    other.attempted(id, 1).await;
    worker.stop().await;
    assert_eq!(gateway.last_error(id).await.as_deref(), Some("sealed under another master key"));
    gateway.clock.advance(TimeDelta::seconds(10));
    let worker = gateway.start(gateway.sms(), gateway.email());
    gateway.reaches(id, MessageStatus::Sent).await;
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_worker_recovers_when_the_database_becomes_available() {
    let store = Store::bare_sqlite().await;
    let gateway = Gateway::new(&store);
    let worker = gateway.start(gateway.sms(), gateway.email());
    tokio::time::sleep(Duration::from_millis(300)).await;
    migrate(&store.url).await.unwrap();
    let id = gateway.queue_sms().await;
    gateway.reaches(id, MessageStatus::Sent).await;
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_temporary_reply_is_retried_and_a_permanent_reply_is_final() {
    let store = Store::sqlite().await;
    let gateway = Gateway::new(&store);
    let server = MailServer::start(&["451 ann@example.com: try later"], Duration::ZERO).await;
    let id = gateway.queue_email().await;
    let worker = gateway.start(None, server.client(&gateway.clock));
    gateway.attempted(id, 1).await;
    assert_eq!(gateway.status(id).await, MessageStatus::Queued);
    assert_eq!(gateway.last_error(id).await.as_deref(), Some("the mail server replied 451"));
    gateway.clock.advance(TimeDelta::seconds(5));
    gateway.reaches(id, MessageStatus::Sent).await;
    worker.stop().await;
    assert_eq!(server.mails().len(), 1);

    let server = MailServer::start(&["550 no ann@example.com here"], Duration::ZERO).await;
    let id = gateway.queue_email().await;
    let worker = gateway.start(None, server.client(&gateway.clock));
    gateway.reaches(id, MessageStatus::Failed).await;
    worker.stop().await;
    assert_eq!(gateway.last_error(id).await.as_deref(), Some("the mail server replied 550"));
    assert!(server.mails().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn stopping_waits_for_messages_in_progress() {
    let store = Store::sqlite().await;
    let gateway = Gateway::new(&store);
    let server = MailServer::start(&[], Duration::from_millis(600)).await;
    let id = gateway.queue_email().await;
    let worker = gateway.start(None, server.client(&gateway.clock));
    eventually(async || server.mails().len() == 1).await;
    assert_eq!(gateway.status(id).await, MessageStatus::Queued, "the server has not replied yet");
    worker.stop().await;
    assert_eq!(gateway.status(id).await, MessageStatus::Sent);
    let late = gateway.queue_email().await;
    tokio::time::sleep(Duration::from_millis(1_200)).await;
    assert_eq!(gateway.status(late).await, MessageStatus::Queued, "the worker has stopped");
}
