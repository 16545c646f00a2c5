//! What Hasura wants to know of a person: as claims of access tokens (its JWT mode) and as an answer (its webhook mode).

use serde::{Deserialize, Serialize};

use crate::core::ids::UserId;

/// Hasura's own superuser, whom no permission binds. A role of ours that happens to have this name is not meant by it.
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
    /// Those of a person. Everybody may act in `default_role`, and in their own roles but for Hasura's superuser.
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

    /// The role to act in: the one that is asked for, or the default; `None` when the person may not act in it.
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
