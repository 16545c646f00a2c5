//! How sessions were opened.

use std::fmt;
use std::str::FromStr;

use diesel::deserialize::FromSqlRow;
use diesel::expression::AsExpression;
use diesel::sql_types::Text;

/// How the owner of a session authenticated. In the database `password`, `sms_code`, `email_code` or `provider:<slug>`.
#[derive(Clone, Debug, PartialEq, Eq, AsExpression, FromSqlRow)]
#[diesel(sql_type = Text)]
pub enum SessionMethod {
    Password,
    SmsCode,
    EmailCode,
    /// A social provider authenticated the owner. The value is the provider's slug.
    Provider(String),
}

const PROVIDER: &str = "provider:";

impl SessionMethod {
    /// Returns the method in audit entries: a session of a provider is named by the slug alone.
    #[must_use]
    pub fn audit_name(&self) -> &str {
        match self {
            Self::Password => "password",
            Self::SmsCode => "sms_code",
            Self::EmailCode => "email_code",
            Self::Provider(slug) => slug,
        }
    }
}

impl fmt::Display for SessionMethod {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Self::Provider(_) = self {
            f.write_str(PROVIDER)?;
        }
        f.write_str(self.audit_name())
    }
}

/// Error: the text is not the method of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnknownMethod;

impl FromStr for SessionMethod {
    type Err = UnknownMethod;

    fn from_str(text: &str) -> Result<Self, UnknownMethod> {
        match text {
            "password" => Ok(Self::Password),
            "sms_code" => Ok(Self::SmsCode),
            "email_code" => Ok(Self::EmailCode),
            _ => match text.strip_prefix(PROVIDER) {
                Some(slug) if !slug.is_empty() => Ok(Self::Provider(slug.to_owned())),
                Some(_) | None => Err(UnknownMethod),
            },
        }
    }
}
