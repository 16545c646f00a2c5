//! Production has no sandbox, whatever the settings say.

use super::{at, get};
use crate::support::provider::request;
use crate::support::world::unique;
use crate::support::{Backend, World};

const PATHS: [&str; 26] = [
    "/sandbox",
    "/sandbox/start",
    "/sandbox/consent",
    "/sandbox/callback/qq",
    "/sandbox/sandbox.css",
    "/sandbox/submit.js",
    "/sandbox/sandbox.js",
    "/sandbox/people/han.svg",
    "/sandbox/qq/oauth2.0/authorize",
    "/sandbox/qq/oauth2.0/token",
    "/sandbox/qq/oauth2.0/me",
    "/sandbox/qq/user/get_user_info",
    "/sandbox/weibo/oauth2/authorize",
    "/sandbox/weibo/oauth2/access_token",
    "/sandbox/weibo/2/users/show.json",
    "/sandbox/wechat/connect/qrconnect",
    "/sandbox/wechat/sns/oauth2/access_token",
    "/sandbox/wechat/sns/userinfo",
    "/sandbox/github/login/oauth/authorize",
    "/sandbox/github/login/oauth/access_token",
    "/sandbox/github/user",
    "/sandbox/oidc/.well-known/openid-configuration",
    "/sandbox/oidc/jwks",
    "/sandbox/oidc/token",
    "/sandbox/oidc/userinfo",
    "/dev/inbox",
];

/// Returns the settings of a gateway in production mode.
fn production() -> Vec<(&'static str, &'static str)> {
    vec![
        ("MENJIN_MODE", "production"),
        ("MENJIN_HTTP_PUBLIC_URL", "https://login.example"),
        ("MENJIN_ACCOUNTS_RESET_URL", "https://app.example/reset"),
        ("MENJIN_SMTP_HOST", "127.0.0.1"),
        ("MENJIN_SMTP_FROM", "menjin@login.example"),
    ]
}

async fn no_path_exists(world: &World, settings: &[(&str, &str)]) {
    let gateway = world.another_gateway_with(settings).await;
    for path in PATHS {
        for method in [reqwest::Method::GET, reqwest::Method::POST] {
            let url = format!("http://{}{path}", gateway.address());
            let response = request(method.clone(), &url).send().await.expect("a response");
            assert_eq!(response.status(), 404, "{method} {path}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn production_has_no_sandbox() {
    let Some(world) = World::start(Backend::Servers).await else { return };
    // The same paths exist in development mode, which finds mistakes in the list.
    for path in PATHS {
        assert_ne!(get(&at(&world, path), &[]).await.0, 404, "{path}");
    }
    no_path_exists(&world, &production()).await;
    // A provider URL that points to the gateway itself does not enable it.
    let mut settings = production();
    let name = unique();
    settings.extend([
        ("MENJIN_SOCIAL_QQ_APP_ID", "101000001"),
        ("MENJIN_SOCIAL_QQ_APP_KEY", name.as_str()),
        ("MENJIN_SOCIAL_QQ_URL", "https://login.example/sandbox/qq"),
        ("MENJIN_SOCIAL_CALLBACK_URL", "https://login.example/sandbox/callback/{provider}"),
    ]);
    no_path_exists(&world, &settings).await;
}
