//! To which addresses anything is sent: public ones, and those of networks that the endpoint's configuration names.
//!
//! A name is resolved here and the connection goes to the very addresses that were looked at, so a name that answers otherwise the
//! second time (DNS rebinding) gains nothing. Names are looked up anew for each connection.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use ipnet::IpNet;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

/// Networks inside of which no stranger is: RFC 6890 and its followers, and where clouds tell machines their secrets.
const INTERNAL_V4: [([u8; 4], u8); 17] = [
    ([0, 0, 0, 0], 8),
    ([10, 0, 0, 0], 8),
    // Shared by carriers; a cloud's metadata service at 100.100.100.200 too.
    ([100, 64, 0, 0], 10),
    ([127, 0, 0, 0], 8),
    // A cloud's metadata service, in a public range.
    ([168, 63, 129, 16], 32),
    // Link-local; metadata services at 169.254.169.254.
    ([169, 254, 0, 0], 16),
    ([172, 16, 0, 0], 12),
    ([192, 0, 0, 0], 24),
    ([192, 0, 2, 0], 24),
    ([192, 31, 196, 0], 24),
    ([192, 88, 99, 0], 24),
    ([192, 168, 0, 0], 16),
    ([198, 18, 0, 0], 15),
    ([198, 51, 100, 0], 24),
    ([203, 0, 113, 0], 24),
    ([224, 0, 0, 0], 4),
    ([240, 0, 0, 0], 4),
];

/// Unicast addresses that are handed out to everybody; all else of IPv6 is internal, multicast or for experiments.
const GLOBAL_V6: ([u16; 8], u8) = ([0x2000, 0, 0, 0, 0, 0, 0, 0], 3);

/// Parts of [`GLOBAL_V6`] that are not: IETF protocols and Teredo, documentation, segment routing.
const INTERNAL_V6: [([u16; 8], u8); 4] = [
    ([0x2001, 0, 0, 0, 0, 0, 0, 0], 23),
    ([0x2001, 0xdb8, 0, 0, 0, 0, 0, 0], 32),
    ([0x3fff, 0, 0, 0, 0, 0, 0, 0], 20),
    ([0x5f00, 0, 0, 0, 0, 0, 0, 0], 16),
];

/// Decides to which addresses an endpoint's events go.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Guard {
    allowed: Vec<IpNet>,
}

impl Guard {
    /// Public addresses, and those of these networks.
    pub fn new(allowed: Vec<IpNet>) -> Self {
        Self { allowed }
    }

    /// Whether anything may be sent there.
    pub fn admits(&self, address: IpAddr) -> bool {
        self.allowed.iter().any(|network| network.contains(&address)) || is_public(address)
    }

    /// Whether a network is allowed that is not public: then plain text may be sent too.
    pub fn allows_some(&self) -> bool {
        !self.allowed.is_empty()
    }
}

fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => !INTERNAL_V4.iter().any(|(network, length)| holds_v4(*network, *length, address)),
        IpAddr::V6(address) => match carried(address) {
            Some(inner) => is_public(IpAddr::V4(inner)),
            None => {
                holds_v6(GLOBAL_V6.0, GLOBAL_V6.1, address)
                    && !INTERNAL_V6.iter().any(|(network, length)| holds_v6(*network, *length, address))
            }
        },
    }
}

/// The IPv4 address to which an IPv6 address leads: mapped, by NAT64, by 6to4.
fn carried(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let v4 = |high: u16, low: u16| Ipv4Addr::from((u32::from(high) << 16) | u32::from(low));
    match address.segments() {
        [0, 0, 0, 0, 0, 0xffff, high, low] | [0x64, 0xff9b, 0, 0, 0, 0, high, low] => Some(v4(high, low)),
        [0x2002, high, low, ..] => Some(v4(high, low)),
        _ => None,
    }
}

fn holds_v4(network: [u8; 4], length: u8, address: Ipv4Addr) -> bool {
    (u32::from(Ipv4Addr::from(network)) ^ u32::from(address)).leading_zeros() >= u32::from(length)
}

fn holds_v6(network: [u16; 8], length: u8, address: Ipv6Addr) -> bool {
    (u128::from(Ipv6Addr::from(network)) ^ u128::from(address)).leading_zeros() >= u32::from(length)
}

