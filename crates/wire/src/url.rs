//! Queries of the addresses that this server makes.

use kaipiao_domain::Refusal;
use percent_encoding::{AsciiSet, CONTROLS, NON_ALPHANUMERIC, utf8_percent_encode};
use std::borrow::Cow;
use url::Host;

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

/// What would end a user name early.
const NOT_IN_USERS: &AsciiSet = &NOT_IN_ADDRESSES.add(b'@').add(b'[').add(b']');

/// A http or https address in ASCII: percent-encoded, its host in punycode. What is ASCII already
/// stays as it is.
///
/// # Errors
/// What is wrong with the part that names the host: a browser would go nowhere, or to another one.
pub(crate) fn ascii(url: &str) -> Result<String, &'static str> {
    let (scheme, rest) = url.split_once("://").ok_or(NO_HOST)?;
    let (authority, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    if authority.contains('\\') {
        return Err("holds a backslash before its path, which browsers take for a /");
    }
    let (user, host_and_port) = match authority.rsplit_once('@') {
        Some((user, rest)) => (format!("{}@", utf8_percent_encode(user, NOT_IN_USERS)), rest),
        None => (String::new(), authority),
    };
    let colon = host_and_port.rfind(':').filter(|colon| !host_and_port[*colon..].contains(']'));
    let (host, port) = host_and_port.split_at(colon.unwrap_or(host_and_port.len()));
    if !is_port(port) {
        return Err("holds a port that is no number up to 65535");
    }
    Ok(format!("{scheme}://{user}{}{port}{}", ascii_host(host)?, encoded(path)))
}

/// `:80`, `:`, or nothing.
fn is_port(text: &str) -> bool {
    let digits = text.strip_prefix(':').unwrap_or_default();
    digits.bytes().all(|byte| byte.is_ascii_digit())
        && (digits.is_empty() || digits.parse::<u16>().is_ok())
}

fn ascii_host(host: &str) -> Result<Cow<'_, str>, &'static str> {
    let parsed = Host::parse(host).map_err(|_| NO_HOST)?;
    if let Host::Domain(name) = &parsed {
        let in_name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_');
        if !name.bytes().all(in_name) {
            return Err(NO_HOST);
        }
    }
    let stays = host.is_ascii() && !host.contains('%');
    Ok(if stays { Cow::Borrowed(host) } else { Cow::Owned(parsed.to_string()) })
}

const NO_HOST: &str = "holds no host name that there can be";

/// Refuses an address whose host no browser finds (72031).
pub(crate) fn check_host(field: &str, url: &str) -> Result<(), Refusal> {
    ascii(url).map(drop).map_err(|problem| Refusal::invalid(field, problem))
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
        for same in [
            "https://a.cn",
            "HTTP://A.cn:8080/b%20c?d=%E4%B8%AD&e=[1]#f",
            "http://[::1]/",
            "http://[::1]:8080/",
            "https://xn--fiqs8s.cn/",
            "http://1.2.3.4:0/",
            "https://a_b.cn:65535?c=@d:e",
            "https://user:word@a.cn/",
            "https://a.cn:/x",
        ] {
            assert_eq!(ascii(same).as_deref(), Ok(same));
        }
        for (url, expected) in [
            (
                "https://example.com/中文?u=张三",
                "https://example.com/%E4%B8%AD%E6%96%87?u=%E5%BC%A0%E4%B8%89",
            ),
            ("https://中国.cn:8443?a=\"<b>|", "https://xn--fiqs8s.cn:8443?a=%22%3Cb%3E%7C"),
            ("http://BÜCHER.de/", "http://xn--bcher-kva.de/"),
            ("http://%E4%B8%AD国.cn/", "http://xn--fiqs8s.cn/"),
            ("https://a@b@c.cn/\\", "https://a%40b@c.cn/%5C"),
        ] {
            assert_eq!(ascii(url).as_deref(), Ok(expected), "{url}");
        }
    }

    #[test]
    fn a_host_that_no_browser_finds_is_refused() {
        for bad in [
            "no address",
            "https://中\u{200e} _国.cn/",
            "https://a\"b<c>.cn/",
            "https://a\"b.cn/",
            "https://a`b.cn/",
            "https://:80/x",
            "https://@/x",
            "https:///x",
            "https://[::1/",
            "https://[::1]x/",
            "https://::1/",
            "https://a%20b.cn/",
            "https://a b.cn/",
            "https://1.2.3.999/",
            "https://xn--a.cn/",
        ] {
            assert_eq!(ascii(bad), Err(NO_HOST), "{bad}");
        }
        for (bad, seen) in [
            ("https://a.cn\\@b.cn/", "a backslash"),
            ("https://a.cn\\b", "a backslash"),
            ("https://a.cn:99999/x", "a port"),
            ("https://a.cn:8a/", "a port"),
            ("https://a.cn:+8/", "a port"),
            ("https://中国.cn:八/", "a port"),
        ] {
            assert!(ascii(bad).unwrap_err().contains(seen), "{bad}");
        }
    }

    proptest::proptest! {
        #[test]
        fn every_answer_is_ascii_and_stays_the_same(rest in "\\PC{0,40}") {
            if let Ok(once) = ascii(&format!("https://{rest}")) {
                proptest::prop_assert!(once.is_ascii());
                proptest::prop_assert_eq!(ascii(&once), Ok(once.clone()));
            }
        }

        #[test]
        fn a_browser_goes_to_the_host_that_was_sent(
            rest in "[ab.:@/\\\\%0-9\\[\\]?#中\"<]{0,12}\\PC{0,8}"
        ) {
            let sent = format!("https://{rest}");
            if let Ok(answer) = ascii(&sent) {
                let host = |url: &str| url::Url::parse(url).map(|url| url.host().map(|host| host.to_owned()));
                proptest::prop_assert!(host(&answer).is_ok_and(|host| host.is_some()), "{}", answer);
                proptest::prop_assert_eq!(host(&answer), host(&sent));
            }
        }
    }
}
