//! The user's claims, in the ID token and at the userinfo endpoint (`OpenID` Connect Core 1.0, sections 5.1 and 5.3).

use serde_json::{Map, Value};
use url::Url;

use crate::social::client::HttpClient;
use crate::social::provider::ProviderError;
use crate::social::values;

/// The used claims. All are optional.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct UserInfo {
    pub(super) name: Option<String>,
    pub(super) picture: Option<String>,
    /// Set only if the provider has verified the address.
    pub(super) email: Option<String>,
}

impl UserInfo {
    pub(super) fn from_claims(claims: &Map<String, Value>) -> Self {
        let text = |name: &str| claims.get(name).and_then(Value::as_str);
        let nickname = |name: &str| text(name).and_then(values::nickname);
        // Apple and other providers send the boolean as a string.
        let verified = match claims.get("email_verified") {
            Some(Value::Bool(verified)) => *verified,
            Some(Value::String(verified)) => verified == "true",
            _ => false,
        };
        Self {
            name: nickname("name")
                .or_else(|| nickname("nickname"))
                .or_else(|| nickname("preferred_username")),
            picture: text("picture").and_then(values::avatar),
            email: text("email").filter(|_| verified).and_then(values::email),
        }
    }

    pub(super) fn is_complete(&self) -> bool {
        self.name.is_some() && self.picture.is_some() && self.email.is_some()
    }

    /// Fills missing claims from `other`.
    pub(super) fn or(self, other: Self) -> Self {
        Self {
            name: self.name.or(other.name),
            picture: self.picture.or(other.picture),
            email: self.email.or(other.email),
        }
    }
}

/// Fetches the claims of the userinfo endpoint. Returns no claims if the endpoint fails, because all claims are optional.
///
/// # Errors
/// [`ProviderError::Unavailable`] if the claims belong to another user.
pub(super) async fn fetch(
    http: &HttpClient,
    url: &Url,
    access: &str,
    subject: &str,
) -> Result<UserInfo, ProviderError> {
    let authorization = format!("Bearer {access}");
    let headers = [("authorization", authorization.as_str()), ("accept", "application/json")];
    let claims = match http.get(url.clone(), &headers).await {
        Ok(response) if response.status == 200 => {
            serde_json::from_str::<Map<String, Value>>(&response.text).ok()
        }
        _ => None,
    };
    match claims {
        None => {
            tracing::warn!(%url, "no valid response of the userinfo endpoint; continuing with the ID token");
            Ok(UserInfo::default())
        }
        Some(claims) if claims.get("sub").and_then(Value::as_str) == Some(subject) => {
            Ok(UserInfo::from_claims(&claims))
        }
        Some(_) => Err(ProviderError::Unavailable("the userinfo endpoint returned another user".into())),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(claims: &Value) -> UserInfo {
        UserInfo::from_claims(claims.as_object().unwrap())
    }

    #[test]
    fn only_a_verified_email_address_is_used() {
        for (verified, used) in [
            (json!(true), true),
            (json!("true"), true),
            (json!(false), false),
            (json!("false"), false),
            (json!("True"), false),
            (json!(1), false),
            (json!(null), false),
        ] {
            let info = read(&json!({ "email": "a@example.com", "email_verified": verified }));
            assert_eq!(info.email.is_some(), used, "{verified}");
        }
        assert_eq!(read(&json!({ "email": "a@example.com" })).email, None);
    }

    #[test]
    fn invalid_claims_are_ignored_and_missing_ones_filled() {
        let info =
            read(&json!({ "name": " ", "nickname": 7, "preferred_username": "ada", "picture": "data:x" }));
        assert_eq!(info, UserInfo { name: Some("ada".into()), ..UserInfo::default() });
        assert!(!info.is_complete());
        let other = read(&json!({ "name": "Other", "picture": "https://a.example/p" })).or(info);
        assert_eq!(
            (other.name.as_deref(), other.picture.as_deref()),
            (Some("Other"), Some("https://a.example/p"))
        );
    }
}
