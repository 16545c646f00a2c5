//! Request signatures of cloud services. No I/O.

pub mod tc3;
