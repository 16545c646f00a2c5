//! Proof of a mobile number or an e-mail address by code, as several mutations take it.

use crate::core::identifier::{EmailAddress, Mobile, MobileFault, Region};
use crate::core::invalid_value::InvalidValue;
use crate::core::secret::SecretString;
use crate::outcome::FieldError;
use crate::sessions::Method;
use crate::verification::{Codes, Contact};

/// An address and the code that was sent to it, as typed.
pub enum ContactInput {
    Mobile { mobile: String, code: SecretString },
    Email { email: String, code: SecretString },
}

/// The same after parsing: not proven yet.
pub struct Claim {
    pub contact: Contact,
    pub code: SecretString,
}

/// How a code to this address is called as a proof.
pub(super) fn method(contact: &Contact) -> Method {
    match contact {
        Contact::Mobile(_) => Method::SmsCode,
        Contact::Email(_) => Method::EmailCode,
    }
}

impl ContactInput {
    /// Parses address and code; every fault goes into `faults`, with its path.
    pub(super) fn parse(
        self,
        regions: &[Region],
        codes: &Codes,
        faults: &mut Vec<FieldError>,
    ) -> Option<Claim> {
        self.parse_at("contact.", regions, codes, faults)
    }

    /// The same where the proof stands elsewhere in the input; `prefix` ends with a dot, or is empty.
    pub fn parse_at(
        self,
        prefix: &str,
        regions: &[Region],
        codes: &Codes,
        faults: &mut Vec<FieldError>,
    ) -> Option<Claim> {
        let (contact, path, field, code) = match self {
            Self::Mobile { mobile, code } => {
                let parsed =
                    Mobile::parse(&mobile, regions).map(Contact::Mobile).map_err(|fault| match fault {
                        MobileFault::Invalid => InvalidValue::NotAMobile,
                        MobileFault::NotSupported => InvalidValue::RegionNotSupported,
                    });
                (parsed, "mobile", "mobile", code)
            }
            Self::Email { email, code } => {
                (EmailAddress::parse(&email).map(Contact::Email), "email", "email", code)
            }
        };
        let contact = contact
            .map_err(|fault| faults.push(FieldError::new(format!("{prefix}{path}.{field}"), fault)))
            .ok();
        let code = codes
            .parse(&code)
            .map_err(|fault| faults.push(FieldError::new(format!("{prefix}{path}.code"), fault)))
            .ok();
        Some(Claim { contact: contact?, code: code? })
    }
}
