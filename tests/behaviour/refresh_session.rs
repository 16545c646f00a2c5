//! `refreshSession`: exchanges a refresh token for the next one and a new access token.

use futures_util::future::join_all;
use menjin::core::random::Random;
use rstest_reuse::apply;
use serde_json::{Value, json};

use crate::support::browser::{Browser, ME};
use crate::support::{Backend, PASSWORD, World, both_backends, kind};

const MOBILE: &str = "+8613800138000";
const COOKIE: &str = "menjin_refresh";
const FIELD: (&str, &str) = ("MENJIN_SESSIONS_REFRESH_DELIVERY", "field");

const REFRESH: &str = "mutation($input: RefreshSessionInput) { refreshSession(input: $input) { __typename \
                       ... on SignedIn { accessToken refreshToken newAccount user { id } } ... on Problem { code message } } }";

async fn refresh(browser: &Browser, token: Option<&str>) -> Value {
    let input = token.map(|token| json!({ "refreshToken": token }));
    browser.post(REFRESH, json!({ "input": input })).await.data("refreshSession")
}

fn token(outcome: &Value) -> String {
    outcome["refreshToken"].as_str().unwrap_or_else(|| panic!("no refresh token in {outcome}")).to_owned()
}

async fn me(world: &World, outcome: &Value) -> Value {
    let access = outcome["accessToken"].as_str().expect("an access token");
    world.browser().with_token(access).post(ME, json!({})).await.data("me")
}

#[apply(both_backends)]
async fn the_refresh_cookie_continues_the_session(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let person = world.person(MOBILE, "lilei").await;
    assert_eq!(person.outcome["refreshToken"], Value::Null, "scripts must not read it");
    let first = person.browser.cookie(COOKIE).expect("a refresh cookie");
    world.advance(3_600);
    let outcome = refresh(&person.browser, None).await;
    assert_eq!(kind(&outcome), "SignedIn", "{outcome}");
    assert_eq!(outcome["user"]["id"], *person.id);
    assert_eq!(outcome["newAccount"], false);
    assert_eq!(me(&world, &outcome).await["id"], *person.id);
    assert_ne!(person.browser.cookie(COOKIE).expect("a cookie"), first, "each token is single-use");
}

#[apply(both_backends)]
async fn a_lost_response_and_a_second_tab_sign_nobody_out(#[case] backend: Backend) {
    let Some(world) = World::start_with(backend, &[FIELD]).await else { return };
    let person = world.person(MOBILE, "lilei").await;
    let first = token(&person.outcome);
    let second = token(&refresh(&world.browser(), Some(&first)).await);
    assert_eq!(token(&refresh(&world.browser(), Some(&first)).await), second, "the same successor");
    let third = token(&refresh(&world.browser(), Some(&second)).await);
    assert_ne!(third, second);
    assert_eq!(token(&refresh(&world.browser(), Some(&second)).await), third);
}

#[apply(both_backends)]
async fn reusing_an_old_token_revokes_the_session(#[case] backend: Backend) {
    let Some(world) = World::start_with(backend, &[FIELD]).await else { return };
    let person = world.person(MOBILE, "lilei").await;
    let first = token(&person.outcome);
    let second = refresh(&world.browser(), Some(&first)).await;
    let third = refresh(&world.browser(), Some(&token(&second))).await;
    let thief = refresh(&world.browser(), Some(&first)).await;
    assert_eq!(kind(&thief), "SessionRejected", "{thief}");
    let owner = refresh(&world.browser(), Some(&token(&third))).await;
    assert_eq!(kind(&owner), "SessionRejected", "the owner cannot be told from the thief: {owner}");
    assert_eq!(me(&world, &third).await, Value::Null, "the gateway rejects the access token at once");
    let mut sql = world.sql().await;
    assert_eq!(sql.count("sessions WHERE end_reason = 'refresh_token_reused'").await, 1);
    assert_eq!(sql.count("audit_events WHERE kind = 'refresh_token_reused'").await, 1);
}

#[apply(both_backends)]
async fn fifty_concurrent_refreshes_get_one_successor(#[case] backend: Backend) {
    let Some(world) = World::start_with(backend, &[FIELD]).await else { return };
    let person = world.person(MOBILE, "lilei").await;
    let first = token(&person.outcome);
    let browsers: Vec<_> = (0..50).map(|_| world.browser()).collect();
    let outcomes = join_all(browsers.iter().map(|browser| refresh(browser, Some(&first)))).await;
    let successor = token(&outcomes[0]);
    for outcome in &outcomes {
        assert_eq!(token(outcome), successor);
    }
    assert_eq!(kind(&refresh(&world.browser(), Some(&successor)).await), "SignedIn");
    assert_eq!(world.sql().await.count("sessions WHERE refresh_generation = 2").await, 1);
}

