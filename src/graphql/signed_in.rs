//! The result of a sign-in.

use async_graphql::{Context, SimpleObject};
use chrono::{DateTime, Utc};

use super::context::ContextExt as _;
use super::user::User;
use crate::config::sessions::RefreshDelivery;
use crate::core::secret::ExposeSecret as _;
use crate::sessions;

/// The user is signed in.
#[derive(SimpleObject)]
pub struct SignedIn {
    /// The account.
    pub user: User,
    /// A JWT for `Authorization: Bearer`.
    pub access_token: String,
    /// When the access token expires.
    pub access_token_expires_at: DateTime<Utc>,
    /// The refresh token; null where the gateway puts it into a cookie.
    pub refresh_token: Option<String>,
    /// After a sign-in with a provider: the `next` of the authorize options. Otherwise null.
    pub next: Option<String>,
    /// Whether the account was created by this request.
    pub new_account: bool,
}

impl SignedIn {
    /// As [`SignedIn::hand_over`], with the `next` of a sign-in with a provider.
    pub fn to_next(ctx: &Context<'_>, outcome: sessions::SignedIn, next: String) -> Self {
        Self { next: Some(next), ..Self::hand_over(ctx, outcome) }
    }

    /// Sets the browser's cookies and builds the result.
    pub fn hand_over(ctx: &Context<'_>, outcome: sessions::SignedIn) -> Self {
        let policy = ctx.cookies();
        if let Some(device) = &outcome.new_device {
            ctx.append_http_header("set-cookie", policy.device(device));
        }
        let mut refresh_token = None;
        match (&outcome.refresh, policy.refresh_delivery) {
            (Some(refresh), RefreshDelivery::Cookie) => {
                let until = refresh.remember.then_some(refresh.expires_at);
                let cookie = policy.refresh(&refresh.token, until, ctx.features().clock.now());
                ctx.append_http_header("set-cookie", cookie);
            }
            (Some(refresh), RefreshDelivery::Field) => {
                refresh_token = Some(refresh.token.expose_secret().to_owned());
            }
            (None, _) => {}
        }
        Self {
            access_token: outcome.access.token.expose_secret().to_owned(),
            access_token_expires_at: outcome.access.expires_at,
            refresh_token,
            next: None,
            new_account: outcome.new_account,
            user: User(outcome.user),
        }
    }
}
