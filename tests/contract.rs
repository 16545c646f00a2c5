//! Checks that `schema.graphql` matches the built schema, and the conventions of the schema: everything is described,
//! every refusal is a `Problem`, and every mutation has one use case and one test file.

use std::path::{Path, PathBuf};

use async_graphql::Positioned;
use async_graphql::parser::parse_schema;
use async_graphql::parser::types::{
    FieldDefinition, InputValueDefinition, TypeDefinition, TypeKind, TypeSystemDefinition,
};

/// The folders of the use cases.
const USE_CASES: &[&str] = &["accounts", "verification", "social", "sessions"];

/// Mutations that cannot be refused: their union has only the success.
const NEVER_REFUSED: &[&str] = &["logout", "qqAuthorizeUrl"];

/// The refusals that every other mutation has in addition to its own.
const ALWAYS_POSSIBLE: &[&str] = &["InvalidInput", "RateLimited"];

fn top(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

#[track_caller]
fn none(faults: &[String]) {
    assert!(faults.is_empty(), "\n{}\n", faults.join("\n"));
}

fn types(sdl: &str) -> Vec<TypeDefinition> {
    let document = parse_schema(sdl).unwrap_or_else(|error| panic!("the schema cannot be parsed: {error}"));
    let definitions = document.definitions.into_iter();
    definitions
        .filter_map(|definition| match definition {
            TypeSystemDefinition::Type(definition) => Some(definition.node),
            TypeSystemDefinition::Schema(_) | TypeSystemDefinition::Directive(_) => None,
        })
        .collect()
}

fn fields(definition: &TypeDefinition) -> &[Positioned<FieldDefinition>] {
    match &definition.kind {
        TypeKind::Object(object) => &object.fields,
        TypeKind::Interface(interface) => &interface.fields,
        TypeKind::Scalar | TypeKind::Union(_) | TypeKind::Enum(_) | TypeKind::InputObject(_) => &[],
    }
}

fn mutations(types: &[TypeDefinition]) -> &[Positioned<FieldDefinition>] {
    let root = types.iter().find(|definition| definition.name.node == "Mutation");
    root.map_or(&[], fields)
}

/// Returns `foo_bar` for `fooBar`.
fn file_stem(field: &str) -> String {
    let mut stem = String::new();
    for char in field.chars() {
        if char.is_ascii_uppercase() {
            stem.push('_');
        }
        stem.push(char.to_ascii_lowercase());
    }
    stem
}

fn exists_below(folder: &Path, name: &str) -> bool {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return false;
    };
    entries.flatten().map(|entry| entry.path()).any(|path| {
        if path.is_dir() {
            exists_below(&path, name)
        } else {
            path.file_name().is_some_and(|file| file == name)
        }
    })
}

/// Returns the first line in which the two differ.
fn first_difference(written: &str, built: &str) -> Option<String> {
    let (mut written, mut built) = (written.lines(), built.lines());
    for number in 1.. {
        match (written.next(), built.next()) {
            (None, None) => return None,
            (one, other) if one == other => {}
            (one, other) => {
                let show = |line: Option<&str>| line.map_or("the end".to_owned(), |line| format!("{line:?}"));
                return Some(format!(
                    "schema.graphql:{number}: {} is written, {} is built",
                    show(one),
                    show(other)
                ));
            }
        }
    }
    None
}

