//! The source files, the modules they are, and every path they mention.

use std::collections::BTreeMap;
use std::path::Path;

use super::tokens::{Kind, Token, tokens};

/// A path in the code, as it is written.
#[derive(Clone, Debug)]
pub struct Mention {
    pub line: usize,
    pub segments: Vec<String>,
    /// The inline modules around it.
    pub inline: Vec<String>,
    pub test: bool,
    /// Begins with `$crate`: it is expanded wherever the macro is used.
    pub in_macro: bool,
}

/// One file below `src`.
#[derive(Debug)]
pub struct Source {
    /// Relative to `src`, with `/`.
    pub path: String,
    /// More than one where `#[path]` compiles the file more than once.
    pub modules: Vec<Vec<String>>,
    pub mentions: Vec<Mention>,
    /// Names that a `pub use` hands on.
    pub reexports: Vec<String>,
    /// `mod name;`
    pub children: Vec<Child>,
    /// The whole file is under `#[cfg(test)]`.
    pub test: bool,
}

#[derive(Debug)]
pub struct Child {
    pub line: usize,
    pub name: String,
    pub path: Option<String>,
    pub test: bool,
}

/// Every file, and which module each is.
pub struct House {
    pub sources: Vec<Source>,
    modules: BTreeMap<Vec<String>, usize>,
}

/// What a mention points to inside the crate.
pub struct Target<'a> {
    pub source: &'a Source,
    /// From the crate's root.
    pub path: Vec<String>,
    /// What is behind the module in `path`.
    pub rest: Vec<String>,
}

impl House {
    pub fn read(root: &Path) -> Self {
        let files = rust_files(root);
        Self::of(files.iter().map(|(path, text)| (path.as_str(), text.as_str())))
    }

    pub fn of<'a>(files: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let mut sources: Vec<Source> = files.into_iter().map(|(path, text)| source(path, text)).collect();
        follow_path_attributes(&mut sources);
        follow_test_modules(&mut sources);
        let mut modules = BTreeMap::new();
        for (index, source) in sources.iter().enumerate() {
            modules.extend(source.modules.iter().map(|module| (module.clone(), index)));
        }
        Self { sources, modules }
    }

    /// Everything of the crate that `mention` may mean: one target for each module that the file is.
    pub fn targets(&self, source: &Source, mention: &Mention) -> Vec<Target<'_>> {
        let absolute = source.modules.iter().filter_map(|module| absolute(source, module, mention));
        absolute.filter_map(|path| self.target(path)).collect()
    }

    fn target(&self, path: Vec<String>) -> Option<Target<'_>> {
        let longest = (0..=path.len())
            .rev()
            .find_map(|length| self.modules.get(&path[..length]).map(|index| (length, *index)));
        let (length, index) = longest?;
        let rest = path[length..].to_vec();
        Some(Target { source: &self.sources[index], path, rest })
    }
}

/// Every Rust file below `root`, by its path from there, with its text.
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

fn source(path: &str, text: &str) -> Source {
    let mut source = Source {
        path: path.into(),
        modules: vec![module_of(path)],
        mentions: Vec::new(),
        reexports: Vec::new(),
        children: Vec::new(),
        test: false,
    };
    Walk::default().over(&tokens(text), &mut source);
    source
}

/// `a/b.rs` and `a/b/mod.rs` are `a::b`. `main.rs` is another crate, told apart by a name that no module has.
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

#[derive(Default)]
struct Walk {
    depth: usize,
    /// Inline modules, each with the depth at which it ends.
    inline: Vec<(String, usize)>,
    path_attribute: Option<String>,
}

impl Walk {
    fn over(mut self, tokens: &[Token], source: &mut Source) {
        let is = |at: usize, text: &str| tokens.get(at).is_some_and(|token| token.is(text));
        let mut at = 0;
        while at < tokens.len() {
            let token = &tokens[at];
            if token.is("{") {
                self.depth += 1;
            } else if token.is("}") {
                self.depth = self.depth.saturating_sub(1);
                self.inline.retain(|(_, end)| *end < self.depth + 1);
            } else if token.is("#") && is(at + 1, "[") && is(at + 2, "path") && is(at + 3, "=") {
                self.path_attribute = tokens.get(at + 4).map(|token| token.text.clone());
                at += 4;
            } else if token.is("mod") && tokens.get(at + 1).is_some_and(|token| token.kind == Kind::Word) {
                let name = tokens[at + 1].text.clone();
                if is(at + 2, "{") {
                    self.inline.push((name, self.depth + 1));
                } else if is(at + 2, ";") {
                    source.children.push(Child {
                        line: token.line,
                        name,
                        path: self.path_attribute.take(),
                        test: token.test,
                    });
                }
                at += 1;
            } else if token.is("use") && !is(at + 1, "<") {
                let public = at > 0 && (tokens[at - 1].is("pub") || tokens[at - 1].is(")"));
                let mut leaves = Vec::new();
                at = use_tree(tokens, at + 1, &[], &mut leaves);
                for (line, segments, name) in leaves {
                    if public {
                        source.reexports.push(name);
                    }
                    source.mentions.push(self.mention(line, segments, token.test));
                }
                continue;
            } else if token.kind == Kind::Word && begins(tokens, at) {
                let mut segments = vec![token.text.clone()];
                while is(at + 1, "::") && tokens.get(at + 2).is_some_and(|token| token.kind == Kind::Word) {
                    segments.push(tokens[at + 2].text.clone());
                    at += 2;
                }
                if segments.len() > 1 {
                    let mut mention = self.mention(token.line, segments, token.test);
                    let start = at + 2 - 2 * mention.segments.len();
                    mention.in_macro = start > 0 && tokens[start - 1].is("$");
                    source.mentions.push(mention);
                }
            }
            at += 1;
        }
    }

