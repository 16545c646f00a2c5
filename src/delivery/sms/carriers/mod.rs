//! The carriers of SMS messages: one file each, and what they share.

pub(super) mod aliyun;
mod code;
mod http;
mod number;
pub(super) mod ronglian;
pub(super) mod tencent;
pub(super) mod twilio;
pub(super) mod webhook;

pub use http::Http;
