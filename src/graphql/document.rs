//! Checks documents before the executor receives them.

use std::collections::HashSet;

use async_graphql::parser::types::{ExecutableDocument, OperationDefinition, OperationType};
use async_graphql::parser::{Error as ParserError, parse_query};
use async_graphql::{Name, Pos, Value as ConstValue, Variables};

use super::error_code::ErrorCode;
use super::tokens;
use super::weight::Scales;
pub use super::weight::{Limits, Refusal};

/// The kind of an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Query,
    Mutation,
}

/// A document within the limits.
pub struct Document {
    /// The kind of the operation that will be executed.
    pub kind: Kind,
    pub parsed: ExecutableDocument,
    /// The required variables and the positions of their definitions.
    required: Vec<(Name, Pos)>,
    /// The positions of arguments that contain variables.
    variable_arguments: HashSet<Pos>,
}

impl Document {
    /// Checks that all required variables have values.
    ///
    /// # Errors
    /// [`ErrorCode::InvalidVariables`] if a required variable has no value.
    pub fn check_variables(&self, variables: &Variables) -> Result<(), Refusal> {
        let missing = |name: &Name| matches!(variables.get(name), None | Some(ConstValue::Null));
        let positions: Vec<_> =
            self.required.iter().filter(|(name, _)| missing(name)).map(|(_, at)| *at).collect();
        if positions.is_empty() {
            return Ok(());
        }
        Err(Refusal { code: ErrorCode::InvalidVariables, locations: positions })
    }

    /// Returns whether the argument at this position contains a variable.
    #[must_use]
    pub fn holds_variable(&self, argument: &[Pos]) -> bool {
        argument.iter().any(|position| self.variable_arguments.contains(position))
    }
}

/// Parses `query` and measures all its operations, including those that are not executed.
pub fn check(query: &str, operation_name: Option<&str>, limits: &Limits) -> Result<Document, Refusal> {
    if query.chars().take(limits.characters.saturating_add(1)).count() > limits.characters {
        return Err(ErrorCode::DocumentTooLong.into());
    }
    tokens::count(query, limits.tokens)?;
    let parsed = parse_query(query).map_err(|error| unparsable(&error))?;

    let mut scales = Scales::new(&parsed);
    for name in parsed.fragments.keys() {
        // Fragments that are not spread are measured too, because validation visits them.
        scales.fragment(name, Pos::default(), 0)?;
    }
    let mut selected = None;
    let mut operations = 0_usize;
    for (name, operation) in parsed.operations.iter() {
        operations += 1;
        let weight = scales.selection_set(&operation.node.selection_set.node, 0)?;
        weight.check(limits).map_err(|code| Refusal::at(code, operation.pos))?;
        if operation_name.is_none() || operation_name == name.map(Name::as_str) {
            selected = Some((operation, weight));
        }
    }
    let (operation, weight) = match selected {
        Some(selected) if operation_name.is_some() || operations == 1 => selected,
        Some(_) | None => return Err(ErrorCode::OperationNotFound.into()),
    };
    let kind = match operation.node.ty {
        OperationType::Query => Kind::Query,
        OperationType::Mutation => Kind::Mutation,
        OperationType::Subscription => return Err(Refusal::at(ErrorCode::ValidationFailed, operation.pos)),
    };
    if kind == Kind::Mutation && weight.root > 1 {
        return Err(Refusal::at(ErrorCode::OneAuthenticationMutation, operation.pos));
    }
    let required = required_variables(&operation.node);
    let variable_arguments = scales.variable_arguments;
    Ok(Document { kind, parsed, required, variable_arguments })
}

/// The parser's message quotes the document, which may contain passwords, so only the position is returned.
fn unparsable(error: &ParserError) -> Refusal {
    let too_deep = matches!(error, ParserError::RecursionLimitExceeded);
    let code = if too_deep { ErrorCode::DocumentTooDeep } else { ErrorCode::ParseError };
    Refusal { code, locations: error.positions().collect() }
}

