//! Client ids, secrets and URLs for QQ, Weibo, WeChat and GitHub.

use super::reading::{address, pair};
use crate::config::reader::Reader;
use crate::core::secret::SecretString;

/// QQ Connect.
#[derive(Clone)]
pub struct QqSettings {
    pub app_id: String,
    pub app_key: SecretString,
    /// The URL of `graph.qq.com`. All URLs here are without a trailing slash.
    pub url: String,
    /// Whether to request the `unionid`. Apps without this permission work either way.
    pub union_id: bool,
}

/// Sina Weibo.
#[derive(Clone)]
pub struct WeiboSettings {
    pub app_key: String,
    pub app_secret: SecretString,
    /// The URL of `api.weibo.com`.
    pub url: String,
}

/// WeChat for web sites.
#[derive(Clone)]
pub struct WechatSettings {
    pub app_id: String,
    pub app_secret: SecretString,
    /// The URL of `open.weixin.qq.com`, which browsers open.
    pub web_url: String,
    /// The URL of `api.weixin.qq.com`.
    pub api_url: String,
}

/// A GitHub OAuth app.
#[derive(Clone)]
pub struct GithubSettings {
    pub client_id: String,
    pub client_secret: SecretString,
    /// The URL of `github.com`, for authorization and tokens.
    pub web_url: String,
    /// The URL of `api.github.com`.
    pub api_url: String,
}

pub(super) fn qq(reader: &mut Reader) -> Option<QqSettings> {
    let client = pair(
        reader,
        ("social.qq.app_id", "The APP ID of QQ Connect. Without it, development uses the sandbox."),
        ("social.qq.app_key", "The APP Key of QQ Connect."),
    );
    let url = address(reader, "social.qq.url", "https://graph.qq.com", "The URL of QQ Connect.");
    let union_id = reader.value(
        "social.qq.unionid",
        "true",
        "Whether to request the `unionid`, which is the same for all apps of one owner. If QQ denies it, sign-in works without it.",
    );
    client.map(|(app_id, app_key)| QqSettings { app_id, app_key, url, union_id })
}

pub(super) fn weibo(reader: &mut Reader) -> Option<WeiboSettings> {
    let client = pair(
        reader,
        ("social.weibo.app_key", "The App Key of Weibo. Without it, development uses the sandbox."),
        ("social.weibo.app_secret", "The App Secret of Weibo."),
    );
    let url = address(reader, "social.weibo.url", "https://api.weibo.com", "The URL of Weibo.");
    client.map(|(app_key, app_secret)| WeiboSettings { app_key, app_secret, url })
}

pub(super) fn wechat(reader: &mut Reader) -> Option<WechatSettings> {
    let client = pair(
        reader,
        (
            "social.wechat.app_id",
            "The AppID of a WeChat web site app. Without it, development uses the sandbox.",
        ),
        ("social.wechat.app_secret", "The AppSecret of WeChat."),
    );
    let web_url = address(
        reader,
        "social.wechat.web_url",
        "https://open.weixin.qq.com",
        "The URL of the page with WeChat's QR code.",
    );
    let api_url =
        address(reader, "social.wechat.api_url", "https://api.weixin.qq.com", "The URL of WeChat's API.");
    client.map(|(app_id, app_secret)| WechatSettings { app_id, app_secret, web_url, api_url })
}

pub(super) fn github(reader: &mut Reader) -> Option<GithubSettings> {
    let client = pair(
        reader,
        (
            "social.github.client_id",
            "The client ID of a GitHub OAuth app. Without it, development uses the sandbox.",
        ),
        ("social.github.client_secret", "The client secret of the GitHub OAuth app."),
    );
    let web_url = address(
        reader,
        "social.github.web_url",
        "https://github.com",
        "The URL for GitHub's authorization page and tokens.",
    );
    let api_url =
        address(reader, "social.github.api_url", "https://api.github.com", "The URL of GitHub's API.");
    client.map(|(client_id, client_secret)| GithubSettings { client_id, client_secret, web_url, api_url })
}
