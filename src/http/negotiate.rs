//! Content negotiation: the media type of the response (`Accept`) and of the body (`Content-Type`).

use http::header::{ACCEPT, CONTENT_ENCODING, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, StatusCode};

use super::refusal;
use crate::graphql::error_code::ErrorCode;

/// The media type of a response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Media {
    /// `application/graphql-response+json`: the HTTP status reflects the result of the request.
    GraphqlResponse,
    /// `application/json`: for clients that treat every status except 200 as a network error.
    Json,
}

impl Media {
    /// Chooses by `Accept` (RFC 9110, section 12.5.1): the media type with the higher quality, or the one that is named
    /// exactly if the qualities are equal. Without `Accept` it is JSON. `None` if neither is acceptable.
    #[must_use]
    pub fn negotiate(headers: &HeaderMap) -> Option<Self> {
        let mut ranges = Vec::new();
        for value in headers.get_all(ACCEPT) {
            ranges.extend(value.to_str().ok()?.split(',').take(64).filter_map(Range::parse));
        }
        if ranges.is_empty() {
            return Some(Self::Json);
        }
        let quality = |subtype: &str| {
            let matching = ranges.iter().filter(|range| range.matches(subtype));
            matching
                .max_by_key(|range| range.precision)
                .map_or((0, 0), |range| (range.quality, range.precision))
        };
        let (graphql, json) = (quality("graphql-response+json"), quality("json"));
        match (graphql.0, json.0) {
            (0, 0) => None,
            _ if graphql > json => Some(Self::GraphqlResponse),
            // Both are named with the same quality: the newer one, because its status is more precise.
            _ if graphql == json && graphql.1 == EXACT => Some(Self::GraphqlResponse),
            _ => Some(Self::Json),
        }
    }

    /// Returns the value of `Content-Type`.
    #[must_use]
    pub fn content_type(self) -> HeaderValue {
        HeaderValue::from_static(match self {
            Self::GraphqlResponse => "application/graphql-response+json; charset=utf-8",
            Self::Json => "application/json; charset=utf-8",
        })
    }

    /// Returns the status of a GraphQL request that was not executed. With `application/json`, GraphQL over HTTP requires
    /// 200 for documents that cannot be parsed and for invalid variables.
    #[must_use]
    pub fn status(self, code: ErrorCode) -> StatusCode {
        match (self, code) {
            (Self::Json, ErrorCode::ParseError | ErrorCode::InvalidVariables) => StatusCode::OK,
            (Self::GraphqlResponse | Self::Json, code) => refusal::status(code),
        }
    }
}

const EXACT: u8 = 2;

/// One media range of `Accept`.
struct Range {
    subtype: String,
    /// 0 for `*/*`, 1 for `application/*`, [`EXACT`] for a media type.
    precision: u8,
    /// In thousandths.
    quality: u16,
}

impl Range {
    /// Parses a range; `None` for an empty element.
    fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split(';').map(str::trim);
        let name = parts.next().filter(|name| !name.is_empty())?.to_ascii_lowercase();
        let (kind, subtype) = name.split_once('/').unwrap_or((&name, ""));
        let precision = match (kind, subtype) {
            ("*", "*") => 0,
            ("application", "*") => 1,
            _ => EXACT,
        };
        let mut quality = 1_000;
        let mut supported = precision < EXACT || kind == "application";
        for parameter in parts {
            let (key, value) = parameter.split_once('=').unwrap_or((parameter, ""));
            match key.trim().to_ascii_lowercase().as_str() {
                "q" => quality = thousandths(value.trim()),
                "charset" => supported &= is_utf8(value),
                _ => {}
            }
        }
        // A range of unsupported types is kept, so that the list is not empty, but it matches nothing.
        let subtype = if supported { subtype.to_owned() } else { String::new() };
        Some(Self { subtype, precision, quality })
    }

    fn matches(&self, subtype: &str) -> bool {
        self.subtype == subtype || self.subtype == "*"
    }
}

