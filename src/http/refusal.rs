//! Refusals before GraphQL execution. They are GraphQL errors too, so that clients handle one format only.
//!
//! A handler returns [`refuse`], a response with a status and no body. The outermost middleware, which knows the request
//! id and the accepted media type, writes the body.

use axum::response::{IntoResponse as _, Response};
use http::StatusCode;

use crate::graphql::fault::CallerFault;

/// Marks a response whose body has yet to be written.
#[derive(Clone, Copy)]
pub struct Refused(pub CallerFault);

/// Builds an error response. Handlers may add headers to it.
#[must_use]
pub fn refuse(fault: CallerFault) -> Response {
    let mut response = status(fault).into_response();
    response.extensions_mut().insert(Refused(fault));
    response
}

/// Returns the status of a request that was not executed.
#[must_use]
pub fn status(fault: CallerFault) -> StatusCode {
    match fault {
        CallerFault::BadRequest
        | CallerFault::ParseError
        | CallerFault::ValidationFailed
        | CallerFault::InvalidVariables
        | CallerFault::DocumentTooDeep
        | CallerFault::DocumentTooComplex
        | CallerFault::TooManyAliases
        | CallerFault::TooManyTokens
        | CallerFault::DocumentTooLong
        | CallerFault::OneAuthenticationMutation
        | CallerFault::BatchNotAllowed
        | CallerFault::OperationNotFound
        | CallerFault::IntrospectionDisabled => StatusCode::BAD_REQUEST,
        CallerFault::Unauthenticated => StatusCode::UNAUTHORIZED,
        CallerFault::Forbidden | CallerFault::OriginRefused => StatusCode::FORBIDDEN,
        CallerFault::NotFound => StatusCode::NOT_FOUND,
        CallerFault::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
        CallerFault::NotAcceptable => StatusCode::NOT_ACCEPTABLE,
        CallerFault::RequestTimeout => StatusCode::REQUEST_TIMEOUT,
        CallerFault::PayloadTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        CallerFault::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        CallerFault::Misdirected => StatusCode::MISDIRECTED_REQUEST,
        CallerFault::RateLimited => StatusCode::TOO_MANY_REQUESTS,
        CallerFault::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        CallerFault::InternalServerError => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_refusal_has_an_error_status() {
        for fault in CallerFault::ALL {
            assert!(status(fault).is_client_error() || status(fault).is_server_error(), "{}", fault.code());
            assert!(refuse(fault).extensions().get::<Refused>().is_some());
        }
    }
}
