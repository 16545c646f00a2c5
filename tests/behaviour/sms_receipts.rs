//! Delivery receipts of SMS carriers: `delivery(id)` tells that a message arrived.

use menjin::core::clock::Clock;
use menjin::core::signing::standard_webhooks::WebhookSecret;
use reqwest::Method;
use rstest_reuse::apply;
use serde_json::{Value, json};

use crate::support::receiver::Receiver;
use crate::support::{Backend, Browser, World, both_backends};

const MOBILE: &str = "+8613800138000";
const SECRET: &str = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
const PATH_SECRET: &str = "0123456789abcdef-receipts";
const ACCEPTED: &str =
    r#"{"Message":"OK","RequestId":"A25164FD","BizId":"158003852956472458^0","Code":"OK"}"#;

async fn world(backend: Backend, carrier: &Receiver) -> Option<World> {
    let settings = [
        ("MENJIN_SMS_CARRIERS", "aliyun"),
        ("MENJIN_SMS_CARRIERS_INTERNATIONAL", "webhook"),
        ("MENJIN_SMS_TIMEOUT", "1s"),
        ("MENJIN_SMS_RECEIPT_SECRET", PATH_SECRET),
        ("MENJIN_SMS_ALIYUN_ACCESS_KEY_ID", "EXAMPLEKEYID"),
        ("MENJIN_SMS_ALIYUN_ACCESS_KEY_SECRET", "EXAMPLEKEYSECRET"),
        ("MENJIN_SMS_ALIYUN_SIGN_NAMES", "门禁"),
        ("MENJIN_SMS_ALIYUN_TEMPLATES", "code=SMS_1"),
        ("MENJIN_SMS_ALIYUN_BASE_URL", carrier.origin()),
        ("MENJIN_SMS_WEBHOOK_URL", &carrier.url),
        ("MENJIN_SMS_WEBHOOK_SECRET", SECRET),
    ];
    World::start_with(backend, &settings).await
}

async fn status(browser: &Browser, id: &str) -> String {
    let query = "query ($id: ID!) { delivery(id: $id) { status } }";
    let reply = browser.post(query, json!({ "id": id })).await.data("delivery");
    reply["status"].as_str().unwrap_or_default().to_owned()
}

