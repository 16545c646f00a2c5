//! The source files of the crate, the modules that they form, and every path that they contain.

use std::collections::BTreeMap;
use std::path::Path;

use proc_macro2::{TokenStream, TokenTree};
use syn::spanned::Spanned as _;
use syn::visit::{self, Visit};
use syn::{Attribute, Expr, Item, ItemMod, ItemUse, Lit, Macro, Meta, UseTree, Visibility};

/// A path as it is written in the code: `crate::db::Db`, `super::One`, `std::env`.
#[derive(Clone, Debug)]
pub struct Reference {
    pub line: usize,
    pub segments: Vec<String>,
    /// The inline modules around it.
    pub inline: Vec<String>,
    /// Whether it is compiled for tests only.
    pub test: bool,
    /// Whether it starts with `$crate`, so that it is expanded wherever the macro is used.
    pub in_macro: bool,
}

/// A file below `src`.
#[derive(Debug)]
pub struct SourceFile {
    /// Relative to `src`, separated by `/`.
    pub path: String,
    /// More than one if `#[path]` compiles the file more than once.
    pub modules: Vec<Vec<String>>,
    pub references: Vec<Reference>,
    /// The names that its `pub use` items re-export.
    pub reexports: Vec<String>,
    pub children: Vec<Child>,
}

/// A declaration `mod name;`.
#[derive(Debug)]
pub struct Child {
    pub line: usize,
    pub name: String,
    /// The value of its `#[path]`.
    pub path: Option<String>,
    pub test: bool,
}

/// All source files, and the module that each of them is.
pub struct Crate {
    pub files: Vec<SourceFile>,
    modules: BTreeMap<Vec<String>, usize>,
}

/// What a [`Reference`] points to inside the crate.
pub struct Target<'a> {
    pub file: &'a SourceFile,
    /// From the root of the crate.
    pub path: Vec<String>,
    /// The part of `path` behind the module of the file.
    pub rest: Vec<String>,
}

impl Crate {
    pub fn read(root: &Path) -> Self {
        let files = rust_files(root);
        Self::of(files.iter().map(|(path, text)| (path.as_str(), text.as_str())))
    }

    pub fn of<'a>(files: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let mut files: Vec<_> = files.into_iter().map(|(path, text)| SourceFile::parse(path, text)).collect();
        apply_path_attributes(&mut files);
        mark_test_files(&mut files);
        let mut modules = BTreeMap::new();
        for (index, file) in files.iter().enumerate() {
            modules.extend(file.modules.iter().map(|module| (module.clone(), index)));
        }
        Self { files, modules }
    }

    /// Returns everything in the crate that `reference` may mean: one target for each module that the file is.
    pub fn targets(&self, file: &SourceFile, reference: &Reference) -> Vec<Target<'_>> {
        let absolute = file.modules.iter().filter_map(|module| absolute(file, module, reference));
        absolute.filter_map(|path| self.target(path)).collect()
    }

    fn target(&self, path: Vec<String>) -> Option<Target<'_>> {
        let (length, index) = (0..=path.len())
            .rev()
            .find_map(|length| self.modules.get(&path[..length]).map(|index| (length, *index)))?;
        let rest = path[length..].to_vec();
        Some(Target { file: &self.files[index], path, rest })
    }
}

impl SourceFile {
    fn parse(path: &str, text: &str) -> Self {
        let parsed = syn::parse_file(text).unwrap_or_else(|error| panic!("{path}: {error}"));
        let modules = vec![module_of(path)];
        let mut file =
            Self { path: path.into(), modules, references: vec![], reexports: vec![], children: vec![] };
        Visitor { file: &mut file, inline: Vec::new(), test: false }.visit_file(&parsed);
        file
    }
}

/// Returns every Rust file below `root`: its path relative to `root`, and its text.
pub fn rust_files(root: &Path) -> Vec<(String, String)> {
    let mut files = Vec::new();
    let mut folders = vec![root.to_path_buf()];
    while let Some(folder) = folders.pop() {
        let entries =
            std::fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
        for path in entries.map(|entry| entry.expect("a folder entry").path()) {
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = std::fs::read_to_string(&path).expect("source is UTF-8");
                let name = path.strip_prefix(root).expect("a file below the root");
                files.push((name.to_string_lossy().replace('\\', "/"), text));
            }
        }
    }
    files.sort();
    files
}

