//! Verifying access tokens for proxies and services that ask the gateway.

use super::access::Claims;
use super::service::Sessions;
use crate::outcome::Refusal;

/// How thoroughly tokens are verified for proxies and services.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strictness {
    /// The signature and the times only. A revoked session is noticed when its token expires, minutes later.
    TokenOnly,
    /// The session and the account as well: a revoked session is refused at once.
    Session,
}

impl Sessions {
    /// Returns the claims of a valid token. After an error the caller must refuse the request.
    #[tracing::instrument(skip_all)]
    pub async fn verify_for_service(
        &self,
        token: &str,
        strictness: Strictness,
    ) -> Result<Option<Claims>, Refusal> {
        let Some(claims) = self.verify_token(token).await else { return Ok(None) };
        match strictness {
            Strictness::TokenOnly => Ok(Some(claims)),
            Strictness::Session => {
                let caller = self.caller(&claims).await?;
                // The roles are those of the account now, not those of when the token was issued.
                Ok(caller.map(|caller| Claims { roles: caller.user.roles.to_vec(), ..claims }))
            }
        }
    }
}
