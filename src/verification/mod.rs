//! Verification codes: they prove that somebody owns a mobile number or an e-mail address. This room knows no accounts.

mod codes;
mod delivery_status;
mod purpose;
mod redeem;
mod send_code;
mod send_email_code;
mod send_sms;
mod service;

pub use codes::CodeRejection;
pub use purpose::Purpose;
pub use redeem::CodeRefusal;
pub use send_code::CodeSent;
pub use send_sms::SendSmsRefusal;
pub use service::Verification;
