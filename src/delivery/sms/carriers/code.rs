//! Error codes of carriers, as they are stored and logged.

/// The maximum length of a code. Real ones have fewer than 60 characters.
const MAX: usize = 64;

/// Returns a code without what no code contains: a carrier decides what it sends, and a text could contain the number or the
/// message.
pub(super) fn clean(code: &str) -> String {
    let allowed = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | ':' | '-');
    code.chars().filter(allowed).take(MAX).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_codes_contain_is_kept() {
        assert_eq!(clean("isv.BUSINESS_LIMIT_CONTROL"), "isv.BUSINESS_LIMIT_CONTROL");
        assert_eq!(clean("MK:0004"), "MK:0004");
        assert_eq!(clean("验证码 426132\n\u{1b}[31m"), "42613231m");
        assert_eq!(clean(&"x".repeat(1_000)).len(), MAX);
    }
}
