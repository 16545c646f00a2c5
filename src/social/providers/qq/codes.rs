//! What QQ's error codes ask for: a new start by the person, or an act of the operator. docs/social.md has them all.

use crate::social::provider::ProviderError;

/// What `code` means at `/oauth2.0/token` and `/oauth2.0/me`.
///
/// Codes that nobody has described are refusals: QQ did answer, so it is not away, and the number is of use to whoever
/// is asked for help.
pub(super) fn error(code: String) -> ProviderError {
    match code.as_str() {
        // Parameters and methods, which only another version of this program can mend, and the app with its key,
        // address, review and permissions.
        "100000" | "100001" | "100002" | "100003" | "100004" | "100008" | "100009" | "100010" | "100011"
        | "100012" | "100028" | "100029" | "100031" | "100048" => ProviderError::Misconfigured { code },
        _ => ProviderError::Rejected { code: Some(code) },
    }
}

/// Whether `ret` of `/user/get_user_info` says that the token or the openid is none, which contradicts
/// `/oauth2.0/me`. All other failures there cost the nickname and the avatar only.
pub(super) fn denies_identity(ret: &str) -> bool {
    matches!(ret, "1002" | "-1" | "-23" | "100007" | "100013" | "100014" | "100015" | "100016")
}

/// The app may not ask for `unionid`. No openid comes with it.
pub(super) const NO_UNIONID: &str = "100048";

/// Whether what the browser brought as `code` is an error number: QQ's authorize page sends those by the same name.
/// Codes have 32 hexadecimal digits.
pub(super) fn is_error_number(code: &str) -> bool {
    code.len() == 6 && code.bytes().all(|byte| byte.is_ascii_digit())
}
