//! The wording of notices to the owner of an account.

use super::mail_text::{MailText, mail_text};
use crate::core::clock::Instant;
use crate::core::language::{Language, insert_provider};
use crate::delivery::content::NoticeTopic;

/// Returns the sentences of the mail.
pub(crate) fn notice_mail(product: &str, topic: &NoticeTopic, language: Language) -> MailText {
    let account = match language {
        Language::Chinese => format!(" {product} 账号"),
        Language::English => format!("{product} account"),
    };
    let event = event(&account, topic, language);
    mail_text(product, language, title(topic, language), event, mail_advice(topic, language), None)
}

/// Returns the text of the SMS. The signature in brackets names the product, so the sentence does not repeat it.
pub(crate) fn notice_sms(product: &str, topic: &NoticeTopic, language: Language) -> String {
    let advice = sms_advice(topic, language);
    match language {
        Language::Chinese => format!("【{product}】{}{advice}", event("账号", topic, language)),
        Language::English => format!("[{product}] {} {advice}", event("account", topic, language)),
    }
}

fn title(topic: &NoticeTopic, language: Language) -> &'static str {
    match (language, topic) {
        (Language::Chinese, NoticeTopic::PasswordChanged) => "密码已修改",
        (Language::Chinese, NoticeTopic::PasswordReset) => "密码已重置",
        (Language::Chinese, NoticeTopic::UsernameChanged) => "用户名已修改",
        (Language::Chinese, NoticeTopic::MobileChanged) => "手机号已更换",
        (Language::Chinese, NoticeTopic::EmailChanged) => "邮箱已更换",
        (Language::Chinese, NoticeTopic::AccountDeleted { .. }) => "账号注销申请已受理",
        (Language::Chinese, NoticeTopic::ProviderLinked { .. }) => "已绑定新的登录方式",
        (Language::Chinese, NoticeTopic::ProviderUnlinked { .. }) => "已解绑登录方式",
        (Language::Chinese, NoticeTopic::AccountsMerged) => "账号已合并",
        (Language::Chinese, NoticeTopic::AccountsUnmerged) => "账号合并已撤销",
        (Language::English, NoticeTopic::PasswordChanged) => "password changed",
        (Language::English, NoticeTopic::PasswordReset) => "password was reset",
        (Language::English, NoticeTopic::UsernameChanged) => "user name changed",
        (Language::English, NoticeTopic::MobileChanged) => "mobile number changed",
        (Language::English, NoticeTopic::EmailChanged) => "e-mail address changed",
        (Language::English, NoticeTopic::AccountDeleted { .. }) => "account deletion scheduled",
        (Language::English, NoticeTopic::ProviderLinked { .. }) => "sign-in method added",
        (Language::English, NoticeTopic::ProviderUnlinked { .. }) => "sign-in method removed",
        (Language::English, NoticeTopic::AccountsMerged) => "accounts merged",
        (Language::English, NoticeTopic::AccountsUnmerged) => "account merge undone",
    }
}

