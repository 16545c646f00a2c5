//! Words that are stored as `TEXT`. Reading an unknown word is an error, never a default.

use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::expression::AsExpression;
use diesel::pg::{Pg, PgValue};
use diesel::serialize::{self, IsNull, Output, ToSql};
use diesel::sql_types::Text;
use diesel::sqlite::{Sqlite, SqliteValue};
use serde::{Serialize, Serializer};

use super::audit_kind::Kind;
use super::session_method::SessionMethod;

/// The status of an account. Deletion by the owner is a column of its own, `delete_at`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::Display, strum::EnumString, AsExpression, FromSqlRow)]
#[strum(serialize_all = "snake_case")]
#[diesel(sql_type = Text)]
pub enum AccountStatus {
    Active,
    /// An operator disabled the account.
    Disabled,
    /// The account was merged into another one.
    Merged,
}

/// The state of a key that signs access tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::Display, strum::EnumString, AsExpression, FromSqlRow)]
#[strum(serialize_all = "snake_case")]
#[diesel(sql_type = Text)]
pub enum KeyState {
    /// The key is published and does not sign yet.
    Next,
    /// The key signs.
    Active,
    /// The key no longer signs. It verifies the tokens that it signed.
    Retiring,
}

/// How a message is delivered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::Display, strum::EnumString, AsExpression, FromSqlRow)]
#[strum(serialize_all = "snake_case")]
#[diesel(sql_type = Text)]
pub enum Channel {
    Sms,
    Email,
}

/// The delivery status of a message. Only `Queued` messages are sent; a receipt of the carrier can change `Sent`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::Display, strum::EnumString, AsExpression, FromSqlRow)]
#[strum(serialize_all = "snake_case")]
#[diesel(sql_type = Text)]
pub enum MessageStatus {
    /// The message waits to be sent or is being sent.
    Queued,
    /// A carrier or mail server accepted the message.
    Sent,
    /// The carrier reported that the recipient has the message.
    Delivered,
    /// Sending failed permanently, or the worker gave up after too many attempts.
    Failed,
    /// The message expired before it could be sent.
    Expired,
}

/// The status of a webhook delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::Display, strum::EnumString, AsExpression, FromSqlRow)]
#[strum(serialize_all = "snake_case")]
#[diesel(sql_type = Text)]
pub enum WebhookStatus {
    /// The event waits to be sent or is being sent.
    Queued,
    /// The endpoint accepted the event.
    Delivered,
    /// The endpoint does not exist any more, or did not accept the event within three days.
    Failed,
}

/// Stores a type as `TEXT` and serializes it, in the form of its `Display` and `FromStr`.
macro_rules! stored_as_text {
    ($($name:ident),+) => {$(
        impl $name {
            fn from_column(text: &str) -> deserialize::Result<Self> {
                text.parse().map_err(|_| concat!("unknown ", stringify!($name), " in the database").into())
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl ToSql<Text, Pg> for $name {
            fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
                std::io::Write::write_all(out, self.to_string().as_bytes())?;
                Ok(IsNull::No)
            }
        }

        impl FromSql<Text, Pg> for $name {
            fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
                Self::from_column(std::str::from_utf8(value.as_bytes())?)
            }
        }

        impl ToSql<Text, Sqlite> for $name {
            fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
                out.set_value(self.to_string());
                Ok(IsNull::No)
            }
        }

        impl FromSql<Text, Sqlite> for $name {
            fn from_sql(mut value: SqliteValue<'_, '_, '_>) -> deserialize::Result<Self> {
                Self::from_column(value.read_text())
            }
        }
    )+};
}

stored_as_text!(AccountStatus, KeyState, Channel, MessageStatus, Kind, SessionMethod, WebhookStatus);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_read_back_and_unknown_ones_are_errors() {
        for (status, word) in [
            (AccountStatus::Active, "active"),
            (AccountStatus::Disabled, "disabled"),
            (AccountStatus::Merged, "merged"),
        ] {
            assert_eq!(status.to_string(), word);
            assert_eq!(AccountStatus::from_column(word).ok(), Some(status));
        }
        for (method, word) in [
            (SessionMethod::Password, "password"),
            (SessionMethod::SmsCode, "sms_code"),
            (SessionMethod::EmailCode, "email_code"),
            (SessionMethod::Provider("qq".into()), "provider:qq"),
        ] {
            assert_eq!(method.to_string(), word);
            assert_eq!(SessionMethod::from_column(word).ok(), Some(method));
        }
        assert_eq!(Kind::from_column("proof_failed").ok(), Some(Kind::ReauthenticationFailed));
        assert!(AccountStatus::from_column("deleted").is_err());
        assert!(MessageStatus::from_column("Queued").is_err());
        assert!(KeyState::from_column("").is_err());
        assert!(Channel::from_column("fax").is_err());
        assert!(Kind::from_column("signed").is_err());
        for word in ["provider", "provider:", "sms"] {
            assert!(SessionMethod::from_column(word).is_err(), "{word}");
        }
    }
}
