//! The address of an uploaded PDF: a signed text with an end (wire_facts 1.1).

use crate::keys::Keys;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use core::time::Duration;
use hmac::Mac;
use kaipiao_domain::Timestamp;
use kaipiao_domain::access::account::AppId;
use kaipiao_domain::platform::pdf::MediaId;

/// Where the files are; a name follows.
pub const PATH: &str = "/invoice/media/";
/// How long an address serves.
pub const LIFE: Duration = Duration::from_secs(7200);

const MAC_BYTES: usize = 16;
const APPID_BYTES: usize = 18;

/// What an address says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MediaLink {
    /// The platform whose file it is.
    pub owner: AppId,
    /// Its name there.
    pub media_id: MediaId,
    /// The moment from which the address leads nowhere.
    pub until: Timestamp,
}

/// The address of a file below this server's own.
pub fn url(
    keys: &Keys,
    base_url: &str,
    owner: &AppId,
    media_id: &MediaId,
    until: Timestamp,
) -> String {
    let claim = format!("{owner}{media_id}.{}", until.unix_millis());
    let mac = keys.media_mac(claim.as_bytes()).finalize().into_bytes();
    let (name, proof) = (URL_SAFE_NO_PAD.encode(&claim), URL_SAFE_NO_PAD.encode(&mac[..MAC_BYTES]));
    format!("{}{PATH}{name}.{proof}", base_url.trim_end_matches('/'))
}

/// Reads the last part of an address; None: this server did not write it.
pub fn read(keys: &Keys, name: &str) -> Option<MediaLink> {
    let (name, proof) = name.split_once('.')?;
    let claim = URL_SAFE_NO_PAD.decode(name).ok()?;
    let proof = URL_SAFE_NO_PAD.decode(proof).ok().filter(|proof| proof.len() == MAC_BYTES)?;
    keys.media_mac(&claim).verify_truncated_left(&proof).ok()?;
    let claim = String::from_utf8(claim).ok()?;
    let (owner, rest) = claim.split_at_checked(APPID_BYTES)?;
    let (media_id, until_ms) = rest.split_once('.')?;
    Some(MediaLink {
        owner: AppId::parse(owner)?,
        media_id: MediaId::parse(media_id)?,
        until: Timestamp::from_unix_millis(until_ms.parse().ok()?),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::test_keys;

    #[test]
    fn an_address_reads_back_and_cannot_be_made_up() {
        let owner = AppId::parse("wx6b61697069616f32").unwrap();
        let media_id = MediaId::parse("3015806758683707").unwrap();
        let until = Timestamp::from_unix_millis(1_700_000_000_123);
        let url = url(&test_keys(), "http://x/", &owner, &media_id, until);
        let name = url.strip_prefix("http://x/invoice/media/").unwrap();
        assert_eq!(read(&test_keys(), name), Some(MediaLink { owner, media_id, until }));
        let later = URL_SAFE_NO_PAD.encode("wx6b61697069616f323015806758683707.1900000000123");
        let proof = name.split_once('.').unwrap().1;
        for forged in
            ["", ".", "a.b", &name[1..], &name[..name.len() - 1], &format!("{later}.{proof}")]
        {
            assert_eq!(read(&test_keys(), forged), None, "{forged}");
        }
        assert_eq!(read(&Keys::derive(&[8; 32]), name), None);
    }
}
