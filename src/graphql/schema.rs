//! The whole schema, put together from its features.

use async_graphql::{EmptySubscription, MergedObject, ObjectType, SDLExportOptions, Schema, SchemaBuilder};
use chrono::{DateTime, Utc};

use super::accounts::AccountMutations;
use super::availability::AvailabilityQueries;
use super::codes::CodeMutations;
use super::contact::ContactMutations;
use super::deletion::DeletionMutations;
use super::delivery::DeliveryQueries;
use super::me::MeQueries;
use super::merge::MergeMutations;
use super::password::{PasswordMutations, PasswordQueries};
use super::problem::Problem;
use super::profile::ProfileMutations;
use super::qq::QqMutations;
use super::sessions::SessionMutations;
use super::settings::SettingsQueries;
use super::social::SocialMutations;
use super::social_link::LinkMutations;

/// What clients may ask, whether the API is a subgraph or not.
#[derive(MergedObject, Default)]
pub struct Questions(MeQueries, SettingsQueries, AvailabilityQueries, PasswordQueries, DeliveryQueries);

/// What can be asked. None of it changes anything.
#[derive(MergedObject, Default)]
pub struct Query(Questions);

/// What can be done. Each field answers a union: its success or a refusal. Every refusal is a `Problem`.
#[derive(MergedObject, Default)]
pub struct Mutation(
    CodeMutations,
    AccountMutations,
    PasswordMutations,
    ContactMutations,
    ProfileMutations,
    DeletionMutations,
    QqMutations,
    SocialMutations,
    LinkMutations,
    MergeMutations,
    SessionMutations,
);

/// What may stand at the root of questions: those of clients, and perhaps those of routers.
pub trait Root: ObjectType + 'static {}
impl<Q: ObjectType + 'static> Root for Q {}

/// The schema of this gateway.
pub type GatewaySchema<Q = Query> = Schema<Q, Mutation, EmptySubscription>;

/// The schema without its services.
pub type Builder<Q = Query> = SchemaBuilder<Q, Mutation, EmptySubscription>;

/// The schema without its services.
#[must_use]
pub fn builder() -> Builder {
    finished(Schema::build(Query::default(), Mutation::default(), EmptySubscription))
}

/// With what no field mentions.
pub(super) fn finished<Q: Root>(builder: Builder<Q>) -> Builder<Q> {
    builder.register_output_type::<Problem>().override_output_type_description::<DateTime<Utc>>(
        "A moment as RFC 3339 has it, in UTC: `2026-01-31T08:00:00.000000+00:00`.",
    )
}

/// The contract as text, as `schema.graphql` holds it.
#[must_use]
pub fn sdl() -> String {
    let options = SDLExportOptions::new().sorted_enum_items().prefer_single_line_descriptions();
    builder().finish().sdl_with_options(options)
}
