//! `bindQq`: whoever comes from QQ and has an account proves it, once and for all.

use futures_util::future::join_all;
use rstest_reuse::apply;
use serde_json::{Value, json};

use crate::support::browser::other_than;
use crate::support::social::{by_code, by_password};
use crate::support::{Backend, PASSWORD, World, bad_fields, both_backends, kind};

const MOBILE: &str = "+8613800138000";
const OTHER: &str = "+8613900139000";

fn tally(outcomes: &[Value], what: &str) -> usize {
    outcomes.iter().filter(|outcome| kind(outcome) == what).count()
}

#[apply(both_backends)]
async fn an_account_is_proven_by_its_password(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let person = world.person(MOBILE, "hanmeimei").await;
    let browser = world.browser();
    let ticket = browser.ticket("qq", "han").await;
    let bound = browser.bind("bindQq", &ticket, by_password("hanmeimei", PASSWORD)).await;
    assert_eq!(kind(&bound), "SignedIn", "{bound}");
    assert_eq!((&bound["user"]["id"], &bound["newAccount"]), (&json!(person.id), &json!(false)));
    assert_eq!(bound["next"], "/orders?page=2");
    assert_eq!(bound["user"]["identities"][0]["provider"], "qq");
    // Never again.
    let again = world.browser().sign_in_by("qq", "han").await;
    assert_eq!((kind(&again), &again["user"]["id"]), ("SignedIn", &json!(person.id)));
    // The owner is told, and the log knows.
    let notice = world.message_for(MOBILE).await;
    assert!(notice["body"].as_str().expect("a text").contains("was linked"), "{notice}");
    assert_eq!(world.sql().await.count("audit_events WHERE kind = 'identity_linked'").await, 1);
}

#[apply(both_backends)]
async fn an_account_is_proven_by_a_code(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let person = world.person(MOBILE, "hanmeimei").await;
    let browser = world.browser();
    let ticket = browser.ticket("qq", "han").await;
    world.advance(61);
    let code = world.sms_code(MOBILE, "BIND").await;
    let wrong = browser.bind("bindQq", &ticket, by_code(MOBILE, &other_than(&code))).await;
    assert_eq!((kind(&wrong), &wrong["reason"]), ("CodeRejected", &json!("WRONG")), "{wrong}");
    let bound = browser.bind("bindQq", &ticket, by_code(MOBILE, &code)).await;
    assert_eq!((kind(&bound), &bound["user"]["id"]), ("SignedIn", &json!(person.id)), "{bound}");
}

#[apply(both_backends)]
async fn what_buys_nothing_is_not_used_up(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    world.person(MOBILE, "hanmeimei").await;
    let browser = world.browser();
    let ticket = browser.ticket("qq", "han").await;
    let wrong = browser.bind("bindQq", &ticket, by_password("hanmeimei", "not the password")).await;
    assert_eq!(kind(&wrong), "CredentialsRejected");
    let nobody = browser.bind("bindQq", &ticket, by_password("nobody", PASSWORD)).await;
    assert_eq!(kind(&nobody), "CredentialsRejected");
    let bad = browser.bind("bindQq", &ticket, by_password("", "")).await;
    assert_eq!(
        bad_fields(&bad),
        ["account.password.account EMPTY", "account.password.password EMPTY"],
        "{bad}"
    );
    let bad = browser.bind("bindQq", &ticket, by_code("123", "x")).await;
    assert_eq!(
        bad_fields(&bad),
        ["account.mobile.code NOT_A_CODE", "account.mobile.mobile NOT_A_MOBILE"],
        "{bad}"
    );
    // A number without an account: the code stays good, and registers.
    let code = world.sms_code(OTHER, "BIND").await;
    let unknown = browser.bind("bindQq", &ticket, by_code(OTHER, &code)).await;
    assert_eq!(kind(&unknown), "CredentialsRejected", "{unknown}");
    let registered = browser.register_with("registerWithQq", &ticket, OTHER, &code).await;
    assert_eq!(kind(&registered), "SignedIn", "{registered}");
}

#[apply(both_backends)]
async fn a_ticket_is_good_once_for_one_browser_one_provider_and_a_while(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    world.person(MOBILE, "hanmeimei").await;
    let proof = || by_password("hanmeimei", PASSWORD);
    let browser = world.browser();
    let ticket = browser.ticket("qq", "han").await;
    let stolen = world.browser().bind("bindQq", &ticket, proof()).await;
    assert_eq!(kind(&stolen), "TicketRejected");
    let thief = world.browser();
    thief.begin("qq", "/").await;
    assert_eq!(kind(&thief.bind("bindQq", &ticket, proof()).await), "TicketRejected");
    for ticket in ["", "x", &"a".repeat(43), &"票".repeat(5_000)] {
        assert_eq!(kind(&browser.bind("bindQq", ticket, proof()).await), "TicketRejected");
    }
    let of_weibo = browser.ticket("weibo", "han").await;
    assert_eq!(kind(&browser.bind("bindQq", &of_weibo, proof()).await), "TicketRejected", "swapped");
    assert_eq!(kind(&browser.bind("bindQq", &ticket, proof()).await), "SignedIn");
    assert_eq!(kind(&browser.bind("bindQq", &ticket, proof()).await), "TicketRejected", "used");
    let late = browser.ticket("qq", "li").await;
    world.advance(301);
    assert_eq!(kind(&browser.bind("bindQq", &late, proof()).await), "TicketRejected", "late");
}