/// Returns the module of a file: `a::b` for `a/b.rs` and for `a/b/mod.rs`. `main.rs` is another crate; it gets a name
/// that no module has.
fn module_of(path: &str) -> Vec<String> {
    match path {
        "lib.rs" => Vec::new(),
        "main.rs" => vec!["main".into()],
        _ => {
            let path = path.trim_end_matches(".rs").trim_end_matches("/mod");
            path.split('/').map(str::to_owned).collect()
        }
    }
}

/// Collects references, re-exports and child modules.
struct Visitor<'a> {
    file: &'a mut SourceFile,
    inline: Vec<String>,
    test: bool,
}

impl<'ast> Visit<'ast> for Visitor<'_> {
    fn visit_item(&mut self, item: &'ast Item) {
        let outer = self.test;
        self.test |= attributes(item).iter().any(is_cfg_test);
        visit::visit_item(self, item);
        self.test = outer;
    }

    fn visit_item_mod(&mut self, module: &'ast ItemMod) {
        let name = module.ident.to_string();
        if module.content.is_some() {
            self.inline.push(name);
            visit::visit_item_mod(self, module);
            self.inline.pop();
        } else {
            let path = module.attrs.iter().find_map(path_attribute);
            let line = module.mod_token.span.start().line;
            self.file.children.push(Child { line, name, path, test: self.test });
        }
    }

    fn visit_item_use(&mut self, item: &'ast ItemUse) {
        let public = !matches!(item.vis, Visibility::Inherited);
        self.use_tree(&item.tree, &[], public);
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let segments = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        self.add(path.span().start().line, segments, false);
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, call: &'ast Macro) {
        visit::visit_macro(self, call);
        self.tokens(call.tokens.clone(), &[]);
    }

    fn visit_attribute(&mut self, attribute: &'ast Attribute) {
        visit::visit_attribute(self, attribute);
        if let Meta::List(list) = &attribute.meta {
            self.tokens(list.tokens.clone(), &[]);
        }
    }
}

impl Visitor<'_> {
    fn add(&mut self, line: usize, segments: Vec<String>, in_macro: bool) {
        if segments.len() > 1 {
            let reference =
                Reference { line, segments, inline: self.inline.clone(), test: self.test, in_macro };
            self.file.references.push(reference);
        }
    }

    fn use_tree(&mut self, tree: &UseTree, prefix: &[String], public: bool) {
        let line = tree.span().start().line;
        let (ident, name) = match tree {
            UseTree::Path(path) => {
                let prefix = [prefix, &[path.ident.to_string()]].concat();
                return self.use_tree(&path.tree, &prefix, public);
            }
            UseTree::Group(group) => {
                return group.items.iter().for_each(|tree| self.use_tree(tree, prefix, public));
            }
            UseTree::Name(leaf) => (leaf.ident.to_string(), leaf.ident.to_string()),
            UseTree::Rename(leaf) => (leaf.ident.to_string(), leaf.rename.to_string()),
            UseTree::Glob(_) => ("*".into(), "*".into()),
        };
        let mut segments = prefix.to_vec();
        if ident != "self" {
            segments.push(ident);
        }
        if public {
            let itself = if name == "self" { segments.last().cloned() } else { Some(name) };
            self.file.reexports.extend(itself);
        }
        self.add(line, segments, false);
    }

    /// Finds paths among the tokens of a macro or an attribute, which have no syntax tree. `prefix` is the path in
    /// front of a group in braces, as in `use crate::{a, b}`.
    fn tokens(&mut self, tokens: TokenStream, prefix: &[String]) {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        let is = |at: usize, mark| matches!(tokens.get(at), Some(TokenTree::Punct(p)) if p.as_char() == mark);
        let mut at = 0;
        while at < tokens.len() {
            match &tokens[at..] {
                [TokenTree::Ident(word), TokenTree::Ident(name), TokenTree::Group(body), ..]
                    if word == "mod" =>
                {
                    self.inline.push(name.to_string());
                    self.tokens(body.stream(), &[]);
                    self.inline.pop();
                    at += 3;
                }
                [TokenTree::Ident(first), ..] => {
                    let in_macro = at > 0 && is(at - 1, '$');
                    let mut segments = [prefix, &[first.to_string()]].concat();
                    at += 1;
                    while is(at, ':') && is(at + 1, ':') {
                        match tokens.get(at + 2) {
                            Some(TokenTree::Ident(next)) => segments.push(next.to_string()),
                            Some(TokenTree::Group(group)) => self.tokens(group.stream(), &segments),
                            _ => break,
                        }
                        at += 3;
                    }
                    self.add(first.span().start().line, segments, in_macro);
                }
                [TokenTree::Group(group), ..] => {
                    self.tokens(group.stream(), &[]);
                    at += 1;
                }
                _ => at += 1,
            }
        }
    }
}

