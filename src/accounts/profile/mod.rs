//! Profiles, and what other people can see or ask about them.

mod activity;
pub mod availability;
mod change_profile;
pub mod update_profile;
