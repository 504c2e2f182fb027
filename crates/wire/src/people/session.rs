//! The signed cookie that says who sits before a page, and the token that ties a form to it.

use crate::keys::Keys;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use kaipiao_domain::Timestamp;
use kaipiao_domain::people::session::Session;
use kaipiao_domain::people::user::UserId;
use subtle::ConstantTimeEq;

/// Writes the cookie's value.
pub fn write(keys: &Keys, session: &Session) -> String {
    let id = URL_SAFE_NO_PAD.encode(session.id);
    let claim = format!("{id}.{}.{}", session.expires_s, session.user.as_str());
    let mac = URL_SAFE_NO_PAD.encode(keys.session_mac(claim.as_bytes()));
    format!("{}.{mac}", URL_SAFE_NO_PAD.encode(claim))
}

/// Reads a cookie's value; None when this server did not write it, or its time is over.
pub fn read(keys: &Keys, text: &str, now: Timestamp) -> Option<Session> {
    let (claim, mac) = text.split_once('.')?;
    let (claim, mac) = (URL_SAFE_NO_PAD.decode(claim).ok()?, URL_SAFE_NO_PAD.decode(mac).ok()?);
    if !bool::from(keys.session_mac(&claim).as_slice().ct_eq(&mac)) {
        return None;
    }
    let claim = String::from_utf8(claim).ok()?;
    let (id, rest) = claim.split_once('.')?;
    let (expires_s, user) = rest.split_once('.')?;
    let session = Session {
        id: URL_SAFE_NO_PAD.decode(id).ok()?.try_into().ok()?,
        user: UserId::parse(user)?,
        expires_s: expires_s.parse().ok()?,
    };
    (session.expires_s > now.unix_seconds()).then_some(session)
}

/// The token of the forms that belong to a cookie: a page elsewhere does not know it.
pub fn form_token(keys: &Keys, cookie: &str) -> String {
    URL_SAFE_NO_PAD.encode(keys.form_mac(cookie.as_bytes()))
}

/// Whether a form belongs to this cookie.
pub fn is_form_token(keys: &Keys, cookie: &str, token: &str) -> bool {
    form_token(keys, cookie).as_bytes().ct_eq(token.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::test_keys;

    #[test]
    fn a_session_reads_back_until_it_ends_and_no_bit_of_it_may_change() {
        let user = UserId::parse("a.b@c").unwrap();
        let session = Session { id: *b"twelve bytes", user, expires_s: 1000 };
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
    fn a_form_token_belongs_to_one_cookie() {
        let token = form_token(&test_keys(), "cookie");
        assert!(is_form_token(&test_keys(), "cookie", &token));
        assert!(!is_form_token(&test_keys(), "other", &token));
        assert!(!is_form_token(&test_keys(), "cookie", ""));
    }
}
