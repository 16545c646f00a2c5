//! What resolvers can get from the context, by name instead of by type.

use async_graphql::Context;

use super::cookies::CookiePolicy;
use super::error::ApiError;
use super::error_code::ErrorCode;
use super::features::Features;
use crate::accounts::Accounts;
use crate::config::sessions::RefreshDelivery;
use crate::core::client::Client;
use crate::core::ids::UserId;
use crate::core::language::Language;
use crate::sessions::{Caller, Claims, Sessions};
use crate::social::Social;
use crate::verification::Verification;

/// The claims of the access token, when the request has a valid one.
#[derive(Clone)]
pub struct Bearer(pub Option<Claims>);

/// The accounts that a request may read.
#[derive(Clone, Copy)]
pub enum View {
    /// Every account that the schema leads to. A caller can reach only their own.
    Own,
    /// A router reads accounts by id. Personal fields are visible only to this user.
    Entities(Option<UserId>),
}

/// Shorthands over `Context::data`. The values are set for every request, or when the gateway starts.
#[expect(async_fn_in_trait, reason = "used in this crate only, where the futures are known to be Send")]
pub trait ContextExt {
    fn client(&self) -> &Client;
    fn language(&self) -> Language;
    /// The claims of the caller's token, if any.
    fn claims(&self) -> Option<&Claims>;
    /// The features of the gateway.
    fn features(&self) -> &Features;
    /// The caller, whose session and account are active; otherwise `UNAUTHENTICATED`.
    async fn caller(&self) -> Result<Caller, ApiError>;
    /// Deletes the refresh cookie.
    fn clear_refresh(&self);

    /// Verification codes and their delivery.
    fn verification(&self) -> &Verification {
        &self.features().verification
    }

    /// Sessions and tokens.
    fn sessions(&self) -> &Sessions {
        &self.features().sessions
    }

    /// Accounts and their credentials.
    fn accounts(&self) -> &Accounts {
        &self.features().accounts
    }

    /// Sign-in with identity providers.
    fn social(&self) -> &Social {
        &self.features().social
    }

    /// How cookies are set.
    fn cookies(&self) -> &CookiePolicy {
        &self.features().cookies
    }
}

impl ContextExt for Context<'_> {
    fn client(&self) -> &Client {
        self.data_unchecked()
    }

    fn language(&self) -> Language {
        self.client().language
    }

    fn claims(&self) -> Option<&Claims> {
        self.data_unchecked::<Bearer>().0.as_ref()
    }

    fn features(&self) -> &Features {
        self.data_unchecked()
    }

    async fn caller(&self) -> Result<Caller, ApiError> {
        let unauthenticated = ApiError::Code(ErrorCode::Unauthenticated);
        let Some(claims) = self.claims() else { return Err(unauthenticated) };
        self.sessions().caller(claims).await?.ok_or(unauthenticated)
    }

    fn clear_refresh(&self) {
        let policy = self.cookies();
        if policy.refresh_delivery == RefreshDelivery::Cookie {
            self.append_http_header("set-cookie", policy.no_refresh());
        }
    }
}
