//! What refusals say to people. A missing text does not compile.

use crate::core::language::Language;

/// A refusal that has a text of its own.
#[derive(Clone, Copy, Debug)]
pub enum Refusal {
    InvalidInput,
    RateLimited,
    CaptchaRequired,
    CredentialsRejected,
    AccountDisabled,
    IdentifierTaken,
    CodeWrong,
    CodeExpired,
    CodeUsedUp,
    MobileNotSupported,
    SessionRejected,
    NoSuchSession,
    TicketRejected,
    ReauthenticationRequired,
    ProviderRejected,
    ProviderUnavailable,
    IdentityLinked,
    AccountLinked,
    MergeConflict,
    LastWayIn,
}

/// The text in a language.
pub fn of(refusal: Refusal, language: Language) -> &'static str {
    match language {
        Language::Chinese => match refusal {
            Refusal::InvalidInput => "请检查填写的内容",
            Refusal::RateLimited => "操作过于频繁，请稍后再试",
            Refusal::CaptchaRequired => "请先完成人机验证",
            Refusal::CredentialsRejected => "账号或验证信息不正确",
            Refusal::AccountDisabled => "该账号已被停用",
            Refusal::IdentifierTaken => "已被其他账号使用",
            Refusal::CodeWrong => "验证码不正确",
            Refusal::CodeExpired => "验证码已过期，请重新获取",
            Refusal::CodeUsedUp => "验证码已失效，请稍后重新获取",
            Refusal::MobileNotSupported => "暂不支持该地区的手机号",
            Refusal::SessionRejected => "登录已失效，请重新登录",
            Refusal::NoSuchSession => "该设备未登录或已退出",
            Refusal::TicketRejected => "链接或凭证已失效，请重新开始",
            Refusal::ReauthenticationRequired => "请输入密码或重新登录，以确认是您本人",
            Refusal::ProviderRejected => "第三方登录未成功，请重试",
            Refusal::ProviderUnavailable => "第三方登录暂时不可用，请稍后再试",
            Refusal::IdentityLinked => "该第三方账号已绑定其他账号",
            Refusal::AccountLinked => "您的账号已绑定另一个同类第三方账号，请先解绑",
            Refusal::MergeConflict => "两个账号绑定了同一平台的不同账号，请先解绑其中一个",
            Refusal::LastWayIn => "这是唯一的登录方式，请先设置密码或绑定手机号、邮箱",
        },
        Language::English => match refusal {
            Refusal::InvalidInput => "Please check what you entered",
            Refusal::RateLimited => "Too many tries, please wait a moment",
            Refusal::CaptchaRequired => "Please solve the captcha first",
            Refusal::CredentialsRejected => "The account or the credentials are not right",
            Refusal::AccountDisabled => "This account is disabled",
            Refusal::IdentifierTaken => "Belongs to another account",
            Refusal::CodeWrong => "The code is not right",
            Refusal::CodeExpired => "The code has expired, please ask for a new one",
            Refusal::CodeUsedUp => "The code is used up, please ask for a new one later",
            Refusal::MobileNotSupported => "Numbers of this region are not supported yet",
            Refusal::SessionRejected => "The session has ended, please sign in again",
            Refusal::NoSuchSession => "There is no such session, or it has ended already",
            Refusal::TicketRejected => "The link or ticket is not good any more, please begin anew",
            Refusal::ReauthenticationRequired => {
                "Please enter your password, or sign in again, to show that it is you"
            }
            Refusal::ProviderRejected => "The sign-in there did not succeed, please try again",
            Refusal::ProviderUnavailable => "The sign-in there is not available right now, please try later",
            Refusal::IdentityLinked => "Is linked to another account already",
            Refusal::AccountLinked => {
                "Your account is linked to another person of this provider; unlink that one first"
            }
            Refusal::MergeConflict => {
                "Both accounts are linked to a person of the same provider; unlink one of them first"
            }
            Refusal::LastWayIn => {
                "This is the only way to sign in: set a password or add a mobile number or an e-mail address first"
            }
        },
    }
}
