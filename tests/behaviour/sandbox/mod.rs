//! The providers of the sandbox send what the real ones send, byte for byte, and refuse what those refuse.

mod oidc;
mod others;
mod pages;
mod production;
mod qq;

use reqwest::Method;

use super::support::World;
use super::support::provider::request;

/// The names under which the gateway is known at every provider of the sandbox.
const CLIENT: &str = "101000001";
const SECRET: &str = "sandbox-secret-that-guards-nothing";

/// The address of a path of the gateway.
fn at(world: &World, path: &str) -> String {
    format!("http://{}{path}", world.gateway.address())
}

/// Where the browser comes back to.
fn page(world: &World, provider: &str) -> String {
    at(world, &format!("/sandbox/callback/{provider}"))
}

/// An address with parameters.
fn with(address: &str, parameters: &[(&str, &str)]) -> String {
    url::Url::parse_with_params(address, parameters).expect("an address").into()
}

/// Status, content type and body of an answer to GET.
async fn get(address: &str, parameters: &[(&str, &str)]) -> (u16, String, String) {
    let response = request(Method::GET, &with(address, parameters)).send().await.expect("an answer");
    let kind = response.headers()["content-type"].to_str().expect("a type").to_owned();
    (response.status().as_u16(), kind, response.text().await.expect("a body"))
}