#[apply(both_backends)]
async fn forged_tokens_are_rejected(#[case] backend: Backend) {
    let Some(world) = World::start_with(backend, &[FIELD]).await else { return };
    let person = world.person(MOBILE, "lilei").await;
    let other = world.person("+8613900139000", "hanmei").await;
    let (mine, theirs) = (token(&person.outcome), token(&other.outcome));
    // The session of one token with the MAC of another.
    let mixed = format!("{}{}", &mine[..24], &theirs[24..]);
    let flipped = if mine.ends_with('A') { "B" } else { "A" };
    for wrong in ["", "nonsense", &mixed, &format!("{}{flipped}", &mine[..mine.len() - 1]), &"A".repeat(70)] {
        let outcome = refresh(&world.browser(), Some(wrong)).await;
        assert_eq!(kind(&outcome), "SessionRejected", "{wrong}: {outcome}");
    }
    assert_eq!(kind(&refresh(&world.browser(), None).await), "SessionRejected");
    assert_eq!(
        kind(&refresh(&world.browser(), Some(&mine)).await),
        "SignedIn",
        "forged tokens sign nobody out"
    );
}

#[apply(both_backends)]
async fn a_session_expires_when_idle_and_at_its_absolute_limit(#[case] backend: Backend) {
    let Some(world) = World::start_with(backend, &[FIELD]).await else { return };
    let person = world.person(MOBILE, "lilei").await;
    let mut newest = token(&person.outcome);
    // The idle limit is 12 h and the absolute limit is 24 h: a session that is used every 8 h lasts a day.
    for _ in 0..2 {
        world.advance(8 * 3_600);
        newest = token(&refresh(&world.browser(), Some(&newest)).await);
    }
    world.advance(8 * 3_600);
    assert_eq!(kind(&refresh(&world.browser(), Some(&newest)).await), "SessionRejected");
    let short = world.browser().login("lilei", PASSWORD).await;
    world.advance(12 * 3_600 + 1);
    assert_eq!(kind(&refresh(&world.browser(), Some(&token(&short))).await), "SessionRejected");
    let input = json!({ "account": "lilei", "password": PASSWORD, "remember": true });
    let long = world.browser().mutate("login", input).await.data("login");
    world.advance(13 * 86_400);
    assert_eq!(kind(&refresh(&world.browser(), Some(&token(&long))).await), "SignedIn");
}

#[apply(both_backends)]
async fn a_disabled_account_cannot_refresh(#[case] backend: Backend) {
    let Some(world) = World::start_with(backend, &[FIELD]).await else { return };
    let person = world.person(MOBILE, "lilei").await;
    world.sql().await.run("UPDATE users SET status = 'disabled'").await;
    let outcome = refresh(&world.browser(), Some(&token(&person.outcome))).await;
    assert_eq!(kind(&outcome), "SessionRejected", "{outcome}");
}

#[apply(both_backends)]
async fn refreshes_are_limited_per_client_address(#[case] backend: Backend) {
    let Some(world) = World::start_with(backend, &[FIELD, ("MENJIN_LIMITS_REFRESH", "2/1m")]).await else {
        return;
    };
    let person = world.person(MOBILE, "lilei").await;
    let browser = world.browser();
    let mut newest = token(&person.outcome);
    for _ in 0..2 {
        newest = token(&refresh(&browser, Some(&newest)).await);
    }
    assert_eq!(kind(&refresh(&browser, Some(&newest)).await), "RateLimited");
    assert_eq!(
        kind(&refresh(&world.browser(), Some(&newest)).await),
        "SignedIn",
        "a limited request does not use up the token"
    );
}

#[apply(both_backends)]
async fn the_newest_two_tokens_are_accepted_in_any_interleaving(#[case] backend: Backend) {
    let Some(world) = World::start_with(backend, &[FIELD, ("MENJIN_LIMITS_REFRESH", "1000/1m")]).await else {
        return;
    };
    world.person(MOBILE, "lilei").await;
    for seed in 0..8 {
        let random = Random::seeded(seed);
        let first = token(&world.browser().login("lilei", PASSWORD).await);
        // Three clients of one session. `held` contains the index of each client's token in `made`.
        let (mut made, mut held) = (vec![first], [0_usize; 3]);
        for step in 0..25 {
            let client = random.below(3) as usize;
            let lost = random.below(3) == 0;
            let (newest, mine) = (made.len() - 1, held[client]);
            let outcome = refresh(&world.browser(), Some(&made[mine])).await;
            if newest - mine > 1 {
                assert_eq!(kind(&outcome), "SessionRejected", "seed {seed}, step {step}");
                let newest = refresh(&world.browser(), Some(&made[newest])).await;
                assert_eq!(
                    kind(&newest),
                    "SessionRejected",
                    "the session is revoked: seed {seed}, step {step}"
                );
                break;
            }
            let next = token(&outcome);
            if mine == newest {
                assert!(!made.contains(&next), "seed {seed}, step {step}");
                made.push(next);
            } else {
                assert_eq!(next, made[newest], "seed {seed}, step {step}");
            }
            if !lost {
                held[client] = made.len() - 1;
            }
        }
    }
}
