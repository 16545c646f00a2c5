//! The codes of GraphQL errors, which are not typed refusals of the schema.
//!
//! Codes do not change. Messages are constants and never contain values of the request.

/// The code of a GraphQL error, in `extensions.code`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ErrorCode {
    BadRequest,
    ParseError,
    ValidationFailed,
    /// A variable is missing or is not of its type.
    InvalidVariables,
    DocumentTooDeep,
    DocumentTooComplex,
    TooManyAliases,
    TooManyTokens,
    DocumentTooLong,
    OneAuthenticationMutation,
    BatchNotAllowed,
    OperationNotFound,
    IntrospectionDisabled,
    MethodNotAllowed,
    NotAcceptable,
    UnsupportedMediaType,
    PayloadTooLarge,
    OriginRefused,
    /// The `Host` header has an unknown name.
    Misdirected,
    NotFound,
    RequestTimeout,
    Unauthenticated,
    Forbidden,
    RateLimited,
    /// A store is unavailable or the gateway is busy. A retry can succeed.
    Unavailable,
    /// A bug or an unexpected state. The log has the cause, with the request id.
    InternalServerError,
}

impl ErrorCode {
    /// All codes, for documentation and tests.
    pub const ALL: [Self; 26] = [
        Self::BadRequest,
        Self::ParseError,
        Self::ValidationFailed,
        Self::InvalidVariables,
        Self::DocumentTooDeep,
        Self::DocumentTooComplex,
        Self::TooManyAliases,
        Self::TooManyTokens,
        Self::DocumentTooLong,
        Self::OneAuthenticationMutation,
        Self::BatchNotAllowed,
        Self::OperationNotFound,
        Self::IntrospectionDisabled,
        Self::MethodNotAllowed,
        Self::NotAcceptable,
        Self::UnsupportedMediaType,
        Self::PayloadTooLarge,
        Self::OriginRefused,
        Self::Misdirected,
        Self::NotFound,
        Self::RequestTimeout,
        Self::Unauthenticated,
        Self::Forbidden,
        Self::RateLimited,
        Self::Unavailable,
        Self::InternalServerError,
    ];

    /// Returns the code for programs: upper case with underscores.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::BadRequest => "BAD_REQUEST",
            Self::ParseError => "GRAPHQL_PARSE_FAILED",
            Self::ValidationFailed => "GRAPHQL_VALIDATION_FAILED",
            Self::InvalidVariables => "INVALID_VARIABLES",
            Self::DocumentTooDeep => "DOCUMENT_TOO_DEEP",
            Self::DocumentTooComplex => "DOCUMENT_TOO_COMPLEX",
            Self::TooManyAliases => "TOO_MANY_ALIASES",
            Self::TooManyTokens => "TOO_MANY_TOKENS",
            Self::DocumentTooLong => "DOCUMENT_TOO_LONG",
            Self::OneAuthenticationMutation => "ONE_AUTHENTICATION_MUTATION",
            Self::BatchNotAllowed => "BATCH_NOT_ALLOWED",
            Self::OperationNotFound => "OPERATION_NOT_FOUND",
            Self::IntrospectionDisabled => "INTROSPECTION_DISABLED",
            Self::MethodNotAllowed => "METHOD_NOT_ALLOWED",
            Self::NotAcceptable => "NOT_ACCEPTABLE",
            Self::UnsupportedMediaType => "UNSUPPORTED_MEDIA_TYPE",
            Self::PayloadTooLarge => "PAYLOAD_TOO_LARGE",
            Self::OriginRefused => "ORIGIN_REFUSED",
            Self::Misdirected => "MISDIRECTED",
            Self::NotFound => "NOT_FOUND",
            Self::RequestTimeout => "REQUEST_TIMEOUT",
            Self::Unauthenticated => "UNAUTHENTICATED",
            Self::Forbidden => "FORBIDDEN",
            Self::RateLimited => "RATE_LIMITED",
            Self::Unavailable => "UNAVAILABLE",
            Self::InternalServerError => "INTERNAL_SERVER_ERROR",
        }
    }

    /// Returns the message for developers.
    #[must_use]
    pub const fn message(self) -> &'static str {
        match self {
            Self::BadRequest => "The request is malformed.",
            Self::ParseError => "The document cannot be parsed.",
            Self::ValidationFailed => "The document does not match the schema.",
            Self::InvalidVariables => "The variables do not match their types.",
            Self::DocumentTooDeep => "The document is nested too deeply.",
            Self::DocumentTooComplex => "The document selects too many fields.",
            Self::TooManyAliases => "The document has too many aliases.",
            Self::TooManyTokens => "The document has too many tokens.",
            Self::DocumentTooLong => "The document is too long.",
            Self::OneAuthenticationMutation => "A document may contain only one authentication mutation.",
            Self::BatchNotAllowed => "Batches are not supported. Send one operation per request.",
            Self::OperationNotFound => {
                "The document does not contain this operation, or operationName is missing."
            }
            Self::IntrospectionDisabled => "Introspection is disabled.",
            Self::MethodNotAllowed => {
                "The method is not allowed. Send mutations by POST; the Allow header lists the allowed methods."
            }
            Self::NotAcceptable => "Accept application/graphql-response+json or application/json.",
            Self::UnsupportedMediaType => "Send application/json in UTF-8.",
            Self::PayloadTooLarge => "The request is too large.",
            Self::OriginRefused => "Requests from this origin are not allowed.",
            Self::Misdirected => {
                "In development, the host must be a name of this machine or that of http.public_url."
            }
            Self::NotFound => "This resource does not exist.",
            Self::RequestTimeout => "The request took too long to arrive.",
            Self::Unauthenticated => "A valid access token is required.",
            Self::Forbidden => "This is not allowed.",
            Self::RateLimited => "Too many requests. Try again later.",
            Self::Unavailable => "The service is temporarily unavailable. Try again later.",
            Self::InternalServerError => "An internal error occurred.",
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn codes_are_upper_snake_and_no_two_are_the_same() {
        let codes: HashSet<_> = ErrorCode::ALL.iter().map(|code| code.as_str()).collect();
        assert_eq!(codes.len(), ErrorCode::ALL.len());
        for code in codes {
            assert!(code.chars().all(|c| c.is_ascii_uppercase() || c == '_'), "{code}");
        }
        assert!(ErrorCode::ALL.iter().all(|code| code.message().ends_with('.')));
    }
}
