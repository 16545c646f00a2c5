//! Callbacks that come as a form. A provider that posts (`response_mode=form_post`, as Apple's does when a name is asked
//! for) cannot reach a page of a web application: the gateway takes the form and sends the browser on to that page.

use std::sync::Arc;

use url::Url;

use super::states::States;
use crate::ephemeral::EphemeralError;

/// What of a form goes on to the page. Everything else stays here, the person's name and address above all.
const PASSED_ON: [&str; 4] = ["code", "state", "error", "error_description"];
/// In bytes, of each field.
const LONGEST: usize = 2_048;

/// Takes forms of providers. Cheap to clone.
#[derive(Clone)]
pub struct FormCallback {
    /// Slugs of providers that post, and the pages where their callbacks go.
    pub pages: Arc<[(String, Url)]>,
    pub states: States,
}

impl FormCallback {
    /// Where the browser is sent; `None` where no provider of that slug posts.
    ///
    /// # Errors
    /// [`EphemeralError`]: what the provider tells once about the person could not be kept.
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