#[expect(clippy::wildcard_enum_match_arm, reason = "kinds of items that are not used, or that syn adds")]
fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(syn::ItemConst { attrs, .. })
        | Item::Enum(syn::ItemEnum { attrs, .. })
        | Item::Fn(syn::ItemFn { attrs, .. })
        | Item::Impl(syn::ItemImpl { attrs, .. })
        | Item::Macro(syn::ItemMacro { attrs, .. })
        | Item::Mod(ItemMod { attrs, .. })
        | Item::Static(syn::ItemStatic { attrs, .. })
        | Item::Struct(syn::ItemStruct { attrs, .. })
        | Item::Trait(syn::ItemTrait { attrs, .. })
        | Item::Type(syn::ItemType { attrs, .. })
        | Item::Use(ItemUse { attrs, .. }) => attrs,
        _ => &[],
    }
}

/// Whether an attribute is `#[cfg(test)]`, or a condition that contains it, but not `not(test)`.
fn is_cfg_test(attribute: &Attribute) -> bool {
    let Meta::List(list) = &attribute.meta else { return false };
    let condition = list.tokens.to_string();
    let has = |word: &str| condition.split(|char: char| !char.is_alphanumeric()).any(|found| found == word);
    list.path.is_ident("cfg") && has("test") && !has("not")
}

/// Returns the value of a `#[path]`.
fn path_attribute(attribute: &Attribute) -> Option<String> {
    let Meta::NameValue(pair) = &attribute.meta else { return None };
    let Expr::Lit(syn::ExprLit { lit: Lit::Str(value), .. }) = &pair.value else { return None };
    pair.path.is_ident("path").then(|| value.value())
}

/// Gives the files that `#[path]` includes the modules that they are compiled as.
fn apply_path_attributes(files: &mut [SourceFile]) {
    let mut included: Vec<(String, Vec<String>)> = Vec::new();
    for file in files.iter() {
        for child in &file.children {
            let Some(path) = &child.path else { continue };
            let mut target: Vec<&str> = file.path.split('/').collect();
            target.pop();
            for step in path.split('/') {
                if step == ".." {
                    target.pop();
                } else {
                    target.push(step);
                }
            }
            let module = file.modules[0].iter().chain([&child.name]).cloned().collect();
            included.push((target.join("/"), module));
        }
    }
    for file in files {
        let mut modules = Vec::new();
        for (target, module) in &included {
            let folder = target.strip_suffix("mod.rs").filter(|folder| !folder.is_empty());
            if file.path == *target {
                modules.push(module.clone());
            } else if let Some(inner) = folder.and_then(|folder| file.path.strip_prefix(folder)) {
                modules.push(module.iter().cloned().chain(module_of(inner)).collect());
            }
        }
        if !modules.is_empty() {
            file.modules = modules;
        }
    }
}

/// Marks what is in a file whose module, or a parent of it, is declared under `#[cfg(test)]`.
fn mark_test_files(files: &mut [SourceFile]) {
    let mut tests: Vec<Vec<String>> = Vec::new();
    for file in files.iter() {
        for child in file.children.iter().filter(|child| child.test) {
            tests.extend(
                file.modules
                    .iter()
                    .map(|module| [module.as_slice(), std::slice::from_ref(&child.name)].concat()),
            );
        }
    }
    for file in files {
        if file.modules.iter().any(|module| tests.iter().any(|test| module.starts_with(test))) {
            file.references.iter_mut().for_each(|reference| reference.test = true);
        }
    }
}

/// Returns the path from the root of the crate; `None` for a path into another crate.
fn absolute(file: &SourceFile, module: &[String], reference: &Reference) -> Option<Vec<String>> {
    let first = reference.segments.first()?;
    let mut base = match first.as_str() {
        "crate" => Vec::new(),
        "menjin" if file.path == "main.rs" => Vec::new(),
        "self" | "super" => [module, &reference.inline].concat(),
        _ if reference.inline.is_empty() && file.children.iter().any(|child| child.name == *first) => {
            return Some([module, &reference.segments].concat());
        }
        _ => return None,
    };
    let keyword = |word: &&String| matches!(word.as_str(), "crate" | "menjin" | "self" | "super");
    for word in reference.segments.iter().take_while(keyword) {
        if word == "super" {
            base.pop();
        }
    }
    base.extend(reference.segments.iter().skip_while(keyword).cloned());
    Some(base)
}
