//! `login`: signs in with an identifier and a password.

use rstest_reuse::apply;
use serde_json::json;

use menjin::audit::Kind;
use menjin::core::ids::{SessionId, UserId};
use menjin::db::WriteError;
use menjin::db::changes::Stale;
use menjin::db::models::{AuditEvent, Credential, Session};
use menjin::db::types::{Ts, Uid};

use crate::support::{Backend, PASSWORD, World, both_backends, invalid_fields, kind, timestamp};

const MOBILE: &str = "+8613800138000";
const WRONG: &str = "not the password";

#[apply(both_backends)]
async fn every_spelling_signs_in_to_the_same_account(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let person = world.person(MOBILE, "LiLei").await;
    for account in [
        "LiLei",
        "lilei",
        " LILEI ",
        MOBILE,
        "13800138000",
        "138-0013-8000",
        "0086 138 0013 8000",
        "１３８００１３８０００",
    ] {
        let outcome = world.browser().login(account, PASSWORD).await;
        assert_eq!(kind(&outcome), "SignedIn", "{account}: {outcome}");
        assert_eq!(outcome["user"]["id"], *person.id, "{account}");
        assert_eq!(outcome["newAccount"], false);
    }
    let other = world.person_by_email("Mei.Han@example.com").await;
    for account in ["Mei.Han@Example.com", "mei.han@example.com", "MEI.HAN@EXAMPLE.COM"] {
        let outcome = world.browser().login(account, PASSWORD).await;
        assert_eq!(outcome["user"]["id"], *other.id, "{account}: {outcome}");
    }
}

#[apply(both_backends)]
async fn an_unknown_account_and_a_wrong_password_are_indistinguishable(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    world.person(MOBILE, "lilei").await;
    let wrong = world.browser().login("lilei", WRONG).await;
    assert_eq!(kind(&wrong), "CredentialsRejected", "{wrong}");
    assert_eq!(wrong["code"], "CREDENTIALS_REJECTED");
    for unknown in ["nobody", "+8613900139000", "nobody@example.com", "\u{202e}?!", "'; DROP TABLE users; --"]
    {
        assert_eq!(world.browser().login(unknown, WRONG).await, wrong, "{unknown}");
    }
    let chinese = world.browser().speaking("zh-CN").login("nobody", WRONG).await;
    assert_eq!(chinese["message"], "账号或密码错误");
    assert_eq!(world.sql().await.count("users").await, 1);
}

#[apply(both_backends)]
async fn a_device_is_looked_up_for_unknown_accounts_too(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let person = world.person(MOBILE, "lilei").await;
    // Without the table a lookup fails visibly. The limit is checked after the lookup.
    world.sql().await.run("ALTER TABLE sessions RENAME TO renamed_sessions").await;
    for account in ["lilei", "nobody", "+8613900139000", "\u{202e}?!"] {
        let input = json!({ "account": account, "password": WRONG });
        let reply = person.browser.mutate("login", input.clone()).await;
        assert_eq!(reply.error_code(), "INTERNAL_SERVER_ERROR", "{account}: {}", reply.text);
        let without = world.browser().mutate("login", input).await;
        assert_eq!(kind(&without.data("login")), "CredentialsRejected", "{account}: {}", without.text);
    }
}

#[apply(both_backends)]
async fn only_the_owner_learns_that_an_account_is_disabled(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let person = world.person(MOBILE, "lilei").await;
    world.sql().await.run("UPDATE users SET status = 'disabled'").await;
    assert_eq!(kind(&world.browser().login("lilei", WRONG).await), "CredentialsRejected");
    assert_eq!(kind(&world.browser().login("lilei", PASSWORD).await), "AccountDisabled");
    assert!(person.browser.with_token(&person.token).me().await.is_null(), "the token is no longer valid");
}

#[apply(both_backends)]
async fn every_invalid_field_is_reported(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let outcome = world.browser().login("  ", "").await;
    assert_eq!(invalid_fields(&outcome), ["account EMPTY", "password EMPTY"]);
    let outcome = world.browser().login(&"x".repeat(300), "p").await;
    assert_eq!(invalid_fields(&outcome), ["account TOO_LONG"]);
}

