//! The wording of messages with a verification code.

use super::mail_text::{english_minutes, footer, greeting};
use crate::core::language::Language;
use crate::delivery::content::Topic;

/// The sentences of a mail around its code.
pub(crate) struct CodeMail {
    /// The subject does not contain the code, because subjects appear on locked screens and in logs of mail servers.
    pub subject: String,
    pub greeting: &'static str,
    /// What the code is for.
    pub intro: String,
    pub validity: String,
    pub secrecy: &'static str,
    /// What to do if the recipient did not request the code.
    pub unrequested: &'static str,
    pub footer: String,
}

/// Returns the text of an SMS with a code.
pub(crate) fn code_sms(product: &str, topic: Topic, code: &str, minutes: u32, language: Language) -> String {
    match language {
        Language::Chinese => {
            let action = chinese_action(topic);
            format!("【{product}】您正在{action}，验证码 {code}，{minutes} 分钟内有效。请勿泄露给他人。")
        }
        Language::English => {
            let action = english_action(topic);
            let valid = english_minutes(minutes);
            format!(
                "[{product}] {code} is your code to {action}. It is valid for {valid}. Do not share it with anyone."
            )
        }
    }
}

/// Returns the sentences of a mail with a code.
pub(crate) fn code_mail(product: &str, topic: Topic, minutes: u32, language: Language) -> CodeMail {
    let (subject, intro, validity, secrecy) = match language {
        Language::Chinese => {
            let action = chinese_action(topic);
            (
                format!("{product} {action}验证码"),
                format!("您正在{action}，验证码是："),
                format!("{minutes} 分钟内有效，仅可使用一次。"),
                "请勿将验证码泄露给他人，工作人员不会向您索要验证码。",
            )
        }
        Language::English => (
            format!("Your {product} {} code", english_title(topic)),
            format!("Use this code to {}:", english_action(topic)),
            format!("It is valid for {} and can be used once.", english_minutes(minutes)),
            "Do not share this code with anyone. Our staff will never ask for it.",
        ),
    };
    CodeMail {
        subject,
        greeting: greeting(language),
        intro,
        validity,
        secrecy,
        unrequested: unrequested(topic, language),
        footer: footer(product, language),
    }
}

fn chinese_action(topic: Topic) -> &'static str {
    match topic {
        Topic::Register => "注册账号",
        Topic::Login => "登录",
        Topic::ResetPassword => "重置密码",
        Topic::Bind => "绑定账号",
        Topic::ChangeContact => "更换手机号或邮箱",
    }
}

fn english_action(topic: Topic) -> &'static str {
    match topic {
        Topic::Register => "create your account",
        Topic::Login => "sign in",
        Topic::ResetPassword => "reset your password",
        Topic::Bind => "link your account",
        Topic::ChangeContact => "change your contact details",
    }
}

fn english_title(topic: Topic) -> &'static str {
    match topic {
        Topic::Register => "sign-up",
        Topic::Login => "sign-in",
        Topic::ResetPassword => "password reset",
        Topic::Bind => "account linking",
        Topic::ChangeContact => "contact change",
    }
}

fn unrequested(topic: Topic, language: Language) -> &'static str {
    match (language, topic) {
        (Language::Chinese, Topic::Register) => "如非您本人操作，请忽略本邮件，账号不会被创建。",
        (Language::Chinese, Topic::Login) => "如非您本人操作，请忽略本邮件；没有验证码，他人无法登录。",
        (Language::Chinese, Topic::ResetPassword) => "如非您本人操作，请忽略本邮件，您的密码不会改变。",
        (Language::Chinese, Topic::Bind) => "如非您本人操作，请忽略本邮件，账号不会被绑定。",
        (Language::Chinese, Topic::ChangeContact) => {
            "如非您本人操作，请忽略本邮件，您的手机号和邮箱不会改变。"
        }
        (Language::English, Topic::Register) => {
            "If you did not request this code, ignore this e-mail. No account will be created."
        }
        (Language::English, Topic::Login) => {
            "If you did not request this code, ignore this e-mail. Nobody can sign in without the code."
        }
        (Language::English, Topic::ResetPassword) => {
            "If you did not request this code, ignore this e-mail. Your password will not change."
        }
        (Language::English, Topic::Bind) => {
            "If you did not request this code, ignore this e-mail. No account will be linked."
        }
        (Language::English, Topic::ChangeContact) => {
            "If you did not request this code, ignore this e-mail. Your contact details will not change."
        }
    }
}
