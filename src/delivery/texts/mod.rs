//! The wording of all messages. Every topic has a text in every language, or this module does not compile.

mod code;
mod notice;
mod reset_link;

pub(super) use code::{code_mail, code_sms};
pub(super) use notice::{notice_mail, notice_sms};
pub(super) use reset_link::{reset_link_mail, reset_link_sms};

use crate::core::language::Language;

/// The sentences of a mail without a code.
pub(super) struct MailText {
    pub subject: String,
    pub greeting: &'static str,
    pub message: String,
    /// What to do if the recipient did not cause the message.
    pub advice: &'static str,
    pub footer: String,
    pub link: Option<LinkText>,
}

/// The sentences around a link.
pub(super) struct LinkText {
    pub button: &'static str,
    pub validity: String,
}

fn mail_text(
    product: &str,
    language: Language,
    title: &str,
    message: String,
    advice: &'static str,
    link: Option<LinkText>,
) -> MailText {
    let subject = match language {
        Language::Chinese => format!("{product}：{title}"),
        Language::English => format!("{product}: {title}"),
    };
    let (greeting, footer) = (greeting(language), footer(product, language));
    MailText { subject, greeting, message, advice, footer, link }
}

fn greeting(language: Language) -> &'static str {
    match language {
        Language::Chinese => "您好：",
        Language::English => "Hello,",
    }
}

fn footer(product: &str, language: Language) -> String {
    match language {
        Language::Chinese => format!("本邮件由 {product} 自动发送，请勿回复。"),
        Language::English => format!("{product} sent this e-mail automatically. Please do not reply."),
    }
}

fn english_minutes(minutes: u32) -> String {
    if minutes == 1 { "1 minute".into() } else { format!("{minutes} minutes") }
}
