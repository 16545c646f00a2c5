//! The roles of an account, stored as a JSON array of strings.

use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::expression::AsExpression;
use diesel::pg::{Pg, PgValue};
use diesel::serialize::{self, IsNull, Output, ToSql};
use diesel::sql_types::Text;
use diesel::sqlite::{Sqlite, SqliteValue};

use crate::core::roles::Roles;

/// Roles in the database.
#[derive(Clone, Debug, AsExpression, FromSqlRow)]
#[diesel(sql_type = Text)]
pub struct RolesJson(pub Roles);

impl From<Roles> for RolesJson {
    fn from(roles: Roles) -> Self {
        Self(roles)
    }
}

impl From<RolesJson> for Roles {
    fn from(roles: RolesJson) -> Self {
        roles.0
    }
}

fn from_column(text: &str) -> deserialize::Result<RolesJson> {
    Roles::from_json(text)
        .map(RolesJson)
        .ok_or_else(|| "the roles of an account are no list of strings".into())
}

impl ToSql<Text, Pg> for RolesJson {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        std::io::Write::write_all(out, self.0.to_json().as_bytes())?;
        Ok(IsNull::No)
    }
}

impl FromSql<Text, Pg> for RolesJson {
    fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
        from_column(std::str::from_utf8(value.as_bytes())?)
    }
}

impl ToSql<Text, Sqlite> for RolesJson {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
        out.set_value(self.0.to_json());
        Ok(IsNull::No)
    }
}

impl FromSql<Text, Sqlite> for RolesJson {
    fn from_sql(mut value: SqliteValue<'_, '_, '_>) -> deserialize::Result<Self> {
        from_column(value.read_text())
    }
}
