//! The providers of the sandbox respond like the real ones, byte for byte, and refuse the same requests.

mod oidc;
mod others;
mod pages;
mod production;
mod qq;

use reqwest::Method;

use super::support::World;
use super::support::provider::request;

/// The client id and secret of the gateway at every provider of the sandbox.
const CLIENT: &str = "101000001";
const SECRET: &str = "sandbox-secret-that-guards-nothing";

/// Returns the URL of a path of the gateway.
fn at(world: &World, path: &str) -> String {
    format!("http://{}{path}", world.gateway.address())
}

/// Returns the redirect URI.
fn page(world: &World, provider: &str) -> String {
    at(world, &format!("/sandbox/callback/{provider}"))
}

/// Returns a URL with parameters.
fn with(address: &str, parameters: &[(&str, &str)]) -> String {
    url::Url::parse_with_params(address, parameters).expect("an address").into()
}

/// Returns status, content type and body of the response to a GET request.
async fn get(address: &str, parameters: &[(&str, &str)]) -> (u16, String, String) {
    let response = request(Method::GET, &with(address, parameters)).send().await.expect("a response");
    let kind = response.headers()["content-type"].to_str().expect("a type").to_owned();
    (response.status().as_u16(), kind, response.text().await.expect("a body"))
}
