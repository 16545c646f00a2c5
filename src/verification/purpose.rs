//! What a code is for.

/// A code sent for one purpose is worth nothing for another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Purpose {
    Register,
    Login,
    ResetPassword,
    /// Joining a social account to an account here.
    Bind,
    ChangeContact,
}

impl Purpose {
    /// The word that is part of digests, keys and log lines; it does not change.
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
