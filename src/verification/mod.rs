//! Codes: "this person owns this address". Makes, sends and redeems them; knows no accounts.

mod codes;
mod contact;
mod denied;
mod purpose;
mod send_email_code;
mod send_sms;
mod sending;

pub use codes::{CodeError, CodeRejection, Codes, IssuedCode, Redemption};
pub use contact::Contact;
pub use denied::Denied;
pub(crate) use denied::refusals;
pub use purpose::Purpose;
pub use send_email_code::SendEmailCode;
pub use send_sms::{SendRefusal, SendSms};
pub use sending::{CodeSent, Sending};
