//! What the tests have in common.

pub mod browser;
pub mod captcha;
pub mod cli;
pub mod logs;
pub mod people;
pub mod provider;
pub mod proxy;
pub mod receiver;
pub mod reply;
pub mod rows;
pub mod social;
pub mod sql;
pub mod world;

pub use browser::Browser;
pub use people::{PASSWORD, Person};
pub use reply::{Reply, invalid_fields, kind, timestamp};
pub use world::{Backend, World};

use rstest_reuse::template;

/// Runs a test once per backend, as `<name>::case_1_embedded` and `<name>::case_2_servers`.
#[template]
#[rstest::rstest]
#[case::embedded(Backend::Embedded)]
#[case::servers(Backend::Servers)]
#[tokio::test(flavor = "multi_thread")]
pub async fn both_backends(#[case] backend: Backend) {}