fn undescribed(types: &[TypeDefinition]) -> Vec<String> {
    fn missing(description: Option<&Positioned<String>>) -> bool {
        description.is_none_or(|text| text.node.trim().is_empty())
    }
    fn inputs(owner: &str, values: &[Positioned<InputValueDefinition>], out: &mut Vec<String>) {
        let bare = values.iter().filter(|value| missing(value.node.description.as_ref()));
        out.extend(bare.map(|value| format!("{owner}.{}", value.node.name.node)));
    }
    let mut out = Vec::new();
    for definition in types.iter().filter(|definition| !definition.extend) {
        let owner = &definition.name.node;
        if missing(definition.description.as_ref()) {
            out.push(owner.to_string());
        }
        for field in fields(definition) {
            let field = &field.node;
            let name = format!("{owner}.{}", field.name.node);
            inputs(&name, &field.arguments, &mut out);
            if missing(field.description.as_ref()) {
                out.push(name);
            }
        }
        match &definition.kind {
            TypeKind::InputObject(input) => inputs(owner, &input.fields, &mut out),
            TypeKind::Enum(choices) => out.extend(
                choices
                    .values
                    .iter()
                    .filter(|choice| missing(choice.node.description.as_ref()))
                    .map(|choice| format!("{owner}.{}", choice.node.value.node)),
            ),
            TypeKind::Scalar | TypeKind::Object(_) | TypeKind::Interface(_) | TypeKind::Union(_) => {}
        }
    }
    out.iter().map(|name| format!("{name} has no description")).collect()
}

/// Returns types with the fields of a `Problem` that do not implement it, and unions with a refusal that is none.
fn half_problems(types: &[TypeDefinition]) -> Vec<String> {
    let has = |definition: &TypeDefinition, name: &str, ty: &str| {
        fields(definition)
            .iter()
            .any(|field| field.node.name.node == name && field.node.ty.node.to_string() == ty)
    };
    let mut faults = Vec::new();
    for definition in types {
        let is_problem = match &definition.kind {
            TypeKind::Object(object) => object.implements.iter().any(|name| name.node == "Problem"),
            TypeKind::Interface(_) => definition.name.node == "Problem",
            TypeKind::Scalar | TypeKind::Union(_) | TypeKind::Enum(_) | TypeKind::InputObject(_) => false,
        };
        for (name, ty) in [("code", "ProblemCode!"), ("message", "String!")] {
            if is_problem && !has(definition, name, ty) {
                faults.push(format!("{} is a Problem and has no {name}: {ty}", definition.name.node));
            }
        }
        if !is_problem && has(definition, "code", "ProblemCode!") {
            faults.push(format!("{} looks like a Problem and does not implement it", definition.name.node));
        }
    }
    faults
}

fn incomplete_outcomes(types: &[TypeDefinition]) -> Vec<String> {
    let mut faults = Vec::new();
    for field in mutations(types) {
        let (name, ty) = (&field.node.name.node, field.node.ty.node.to_string());
        if NEVER_REFUSED.contains(&name.as_str()) {
            continue;
        }
        let Some(result) = ty.strip_suffix('!') else {
            faults.push(format!("{name} may answer null: {ty}"));
            continue;
        };
        let result = types.iter().find(|definition| definition.name.node == result);
        let Some(TypeKind::Union(union)) = result.map(|definition| &definition.kind) else {
            faults.push(format!("{name} answers {ty}, which is no union of its outcomes"));
            continue;
        };
        for outcome in ALWAYS_POSSIBLE {
            if !union.members.iter().any(|member| member.node == *outcome) {
                faults.push(format!("{name}: {ty} does not hold {outcome}"));
            }
        }
    }
    faults
}

/// The mutations for QQ are those for every provider with a fixed provider: both have one use case.
const SAME_USE_CASE: &[(&str, &str)] = &[
    ("qq_authorize_url", "social_authorize_url"),
    ("qq_authorize", "social_authorize"),
    ("bind_qq", "bind_social"),
    ("register_with_qq", "register_with_social"),
];

/// Returns the use case of a mutation.
fn use_case(file: &str) -> String {
    let stem = file.trim_end_matches(".rs");
    let same = SAME_USE_CASE.iter().find(|(name, _)| *name == stem);
    format!("{}.rs", same.map_or(stem, |(_, use_case)| use_case))
}

/// Returns the mutations without a file; `found` checks whether one of that name exists.
fn homeless(types: &[TypeDefinition], place: &str, found: impl Fn(&str) -> bool) -> Vec<String> {
    let stems =
        mutations(types).iter().map(|field| (&field.node.name.node, file_stem(&field.node.name.node)));
    stems
        .filter(|(_, stem)| !found(&format!("{stem}.rs")))
        .map(|(field, stem)| format!("{field} has no {place}/{stem}.rs"))
        .collect()
}

