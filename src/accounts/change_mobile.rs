//! `changeMobile`: another mobile number, or the first.

use super::change_contact::{ChangeContact, ChangeContactRefusal, ChangeOptions, ContactChanged};
use super::me::Caller;
use super::proof::ContactInput;
use crate::core::client::Client;
use crate::core::secret::SecretString;

/// Changes mobile numbers.
#[derive(Clone)]
pub struct ChangeMobile(pub ChangeContact);

impl ChangeMobile {
    /// Changes it. `code` is one for the purpose `CHANGE_CONTACT`, sent to the new number.
    ///
    /// # Errors
    /// [`ChangeContactRefusal`].
    pub async fn run(
        &self,
        mobile: String,
        code: SecretString,
        options: ChangeOptions,
        caller: &Caller,
        client: &Client,
    ) -> Result<ContactChanged, ChangeContactRefusal> {
        self.0.run(ContactInput::Mobile { mobile, code }, options, caller, client).await
    }
}
