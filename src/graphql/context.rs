//! What a resolver may know of the request, by name instead of by type.

use async_graphql::Context;

use super::cookies::CookiePolicy;
use super::error::ApiError;
use super::fault::CallerFault;
use super::features::Features;
use crate::accounts::Accounts;
use crate::accounts::me::{Caller, Me};
use crate::config::sessions::RefreshDelivery;
use crate::core::client::Client;
use crate::core::ids::UserId;
use crate::core::language::Language;
use crate::sessions::Claims;
use crate::verification::{Denied, Verification};

/// The access token's claims, when the request bears a token that holds.
#[derive(Clone)]
pub struct Bearer(pub Option<Claims>);

/// What of people a request may see.
#[derive(Clone, Copy)]
pub enum View {
    /// Whomever it is led to: the schema leads a caller to nobody but themselves.
    Own,
    /// A router asks for people by id: what is personal, of this person alone.
    Entities(Option<UserId>),
}

/// Shorthands over `Context::data`. What is asked for here is put there for every request, or at start.
#[expect(async_fn_in_trait, reason = "used in this crate only, where the futures are known to be Send")]
pub trait ContextExt {
    fn client(&self) -> &Client;
    fn language(&self) -> Language;
    /// The claims of the caller's token, if any.
    fn claims(&self) -> Option<&Claims>;
    /// Verification codes and their delivery.
    fn verification(&self) -> &Verification;
    /// Accounts and their credentials.
    fn accounts(&self) -> &Accounts;
    /// A service that the schema was built with.
    fn service<S: Send + Sync + 'static>(&self) -> &S;
    /// The caller, whose session stands and whose account may be used; else `UNAUTHENTICATED`.
    async fn caller(&self) -> Result<Caller, ApiError>;
    /// Takes the refresh cookie back.
    fn clear_refresh(&self);
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

    fn verification(&self) -> &Verification {
        &self.data_unchecked::<Features>().verification
    }

    fn accounts(&self) -> &Accounts {
        &self.data_unchecked::<Features>().accounts
    }

    fn service<S: Send + Sync + 'static>(&self) -> &S {
        self.data_unchecked()
    }

    async fn caller(&self) -> Result<Caller, ApiError> {
        let unauthenticated = ApiError::Caller(CallerFault::Unauthenticated);
        let Some(claims) = self.claims() else { return Err(unauthenticated) };
        let caller = self.service::<Me>().caller(claims).await.map_err(Denied::from)?;
        caller.ok_or(unauthenticated)
    }

    fn clear_refresh(&self) {
        let policy = self.service::<CookiePolicy>();
        if policy.refresh_delivery == RefreshDelivery::Cookie {
            self.append_http_header("set-cookie", policy.no_refresh());
        }
    }
}
