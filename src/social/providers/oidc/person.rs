//! What a provider says of somebody: in the ID token, and at the userinfo endpoint (`OpenID` Connect Core 1.0,
//! sections 5.1 and 5.3).

use serde_json::{Map, Value};
use url::Url;

use crate::social::client::HttpClient;
use crate::social::provider::ProviderError;
use crate::social::values;

/// What is wanted of it. Nothing of it is a must.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Person {
    pub(super) name: Option<String>,
    pub(super) picture: Option<String>,
    /// Only one that the provider has verified.
    pub(super) email: Option<String>,
}

impl Person {
    pub(super) fn read(claims: &Map<String, Value>) -> Self {
        let text = |name: &str| claims.get(name).and_then(Value::as_str);
        let nickname = |name: &str| text(name).and_then(values::nickname);
        // Apple and others write the boolean as a string.
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

    /// This, and what is missing here out of the other.
    pub(super) fn or(self, other: Self) -> Self {
        Self {
            name: self.name.or(other.name),
            picture: self.picture.or(other.picture),
            email: self.email.or(other.email),
        }
    }
}

/// What the userinfo endpoint says of the subject: nothing where it does not answer well, since nothing of it is a must.
///
/// # Errors
/// [`ProviderError::Unavailable`] where it speaks of somebody else.
pub(super) async fn userinfo(
    http: &HttpClient,
    address: &Url,
    access: &str,
    subject: &str,
) -> Result<Person, ProviderError> {
    let authorization = format!("Bearer {access}");
    let headers = [("authorization", authorization.as_str()), ("accept", "application/json")];
    let claims = match http.get(address.clone(), &headers).await {
        Ok(answer) if answer.status == 200 => serde_json::from_str::<Map<String, Value>>(&answer.text).ok(),
        _ => None,
    };
    match claims {
        None => {
            tracing::warn!(%address, "the userinfo endpoint gives nothing that can be read");
            Ok(Person::default())
        }
        Some(claims) if claims.get("sub").and_then(Value::as_str) == Some(subject) => {
            Ok(Person::read(&claims))
        }
        Some(_) => Err(ProviderError::Unavailable("the userinfo endpoint speaks of somebody else".into())),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(claims: &Value) -> Person {
        Person::read(claims.as_object().unwrap())
    }

    #[test]
    fn an_email_counts_only_when_it_is_verified() {
        for (verified, counts) in [
            (json!(true), true),
            (json!("true"), true),
            (json!(false), false),
            (json!("false"), false),
            (json!("True"), false),
            (json!(1), false),
            (json!(null), false),
        ] {
            let person = read(&json!({ "email": "a@example.com", "email_verified": verified }));
            assert_eq!(person.email.is_some(), counts, "{verified}");
        }
        assert_eq!(read(&json!({ "email": "a@example.com" })).email, None);
    }

    #[test]
    fn what_is_of_no_use_is_left_out() {
        let person =
            read(&json!({ "name": " ", "nickname": 7, "preferred_username": "ada", "picture": "data:x" }));
        assert_eq!(person, Person { name: Some("ada".into()), ..Person::default() });
        assert!(!person.is_complete());
        let other = read(&json!({ "name": "Other", "picture": "https://a.example/p" })).or(person);
        assert_eq!(
            (other.name.as_deref(), other.picture.as_deref()),
            (Some("Other"), Some("https://a.example/p"))
        );
    }
}
