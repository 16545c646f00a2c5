//! Profiles, and what other people can see or ask about them.

mod activity;
pub mod availability;
pub mod update_profile;
