//! Which addresses webhooks may be sent to. Without this check, an endpoint whose name leads to an internal address would make
//! the gateway send requests into its own network (server-side request forgery).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::LazyLock;

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

/// IPv4 networks that are not on the public internet: the special-purpose registry of IANA (RFC 6890), multicast and reserved
/// addresses, and the metadata service of Aliyun, which is in 100.64.0.0/10.
const SPECIAL_V4: &[&str] = &[
    "0.0.0.0/8",
    "10.0.0.0/8",
    "100.64.0.0/10",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "172.16.0.0/12",
    "192.0.0.0/24",
    "192.0.2.0/24",
    "192.88.99.0/24",
    "192.168.0.0/16",
    "198.18.0.0/15",
    "198.51.100.0/24",
    "203.0.113.0/24",
    "224.0.0.0/4",
    "240.0.0.0/4",
];

/// IPv6: only global unicast is public, without these networks of it.
const GLOBAL_UNICAST: &str = "2000::/3";
const SPECIAL_V6: &[&str] = &["2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"];

struct Networks {
    special_v4: Vec<Ipv4Net>,
    global_unicast: Vec<Ipv6Net>,
    special_v6: Vec<Ipv6Net>,
}

static NETWORKS: LazyLock<Networks> = LazyLock::new(|| Networks {
    special_v4: SPECIAL_V4.iter().filter_map(|net| net.parse().ok()).collect(),
    global_unicast: GLOBAL_UNICAST.parse().into_iter().collect(),
    special_v6: SPECIAL_V6.iter().filter_map(|net| net.parse().ok()).collect(),
});

/// Returns whether a webhook may be sent to an address: a public one, or one inside `allowed`.
pub(super) fn is_allowed(address: IpAddr, allowed: &[IpNet]) -> bool {
    allowed.iter().any(|net| net.contains(&address)) || is_public(address)
}

fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => embedded_v4(address).map_or_else(|| is_public_v6(address), is_public_v4),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    !NETWORKS.special_v4.iter().any(|net| net.contains(&address))
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    NETWORKS.global_unicast.iter().any(|net| net.contains(&address))
        && !NETWORKS.special_v6.iter().any(|net| net.contains(&address))
}

/// Returns the IPv4 address in an IPv4-mapped (`::ffff:0:0/96`), translated (`64:ff9b::/96`) or compatible (`::/96`) address.
fn embedded_v4(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let [prefix @ .., high, low] = address.segments();
    let embedded = matches!(prefix, [0, 0, 0, 0, 0, 0 | 0xffff] | [0x64, 0xff9b, 0, 0, 0, 0]);
    embedded.then(|| Ipv4Addr::from_bits(u32::from(high) << 16 | u32::from(low)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_network_of_the_tables_can_be_read() {
        assert_eq!(NETWORKS.special_v4.len(), SPECIAL_V4.len());
        assert_eq!((NETWORKS.global_unicast.len(), NETWORKS.special_v6.len()), (1, SPECIAL_V6.len()));
    }

    #[test]
    fn only_public_addresses_are_allowed() {
        for address in [
            "1.1.1.1",
            "223.5.5.5",
            "100.63.255.255",
            "100.128.0.1",
            "172.32.0.1",
            "2606:4700::1111",
            "::ffff:8.8.8.8",
        ] {
            assert!(is_allowed(address.parse().unwrap(), &[]), "{address}");
        }
        for address in [
            "0.0.0.0",
            "10.1.2.3",
            "100.100.100.200",
            "127.0.0.1",
            "169.254.169.254",
            "169.254.0.23",
            "172.16.0.1",
            "192.168.1.1",
            "198.18.0.1",
            "203.0.113.9",
            "224.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "fe80::1",
            "fd00:ec2::254",
            "fec0::1",
            "ff02::1",
            "2001:db8::1",
            "2002:7f00:1::",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "64:ff9b::7f00:1",
            "64:ff9b:1::1",
            "::127.0.0.1",
            "100::1",
            "5f00::1",
        ] {
            assert!(!is_allowed(address.parse().unwrap(), &[]), "{address}");
        }
    }

    #[test]
    fn the_operator_can_allow_a_network() {
        let allowed: Vec<IpNet> = vec!["10.20.0.0/16".parse().unwrap()];
        assert!(is_allowed("10.20.3.4".parse().unwrap(), &allowed));
        assert!(!is_allowed("10.21.3.4".parse().unwrap(), &allowed));
    }
}
