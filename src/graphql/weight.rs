//! Measures documents: fields, depth and aliases with all fragments expanded.
//!
//! The executor expands fragments at every use, so a short document can occupy it for years. Here each fragment is
//! measured once, however often it is used, and sums saturate.

use std::collections::{HashMap, HashSet};

use async_graphql::parser::types::{ExecutableDocument, Field, Selection, SelectionSet};
use async_graphql::{Name, Pos, Positioned};

use super::error_code::ErrorCode;
use crate::config::graphql::GraphqlSettings;

/// Introspection has its own limits, because the standard query of tools is deeper and larger than other documents.
const INTROSPECTION_DEPTH: usize = 20;
const INTROSPECTION_FIELDS: usize = 1_000;
/// Nested lists of introspection. Types refer to types, so each level multiplies the size of the response.
const INTROSPECTION_LISTS: usize = 2;
/// The maximum length of a chain of fragments that use each other.
const MAX_FRAGMENT_CHAIN: usize = 30;

/// The limits of a document.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    pub characters: usize,
    pub tokens: usize,
    pub depth: usize,
    pub complexity: usize,
    pub aliases: usize,
    pub introspection: bool,
}

impl From<&GraphqlSettings> for Limits {
    fn from(settings: &GraphqlSettings) -> Self {
        Self {
            characters: settings.max_characters,
            tokens: settings.max_tokens,
            depth: settings.max_depth,
            complexity: settings.max_complexity,
            aliases: settings.max_aliases,
            introspection: settings.introspection,
        }
    }
}

/// Why a document is not executed, and the positions. It contains no text of the document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    pub code: ErrorCode,
    pub locations: Vec<Pos>,
}

impl Refusal {
    pub(super) fn at(code: ErrorCode, position: Pos) -> Self {
        Self { code, locations: vec![position] }
    }
}

impl From<ErrorCode> for Refusal {
    fn from(code: ErrorCode) -> Self {
        Self { code, locations: Vec::new() }
    }
}

/// The size of a selection with fragments expanded.
#[derive(Clone, Copy, Default)]
pub(super) struct Weight {
    fields: usize,
    depth: usize,
    aliases: usize,
    /// Root fields except `__typename`: what a mutation does.
    pub(super) root: usize,
    introspection_fields: usize,
    introspection_depth: usize,
    /// Nested fields that are lists in introspection.
    lists: usize,
    introspection_lists: usize,
    /// The length of the chain of fragments.
    chain: usize,
}

impl Weight {
    fn add(&mut self, other: Self) {
        self.fields = self.fields.saturating_add(other.fields);
        self.aliases = self.aliases.saturating_add(other.aliases);
        self.root = self.root.saturating_add(other.root);
        self.introspection_fields = self.introspection_fields.saturating_add(other.introspection_fields);
        self.depth = self.depth.max(other.depth);
        self.introspection_depth = self.introspection_depth.max(other.introspection_depth);
        self.lists = self.lists.max(other.lists);
        self.introspection_lists = self.introspection_lists.max(other.introspection_lists);
        self.chain = self.chain.max(other.chain);
    }

    /// Checks that the document is within the limits.
    pub(super) fn check(&self, limits: &Limits) -> Result<(), ErrorCode> {
        let introspects = self.introspection_fields > 0;
        let introspects_deeply =
            self.introspection_depth > INTROSPECTION_DEPTH || self.introspection_lists > INTROSPECTION_LISTS;
        if self.depth > limits.depth || introspects_deeply {
            Err(ErrorCode::DocumentTooDeep)
        } else if self.fields > limits.complexity || self.introspection_fields > INTROSPECTION_FIELDS {
            Err(ErrorCode::DocumentTooComplex)
        } else if self.aliases > limits.aliases {
            Err(ErrorCode::TooManyAliases)
        } else if introspects && !limits.introspection {
            Err(ErrorCode::IntrospectionDisabled)
        } else {
            Ok(())
        }
    }
}

