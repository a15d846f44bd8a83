//! Webhooks to addresses that merchants name: one POST, signed as in the Standard Webhooks specification. An address of
//! somebody's own network is refused, so that nobody reaches through us what they could not reach themselves.

use std::{
    net::{IpAddr, Ipv6Addr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use reqwest::{
    Client, Response, Url,
    dns::{Addrs, Name, Resolve, Resolving},
    redirect::Policy,
};

use crate::{
    http::{beginning, whole},
    signature::Secret,
};

/// How long a receiver may take: what it does beyond noting the event it does afterwards.
const PATIENCE: Duration = Duration::from_secs(15);

/// Why an address cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadAddress {
    #[error("it is not an address of the form https://…")]
    Unreadable,
    #[error("it must begin with https://")]
    NotSecure,
    #[error("it lies within a network of its own, which outgoing webhooks may not reach")]
    Private,
}

/// One message: what is signed, and by which secrets (two while one takes the place of the other).
#[derive(Clone, Copy)]
pub struct Message<'a> {
    /// The same at each try: the receiver knows by it what it has seen.
    pub id: &'a str,
    /// Seconds, UTC.
    pub at: i64,
    pub body: &'a str,
    pub secrets: &'a [Secret],
}

/// What a receiver said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    pub status: u16,
    /// Its text, or the beginning of it.
    pub text: String,
    /// Seconds it asked to wait.
    pub retry_after: Option<u64>,
}

/// Sends webhooks.
#[derive(Clone)]
pub struct Outgoing {
    client: Client,
    private: bool,
}

impl Outgoing {
    /// `private`: addresses of own networks and without TLS may be used too.
    #[must_use]
    pub fn new(private: bool) -> Self {
        let client = Client::builder()
            .connect_timeout(Duration::from_secs(5))
            .timeout(PATIENCE)
            .redirect(Policy::none())
            .no_proxy()
            .user_agent(concat!("khanut/", env!("CARGO_PKG_VERSION")));
        let client = if private { client } else { client.dns_resolver(Arc::new(PublicOnly)) };
        // Building fails only when the TLS library cannot start, and then no call could be made anyway.
        Self { client: client.build().unwrap_or_default(), private }
    }

    /// The address as it is kept.
    ///
    /// # Errors
    /// When it cannot be used. What a name leads to is looked at when something is sent.
    pub fn read(&self, address: &str) -> Result<Url, BadAddress> {
        let url = Url::parse(address.trim()).map_err(|_| BadAddress::Unreadable)?;
        if !matches!(url.scheme(), "http" | "https") || !url.has_host() || !url.username().is_empty() {
            return Err(BadAddress::Unreadable);
        }
        if self.private {
            return Ok(url);
        }
        let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
        match host.parse::<IpAddr>() {
            Ok(address) if !is_public(address) => Err(BadAddress::Private),
            Err(_) if host == "localhost" || host.ends_with(".localhost") => Err(BadAddress::Private),
            _ if url.scheme() != "https" => Err(BadAddress::NotSecure),
            _ => Ok(url),
        }
    }

    /// For other requests to addresses that [`Outgoing::read`] has read.
    #[must_use]
    pub fn client(&self) -> Client {
        self.client.clone()
    }

    /// Sends `message` once.
    ///
    /// # Errors
    /// One sentence for the operator when there was no answer.
    pub async fn send(&self, address: &str, message: Message<'_>) -> Result<Said, String> {
        let answer = self.post(address, message).await?;
        let (status, retry_after) = (answer.status().as_u16(), wait(&answer));
        Ok(Said { status, text: beginning(answer).await, retry_after })
    }

    /// As [`Outgoing::send`], of somebody whose whole answer matters.
    ///
    /// # Errors
    /// As [`Outgoing::send`]; an answer that is torn or too long is none.
    pub async fn ask(&self, address: &str, message: Message<'_>) -> Result<Said, String> {
        let answer = self.post(address, message).await?;
        let (status, retry_after) = (answer.status().as_u16(), wait(&answer));
        let text = whole(answer).await.map_err(|fault| fault.to_string())?;
        Ok(Said { status, text, retry_after })
    }

    async fn post(&self, address: &str, message: Message<'_>) -> Result<Response, String> {
        let url = self.read(address).map_err(|bad| bad.to_string())?;
        let signatures =
            message.secrets.iter().map(|secret| secret.sign(message.id, message.at, message.body.as_bytes()));
        let request = self
            .client
            .post(url)
            .header("content-type", "application/json")
            .header("webhook-id", message.id)
            .header("webhook-timestamp", message.at.to_string())
            .header("webhook-signature", signatures.collect::<Vec<_>>().join(" "))
            .body(message.body.to_owned());
        request.send().await.map_err(said)
    }
}

