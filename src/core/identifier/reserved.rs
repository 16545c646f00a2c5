//! Reserved names. Their owners could be mistaken for the operator or for a part of the program.

use std::collections::HashSet;
use std::sync::LazyLock;

use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

use super::canonical;

const BUILT_IN: &[&str] = &[
    // the operator and the staff
    "admin",
    "administrator",
    "admins",
    "root",
    "superuser",
    "sysadmin",
    "sysop",
    "system",
    "sys",
    "operator",
    "owner",
    "staff",
    "team",
    "official",
    "moderator",
    "mod",
    "support",
    "help",
    "helpdesk",
    "service",
    "customerservice",
    "security",
    "abuse",
    "billing",
    "sales",
    "legal",
    "press",
    "contact",
    "info",
    "feedback",
    // mailboxes that every domain must have (RFC 2142), and senders
    "postmaster",
    "hostmaster",
    "webmaster",
    "noc",
    "mailerdaemon",
    "noreply",
    "donotreply",
    "daemon",
    // the program and its addresses
    "menjin",
    "api",
    "graphql",
    "auth",
    "oauth",
    "login",
    "logout",
    "signin",
    "signup",
    "signout",
    "register",
    "account",
    "accounts",
    "settings",
    "self",
    "user",
    "users",
    "guest",
    "anonymous",
    "everyone",
    "nobody",
    "null",
    "undefined",
    "none",
    "true",
    "false",
    "unknown",
    "deleted",
    "www",
    "mail",
    "localhost",
    // in Chinese, simplified and traditional
    "管理员",
    "管理員",
    "系统管理员",
    "系統管理員",
    "超级管理员",
    "超級管理員",
    "系统",
    "系統",
    "系统消息",
    "系统通知",
    "客服",
    "在线客服",
    "官方客服",
    "人工客服",
    "客服中心",
    "客服人员",
    "官方",
    "官方账号",
    "官方帳號",
    "平台",
    "平台客服",
    "版主",
    "站长",
    "站長",
    "运营",
    "營運",
    "工作人员",
    "工作人員",
    "安全中心",
    "支付中心",
    "财务",
    "財務",
    "通知",
    "公告",
    "门禁",
    "門禁",
    "匿名",
    "匿名用户",
    "游客",
    "遊客",
    "用户",
    "用戶",
    "所有人",
    "全体成员",
    "已注销",
    "已註銷",
];

static KEYS: LazyLock<HashSet<String>> =
    LazyLock::new(|| BUILT_IN.iter().map(|name| bare(&canonical::key(name))).collect());

/// Returns whether a name with this key is reserved, here or in `more`. Separators (`ad.min`) and diacritics (`ádmin`)
/// are ignored.
pub(super) fn is_reserved(key: &str, more: &[String]) -> bool {
    let key = bare(key);
    KEYS.contains(&key) || more.iter().any(|name| bare(&canonical::key(&canonical::clean(name))) == key)
}

fn bare(key: &str) -> String {
    let counts = |c: &char| !matches!(c, '_' | '-' | '.' | '·' | ' ') && !is_combining_mark(*c);
    key.nfd().filter(counts).collect()
}
