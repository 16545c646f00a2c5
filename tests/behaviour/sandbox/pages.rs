//! The HTML pages of the sandbox.

use reqwest::Method;
use rstest_reuse::apply;

use super::{CLIENT, at, page, with};
use crate::support::provider::request;
use crate::support::{Backend, World, both_backends};

/// Returns headers and text of a page in a language.
async fn open(url: &str, language: &str) -> (reqwest::header::HeaderMap, String) {
    let response =
        request(Method::GET, url).header("accept-language", language).send().await.expect("a response");
    assert_eq!(response.status(), 200, "{url}");
    (response.headers().clone(), response.text().await.expect("a page"))
}

fn consent_page(world: &World) -> String {
    let parameters = [("response_type", "code"), ("client_id", CLIENT), ("redirect_uri", &page(world, "qq"))];
    with(&at(world, "/sandbox/qq/oauth2.0/authorize"), &parameters)
}

#[apply(both_backends)]
async fn pages_load_nothing_external_and_exist_in_both_languages(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    for path in ["/sandbox", "/sandbox/start", "/sandbox/callback/qq"] {
        let (headers, english) = open(&at(&world, path), "en").await;
        let (_, chinese) = open(&at(&world, path), "zh-CN").await;
        let policy = headers["content-security-policy"].to_str().expect("a text");
        assert!(policy.starts_with("default-src 'none'; style-src 'self'; script-src 'self';"), "{policy}");
        // With `no-referrer`, browsers send forms with `Origin: null`, which the gateway refuses.
        assert_ne!(headers["referrer-policy"], "no-referrer");
        assert!(
            english.contains("<html lang=\"en\">") && chinese.contains("<html lang=\"zh-CN\">"),
            "{path}"
        );
        assert!(
            !english.contains(" style=") && !english.contains(" onclick") && !english.contains("<script>"),
            "{path}"
        );
        assert!(!english.contains("{{") && !english.contains("undefined"), "{english}");
    }
    // The icon is inline, because `/favicon.ico` does not exist.
    for path in ["/sandbox", "/dev/inbox"] {
        let (headers, page) = open(&at(&world, path), "en").await;
        assert!(page.contains("<link rel=\"icon\" href=\"data:,\">"), "{path}");
        assert!(
            headers["content-security-policy"].to_str().is_ok_and(|policy| policy.contains("data:")),
            "{path}"
        );
    }
    for path in ["/sandbox/sandbox.js", "/sandbox/submit.js", "/sandbox/sandbox.css"] {
        let (_, text) = open(&at(&world, path), "en").await;
        assert!(
            !text.contains("://") && !text.contains("innerHTML") && !text.contains("accessToken"),
            "{path}"
        );
    }
}

#[apply(both_backends)]
async fn the_callback_page_shows_the_display_name_of_the_provider(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    for (slug, language, heading) in [
        ("qq", "en", "<h1>Back from QQ</h1>"),
        ("wechat", "en", "<h1>Back from WeChat</h1>"),
        ("wechat", "zh-CN", "<h1>从微信返回</h1>"),
        ("a<b", "en", "<h1>Back from a&lt;b</h1>"),
    ] {
        let (_, page) = open(&at(&world, &format!("/sandbox/callback/{slug}")), language).await;
        assert!(page.contains(heading), "{page}");
    }
}

#[apply(both_backends)]
async fn the_consent_page_identifies_itself_and_escapes_names(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let (headers, english) = open(&consent_page(&world), "en").await;
    assert!(
        english.contains("Menjin&#x27;s sandbox: this is not QQ") && english.contains(CLIENT),
        "{english}"
    );
    assert!(english.contains("&lt;b&gt;尖括号") && !english.contains("<b>尖括号"));
    assert_eq!(english.matches("type=\"radio\"").count(), 5);
    let origin = format!("http://{}", world.gateway.address());
    let policy = headers["content-security-policy"].to_str().expect("a text");
    assert!(policy.contains(&format!("form-action 'self' {origin};")), "{policy}");
    let (_, chinese) = open(&consent_page(&world), "zh-CN").await;
    assert!(chinese.contains("这里不是 QQ"));
}

#[apply(both_backends)]
async fn a_form_of_another_site_is_refused(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let (_, page) = open(&consent_page(&world), "en").await;
    let ticket = page
        .split_once("name=\"request\" value=\"")
        .expect("a part")
        .1
        .split_once('"')
        .expect("a part")
        .0
        .to_owned();
    let send = async |ticket: &str, person: &str, failure: &str, origin: &str| {
        let form = [("request", ticket), ("person", person), ("failure", failure), ("decision", "allow")];
        let sent =
            request(Method::POST, &at(&world, "/sandbox/consent")).header("origin", origin).form(&form);
        let response = sent.send().await.expect("a response");
        (response.status().as_u16(), response.headers().contains_key("location"))
    };
    let own = format!("http://{}", world.gateway.address());
    assert_eq!(send(&ticket, "han", "none", "https://evil.example").await, (403, false));
    assert_eq!(send("guessed", "han", "none", &own).await, (410, false));
    assert_eq!(send(&ticket, "nobody", "none", &own).await, (400, false));
    // A failure that only another provider has.
    assert_eq!(send(&ticket, "han", "wrong_nonce", &own).await, (400, false));
    assert_eq!(send(&ticket, "han", "none", &own).await, (302, true));
    world.advance(1_800);
    assert_eq!(send(&ticket, "han", "none", &own).await, (410, false));
}

#[apply(both_backends)]
async fn a_form_post_response_continues_as_a_redirect(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    let form = [("code", "a&b"), ("state", "s"), ("next", "https://evil.example/")];
    let sent = request(Method::POST, &page(&world, "oidc")).form(&form);
    let response = sent.send().await.expect("a response");
    assert_eq!(
        (response.status().as_u16(), &response.headers()["location"]),
        (303, &"/sandbox/callback/oidc?code=a%26b&state=s".parse().expect("a header"))
    );
}