    fn mention(&self, line: usize, segments: Vec<String>, test: bool) -> Mention {
        Mention {
            line,
            segments,
            inline: self.inline.iter().map(|(name, _)| name.clone()).collect(),
            test,
            in_macro: false,
        }
    }
}

/// Whether a path begins here, not a field, a method or the middle of a path.
fn begins(tokens: &[Token], at: usize) -> bool {
    match at.checked_sub(1).map(|before| &tokens[before]) {
        Some(before) if before.is(".") => false,
        Some(before) if before.is("::") => {
            let earlier = at.checked_sub(2).map(|earlier| &tokens[earlier]);
            earlier.is_none_or(|token| token.kind != Kind::Word && !token.is(">"))
        }
        _ => true,
    }
}

/// Reads one tree of a `use` and returns where it ends. A leaf is its line, its path and the name it brings in.
fn use_tree(
    tokens: &[Token],
    mut at: usize,
    prefix: &[String],
    leaves: &mut Vec<(usize, Vec<String>, String)>,
) -> usize {
    let is = |at: usize, text: &str| tokens.get(at).is_some_and(|token| token.is(text));
    let mut path = prefix.to_vec();
    let mut line = tokens.get(at).map_or(0, |token| token.line);
    while at < tokens.len() {
        let token = &tokens[at];
        if token.is("{") {
            at += 1;
            while at < tokens.len() && !is(at, "}") {
                at = use_tree(tokens, at, &path, leaves);
                at += usize::from(is(at, ","));
            }
            return at + 1;
        } else if token.is("as") {
            let name = tokens.get(at + 1).map_or_else(String::new, |token| token.text.clone());
            leaves.push((line, path, name));
            return at + 2;
        } else if token.is("::") || token.is("$") {
            at += 1;
        } else if token.kind == Kind::Word || token.is("*") {
            line = token.line;
            if !token.is("self") || path.is_empty() {
                path.push(token.text.clone());
            }
            at += 1;
        } else {
            break;
        }
    }
    let name = path.last().cloned().unwrap_or_default();
    leaves.push((line, path, name));
    at
}

/// Gives the files of a folder that `#[path]` names the modules they are compiled as.
fn follow_path_attributes(sources: &mut [Source]) {
    let mut named: Vec<(String, Vec<String>)> = Vec::new();
    for source in sources.iter() {
        for child in &source.children {
            let Some(path) = &child.path else { continue };
            let mut file: Vec<&str> = source.path.split('/').collect();
            file.pop();
            for step in path.split('/') {
                if step == ".." {
                    file.pop();
                } else {
                    file.push(step);
                }
            }
            let module = source.modules[0].iter().chain([&child.name]).cloned().collect();
            named.push((file.join("/"), module));
        }
    }
    for source in sources {
        let mut modules = Vec::new();
        for (file, module) in &named {
            let folder = file.strip_suffix("mod.rs").filter(|folder| !folder.is_empty());
            if source.path == *file {
                modules.push(module.clone());
            } else if let Some(inner) = folder.and_then(|folder| source.path.strip_prefix(folder)) {
                modules.push(module.iter().cloned().chain(module_of(inner)).collect());
            }
        }
        if !modules.is_empty() {
            source.modules = modules;
        }
    }
}

fn follow_test_modules(sources: &mut [Source]) {
    let mut tests: Vec<Vec<String>> = Vec::new();
    for source in sources.iter() {
        for child in source.children.iter().filter(|child| child.test) {
            for module in &source.modules {
                tests.push(module.iter().chain([&child.name]).cloned().collect());
            }
        }
    }
    for source in sources {
        source.test = source.modules.iter().any(|module| tests.iter().any(|test| module.starts_with(test)));
        let whole = source.test;
        source.mentions.iter_mut().for_each(|mention| mention.test |= whole);
    }
}

/// The path from the crate's root; `None` for what belongs to another crate.
fn absolute(source: &Source, module: &[String], mention: &Mention) -> Option<Vec<String>> {
    let mut segments = mention.segments.iter().map(String::as_str).peekable();
    let first = *segments.peek()?;
    let mut base: Vec<String> = match first {
        "crate" => Vec::new(),
        "menjin" if source.path == "main.rs" => Vec::new(),
        "self" | "super" => module.iter().chain(&mention.inline).cloned().collect(),
        _ if mention.inline.is_empty() && source.children.iter().any(|child| child.name == first) => {
            return Some(module.iter().chain(&mention.segments).cloned().collect());
        }
        _ => return None,
    };
    while let Some(word) = segments.next_if(|word| matches!(*word, "crate" | "menjin" | "self" | "super")) {
        if word == "super" {
            base.pop();
        }
    }
    base.extend(segments.map(str::to_owned));
    Some(base)
}
