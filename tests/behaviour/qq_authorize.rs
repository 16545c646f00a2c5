//! `qqAuthorize`: the browser is back from QQ.

use futures_util::future::join_all;
use menjin::core::ids::UserId;
use rstest_reuse::apply;
use serde_json::{Value, json};

use crate::support::social::{Back, by_password};
use crate::support::{Backend, PASSWORD, World, bad_fields, both_backends, kind};

const MOBILE: &str = "+8613800138000";

fn providers_code(outcome: &Value) -> (&str, &str, Option<&str>) {
    let text = |name: &str| outcome[name].as_str();
    (kind(outcome), text("code").unwrap_or_default(), text("providerCode"))
}

#[apply(both_backends)]
async fn whoever_is_bound_is_signed_in(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let person = world.bound_person("qq", "han", MOBILE, "hanmeimei").await;
    let browser = world.browser();
    let outcome = browser.sign_in_by("qq", "han").await;
    assert_eq!(kind(&outcome), "SignedIn", "{outcome}");
    assert_eq!(outcome["user"]["id"], *person.id);
    assert_eq!((&outcome["next"], &outcome["newAccount"]), (&json!("/orders?page=2"), &json!(false)));
    let identities = &outcome["user"]["identities"];
    assert_eq!(identities[0]["provider"], "qq", "{identities}");
    let token = outcome["accessToken"].as_str().expect("a token");
    assert_eq!(world.browser().bearing(token).me().await["id"], *person.id);
    assert!(browser.cookie("menjin_refresh").is_some());
    let sql =
        world.sql().await.count("audit_events WHERE kind = 'signed_in' AND detail LIKE '%\"qq\"%'").await;
    assert_eq!(sql, 1);
}

#[apply(both_backends)]
async fn whoever_is_not_gets_a_ticket(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let browser = world.browser();
    let outcome = browser.sign_in_by("qq", "han").await;
    assert_eq!(kind(&outcome), "BindRequired", "{outcome}");
    assert_eq!(outcome["provider"], "qq");
    assert_eq!(outcome["next"], "/orders?page=2");
    assert!(outcome["nickname"].is_string() && outcome["avatarUrl"].is_string(), "{outcome}");
    assert_eq!(world.sql().await.count("users").await, 0);
    assert_eq!(world.sql().await.count("identities").await, 0);
}

#[apply(both_backends)]
async fn a_page_that_is_loaded_again_gets_its_ticket_back(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let browser = world.browser();
    let back = browser.at_provider("qq", "han", None).await;
    let first = browser.come_back("qq", &back).await;
    let again = browser.come_back("qq", &back).await;
    assert_eq!(kind(&again), "BindRequired", "{again}");
    assert_eq!(again, first);
    // Not for a stranger who has seen the address, nor with another code, nor once the ticket is spent or old.
    assert_eq!(kind(&world.browser().come_back("qq", &back).await), "TicketRejected");
    let other = Back { code: "0".repeat(32), state: back.state.clone() };
    assert_eq!(kind(&browser.come_back("qq", &other).await), "TicketRejected");
    world.advance(301);
    assert_eq!(kind(&browser.come_back("qq", &back).await), "TicketRejected");
}

#[apply(both_backends)]
async fn a_callback_that_comes_twice_signs_in_once(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    world.bound_person("qq", "han", MOBILE, "hanmeimei").await;
    let browser = world.browser();
    let back = browser.at_provider("qq", "han", None).await;
    let outcomes = join_all((0..10).map(|_| browser.come_back("qq", &back))).await;
    let signed_in = outcomes.iter().filter(|outcome| kind(outcome) == "SignedIn").count();
    let refused = outcomes.iter().filter(|outcome| kind(outcome) == "TicketRejected").count();
    assert_eq!((signed_in, refused), (1, 9), "{outcomes:#?}");
}

#[apply(both_backends)]
async fn a_state_is_for_one_browser(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    // Login CSRF: somebody is led to a callback that another person began.
    let (attacker, victim) = (world.browser(), world.browser());
    let back = attacker.at_provider("qq", "li", None).await;
    victim.begin("qq", "/").await;
    assert_eq!(kind(&victim.come_back("qq", &back).await), "TicketRejected");
    assert_eq!(kind(&world.browser().come_back("qq", &back).await), "TicketRejected");
    // And it was not used up by that.
    assert_eq!(kind(&attacker.come_back("qq", &back).await), "BindRequired");
}

