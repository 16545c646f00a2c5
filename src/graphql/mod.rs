//! The contract: schema, inputs, payloads; resolvers of a few lines, one file a feature.