/// An address that is not written to.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{host} is at {address}, inside a network that is not public: name it in allow_networks if that is meant")]
pub struct Refused {
    /// The name.
    pub host: String,
    /// Where it is.
    pub address: IpAddr,
}

/// Looks up names, and lets out only what the guard admits. One bad address among several refuses the name.
#[derive(Clone, Debug)]
pub struct GuardedResolver(pub Guard);

impl Resolve for GuardedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let guard = self.0.clone();
        Box::pin(async move {
            let host = name.as_str().to_owned();
            let found: Vec<SocketAddr> = tokio::net::lookup_host((host.as_str(), 0)).await?.collect();
            if found.is_empty() {
                return Err(io::Error::new(io::ErrorKind::NotFound, format!("{host} has no address")).into());
            }
            if let Some(bad) = found.iter().find(|it| !guard.admits(it.ip())) {
                return Err(Refused { host, address: bad.ip() }.into());
            }
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn admits(address: &str) -> bool {
        Guard::default().admits(address.parse().unwrap())
    }

    #[test]
    fn nothing_is_sent_into_a_network_that_is_not_public() {
        for internal in [
            "127.0.0.1",
            "127.9.9.9",
            "0.0.0.0",
            "10.1.2.3",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.1.1",
            "169.254.169.254",
            "100.100.100.200",
            "168.63.129.16",
            "192.0.0.192",
            "224.0.0.1",
            "239.255.255.255",
            "255.255.255.255",
            "198.19.0.1",
            "::1",
            "::",
            "fe80::1",
            "fd00:ec2::254",
            "fc00::1",
            "ff02::1",
            "2001:db8::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "64:ff9b::a9fe:a9fe",
            "2002:7f00:1::",
            "2001:0:1::1",
            "fec0::1",
            "::127.0.0.1",
            "64:ff9b:1::1",
        ] {
            assert!(!admits(internal), "{internal}");
        }
        for public in [
            "8.8.8.8",
            "172.32.0.1",
            "100.128.0.1",
            "2606:4700::1111",
            "2400:3200::1",
            "::ffff:8.8.8.8",
            "2002:808:808::1",
        ] {
            assert!(admits(public), "{public}");
        }
    }

    #[test]
    fn a_network_that_the_configuration_names_is_written_to_and_no_other() {
        let guard = Guard::new(vec!["10.20.0.0/16".parse().unwrap()]);
        assert!(guard.admits("10.20.3.4".parse().unwrap()) && guard.admits("8.8.8.8".parse().unwrap()));
        assert!(!guard.admits("10.21.0.1".parse().unwrap()) && !guard.admits("127.0.0.1".parse().unwrap()));
    }

    #[tokio::test]
    async fn a_name_that_leads_inside_is_refused_by_name_and_address() {
        let resolver = GuardedResolver(Guard::default());
        let Err(refused) = resolver.resolve("localhost".parse().unwrap()).await else { panic!("localhost is inside") };
        let refused = refused.to_string();
        assert!(refused.starts_with("localhost is at ") && refused.contains("allow_networks"), "{refused}");
        let allowed = Guard::new(vec!["127.0.0.0/8".parse().unwrap(), "::1/128".parse().unwrap()]);
        assert!(GuardedResolver(allowed).resolve("localhost".parse().unwrap()).await.is_ok());
    }

    proptest! {
        /// However an IPv4 address is dressed up as IPv6, it is judged as itself.
        #[test]
        fn an_ipv4_address_in_ipv6_clothes_is_judged_as_itself(bits in any::<u32>()) {
            let plain = Ipv4Addr::from(bits);
            let [a, b, c, d] = plain.octets().map(u16::from);
            let (high, low) = ((a << 8) | b, (c << 8) | d);
            let guard = Guard::default();
            for dressed in [
                plain.to_ipv6_mapped(),
                Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, high, low),
                Ipv6Addr::new(0x2002, high, low, 0, 0, 0, 0, 1),
            ] {
                prop_assert_eq!(guard.admits(dressed.into()), guard.admits(plain.into()), "{}", dressed);
            }
        }
    }
}
