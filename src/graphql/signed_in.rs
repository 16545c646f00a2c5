//! What a sign-in answers.

use async_graphql::{Context, SimpleObject};
use chrono::{DateTime, Utc};

use super::context::ContextExt as _;
use super::cookies::CookiePolicy;
use super::user::User;
use crate::accounts::signed_in;
use crate::config::sessions::RefreshDelivery;
use crate::core::clock::Clock;
use crate::core::secret::ExposeSecret as _;

/// A person was signed in.
#[derive(SimpleObject)]
pub struct SignedIn {
    /// Who it is.
    pub user: User,
    /// A JWT for `Authorization: Bearer`.
    pub access_token: String,
    /// When the access token ends.
    pub access_token_expires_at: DateTime<Utc>,
    /// For a new access token later on; null where the gateway hands out none, or put it into a cookie.
    pub refresh_token: Option<String>,
    /// Where the client wants to go after a social sign-in, as it said when that began; null after any other.
    pub next: Option<String>,
    /// Whether the account was made just now.
    pub new_account: bool,
}

impl SignedIn {
    /// The same, with where the client wanted to go.
    pub fn to_next(ctx: &Context<'_>, outcome: signed_in::SignedIn, next: String) -> Self {
        Self { next: Some(next), ..Self::hand_over(ctx, outcome) }
    }

    /// Hands the browser its cookies, and the client its session.
    pub fn hand_over(ctx: &Context<'_>, outcome: signed_in::SignedIn) -> Self {
        let policy = ctx.service::<CookiePolicy>();
        if let Some(device) = &outcome.new_device {
            ctx.append_http_header("set-cookie", policy.device(device));
        }
        let mut refresh_token = None;
        match (&outcome.refresh, policy.refresh_delivery) {
            (Some(refresh), RefreshDelivery::Cookie) => {
                let until = refresh.remember.then_some(refresh.expires_at);
                let cookie = policy.refresh(&refresh.token, until, ctx.service::<Clock>().now());
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
