//! `changeEmail`: another e-mail address, or the first.

use super::change_contact::{ChangeContact, ChangeContactRefusal, ChangeOptions, ContactChanged};
use super::me::Caller;
use super::proof::ContactInput;
use crate::core::client::Client;
use crate::core::secret::SecretString;

/// Changes e-mail addresses.
#[derive(Clone)]
pub struct ChangeEmail(pub ChangeContact);

impl ChangeEmail {
    /// Changes it. `code` is one for the purpose `CHANGE_CONTACT`, sent to the new address.
    ///
    /// # Errors
    /// [`ChangeContactRefusal`].
    pub async fn run(
        &self,
        email: String,
        code: SecretString,
        options: ChangeOptions,
        caller: &Caller,
        client: &Client,
    ) -> Result<ContactChanged, ChangeContactRefusal> {
        self.0.run(ContactInput::Email { email, code }, options, caller, client).await
    }
}
