//! Settings: one struct a section, read from a TOML file and the environment, every fault told at once.
//!
//! Sections are plain data. This folder alone reads the environment.

pub mod reader;