async fn reaches(browser: &Browser, id: &str, expected: &str) {
    for _ in 0..200 {
        if status(browser, id).await == expected {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("{id} is {} and not {expected}", status(browser, id).await);
}

fn report(success: bool, id: &str) -> String {
    json!([{ "phone_number": "13800138000", "success": success, "err_code": if success { "DELIVERED" } else { "MK:0004" },
             "biz_id": "158003852956472458^0", "out_id": id }])
    .to_string()
}

async fn post(browser: &Browser, path: &str, body: String) -> (u16, String) {
    let sent = browser
        .request(Method::POST, path)
        .header("content-type", "application/json")
        .body(body)
        .send()
        .await;
    let response = sent.expect("a response");
    (response.status().as_u16(), response.text().await.expect("a text"))
}

#[apply(both_backends)]
async fn a_receipt_tells_that_the_message_arrived(#[case] backend: Backend) {
    let carrier = Receiver::start(&[]).await;
    carrier.respond_with(ACCEPTED);
    let Some(world) = world(backend, &carrier).await else { return };
    let browser = world.browser();
    let sent = browser.send_sms(MOBILE, "REGISTER").await;
    let id = sent["delivery"]["id"].as_str().expect("an id");
    reaches(&browser, id, "SENT").await;
    let request = carrier.wait_for(1).await[0].clone();
    for part in [
        "PhoneNumbers=13800138000",
        "SignName=%E9%97%A8%E7%A6%81",
        "TemplateCode=SMS_1",
        &format!("OutId={id}"),
    ] {
        assert!(request.path.contains(part), "{part}: {}", request.path);
    }
    let stranger = world.browser();
    for path in ["/webhooks/sms/aliyun", "/webhooks/sms/aliyun/0123456789abcdef-receiptt"] {
        assert_eq!(post(&stranger, path, report(true, id)).await.0, 401, "{path}");
    }
    assert_eq!(post(&stranger, "/webhooks/sms/nobody/x", report(true, id)).await.0, 404);
    let path = format!("/webhooks/sms/aliyun/{PATH_SECRET}");
    assert_eq!(post(&stranger, &path, "{".into()).await.0, 400);
    assert_eq!(status(&browser, id).await, "SENT");

    // A failure, corrected by a late success; a failure after that changes nothing, and repetitions are accepted.
    for (success, expected) in
        [(false, "FAILED"), (true, "DELIVERED"), (false, "DELIVERED"), (true, "DELIVERED")]
    {
        let (code, body) = post(&stranger, &path, report(success, id)).await;
        assert_eq!((code, body.as_str()), (200, r#"{"code":0,"msg":"OK"}"#));
        assert_eq!(status(&browser, id).await, expected);
    }
    let unknown = json!([{ "phone_number": "1", "success": true, "biz_id": "unknown" }]).to_string();
    assert_eq!(post(&stranger, &path, unknown).await.0, 200);
}

#[apply(both_backends)]
async fn a_receipt_before_the_response_ends_the_message(#[case] backend: Backend) {
    let carrier = Receiver::start(&[0]).await;
    let Some(world) = world(backend, &carrier).await else { return };
    let browser = world.browser();
    let sent = browser.send_sms(MOBILE, "REGISTER").await;
    let id = sent["delivery"]["id"].as_str().expect("an id").to_owned();
    carrier.wait_for(1).await;
    let path = format!("/webhooks/sms/aliyun/{PATH_SECRET}");
    assert_eq!(post(&browser, &path, report(true, &id)).await.0, 200);
    assert_eq!(status(&browser, &id).await, "DELIVERED");
    tokio::time::sleep(std::time::Duration::from_millis(1_300)).await;
    world.advance(120);
    tokio::time::sleep(std::time::Duration::from_millis(1_300)).await;
    assert_eq!(
        (status(&browser, &id).await.as_str(), carrier.count()),
        ("DELIVERED", 1),
        "it is not sent again"
    );
}

#[apply(both_backends)]
async fn signed_receipts_are_verified(#[case] backend: Backend) {
    let carrier = Receiver::start(&[]).await;
    carrier.respond_with(r#"{"id":"42"}"#);
    let settings = [
        ("MENJIN_ACCOUNTS_MOBILE_REGIONS", "CN,SG"),
        ("MENJIN_SMS_CARRIERS_INTERNATIONAL", "webhook"),
        ("MENJIN_SMS_WEBHOOK_URL", carrier.url.as_str()),
        ("MENJIN_SMS_WEBHOOK_SECRET", SECRET),
    ];
    let Some(world) = World::start_with(backend, &settings).await else { return };
    let browser = world.browser();
    let sent = browser.send_sms("+6591234567", "REGISTER").await;
    let id = sent["delivery"]["id"].as_str().expect("an id").to_owned();
    reaches(&browser, &id, "SENT").await;
    let body = json!({ "id": "42", "message_id": format!("msg_{id}"), "delivered": true }).to_string();
    let secret: WebhookSecret = SECRET.parse().expect("a secret");
    let signed = async |at: chrono::DateTime<chrono::Utc>, signature: Option<String>| {
        let signature = signature.unwrap_or_else(|| secret.sign("rcp_1", at, body.as_bytes()));
        let request = browser
            .request(Method::POST, "/webhooks/sms/webhook")
            .header("webhook-id", "rcp_1")
            .header("webhook-timestamp", at.timestamp().to_string())
            .header("webhook-signature", signature)
            .body(body.clone());
        request.send().await.expect("a response").status().as_u16()
    };
    let now = world.now();
    assert_eq!(signed(now, Some("v1,AAAA".into())).await, 401);
    assert_eq!(
        signed(now - chrono::TimeDelta::minutes(6), None).await,
        401,
        "an old receipt is not replayed"
    );
    assert_eq!(signed(Clock::system().now(), None).await, 401);
    assert_eq!(status(&browser, &id).await, "SENT");
    assert_eq!(signed(now, None).await, 200);
    assert_eq!(status(&browser, &id).await, "DELIVERED");
    let sent: Value = carrier.wait_for(1).await[0].json();
    assert!(sent["data"]["text"].is_string(), "other regions may get free text: {sent}");
}