fn required_variables(operation: &OperationDefinition) -> Vec<(Name, Pos)> {
    let definitions =
        operation.variable_definitions.iter().map(|definition| (&definition.node, definition.pos));
    definitions
        .filter(|(definition, _)| !definition.var_type.node.nullable && definition.default_value.is_none())
        .map(|(definition, position)| (definition.name.node.clone(), position))
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const LIMITS: Limits = Limits {
        characters: 15_000,
        tokens: 1_000,
        depth: 12,
        complexity: 300,
        aliases: 30,
        introspection: true,
    };

    fn error_code(query: &str) -> Option<ErrorCode> {
        check(query, None, &LIMITS).err().map(|refusal| refusal.code)
    }

    fn nested(depth: usize) -> String {
        format!("{}a{}", "{ a ".repeat(depth - 1) + "{ ", " }".repeat(depth))
    }

    #[test]
    fn each_limit_lets_its_value_through_and_not_one_more() {
        assert_eq!(error_code(&nested(12)), None);
        assert_eq!(error_code(&nested(13)), Some(ErrorCode::DocumentTooDeep));
        assert_eq!(error_code(&format!("{{ {} }}", "a ".repeat(300))), None);
        assert_eq!(error_code(&format!("{{ {} }}", "a ".repeat(301))), Some(ErrorCode::DocumentTooComplex));
        assert_eq!(error_code(&format!("{{ {} }}", "b: a ".repeat(30))), None);
        assert_eq!(error_code(&format!("{{ {} }}", "b: a ".repeat(31))), Some(ErrorCode::TooManyAliases));
        assert_eq!(error_code(&format!("{{ a }}{}", " ".repeat(14_995))), None);
        assert_eq!(error_code(&format!("{{ a }}{}", " ".repeat(14_996))), Some(ErrorCode::DocumentTooLong));
        assert_eq!(error_code(&format!("{{ {} }}", "a ".repeat(999))), Some(ErrorCode::TooManyTokens));
    }

    #[test]
    fn fragments_are_expanded_in_the_count_and_not_in_time() {
        let spreads = "...f ".repeat(3);
        let aliases = format!("{{ {spreads} }} fragment f on Q {{ {} }}", "b: a ".repeat(11));
        assert_eq!(error_code(&aliases), Some(ErrorCode::TooManyAliases));
        let chain = |spreads: usize, length: usize| {
            let link =
                |i: usize| format!("fragment f{i} on Q {{ {} }}", format!("...f{} ", i + 1).repeat(spreads));
            let links: Vec<_> = (0..length).map(link).collect();
            format!("{{ ...f0 }} {} fragment f{length} on Q {{ a }}", links.join(" "))
        };
        let bomb = chain(4, 29);
        assert_eq!(error_code(&bomb), Some(ErrorCode::DocumentTooComplex));
        let long = chain(1, 100).replacen("...f0", "a", 1);
        assert_eq!(error_code(&long), Some(ErrorCode::DocumentTooDeep), "also where nobody spreads it");
    }

    #[test]
    fn circles_and_unknown_fragments_are_refused() {
        for query in [
            "{ ...a } fragment a on Q { ...b } fragment b on Q { ...a }",
            "{ b } fragment a on Q { x { ...a } }",
            "{ ...missing }",
            "subscription { a }",
        ] {
            assert_eq!(error_code(query), Some(ErrorCode::ValidationFailed), "{query}");
        }
    }

    #[test]
    fn one_mutation_field_a_document() {
        let both = Some(ErrorCode::OneAuthenticationMutation);
        assert_eq!(error_code("mutation { __typename login(a: 1) { b c } }"), None);
        assert_eq!(error_code("mutation { login(a: 1) login(a: 1) }"), both);
        assert_eq!(error_code("mutation { x: login ... on Mutation { y: login } }"), both);
        assert_eq!(error_code("mutation { ...f ...f } fragment f on Mutation { login }"), both);
        assert_eq!(error_code("{ a b c }"), None);
        // Two operations in one document are fine: one of them runs.
        let two = "mutation A { a } mutation B { b }";
        assert_eq!(check(two, Some("B"), &LIMITS).map(|document| document.kind).ok(), Some(Kind::Mutation));
    }

    #[test]
    fn the_operation_is_the_one_that_is_named() {
        let query = "query A { a } mutation B { b }";
        let kind =
            |name| check(query, name, &LIMITS).map(|document| document.kind).map_err(|refusal| refusal.code);
        assert_eq!(kind(Some("A")), Ok(Kind::Query));
        assert_eq!(kind(Some("B")), Ok(Kind::Mutation));
        assert_eq!(kind(Some("C")), Err(ErrorCode::OperationNotFound));
        assert_eq!(kind(None), Err(ErrorCode::OperationNotFound));
        let anonymous = check("{ a }", Some("A"), &LIMITS).err().map(|refusal| refusal.code);
        assert_eq!(anonymous, Some(ErrorCode::OperationNotFound));
    }

    #[test]
    fn introspection_is_measured_apart_and_can_be_off() {
        let deep = format!("{{ a __schema {} }}", nested(19));
        assert_eq!(error_code(&deep), None);
        assert_eq!(error_code(&format!("{{ a __schema {} }}", nested(20))), Some(ErrorCode::DocumentTooDeep));
        let off = Limits { introspection: false, ..LIMITS };
        for query in
            ["{ __schema { a } }", "{ ...f } fragment f on Query { b: __type(name: \"A\") { name } }"]
        {
            let refused = check(query, None, &off).err().map(|refusal| refusal.code);
            assert_eq!(refused, Some(ErrorCode::IntrospectionDisabled), "{query}");
        }
        assert!(check("{ __typename }", None, &off).is_ok());
    }

    #[test]
    fn introspection_does_not_multiply() {
        let nested = |links: usize| {
            let inner = (0..links).fold("name".to_owned(), |inner, n| {
                let list = ["possibleTypes", "interfaces", "fields { type", "inputFields { type"][n % 4];
                format!("{list} {{ {inner} }}{}", " }".repeat(list.matches('{').count()))
            });
            [
                format!("{{ __type(name: \"Problem\") {{ {inner} }} }}"),
                format!("{{ ...f }} fragment f on Query {{ __schema {{ types {{ {inner} }} }} }}"),
            ]
        };
        for (few, many) in nested(2).iter().zip(&nested(3)) {
            assert_eq!(error_code(few), None, "{few}");
            assert_eq!(error_code(many), Some(ErrorCode::DocumentTooDeep), "{many}");
        }
        // Elsewhere these names mean nothing.
        assert_eq!(error_code("{ fields { fields { fields { fields } } } }"), None);
    }

    #[test]
    fn a_parse_error_tells_where_and_not_what() {
        let refusal = check("{\n  login(password: \"hunter2\" }", None, &LIMITS).err().unwrap();
        assert_eq!(refusal.code, ErrorCode::ParseError);
        assert_eq!(refusal.locations[0].line, 2);
        assert!(!format!("{refusal:?}").contains("hunter2"));
    }

    #[test]
    fn required_variables_must_be_there() {
        let query = "query($a: ID!, $b: ID, $c: ID! = 1) { f(a: $a, b: 1, c: [$c]) }";
        let document = check(query, None, &LIMITS).ok().unwrap();
        let variables = |json| Variables::from_json(json);
        assert!(document.check_variables(&variables(serde_json::json!({"a": "1"}))).is_ok());
        for json in [serde_json::json!({}), serde_json::json!({"a": null, "b": 1})] {
            let refusal = document.check_variables(&variables(json)).unwrap_err();
            assert_eq!((refusal.code, refusal.locations.len()), (ErrorCode::InvalidVariables, 1));
        }
        assert_eq!(document.variable_arguments.len(), 2);
    }

    #[test]
    fn brackets_without_end_do_not_fill_the_stack() {
        for bracket in ["{", "[", "(", "{a", "{a(b:["] {
            let generous = Limits { characters: usize::MAX, tokens: usize::MAX, ..LIMITS };
            assert!(check(&bracket.repeat(100_000), None, &generous).is_err());
        }
    }

    proptest! {
        #[test]
        fn any_text_gets_an_answer(text in "\\PC*") {
            let _ = check(&text, None, &LIMITS);
        }

        #[test]
        fn anything_like_a_document_gets_an_answer(
            parts in proptest::collection::vec(
                proptest::sample::select(vec![
                    "{", "}", "(", ")", "[", "]", "a", "b:", "...", "...f", "fragment f on Q", "on", "query", "mutation",
                    "$v", ":", "!", "=", "1", "-1.5e3", "\"s\"", "\"\"\"", "\"", "#", "\n", "@skip(if: $v)", "\\", "null",
                ]),
                0..80,
            )
        ) {
            let _ = check(&parts.join(" "), None, &LIMITS);
        }
    }
}
