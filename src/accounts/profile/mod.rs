//! Profiles.

pub mod update_profile;
