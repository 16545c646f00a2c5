use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request};
use chrono::DateTime;
use tower::ServiceExt as _;
use uuid::Uuid;

use super::*;
use crate::db::types::{Channel, Ts, Uid};
use crate::delivery::testing::Store;

fn row(number: u8, html: Option<&str>) -> InboxMessage {
    let id = Uid(uuid::Builder::from_unix_timestamp_millis(u64::from(number), &[number; 10]).into_uuid());
    InboxMessage {
        id,
        message_id: id,
        channel: if html.is_some() { Channel::Email } else { Channel::Sms },
        destination: "+8613800138000".into(),
        subject: None,
        body: format!("text {number}"),
        html: html.map(ToOwned::to_owned),
        code: Some("004217".into()),
        received_at: Ts(DateTime::UNIX_EPOCH),
    }
}

async fn fetch(db: &Db, uri: &str) -> (StatusCode, HeaderMap, String) {
    let request = Request::builder().uri(uri).body(Body::empty()).unwrap();
    let response = router(db.clone()).oneshot(request).await.unwrap();
    let (parts, body) = response.into_parts();
    let body = to_bytes(body, 1 << 20).await.unwrap();
    (parts.status, parts.headers, String::from_utf8(body.to_vec()).unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_come_newest_first_and_only_those_that_are_new() {
    let store = Store::sqlite().await;
    for number in 1..=3 {
        store.db.put_into_inbox(&row(number, None)).await.unwrap();
    }
    let ids = |body: &str| -> Vec<String> {
        let value: serde_json::Value = serde_json::from_str(body).unwrap();
        let messages = value["messages"].as_array().unwrap().iter();
        messages.map(|message| message["body"].as_str().unwrap().to_owned()).collect()
    };
    let (status, headers, body) = fetch(&store.db, "/dev/inbox.json").await;
    assert_eq!(
        (status, ids(&body)),
        (StatusCode::OK, vec!["text 3".into(), "text 2".into(), "text 1".into()])
    );
    assert_eq!(headers[CACHE_CONTROL], "no-store");
    assert!(body.contains("\"receivedAt\":\"1970-01-01T00:00:00Z\"") && body.contains("\"code\":\"004217\""));
    let after = row(2, None).id.0;
    let (_, _, body) = fetch(&store.db, &format!("/dev/inbox.json?after={after}")).await;
    assert_eq!(ids(&body), ["text 3"]);
    assert_eq!(fetch(&store.db, "/dev/inbox.json?after=x").await.0, StatusCode::BAD_REQUEST);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_inbox_keeps_the_newest_five_hundred() {
    for store in Store::all().await {
        let mut first = row(0, None);
        for number in 0..503_u64 {
            first.id = Uid(uuid::Builder::from_unix_timestamp_millis(number, &[0; 10]).into_uuid());
            first.body = number.to_string();
            store.db.put_into_inbox(&first).await.unwrap();
        }
        let rows = store.db.newest_in_inbox(None, 1_000).await.unwrap();
        assert_eq!((rows.len(), rows[0].body.as_str(), rows[499].body.as_str()), (500, "502", "3"));
        store.remove().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_is_shown_as_it_is_and_can_do_nothing() {
    let store = Store::sqlite().await;
    let mail = row(1, Some("<p>hello</p>"));
    store.db.put_into_inbox(&mail).await.unwrap();
    store.db.put_into_inbox(&row(2, None)).await.unwrap();
    let (status, headers, body) = fetch(&store.db, &format!("/dev/inbox/mail/{}", mail.id.0)).await;
    assert_eq!((status, body.as_str()), (StatusCode::OK, "<p>hello</p>"));
    let policy = headers[CONTENT_SECURITY_POLICY].to_str().unwrap();
    assert!(policy.contains("sandbox") && !policy.contains("script-src"), "{policy}");
    assert_eq!(headers[X_FRAME_OPTIONS], "SAMEORIGIN");
    for id in [row(2, None).id.0.to_string(), Uuid::nil().to_string(), "x".into()] {
        assert_eq!(fetch(&store.db, &format!("/dev/inbox/mail/{id}")).await.0, StatusCode::NOT_FOUND);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_brings_everything_itself() {
    let store = Store::sqlite().await;
    for (uri, kind) in
        [("/dev/inbox", "text/html"), ("/dev/inbox.css", "text/css"), ("/dev/inbox.js", "text/javascript")]
    {
        let (status, headers, body) = fetch(&store.db, uri).await;
        assert_eq!(status, StatusCode::OK);
        assert!(headers[CONTENT_TYPE].to_str().unwrap().starts_with(kind));
        assert!(headers[CONTENT_SECURITY_POLICY].to_str().unwrap().starts_with("default-src 'none'"));
        assert!(!body.contains("://") && !body.contains("innerHTML"), "{uri} loads from elsewhere");
        assert!(!body.contains(" style=") && !body.contains(" onclick"), "{uri} needs an inline permission");
    }
}
