//! The wording of messages with a link to reset the password.

use super::mail_text::{LinkText, MailText, english_minutes, mail_text};
use crate::core::language::Language;

/// Returns the text of an SMS with the link.
pub(crate) fn reset_link_sms(product: &str, url: &str, minutes: u32, language: Language) -> String {
    match language {
        Language::Chinese => format!(
            "【{product}】您正在重置密码，请点击 {url} 设置新密码，{minutes} 分钟内有效。如非本人操作，请忽略。"
        ),
        Language::English => {
            let valid = english_minutes(minutes);
            format!(
                "[{product}] Reset your password: {url} (valid for {valid}). If you did not request this, ignore it."
            )
        }
    }
}

/// Returns the sentences of a mail with the link.
pub(crate) fn reset_link_mail(product: &str, minutes: u32, language: Language) -> MailText {
    match language {
        Language::Chinese => mail_text(
            product,
            language,
            "重置密码",
            "您正在重置密码，请点击以下链接设置新密码：".into(),
            "如非您本人操作，请忽略本邮件，您的密码不会改变。请勿转发本邮件。",
            Some(LinkText {
                button: "设置新密码",
                validity: format!("链接 {minutes} 分钟内有效，仅可使用一次。"),
            }),
        ),
        Language::English => mail_text(
            product,
            language,
            "password reset",
            "Open this link to choose a new password:".into(),
            "If you did not request this, ignore this e-mail. Your password will not change. Do not forward this e-mail.",
            Some(LinkText {
                button: "Choose a new password",
                validity: format!("The link is valid for {} and can be used once.", english_minutes(minutes)),
            }),
        ),
    }
}
