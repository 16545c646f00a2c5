//! The keys of the captcha services in the sandbox.

/// The site key. Tencent calls it `CaptchaAppId`, which is a number.
pub const SITE_KEY: &str = "190000001";
/// The secret that belongs to [`SITE_KEY`].
pub const SECRET: &str = "sandbox-captcha-secret";
/// The `SecretId` of Tencent Cloud.
pub const SECRET_ID: &str = "AKIDSANDBOXSANDBOX";
/// The `SecretKey` that belongs to [`SECRET_ID`].
pub const SECRET_KEY: &str = "sandbox-cloud-secret";
/// The path of the sandbox; the slug of the service follows.
pub const PATH: &str = "/sandbox/captcha";
