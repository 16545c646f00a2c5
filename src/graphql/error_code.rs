//! The closed list of what a caller is told outside the outcomes that the schema names.
//!
//! The code is for programs and does not change. The message is a constant: it never holds anything that was sent.

/// A GraphQL error's kind, as `extensions.code` names it.
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
    /// The `Host` header names somebody else.
    Misdirected,
    NotFound,
    RequestTimeout,
    Unauthenticated,
    Forbidden,
    RateLimited,
    /// A store is away or the gateway is busy: worth another try.
    Unavailable,
    /// A bug or an unexpected state. The log has the cause, with the request id.
    InternalServerError,
}

impl ErrorCode {
    /// Every code, for documentation and tests.
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

    /// The code for programs: upper case with underscores.
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

    /// The message for the programmer of the client.
    #[must_use]
    pub const fn message(self) -> &'static str {
        match self {
            Self::BadRequest => "The request is not well formed.",
            Self::ParseError => "The document cannot be parsed.",
            Self::ValidationFailed => "The document does not fit the schema.",
            Self::InvalidVariables => "The variables do not fit their types.",
            Self::DocumentTooDeep => "The document is nested too deeply.",
            Self::DocumentTooComplex => "The document asks for too many fields.",
            Self::TooManyAliases => "The document has too many aliases.",
            Self::TooManyTokens => "The document has too many tokens.",
            Self::DocumentTooLong => "The document is too long.",
            Self::OneAuthenticationMutation => "A document may hold one mutation field only.",
            Self::BatchNotAllowed => "Batches are not taken: send one operation a request.",
            Self::OperationNotFound => "The document has no such operation, or operationName is missing.",
            Self::IntrospectionDisabled => "Introspection is switched off here.",
            Self::MethodNotAllowed => {
                "The method is not allowed here. Mutations go by POST; otherwise the Allow header names what is."
            }
            Self::NotAcceptable => "Accept application/graphql-response+json or application/json.",
            Self::UnsupportedMediaType => "Send application/json in UTF-8.",
            Self::PayloadTooLarge => "The request is too large.",
            Self::OriginRefused => "Requests from this origin are not taken.",
            Self::Misdirected => {
                "A gateway in development answers under names of its own machine, and under that of http.public_url."
            }
            Self::NotFound => "There is nothing here.",
            Self::RequestTimeout => "The request took too long to arrive.",
            Self::Unauthenticated => "A valid access token is needed.",
            Self::Forbidden => "This is not allowed.",
            Self::RateLimited => "Too many requests: try again later.",
            Self::Unavailable => "The service is not available at the moment: try again later.",
            Self::InternalServerError => "Something went wrong on our side.",
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