/// Measures selections. A fragment that is being measured has no result yet: a second visit means a cycle.
pub(super) struct Scales<'a> {
    document: &'a ExecutableDocument,
    weights: HashMap<&'a Name, Option<Weight>>,
    /// The positions of arguments with variables in what was measured.
    pub(super) variable_arguments: HashSet<Pos>,
}

impl<'a> Scales<'a> {
    pub(super) fn new(document: &'a ExecutableDocument) -> Self {
        Self { document, weights: HashMap::new(), variable_arguments: HashSet::new() }
    }

    /// Returns the weight of `set`, which is used through a chain of `chain` fragments.
    pub(super) fn selection_set(&mut self, set: &'a SelectionSet, chain: usize) -> Result<Weight, Refusal> {
        let mut sum = Weight::default();
        for item in &set.items {
            sum.add(match &item.node {
                Selection::Field(field) => self.field(field, chain)?,
                Selection::InlineFragment(inline) => {
                    self.selection_set(&inline.node.selection_set.node, chain)?
                }
                Selection::FragmentSpread(spread) => {
                    self.fragment(&spread.node.fragment_name.node, spread.pos, chain + 1)?
                }
            });
        }
        Ok(sum)
    }

    fn field(&mut self, field: &'a Positioned<Field>, chain: usize) -> Result<Weight, Refusal> {
        let field = &field.node;
        for (name, value) in &field.arguments {
            // Only a value that contains a variable has no constant form.
            if value.node.clone().into_const().is_none() {
                self.variable_arguments.insert(name.pos);
            }
        }
        let inner = self.selection_set(&field.selection_set.node, chain)?;
        let mut weight = Weight {
            fields: inner.fields.saturating_add(1),
            depth: inner.depth.saturating_add(1),
            aliases: inner.aliases.saturating_add(usize::from(field.alias.is_some())),
            root: usize::from(field.name.node != "__typename"),
            lists: inner.lists.saturating_add(usize::from(is_list(&field.name.node))),
            ..inner
        };
        if field.name.node == "__schema" || field.name.node == "__type" {
            weight.introspection_fields = weight.introspection_fields.saturating_add(weight.fields);
            weight.introspection_depth = weight.introspection_depth.max(weight.depth);
            weight.introspection_lists = weight.introspection_lists.max(weight.lists);
            (weight.fields, weight.depth, weight.lists) = (0, 0, 0);
        }
        Ok(weight)
    }

    /// Returns the weight of a fragment that is used at `spread_at`.
    pub(super) fn fragment(
        &mut self,
        name: &'a Name,
        spread_at: Pos,
        chain: usize,
    ) -> Result<Weight, Refusal> {
        match self.weights.get(name) {
            Some(Some(weight)) => return Ok(*weight),
            Some(None) => return Err(Refusal::at(ErrorCode::ValidationFailed, spread_at)),
            None => {}
        }
        // The first check protects the stack; the second makes the result independent of the starting point.
        let too_long = || Refusal::at(ErrorCode::DocumentTooDeep, spread_at);
        if chain > MAX_FRAGMENT_CHAIN {
            return Err(too_long());
        }
        let Some(definition) = self.document.fragments.get(name) else {
            return Err(Refusal::at(ErrorCode::ValidationFailed, spread_at));
        };
        self.weights.insert(name, None);
        let mut weight = self.selection_set(&definition.node.selection_set.node, chain)?;
        weight.chain += 1;
        if weight.chain > MAX_FRAGMENT_CHAIN {
            return Err(too_long());
        }
        self.weights.insert(name, Some(weight));
        Ok(weight)
    }
}

/// Returns whether a field of `__Type` leads to several types.
fn is_list(name: &str) -> bool {
    matches!(name, "fields" | "interfaces" | "possibleTypes" | "inputFields")
}
