//! `changeEmail`: sets another e-mail address, or the first one.

use super::super::contact_claim::ContactInput;
use super::super::service::Accounts;
use super::change_contact::{ChangeContactOptions, ChangeContactRefusal};
use crate::core::client::Client;
use crate::core::secret::SecretString;
use crate::db::changes::Changed;
use crate::sessions::Caller;

impl Accounts {
    /// Changes the e-mail address. `code` was sent to the new one for the purpose `CHANGE_CONTACT`.
    #[tracing::instrument(skip_all, fields(user = %caller.user.id))]
    pub async fn change_email(
        &self,
        email: String,
        code: SecretString,
        options: ChangeContactOptions,
        caller: &Caller,
        client: &Client,
    ) -> Result<Changed, ChangeContactRefusal> {
        self.change_contact(ContactInput::Email { email, code }, options, caller, client).await
    }
}
