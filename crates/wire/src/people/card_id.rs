//! card_ids: 28 characters that begin with `p` (wire_facts 0.2). A merchant has one for what is issued here; each
//! template of a platform has one of its own.

use crate::keys::Keys;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use kaipiao_domain::access::account::AppId;
use kaipiao_domain::people::card::CardId;

/// The card_id of a merchant's cards: the same for ever, for one server key.
pub fn make(keys: &Keys, merchant: &AppId) -> CardId {
    let text = URL_SAFE_NO_PAD.encode(keys.card_mac(merchant.as_str()));
    let card_id = CardId::parse(&format!("p{}", &text[..CardId::CHARS - 1]));
    card_id.expect("base64 of 32 bytes has 43 characters, all of which a card_id may have")
}

/// A template's card_id, out of random bytes.
pub fn from_random(random: [u8; 21]) -> CardId {
    let text = URL_SAFE_NO_PAD.encode(random);
    let card_id = CardId::parse(&format!("p{}", &text[..CardId::CHARS - 1]));
    card_id.expect("base64 of 21 bytes has 28 characters, all of which a card_id may have")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::test_keys;

    #[test]
    fn every_random_is_a_card_id() {
        for byte in [0, 0xff, 0x3e, 0xfb] {
            assert!(from_random([byte; 21]).as_str().starts_with('p'));
        }
    }

    #[test]
    fn a_card_id_is_its_merchants_and_stays() {
        let of = |appid| make(&test_keys(), &AppId::parse(appid).unwrap());
        let (first, second) = (of("wx6b61697069616f31"), of("wx6b61697069616f32"));
        assert_ne!(first, second);
        assert_eq!(first, of("wx6b61697069616f31"));
    }
}
