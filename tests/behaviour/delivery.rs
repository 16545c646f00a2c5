//! `delivery`: the delivery status of a message.

use rstest_reuse::apply;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::sql::Sql;
use crate::support::{Backend, Browser, World, both_backends, kind};

const MOBILE: &str = "+8613800138000";
const DELIVERY: &str = "query Ask($id: ID!) { delivery(id: $id) { id channel status updatedAt } }";

async fn status(browser: &Browser, id: &Value) -> Value {
    browser.post(DELIVERY, json!({ "id": id })).await.data("delivery")
}

/// Waits until a message has the status `state`, and returns the delivery.
async fn wait_for_status(world: &World, id: &Value, state: &str) -> Value {
    let deadline = Instant::now() + Duration::from_secs(5);
    loop {
        let now = status(&world.browser(), id).await;
        if now["status"] == state {
            return now;
        }
        assert_eq!(now["status"], "QUEUED", "{now}");
        assert!(Instant::now() < deadline, "never {state}: {now}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[apply(both_backends)]
async fn a_message_is_queued_and_then_sent(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    for sent in [
        world.browser().send_sms(MOBILE, "LOGIN").await,
        world.browser().send_email_code("mei@example.com", "LOGIN").await,
    ] {
        assert_eq!(kind(&sent), "CodeSent", "{sent}");
        let queued = &sent["delivery"];
        assert_eq!(queued["status"], "QUEUED");
        let now = wait_for_status(&world, &queued["id"], "SENT").await;
        assert_eq!((&now["id"], &now["channel"]), (&queued["id"], &queued["channel"]));
    }
}

#[apply(both_backends)]
async fn an_unknown_message_is_null(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    for id in
        ["", "nonsense", "0", "018f0000-0000-7000-8000-000000000000", "'; DROP TABLE messages; --", "\0"]
    {
        assert_eq!(status(&world.browser(), &json!(id)).await, Value::Null, "{id:?}");
    }
}

/// Makes new messages look as if a gateway had claimed them and was killed before it sent them: with a lease of one
/// minute that nobody renews or releases.
async fn claim_new_messages(sql: &mut Sql) {
    let trigger = match sql {
        Sql::Pg(_) => {
            "CREATE FUNCTION hold() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
             NEW.lease := NEW.id; NEW.leased_until := NEW.created_at + interval '60 s'; RETURN NEW; END $$; \
             CREATE TRIGGER hold BEFORE INSERT ON messages FOR EACH ROW EXECUTE FUNCTION hold();"
        }
        Sql::Sqlite(_) => {
            "CREATE TRIGGER hold AFTER INSERT ON messages BEGIN UPDATE messages \
             SET lease = NEW.id, leased_until = NEW.created_at + 60000000 WHERE id = NEW.id; END;"
        }
    };
    sql.run(trigger).await;
}

#[apply(both_backends)]
async fn a_message_that_a_dead_gateway_claimed_is_sent_when_the_lease_expires(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    claim_new_messages(&mut world.sql().await).await;
    let sent = world.browser().send_sms(MOBILE, "LOGIN").await;
    let id = &sent["delivery"]["id"];
    world.advance(59);
    // Enough time for a worker that ignores the lease.
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    assert_eq!(status(&world.browser(), id).await["status"], "QUEUED");
    assert!(world.inbox().await.is_empty());
    world.advance(2);
    let message = world.message_for(MOBILE).await;
    assert_eq!(message["code"].as_str().map(str::len), Some(6), "{message}");
    wait_for_status(&world, id, "SENT").await;
    assert_eq!(world.inbox().await.len(), 1, "it is sent once");
}

#[apply(both_backends)]
async fn a_message_is_not_sent_when_its_code_has_expired(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    claim_new_messages(&mut world.sql().await).await;
    let sent = world.browser().send_sms(MOBILE, "LOGIN").await;
    world.advance(601);
    wait_for_status(&world, &sent["delivery"]["id"], "EXPIRED").await;
    assert!(world.inbox().await.is_empty(), "it is not sent");
}

#[apply(both_backends)]
async fn queries_are_limited_per_client_address(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let browser = world.browser_at("198.51.100.7");
    let mut asked = 0;
    loop {
        let reply = browser.post(DELIVERY, json!({ "id": "018f0000-0000-7000-8000-000000000000" })).await;
        if reply.error_code() == "RATE_LIMITED" {
            break;
        }
        reply.data("delivery");
        asked += 1;
        assert!(asked < 200, "there is no limit");
    }
    assert!(asked >= 30, "a client polls more often: {asked}");
}
