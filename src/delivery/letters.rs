//! The sentences of messages that hold no code: the link that resets a password, and notices to owners of accounts.

use super::content::NoticeTopic;
use crate::core::language::Language;

/// The sentences of one mail.
pub(super) struct Letter {
    pub subject: String,
    pub greeting: &'static str,
    pub message: String,
    /// What to do when it was not you.
    pub advice: &'static str,
    pub footer: String,
    pub link: Option<Link>,
}

/// The sentences around a link.
pub(super) struct Link {
    pub button: &'static str,
    pub validity: String,
}

/// The mail with the link that resets a password.
pub(super) fn reset_link(product: &str, minutes: u32, language: Language) -> Letter {
    match language {
        Language::Chinese => letter(
            product,
            language,
            "重置密码",
            "您正在重置密码，请打开以下链接设置新密码：".into(),
            "如果这不是您本人的操作，请忽略此邮件，您的密码不会改变。请勿转发此邮件。",
            Some(Link {
                button: "设置新密码",
                validity: format!("链接 {minutes} 分钟内有效，仅可使用一次。"),
            }),
        ),
        Language::English => letter(
            product,
            language,
            "password reset",
            "open this link to choose a new password:".into(),
            "If this was not you, ignore this mail: your password stays as it is. Do not forward it.",
            Some(Link {
                button: "Choose a new password",
                validity: format!("The link is valid for {minutes} minutes and works once."),
            }),
        ),
    }
}

/// The mail of a notice.
pub(super) fn notice(product: &str, topic: NoticeTopic, language: Language) -> Letter {
    letter(
        product,
        language,
        title(topic, language),
        happened(product, topic, language),
        advice(topic, language),
        None,
    )
}

/// The text message of a notice; the signature in brackets comes first, as in all of them.
pub(super) fn notice_sms(product: &str, topic: NoticeTopic, language: Language) -> String {
    let happened = happened(product, topic, language);
    match (language, topic) {
        (Language::Chinese, NoticeTopic::AccountDeleted) => {
            format!("【{product}】{happened}如需恢复或非本人操作，请立即联系客服。")
        }
        (Language::Chinese, NoticeTopic::ProviderLinked) => {
            format!("【{product}】{happened}如非本人操作，请立即解绑、修改密码并联系客服。")
        }
        (Language::Chinese, NoticeTopic::AccountsMerged) => {
            format!("【{product}】{happened}如非本人操作，请立即联系客服撤销。")
        }
        (Language::Chinese, _) => format!("【{product}】{happened}如非本人操作，请立即重置密码并联系客服。"),
        (Language::English, NoticeTopic::AccountDeleted) => {
            format!("[{product}] {happened} Not you, or do you want it back? Contact support now.")
        }
        (Language::English, NoticeTopic::ProviderLinked) => {
            format!("[{product}] {happened} Not you? Unlink it, change your password, contact support now.")
        }
        (Language::English, NoticeTopic::AccountsMerged) => {
            format!("[{product}] {happened} Not you? Contact support now: it can be undone.")
        }
        (Language::English, _) => {
            format!("[{product}] {happened} Not you? Reset your password and contact support now.")
        }
    }
}

/// The text message with a link.
pub(super) fn reset_link_sms(product: &str, url: &str, minutes: u32, language: Language) -> String {
    match language {
        Language::Chinese => {
            format!("【{product}】重置密码：{url} ，{minutes} 分钟内有效。如非本人操作，请忽略。")
        }
        Language::English => {
            format!(
                "[{product}] Reset your password: {url} (valid for {minutes} minutes). Not you? Ignore this."
            )
        }
    }
}

fn letter(
    product: &str,
    language: Language,
    title: &str,
    message: String,
    advice: &'static str,
    link: Option<Link>,
) -> Letter {
    let (subject, greeting, footer) = match language {
        Language::Chinese => {
            (format!("{product}：{title}"), "您好：", format!("此邮件由 {product} 自动发送，请勿回复。"))
        }
        Language::English => (
            format!("{product}: {title}"),
            "Hello,",
            format!("{product} sent this mail automatically. Please do not reply."),
        ),
    };
    Letter { subject, greeting, message, advice, footer, link }
}

