//! `POST /auth/callback/{provider}`: the callback of providers that use `response_mode=form_post`.

use reqwest::Method;
use rstest_reuse::apply;
use url::Url;

use crate::support::provider::{consent, request};
use crate::support::social::Callback;
use crate::support::{Backend, World, both_backends, kind};

fn callback(world: &World, provider: &str) -> String {
    format!("http://{}/auth/callback/{provider}", world.gateway.address())
}

#[apply(both_backends)]
async fn the_browser_is_redirected_to_the_callback_page(#[case] backend: Backend) {
    let Some(world) = World::start_with(backend, &[("MENJIN_SOCIAL_OIDC_FORM_POST", "true")]).await else {
        return;
    };
    let browser = world.browser();
    let url = browser.authorize_url("oidc", "/orders").await;
    assert!(url.contains("response_mode=form_post"), "{url}");
    let posted = consent(&url, "han", None).await;
    assert_eq!(posted.url, callback(&world, "oidc"));
    let more =
        [("user", "{\"name\":{\"firstName\":\"Mei\"}}"), ("id_token", "secret"), ("next", "//evil.example")];
    let mut fields = posted.fields.clone();
    fields.extend(more.map(|(name, value)| (name.to_owned(), value.to_owned())));
    // The form comes from the page of the provider: its origin is foreign, and often `null` with form_post.
    let sent = request(Method::POST, &posted.url).header("origin", "null").form(&fields).send().await;
    let answer = sent.expect("the gateway answers");
    assert_eq!(answer.status(), 303);
    let location: Url = answer.headers()["location"].to_str().expect("text").parse().expect("an address");
    assert!(location.path().ends_with("/sandbox/callback/oidc"), "{location}");
    let names: Vec<_> = location.query_pairs().map(|(name, _)| name.into_owned()).collect();
    assert_eq!(names, ["code", "state"], "no other parameter is passed on");
    let callback = Callback { code: posted.code.expect("a code"), state: posted.state.expect("a state") };
    let outcome = browser.social_authorize("oidc", &callback).await;
    assert_eq!(kind(&outcome), "BindRequired", "{outcome}");
    // Another browser cannot use the callback parameters.
    assert_eq!(kind(&world.browser().social_authorize("oidc", &callback).await), "TicketRejected");
}

#[apply(both_backends)]
async fn malformed_forms_get_a_clear_status(#[case] backend: Backend) {
    let Some(world) = World::start_with(backend, &[("MENJIN_SOCIAL_OIDC_FORM_POST", "true")]).await else {
        return;
    };
    let long = "x".repeat(5_000);
    for (provider, method, body, status) in [
        ("qq", Method::POST, "code=a&state=b", 404),
        ("nobody", Method::POST, "code=a&state=b", 404),
        ("oidc", Method::GET, "", 405),
        ("oidc", Method::POST, "", 303),
        ("oidc", Method::POST, "%ff%fe=%00&&&==", 303),
        ("oidc", Method::POST, "error=access_denied&state=b&error=twice", 303),
        ("oidc", Method::POST, &format!("code={long}"), 303),
        ("oidc", Method::POST, &"y".repeat(70_000), 413),
    ] {
        let sent = request(method, &callback(&world, provider)).body(body.to_owned()).send().await;
        let answer = sent.expect("the gateway answers");
        assert_eq!(answer.status(), status, "{provider}: {}", &body[..body.len().min(40)]);
        if let Some(location) = answer.headers().get("location") {
            assert!(location.len() < 300, "{location:?}");
        }
    }
}