#[test]
fn the_schema_file_matches_the_built_schema() {
    let written = std::fs::read_to_string(top("schema.graphql")).unwrap_or_default();
    if let Some(difference) = first_difference(&written, &menjin::graphql::sdl()) {
        panic!("{difference}\nto renew it: cargo run -- schema > schema.graphql");
    }
}

#[test]
fn everything_is_described() {
    none(&undescribed(&types(&menjin::graphql::sdl())));
}

#[test]
fn every_refusal_is_a_problem() {
    let types = types(&menjin::graphql::sdl());
    assert!(types.iter().any(|definition| definition.name.node == "Problem"));
    none(&half_problems(&types));
}

#[test]
fn every_mutation_returns_a_union_of_its_outcomes() {
    none(&incomplete_outcomes(&types(&menjin::graphql::sdl())));
}

#[test]
fn every_mutation_has_one_use_case_and_one_test_file() {
    let types = types(&menjin::graphql::sdl());
    assert!(!mutations(&types).is_empty());
    let places = format!("src/{{{}}}", USE_CASES.join(","));
    none(&homeless(&types, &places, |name| {
        USE_CASES.iter().any(|folder| exists_below(&top("src").join(folder), &use_case(name)))
    }));
    none(&homeless(&types, "tests/behaviour", |name| top("tests/behaviour").join(name).is_file()));
}

/// A schema with one mistake of each kind, which the checks must find.
const BAD: &str = r#"
"Asks."
type Query { "Here." good("Given." a: Int, b: Int): Int bare: Int }
"Does."
type Mutation {
  "Nullable." login: LoginResult
  "No union." sendSms: CodeSent!
  "Not all." refreshSession: RefreshResult!
  "Never refused." logout: CodeSent!
  "Good." bindQq: LoginResult!
}
type CodeSent { "When." at: Int }
"Outcomes." union LoginResult = CodeSent | InvalidInput | RateLimited
"Outcomes." union RefreshResult = CodeSent | InvalidInput
"A refusal." interface Problem { "Kind." code: ProblemCode! "Words." message: String! }
"Kinds." enum ProblemCode { "One." ONE TWO }
"Bad." type InvalidInput implements Problem { "Kind." code: ProblemCode! "Words." message: String }
"Slow." type RateLimited { "Kind." code: ProblemCode! }
"In." input LoginInput { "Who." account: String! password: String! }
"#;

#[test]
fn the_mistakes_of_a_bad_schema_are_found() {
    let types = types(BAD);
    let bare = ["Query.good.b", "Query.bare", "CodeSent", "ProblemCode.TWO", "LoginInput.password"];
    assert_eq!(undescribed(&types), bare.map(|name| format!("{name} has no description")));
    assert_eq!(
        half_problems(&types),
        [
            "InvalidInput is a Problem and has no message: String!",
            "RateLimited looks like a Problem and does not implement it"
        ]
    );
    assert_eq!(
        incomplete_outcomes(&types),
        [
            "login may answer null: LoginResult",
            "sendSms answers CodeSent!, which is no union of its outcomes",
            "refreshSession: RefreshResult! does not hold RateLimited"
        ]
    );
    assert_eq!(
        homeless(&types, "src", |name| !["send_sms.rs", "bind_qq.rs"].contains(&name)),
        ["sendSms has no src/send_sms.rs", "bindQq has no src/bind_qq.rs"]
    );
}

#[test]
fn a_difference_of_the_schemas_is_found() {
    assert_eq!(first_difference("a\nb\n", "a\nb\n"), None);
    assert_eq!(
        first_difference("a\nb\n", "a\nc\n").as_deref(),
        Some("schema.graphql:2: \"b\" is written, \"c\" is built")
    );
    assert_eq!(
        first_difference("a\n", "a\nc\n").as_deref(),
        Some("schema.graphql:2: the end is written, \"c\" is built")
    );
}
