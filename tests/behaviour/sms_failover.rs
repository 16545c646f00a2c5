//! Several SMS carriers: which of them sends a message, and that nobody receives it twice.

use std::time::Duration;

use rstest_reuse::apply;
use serde_json::Value;

use crate::support::receiver::Receiver;
use crate::support::{Backend, World, both_backends, logs};

const MOBILE: &str = "+8613800138000";
const SECRET: &str = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
const ACCEPTED: &str = r#"{"statusCode":"000000","templateSMS":{"smsMessageSid":"1290f4c9fb4f46eb906638937e6c0000","dateCreated":"20240808140641"}}"#;

/// Yuntongxun first, then the operator's own service.
async fn world(backend: Backend, first: &Receiver, second: &Receiver) -> Option<World> {
    let settings = [
        ("MENJIN_SMS_CARRIERS", "ronglian,webhook"),
        ("MENJIN_SMS_TIMEOUT", "1s"),
        ("MENJIN_SMS_RONGLIAN_ACCOUNT_SID", "8a216da8000000000000000000000001"),
        ("MENJIN_SMS_RONGLIAN_AUTH_TOKEN", "0123456789abcdef0123456789abcdef"),
        ("MENJIN_SMS_RONGLIAN_APP_ID", "8aEXAMPLE"),
        ("MENJIN_SMS_RONGLIAN_TEMPLATES", "code=1001,code.login=1002"),
        ("MENJIN_SMS_RONGLIAN_BASE_URL", first.origin()),
        ("MENJIN_SMS_WEBHOOK_URL", &second.url),
        ("MENJIN_SMS_WEBHOOK_SECRET", SECRET),
    ];
    World::start_with(backend, &settings).await
}

