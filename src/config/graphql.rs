//! Settings of the GraphQL API.

use super::reader::Reader;

/// Limits of GraphQL documents, and features that only development mode has.
#[derive(Clone, Debug)]
pub struct GraphqlSettings {
    /// The maximum length of a document in characters.
    pub max_characters: usize,
    /// The maximum number of tokens of a document, counted before it is parsed.
    pub max_tokens: usize,
    /// The maximum depth of fields. Introspection has a limit of its own.
    pub max_depth: usize,
    /// The maximum number of fields of an operation, including those of fragments.
    pub max_complexity: usize,
    /// The maximum number of aliases of an operation, including those of fragments.
    pub max_aliases: usize,
    /// Whether the API is a subgraph of Apollo Federation.
    pub federation: bool,
    /// Whether `__schema` and `__type` are available. Follows from the mode.
    pub introspection: bool,
    /// Whether GraphiQL is served. Follows from the mode.
    pub graphiql: bool,
}

impl GraphqlSettings {
    /// Reads the section. Introspection and GraphiQL exist only in development mode; no setting enables them in
    /// production.
    pub fn read(reader: &mut Reader, development: bool) -> Self {
        let federation = reader.value(
            "graphql.federation",
            "false",
            "Whether the API is also a subgraph of Apollo Federation 2, for the routers in `services.clients`.",
        );
        let mut limit = |key, default, meaning| {
            let value: usize = reader.value(key, default, meaning);
            if value == 0 {
                reader.error(key, "must be at least 1");
            }
            value
        };
        Self {
            max_characters: limit(
                "graphql.max_characters",
                "15000",
                "The maximum length of a document in characters.",
            ),
            max_tokens: limit("graphql.max_tokens", "1000", "The maximum number of tokens of a document."),
            max_depth: limit(
                "graphql.max_depth",
                "12",
                "The maximum depth of fields, except in introspection.",
            ),
            max_complexity: limit(
                "graphql.max_complexity",
                "300",
                "The maximum number of fields of an operation.",
            ),
            max_aliases: limit("graphql.max_aliases", "30", "The maximum number of aliases of an operation."),
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
    fn introspection_follows_the_mode_and_a_limit_of_zero_is_an_error() {
        let variables = [("MENJIN_GRAPHQL_MAX_DEPTH".to_owned(), "0".to_owned())];
        let mut reader = Reader::new(Source::from_variables(variables));
        let settings = GraphqlSettings::read(&mut reader, false);
        assert!(!settings.introspection && !settings.graphiql);
        assert_eq!((settings.max_characters, settings.max_tokens, settings.max_aliases), (15_000, 1_000, 30));
        assert_eq!(reader.finish().1.len(), 1);
        assert!(GraphqlSettings::read(&mut Reader::new(Source::default()), true).graphiql);
    }
}
