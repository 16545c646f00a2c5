//! `menjin keys` and what `menjin doctor` says of them.

use rstest_reuse::apply;
use serde_json::{Value, json};

use crate::support::{Backend, World, both_backends};

const MOBILE: &str = "+8613800138000";
const RS256: (&str, &str) = ("MENJIN_TOKENS_ALGORITHM", "RS256");

async fn rotate(world: &World, more: &[(&str, &str)], arguments: &[&str]) -> Value {
    let arguments: Vec<&str> = ["keys", "rotate", "--json"].iter().chain(arguments).copied().collect();
    world.operator_of(more, &arguments).await.json()
}

// The operator's clock is that of this day: the schedule must not come between.
#[apply(both_backends)]
async fn the_operator_is_told_what_a_rotation_did(#[case] backend: Backend) {
    let Some(world) = World::start_with(backend, &[("MENJIN_TOKENS_ROTATION", "0d")]).await else { return };
    let states = |told: &Value| -> Vec<(String, String)> {
        let text = |value: &Value| value.as_str().expect("a text").to_owned();
        let keys = told["keys"].as_array().expect("keys").iter();
        keys.map(|key| (text(&key["algorithm"]), text(&key["state"]))).collect()
    };
    let pair = |algorithm: &str, state: &str| (algorithm.to_owned(), state.to_owned());
    let made = rotate(&world, &[], &[]).await;
    assert_eq!(made["done"], "made", "{made}");
    let waiting = rotate(&world, &[], &[]).await;
    assert_eq!((&waiting["done"], &waiting["keys"]), (&json!("waiting"), &made["keys"]));
    let said = world.operator(&["keys", "rotate"]).await;
    assert!(said.text().starts_with("nothing was done, the next key waits already"), "{said:?}");
    // A next key of the algorithm before makes room.
    let doctor = world.operator_of(&[RS256], &["doctor"]).await;
    assert!(
        doctor
            .text()
            .contains("EdDSA signs, all 2 open; `tokens.algorithm` is RS256, but a next key of EdDSA waits"),
        "{doctor:?}"
    );
    let replaced = rotate(&world, &[RS256], &[]).await;
    assert_eq!(replaced["done"], "replaced", "{replaced}");
    assert_eq!(states(&replaced), [pair("EdDSA", "active"), pair("RS256", "next")]);
    let doctor = world.operator_of(&[RS256], &["doctor"]).await;
    assert!(doctor.text().contains("; RS256 takes over at "), "{doctor:?}");
    let at_once = rotate(&world, &[RS256], &["--now"]).await;
    assert_eq!((&at_once["done"], states(&at_once)), (&json!("at_once"), vec![pair("RS256", "active")]));
    // Every rotation that did something is written down, of nobody.
    let entries = world.operator(&["audit", "--kind", "keys_rotated", "--json"]).await.json();
    let orders: Vec<&Value> =
        entries.as_array().expect("entries").iter().map(|entry| &entry["detail"]["order"]).collect();
    assert_eq!(orders, [&json!(["now"]), &json!(["next"]), &json!(["next"])], "{entries}");
    assert!(entries.as_array().expect("entries").iter().all(|entry| entry["userId"].is_null()), "{entries}");
}

#[apply(both_backends)]
async fn doctor_tells_every_part(#[case] backend: Backend) {
    let Some(world) = World::start_with(backend, &[("MENJIN_TOKENS_ROTATION", "0d")]).await else { return };
    world.person(MOBILE, "lilei").await;
    let doctor = world.operator(&["doctor"]).await;
    for part in [
        "issuer of tokens http",
        "signing keys: EdDSA signs, it opens",
        "Redis: ",
        "mail server: none is set",
        "page of reset links: not set",
    ] {
        assert!(doctor.text().contains(part), "{part}: {doctor:?}");
    }
}
