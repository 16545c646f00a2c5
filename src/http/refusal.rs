//! Refusals before GraphQL execution. They are GraphQL errors too, so that clients handle one format only.
//!
//! A handler returns [`refuse`], a response with a status and no body. The outermost middleware, which knows the request
//! id and the accepted media type, writes the body.

use axum::response::{IntoResponse as _, Response};
use http::StatusCode;

use crate::graphql::error_code::ErrorCode;

/// Marks a response whose body has yet to be written.
#[derive(Clone, Copy)]
pub struct Refused(pub ErrorCode);

/// Builds an error response. Handlers may add headers to it.
#[must_use]
pub fn refuse(code: ErrorCode) -> Response {
    let mut response = status(code).into_response();
    response.extensions_mut().insert(Refused(code));
    response
}

/// Returns the status of a request that was not executed.
#[must_use]
pub fn status(code: ErrorCode) -> StatusCode {
    match code {
        ErrorCode::BadRequest
        | ErrorCode::ParseError
        | ErrorCode::ValidationFailed
        | ErrorCode::InvalidVariables
        | ErrorCode::DocumentTooDeep
        | ErrorCode::DocumentTooComplex
        | ErrorCode::TooManyAliases
        | ErrorCode::TooManyTokens
        | ErrorCode::DocumentTooLong
        | ErrorCode::OneAuthenticationMutation
        | ErrorCode::BatchNotAllowed
        | ErrorCode::OperationNotFound
        | ErrorCode::IntrospectionDisabled => StatusCode::BAD_REQUEST,
        ErrorCode::Unauthenticated => StatusCode::UNAUTHORIZED,
        ErrorCode::Forbidden | ErrorCode::OriginRefused => StatusCode::FORBIDDEN,
        ErrorCode::NotFound => StatusCode::NOT_FOUND,
        ErrorCode::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
        ErrorCode::NotAcceptable => StatusCode::NOT_ACCEPTABLE,
        ErrorCode::RequestTimeout => StatusCode::REQUEST_TIMEOUT,
        ErrorCode::PayloadTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        ErrorCode::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        ErrorCode::Misdirected => StatusCode::MISDIRECTED_REQUEST,
        ErrorCode::RateLimited => StatusCode::TOO_MANY_REQUESTS,
        ErrorCode::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        ErrorCode::InternalServerError => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_refusal_has_an_error_status() {
        for code in ErrorCode::ALL {
            assert!(status(code).is_client_error() || status(code).is_server_error(), "{}", code.as_str());
            assert!(refuse(code).extensions().get::<Refused>().is_some());
        }
    }
}
