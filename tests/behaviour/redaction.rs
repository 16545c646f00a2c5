//! Passwords, codes, tokens, whole mobile numbers and e-mail addresses reach neither logs nor error messages.

use rstest_reuse::apply;
use serde_json::{Value, json};

use crate::support::browser::{email_with_code, mobile_with_code, wrong_code};
use crate::support::{Backend, World, both_backends, kind, logs};

/// Values that no other test uses: all tests of a process share one log.
const NATIONAL: &str = "13577246810";
const MOBILE: &str = "+8613577246810";
const EMAIL: &str = "quiet.person@redaction.example";
const PASSWORD: &str = "Plum-colored harbour 71";
const MISTYPED: &str = "Plum-colored harbor 72";

fn assert_none_of(secrets: &[String]) {
    let written = logs::written();
    assert!(written.contains("\"target\":\"menjin::"), "no log line was captured");
    for secret in secrets {
        let lines = logs::lines_with(&written, secret);
        assert!(lines.is_empty(), "{secret:?} is in the log: {lines:#?}");
    }
}

/// Returns a secret value of an outcome.
fn token(outcome: &Value) -> String {
    assert_eq!(kind(outcome), "SignedIn", "{outcome}");
    outcome["accessToken"].as_str().expect("a token").to_owned()
}

#[apply(both_backends)]
async fn logs_contain_no_secret_and_no_contact(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let fixed = [NATIONAL, "135 7724 6810", MOBILE, EMAIL, "quiet.person", PASSWORD, MISTYPED, "$argon2id"];
    let mut secrets: Vec<String> = fixed.iter().map(|text| (*text).to_owned()).collect();
    // Registration by mobile number, after a wrong code and a password confirmation that does not match.
    let code = world.sms_code(MOBILE, "REGISTER").await;
    let browser = world.browser();
    let input = |code: &str, again: &str| {
        json!({
            "contact": mobile_with_code("135 7724 6810", code), "password": PASSWORD, "passwordConfirm": again,
            "acceptTerms": true, "username": "quiet_person",
        })
    };
    assert_eq!(kind(&browser.register(input(&code, MISTYPED)).await), "InvalidInput");
    assert_eq!(kind(&browser.register(input(&wrong_code(&code), PASSWORD)).await), "CodeRejected");
    secrets.push(token(&browser.register(input(&code, PASSWORD)).await));
    assert_eq!(kind(&browser.register(input(&code, PASSWORD)).await), "CodeRejected");
    secrets.push(code);
    // Registration by e-mail; the second one finds the address taken.
    let code = world.email_code(EMAIL, "REGISTER").await;
    let input =
        json!({ "contact": email_with_code(EMAIL, &code), "password": PASSWORD, "acceptTerms": true });
    secrets.push(token(&browser.register(input.clone()).await));
    secrets.push(code);
    world.advance(61);
    let code = world.sms_code(MOBILE, "REGISTER").await;
    let taken =
        json!({ "contact": mobile_with_code(MOBILE, &code), "password": PASSWORD, "acceptTerms": true });
    assert_eq!(kind(&browser.register(taken).await), "IdentifierTaken");
    secrets.push(code);
    // A login that succeeds, one that fails, and one that is rate limited.
    for account in [MOBILE, NATIONAL, EMAIL] {
        secrets.push(token(&browser.login(account, PASSWORD).await));
        assert_eq!(kind(&world.browser().login(account, MISTYPED).await), "CredentialsRejected");
    }
    for _ in 0..8 {
        world.browser().login(MOBILE, MISTYPED).await;
    }
    world.advance(61);
    let code = world.sms_code(MOBILE, "LOGIN").await;
    assert_eq!(kind(&browser.send_sms(MOBILE, "LOGIN").await), "RateLimited");
    let signed_in = browser.login_with_code(mobile_with_code(MOBILE, &code)).await;
    secrets.push(token(&signed_in));
    secrets.push(code);
    secrets.push(browser.device().expect("a cookie").split_once('=').expect("a pair").1.to_owned());
    let bearing = world.browser().with_token(&token(&signed_in));
    assert!(bearing.me().await.is_object());
    let forged = format!("{}x", token(&signed_in));
    assert!(world.browser().with_token(&forged).me().await.is_null());
    secrets.push(forged);
    assert_none_of(&secrets);
    // Nor does the audit log, which refers to accounts by id.
    let mut sql = world.sql().await;
    for text in [NATIONAL, EMAIL, PASSWORD, MISTYPED] {
        let rows = format!("audit_events WHERE detail LIKE '%{text}%' OR user_agent LIKE '%{text}%'");
        assert_eq!(sql.count(&rows).await, 0, "{text}");
    }
}