/// Seconds that the receiver asks to wait.
fn wait(answer: &Response) -> Option<u64> {
    answer.headers().get("retry-after").and_then(|value| value.to_str().ok()?.parse().ok())
}

/// The error with what lies beneath it, without the address.
fn said(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut text = error.to_string();
    let mut beneath = std::error::Error::source(&error);
    while let Some(cause) = beneath {
        text = [&text, ": ", &cause.to_string()].concat();
        beneath = cause.source();
    }
    text
}

/// Finds what a name leads to, and of that only what is public: a name cannot be changed between a look and a call.
struct PublicOnly;

impl Resolve for PublicOnly {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let public: Vec<SocketAddr> = found.filter(|address| is_public(address.ip())).collect();
            if public.is_empty() {
                return Err(BadAddress::Private.into());
            }
            Ok(Box::new(public.into_iter()) as Addrs)
        })
    }
}

/// Not of an own network, this machine, or a range that is kept for something else (IANA special-purpose registries).
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => {
            let [a, b, c, _] = v4.octets();
            let special = v4.is_private()
                || v4.is_loopback()
                || v4.is_link_local()
                || v4.is_documentation()
                || matches!((a, b, c), (0, ..) | (100, 64..=127, _) | (192, 0, 0) | (192, 88, 99) | (198, 18 | 19, _))
                || a >= 224;
            !special
        }
        IpAddr::V6(v6) => match v6.segments() {
            // IPv4 in other clothes: mapped, and translated by NAT64.
            [0, 0, 0, 0, 0, 0xffff, ..] | [0x64, 0xff9b, 0, 0, 0, 0, ..] => is_public(IpAddr::V4(last_four(v6))),
            // The one range that is given out, but for tunnels, benchmarks and documentation.
            [0x2001, 0 | 2 | 0xdb8, ..] | [0x2002 | 0x3fff, ..] => false,
            [first, ..] => first & 0xe000 == 0x2000,
        },
    }
}

fn last_four(address: Ipv6Addr) -> std::net::Ipv4Addr {
    let [.., a, b, c, d] = address.octets();
    std::net::Ipv4Addr::new(a, b, c, d)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_public_addresses_are_reached() {
        for public in ["8.8.8.8", "172.32.0.1", "100.63.0.1", "2a00:1450::1", "::ffff:8.8.8.8", "64:ff9b::808:808"] {
            assert!(is_public(public.parse().unwrap()), "{public}");
        }
        let own = [
            "127.0.0.1",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",
            "224.0.0.1",
            "255.255.255.255",
            "198.18.0.1",
            "192.0.0.8",
            "::1",
            "::",
            "fe80::1",
            "fd00::1",
            "ff02::1",
            "::ffff:10.0.0.1",
            "64:ff9b::a00:1",
            "2002:a00:1::",
            "2001:db8::1",
            "2001::1",
        ];
        for own in own {
            assert!(!is_public(own.parse().unwrap()), "{own}");
        }
    }

    #[test]
    fn addresses_are_read() {
        let (public, own) = (Outgoing::new(false), Outgoing::new(true));
        let table = [
            ("https://shop.am/hook", Ok(())),
            (" https://shop.am:8443/hook?a=1 ", Ok(())),
            ("http://shop.am/hook", Err(BadAddress::NotSecure)),
            ("https://localhost/hook", Err(BadAddress::Private)),
            ("https://127.0.0.1/hook", Err(BadAddress::Private)),
            ("https://0x7f.1/hook", Err(BadAddress::Private)),
            ("https://[::1]/hook", Err(BadAddress::Private)),
            ("https://me:word@shop.am/hook", Err(BadAddress::Unreadable)),
            ("ftp://shop.am", Err(BadAddress::Unreadable)),
            ("shop.am", Err(BadAddress::Unreadable)),
        ];
        for (address, fits) in table {
            assert_eq!(public.read(address).map(|_| ()), fits, "{address}");
        }
        assert!(own.read("http://127.0.0.1:3000/hook").is_ok() && own.read("ftp://127.0.0.1").is_err());
    }

    #[tokio::test]
    async fn a_name_that_leads_to_this_machine_is_not_called() {
        // It is given another name than the one that is refused by itself.
        let resolved = PublicOnly.resolve("localhost".parse().unwrap()).await;
        assert_eq!(resolved.err().map(|error| error.to_string()), Some(BadAddress::Private.to_string()));
    }
}
