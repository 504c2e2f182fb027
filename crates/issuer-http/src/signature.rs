//! Signatures of questions and answers: HMAC-SHA256 with the secret that both sides have, in hexadecimal digits.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// The header with the moment of signing, in unix seconds.
pub(crate) const TIMESTAMP_HEADER: &str = "kaipiao-timestamp";
/// The header with the signature.
pub(crate) const SIGNATURE_HEADER: &str = "kaipiao-signature";

/// A secret that is too short to be one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must hold at least {} characters", Secret::MIN_BYTES)]
pub struct ShortSecret;

/// The secret that this server and the issuer share.
#[derive(Clone)]
pub struct Secret(Hmac<Sha256>);

impl Secret {
    /// Fewest bytes: as many as a signature has.
    pub const MIN_BYTES: usize = 32;

    /// Takes a secret; its text is the key, byte for byte.
    pub fn new(text: &str) -> Result<Self, ShortSecret> {
        if text.len() < Self::MIN_BYTES {
            return Err(ShortSecret);
        }
        Ok(Self(Hmac::new_from_slice(text.as_bytes()).expect("any key length fits")))
    }

    /// The signature of a question: its action, its moment and its body.
    pub(crate) fn of_question(&self, action: &str, timestamp: i64, body: &[u8]) -> String {
        let mac = self.mac(&format!("{action}\n{timestamp}\n"), body);
        base16ct::lower::encode_string(&mac.finalize().into_bytes())
    }

    /// Whether an answer is signed, and for the question with that signature.
    pub(crate) fn signs_answer(
        &self,
        signature: &str,
        timestamp: i64,
        question_signature: &str,
        body: &[u8],
    ) -> bool {
        let mac = self.mac(&format!("answer\n{timestamp}\n{question_signature}\n"), body);
        base16ct::mixed::decode_vec(signature).is_ok_and(|bytes| mac.verify_slice(&bytes).is_ok())
    }

    fn mac(&self, head: &str, body: &[u8]) -> Hmac<Sha256> {
        let mut mac = self.0.clone();
        mac.update(head.as_bytes());
        mac.update(body);
        mac
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// The signature of an answer, as an issuer makes it.
    pub(crate) fn of_answer(secret: &Secret, at: i64, question: &str, body: &[u8]) -> String {
        let mac = secret.mac(&format!("answer\n{at}\n{question}\n"), body);
        base16ct::lower::encode_string(&mac.finalize().into_bytes())
    }

    #[test]
    fn an_answer_is_signed_for_its_question_its_moment_and_its_body_alone() {
        let secret = Secret::new(&"s".repeat(32)).unwrap();
        let signature = of_answer(&secret, 7, "ab", b"{}");
        assert!(secret.signs_answer(&signature, 7, "ab", b"{}"));
        assert!(secret.signs_answer(&signature.to_uppercase(), 7, "ab", b"{}"));
        let other = Secret::new(&"t".repeat(32)).unwrap();
        assert!(!other.signs_answer(&signature, 7, "ab", b"{}"));
        assert!(!secret.signs_answer(&signature, 8, "ab", b"{}"));
        assert!(!secret.signs_answer(&signature, 7, "ac", b"{}"));
        assert!(!secret.signs_answer(&signature, 7, "ab", b"{} "));
        for none in ["", "zz", &signature[2..]] {
            assert!(!secret.signs_answer(none, 7, "ab", b"{}"), "{none}");
        }
        // What this server has signed is no answer, whatever it asked.
        let question = secret.of_question("issue", 7, b"ab\n{}");
        assert!(!secret.signs_answer(&question, 7, "ab", b"{}"));
    }

    #[test]
    fn the_worked_example_of_the_documentation_is_right() {
        let page = include_str!("../../../docs/issuer.md");
        let (_, example) = page.split_once("```text\nsecret ").expect("the example is there");
        let of = |name: &str, which: usize| {
            let mut lines = example.lines().filter_map(|line| line.strip_prefix(name));
            lines.nth(which).expect("the example has it").trim()
        };
        let secret = Secret::new(example.lines().next().unwrap().trim()).unwrap();
        let at = |which| of("Kaipiao-Timestamp", which).parse().unwrap();
        let action = of("question", 0).strip_prefix("POST {url}/").unwrap();
        let question = secret.of_question(action, at(0), of("body", 0).as_bytes());
        assert_eq!(question, of("Kaipiao-Signature", 0));
        let answer = of_answer(&secret, at(1), &question, of("body", 1).as_bytes());
        assert_eq!(answer, of("Kaipiao-Signature", 1));
    }

    #[test]
    fn a_secret_has_32_characters() {
        assert_eq!(Secret::new(&"s".repeat(31)).err(), Some(ShortSecret));
        assert!(Secret::new(&"s".repeat(32)).is_ok());
    }
}
