//! Where an entry of a card leads: the platform's page, told which card it was (wire_facts 1.1).

use crate::url::{ENCODED, ascii, with_query};
use kaipiao_domain::people::card::CardId;
use percent_encoding::utf8_percent_encode;

/// The address with `encrypt_code` and `card_id` behind what its query says already, and before its fragment.
pub fn with_card(url: &str, encrypt_code: &str, card_id: &CardId) -> String {
    let url = ascii(url).unwrap_or_else(|_| url.to_owned());
    let code = utf8_percent_encode(encrypt_code, ENCODED);
    with_query(&url, &format!("encrypt_code={code}&card_id={}", card_id.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_told_the_card_beside_what_it_knows_already() {
        let card_id = CardId::parse("pjZ8Yt9WoOePThU0NfUKz5-tBEWU").unwrap();
        let told = "encrypt_code=a%2Fb%2Bc%3D&card_id=pjZ8Yt9WoOePThU0NfUKz5-tBEWU";
        for (url, expected) in [
            ("http://p.example/a", format!("http://p.example/a?{told}")),
            ("https://p.example/a?b=c#d", format!("https://p.example/a?b=c&{told}#d")),
            ("https://p.example/中", format!("https://p.example/%E4%B8%AD?{told}")),
        ] {
            assert_eq!(with_card(url, "a/b+c=", &card_id), expected);
        }
    }
}
