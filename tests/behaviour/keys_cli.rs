//! `menjin keys`, and what `menjin doctor` reports about the keys.

use rstest_reuse::apply;
use serde_json::{Value, json};

use crate::support::{Backend, World, both_backends};

const MOBILE: &str = "+8613800138000";
const RS256: (&str, &str) = ("MENJIN_TOKENS_ALGORITHM", "RS256");

async fn rotate(world: &World, more: &[(&str, &str)], arguments: &[&str]) -> Value {
    let arguments: Vec<&str> = ["keys", "rotate", "--json"].iter().chain(arguments).copied().collect();
    world.operator_with_settings(more, &arguments).await.json()
}

// The operator's process uses the real time, so the schedule is disabled.
#[apply(both_backends)]
async fn a_rotation_is_reported_and_audited(#[case] backend: Backend) {
    let Some(world) = World::start_with(backend, &[("MENJIN_TOKENS_ROTATION", "0d")]).await else { return };
    let states = |report: &Value| -> Vec<(String, String)> {
        let text = |value: &Value| value.as_str().expect("a text").to_owned();
        let keys = report["keys"].as_array().expect("keys").iter();
        keys.map(|key| (text(&key["algorithm"]), text(&key["state"]))).collect()
    };
    let pair = |algorithm: &str, state: &str| (algorithm.to_owned(), state.to_owned());
    let made = rotate(&world, &[], &[]).await;
    assert_eq!(made["done"], "made", "{made}");
    let waiting = rotate(&world, &[], &[]).await;
    assert_eq!((&waiting["done"], &waiting["keys"]), (&json!("waiting"), &made["keys"]));
    let said = world.operator(&["keys", "rotate"]).await;
    assert!(said.text().starts_with("nothing was changed: the next key already exists"), "{said:?}");
    // A pending key of the previous algorithm is replaced.
    let doctor = world.operator_with_settings(&[RS256], &["doctor"]).await;
    assert!(
        doctor.text().contains(
            "EdDSA key signs, all 2 can be decrypted; `tokens.algorithm` is RS256, but the next key is EdDSA"
        ),
        "{doctor:?}"
    );
    let replaced = rotate(&world, &[RS256], &[]).await;
    assert_eq!(replaced["done"], "replaced", "{replaced}");
    assert_eq!(states(&replaced), [pair("EdDSA", "active"), pair("RS256", "next")]);
    let doctor = world.operator_with_settings(&[RS256], &["doctor"]).await;
    assert!(doctor.text().contains("; an RS256 key replaces it at "), "{doctor:?}");
    let at_once = rotate(&world, &[RS256], &["--now"]).await;
    assert_eq!((&at_once["done"], states(&at_once)), (&json!("at_once"), vec![pair("RS256", "active")]));
    // Every effective rotation is audited, without a user.
    let entries = world.operator(&["audit", "--kind", "keys_rotated", "--json"]).await.json();
    let orders: Vec<&Value> =
        entries.as_array().expect("entries").iter().map(|entry| &entry["detail"]["order"]).collect();
    assert_eq!(orders, [&json!(["now"]), &json!(["next"]), &json!(["next"])], "{entries}");
    assert!(entries.as_array().expect("entries").iter().all(|entry| entry["userId"].is_null()), "{entries}");
}

#[apply(both_backends)]
async fn doctor_reports_every_component(#[case] backend: Backend) {
    let Some(world) = World::start_with(backend, &[("MENJIN_TOKENS_ROTATION", "0d")]).await else { return };
    world.person(MOBILE, "lilei").await;
    let doctor = world.operator(&["doctor"]).await;
    for part in [
        "token issuer http",
        "signing keys: EdDSA key signs, it can be decrypted",
        "Redis: ",
        "mail server: not set",
        "reset page: not set",
    ] {
        assert!(doctor.text().contains(part), "{part}: {doctor:?}");
    }
}
