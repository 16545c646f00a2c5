//! Callbacks as a form. A provider that posts its response (`response_mode=form_post`, as Apple does if the name is
//! requested) cannot post to a page of a web application. The gateway receives the form and redirects the browser to
//! that page.

use std::sync::Arc;

use url::Url;

use super::states::States;
use crate::ephemeral::EphemeralError;

/// The fields that are passed on to the page. All others stay in the gateway, in particular the user's name and
/// address.
const PASSED_ON: [&str; 4] = ["code", "state", "error", "error_description"];
/// The maximum length of each field in bytes.
const LONGEST: usize = 2_048;

/// Receives forms of providers. Cheap to clone.
#[derive(Clone)]
pub struct FormCallback {
    /// Slugs of providers that post their responses, and the pages to redirect to.
    pub pages: Arc<[(String, Url)]>,
    pub states: States,
}

impl FormCallback {
    /// Returns the redirect URL, or `None` if no provider with this slug posts its response.
    ///
    /// # Errors
    /// [`EphemeralError`] if the user's data, which the provider sends only once, could not be stored.
    pub async fn page(
        &self,
        provider: &str,
        form: &[(String, String)],
    ) -> Result<Option<Url>, EphemeralError> {
        let Some((_, page)) = self.pages.iter().find(|(slug, _)| slug == provider) else { return Ok(None) };
        let field = |name: &str| {
            let field = form.iter().find(|(field, value)| field == name && value.len() <= LONGEST);
            field.map(|(_, value)| value.as_str())
        };
        if let (Some(state), Some(user)) = (field("state"), field("user")) {
            self.states.keep_user(state, user).await?;
        }
        let mut page = page.clone();
        for name in PASSED_ON {
            if let Some(value) = field(name) {
                page.query_pairs_mut().append_pair(name, value);
            }
        }
        Ok(Some(page))
    }
}
