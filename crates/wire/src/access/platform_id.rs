//! `s_pappid`: the platform's appid, an underscore and 32 opaque bytes, in base64 (wire_facts 0.2).

use crate::keys::Keys;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use kaipiao_domain::access::account::{AppId, PlatformId};

/// Makes the s_pappid of a platform account: the same for ever, for one server key.
pub fn make(keys: &Keys, appid: &AppId) -> PlatformId {
    let mut bytes = format!("{appid}_").into_bytes();
    bytes.extend_from_slice(&keys.platform_mac(appid.as_str()));
    PlatformId::from_checked(URL_SAFE_NO_PAD.encode(bytes))
}

/// Reads an s_pappid in either base64 alphabet, also percent-encoded as clients cut it out of a
/// URL. Returns the id in the URL-safe alphabet and the appid within. None: no such shape.
pub fn read(text: &str) -> Option<(PlatformId, AppId)> {
    let text = percent_encoding::percent_decode_str(text.trim()).decode_utf8().ok()?;
    let text = text.replace('+', "-").replace('/', "_");
    let bytes = URL_SAFE_NO_PAD.decode(&text).ok()?;
    let (name, rest) = bytes.split_at_checked(18)?;
    let appid = AppId::parse(std::str::from_utf8(name).ok()?)?;
    (rest.len() == 33 && rest[0] == b'_').then(|| (PlatformId::from_checked(text), appid))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::test_keys;

    #[test]
    fn real_ids_are_read_in_both_alphabets() {
        let real = "d3g1YjVkOTM3MWM3MzMwMmRjX1MbTXulxSJ+UckPKeOzT5sOW03JCEfhGLW+q0iGP+o9";
        let (id, appid) = read(real).unwrap();
        assert_eq!(appid.as_str(), "wx5b5d9371c73302dc");
        assert_eq!(read(&real.replace('+', "%2B")).unwrap().0, id);
        assert_eq!(read(id.as_str()).unwrap().0, id);
        assert!(read("wxabcd").is_none() && read("d3JCEfhGLW+q0iGP+o9").is_none());
    }

    #[test]
    fn a_made_id_has_68_characters_and_reads_back() {
        let appid = AppId::parse("wx6b61697069616f32").unwrap();
        let id = make(&test_keys(), &appid);
        assert_eq!(id.as_str().len(), 68);
        assert!(id.as_str().starts_with("d3g"));
        assert_eq!(read(id.as_str()), Some((id, appid)));
    }
}
