//! Whatever is typed or forged, the answer is a typed problem or an error out of the closed list, and nothing is
//! written.

use menjin::graphql::error_code::ErrorCode;
use rstest_reuse::apply;
use serde_json::{Value, json};

use crate::support::browser::{document, email_with_code, mobile_with_code};
use crate::support::{Backend, PASSWORD, Reply, World, both_backends, kind};

/// Returns the mutations, each with a valid input and the JSON pointers of its strings.
fn mutations() -> Vec<(&'static str, Value, Vec<&'static str>)> {
    let captcha = json!({ "ticket": "t", "randstr": "r" });
    let mobile = mobile_with_code("13800138000", "000000");
    let email = email_with_code("mei@example.com", "000000");
    let register = |contact: &Value| {
        json!({
            "contact": contact, "password": PASSWORD, "passwordConfirm": PASSWORD, "username": "lilei",
            "nickname": "Li Lei", "acceptTerms": true, "captcha": captcha,
        })
    };
    let code = |contact: &Value| json!({ "contact": contact, "remember": true, "captcha": captcha });
    let captcha_fields = ["/captcha/ticket", "/captcha/randstr"];
    let with_captcha = |own: &[&'static str]| [own, &captcha_fields].concat();
    vec![
        ("sendSms", json!({ "mobile": "13800138000", "purpose": "LOGIN" }), vec!["/mobile", "/purpose"]),
        (
            "sendEmailCode",
            json!({ "email": "mei@example.com", "purpose": "LOGIN" }),
            vec!["/email", "/purpose"],
        ),
        (
            "register",
            register(&mobile),
            with_captcha(&[
                "/contact/mobile/mobile",
                "/contact/mobile/code",
                "/password",
                "/passwordConfirm",
                "/username",
                "/nickname",
            ]),
        ),
        ("register", register(&email), vec!["/contact/email/email", "/contact/email/code"]),
        (
            "login",
            json!({ "account": "lilei", "password": PASSWORD, "remember": false, "captcha": captcha }),
            with_captcha(&["/account", "/password"]),
        ),
        ("loginWithCode", code(&mobile), with_captcha(&["/contact/mobile/mobile", "/contact/mobile/code"])),
        ("loginWithCode", code(&email), vec!["/contact/email/email", "/contact/email/code"]),
    ]
}

/// Returns texts that careless code does not handle.
fn texts() -> Vec<String> {
    [
        "",
        " ",
        "\0",
        "a\0b",
        "\u{1f600}\u{200d}\u{1f525}",
        "li\u{202e}iel",
        "\u{feff}\u{200b}",
        "' OR '1'='1' --",
        "\"; DROP TABLE users; --",
        "{{ 7 * 7 }}{% raw %}${jndi:ldap://x}",
        "<script>alert(1)</script>",
        "%00%0d%0aSet-Cookie: a=b",
        "../../../../etc/passwd",
        "\r\nBcc: all@example.com",
        "e\u{301}\u{301}\u{301}",
    ]
    .into_iter()
    .map(str::to_owned)
    .chain(["x".repeat(10_000), "\u{1f600}".repeat(10_000), "9".repeat(10_000)])
    .collect()
}

/// Returns values of types that no string field accepts.
fn types() -> Vec<Value> {
    vec![json!(7), json!(-1.5e300), json!([[]]), json!({}), json!({ "$ne": null }), json!([{ "a": 1 }])]
}

fn assert_handled(reply: &Reply, mutation: &str, of: &str) {
    assert!([200, 400].contains(&reply.status), "{of}: {} {}", reply.status, reply.text);
    if reply.json["errors"].is_array() {
        let code = reply.error_code();
        assert!(ErrorCode::ALL.iter().any(|known| known.as_str() == code), "{of}: {}", reply.text);
        assert!(!["INTERNAL_SERVER_ERROR", "UNAVAILABLE"].contains(&code), "{of}: {}", reply.text);
    } else {
        let kind = kind(&reply.json["data"][mutation]).to_owned();
        assert!(!kind.is_empty() && kind != "SignedIn", "{of}: {}", reply.text);
    }
}

async fn nothing_was_created(world: &World) {
    let mut sql = world.sql().await;
    for table in ["users", "sessions"] {
        assert_eq!(sql.count(table).await, 0, "{table}");
    }
}

#[apply(both_backends)]
async fn every_string_field_handles_every_text(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    for (mutation, valid, fields) in mutations() {
        for field in fields {
            for text in texts() {
                let mut input = valid.clone();
                *input.pointer_mut(field).expect("the field exists") = json!(text);
                let reply = world.browser().mutate(mutation, input).await;
                let shown: String = text.chars().take(20).collect();
                assert_handled(&reply, mutation, &format!("{mutation}{field} {shown:?}"));
            }
        }
    }
    nothing_was_created(&world).await;
    assert_eq!(world.sql().await.count("messages").await, 0, "no text makes an input that sends a code");
}

#[apply(both_backends)]
async fn every_string_field_rejects_other_types(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    for (mutation, valid, fields) in mutations() {
        for field in fields {
            for value in types() {
                let mut input = valid.clone();
                *input.pointer_mut(field).expect("the field exists") = value.clone();
                let reply = world.browser().mutate(mutation, input).await;
                let of = format!("{mutation}{field} {value}");
                assert_handled(&reply, mutation, &of);
                assert!(reply.json["errors"].is_array(), "{of}: {}", reply.text);
            }
        }
    }
    nothing_was_created(&world).await;
}

#[apply(both_backends)]
async fn a_contact_is_a_mobile_number_or_an_email_address(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let both = json!({
        "mobile": { "mobile": "13800138000", "code": "000000" },
        "email": { "email": "mei@example.com", "code": "000000" },
    });
    let half = json!({ "mobile": null });
    for contact in [both, half, json!({}), Value::Null] {
        for mutation in ["register", "loginWithCode"] {
            let mut input = json!({ "contact": contact });
            if mutation == "register" {
                input["password"] = json!(PASSWORD);
                input["acceptTerms"] = json!(true);
            }
            let reply = world.browser().mutate(mutation, input).await;
            assert_handled(&reply, mutation, &contact.to_string());
            assert!(reply.json["errors"].is_array(), "{}", reply.text);
        }
    }
}

#[apply(both_backends)]
async fn every_query_argument_handles_every_text(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    for text in texts() {
        for (document, field) in [
            ("query Ask($v: String!) { usernameAvailable(username: $v) }", "usernameAvailable"),
            ("query Ask($v: String!) { nicknameAvailable(nickname: $v) }", "nicknameAvailable"),
            ("query Ask($v: String!) { mobileAvailable(mobile: $v) }", "mobileAvailable"),
            ("query Ask($v: String!) { emailAvailable(email: $v) }", "emailAvailable"),
            ("query Ask($v: ID!) { delivery(id: $v) { id } }", "delivery"),
        ] {
            let reply = world.browser().post(document, json!({ "v": text })).await;
            assert_eq!(reply.status, 200, "{}", reply.text);
            reply.data(field);
        }
    }
}

#[apply(both_backends)]
async fn the_endpoint_rejects_malformed_requests(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let deep = format!("{}{}", "{ me ".repeat(200), "}".repeat(200));
    for body in [
        json!(null),
        json!(7),
        json!("{ me { id } }"),
        json!([]),
        json!({}),
        json!({ "query": null }),
        json!({ "query": 7 }),
        json!({ "query": "" }),
        json!({ "query": "{" }),
        json!({ "query": deep }),
        json!({ "query": "\0" }),
        json!({ "query": "{ nothing }" }),
        json!({ "query": "{ me { id } }", "variables": "x" }),
        json!({ "query": "{ me { id } }", "operationName": "Other" }),
        json!({ "query": "{ me { id } }", "extensions": [] }),
        json!({ "query": document("login"), "variables": [] }),
        json!({ "query": document("login"), "variables": { "input": { "account": "a" } } }),
        json!([{ "query": "{ me { id } }" }]),
    ] {
        let reply = world.browser().send(body.clone()).await;
        assert!((200..500).contains(&reply.status), "{body}: {} {}", reply.status, reply.text);
        let code = reply.error_code();
        assert!(ErrorCode::ALL.iter().any(|known| known.as_str() == code), "{body}: {}", reply.text);
        assert_ne!(code, "INTERNAL_SERVER_ERROR", "{body}");
        assert!(reply.json.get("data").is_none(), "{body}: {}", reply.text);
    }
}
