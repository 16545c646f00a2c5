//! Responses: every error has a code, and no error quotes a value.

use std::collections::BTreeMap;

use async_graphql::{ErrorExtensionValues, Pos, Response, ServerError, Value};
use http::HeaderMap;
use serde::Serialize;

use super::document::{Document, Refusal};
use super::error_code::ErrorCode;

/// A response to a client.
pub struct ApiReply {
    /// A GraphQL response in JSON. It has no `data` if nothing was executed.
    pub body: Vec<u8>,
    /// Why nothing was executed.
    pub refused: Option<ErrorCode>,
    /// Headers that resolvers set, such as `set-cookie`.
    pub headers: HeaderMap,
}

impl ApiReply {
    /// Builds the response to a request that was not executed.
    #[must_use]
    pub fn refusal(code: ErrorCode, request_id: &str) -> Self {
        Self::refused(code.into(), request_id)
    }

    /// As [`ApiReply::refusal`], with positions in the document.
    pub(super) fn refused(refusal: Refusal, request_id: &str) -> Self {
        let Refusal { code, locations } = refusal;
        refuse(vec![error(code, locations)], code, request_id)
    }
}

/// Builds the response from the executor's result, with cleaned errors.
pub(super) fn reply(response: Response, document: &Document, request_id: &str) -> ApiReply {
    let headers = response.http_headers;
    let mut refused = None;
    let errors: Vec<_> = response
        .errors
        .into_iter()
        .map(|raw| {
            let (error, not_executed) = clean(raw, document, request_id);
            refused = refused.or(not_executed);
            error
        })
        .collect();
    if let Some(code) = refused
        && response.data == Value::Null
    {
        return ApiReply { headers, ..refuse(errors, code, request_id) };
    }
    let body = body(Some(&response.data), errors, response.extensions, request_id);
    ApiReply { body, refused: None, headers }
}

/// Returns the error without values, and its code if it is a request error rather than a field error.
fn clean(raw: ServerError, document: &Document, request_id: &str) -> (ServerError, Option<ErrorCode>) {
    if raw.extensions.as_ref().is_some_and(|values| values.get("code").is_some()) {
        return (ServerError { source: None, ..raw }, None);
    }
    let invalid_value = raw.message.starts_with("Invalid value for argument");
    let code = if raw.path.is_empty() {
        // No field was resolved, so this is a validation error.
        if invalid_value && document.holds_variable(&raw.locations) {
            ErrorCode::InvalidVariables
        } else {
            ErrorCode::ValidationFailed
        }
    } else if is_coercion(&raw.message) {
        ErrorCode::InvalidVariables
    } else {
        // Resolvers add a code to every error, so this error comes from the executor. Its text may quote a value: keep
        // only the beginning.
        let cause = raw.message.split(['"', ':', '`']).next().unwrap_or_default();
        tracing::error!(request_id, path = ?raw.path, cause, "an error without a code");
        ErrorCode::InternalServerError
    };
    let mut cleaned = error(code, raw.locations);
    cleaned.path = raw.path;
    let about_names = code == ErrorCode::ValidationFailed && names_only(&raw.message);
    let about_a_place = code != ErrorCode::InternalServerError && names_the_place(&raw.message);
    if about_names || about_a_place {
        cleaned.message = raw.message;
    }
    (cleaned, (code != ErrorCode::InternalServerError).then_some(code))
}

/// Returns whether the executor's message is about a value of the wrong type. The rest of such a message quotes the
/// value.
fn is_coercion(message: &str) -> bool {
    ["Failed to parse \"", "Expected input type \"", "Invalid value for argument", "Variable "]
        .iter()
        .any(|head| message.starts_with(head))
}

/// Returns whether a validation message contains only names of the schema and of the document. Messages about values
/// quote them, and a value may be a password. Unknown messages count as such.
fn names_only(message: &str) -> bool {
    const HEADS: [&str; 13] = [
        "Unknown field \"",
        "Unknown type \"",
        "Unknown argument \"",
        "Unknown directive \"",
        "Unknown fragment: \"",
        "Field \"",
        "Fields \"",
        "Fragment ",
        "Cannot spread fragment \"",
        "Duplicate directive \"",
        "Directive \"",
        "There can only be one ",
        "Variable \"",
    ];
    HEADS.iter().any(|head| message.starts_with(head))
}

/// Returns whether a message about a value contains only its path and the expected type, both as names of the schema:
/// `Invalid value for argument "input.account", expected type "String"`.
fn names_the_place(message: &str) -> bool {
    let Some((_, reason)) =
        message.strip_prefix("Invalid value for argument \"").and_then(|rest| rest.split_once("\", "))
    else {
        return false;
    };
    let missing = reason.starts_with("field \"") && reason.ends_with("is required but not provided");
    missing || reason.starts_with("expected type \"") || reason.starts_with("Oneof ")
}

/// Builds an error with its code.
pub(super) fn error(code: ErrorCode, locations: Vec<Pos>) -> ServerError {
    let mut extensions = ErrorExtensionValues::default();
    extensions.set("code", code.as_str());
    let mut error = ServerError::new(code.message(), None);
    error.locations = locations;
    error.extensions = Some(extensions);
    error
}

fn refuse(errors: Vec<ServerError>, code: ErrorCode, request_id: &str) -> ApiReply {
    let body = body(None, errors, BTreeMap::new(), request_id);
    ApiReply { body, refused: Some(code), headers: HeaderMap::new() }
}

fn body(
    data: Option<&Value>,
    mut errors: Vec<ServerError>,
    extensions: BTreeMap<String, Value>,
    request_id: &str,
) -> Vec<u8> {
    /// A GraphQL response. The executor's own type always has `data`.
    #[derive(Serialize)]
    struct Body<'a> {
        #[serde(skip_serializing_if = "Option::is_none")]
        data: Option<&'a Value>,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        errors: Vec<ServerError>,
        #[serde(skip_serializing_if = "BTreeMap::is_empty")]
        extensions: BTreeMap<String, Value>,
    }
    for error in &mut errors {
        error.extensions.get_or_insert_default().set("requestId", request_id);
    }
    serde_json::to_vec(&Body { data, errors, extensions }).unwrap_or_else(|cause| {
        tracing::error!(request_id, %cause, "a response could not be serialized");
        br#"{"errors":[{"message":"An internal error occurred.","extensions":{"code":"INTERNAL_SERVER_ERROR"}}]}"#
            .to_vec()
    })
}