fn title(topic: NoticeTopic, language: Language) -> &'static str {
    match (language, topic) {
        (Language::Chinese, NoticeTopic::PasswordChanged) => "密码已修改",
        (Language::Chinese, NoticeTopic::PasswordReset) => "密码已重置",
        (Language::Chinese, NoticeTopic::UsernameChanged) => "用户名已修改",
        (Language::Chinese, NoticeTopic::MobileChanged) => "手机号已更换",
        (Language::Chinese, NoticeTopic::EmailChanged) => "邮箱已更换",
        (Language::Chinese, NoticeTopic::AccountDeleted) => "账号已注销",
        (Language::Chinese, NoticeTopic::ProviderLinked) => "新增登录方式",
        (Language::Chinese, NoticeTopic::ProviderUnlinked) => "登录方式已解绑",
        (Language::Chinese, NoticeTopic::AccountsMerged) => "账号已合并",
        (Language::Chinese, NoticeTopic::AccountsUnmerged) => "账号合并已撤销",
        (Language::English, NoticeTopic::PasswordChanged) => "password changed",
        (Language::English, NoticeTopic::PasswordReset) => "password was reset",
        (Language::English, NoticeTopic::UsernameChanged) => "user name changed",
        (Language::English, NoticeTopic::MobileChanged) => "mobile number changed",
        (Language::English, NoticeTopic::EmailChanged) => "e-mail address changed",
        (Language::English, NoticeTopic::AccountDeleted) => "account deleted",
        (Language::English, NoticeTopic::ProviderLinked) => "new way to sign in",
        (Language::English, NoticeTopic::ProviderUnlinked) => "a way to sign in was removed",
        (Language::English, NoticeTopic::AccountsMerged) => "accounts merged",
        (Language::English, NoticeTopic::AccountsUnmerged) => "merge of accounts undone",
    }
}

/// One sentence, with its full stop. It names the product, so that the person knows which account is meant.
fn happened(product: &str, topic: NoticeTopic, language: Language) -> String {
    match language {
        Language::Chinese => {
            let what = match topic {
                NoticeTopic::PasswordChanged => "的密码刚刚被修改。",
                NoticeTopic::PasswordReset => "的密码刚刚被重置，所有设备均已退出登录。",
                NoticeTopic::UsernameChanged => "的用户名刚刚被修改。",
                NoticeTopic::MobileChanged => "绑定的手机号刚刚被更换。",
                NoticeTopic::EmailChanged => "绑定的邮箱刚刚被更换。",
                NoticeTopic::AccountDeleted => "已申请注销，宽限期满后数据将被清除。",
                NoticeTopic::ProviderLinked => "刚刚绑定了一个第三方账号，可用其登录。",
                NoticeTopic::ProviderUnlinked => "刚刚解绑了一个第三方账号。",
                NoticeTopic::AccountsMerged => "刚刚与您的另一个账号合并。",
                NoticeTopic::AccountsUnmerged => "与另一个账号的合并已由客服撤销，请重新登录。",
            };
            format!("您的 {product} 账号{what}")
        }
        Language::English => {
            let what = match topic {
                NoticeTopic::PasswordChanged => "The password of your {} account was changed.",
                NoticeTopic::PasswordReset => "The password of your {} account was reset.",
                NoticeTopic::UsernameChanged => "The user name of your {} account was changed.",
                NoticeTopic::MobileChanged => "The mobile number of your {} account was changed.",
                NoticeTopic::EmailChanged => "The e-mail address of your {} account was changed.",
                NoticeTopic::AccountDeleted => "Your {} account was deleted and will be erased.",
                NoticeTopic::ProviderLinked => {
                    "A social account was linked to your {} account and can sign in to it."
                }
                NoticeTopic::ProviderUnlinked => "A social account was removed from your {} account.",
                NoticeTopic::AccountsMerged => "Your {} account was merged with another account of yours.",
                NoticeTopic::AccountsUnmerged => {
                    "The merge of your {} account with another one was undone. Sign in again."
                }
            };
            what.replace("{}", product)
        }
    }
}

/// Nobody signs in to a deleted account, with whichever password.
fn advice(topic: NoticeTopic, language: Language) -> &'static str {
    match (language, topic) {
        (Language::Chinese, NoticeTopic::AccountDeleted) => {
            "在数据清除之前，客服可以为您恢复账号。如果这不是您本人的操作，请立即联系客服。"
        }
        (Language::Chinese, NoticeTopic::ProviderLinked) => {
            "如果这不是您本人的操作，请立即登录并解绑该第三方账号，修改密码，并联系客服。仅重置密码并不会解绑。"
        }
        (Language::Chinese, NoticeTopic::AccountsMerged) => {
            "如果这不是您本人的操作，请立即联系客服：在期限内可以撤销。"
        }
        (Language::Chinese, _) => "如果这不是您本人的操作，请立即重置密码并联系客服。",
        (Language::English, NoticeTopic::AccountDeleted) => {
            "Until it is erased, support can restore it. If this was not you, contact support at once."
        }
        (Language::English, NoticeTopic::ProviderLinked) => {
            "If this was not you, sign in, unlink it, change your password and contact support at once. A new password alone does not unlink it."
        }
        (Language::English, NoticeTopic::AccountsMerged) => {
            "If this was not you, contact support at once: for some weeks it can be undone."
        }
        (Language::English, _) => "If this was not you, reset your password at once and contact support.",
    }
}
