//! encrypt_code: names a card to one company (wire_facts 1.2, D-166).
//!
//! Base64 of a random nonce and the encrypted card, with a tag that nobody can make without this server's
//! key (AES-256-GCM). The code says for whom it was made, so that somebody else's is told apart from a
//! forged one.

use crate::keys::Keys;
use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use kaipiao_domain::access::account::AppId;
use kaipiao_domain::people::card::CardCode;

/// What an encrypt_code says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EncryptCode {
    /// The account whose template the card is of: its merchant, or the platform that has inserted it.
    pub template_owner: AppId,
    /// The card among those of the template.
    pub code: CardCode,
    /// The account that may use it.
    pub reader: AppId,
}

/// Sealed for this purpose, so nothing else that the server seals passes for one.
const PURPOSE: &str = "encrypt code";
const APPID_CHARS: usize = 18;
/// Clients keep it in URLs, where padding gets lost: what comes back is read with and without.
const ENGINE: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(base64::engine::DecodePaddingMode::Indifferent),
);

/// Writes a code.
pub fn write(keys: &Keys, says: &EncryptCode, nonce: [u8; 12]) -> String {
    let EncryptCode { template_owner: owner, code, reader } = says;
    ENGINE.encode(keys.seal_bytes(PURPOSE, format!("{owner}{reader}{code}").as_bytes(), nonce))
}

/// Reads what [`write`] wrote, also with `+` that a URL has made a blank, and in the URL-safe alphabet.
/// None: this server did not write it.
pub fn read(keys: &Keys, text: &str) -> Option<EncryptCode> {
    let standard = text.trim_end().replace(['-', ' '], "+").replace('_', "/");
    let says = keys.unseal_bytes(PURPOSE, &ENGINE.decode(standard).ok()?)?;
    let says = String::from_utf8(says).ok()?;
    let (owner, rest) = says.split_at_checked(APPID_CHARS)?;
    let (reader, code) = rest.split_at_checked(APPID_CHARS)?;
    Some(EncryptCode {
        template_owner: AppId::parse(owner)?,
        reader: AppId::parse(reader)?,
        code: CardCode::parse(code)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::test_keys;

    #[test]
    fn a_code_reads_back_however_it_was_carried_and_cannot_be_made_up() {
        let says = EncryptCode {
            template_owner: AppId::parse("wx6b61697069616f31").unwrap(),
            reader: AppId::parse("wx6b61697069616f33").unwrap(),
            code: CardCode::parse("186921658591").unwrap(),
        };
        for nonce in 0..64 {
            let text = write(&test_keys(), &says, [nonce; 12]);
            let carried = [
                text.clone(),
                text.replace('+', " "),
                text.replace('+', "-").replace('/', "_"),
                text.trim_end_matches('=').to_owned(),
            ];
            for carried in carried {
                assert_eq!(read(&test_keys(), &carried).as_ref(), Some(&says), "{carried}");
            }
            let changed = text.replacen(|c: char| c.is_ascii_lowercase(), "A", 1);
            assert_eq!(read(&test_keys(), &changed), None, "{changed}");
        }
        let sealed = test_keys().seal("wx1", "secret", [1; 12]);
        for forged in ["", "fbdt/fWy1VitQwhbKtSjNeR3BJyfpeJXfZjjGsdCXiM=", "中", &sealed] {
            assert_eq!(read(&test_keys(), forged), None, "{forged}");
        }
        assert_eq!(read(&Keys::derive(&[9; 32]), &write(&test_keys(), &says, [1; 12])), None);
    }
}
