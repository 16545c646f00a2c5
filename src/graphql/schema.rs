//! The complete schema, composed of the features.

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

/// Queries for clients, with or without federation.
#[derive(MergedObject, Default)]
pub struct Questions(MeQueries, SettingsQueries, AvailabilityQueries, PasswordQueries, DeliveryQueries);

/// Queries. They change nothing.
#[derive(MergedObject, Default)]
pub struct Query(Questions);

/// Mutations. Each returns a union of its success type and its refusals. Every refusal is a `Problem`.
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

/// A query type: that of clients, or that with the fields for routers.
pub trait Root: ObjectType + 'static {}
impl<Q: ObjectType + 'static> Root for Q {}

/// The schema of this gateway.
pub type GatewaySchema<Q = Query> = Schema<Q, Mutation, EmptySubscription>;

/// The builder of the schema, without services.
pub type Builder<Q = Query> = SchemaBuilder<Q, Mutation, EmptySubscription>;

/// Returns the builder of the schema, without services.
#[must_use]
pub fn builder() -> Builder {
    finished(Schema::build(Query::default(), Mutation::default(), EmptySubscription))
}

/// Adds types that no field refers to.
pub(super) fn finished<Q: Root>(builder: Builder<Q>) -> Builder<Q> {
    builder.register_output_type::<Problem>().override_output_type_description::<DateTime<Utc>>(
        "A point in time in RFC 3339 format, in UTC: `2026-01-31T08:00:00.000000+00:00`.",
    )
}

/// Returns the schema as text, as in `schema.graphql`.
#[must_use]
pub fn sdl() -> String {
    let options = SDLExportOptions::new().sorted_enum_items().prefer_single_line_descriptions();
    builder().finish().sdl_with_options(options)
}
