//! What can be wrong with a value that a person typed, in words for that person.

use super::language::Language;

/// A bad field: where it stands in the input, and what is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldFault {
    /// Names from the input object inwards, such as `contact.mobile.mobile`.
    pub path: String,
    pub fault: Fault,
}

impl FieldFault {
    /// `fault` at `path`.
    #[must_use]
    pub fn new(path: impl Into<String>, fault: Fault) -> Self {
        Self { path: path.into(), fault }
    }
}

/// What is wrong with one value. The code is for programs and stays; the message is for people.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Nothing was given.
    Empty,
    /// Fewer characters than this.
    TooShort(u32),
    /// More characters than this.
    TooLong(u32),
    /// Control characters, invisible ones, or others that this field does not take.
    Characters,
    /// Letters of several scripts, mixed so that the name looks like another.
    Confusable,
    /// A name that the operator keeps.
    Reserved,
    /// A form of another kind of identifier: a user name that looks like a mobile number or an e-mail address.
    LooksLikeContact,
    /// Not a mobile number.
    NotAMobile,
    /// A mobile number of a region that is not taken here.
    RegionNotSupported,
    /// Not an e-mail address.
    NotAnEmail,
    /// Not an address that begins with `https://`.
    NotAnHttpsUrl,
    /// Not a code: the right number of decimal digits is expected.
    NotACode(u32),
    /// A password that everybody tries first.
    CommonPassword,
    /// A password made of the person's or the product's own words.
    PersonalPassword,
    /// The repetition differs.
    Mismatch,
    /// The new password is the present one.
    SamePassword,
    /// The terms were not accepted.
    TermsNotAccepted,
    /// Neither a path nor an address of an origin that is allowed.
    ForeignAddress,
    /// No provider of that name is offered here.
    UnknownProvider,
    /// The caller's own account, where another one is meant.
    OwnAccount,
}

impl Fault {
    /// The code for programs: upper case with underscores; it does not change.
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

    /// The message for people.
    #[must_use]
    pub fn message(self, language: Language) -> String {
        match language {
            Language::Chinese => match self {
                Self::Empty => "不能为空".into(),
                Self::TooShort(least) => format!("至少需要 {least} 个字符"),
                Self::TooLong(most) => format!("最多 {most} 个字符"),
                Self::Characters => "含有不允许的字符".into(),
                Self::Confusable => "混用了容易混淆的文字".into(),
                Self::Reserved => "该名称不可使用".into(),
                Self::LooksLikeContact => "用户名不能是手机号或邮箱的形式".into(),
                Self::NotAMobile => "手机号格式不正确".into(),
                Self::RegionNotSupported => "暂不支持该地区的手机号".into(),
                Self::NotAnEmail => "邮箱格式不正确".into(),
                Self::NotAnHttpsUrl => "请填写以 https:// 开头的网址".into(),
                Self::NotACode(length) => format!("验证码为 {length} 位数字"),
                Self::CommonPassword => "该密码过于常见".into(),
                Self::PersonalPassword => "密码不能包含用户名、手机号、邮箱或产品名称".into(),
                Self::Mismatch => "两次输入不一致".into(),
                Self::SamePassword => "新密码不能与当前密码相同".into(),
                Self::TermsNotAccepted => "请先同意服务条款".into(),
                Self::ForeignAddress => "只能是本站的路径或已允许站点的网址".into(),
                Self::UnknownProvider => "不支持该登录方式".into(),
                Self::OwnAccount => "这就是您当前登录的账号".into(),
            },
            Language::English => match self {
                Self::Empty => "must not be empty".into(),
                Self::TooShort(least) => format!("needs at least {least} characters"),
                Self::TooLong(most) => format!("takes at most {most} characters"),
                Self::Characters => "has characters that are not allowed here".into(),
                Self::Confusable => "mixes scripts that are easily confused".into(),
                Self::Reserved => "cannot be used".into(),
                Self::LooksLikeContact => "must not look like a mobile number or an e-mail address".into(),
                Self::NotAMobile => "is not a mobile number".into(),
                Self::RegionNotSupported => "is of a region that is not supported".into(),
                Self::NotAnEmail => "is not an e-mail address".into(),
                Self::NotAnHttpsUrl => "must be an address that begins with https://".into(),
                Self::NotACode(length) => format!("must be {length} digits"),
                Self::CommonPassword => "is one of the most common passwords".into(),
                Self::PersonalPassword => {
                    "must not contain the user name, mobile number, e-mail address or product name".into()
                }
                Self::Mismatch => "does not match".into(),
                Self::SamePassword => "is the present one".into(),
                Self::TermsNotAccepted => "must be accepted".into(),
                Self::ForeignAddress => "must be a path, or an address of an allowed origin".into(),
                Self::UnknownProvider => "is no way to sign in that is offered here".into(),
                Self::OwnAccount => "is the account that you are signed in to".into(),
            },
        }
    }
}