#[apply(both_backends)]
async fn each_end_of_the_bond_is_free_or_not(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    world.bound_person("qq", "han", MOBILE, "hanmeimei").await;
    world.person(OTHER, "lilei").await;
    // The account has a QQ.
    let browser = world.browser();
    let ticket = browser.ticket("qq", "li").await;
    let taken = browser.bind("bindQq", &ticket, by_password("hanmeimei", PASSWORD)).await;
    assert_eq!((kind(&taken), &taken["reason"]), ("AlreadyLinked", &json!("ACCOUNT_LINKED")), "{taken}");
    // The ticket is still good for another account.
    assert_eq!(kind(&browser.bind("bindQq", &ticket, by_password("lilei", PASSWORD)).await), "SignedIn");
    // The QQ was bound by another browser meanwhile.
    let (one, two) = (world.browser(), world.browser());
    let (first, second) = (one.ticket("qq", "lucy").await, two.ticket("qq", "lucy").await);
    world.person("+8613700137000", "lucy").await;
    world.person("+8613700137001", "impostor").await;
    assert_eq!(kind(&one.bind("bindQq", &first, by_password("lucy", PASSWORD)).await), "SignedIn");
    let late = two.bind("bindQq", &second, by_password("impostor", PASSWORD)).await;
    assert_eq!((kind(&late), &late["reason"]), ("AlreadyLinked", &json!("IDENTITY_LINKED")), "{late}");
    assert_eq!(world.sql().await.count("identities").await, 3);
}

#[apply(both_backends)]
async fn races_end_in_one_consistent_state(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    world.person(MOBILE, "hanmeimei").await;
    world.person(OTHER, "lilei").await;
    // Two browsers, one QQ, two accounts.
    let (one, two) = (world.browser(), world.browser());
    let (first, second) = (one.ticket("qq", "han").await, two.ticket("qq", "han").await);
    let proofs = [by_password("hanmeimei", PASSWORD), by_password("lilei", PASSWORD)];
    let outcomes = join_all([
        one.bind("bindQq", &first, proofs[0].clone()),
        two.bind("bindQq", &second, proofs[1].clone()),
    ])
    .await;
    assert_eq!((tally(&outcomes, "SignedIn"), tally(&outcomes, "AlreadyLinked")), (1, 1), "{outcomes:#?}");
    // One account, two QQs; whichever account is free.
    let free = if kind(&outcomes[0]) == "SignedIn" { "lilei" } else { "hanmeimei" };
    let (first, second) = (one.ticket("qq", "lucy").await, two.ticket("qq", "wang").await);
    let outcomes = join_all([
        one.bind("bindQq", &first, by_password(free, PASSWORD)),
        two.bind("bindQq", &second, by_password(free, PASSWORD)),
    ])
    .await;
    assert_eq!((tally(&outcomes, "SignedIn"), tally(&outcomes, "AlreadyLinked")), (1, 1), "{outcomes:#?}");
    // Bind and register at once, with one ticket.
    let third = world.browser();
    let ticket = third.ticket("qq", "smile").await;
    world.person("+8613700137000", "smile").await;
    let code = world.sms_code("+8613700137001", "BIND").await;
    let outcomes = join_all([
        Box::pin(third.bind("bindQq", &ticket, by_password("smile", PASSWORD)))
            as std::pin::Pin<Box<dyn Future<Output = Value>>>,
        Box::pin(third.register_with("registerWithQq", &ticket, "+8613700137001", &code)),
    ])
    .await;
    assert_eq!((tally(&outcomes, "SignedIn"), tally(&outcomes, "TicketRejected")), (1, 1), "{outcomes:#?}");
    assert_eq!(world.sql().await.count("identities").await, 3);
    assert_eq!(
        world.sql().await.count("sessions WHERE method = 'provider'").await,
        0,
        "binding proves by itself"
    );
}

#[apply(both_backends)]
async fn an_account_that_is_shut_is_not_bound(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    world.person(MOBILE, "hanmeimei").await;
    world.operator(&["users", "disable", "hanmeimei"]).await;
    let browser = world.browser();
    let ticket = browser.ticket("qq", "han").await;
    let shut = browser.bind("bindQq", &ticket, by_password("hanmeimei", PASSWORD)).await;
    assert_eq!(kind(&shut), "AccountDisabled", "{shut}");
    assert_eq!(world.sql().await.count("identities").await, 0);
}

#[apply(both_backends)]
async fn guessing_is_delayed_as_at_the_login(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    world.person(MOBILE, "hanmeimei").await;
    let browser = world.browser();
    let ticket = browser.ticket("qq", "han").await;
    for _ in 0..5 {
        let wrong = browser.bind("bindQq", &ticket, by_password("hanmeimei", "guess")).await;
        assert_eq!(kind(&wrong), "CredentialsRejected", "{wrong}");
    }
    let sixth = browser.bind("bindQq", &ticket, by_password("hanmeimei", "guess")).await;
    let seventh = browser.bind("bindQq", &ticket, by_password("hanmeimei", PASSWORD)).await;
    assert!([&sixth, &seventh].iter().any(|outcome| kind(outcome) == "RateLimited"), "{sixth} {seventh}");
}
