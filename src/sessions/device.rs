//! Names of devices, for their owners.

const UNKNOWN: &str = "?";

/// Returns the browser and the system of a user agent, as `woothee` recognizes them: `Chrome, Windows 10`. Clients can send
/// any user agent.
#[must_use]
pub fn device_name(user_agent: Option<&str>) -> String {
    let Some(agent) = user_agent else { return UNKNOWN.into() };
    let known = |part: &str| (part != "UNKNOWN" && !part.is_empty()).then(|| part.to_owned());
    let Some(found) = woothee::parser::Parser::new().parse(agent) else {
        return program(agent);
    };
    // `HTTP Library` is less specific than the name in the user agent.
    if found.name == "HTTP Library" {
        return program(agent);
    }
    let system = known(found.os).map(|os| match known(&found.os_version) {
        // Browsers no longer send the version: always 10.15.7.
        _ if os.starts_with("Mac OS") => "macOS".into(),
        Some(version) if os == "iPhone" || os == "iPad" => format!("{os}, iOS {version}"),
        Some(version) if !os.contains(&version) && !os.starts_with("Windows") => format!("{os} {version}"),
        _ => os,
    });
    let parts: Vec<String> = known(found.name).into_iter().chain(system).collect();
    if parts.is_empty() { UNKNOWN.into() } else { parts.join(", ") }
}

/// Returns the name of a program, which comes first in its user agent: `okhttp/4.12.0`.
fn program(agent: &str) -> String {
    agent.split([' ', '/']).next().filter(|name| !name.is_empty()).unwrap_or(UNKNOWN).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn devices_are_named_by_browser_and_system() {
        let chrome = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36";
        assert_eq!(device_name(Some(chrome)), "Chrome, Windows 10");
        let phone = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1";
        assert_eq!(device_name(Some(phone)), "Safari, iPhone, iOS 17.5");
        let mac = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36";
        assert_eq!(device_name(Some(mac)), "Chrome, macOS");
        assert_eq!(device_name(Some("curl/8.5.0")), "curl");
        assert_eq!(device_name(Some("okhttp/4.12.0")), "okhttp");
        assert_eq!(device_name(None), "?");
    }
}
