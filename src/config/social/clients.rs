//! What QQ, Weibo, WeChat and GitHub call the gateway, and where they are.

use super::reading::{address, pair};
use crate::config::reader::Reader;
use crate::core::secret::SecretString;

/// QQ Connect.
#[derive(Clone)]
pub struct QqSettings {
    pub app_id: String,
    pub app_key: SecretString,
    /// Of `graph.qq.com`, without a slash at the end, as all addresses here.
    pub url: String,
    /// Whether `unionid` is asked for. Apps without that permission work either way.
    pub union_id: bool,
}

/// Sina Weibo.
#[derive(Clone)]
pub struct WeiboSettings {
    pub app_key: String,
    pub app_secret: SecretString,
    /// Of `api.weibo.com`.
    pub url: String,
}

/// WeChat, for web sites.
#[derive(Clone)]
pub struct WechatSettings {
    pub app_id: String,
    pub app_secret: SecretString,
    /// Of `open.weixin.qq.com`, where browsers go.
    pub web_url: String,
    /// Of `api.weixin.qq.com`.
    pub api_url: String,
}

/// A GitHub OAuth app.
#[derive(Clone)]
pub struct GithubSettings {
    pub client_id: String,
    pub client_secret: SecretString,
    /// Of `github.com`: authorization and tokens.
    pub web_url: String,
    /// Of `api.github.com`.
    pub api_url: String,
}

pub(super) fn qq(reader: &mut Reader) -> Option<QqSettings> {
    let client = pair(
        reader,
        ("social.qq.app_id", "The APP ID of QQ Connect; development without one: the sandbox."),
        ("social.qq.app_key", "The APP Key of QQ Connect."),
    );
    let url = address(reader, "social.qq.url", "https://graph.qq.com", "Where QQ Connect is.");
    let union_id = reader.value(
        "social.qq.unionid",
        "true",
        "Whether QQ is asked for the `unionid`, which all apps of one owner share; without permission the gateway goes on without it.",
    );
    client.map(|(app_id, app_key)| QqSettings { app_id, app_key, url, union_id })
}

pub(super) fn weibo(reader: &mut Reader) -> Option<WeiboSettings> {
    let client = pair(
        reader,
        ("social.weibo.app_key", "The App Key of Weibo; development without one: the sandbox."),
        ("social.weibo.app_secret", "The App Secret of Weibo."),
    );
    let url = address(reader, "social.weibo.url", "https://api.weibo.com", "Where Weibo is.");
    client.map(|(app_key, app_secret)| WeiboSettings { app_key, app_secret, url })
}

pub(super) fn wechat(reader: &mut Reader) -> Option<WechatSettings> {
    let client = pair(
        reader,
        ("social.wechat.app_id", "The AppID of a WeChat web site app; development without one: the sandbox."),
        ("social.wechat.app_secret", "The AppSecret of WeChat."),
    );
    let web_url = address(
        reader,
        "social.wechat.web_url",
        "https://open.weixin.qq.com",
        "Where WeChat shows its QR code.",
    );
    let api_url =
        address(reader, "social.wechat.api_url", "https://api.weixin.qq.com", "Where WeChat's API is.");
    client.map(|(app_id, app_secret)| WechatSettings { app_id, app_secret, web_url, api_url })
}

pub(super) fn github(reader: &mut Reader) -> Option<GithubSettings> {
    let client = pair(
        reader,
        (
            "social.github.client_id",
            "The client ID of a GitHub OAuth app; development without one: the sandbox.",
        ),
        ("social.github.client_secret", "The client secret of the GitHub OAuth app."),
    );
    let web_url = address(
        reader,
        "social.github.web_url",
        "https://github.com",
        "Where GitHub authorizes and hands out tokens.",
    );
    let api_url =
        address(reader, "social.github.api_url", "https://api.github.com", "Where GitHub's API is.");
    client.map(|(client_id, client_secret)| GithubSettings { client_id, client_secret, web_url, api_url })
}
