//! `qqAuthorize`: the callback of a sign-in with QQ.

use futures_util::future::join_all;
use menjin::core::ids::UserId;
use rstest_reuse::apply;
use serde_json::{Value, json};

use crate::support::social::{Callback, by_password};
use crate::support::{Backend, PASSWORD, World, both_backends, invalid_fields, kind};

const MOBILE: &str = "+8613800138000";

fn providers_code(outcome: &Value) -> (&str, &str, Option<&str>) {
    let text = |name: &str| outcome[name].as_str();
    (kind(outcome), text("code").unwrap_or_default(), text("providerCode"))
}

#[apply(both_backends)]
async fn a_linked_user_is_signed_in(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let person = world.bound_person("qq", "han", MOBILE, "hanmeimei").await;
    let browser = world.browser();
    let outcome = browser.sign_in_with("qq", "han").await;
    assert_eq!(kind(&outcome), "SignedIn", "{outcome}");
    assert_eq!(outcome["user"]["id"], *person.id);
    assert_eq!((&outcome["next"], &outcome["newAccount"]), (&json!("/orders?page=2"), &json!(false)));
    let identities = &outcome["user"]["identities"];
    assert_eq!(identities[0]["provider"], "qq", "{identities}");
    let token = outcome["accessToken"].as_str().expect("a token");
    assert_eq!(world.browser().with_token(token).me().await["id"], *person.id);
    assert!(browser.cookie("menjin_refresh").is_some());
    let sql =
        world.sql().await.count("audit_events WHERE kind = 'signed_in' AND detail LIKE '%\"qq\"%'").await;
    assert_eq!(sql, 1);
}

#[apply(both_backends)]
async fn an_unknown_user_gets_a_ticket(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let browser = world.browser();
    let outcome = browser.sign_in_with("qq", "han").await;
    assert_eq!(kind(&outcome), "BindRequired", "{outcome}");
    assert_eq!(outcome["provider"], "qq");
    assert_eq!(outcome["next"], "/orders?page=2");
    assert!(outcome["nickname"].is_string() && outcome["avatarUrl"].is_string(), "{outcome}");
    assert_eq!(world.sql().await.count("users").await, 0);
    assert_eq!(world.sql().await.count("identities").await, 0);
}

#[apply(both_backends)]
async fn reloading_the_callback_page_returns_the_same_ticket(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let browser = world.browser();
    let callback = browser.callback_from("qq", "han", None).await;
    let first = browser.social_authorize("qq", &callback).await;
    let again = browser.social_authorize("qq", &callback).await;
    assert_eq!(kind(&again), "BindRequired", "{again}");
    assert_eq!(again, first);
    // Not in another browser, not with another code, and not once the ticket is used or expired.
    assert_eq!(kind(&world.browser().social_authorize("qq", &callback).await), "TicketRejected");
    let other = Callback { code: "0".repeat(32), state: callback.state.clone() };
    assert_eq!(kind(&browser.social_authorize("qq", &other).await), "TicketRejected");
    world.advance(301);
    assert_eq!(kind(&browser.social_authorize("qq", &callback).await), "TicketRejected");
}

#[apply(both_backends)]
async fn a_repeated_callback_signs_in_once(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    world.bound_person("qq", "han", MOBILE, "hanmeimei").await;
    let browser = world.browser();
    let callback = browser.callback_from("qq", "han", None).await;
    let outcomes = join_all((0..10).map(|_| browser.social_authorize("qq", &callback))).await;
    let signed_in = outcomes.iter().filter(|outcome| kind(outcome) == "SignedIn").count();
    let refused = outcomes.iter().filter(|outcome| kind(outcome) == "TicketRejected").count();
    assert_eq!((signed_in, refused), (1, 9), "{outcomes:#?}");
}

#[apply(both_backends)]
async fn a_state_is_valid_in_one_browser_only(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    // Login CSRF: a victim is sent to a callback that an attacker started.
    let (attacker, victim) = (world.browser(), world.browser());
    let callback = attacker.callback_from("qq", "li", None).await;
    victim.authorize_url("qq", "/").await;
    assert_eq!(kind(&victim.social_authorize("qq", &callback).await), "TicketRejected");
    assert_eq!(kind(&world.browser().social_authorize("qq", &callback).await), "TicketRejected");
    // That did not use up the state.
    assert_eq!(kind(&attacker.social_authorize("qq", &callback).await), "BindRequired");
}

#[apply(both_backends)]
async fn a_state_is_valid_for_one_provider_until_it_expires(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let browser = world.browser();
    let callback = browser.callback_from("qq", "han", None).await;
    assert_eq!(kind(&browser.social_authorize("weibo", &callback).await), "TicketRejected");
    assert_eq!(
        kind(&browser.social_authorize("qq", &callback).await),
        "BindRequired",
        "the valid state still works"
    );
    let callback = browser.callback_from("qq", "han", None).await;
    world.advance(601);
    assert_eq!(kind(&browser.social_authorize("qq", &callback).await), "TicketRejected");
    for state in
        ["x".to_owned(), "0".repeat(64), "F".repeat(64), callback.state.to_uppercase(), "é".repeat(64)]
    {
        let callback = Callback { code: "0".repeat(32), state };
        assert_eq!(kind(&browser.social_authorize("qq", &callback).await), "TicketRejected");
    }
    let empty = browser.social_authorize("qq", &Callback { code: String::new(), state: String::new() }).await;
    assert_eq!(invalid_fields(&empty), ["code EMPTY", "state EMPTY"], "{empty}");
    let long = browser.social_authorize("qq", &Callback { code: "c".repeat(5_000), state: "x".into() }).await;
    assert_eq!(invalid_fields(&long), ["code TOO_LONG"], "{long}");
}

