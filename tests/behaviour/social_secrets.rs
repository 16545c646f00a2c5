//! Tokens, codes and secrets of providers reach neither clients nor logs, nor the database in plain text.

use rstest_reuse::apply;
use serde_json::json;

use crate::support::{Backend, World, both_backends, kind, logs};

const SECRET: &str = "sandbox-secret-that-guards-nothing";

#[apply(both_backends)]
async fn tokens_codes_and_secrets_are_neither_logged_nor_stored_in_plain_text(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let mut secrets = vec![SECRET.to_owned()];
    for (number, provider) in ["qq", "wechat", "weibo", "github", "oidc"].into_iter().enumerate() {
        let mobile = format!("+861381234567{number}");
        let browser = world.browser();
        let callback = browser.callback_from(provider, "lucy", None).await;
        let outcome = browser.social_authorize(provider, &callback).await;
        let ticket = outcome["ticket"].as_str().expect("a ticket").to_owned();
        let code = world.sms_code(&mobile, "BIND").await;
        let made = browser.register_with("registerWithSocial", &ticket, &mobile, &code).await;
        assert_eq!(kind(&made), "SignedIn", "{made}");
        let export = "mutation { exportMyData { __typename ... on DataExported { data } } }";
        let token = made["accessToken"].as_str().expect("a token").to_owned();
        let exported = world.browser().with_token(&token).post(export, json!({})).await.text;
        assert!(!exported.contains("access_token") && !exported.contains(SECRET), "{exported}");
        // A failure must not reveal more.
        let failing = browser.callback_from(provider, "han", Some("wrong_secret")).await;
        browser.social_authorize(provider, &failing).await;
        for secret in [callback.code, callback.state, failing.code, failing.state, ticket, token, code] {
            secrets.push(secret);
        }
        secrets.push(browser.cookie("menjin_browser").expect("a cookie"));
    }
    // The prefixes of all tokens of the sandbox.
    let written = logs::written();
    for mark in
        ["access_token=", "refresh_token=", "\"access_token\"", "id_token", "client_secret", "code_verifier"]
    {
        let lines = logs::lines_with(&written, mark);
        assert!(lines.is_empty(), "{mark} is in the log: {lines:#?}");
    }
    for secret in secrets.iter().filter(|secret| secret.len() > 8) {
        let lines = logs::lines_with(&written, secret);
        assert!(lines.is_empty(), "{secret:?} is in the log: {lines:#?}");
    }
}
