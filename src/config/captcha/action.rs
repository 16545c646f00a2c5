//! The mutations that a captcha can guard.

use std::str::FromStr;

/// A mutation that a captcha can guard. Widgets receive its name, so that a response is valid for this mutation alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CaptchaAction {
    Login,
    LoginWithCode,
    Register,
    SendSms,
    SendEmailCode,
    RequestPasswordReset,
    ResetPassword,
    BindSocial,
    RegisterWithSocial,
    MergeAccount,
}

impl CaptchaAction {
    /// Every action, in the order of the documentation.
    pub const ALL: [Self; 10] = [
        Self::Login,
        Self::LoginWithCode,
        Self::Register,
        Self::SendSms,
        Self::SendEmailCode,
        Self::RequestPasswordReset,
        Self::ResetPassword,
        Self::BindSocial,
        Self::RegisterWithSocial,
        Self::MergeAccount,
    ];

    /// Returns the name of the mutation. Turnstile accepts letters, digits, `_` and `-`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Login => "login",
            Self::LoginWithCode => "loginWithCode",
            Self::Register => "register",
            Self::SendSms => "sendSms",
            Self::SendEmailCode => "sendEmailCode",
            Self::RequestPasswordReset => "requestPasswordReset",
            Self::ResetPassword => "resetPassword",
            Self::BindSocial => "bindSocial",
            Self::RegisterWithSocial => "registerWithSocial",
            Self::MergeAccount => "mergeAccount",
        }
    }
}

impl FromStr for CaptchaAction {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|action| action.name() == text).ok_or(
            "a mutation is expected: login, loginWithCode, register, sendSms, sendEmailCode, requestPasswordReset, \
             resetPassword, bindSocial, registerWithSocial or mergeAccount",
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_back() {
        for action in CaptchaAction::ALL {
            assert_eq!(action.name().parse(), Ok(action));
        }
        assert!("Login".parse::<CaptchaAction>().is_err());
    }
}
