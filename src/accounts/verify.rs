//! Whether an access token is good at this moment: for proxies and services that ask instead of verifying.

use super::me::Me;
use crate::db::DbError;
use crate::sessions::Claims;

/// Verifies access tokens for others. Cheap to clone.
#[derive(Clone)]
pub struct Verify {
    pub me: Me,
    /// Whether [`Verify::run`] looks at the session and the account. Who asks the gateway for every request has paid
    /// for the way already; what it gets for it is that a session that was ended is out at once, not minutes later.
    pub strict: bool,
}

impl Verify {
    /// The claims of a token that is good, by the setting: of its signature and times alone, or of the database too.
    ///
    /// # Errors
    /// [`DbError`]: then nothing is known, and nobody may be let in.
    pub async fn run(&self, token: &str) -> Result<Option<Claims>, DbError> {
        if self.strict { self.strictly(token).await } else { Ok(self.me.verify(token).await) }
    }

    /// The claims of a token whose session stands and whose account may be used, with the roles of this moment.
    ///
    /// # Errors
    /// [`DbError`]: then nothing is known, and nobody may be let in.
    pub async fn strictly(&self, token: &str) -> Result<Option<Claims>, DbError> {
        let Some(claims) = self.me.verify(token).await else { return Ok(None) };
        let caller = self.me.caller(&claims).await?;
        Ok(caller.map(|caller| Claims { roles: caller.user.roles(), ..claims }))
    }
}
