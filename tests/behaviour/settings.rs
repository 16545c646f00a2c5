//! `settings`: what a client needs to show its forms.

use rstest_reuse::apply;
use serde_json::{Value, json};

use crate::support::{Backend, World, both_backends};

const SETTINGS: &str = "{ settings { passwordPolicy { minLength maxLength } captcha { provider siteKey } \
                        mobileRegions { code callingCode name } termsVersion } }";

#[apply(both_backends)]
async fn the_defaults_are_returned(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let settings = world.browser().post(SETTINGS, json!({})).await.data("settings");
    assert_eq!(settings["passwordPolicy"], json!({ "minLength": 8, "maxLength": 128 }));
    assert_eq!(settings["captcha"], Value::Null);
    assert_eq!(settings["termsVersion"], Value::Null);
    assert_eq!(settings["mobileRegions"][0]["code"], "CN");
    assert_eq!(settings["mobileRegions"][0]["callingCode"], "+86");
    let name = |settings: &Value| settings["mobileRegions"][0]["name"].as_str().map(str::to_owned);
    let chinese = world.browser().speaking("zh-CN").post(SETTINGS, json!({})).await.data("settings");
    assert_ne!(name(&settings), name(&chinese), "names are in the language of the client");
}

#[apply(both_backends)]
async fn configured_values_are_returned(#[case] backend: Backend) {
    let Some(world) = World::start_with(
        backend,
        &[("MENJIN_ACCOUNTS_MOBILE_REGIONS", "HK,CN"), ("MENJIN_ACCOUNTS_TERMS_VERSION", "2026-02")],
    )
    .await
    else {
        return;
    };
    let settings = world.browser().post(SETTINGS, json!({})).await.data("settings");
    assert_eq!(settings["termsVersion"], "2026-02");
    let regions = settings["mobileRegions"].as_array().expect("a list");
    let codes: Vec<_> = regions.iter().filter_map(|region| region["code"].as_str()).collect();
    assert_eq!(codes, ["HK", "CN"]);
    world.person("+85251234567", "hongkong").await;
    let kept = world.sql().await.count("users WHERE terms_version = '2026-02'").await;
    assert_eq!(kept, 1, "the accepted version is stored");
}
