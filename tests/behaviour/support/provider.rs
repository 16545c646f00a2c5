//! A person on the consent page of a provider of the sandbox.

use std::sync::LazyLock;

use reqwest::redirect::Policy;
use reqwest::{Method, Response};
use url::Url;

/// What the consent page sends back to the application.
#[derive(Debug, Default)]
pub struct Consent {
    pub code: Option<String>,
    pub state: Option<String>,
    /// Where the browser is sent; empty if it stays at the provider.
    pub url: String,
    /// All parameters, in order.
    pub fields: Vec<(String, String)>,
    /// The page where the browser stays, or the form that it posts.
    pub page: String,
}

impl Consent {
    /// Returns a parameter by name.
    pub fn field(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str())
    }

    fn of(url: String, fields: Vec<(String, String)>, page: String) -> Self {
        let mut consent = Self { url, fields, page, ..Self::default() };
        consent.code = consent.field("code").map(ToOwned::to_owned);
        consent.state = consent.field("state").map(ToOwned::to_owned);
        consent
    }
}

/// A client that follows no redirects, because the tests look at them.
static HTTP: LazyLock<reqwest::Client> = LazyLock::new(|| {
    let client = reqwest::Client::builder().pool_max_idle_per_host(0).no_proxy().redirect(Policy::none());
    client.build().expect("an HTTP client")
});

/// Builds a request that follows no redirect.
pub fn request(method: Method, url: &str) -> reqwest::RequestBuilder {
    HTTP.request(method, url)
}

/// Opens the URL, chooses `person` (`han`, `li`, `lucy`, `wang`, `smile`) and the failure (a value of the list on the
/// page, such as `code_expired`), and agrees, as a browser does. Panics if it is not a consent page.
pub async fn consent(authorize_url: &str, person: &str, failure: Option<&str>) -> Consent {
    answer(authorize_url, person, failure, "allow").await
}

/// Does the same, but refuses.
pub async fn refuse(authorize_url: &str, person: &str) -> Consent {
    answer(authorize_url, person, None, "refuse").await
}

async fn answer(authorize_url: &str, person: &str, failure: Option<&str>, decision: &str) -> Consent {
    let page = request(Method::GET, authorize_url).send().await.expect("the provider answers");
    let url = page.url().clone();
    let page = text(page).await;
    let (action, mut fields) = form(&page).unwrap_or_else(|| panic!("no consent page: {page}"));
    let action = url.join(&action).expect("an address");
    let failure = failure.unwrap_or("none");
    assert!(page.contains(&format!("value=\"{failure}\"")), "the page has no option {failure}");
    for (name, value) in [("person", person), ("failure", failure), ("decision", decision)] {
        fields.push((name.to_owned(), value.to_owned()));
    }
    let origin = url.origin().ascii_serialization();
    let sent = request(Method::POST, action.as_str()).header("origin", origin).form(&fields);
    let response = sent.send().await.expect("the provider answers");
    if let Some(location) = response.headers().get("location") {
        let location = location.to_str().expect("an address").to_owned();
        let fields = Url::parse(&location).expect("an address").query_pairs().into_owned().collect();
        return Consent::of(location, fields, String::new());
    }
    let page = text(response).await;
    let (url, fields) = form(&page).unwrap_or_default();
    Consent::of(url, fields, page)
}

async fn text(response: Response) -> String {
    response.text().await.expect("a whole page")
}

/// Returns the action of the page's form, and its hidden fields.
fn form(page: &str) -> Option<(String, Vec<(String, String)>)> {
    let form = page.split_once("<form ")?.1.split_once("</form>")?.0;
    let action = attribute(form, "action")?;
    let inputs = form.split("<input ").skip(1).filter(|input| input.contains("type=\"hidden\""));
    let fields = inputs.filter_map(|input| Some((attribute(input, "name")?, attribute(input, "value")?)));
    Some((action, fields.collect()))
}

/// Returns the first value of an attribute, unescaped.
fn attribute(text: &str, name: &str) -> Option<String> {
    let value = text.split_once(&format!("{name}=\""))?.1.split_once('"')?.0;
    let plain =
        [("&#x2f;", "/"), ("&#x27;", "'"), ("&quot;", "\""), ("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&")];
    Some(plain.iter().fold(value.to_owned(), |text, (entity, plain)| text.replace(entity, plain)))
}