#[apply(both_backends)]
async fn errors_of_qq_become_typed_problems(#[case] backend: Backend) {
    let Some(world) = World::start_with(backend, &[("MENJIN_SOCIAL_TIMEOUT", "500ms")]).await else { return };
    for (failure, code, providers) in [
        ("code_expired", "PROVIDER_REJECTED", Some("100019")),
        ("code_used", "PROVIDER_REJECTED", Some("100020")),
        ("wrong_secret", "PROVIDER_UNAVAILABLE", Some("100009")),
        ("check_failed", "PROVIDER_REJECTED", Some("100016")),
        ("profile_refused", "PROVIDER_REJECTED", Some("1002")),
        ("broken", "PROVIDER_UNAVAILABLE", None),
        ("bad_gateway", "PROVIDER_UNAVAILABLE", None),
        ("slow", "PROVIDER_UNAVAILABLE", None),
    ] {
        let browser = world.browser();
        let callback = browser.callback_from("qq", "han", Some(failure)).await;
        let outcome = browser.social_authorize("qq", &callback).await;
        assert_eq!(providers_code(&outcome), ("ProviderRejected", code, providers), "{failure}: {outcome}");
        assert_eq!(outcome["provider"], "qq");
        assert_eq!(
            kind(&browser.social_authorize("qq", &callback).await),
            "TicketRejected",
            "{failure}: the state is spent"
        );
    }
    // An app without permission for union ids works, and so does one that QQ has not reviewed.
    for (person, failure) in
        [("han", "no_unionid"), ("li", "strings"), ("lucy", "placeholder"), ("wang", "half")]
    {
        let browser = world.browser();
        let callback = browser.callback_from("qq", person, Some(failure)).await;
        let outcome = browser.social_authorize("qq", &callback).await;
        assert_eq!(kind(&outcome), "BindRequired", "{failure}: {outcome}");
    }
}

#[apply(both_backends)]
async fn the_union_id_identifies_the_user_in_another_app(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    // The operator moves to another app ID: openids change, the union id stays.
    let person = world.bound_person("qq", "han", MOBILE, "hanmeimei").await;
    world.sql().await.run("UPDATE identities SET subject = 'OF-ANOTHER-APP'").await;
    let outcome = world.browser().sign_in_with("qq", "han").await;
    assert_eq!((kind(&outcome), &outcome["user"]["id"]), ("SignedIn", &json!(person.id)), "{outcome}");
    assert_eq!(
        world.sql().await.count("identities WHERE subject = 'OF-ANOTHER-APP'").await,
        0,
        "the new subject is stored"
    );
}

#[apply(both_backends)]
async fn a_disabled_account_cannot_sign_in(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let person = world.bound_person("qq", "han", MOBILE, "hanmeimei").await;
    world.operator(&["users", "disable", "hanmeimei"]).await;
    let outcome = world.browser().sign_in_with("qq", "han").await;
    assert_eq!(kind(&outcome), "AccountDisabled", "{outcome}");
    assert!(world.browser().with_token(&person.token).me().await.is_null());
}

#[apply(both_backends)]
async fn purging_an_account_frees_its_qq_account(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    world.bound_person("qq", "han", MOBILE, "hanmeimei").await;
    world.operator(&["users", "delete", "hanmeimei", "--yes"]).await;
    let browser = world.browser();
    let outcome = browser.sign_in_with("qq", "han").await;
    assert_eq!(kind(&outcome), "BindRequired", "{outcome}");
    let ticket = outcome["ticket"].as_str().expect("a ticket");
    world.person("+8613900139000", "lilei").await;
    let bound = browser.bind("bindQq", ticket, by_password("lilei", PASSWORD)).await;
    assert_eq!(kind(&bound), "SignedIn", "{bound}");
}

#[apply(both_backends)]
async fn requests_are_limited_per_client_address(#[case] backend: Backend) {
    let Some(world) = World::start_with(backend, &[("MENJIN_LIMITS_SOCIAL", "3/1h")]).await else { return };
    let browser = world.browser();
    let callback = browser.callback_from("qq", "han", None).await;
    let wrong = Callback { code: "0".repeat(32), state: "0".repeat(64) };
    for _ in 0..2 {
        assert_eq!(kind(&browser.social_authorize("qq", &wrong).await), "TicketRejected");
    }
    assert_eq!(kind(&browser.social_authorize("qq", &callback).await), "RateLimited");
    world.advance(1_200);
    assert_eq!(
        kind(&browser.social_authorize("qq", &callback).await),
        "TicketRejected",
        "the state has expired by now"
    );
}

#[apply(both_backends)]
async fn tokens_of_qq_are_sealed_and_replaced_at_each_sign_in(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let person = world.bound_person("qq", "han", MOBILE, "hanmeimei").await;
    let user = UserId::parse(&person.id).expect("an id");
    let tokens =
        async || world.db().identities_of(user).await.expect("identities")[0].tokens.clone().expect("tokens");
    let before = tokens().await;
    world.browser().sign_in_with("qq", "han").await;
    let after = tokens().await;
    assert_ne!(before, after);
    for sealed in [before, after] {
        assert!(!String::from_utf8_lossy(&sealed).contains("access"));
    }
}
