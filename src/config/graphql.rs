//! GraphQL: what a document may cost.

use super::reader::Reader;

/// Limits on documents, and what only development offers.
#[derive(Clone, Debug)]
pub struct GraphqlSettings {
    /// Characters of a document.
    pub max_characters: usize,
    /// Tokens of a document, counted before it is parsed.
    pub max_tokens: usize,
    /// Nested fields; those of introspection are counted apart.
    pub max_depth: usize,
    /// Fields of an operation, fragments expanded.
    pub max_complexity: usize,
    /// Aliases of an operation, fragments expanded.
    pub max_aliases: usize,
    /// Whether the API is a subgraph of Apollo Federation.
    pub federation: bool,
    /// Whether `__schema` and `__type` answer. Follows from the mode.
    pub introspection: bool,
    /// Whether GraphiQL is served. Follows from the mode.
    pub graphiql: bool,
}

impl GraphqlSettings {
    /// Reads the section. Introspection and GraphiQL are there in development only; no setting brings them back.
    pub fn read(reader: &mut Reader, development: bool) -> Self {
        let federation = reader.value(
            "graphql.federation",
            "false",
            "Whether the API is also a subgraph of Apollo Federation 2, for routers among `services.clients`.",
        );
        let mut limit = |key, default, meaning| {
            let value: usize = reader.value(key, default, meaning);
            if value == 0 {
                reader.error(key, "at least 1");
            }
            value
        };
        Self {
            max_characters: limit("graphql.max_characters", "15000", "Characters that a document may have."),
            max_tokens: limit("graphql.max_tokens", "1000", "Tokens that a document may have."),
            max_depth: limit(
                "graphql.max_depth",
                "12",
                "How deep fields may be nested, introspection apart.",
            ),
            max_complexity: limit("graphql.max_complexity", "300", "Fields that an operation may ask for."),
            max_aliases: limit("graphql.max_aliases", "30", "Aliases that an operation may use."),
            federation,
            introspection: development,
            graphiql: development,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::reader::Source;

    #[test]
    fn introspection_follows_the_mode_and_a_limit_of_nothing_is_a_fault() {
        let variables = [("MENJIN_GRAPHQL_MAX_DEPTH".to_owned(), "0".to_owned())];
        let mut reader = Reader::new(Source::from_variables(variables));
        let settings = GraphqlSettings::read(&mut reader, false);
        assert!(!settings.introspection && !settings.graphiql);
        assert_eq!((settings.max_characters, settings.max_tokens, settings.max_aliases), (15_000, 1_000, 30));
        assert_eq!(reader.finish().1.len(), 1);
        assert!(GraphqlSettings::read(&mut Reader::new(Source::default()), true).graphiql);
    }
}
