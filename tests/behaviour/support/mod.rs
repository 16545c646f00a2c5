//! What the stories stand on.

pub mod browser;
pub mod cli;
pub mod logs;
pub mod people;
pub mod provider;
pub mod proxy;
pub mod reply;
pub mod rows;
pub mod social;
pub mod sql;
pub mod world;

pub use browser::Browser;
pub use people::{PASSWORD, Person};
pub use reply::{Reply, at, bad_fields, kind};
pub use world::{Kind, World};

/// Makes two tests of a story: `<name>::embedded` and `<name>::servers`. Settings may stand in front of it.
macro_rules! on_both {
    ($(#[$meta:meta])* async fn $name:ident($world:ident: &$type:ident) $body:block) => {
        on_both!([] $(#[$meta])* async fn $name($world: &$type) $body);
    };
    ([$($setting:expr),*] $(#[$meta:meta])* async fn $name:ident($world:ident: &$type:ident) $body:block) => {
        $(#[$meta])*
        mod $name {
            use super::*;

            async fn story($world: &$type) $body

            #[tokio::test(flavor = "multi_thread")]
            async fn embedded() {
                $crate::support::world::run($crate::support::Kind::Embedded, &[$($setting),*], async |world| {
                    story(world).await;
                })
                .await;
            }

            #[tokio::test(flavor = "multi_thread")]
            async fn servers() {
                $crate::support::world::run($crate::support::Kind::Servers, &[$($setting),*], async |world| {
                    story(world).await;
                })
                .await;
            }
        }
    };
}
