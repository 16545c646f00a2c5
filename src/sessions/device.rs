//! A name for a device that its owner recognises.

/// The browser and the system out of a user agent, as `woothee` knows them: `Chrome, Windows 10`. It is what the device
/// says of itself, and proves nothing.
#[must_use]
pub fn device_name(user_agent: Option<&str>) -> String {
    const UNKNOWN: &str = "?";
    let Some(agent) = user_agent else { return UNKNOWN.into() };
    let known = |part: &str| (part != "UNKNOWN" && !part.is_empty()).then(|| part.to_owned());
    let Some(found) = woothee::parser::Parser::new().parse(agent) else {
        // Programs name themselves first: `okhttp/4.12.0`.
        return agent.split([' ', '/']).next().filter(|name| !name.is_empty()).unwrap_or(UNKNOWN).to_owned();
    };
    let system = known(found.os).map(|os| match known(&found.os_version) {
        Some(version) if !os.contains(&version) && !os.starts_with("Windows") => format!("{os} {version}"),
        _ => os,
    });
    let parts: Vec<String> = known(found.name).into_iter().chain(system).collect();
    if parts.is_empty() { UNKNOWN.into() } else { parts.join(", ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn devices_are_named_by_browser_and_system() {
        let chrome = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36";
        assert_eq!(device_name(Some(chrome)), "Chrome, Windows 10");
        let phone = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1";
        assert_eq!(device_name(Some(phone)), "Safari, iPhone 17.5");
        assert_eq!(device_name(Some("okhttp/4.12.0")), "okhttp");
        assert_eq!(device_name(None), "?");
    }
}
