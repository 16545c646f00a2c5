//! The lifecycle of an account: export, deletion and merging.

mod delete_account;
mod export_my_data;
pub mod merge_account;
pub mod merge_records;