/// The status of the newest message, the carrier, and what was tried, once the status is `status`.
async fn message(world: &World, status: &str) -> (String, Vec<(String, String)>) {
    let query = "SELECT coalesce(provider, '') || '|' || coalesce(tried, '[]') || '|' || coalesce(last_error, '') AS value \
                 FROM messages WHERE status = ";
    for _ in 0..400 {
        let found = world.sql().await.texts(&format!("{query}'{status}'")).await;
        if let Some(row) = found.first() {
            let (provider, rest) = row.split_once('|').expect("three parts");
            let (tried, _) = rest.rsplit_once('|').expect("three parts");
            let tried: Vec<Value> = serde_json::from_str(tried).expect("JSON");
            let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
            return (
                provider.to_owned(),
                tried.iter().map(|attempt| (text(&attempt["carrier"]), text(&attempt["result"]))).collect(),
            );
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!(
        "no message became {status}: {:?}",
        world.sql().await.texts("SELECT status || coalesce(last_error, '') AS value FROM messages").await
    );
}

fn tried(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(carrier, result)| ((*carrier).to_owned(), (*result).to_owned())).collect()
}

#[apply(both_backends)]
async fn the_first_carrier_sends_a_template(#[case] backend: Backend) {
    let (first, second) = (Receiver::start(&[]).await, Receiver::start(&[]).await);
    first.respond_with(ACCEPTED);
    let Some(world) = world(backend, &first, &second).await else { return };
    world.browser().send_sms(MOBILE, "REGISTER").await;
    assert_eq!(message(&world, "sent").await, ("ronglian".to_owned(), tried(&[("ronglian", "sent")])));
    let received = first.wait_for(1).await;
    assert!(
        received[0]
            .path
            .starts_with("/2013-12-26/Accounts/8a216da8000000000000000000000001/SMS/TemplateSMS?sig=")
    );
    let body = received[0].json();
    assert_eq!((&body["to"], &body["templateId"]), (&"13800138000".into(), &"1001".into()));
    assert_eq!((body["datas"][0].as_str().map(str::len), body["datas"][1].as_str()), (Some(6), Some("10")));
    assert_eq!(second.count(), 0);
    let code = body["datas"][0].as_str().expect("a code").to_owned();
    let log = logs::written();
    assert!(
        !log.contains(&code) && !log.contains("13800138000") && !log.contains("0123456789abcdef"),
        "{log}"
    );
}

#[apply(both_backends)]
async fn a_carrier_that_does_not_accept_is_followed_by_the_next_at_once(#[case] backend: Backend) {
    for (status, answer, result) in [
        (503, "", "temporary: status 503"),
        (429, "", "throttled: status 429"),
        (302, "", "misconfigured: status 302: redirects are not followed"),
        (404, "", "misconfigured: status 404, and the response is not what the carrier documents"),
        (200, r#"{"statusCode":"160000","statusMsg":"x"}"#, "temporary: code 160000"),
        (200, r#"{"statusCode":"111109","statusMsg":"x"}"#, "misconfigured: code 111109"),
    ] {
        let (first, second) = (Receiver::start(&[status]).await, Receiver::start(&[]).await);
        first.respond_with(answer);
        second.respond_with(r#"{"id":"42"}"#);
        let Some(world) = world(backend, &first, &second).await else { return };
        world.browser().send_sms(MOBILE, "REGISTER").await;
        let expected = tried(&[("ronglian", result), ("webhook", "sent")]);
        assert_eq!(message(&world, "sent").await, ("webhook".to_owned(), expected));
        let sent = second.wait_for(1).await;
        let body = sent[0].json();
        assert_eq!((&body["data"]["to"], &body["data"]["kind"]), (&MOBILE.into(), &"code.register".into()));
        assert!(body["data"]["text"].is_null(), "a number of mainland China gets no free text");
        assert_eq!((first.count(), second.count()), (1, 1));
    }
}

#[apply(both_backends)]
async fn a_limit_of_the_number_and_a_refused_message_end_the_delivery(#[case] backend: Backend) {
    for (answer, result) in [
        (r#"{"statusCode":"160038","statusMsg":"x"}"#, "number limited: code 160038"),
        (r#"{"statusCode":"160042","statusMsg":"x"}"#, "permanent: code 160042"),
    ] {
        let (first, second) = (Receiver::start(&[]).await, Receiver::start(&[]).await);
        first.respond_with(answer);
        let Some(world) = world(backend, &first, &second).await else { return };
        world.browser().send_sms(MOBILE, "REGISTER").await;
        assert_eq!(message(&world, "failed").await, (String::new(), tried(&[("ronglian", result)])));
        assert_eq!((first.count(), second.count()), (1, 0));
    }
}

#[apply(both_backends)]
async fn after_a_lost_response_only_the_same_carrier_gets_the_message_and_only_once_more(
    #[case] backend: Backend,
) {
    for lost in [0, 500, 504] {
        let (first, second) = (Receiver::start(&[lost, lost]).await, Receiver::start(&[]).await);
        let Some(world) = world(backend, &first, &second).await else { return };
        world.browser().send_sms(MOBILE, "REGISTER").await;
        first.wait_for(1).await;
        let marked = "SELECT sending AS value FROM messages WHERE lease IS NULL AND sending IS NOT NULL";
        for _ in 0..100 {
            if world.sql().await.texts(marked).await == ["ronglian"] {
                break;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        world.advance(10);
        first.wait_for(2).await;
        world.advance(20);
        let (_, attempts) = {
            for _ in 0..100 {
                world.advance(10);
                if world.sql().await.count("messages WHERE status = 'failed'").await == 1 {
                    break;
                }
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
            message(&world, "failed").await
        };
        assert!(
            attempts.iter().all(|(carrier, result)| carrier == "ronglian" && result.starts_with("unknown")),
            "{attempts:?}"
        );
        assert_eq!((first.count(), second.count()), (2, 0), "nobody received it a third time");
    }
}

#[apply(both_backends)]
async fn a_carrier_that_keeps_failing_is_left_out_and_let_back_in(#[case] backend: Backend) {
    let (first, second) = (Receiver::start(&[503; 5]).await, Receiver::start(&[]).await);
    first.respond_with(ACCEPTED);
    second.respond_with("{}");
    let Some(world) = world(backend, &first, &second).await else { return };
    for number in 0..7 {
        world.browser().send_sms(&format!("+861380013800{number}"), "REGISTER").await;
        second.wait_for(number + 1).await;
    }
    assert_eq!(first.count(), 5, "left out after five failures");
    world.advance(31);
    world.browser().send_sms("+8613800138009", "REGISTER").await;
    first.wait_for(6).await;
    world.browser().send_sms("+8613900139000", "REGISTER").await;
    first.wait_for(7).await;
    assert_eq!(second.count(), 7, "let back in after one success");
}

#[apply(both_backends)]
async fn after_a_lost_response_a_repetition_that_is_not_accepted_stays_with_the_carrier(
    #[case] backend: Backend,
) {
    let (first, second) = (Receiver::start(&[504, 503, 503]).await, Receiver::start(&[]).await);
    first.respond_with(ACCEPTED);
    let Some(world) = world(backend, &first, &second).await else { return };
    world.browser().send_sms(MOBILE, "REGISTER").await;
    for attempt in 1..=4 {
        first.wait_for(attempt).await;
        let settled = format!("messages WHERE lease IS NULL AND attempts = {attempt}");
        for _ in 0..100 {
            if world.sql().await.count(&settled).await == 1 {
                break;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        world.advance(30);
    }
    let (provider, _) = message(&world, "sent").await;
    assert_eq!((provider.as_str(), first.count(), second.count()), ("ronglian", 4, 0));
}