#[apply(both_backends)]
async fn merging_logs_no_secret_and_no_contact(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let (number, mobile, email) = ("13577246811", "+8613577246811", "calm.person@redaction.example");
    let kept = world.person_by_email(email).await;
    let merged = world.person(mobile, "calm_person").await;
    world.advance(61);
    let code = world.sms_code(mobile, "BIND").await;
    let input =
        |code: &str| json!({ "account": mobile_with_code(mobile, code), "currentPassword": MISTYPED });
    let refused = kept.new_browser(&world).mutate("mergeAccount", input(&code)).await.data("mergeAccount");
    assert_eq!(kind(&refused), "CredentialsRejected");
    for code in [wrong_code(&code), code.clone()] {
        let input = json!({ "account": mobile_with_code(mobile, &code) });
        kept.new_browser(&world).mutate("mergeAccount", input).await.data("mergeAccount");
    }
    let mut sql = world.sql().await;
    assert_eq!(sql.count("merges").await, 1);
    let secrets =
        [number, mobile, email, "calm.person", MISTYPED, "$argon2id", &code, &kept.token, &merged.token];
    assert_none_of(&secrets.map(str::to_owned));
    for text in [number, "calm.person", MISTYPED, &code] {
        assert_eq!(sql.count(&format!("audit_events WHERE detail LIKE '%{text}%'")).await, 0, "{text}");
    }
}

#[apply(both_backends)]
async fn errors_do_not_quote_the_request(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let secret = "Heron-grey lantern 93";
    let with = |document: &str| document.replace("SECRET", secret);
    let documents = [
        "mutation { login(input: { account: \"lilei\", password: \"SECRET\" ) { __typename } }",
        "mutation { login(input: { account: \"lilei\", password: \"SECRET }) { __typename } }",
        "mutation { login(input: { account: \"lilei\", password: \"SECRET\", remember: \"SECRET\" }) { __typename } }",
        "mutation { login(input: { account: \"lilei\", password: \"SECRET\", pin: \"SECRET\" }) { __typename } }",
        "mutation { login(input: { account: 7, password: \"SECRET\" }) { __typename } }",
        "mutation { login(input: \"SECRET\") { __typename } }",
        "mutation { login(input: { account: \"lilei\", password: \"SECRET\" }) { nothing } }",
        "mutation { login(input: { account: \"lilei\", password: \"SECRET\" }) }",
        "mutation { login(password: \"SECRET\") { __typename } }",
        "mutation { sendSms(input: { mobile: \"SECRET\", purpose: \"SECRET\" }) { __typename } }",
        "mutation { a: login(input: { account: \"a\", password: \"SECRET\" }) { __typename } \
         b: login(input: { account: \"a\", password: \"SECRET\" }) { __typename } }",
        "\"SECRET\"",
        "query { usernameAvailable(username: [\"SECRET\", {a: \"SECRET\"}]) }",
    ];
    for document in documents {
        let reply = world.browser().post(&with(document), json!({})).await;
        assert!(!reply.error_code().is_empty(), "{document}: {}", reply.text);
        assert!(!reply.text.contains("Heron"), "{document}: {}", reply.text);
    }
    let document = "mutation M($input: LoginInput!) { login(input: $input) { __typename } }";
    for variables in [
        json!({ "input": { "account": "lilei", "password": [secret] } }),
        json!({ "input": { "account": "lilei", "password": { "text": secret } } }),
        json!({ "input": { "account": "lilei", "password": secret, "remember": secret } }),
        json!({ "input": secret }),
        json!({ "input": { "account": "lilei", "password": "p", secret: 1 } }),
        json!(secret),
    ] {
        let reply = world.browser().post(document, variables.clone()).await;
        assert!(!reply.error_code().is_empty(), "{variables}: {}", reply.text);
        assert!(!reply.text.contains("Heron"), "{variables}: {}", reply.text);
    }
    assert_none_of(&[secret.to_owned()]);
}
