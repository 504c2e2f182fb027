//! The signed cookie of the console: who has logged in, and until when.

use crate::keys::Keys;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use kaipiao_domain::Timestamp;
use kaipiao_domain::access::console_user::ConsoleName;
use subtle::ConstantTimeEq;

/// A console user's session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConsoleSession {
    /// Random: two sessions are never the same.
    pub id: [u8; 12],
    /// Who has logged in.
    pub name: ConsoleName,
    /// Which of the user's counts of sessions it is of; it is over when the user has another.
    pub count: u64,
    /// Its end in real time, unix seconds.
    pub expires_s: i64,
}

/// Writes the cookie's value.
pub fn write(keys: &Keys, session: &ConsoleSession) -> String {
    let ConsoleSession { id, name, count, expires_s } = session;
    let claim = format!("{}.{expires_s}.{count}.{name}", URL_SAFE_NO_PAD.encode(id));
    let mac = URL_SAFE_NO_PAD.encode(keys.console_mac(claim.as_bytes()));
    format!("{}.{mac}", URL_SAFE_NO_PAD.encode(claim))
}

/// Reads a cookie's value; None when this server did not write it, or its time is over.
pub fn read(keys: &Keys, text: &str, now: Timestamp) -> Option<ConsoleSession> {
    let (claim, mac) = text.split_once('.')?;
    let (claim, mac) = (URL_SAFE_NO_PAD.decode(claim).ok()?, URL_SAFE_NO_PAD.decode(mac).ok()?);
    if !bool::from(keys.console_mac(&claim).as_slice().ct_eq(&mac)) {
        return None;
    }
    let claim = String::from_utf8(claim).ok()?;
    let mut parts = claim.splitn(4, '.');
    let mut next = || parts.next();
    let session = ConsoleSession {
        id: URL_SAFE_NO_PAD.decode(next()?).ok()?.try_into().ok()?,
        expires_s: next()?.parse().ok()?,
        count: next()?.parse().ok()?,
        name: ConsoleName::parse(next()?)?,
    };
    (session.expires_s > now.unix_seconds()).then_some(session)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::test_keys;
    use crate::people::session;

    #[test]
    fn a_session_reads_back_until_it_ends_and_no_bit_of_it_may_change() {
        let name = ConsoleName::parse("amy.li@example.com").unwrap();
        let session = ConsoleSession { id: *b"twelve bytes", name, count: 7, expires_s: 1000 };
        let text = write(&test_keys(), &session);
        let at = |seconds: i64| Timestamp::from_unix_millis(seconds * 1000);
        assert_eq!(read(&test_keys(), &text, at(999)), Some(session));
        assert_eq!(read(&test_keys(), &text, at(1000)), None);
        assert_eq!(read(&Keys::derive(&[9; 32]), &text, at(1)), None);
        for index in 0..text.len() {
            let mut bytes = text.clone().into_bytes();
            bytes[index] = if bytes[index] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(bytes).unwrap();
            assert_eq!(read(&test_keys(), &changed, at(1)), None, "{index}");
        }
        assert_eq!(read(&test_keys(), "", at(1)), None);
    }

    #[test]
    fn a_users_session_opens_no_console() {
        use kaipiao_domain::people::session::Session;
        use kaipiao_domain::people::user::UserId;
        let user = UserId::parse("0.amy").unwrap();
        let theirs = Session { id: *b"twelve bytes", user, expires_s: 1000 };
        let text = session::write(&test_keys(), &theirs);
        assert_eq!(read(&test_keys(), &text, Timestamp::from_unix_millis(1)), None);
    }
}
