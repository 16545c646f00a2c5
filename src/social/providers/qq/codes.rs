//! Classifies QQ's error codes: the user must start again, or the operator must act. docs/social.md lists all codes.

use crate::social::provider::ProviderError;

/// Classifies an error code of `/oauth2.0/token` and `/oauth2.0/me`.
///
/// Undocumented codes are rejections: QQ responded, so it is not unavailable, and the code helps support.
pub(super) fn error(code: String) -> ProviderError {
    match code.as_str() {
        // Invalid parameters or methods, and errors about the app: its id, key, address, review and permissions.
        "100000" | "100001" | "100002" | "100003" | "100004" | "100008" | "100009" | "100010" | "100011"
        | "100012" | "100028" | "100029" | "100031" | "100048" => ProviderError::Misconfigured { code },
        _ => ProviderError::Rejected { code: Some(code) },
    }
}

/// Returns whether `ret` of `/user/get_user_info` reports an invalid token or openid, which contradicts `/oauth2.0/me`.
/// After every other error the sign-in continues without nickname and avatar.
pub(super) fn denies_identity(ret: &str) -> bool {
    matches!(ret, "1002" | "-1" | "-23" | "100007" | "100013" | "100014" | "100015" | "100016")
}

/// The app may not request the `unionid`. The response contains no openid either.
pub(super) const NO_UNIONID: &str = "100048";

/// Returns whether the callback parameter `code` is an error number. QQ's authorization page uses the same parameter for
/// both. Authorization codes have 32 hexadecimal digits.
pub(super) fn is_error_number(code: &str) -> bool {
    code.len() == 6 && code.bytes().all(|byte| byte.is_ascii_digit())
}
