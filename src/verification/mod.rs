//! Codes: "this person owns this address".
