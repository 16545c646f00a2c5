//! HTTP: the router, GraphQL over HTTP, client addresses.
