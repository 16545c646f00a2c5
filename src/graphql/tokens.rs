//! Counts tokens and nested brackets of a document before it is parsed.
//!
//! The parser recurses for every bracket and works for every token, so both are limited first. Strings and comments are
//! skipped according to the GraphQL specification, section 2.1.

use super::error_code::ErrorCode;

/// The maximum nesting of brackets: far above what `graphql.max_depth` allows, and far below a stack overflow.
const MAX_BRACKETS: usize = 64;

/// Counts the tokens of `text`. Stops at `max_tokens`.
///
/// # Errors
/// [`ErrorCode::TooManyTokens`], [`ErrorCode::DocumentTooDeep`], and [`ErrorCode::ParseError`] for an unterminated
/// block string, whose rest the parser would read differently.
pub fn count(text: &str, max_tokens: usize) -> Result<usize, ErrorCode> {
    let mut bytes = text.as_bytes();
    let (mut tokens, mut brackets) = (0_usize, 0_usize);
    while let Some((&first, rest)) = bytes.split_first() {
        bytes = match first {
            b' ' | b'\t' | b'\r' | b'\n' | b',' => {
                bytes = rest;
                continue;
            }
            b'#' => {
                bytes = skip_while(rest, |byte| byte != b'\r' && byte != b'\n');
                continue;
            }
            0xEF if rest.starts_with(&[0xBB, 0xBF]) => {
                bytes = &rest[2..];
                continue;
            }
            b'"' => after_string(rest)?,
            b'{' | b'[' | b'(' => {
                brackets += 1;
                if brackets > MAX_BRACKETS {
                    return Err(ErrorCode::DocumentTooDeep);
                }
                rest
            }
            b'}' | b']' | b')' => {
                brackets = brackets.saturating_sub(1);
                rest
            }
            b'.' if rest.starts_with(b"..") => &rest[2..],
            b'_' | b'a'..=b'z' | b'A'..=b'Z' => {
                skip_while(rest, |byte| byte == b'_' || byte.is_ascii_alphanumeric())
            }
            b'0'..=b'9' | b'-' => skip_while(rest, |byte| byte.is_ascii_digit()),
            _ => rest,
        };
        tokens += 1;
        if tokens > max_tokens {
            return Err(ErrorCode::TooManyTokens);
        }
    }
    Ok(tokens)
}

fn skip_while(bytes: &[u8], wanted: impl Fn(u8) -> bool) -> &[u8] {
    let end = bytes.iter().position(|&byte| !wanted(byte)).unwrap_or(bytes.len());
    &bytes[end..]
}

/// Returns the text after a string whose opening quotation mark has been read.
fn after_string(bytes: &[u8]) -> Result<&[u8], ErrorCode> {
    if let Some(mut block) = bytes.strip_prefix(b"\"\"") {
        while !block.is_empty() {
            if let Some(rest) = block.strip_prefix(b"\\\"\"\"") {
                block = rest;
            } else if let Some(rest) = block.strip_prefix(b"\"\"\"") {
                return Ok(rest);
            } else {
                block = &block[1..];
            }
        }
        return Err(ErrorCode::ParseError);
    }
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'"' => return Ok(&bytes[at + 1..]),
            // A line break also ends the string. The parser refuses it, so the rest must be counted.
            b'\r' | b'\n' => break,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    Ok(bytes.get(at..).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn tokens_are_counted_as_the_specification_cuts_them() {
        for (text, expected) in [
            ("", 0),
            ("{ a }", 3),
            ("\u{feff}query Q($a: Int! = -1) { b(c: $a) ...D }", 22),
            ("{ a # } { ( \"\n }", 3),
            (r#"{ a(b: "x \" y { [ (", c: """ " \""" { """) }"#, 11),
            ("{a,b,c}", 5),
        ] {
            assert_eq!(count(text, 1_000), Ok(expected), "{text}");
        }
    }

    #[test]
    fn nothing_hides_in_a_string_that_does_not_end() {
        assert_eq!(count(r#"{ a(b: ["""x" [[[[ "#, 1_000), Err(ErrorCode::ParseError));
        let hidden = format!("{{ a(b: \"x\n{}", "y ".repeat(1_000));
        assert_eq!(count(&hidden, 1_000), Err(ErrorCode::TooManyTokens));
    }

    #[test]
    fn floods_are_stopped() {
        assert_eq!(count(&"{".repeat(100_000), 1_000_000), Err(ErrorCode::DocumentTooDeep));
        assert_eq!(count(&"a ".repeat(1_001), 1_000), Err(ErrorCode::TooManyTokens));
        assert_eq!(count(&"a ".repeat(1_000), 1_000), Ok(1_000));
    }

    proptest! {
        #[test]
        fn any_text_is_counted(text in "\\PC*|[\"\\\\{}#\n\u{feff} a.]*") {
            let _ = count(&text, 1_000);
        }
    }
}
