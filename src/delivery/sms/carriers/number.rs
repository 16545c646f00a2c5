//! Numbers as carriers write them.

/// Returns the number without the country code +86, if it belongs to mainland China.
pub(super) fn mainland(e164: &str) -> Option<&str> {
    e164.strip_prefix("+86")
}

/// Compares a number in a carrier's response with one in E.164 format.
pub(super) fn is_same(written: &str, e164: &str) -> bool {
    let digits = |text: &str| text.trim_start_matches(['+', '0']).to_owned();
    let (written, e164) = (digits(written), digits(e164));
    written == e164 || e164.strip_prefix("86") == Some(written.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_compared_in_every_form() {
        for written in ["13800138000", "8613800138000", "+8613800138000", "008613800138000"] {
            assert!(is_same(written, "+8613800138000"), "{written}");
        }
        assert!(!is_same("13800138001", "+8613800138000") && !is_same("13800138000", "+113800138000"));
        assert_eq!((mainland("+8613800138000"), mainland("+15005550006")), (Some("13800138000"), None));
    }
}