#[apply(both_backends)]
async fn a_browser_keeps_its_device_cookie(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let person = world.person(MOBILE, "lilei").await;
    let device = person.browser.device().expect("a cookie");
    let input = json!({ "account": "lilei", "password": PASSWORD });
    let reply = person.browser.mutate("login", input.clone()).await;
    assert_eq!(kind(&reply.data("login")), "SignedIn");
    assert!(reply.cookies().iter().all(|(name, _)| name != "menjin_device"), "the browser has one already");
    let elsewhere = world.browser();
    let reply = elsewhere.mutate("login", input).await;
    assert_ne!(elsewhere.device().expect("a cookie"), device);
    let header = reply.headers["set-cookie"].to_str().expect("a text");
    for attribute in ["HttpOnly", "SameSite=Lax", "Path=/"] {
        assert!(header.contains(attribute), "{header}");
    }
}

#[apply(both_backends)]
async fn failed_logins_delay_everybody_but_known_devices(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let person = world.person(MOBILE, "lilei").await;
    // Each attempt has a client address of its own: only the limit of the account applies.
    let mut tries = 0;
    let limited = loop {
        let outcome = world.browser().login("lilei", WRONG).await;
        if kind(&outcome) == "RateLimited" {
            break outcome;
        }
        assert_eq!(kind(&outcome), "CredentialsRejected", "{outcome}");
        tries += 1;
        assert!(tries < 20, "there is no limit");
    };
    assert!(tries >= 3, "a person may mistype a few times: {tries}");
    let retry_at = timestamp(&limited, "retryAt");
    let wait = (retry_at - world.now()).num_seconds();
    assert!((1..=3_600).contains(&wait), "{wait} s");
    // The correct password does not help on an unknown device, whichever identifier is used.
    for account in ["lilei", "LILEI", "13800138000"] {
        let outcome = world.browser().login(account, PASSWORD).await;
        assert_eq!(kind(&outcome), "RateLimited", "{account}: {outcome}");
    }
    // A device that has signed in before is not delayed.
    let moved = person.browser.moved_to("203.0.113.9");
    let outcome = moved.login("lilei", PASSWORD).await;
    assert_eq!(kind(&outcome), "SignedIn", "{outcome}");
}

#[apply(both_backends)]
async fn a_device_of_another_user_is_delayed(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    world.person(MOBILE, "lilei").await;
    let stranger = world.person("+8613900139000", "stranger").await;
    let mut outcome = json!(null);
    for _ in 0..20 {
        outcome = world.browser().login("lilei", WRONG).await;
        if kind(&outcome) == "RateLimited" {
            break;
        }
    }
    assert_eq!(kind(&outcome), "RateLimited", "{outcome}");
    let outcome = stranger.browser.login("lilei", PASSWORD).await;
    assert_eq!(kind(&outcome), "RateLimited", "{outcome}");
    assert_eq!(kind(&stranger.browser.login("stranger", PASSWORD).await), "SignedIn");
}

#[apply(both_backends)]
async fn failed_logins_on_a_known_device_are_counted_separately(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let person = world.person(MOBILE, "lilei").await;
    let mut tries = 0;
    while kind(&person.browser.login("lilei", WRONG).await) != "RateLimited" {
        tries += 1;
        assert!(tries < 20, "there is no limit for a stolen device");
    }
    // The owner, on another device, is not affected.
    assert_eq!(kind(&world.browser().login("lilei", PASSWORD).await), "SignedIn");
}

#[apply(both_backends)]
async fn the_next_attempt_is_accepted_at_retry_at(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    world.person(MOBILE, "lilei").await;
    let mut waits = Vec::new();
    for _ in 0..20 {
        let outcome = world.browser().login("lilei", WRONG).await;
        if kind(&outcome) == "RateLimited" {
            let wait = timestamp(&outcome, "retryAt") - world.now();
            waits.push(wait.num_seconds());
            if waits.len() == 3 {
                break;
            }
            world.advance(wait.num_seconds() + 1);
        }
    }
    assert_eq!(waits.len(), 3, "{waits:?}");
    assert!(waits.is_sorted(), "the delay grows: {waits:?}");
    world.advance(waits[2] + 1);
    let outcome = world.browser().login("lilei", PASSWORD).await;
    assert_eq!(kind(&outcome), "SignedIn", "{outcome}");
}

