//! The signature and the encryption of pushes (wire_facts 3.1 to 3.3).
//!
//! `signature` is the SHA-1 of the sorted parts put together. A message is encrypted with
//! AES-256-CBC over `16 random bytes ‖ length ‖ message ‖ appid`, padded to 32 bytes.

use aes::Aes256;
use aes::cipher::block_padding::NoPadding;
use aes::cipher::{BlockModeDecrypt, BlockModeEncrypt, KeyIvInit};
use base64::Engine as _;
use base64::alphabet;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig, STANDARD};
use kaipiao_domain::Refusal;
use sha1::{Digest, Sha1};
use subtle::ConstantTimeEq;

/// Real keys end in bits that strict decoders refuse (clients A16).
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent),
);
const BLOCK_BYTES: usize = 32;
const RANDOM_BYTES: usize = 16;
const LENGTH_BYTES: usize = 4;

/// An account's EncodingAESKey: 43 base64 characters that stand for 32 bytes. Never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct EncodingAesKey {
    text: String,
    key: [u8; 32],
}

/// What was encrypted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opened {
    /// The message.
    pub message: String,
    /// The appid that it was encrypted for; what is no text of it is U+FFFD.
    pub receiver: String,
}

/// Why an encrypted text cannot be opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotOpened {
    /// It is damaged before anything is decrypted.
    #[error("Encrypt is not base64")]
    Base64,
    /// So many bytes are no whole blocks.
    #[error("Encrypt holds {0} bytes, which are not whole blocks of 16: a part of it is missing")]
    Blocks(usize),
    /// The last byte says how long the padding is.
    #[error(
        "the padding is wrong: its last byte is {0}, expected 1 to 32; the EncodingAESKey is another one, or Encrypt was changed"
    )]
    Padding(u8),
    /// The message's length is more than there is.
    #[error(
        "the length within is wrong; the EncodingAESKey is another one, or Encrypt was changed"
    )]
    Length,
    /// The message is no text.
    #[error(
        "what is decrypted is not UTF-8; the EncodingAESKey is another one, or Encrypt was changed"
    )]
    Text,
}

impl EncodingAesKey {
    /// Reads a key; 72031 when it has another shape.
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        let wrong = || Refusal::invalid("encoding_aes_key", "must be 43 characters of base64");
        if text.len() != 43 {
            return Err(wrong());
        }
        let bytes = LENIENT.decode(text).map_err(|_| wrong())?;
        Ok(Self { text: text.to_owned(), key: bytes.try_into().map_err(|_| wrong())? })
    }

    /// Makes a key of random bytes: of letters and digits alone, as the published service makes them, and without the
    /// bits that strict decoders refuse.
    pub fn of_random(random: [u8; 43]) -> Self {
        const LETTERS: &[u8; 62] =
            b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
        // Those whose last two bits are 0.
        const LAST: &[u8; 16] = b"AEIMQUYcgkosw048";
        let letter = |byte: &u8| char::from(LETTERS[usize::from(*byte) % LETTERS.len()]);
        let mut text: String = random[..42].iter().map(letter).collect();
        text.push(char::from(LAST[usize::from(random[42]) % LAST.len()]));
        Self::parse(&text).expect("it is made as keys are")
    }

    /// The 43 characters.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Encrypts a message for a receiver. `random` should differ for every message.
    pub fn encrypt(&self, message: &str, appid: &str, random: [u8; RANDOM_BYTES]) -> String {
        let length = u32::try_from(message.len()).expect("a push is far below 4 GiB");
        let mut bytes = Vec::with_capacity(message.len() + 2 * BLOCK_BYTES + appid.len());
        bytes.extend_from_slice(&random);
        bytes.extend_from_slice(&length.to_be_bytes());
        bytes.extend_from_slice(message.as_bytes());
        bytes.extend_from_slice(appid.as_bytes());
        let padding = BLOCK_BYTES - bytes.len() % BLOCK_BYTES;
        let pad = u8::try_from(padding).expect("1 to 32");
        bytes.resize(bytes.len() + padding, pad);
        let length = bytes.len();
        cbc::Encryptor::<Aes256>::new(&self.key.into(), &self.iv().into())
            .encrypt_padded::<NoPadding>(&mut bytes, length)
            .expect("the text fills whole blocks");
        STANDARD.encode(bytes)
    }

    /// Decrypts what was encrypted for `appid`; None when it was not, or was changed since.
    pub fn decrypt(&self, encrypted: &str, appid: &str) -> Option<String> {
        let opened = self.open(encrypted).ok()?;
        (opened.receiver == appid).then_some(opened.message)
    }

    /// Decrypts, and says whom it was encrypted for. Takes padding to 32 and to 16 bytes (clients A17).
    pub fn open(&self, encrypted: &str) -> Result<Opened, NotOpened> {
        let mut bytes = LENIENT.decode(encrypted.trim()).map_err(|_| NotOpened::Base64)?;
        let length = bytes.len();
        let plain = cbc::Decryptor::<Aes256>::new(&self.key.into(), &self.iv().into())
            .decrypt_padded::<NoPadding>(&mut bytes)
            .map_err(|_| NotOpened::Blocks(length))?;
        let padding = *plain.last().ok_or(NotOpened::Blocks(0))?;
        let padded = usize::from(padding);
        if !(1..=BLOCK_BYTES).contains(&padded) || padded > plain.len() {
            return Err(NotOpened::Padding(padding));
        }
        let plain = &plain[..plain.len() - padded];
        let (length, rest) = plain
            .get(RANDOM_BYTES..)
            .and_then(<[u8]>::split_first_chunk::<LENGTH_BYTES>)
            .ok_or(NotOpened::Length)?;
        let length = usize::try_from(u32::from_be_bytes(*length)).map_err(|_| NotOpened::Length)?;
        let (message, receiver) = rest.split_at_checked(length).ok_or(NotOpened::Length)?;
        Ok(Opened {
            message: String::from_utf8(message.to_vec()).map_err(|_| NotOpened::Text)?,
            receiver: String::from_utf8_lossy(receiver).into_owned(),
        })
    }

    fn iv(&self) -> [u8; 16] {
        *self.key.first_chunk().expect("the key has 32 bytes")
    }
}