#[apply(both_backends)]
async fn a_state_is_for_one_provider_and_a_while(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let browser = world.browser();
    let back = browser.at_provider("qq", "han", None).await;
    assert_eq!(kind(&browser.come_back("weibo", &back).await), "TicketRejected");
    assert_eq!(kind(&browser.come_back("qq", &back).await), "BindRequired", "the right one still works");
    let back = browser.at_provider("qq", "han", None).await;
    world.advance(601);
    assert_eq!(kind(&browser.come_back("qq", &back).await), "TicketRejected");
    for state in ["x".to_owned(), "0".repeat(64), "F".repeat(64), back.state.to_uppercase(), "é".repeat(64)]
    {
        let back = Back { code: "0".repeat(32), state };
        assert_eq!(kind(&browser.come_back("qq", &back).await), "TicketRejected");
    }
    let empty = browser.come_back("qq", &Back { code: String::new(), state: String::new() }).await;
    assert_eq!(bad_fields(&empty), ["code EMPTY", "state EMPTY"], "{empty}");
    let long = browser.come_back("qq", &Back { code: "c".repeat(5_000), state: "x".into() }).await;
    assert_eq!(bad_fields(&long), ["code TOO_LONG"], "{long}");
}

#[apply(both_backends)]
async fn what_qq_says_is_told_in_our_words(#[case] backend: Backend) {
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
        let back = browser.at_provider("qq", "han", Some(failure)).await;
        let outcome = browser.come_back("qq", &back).await;
        assert_eq!(providers_code(&outcome), ("ProviderRejected", code, providers), "{failure}: {outcome}");
        assert_eq!(outcome["provider"], "qq");
        assert_eq!(
            kind(&browser.come_back("qq", &back).await),
            "TicketRejected",
            "{failure}: the state is spent"
        );
    }
    // An app without permission for union ids works, and so does one that QQ has not reviewed.
    for (person, failure) in
        [("han", "no_unionid"), ("li", "strings"), ("lucy", "placeholder"), ("wang", "half")]
    {
        let browser = world.browser();
        let back = browser.at_provider("qq", person, Some(failure)).await;
        let outcome = browser.come_back("qq", &back).await;
        assert_eq!(kind(&outcome), "BindRequired", "{failure}: {outcome}");
    }
}

#[apply(both_backends)]
async fn the_union_id_knows_the_person_in_another_app(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    // The operator moves to another app ID: openids change, the union id stays.
    let person = world.bound_person("qq", "han", MOBILE, "hanmeimei").await;
    world.sql().await.run("UPDATE identities SET subject = 'OF-ANOTHER-APP'").await;
    let outcome = world.browser().sign_in_by("qq", "han").await;
    assert_eq!((kind(&outcome), &outcome["user"]["id"]), ("SignedIn", &json!(person.id)), "{outcome}");
    assert_eq!(
        world.sql().await.count("identities WHERE subject = 'OF-ANOTHER-APP'").await,
        0,
        "it is learnt"
    );
}

#[apply(both_backends)]
async fn an_account_that_is_shut_stays_shut(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let person = world.bound_person("qq", "han", MOBILE, "hanmeimei").await;
    world.operator(&["users", "disable", "hanmeimei"]).await;
    let outcome = world.browser().sign_in_by("qq", "han").await;
    assert_eq!(kind(&outcome), "AccountDisabled", "{outcome}");
    assert!(world.browser().bearing(&person.token).me().await.is_null());
}

#[apply(both_backends)]
async fn an_account_that_was_erased_leaves_the_qq_free(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    world.bound_person("qq", "han", MOBILE, "hanmeimei").await;
    world.operator(&["users", "delete", "hanmeimei", "--yes"]).await;
    let browser = world.browser();
    let outcome = browser.sign_in_by("qq", "han").await;
    assert_eq!(kind(&outcome), "BindRequired", "{outcome}");
    let ticket = outcome["ticket"].as_str().expect("a ticket");
    world.person("+8613900139000", "lilei").await;
    let bound = browser.bind("bindQq", ticket, by_password("lilei", PASSWORD)).await;
    assert_eq!(kind(&bound), "SignedIn", "{bound}");
}

#[apply(both_backends)]
async fn it_is_limited_by_address(#[case] backend: Backend) {
    let Some(world) = World::start_with(backend, &[("MENJIN_LIMITS_SOCIAL", "3/1h")]).await else { return };
    let browser = world.browser();
    let back = browser.at_provider("qq", "han", None).await;
    let wrong = Back { code: "0".repeat(32), state: "0".repeat(64) };
    for _ in 0..2 {
        assert_eq!(kind(&browser.come_back("qq", &wrong).await), "TicketRejected");
    }
    assert_eq!(kind(&browser.come_back("qq", &back).await), "RateLimited");
    world.advance(1_200);
    assert_eq!(kind(&browser.come_back("qq", &back).await), "TicketRejected", "too late by now");
}

#[apply(both_backends)]
async fn tokens_of_qq_are_sealed_and_renewed(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let person = world.bound_person("qq", "han", MOBILE, "hanmeimei").await;
    let user = UserId::parse(&person.id).expect("an id");
    let tokens =
        async || world.db().identities_of(user).await.expect("identities")[0].tokens.clone().expect("tokens");
    let before = tokens().await;
    world.browser().sign_in_by("qq", "han").await;
    let after = tokens().await;
    assert_ne!(before, after);
    for sealed in [before, after] {
        assert!(!String::from_utf8_lossy(&sealed).contains("access"));
    }
}
