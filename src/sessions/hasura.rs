//! The claims of Hasura: in access tokens (its JWT mode) and in a response (its webhook mode).

use serde::{Deserialize, Serialize};

use crate::core::ids::UserId;

/// The superuser of Hasura, which no permission restricts. A role of an account with this name is never passed on.
const SUPERUSER: &str = "admin";

/// The claims below `https://hasura.io/jwt/claims`.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq, Eq)]
pub struct HasuraClaims {
    #[serde(rename = "x-hasura-user-id")]
    pub user_id: String,
    #[serde(rename = "x-hasura-default-role")]
    pub default_role: String,
    /// The default role first.
    #[serde(rename = "x-hasura-allowed-roles")]
    pub allowed_roles: Vec<String>,
}

impl HasuraClaims {
    /// Builds the claims of a user. All users have `default_role`, and their own roles except for the superuser of Hasura.
    #[must_use]
    pub fn new(user: UserId, roles: &[String], default_role: &str) -> Self {
        let mut allowed_roles = vec![default_role.to_owned()];
        for role in roles {
            if !allowed_roles.contains(role) && !is_superuser(role) && !role.is_empty() {
                allowed_roles.push(role.clone());
            }
        }
        Self { user_id: user.to_string(), default_role: default_role.to_owned(), allowed_roles }
    }

    /// Returns the role of a request: the requested one, or the default; `None` when the user does not have it.
    #[must_use]
    pub fn role<'a>(&'a self, asked: Option<&str>) -> Option<&'a str> {
        match asked {
            None => Some(&self.default_role),
            Some(asked) => self.allowed_roles.iter().find(|role| *role == asked).map(String::as_str),
        }
    }
}

fn is_superuser(role: &str) -> bool {
    role.trim().eq_ignore_ascii_case(SUPERUSER)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::clock::Clock;
    use crate::core::random::Random;

    #[test]
    fn nobody_becomes_hasuras_superuser() {
        let user = UserId::new(&Clock::system(), &Random::seeded(1));
        let roles = ["editor", "admin", "Admin ", "user", "editor", ""].map(str::to_owned);
        let claims = HasuraClaims::new(user, &roles, "user");
        assert_eq!(claims.allowed_roles, ["user", "editor"]);
        assert_eq!(claims.role(None), Some("user"));
        assert_eq!(claims.role(Some("editor")), Some("editor"));
        for role in ["admin", "Admin ", "", "Editor", "other"] {
            assert_eq!(claims.role(Some(role)), None, "{role}");
        }
    }
}