/// Returns one or two sentences about what happened. `account` is the word for the account, with or without the name of
/// the product.
fn event(account: &str, topic: &NoticeTopic, language: Language) -> String {
    match language {
        Language::Chinese => {
            let what = match topic {
                NoticeTopic::PasswordChanged => "的密码已修改。".to_owned(),
                NoticeTopic::PasswordReset => "的密码已重置，所有设备均已退出登录。".to_owned(),
                NoticeTopic::UsernameChanged => "的用户名已修改。".to_owned(),
                NoticeTopic::MobileChanged => "绑定的手机号已更换。".to_owned(),
                NoticeTopic::EmailChanged => "绑定的邮箱已更换。".to_owned(),
                NoticeTopic::AccountDeleted { purge_at } => {
                    format!("已提交注销申请并停用，数据将于 {} 清除。", date(*purge_at))
                }
                NoticeTopic::ProviderLinked { provider: Some(provider) } => {
                    insert_provider("已绑定{provider}账号，今后可用它登录。", provider)
                }
                NoticeTopic::ProviderLinked { provider: None } => {
                    "已绑定一个第三方账号，今后可用它登录。".to_owned()
                }
                NoticeTopic::ProviderUnlinked { provider: Some(provider) } => {
                    insert_provider("已解绑{provider}账号。", provider)
                }
                NoticeTopic::ProviderUnlinked { provider: None } => "已解绑一个第三方账号。".to_owned(),
                NoticeTopic::AccountsMerged => "已与您的另一个账号合并。".to_owned(),
                NoticeTopic::AccountsUnmerged => "与另一个账号的合并已由客服撤销，请重新登录。".to_owned(),
            };
            format!("您的{account}{what}")
        }
        Language::English => match topic {
            NoticeTopic::PasswordChanged => format!("The password of your {account} was changed."),
            NoticeTopic::PasswordReset => {
                format!("The password of your {account} was reset. All devices were signed out.")
            }
            NoticeTopic::UsernameChanged => format!("The user name of your {account} was changed."),
            NoticeTopic::MobileChanged => format!("The mobile number of your {account} was changed."),
            NoticeTopic::EmailChanged => format!("The e-mail address of your {account} was changed."),
            NoticeTopic::AccountDeleted { purge_at } => {
                format!("Your {account} was deactivated. Its data will be deleted on {}.", date(*purge_at))
            }
            NoticeTopic::ProviderLinked { provider: Some(provider) } => {
                format!("A {provider} account was linked to your {account} and can now sign in to it.")
            }
            NoticeTopic::ProviderLinked { provider: None } => {
                format!("A third-party account was linked to your {account} and can now sign in to it.")
            }
            NoticeTopic::ProviderUnlinked { provider: Some(provider) } => {
                format!("A {provider} account was unlinked from your {account}.")
            }
            NoticeTopic::ProviderUnlinked { provider: None } => {
                format!("A third-party account was unlinked from your {account}.")
            }
            NoticeTopic::AccountsMerged => {
                format!("Your {account} was merged with another account of yours.")
            }
            NoticeTopic::AccountsUnmerged => {
                format!("Support undid the merge of your {account} with another account. Sign in again.")
            }
        },
    }
}

/// Returns the day in UTC as ISO 8601 writes it, which reads the same in both languages.
fn date(at: Instant) -> String {
    at.format("%Y-%m-%d").to_string()
}

fn sms_advice(topic: &NoticeTopic, language: Language) -> &'static str {
    match (language, topic) {
        (Language::Chinese, NoticeTopic::AccountDeleted { .. }) => "如需恢复或非本人操作，请立即联系客服。",
        (Language::Chinese, NoticeTopic::ProviderLinked { .. }) => {
            "如非本人操作，请立即解绑、修改密码并联系客服。"
        }
        (Language::Chinese, NoticeTopic::AccountsMerged) => "如非本人操作，请立即联系客服撤销。",
        (Language::Chinese, _) => "如非本人操作，请立即重置密码并联系客服。",
        (Language::English, NoticeTopic::AccountDeleted { .. }) => {
            "To restore it, or if this was not you, contact support."
        }
        (Language::English, NoticeTopic::ProviderLinked { .. }) => {
            "Not you? Unlink it, change your password and contact support."
        }
        (Language::English, NoticeTopic::AccountsMerged) => "Not you? Contact support now to undo it.",
        (Language::English, _) => "Not you? Reset your password and contact support now.",
    }
}

/// A new password is no advice for a deleted account, because nobody can sign in to it.
fn mail_advice(topic: &NoticeTopic, language: Language) -> &'static str {
    match (language, topic) {
        (Language::Chinese, NoticeTopic::AccountDeleted { .. }) => {
            "数据清除之前可以联系客服恢复账号。如非您本人操作，请立即联系客服。"
        }
        (Language::Chinese, NoticeTopic::ProviderLinked { .. }) => {
            "如非您本人操作，请立即登录并解绑该第三方账号、修改密码，并联系客服。仅重置密码不会解绑。"
        }
        (Language::Chinese, NoticeTopic::AccountsMerged) => {
            "如非您本人操作，请立即联系客服，期限内可以撤销合并。"
        }
        (Language::Chinese, _) => "如非您本人操作，请立即重置密码并联系客服。",
        (Language::English, NoticeTopic::AccountDeleted { .. }) => {
            "Support can restore the account until then. If this was not you, contact support immediately."
        }
        (Language::English, NoticeTopic::ProviderLinked { .. }) => {
            "If this was not you, sign in, unlink it, change your password and contact support immediately. A new password alone does not unlink it."
        }
        (Language::English, NoticeTopic::AccountsMerged) => {
            "If this was not you, contact support immediately. The merge can be undone for a few weeks."
        }
        (Language::English, _) => "If this was not you, reset your password and contact support immediately.",
    }
}
