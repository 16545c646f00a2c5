//! Every refusal that the schema names: its code and its texts, side by side.

use std::borrow::Cow;

use crate::core::language::{Language, insert_provider};

/// What stands for a number of minutes in a text. Who shows the text replaces it.
pub const MINUTES: &str = "{minutes}";

/// The kind of a refusal, for programs. `graphql::problem_code` publishes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProblemCode {
    InvalidInput,
    RateLimited,
    CaptchaRequired,
    CredentialsRejected,
    AccountDisabled,
    IdentifierTaken,
    CodeRejected,
    MobileNotSupported,
    SessionRejected,
    TicketRejected,
    ReauthenticationRequired,
    ProviderRejected,
    ProviderUnavailable,
    AlreadyLinked,
    MergeConflict,
    LastWayIn,
}

/// What kind of identifier is already in use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IdentifierKind {
    Username,
    Nickname,
    Mobile,
    Email,
}

/// A refusal that clients must expect, with what its text needs to know. Several refusals can share a code where people
/// need different words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Problem {
    InvalidInput,
    RateLimited,
    CaptchaRequired,
    /// The response of the captcha was not accepted.
    CaptchaRejected,
    /// Unknown account or wrong password; which of them is not disclosed.
    WrongCredentials,
    /// The current password, which a change of the account asks for, is wrong.
    WrongCurrentPassword,
    /// The code proved that the caller owns the mobile number, but no account has it.
    MobileNotRegistered,
    /// As [`Problem::MobileNotRegistered`], for an e-mail address.
    EmailNotRegistered,
    AccountDisabled,
    IdentifierTaken(IdentifierKind),
    CodeWrong,
    CodeExpired,
    CodeAlreadyUsed,
    TooManyWrongCodes,
    RegionNotSupported,
    /// No SMS carrier is configured.
    SmsNotAvailable,
    SessionExpired,
    SessionNotFound,
    ResetLinkExpired,
    /// A sign-in at a provider took too long, or its ticket was used already.
    SignInExpired {
        provider: Option<String>,
    },
    ReauthenticationRequired,
    ProviderRejected {
        provider: String,
    },
    ProviderUnavailable {
        provider: String,
    },
    /// The provider's account is linked to another account here.
    IdentityLinked {
        provider: String,
    },
    /// The account here is linked to another account of the provider.
    AccountLinked {
        provider: String,
    },
    MergeConflict {
        provider: String,
    },
    LastSignInMethod,
}

impl Problem {
    /// Returns the code for programs.
    #[must_use]
    pub fn code(&self) -> ProblemCode {
        match self {
            Self::InvalidInput => ProblemCode::InvalidInput,
            Self::RateLimited => ProblemCode::RateLimited,
            Self::CaptchaRequired | Self::CaptchaRejected => ProblemCode::CaptchaRequired,
            Self::WrongCredentials
            | Self::WrongCurrentPassword
            | Self::MobileNotRegistered
            | Self::EmailNotRegistered => ProblemCode::CredentialsRejected,
            Self::AccountDisabled => ProblemCode::AccountDisabled,
            Self::IdentifierTaken(_) => ProblemCode::IdentifierTaken,
            Self::CodeWrong | Self::CodeExpired | Self::CodeAlreadyUsed | Self::TooManyWrongCodes => {
                ProblemCode::CodeRejected
            }
            Self::RegionNotSupported | Self::SmsNotAvailable => ProblemCode::MobileNotSupported,
            Self::SessionExpired | Self::SessionNotFound => ProblemCode::SessionRejected,
            Self::ResetLinkExpired | Self::SignInExpired { .. } => ProblemCode::TicketRejected,
            Self::ReauthenticationRequired => ProblemCode::ReauthenticationRequired,
            Self::ProviderRejected { .. } => ProblemCode::ProviderRejected,
            Self::ProviderUnavailable { .. } => ProblemCode::ProviderUnavailable,
            Self::IdentityLinked { .. } | Self::AccountLinked { .. } => ProblemCode::AlreadyLinked,
            Self::MergeConflict { .. } => ProblemCode::MergeConflict,
            Self::LastSignInMethod => ProblemCode::LastWayIn,
        }
    }

