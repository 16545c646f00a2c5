//! What a code is for.

/// The purpose of a code. A code for one purpose is invalid for every other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Purpose {
    Register,
    Login,
    ResetPassword,
    /// Linking an identity at a provider to an account, or registering an account for it.
    Bind,
    ChangeContact,
}

impl Purpose {
    /// Returns the word in digests, keys and log lines. It never changes.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Register => "register",
            Self::Login => "login",
            Self::ResetPassword => "reset_password",
            Self::Bind => "bind",
            Self::ChangeContact => "change_contact",
        }
    }
}
