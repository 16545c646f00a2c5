//! A mobile number or an e-mail address with the code that was sent to it, as several mutations receive them.

use super::service::Accounts;
use crate::core::contact::Contact;
use crate::core::identifier::{EmailAddress, Mobile, MobileError};
use crate::core::invalid_value::InvalidValue;
use crate::core::secret::SecretString;
use crate::outcome::FieldErrors;
use crate::sessions::SessionMethod;

/// A contact and a code, as typed.
pub enum ContactInput {
    Mobile { mobile: String, code: SecretString },
    Email { email: String, code: SecretString },
}

/// The same after parsing. The code is not redeemed yet.
pub struct ContactClaim {
    pub contact: Contact,
    pub code: SecretString,
}

/// Returns the method of a sign-in by a code to this contact.
pub(super) fn method(contact: &Contact) -> SessionMethod {
    match contact {
        Contact::Mobile(_) => SessionMethod::SmsCode,
        Contact::Email(_) => SessionMethod::EmailCode,
    }
}

impl From<MobileError> for InvalidValue {
    fn from(error: MobileError) -> Self {
        match error {
            MobileError::Invalid => Self::NotAMobile,
            MobileError::NotSupported => Self::RegionNotSupported,
        }
    }
}

impl Accounts {
    /// Parses a contact and its code. Errors are noted under `prefix`, which is the path of the input with a trailing
    /// dot, or empty.
    pub(crate) fn parse_claim(
        &self,
        input: ContactInput,
        prefix: &str,
        errors: &mut FieldErrors,
    ) -> Option<ContactClaim> {
        let (contact, field, code) = match input {
            ContactInput::Mobile { mobile, code } => {
                let mobile = Mobile::parse(&mobile, &self.settings.regions).map_err(InvalidValue::from);
                (mobile.map(Contact::Mobile), "mobile", code)
            }
            ContactInput::Email { email, code } => {
                (EmailAddress::parse(&email).map(Contact::Email), "email", code)
            }
        };
        let contact = errors.note(&format!("{prefix}{field}.{field}"), contact);
        let code = errors.note(&format!("{prefix}{field}.code"), self.verification.parse_code(&code));
        Some(ContactClaim { contact: contact?, code: code? })
    }
}