    /// Returns the message for people.
    #[must_use]
    pub fn message(&self, language: Language) -> Cow<'static, str> {
        let text = |chinese: &'static str, english: &'static str| match language {
            Language::Chinese => Cow::Borrowed(chinese),
            Language::English => Cow::Borrowed(english),
        };
        let named = |chinese: &str, english: &str, provider: &str| match language {
            // Chinese typography puts blanks between Chinese characters and Latin letters.
            Language::Chinese => Cow::Owned(insert_provider(chinese, provider)),
            Language::English => Cow::Owned(english.replace("{provider}", provider)),
        };
        match self {
            Self::InvalidInput => {
                text("填写内容有误，请检查", "Some fields are invalid. Check the marked fields.")
            }
            Self::RateLimited => text("操作过于频繁，请稍后再试", "Too many attempts. Try again later."),
            Self::CaptchaRequired => text("请先完成人机验证", "Complete the captcha and try again."),
            Self::CaptchaRejected => {
                text("人机验证未通过，请重新验证", "The captcha was not accepted. Complete it again.")
            }
            Self::WrongCredentials => text("账号或密码错误", "The account or the password is wrong."),
            Self::WrongCurrentPassword => text("当前密码错误", "The current password is wrong."),
            Self::MobileNotRegistered => text("该手机号尚未注册", "No account has this mobile number."),
            Self::EmailNotRegistered => text("该邮箱尚未注册", "No account has this e-mail address."),
            Self::AccountDisabled => text(
                "该账号已停用，如有疑问请联系客服",
                "This account is disabled. Contact support if you have questions.",
            ),
            Self::IdentifierTaken(IdentifierKind::Username) => {
                text("该用户名已被占用", "This user name is already in use.")
            }
            Self::IdentifierTaken(IdentifierKind::Nickname) => {
                text("该昵称已被占用", "This nickname is already in use.")
            }
            Self::IdentifierTaken(IdentifierKind::Mobile) => {
                text("该手机号已被注册", "This mobile number is already in use.")
            }
            Self::IdentifierTaken(IdentifierKind::Email) => {
                text("该邮箱已被注册", "This e-mail address is already in use.")
            }
            Self::CodeWrong => text("验证码错误", "The code is wrong."),
            Self::CodeExpired => text("验证码已过期，请重新获取", "The code has expired. Request a new one."),
            Self::CodeAlreadyUsed => {
                text("验证码已使用过，请重新获取", "The code was already used. Request a new one.")
            }
            Self::TooManyWrongCodes => text(
                "错误次数过多，请于 {minutes} 分钟后再试",
                "Too many wrong codes were entered. Try again in {minutes} min.",
            ),
            Self::RegionNotSupported => {
                text("暂不支持该地区的手机号", "Mobile numbers of this region are not supported.")
            }
            Self::SmsNotAvailable => text("短信服务暂未开通", "SMS messages are not available here."),
            Self::SessionExpired => text("登录已失效，请重新登录", "The session has expired. Sign in again."),
            Self::SessionNotFound => {
                text("该设备已退出登录", "There is no such session, or it has already ended.")
            }
            Self::ResetLinkExpired => {
                text("链接已失效，请重新申请重置密码", "The link has expired. Request a new one.")
            }
            Self::SignInExpired { provider: Some(provider) } => named(
                "{provider}登录已超时，请重新登录",
                "Signing in with {provider} took too long. Start again.",
                provider,
            ),
            Self::SignInExpired { provider: None } => {
                text("登录已超时，请重新登录", "Signing in took too long. Start again.")
            }
            Self::ReauthenticationRequired => text(
                "为确认是您本人操作，请输入密码或重新登录",
                "Enter your password, or sign in again, to confirm that it is you.",
            ),
            Self::ProviderRejected { provider } => named(
                "{provider}登录失败，请重新登录",
                "Signing in with {provider} failed. Start again.",
                provider,
            ),
            Self::ProviderUnavailable { provider } => named(
                "{provider}登录暂时不可用，请稍后再试",
                "Signing in with {provider} is temporarily unavailable. Try again later.",
                provider,
            ),
            Self::IdentityLinked { provider } => named(
                "该{provider}账号已绑定其他账号",
                "This {provider} account is already linked to another account.",
                provider,
            ),
            Self::AccountLinked { provider } => named(
                "您的账号已绑定另一个{provider}账号，请先解绑",
                "Your account is already linked to another {provider} account. Unlink that one first.",
                provider,
            ),
            Self::MergeConflict { provider } => named(
                "两个账号绑定了不同的{provider}账号，请先解绑其中一个",
                "Both accounts are linked to a {provider} account. Unlink one of them first.",
                provider,
            ),
            Self::LastSignInMethod => text(
                "解绑后将无法登录，请先设置密码或绑定手机号、邮箱",
                "This is the last way to sign in to the account. First set a password, or add a mobile number, an e-mail address or another provider.",
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn provider_names_are_spaced_as_chinese_typography_asks() {
        let message = |provider: &str| {
            Problem::AccountLinked { provider: provider.into() }.message(Language::Chinese).into_owned()
        };
        assert_eq!(message("QQ"), "您的账号已绑定另一个 QQ 账号，请先解绑");
        assert_eq!(message("微信"), "您的账号已绑定另一个微信账号，请先解绑");
        let rejected = Problem::ProviderRejected { provider: "QQ".into() };
        assert_eq!(rejected.message(Language::Chinese), "QQ 登录失败，请重新登录");
        assert_eq!(rejected.message(Language::English), "Signing in with QQ failed. Start again.");
    }
}
