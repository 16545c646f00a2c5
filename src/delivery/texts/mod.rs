//! The wording of all messages. Every topic has a text in every language, or this module does not compile.

mod code;
mod mail_text;
mod notice;
mod reset_link;

pub(super) use code::{code_mail, code_sms};
pub(super) use mail_text::MailText;
pub(super) use notice::{notice_mail, notice_sms};
pub(super) use reset_link::{reset_link_mail, reset_link_sms};
