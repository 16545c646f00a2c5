//! Proof of a human: the port, and one file a provider.