/// Parses a `qvalue` into thousandths; 0 if it is invalid.
fn thousandths(text: &str) -> u16 {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = fraction.len() <= 3 && fraction.bytes().all(|byte| byte.is_ascii_digit());
    let fraction: u16 = if digits { format!("{fraction:0<3}").parse().unwrap_or(0) } else { 0 };
    match whole {
        "0" => fraction,
        "1" if digits && fraction == 0 => 1_000,
        _ => 0,
    }
}

fn is_utf8(charset: &str) -> bool {
    let charset = charset.trim().trim_matches('"');
    charset.eq_ignore_ascii_case("utf-8") || charset.eq_ignore_ascii_case("utf8")
}

/// Returns whether the body is uncompressed `application/json` in UTF-8. Other types are refused because a page of
/// another origin could send them without a CORS preflight.
#[must_use]
pub fn is_json(headers: &HeaderMap) -> bool {
    let mut types = headers.get_all(CONTENT_TYPE).iter();
    let (Some(value), None) = (types.next(), types.next()) else {
        return false;
    };
    let Ok(text) = value.to_str() else { return false };
    let mut parts = text.split(';').map(str::trim);
    let json = parts.next().is_some_and(|name| name.eq_ignore_ascii_case("application/json"));
    let plain = headers
        .get(CONTENT_ENCODING)
        .is_none_or(|coding| coding.as_bytes().eq_ignore_ascii_case(b"identity"));
    json && plain
        && parts.filter(|part| !part.is_empty()).all(|part| {
            let (key, value) = part.split_once('=').unwrap_or((part, ""));
            !key.trim().eq_ignore_ascii_case("charset") || is_utf8(value)
        })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn negotiate(accept: &str) -> Option<Media> {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, HeaderValue::from_str(accept).unwrap());
        Media::negotiate(&headers)
    }

    #[test]
    fn accept_selects_the_media_type() {
        const NEW: Option<Media> = Some(Media::GraphqlResponse);
        const OLD: Option<Media> = Some(Media::Json);
        assert_eq!(Media::negotiate(&HeaderMap::new()), OLD);
        for (accept, expected) in [
            ("", OLD),
            ("*/*", OLD),
            ("application/*", OLD),
            ("application/json", OLD),
            ("Application/JSON; Charset=UTF-8", OLD),
            ("application/graphql-response+json", NEW),
            ("application/graphql-response+json, application/json", NEW),
            ("application/json, application/graphql-response+json", NEW),
            ("application/graphql-response+json,application/json;q=0.9", NEW),
            ("application/graphql-response+json;q=0.5, application/json;q=0.9", OLD),
            ("application/graphql-response+json;q=0.5, */*", OLD),
            ("application/graphql-response+json, */*;q=0.1", NEW),
            ("application/json;q=0, */*", NEW),
            ("application/json;q=0", None),
            ("*/*;q=0", None),
            ("text/html", None),
            ("text/html, */*;q=0.1", OLD),
            ("application/json; charset=latin1", None),
            ("application/xml", None),
        ] {
            assert_eq!(negotiate(accept), expected, "{accept}");
        }
    }

    #[test]
    fn only_json_in_utf8_is_accepted() {
        for (content_type, expected) in [
            ("application/json", true),
            ("application/json; charset=utf-8", true),
            ("APPLICATION/JSON;charset=\"UTF-8\"", true),
            ("application/json; charset=gbk", false),
            ("application/json5", false),
            ("text/plain", false),
            ("application/x-www-form-urlencoded", false),
            ("multipart/form-data; boundary=application/json", false),
            ("text/plain; application/json", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(CONTENT_TYPE, HeaderValue::from_str(content_type).unwrap());
            assert_eq!(is_json(&headers), expected, "{content_type}");
            headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
            assert!(!is_json(&headers));
        }
        assert!(!is_json(&HeaderMap::new()));
    }

    proptest! {
        #[test]
        fn any_accept_header_is_handled(accept in "[ -~]*|([a-z*]+/[a-z*+]+(; ?q=[0-9.]*)?, ?)*") {
            let _ = negotiate(&accept);
        }
    }
}
