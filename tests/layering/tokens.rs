//! Rust text as tokens: comments gone, strings whole, lines kept. Just enough to see paths.

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Word,
    Text,
    Mark,
}

#[derive(Clone, Debug)]
pub struct Token {
    pub kind: Kind,
    pub text: String,
    pub line: usize,
    /// Stands in an item under `#[cfg(test)]`.
    pub test: bool,
}

impl Token {
    pub fn is(&self, text: &str) -> bool {
        self.kind != Kind::Text && self.text == text
    }
}

pub fn tokens(text: &str) -> Vec<Token> {
    let mut reader = Reader { chars: text.chars().collect(), at: 0, line: 1, out: Vec::new() };
    while reader.at < reader.chars.len() {
        reader.step();
    }
    mark_tests(&mut reader.out);
    reader.out
}

struct Reader {
    chars: Vec<char>,
    at: usize,
    line: usize,
    out: Vec<Token>,
}

impl Reader {
    fn peek(&self, ahead: usize) -> char {
        self.chars.get(self.at + ahead).copied().unwrap_or('\0')
    }

    fn bump(&mut self) -> char {
        let char = self.peek(0);
        self.line += usize::from(char == '\n');
        self.at += 1;
        char
    }

    fn push(&mut self, kind: Kind, text: String, line: usize) {
        self.out.push(Token { kind, text, line, test: false });
    }

    fn step(&mut self) {
        let line = self.line;
        match (self.peek(0), self.peek(1)) {
            ('/', '/') => {
                while self.at < self.chars.len() && self.peek(0) != '\n' {
                    self.bump();
                }
            }
            ('/', '*') => self.block_comment(),
            ('"', _) => self.string(line),
            ('\'', _) => self.quote(line),
            (':', ':') => {
                self.at += 2;
                self.push(Kind::Mark, "::".into(), line);
            }
            (char, _) if char.is_alphanumeric() || char == '_' => self.word(line),
            (char, _) => {
                self.bump();
                if !char.is_whitespace() {
                    self.push(Kind::Mark, char.into(), line);
                }
            }
        }
    }

    fn block_comment(&mut self) {
        let mut depth = 0;
        while self.at < self.chars.len() {
            match (self.peek(0), self.peek(1)) {
                ('/', '*') => {
                    depth += 1;
                    self.at += 1;
                }
                ('*', '/') => {
                    depth -= 1;
                    self.at += 1;
                }
                _ => {}
            }
            self.bump();
            if depth == 0 {
                return;
            }
        }
    }

    fn string(&mut self, line: usize) {
        self.bump();
        let mut text = String::new();
        while self.at < self.chars.len() && self.peek(0) != '"' {
            if self.peek(0) == '\\' {
                self.bump();
            }
            text.push(self.bump());
        }
        self.bump();
        self.push(Kind::Text, text, line);
    }

    fn raw_string(&mut self, line: usize) {
        let mut hashes = 0;
        while self.peek(0) == '#' {
            hashes += 1;
            self.bump();
        }
        self.bump();
        let mut text = String::new();
        while self.at < self.chars.len() {
            if self.peek(0) == '"' && (1..=hashes).all(|ahead| self.peek(ahead) == '#') {
                self.at += 1 + hashes;
                break;
            }
            text.push(self.bump());
        }
        self.push(Kind::Text, text, line);
    }

    /// A character literal is swallowed; a lifetime leaves a mark that belongs to no path.
    fn quote(&mut self, line: usize) {
        if self.peek(1) == '\\' || self.peek(2) == '\'' {
            self.bump();
            if self.bump() == '\\' {
                self.bump();
            }
            while self.at < self.chars.len() && self.bump() != '\'' {}
            self.push(Kind::Text, String::new(), line);
        } else {
            self.bump();
            while self.peek(0).is_alphanumeric() || self.peek(0) == '_' {
                self.bump();
            }
            self.push(Kind::Mark, "'".into(), line);
        }
    }

    fn word(&mut self, line: usize) {
        let mut text = String::new();
        while self.peek(0).is_alphanumeric() || self.peek(0) == '_' {
            text.push(self.bump());
        }
        match (text.as_str(), self.peek(0), self.peek(1)) {
            ("r" | "br" | "cr", '"', _) | ("r" | "br" | "cr", '#', '"' | '#') => self.raw_string(line),
            ("b" | "c", '"', _) => self.string(line),
            ("b", '\'', _) => self.quote(line),
            ("r", '#', _) => {
                self.bump(); // r#type: the word behind it follows in the next step
            }
            _ => self.push(Kind::Word, text, line),
        }
    }
}

/// Marks the item behind each `#[cfg(test)]`, up to its `;` or closing brace.
fn mark_tests(tokens: &mut [Token]) {
    let mut at = 0;
    while at + 3 < tokens.len() {
        let opens = tokens[at].is("#") && tokens[at + 1].is("[") && tokens[at + 2].is("cfg");
        let Some(length) = opens.then(|| tokens[at..].iter().position(|token| token.is("]"))).flatten()
        else {
            at += 1;
            continue;
        };
        let condition = &tokens[at..at + length];
        let test =
            condition.iter().any(|token| token.is("test")) && !condition.iter().any(|token| token.is("not"));
        at += length + 1;
        if !test {
            continue;
        }
        let mut depth = 0_i32;
        while at < tokens.len() {
            let token = &mut tokens[at];
            token.test = true;
            at += 1;
            match (token.kind, token.text.as_str()) {
                (Kind::Mark, "{" | "(" | "[") => depth += 1,
                (Kind::Mark, ")" | "]") => depth -= 1,
                (Kind::Mark, "}") => {
                    depth -= 1;
                    if depth <= 0 {
                        break;
                    }
                }
                (Kind::Mark, ";") if depth <= 0 => break,
                _ => {}
            }
        }
    }
}
