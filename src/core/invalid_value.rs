//! Why a value that a person typed is not acceptable, in words for that person.

use super::language::Language;

/// Why one value is not acceptable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InvalidValue {
    /// The value is missing or blank.
    Empty,
    /// The value has fewer characters than this.
    TooShort(u32),
    /// The value has more characters than this.
    TooLong(u32),
    /// The value contains control characters, invisible characters, or others that the field does not allow.
    Characters,
    /// The value mixes letters of several scripts, so that it could be mistaken for another name.
    Confusable,
    /// The name is on the operator's list of reserved names.
    Reserved,
    /// The user name looks like a mobile number or an e-mail address.
    LooksLikeContact,
    /// The value is not a mobile number.
    NotAMobile,
    /// The mobile number belongs to a region that is not enabled.
    RegionNotSupported,
    /// The value is not an e-mail address.
    NotAnEmail,
    /// The value is not a URL that begins with `https://`.
    NotAnHttpsUrl,
    /// The value is not a code, which has this many decimal digits.
    NotACode(u32),
    /// The password is on the list of common passwords.
    CommonPassword,
    /// The password consists mostly of the person's or the product's own words.
    PersonalPassword,
    /// The repeated value differs from the first one.
    Mismatch,
    /// The new password equals the current one.
    SamePassword,
    /// The terms of service were not accepted.
    TermsNotAccepted,
    /// The address is neither a path nor a URL of an allowed origin.
    ForeignAddress,
    /// The provider is not configured.
    UnknownProvider,
    /// The caller's own account was named where another one is required.
    OwnAccount,
}

impl InvalidValue {
    /// Returns the code for programs: upper case with underscores. Codes never change.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Empty => "EMPTY",
            Self::TooShort(_) => "TOO_SHORT",
            Self::TooLong(_) => "TOO_LONG",
            Self::Characters => "CHARACTERS_NOT_ALLOWED",
            Self::Confusable => "CONFUSABLE",
            Self::Reserved => "RESERVED",
            Self::LooksLikeContact => "LOOKS_LIKE_CONTACT",
            Self::NotAMobile => "NOT_A_MOBILE",
            Self::RegionNotSupported => "REGION_NOT_SUPPORTED",
            Self::NotAnEmail => "NOT_AN_EMAIL",
            Self::NotAnHttpsUrl => "NOT_AN_HTTPS_URL",
            Self::NotACode(_) => "NOT_A_CODE",
            Self::CommonPassword => "COMMON_PASSWORD",
            Self::PersonalPassword => "PERSONAL_PASSWORD",
            Self::Mismatch => "MISMATCH",
            Self::SamePassword => "SAME_PASSWORD",
            Self::TermsNotAccepted => "TERMS_NOT_ACCEPTED",
            Self::ForeignAddress => "FOREIGN_ADDRESS",
            Self::UnknownProvider => "UNKNOWN_PROVIDER",
            Self::OwnAccount => "OWN_ACCOUNT",
        }
    }

    /// Returns the message for people.
    #[must_use]
    pub fn message(self, language: Language) -> String {
        let text = |chinese: &str, english: &str| match language {
            Language::Chinese => chinese.to_owned(),
            Language::English => english.to_owned(),
        };
        let with_number =
            |chinese: &str, english: &str, n: u32| text(chinese, english).replace("{n}", &n.to_string());
        match self {
            Self::Empty => text("不能为空", "This field is required."),
            Self::TooShort(n) => with_number("至少需要 {n} 个字符", "Use at least {n} characters.", n),
            Self::TooLong(n) => with_number("最多 {n} 个字符", "Use at most {n} characters.", n),
            Self::Characters => text("含有不允许的字符", "This contains characters that are not allowed."),
            Self::Confusable => {
                text("请勿混用形近字符", "Do not mix letters of different scripts that look alike.")
            }
            Self::Reserved => text("该名称不可用", "This name is not available."),
            Self::LooksLikeContact => text(
                "用户名不能是手机号或邮箱的形式",
                "A user name must not look like a mobile number or an e-mail address.",
            ),
            Self::NotAMobile => text("手机号格式不正确", "Enter a valid mobile number."),
            Self::RegionNotSupported => {
                text("暂不支持该地区的手机号", "Mobile numbers of this region are not supported.")
            }
            Self::NotAnEmail => text("邮箱格式不正确", "Enter a valid e-mail address."),
            Self::NotAnHttpsUrl => {
                text("请填写以 https:// 开头的网址", "Enter a URL that begins with https://.")
            }
            Self::NotACode(n) => with_number("请输入 {n} 位数字验证码", "Enter the code of {n} digits.", n),
            Self::CommonPassword => {
                text("密码过于简单，容易被猜到", "This password is too common and easy to guess.")
            }
            Self::PersonalPassword => text(
                "密码与用户名、昵称、手机号、邮箱或产品名过于相似",
                "This password is too similar to your user name, nickname, mobile number, e-mail address or the product's name.",
            ),
            Self::Mismatch => text("两次输入的密码不一致", "The two passwords do not match."),
            Self::SamePassword => {
                text("新密码不能与当前密码相同", "The new password must differ from the current one.")
            }
            Self::TermsNotAccepted => text("请先同意服务条款", "Accept the terms of service to continue."),
            Self::ForeignAddress => {
                text("跳转地址不在允许范围内", "Use a path, or a URL of an allowed origin.")
            }
            Self::UnknownProvider => {
                text("不支持该登录方式", "This identity provider is not available here.")
            }
            Self::OwnAccount => text("这就是您当前登录的账号", "You are already signed in to this account."),
        }
    }
}
