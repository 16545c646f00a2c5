//! `bindQq`: links a QQ account to an account whose owner authenticates with a password or a code.

use futures_util::future::join_all;
use rstest_reuse::apply;
use serde_json::{Value, json};

use crate::support::browser::wrong_code;
use crate::support::social::{by_code, by_password};
use crate::support::{Backend, PASSWORD, World, both_backends, invalid_fields, kind, timestamp};

const MOBILE: &str = "+8613800138000";
const OTHER: &str = "+8613900139000";

/// Returns the index of the outcome that signed in, and the index of the other one, which did not.
fn winner_and_loser(outcomes: &[Value]) -> (usize, usize) {
    let signed_in = |outcome: &Value| kind(outcome) == "SignedIn";
    assert_ne!(signed_in(&outcomes[0]), signed_in(&outcomes[1]), "{outcomes:#?}");
    if signed_in(&outcomes[0]) { (0, 1) } else { (1, 0) }
}

#[apply(both_backends)]
async fn a_password_binds_the_account(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let person = world.person(MOBILE, "hanmeimei").await;
    let browser = world.browser();
    let ticket = browser.ticket("qq", "han").await;
    let bound = browser.bind("bindQq", &ticket, by_password("hanmeimei", PASSWORD)).await;
    assert_eq!(kind(&bound), "SignedIn", "{bound}");
    assert_eq!((&bound["user"]["id"], &bound["newAccount"]), (&json!(person.id), &json!(false)));
    assert_eq!(bound["next"], "/orders?page=2");
    assert_eq!(bound["user"]["identities"][0]["provider"], "qq");
    let by_provider = world.sql().await.count("sessions WHERE method = 'provider'").await;
    assert_eq!(by_provider, 0, "the session is one of the password");
    // The next sign-in with QQ needs no ticket.
    let again = world.browser().sign_in_with("qq", "han").await;
    assert_eq!((kind(&again), &again["user"]["id"]), ("SignedIn", &json!(person.id)));
    // The owner is notified, and the event is audited.
    let notice = world.message_for(MOBILE).await;
    assert!(notice["body"].as_str().expect("a text").contains("was linked"), "{notice}");
    assert_eq!(world.sql().await.count("audit_events WHERE kind = 'identity_linked'").await, 1);
}

#[apply(both_backends)]
async fn a_code_binds_the_account(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let person = world.person(MOBILE, "hanmeimei").await;
    let browser = world.browser();
    let ticket = browser.ticket("qq", "han").await;
    world.advance(61);
    let code = world.sms_code(MOBILE, "BIND").await;
    let wrong = browser.bind("bindQq", &ticket, by_code(MOBILE, &wrong_code(&code))).await;
    assert_eq!((kind(&wrong), &wrong["reason"]), ("CodeRejected", &json!("WRONG")), "{wrong}");
    let bound = browser.bind("bindQq", &ticket, by_code(MOBILE, &code)).await;
    assert_eq!((kind(&bound), &bound["user"]["id"]), ("SignedIn", &json!(person.id)), "{bound}");
}

#[apply(both_backends)]
async fn a_failed_attempt_uses_up_neither_ticket_nor_code(#[case] backend: Backend) {
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
        invalid_fields(&bad),
        ["account.password.account EMPTY", "account.password.password EMPTY"],
        "{bad}"
    );
    let bad = browser.bind("bindQq", &ticket, by_code("123", "x")).await;
    assert_eq!(
        invalid_fields(&bad),
        ["account.mobile.code NOT_A_CODE", "account.mobile.mobile NOT_A_MOBILE"],
        "{bad}"
    );
    // No account has this number: the code stays valid and can be used to register.
    let code = world.sms_code(OTHER, "BIND").await;
    let unknown = browser.bind("bindQq", &ticket, by_code(OTHER, &code)).await;
    assert_eq!(kind(&unknown), "CredentialsRejected", "{unknown}");
    let registered = browser.register_with("registerWithQq", &ticket, OTHER, &code).await;
    assert_eq!(kind(&registered), "SignedIn", "{registered}");
}