/// `signature` of token, timestamp and nonce; `msg_signature` when the encrypted text is a part too.
pub fn signature(parts: &[&str]) -> String {
    let mut sorted = parts.to_vec();
    sorted.sort_unstable();
    let mut hash = Sha1::new();
    sorted.iter().for_each(|part| hash.update(part.as_bytes()));
    base16ct::lower::encode_string(&hash.finalize())
}

/// Whether that is the signature of these parts. Takes the same time whatever is wrong with it.
pub fn is_signature(given: &str, parts: &[&str]) -> bool {
    signature(parts).as_bytes().ct_eq(given.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    fn vectors() -> Value {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../spec/crypto_vectors.json");
        serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
    }

    #[test]
    fn a_made_key_is_one_that_strict_decoders_take() {
        for byte in [0, 1, 61, 62, 200, 255] {
            let key = EncodingAesKey::of_random([byte; 43]);
            assert!(key.as_str().bytes().all(|b| b.is_ascii_alphanumeric()), "{}", key.as_str());
            assert_eq!(STANDARD.decode(format!("{}=", key.as_str())).unwrap().len(), 32);
        }
    }

    #[test]
    fn every_vector_decrypts_and_encrypts_to_the_same_text() {
        let mut seen = 0;
        for vector in vectors()["messages"].as_array().unwrap() {
            let text = |name: &str| vector[name].as_str().unwrap();
            let key = EncodingAesKey::parse(text("encoding_aes_key")).unwrap();
            let (message, appid) = (text("message"), text("receive_id"));
            let decrypted = key.decrypt(text("encrypt"), appid);
            assert_eq!(decrypted.as_deref(), Some(message), "{}", text("name"));
            assert_eq!(key.decrypt(text("encrypt"), "wx0000000000000000"), None);
            if vector["reencrypt_identical_with_pad32"] == true {
                let random = text("random").as_bytes().try_into().unwrap();
                assert_eq!(key.encrypt(message, appid, random), text("encrypt"));
            }
            if let Some(expected) = vector["msg_signature"].as_str() {
                let parts = [text("token"), text("timestamp"), text("nonce"), text("encrypt")];
                assert!(is_signature(expected, &parts), "{}", text("name"));
            }
            seen += 1;
        }
        assert!(seen >= 10);
    }

    #[test]
    fn every_signature_is_the_published_one() {
        for vector in vectors()["signatures"].as_array().unwrap() {
            let parts: Vec<_> = vector["parts"]
                .as_object()
                .unwrap()
                .values()
                .map(|v| v.as_str().unwrap())
                .collect();
            assert_eq!(signature(&parts), vector["signature"].as_str().unwrap());
        }
        assert_eq!(
            signature(&["AAAAA", "1714036504", "1514711492"]),
            "f464b24fc39322e44b38aa78f5edd27bd1441696"
        );
        assert!(!is_signature("", &["a"]));
    }

    #[test]
    fn the_padding_is_1_to_32_and_whole_blocks_come_out() {
        let key = EncodingAesKey::parse(&"A".repeat(43)).unwrap();
        for length in 0..100 {
            let message = "x".repeat(length);
            let encrypted = key.encrypt(&message, "wx1", [b'r'; 16]);
            assert_eq!(STANDARD.decode(&encrypted).unwrap().len() % 32, 0);
            assert_eq!(key.decrypt(&encrypted, "wx1"), Some(message));
        }
    }

    #[test]
    fn a_key_has_43_characters() {
        for bad in ["", &"A".repeat(42), &"A".repeat(44), &"中".repeat(15), &"!".repeat(43)] {
            assert!(EncodingAesKey::parse(bad).is_err(), "{bad}");
        }
        assert!(EncodingAesKey::parse("abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG").is_ok());
    }

    #[test]
    fn what_cannot_be_opened_says_why() {
        let key = EncodingAesKey::parse(&"A".repeat(43)).unwrap();
        let encrypted = key.encrypt("message", "wx1", [b'r'; 16]);
        let opened = key.open(&encrypted).unwrap();
        assert_eq!((&*opened.message, &*opened.receiver), ("message", "wx1"));
        assert_eq!(key.open("!"), Err(NotOpened::Base64));
        assert_eq!(key.open(""), Err(NotOpened::Blocks(0)));
        assert_eq!(key.open(&encrypted[..8]), Err(NotOpened::Blocks(6)));
        let other = EncodingAesKey::parse(&"B".repeat(43)).unwrap();
        assert!(matches!(other.open(&encrypted), Err(NotOpened::Padding(_) | NotOpened::Length)));
    }

    proptest::proptest! {
        #[test]
        fn nothing_that_is_decrypted_makes_it_panic(bytes: Vec<u8>) {
            let key = EncodingAesKey::parse(&"A".repeat(43)).unwrap();
            let _ = key.decrypt(&STANDARD.encode(&bytes), "wx1");
            let _ = key.decrypt(&String::from_utf8_lossy(&bytes), "wx1");
        }
    }
}
