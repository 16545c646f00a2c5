//! A subgraph of Apollo Federation 2: `User` with its key, for authenticated routers.
//!
//! `_entities` reads accounts by id, and a router sends requests of any user. So only authenticated services can query
//! it, and personal fields are visible only to the user whose token the request contains. Otherwise any `author { email
//! }` that a router resolves would disclose e-mail addresses of other users.

use async_graphql::parser::types::{ExecutableDocument, Selection, SelectionSet};
use async_graphql::{Context, EmptySubscription, ID, MergedObject, Object, Schema};

use super::context::ContextExt as _;
use super::error::ApiError;
use super::schema::{Builder, Mutation, Questions, finished};
use super::user::User;
use crate::core::ids::UserId;

/// Queries of clients and of routers.
#[derive(MergedObject, Default)]
#[graphql(name = "Query")]
pub struct FederatedQuery(Questions, Entities);

/// Entities with a key.
#[derive(Default)]
pub struct Entities;

#[Object]
impl Entities {
    /// Finds an active account by id.
    #[graphql(entity)]
    async fn find_user_by_id(&self, ctx: &Context<'_>, id: ID) -> Result<Option<User>, ApiError> {
        let Ok(id) = id.parse::<uuid::Uuid>() else { return Ok(None) };
        let user = ctx.accounts().find_active(UserId(id)).await?;
        Ok(user.map(User))
    }
}

/// Returns the builder of a subgraph's schema, without services.
#[must_use]
pub fn federated() -> Builder<FederatedQuery> {
    finished(Schema::build(FederatedQuery::default(), Mutation::default(), EmptySubscription))
        .enable_federation()
}

/// Returns whether a document contains a field that is only for routers, in any operation, at any depth. No other field
/// has these names.
pub(super) fn is_for_routers(document: &ExecutableDocument) -> bool {
    let operations = document.operations.iter().map(|(_, operation)| &operation.node.selection_set.node);
    let fragments = document.fragments.values().map(|fragment| &fragment.node.selection_set.node);
    operations.chain(fragments).any(asks)
}

fn asks(set: &SelectionSet) -> bool {
    set.items.iter().any(|item| match &item.node {
        Selection::Field(field) => {
            matches!(field.node.name.node.as_str(), "_entities" | "_service")
                || asks(&field.node.selection_set.node)
        }
        Selection::InlineFragment(fragment) => asks(&fragment.node.selection_set.node),
        Selection::FragmentSpread(_) => false,
    })
}

#[cfg(test)]
mod tests {
    use async_graphql::parser::parse_query;

    use super::*;

    #[test]
    fn the_questions_of_routers_are_found_wherever_they_stand() {
        let found = |query: &str| is_for_routers(&parse_query(query).unwrap());
        for query in [
            "{ _service { sdl } }",
            "query A { a } query B { x: _entities(representations: []) { __typename } }",
            "{ ... on Query { ... { _service { sdl } } } }",
            "{ ...f } fragment f on Query { _service { sdl } }",
        ] {
            assert!(found(query), "{query}");
        }
        assert!(!found("{ entities: me { _entity: id service: _id } __typename }"));
    }

    #[test]
    fn the_subgraph_tells_its_key_and_the_plain_schema_nothing_of_it() {
        let sdl = federated().finish().sdl_with_options(async_graphql::SDLExportOptions::new().federation());
        assert!(sdl.contains("type User @key(fields: \"id\")"), "{sdl}");
        assert!(sdl.contains("https://specs.apollo.dev/federation/v2"));
        let plain = super::super::schema::sdl();
        assert!(!plain.contains("@key") && !plain.contains("_entities") && !plain.contains("_Any"));
    }
}