#[apply(both_backends)]
async fn a_ticket_is_valid_once_in_one_browser_for_one_provider_until_it_expires(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    world.person(MOBILE, "hanmeimei").await;
    let proof = || by_password("hanmeimei", PASSWORD);
    let browser = world.browser();
    let ticket = browser.ticket("qq", "han").await;
    let stolen = world.browser().bind("bindQq", &ticket, proof()).await;
    assert_eq!(kind(&stolen), "TicketRejected");
    let thief = world.browser();
    thief.authorize_url("qq", "/").await;
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
async fn an_account_or_qq_account_that_is_already_linked_is_refused(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    world.bound_person("qq", "han", MOBILE, "hanmeimei").await;
    world.person(OTHER, "lilei").await;
    // The account is already linked to a QQ account.
    let browser = world.browser();
    let ticket = browser.ticket("qq", "li").await;
    let taken = browser.bind("bindQq", &ticket, by_password("hanmeimei", PASSWORD)).await;
    assert_eq!((kind(&taken), &taken["reason"]), ("AlreadyLinked", &json!("ACCOUNT_LINKED")), "{taken}");
    // The ticket is still valid for another account.
    assert_eq!(kind(&browser.bind("bindQq", &ticket, by_password("lilei", PASSWORD)).await), "SignedIn");
    // Another browser has bound the QQ account in the meantime.
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
async fn one_of_two_accounts_that_bind_a_qq_account_concurrently_gets_it(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let people = [world.person(MOBILE, "hanmeimei").await, world.person(OTHER, "lilei").await];
    let (one, two) = (world.browser(), world.browser());
    let (first, second) = (one.ticket("qq", "han").await, two.ticket("qq", "han").await);
    let outcomes = join_all([
        one.bind("bindQq", &first, by_password("hanmeimei", PASSWORD)),
        two.bind("bindQq", &second, by_password("lilei", PASSWORD)),
    ])
    .await;
    let (winner, loser) = winner_and_loser(&outcomes);
    assert_eq!(outcomes[loser]["reason"], "IDENTITY_LINKED", "{outcomes:#?}");
    assert_eq!(outcomes[winner]["user"]["id"], *people[winner].id);
    let later = world.browser().sign_in_with("qq", "han").await;
    assert_eq!((kind(&later), &later["user"]["id"]), ("SignedIn", &json!(people[winner].id)), "{later}");
    assert_eq!(world.sql().await.count("identities").await, 1);
}

#[apply(both_backends)]
async fn one_of_two_qq_accounts_that_are_bound_concurrently_is_linked(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let person = world.person(MOBILE, "hanmeimei").await;
    let (one, two) = (world.browser(), world.browser());
    let (first, second) = (one.ticket("qq", "lucy").await, two.ticket("qq", "wang").await);
    let outcomes = join_all([
        one.bind("bindQq", &first, by_password("hanmeimei", PASSWORD)),
        two.bind("bindQq", &second, by_password("hanmeimei", PASSWORD)),
    ])
    .await;
    let (winner, loser) = winner_and_loser(&outcomes);
    assert_eq!(outcomes[loser]["reason"], "ACCOUNT_LINKED", "{outcomes:#?}");
    let bound = world.browser().sign_in_with("qq", ["lucy", "wang"][winner]).await;
    assert_eq!((kind(&bound), &bound["user"]["id"]), ("SignedIn", &json!(person.id)), "{bound}");
    let unbound = world.browser().sign_in_with("qq", ["lucy", "wang"][loser]).await;
    assert_eq!(kind(&unbound), "BindRequired", "{unbound}");
    assert_eq!(world.sql().await.count("identities").await, 1);
}

#[apply(both_backends)]
async fn a_ticket_that_is_used_to_bind_and_to_register_concurrently_is_used_once(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let person = world.person(MOBILE, "hanmeimei").await;
    let browser = world.browser();
    let ticket = browser.ticket("qq", "han").await;
    let code = world.sms_code(OTHER, "BIND").await;
    let (bound, registered) = tokio::join!(
        browser.bind("bindQq", &ticket, by_password("hanmeimei", PASSWORD)),
        browser.register_with("registerWithQq", &ticket, OTHER, &code),
    );
    let outcomes = [bound, registered];
    let (winner, loser) = winner_and_loser(&outcomes);
    assert_eq!(kind(&outcomes[loser]), "TicketRejected", "{outcomes:#?}");
    assert_eq!(outcomes[winner]["newAccount"], winner == 1);
    assert_eq!(outcomes[winner]["user"]["id"] == *person.id, winner == 0);
    let later = world.browser().sign_in_with("qq", "han").await;
    assert_eq!(
        (kind(&later), &later["user"]["id"]),
        ("SignedIn", &outcomes[winner]["user"]["id"]),
        "{later}"
    );
    let mut sql = world.sql().await;
    assert_eq!(
        (sql.count("identities").await, sql.count("users").await),
        (1, if winner == 0 { 1 } else { 2 })
    );
}

#[apply(both_backends)]
async fn a_disabled_account_is_not_bound(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    world.person(MOBILE, "hanmeimei").await;
    world.operator(&["users", "disable", "hanmeimei"]).await;
    let browser = world.browser();
    let ticket = browser.ticket("qq", "han").await;
    let disabled = browser.bind("bindQq", &ticket, by_password("hanmeimei", PASSWORD)).await;
    assert_eq!(kind(&disabled), "AccountDisabled", "{disabled}");
    assert_eq!(world.sql().await.count("identities").await, 0);
}

/// Binding must not be a way around the delays of `login`: both count the failures of an account together.
#[apply(both_backends)]
async fn wrong_passwords_are_counted_together_with_those_of_login(#[case] backend: Backend) {
    let limit = [("MENJIN_LIMITS_LOGIN_FREE", "4")];
    let Some(world) = World::start_with(backend, &limit).await else { return };
    world.person(MOBILE, "hanmeimei").await;
    let browser = world.browser();
    let ticket = browser.ticket("qq", "han").await;
    let bind = async |password| browser.bind("bindQq", &ticket, by_password("hanmeimei", password)).await;
    for _ in 0..2 {
        let (bound, signed_in) = (bind("a guess").await, world.browser().login("hanmeimei", "a guess").await);
        assert_eq!((kind(&bound), kind(&signed_in)), ("CredentialsRejected", "CredentialsRejected"));
    }
    let (bound, signed_in) = (bind(PASSWORD).await, world.browser().login("hanmeimei", PASSWORD).await);
    assert_eq!((kind(&bound), kind(&signed_in)), ("RateLimited", "RateLimited"), "{bound} {signed_in}");
    assert_eq!(bound["retryAt"], signed_in["retryAt"]);
    world.advance((timestamp(&bound, "retryAt") - world.now()).num_seconds() + 1);
    assert_eq!(kind(&bind(PASSWORD).await), "SignedIn", "the ticket is still valid");
}
