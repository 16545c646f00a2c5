//! The parts that all mails share.

use crate::core::language::Language;

/// The sentences of a mail without a code.
pub(crate) struct MailText {
    pub subject: String,
    pub greeting: &'static str,
    pub message: String,
    /// What to do if the recipient did not cause the message.
    pub advice: &'static str,
    pub footer: String,
    pub link: Option<LinkText>,
}

/// The sentences around a link.
pub(crate) struct LinkText {
    pub button: &'static str,
    pub validity: String,
}

pub(super) fn mail_text(
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

pub(super) fn greeting(language: Language) -> &'static str {
    match language {
        Language::Chinese => "您好：",
        Language::English => "Hello,",
    }
}

pub(super) fn footer(product: &str, language: Language) -> String {
    match language {
        Language::Chinese => format!("本邮件由 {product} 自动发送，请勿回复。"),
        Language::English => format!("{product} sent this e-mail automatically. Please do not reply."),
    }
}

pub(super) fn english_minutes(minutes: u32) -> String {
    if minutes == 1 { "1 minute".into() } else { format!("{minutes} minutes") }
}
