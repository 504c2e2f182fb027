//! Queries of the addresses that this server makes.

use percent_encoding::{AsciiSet, CONTROLS, NON_ALPHANUMERIC, utf8_percent_encode};

/// Everything but RFC 3986's unreserved characters is encoded, as in the links seen.
pub(crate) const ENCODED: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// What an address cannot hold as it is (RFC 3986). The percent sign is not among it: what is
/// encoded already stays.
const NOT_IN_ADDRESSES: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'<')
    .add(b'>')
    .add(b'\\')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');

/// A http or https address in ASCII: percent-encoded, its host in punycode. What is ASCII already
/// stays as it is. None: the host has no such form.
pub(crate) fn ascii(url: &str) -> Option<String> {
    let (scheme, rest) = url.split_once("://")?;
    let (authority, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    let (user, host) = match authority.rsplit_once('@') {
        Some((user, host)) => (format!("{}@", encoded(user)), host),
        None => (String::new(), authority),
    };
    let host = if host.is_ascii() { host.to_owned() } else { punycode(host)? };
    Some(format!("{scheme}://{user}{host}{}", encoded(path)))
}

fn punycode(host_and_port: &str) -> Option<String> {
    let (host, port) = match host_and_port.split_once(':') {
        Some((host, port)) => (host, format!(":{port}")),
        None => (host_and_port, String::new()),
    };
    if !port.is_ascii() {
        return None;
    }
    Some(format!("{}{port}", idna::domain_to_ascii_strict(host).ok()?))
}

fn encoded(text: &str) -> String {
    utf8_percent_encode(text, NOT_IN_ADDRESSES).to_string()
}

/// Appends to an address's query, before its fragment.
pub(crate) fn with_query(url: &str, query: &str) -> String {
    let (address, fragment) = match url.split_once('#') {
        Some((address, fragment)) => (address, format!("#{fragment}")),
        None => (url, String::new()),
    };
    let joint = match address.split_once('?') {
        None => "?",
        Some((_, earlier)) if earlier.is_empty() || earlier.ends_with('&') => "",
        Some(_) => "&",
    };
    format!("{address}{joint}{query}{fragment}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_ascii_already_stays_and_everything_else_is_encoded() {
        for same in ["https://a.cn", "HTTP://A.cn:8080/b%20c?d=%E4%B8%AD&e=[1]#f", "http://[::1]/"]
        {
            assert_eq!(ascii(same).as_deref(), Some(same));
        }
        for (url, expected) in [
            (
                "https://example.com/中文?u=张三",
                "https://example.com/%E4%B8%AD%E6%96%87?u=%E5%BC%A0%E4%B8%89",
            ),
            ("https://中国.cn:8443?a=\"<b>|", "https://xn--fiqs8s.cn:8443?a=%22%3Cb%3E%7C"),
            ("http://BÜCHER.de/", "http://xn--bcher-kva.de/"),
        ] {
            assert_eq!(ascii(url).as_deref(), Some(expected), "{url}");
        }
        for bad in ["https://中\u{200e} _国.cn/", "https://中国.cn:八/", "no address"] {
            assert_eq!(ascii(bad), None, "{bad}");
        }
    }

    proptest::proptest! {
        #[test]
        fn every_answer_is_ascii_and_stays_the_same(rest in "\\PC{0,40}") {
            if let Some(once) = ascii(&format!("https://{rest}")) {
                proptest::prop_assert!(once.is_ascii());
                proptest::prop_assert_eq!(ascii(&once), Some(once.clone()));
            }
        }
    }
}