#[apply(both_backends)]
async fn attempts_on_many_accounts_are_limited_per_client_address(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let address = "198.51.100.7";
    let mut tries = 0;
    loop {
        let outcome = world.browser_at(address).login(&format!("nobody{tries}"), WRONG).await;
        if kind(&outcome) == "RateLimited" {
            assert!(timestamp(&outcome, "retryAt") > world.now());
            break;
        }
        assert_eq!(kind(&outcome), "CredentialsRejected", "{outcome}");
        tries += 1;
        assert!(tries < 60, "there is no limit");
    }
    let outcome = world.browser().login("nobody", WRONG).await;
    assert_eq!(kind(&outcome), "CredentialsRejected", "other addresses are not limited: {outcome}");
}

#[apply(both_backends)]
async fn a_known_device_is_not_limited_by_others_at_the_same_address(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let person = world.person(MOBILE, "lilei").await;
    let shared = "198.51.100.7";
    let mut tries = 0;
    while kind(&world.browser_at(shared).login(&format!("nobody{tries}"), WRONG).await) != "RateLimited" {
        tries += 1;
        assert!(tries < 60, "there is no limit");
    }
    assert_eq!(kind(&world.browser_at(shared).login("lilei", PASSWORD).await), "RateLimited");
    let at_home = person.browser.moved_to(shared);
    assert_eq!(kind(&at_home.login("lilei", PASSWORD).await), "SignedIn");
    // The device is known to this account only, and its own attempts are limited, too.
    assert_eq!(kind(&at_home.login("nobody", WRONG).await), "RateLimited");
    tries = 0;
    while kind(&at_home.login("lilei", WRONG).await) != "RateLimited" {
        tries += 1;
        assert!(tries < 20, "there is no limit");
    }
}

#[apply(both_backends)]
async fn logins_are_audited(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    world.person(MOBILE, "lilei").await;
    world.browser().login("lilei", WRONG).await;
    world.browser().login("lilei", PASSWORD).await;
    let mut sql = world.sql().await;
    for kind in ["registered", "sign_in_failed", "signed_in"] {
        assert_eq!(
            sql.count(&format!("audit_events WHERE kind = '{kind}' AND user_id IS NOT NULL")).await,
            1,
            "{kind}"
        );
    }
    assert_eq!(sql.count("sessions").await, 2);
}

/// A request whose password is still being hashed must not open a session after the account has changed.
#[apply(both_backends)]
async fn credentials_that_changed_since_they_were_checked_open_no_session(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let person = world.person(MOBILE, "lilei").await;
    let db = world.gateway.db();
    let id = UserId(person.id.parse().expect("a UUID"));
    let user = db.find_user(id).await.expect("a result").expect("the user");
    let sessions = db.active_sessions(user.id, world.now()).await.expect("a result");
    let hash = user.password_hash.clone().expect("a hash");
    let password = Credential::Password(hash.clone());
    let mobile = Credential::Mobile(MOBILE.into());
    let stale = |stale| Err(WriteError::Stale(stale));
    let mut number = 1;
    let mut opens = async |proven: &Credential| {
        number += 1;
        let session = Session { id: SessionId(uuid::Uuid::from_u128(number)), ..sessions[0].clone() };
        let event = AuditEvent {
            id: Uid(uuid::Uuid::from_u128(number)),
            at: Ts(world.now()),
            kind: Kind::SignedIn,
            user_id: None,
            session_id: None,
            address: None,
            user_agent: None,
            detail: "{}".into(),
            publication: None,
        };
        db.open_session(&session, proven, &event).await
    };
    assert_eq!((opens(&password).await, opens(&mobile).await), (Ok(()), Ok(())));
    world.sql().await.run("UPDATE users SET password_hash = 'another'").await;
    assert_eq!((opens(&password).await, opens(&mobile).await), (stale(Stale::Credential), Ok(())));
    world.sql().await.run("UPDATE users SET mobile = '+8613900139000'").await;
    let changed = stale(Stale::Credential);
    assert_eq!((opens(&password).await, opens(&mobile).await), (changed.clone(), changed));
    let disable =
        format!("UPDATE users SET mobile = '{MOBILE}', password_hash = '{hash}', status = 'disabled'");
    world.sql().await.run(&disable).await;
    let inactive = stale(Stale::Inactive);
    assert_eq!((opens(&password).await, opens(&mobile).await), (inactive.clone(), inactive));
    assert_eq!(world.sql().await.count("sessions").await, 4);
}
