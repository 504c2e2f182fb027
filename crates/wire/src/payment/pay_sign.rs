//! The signatures of WeChat Pay's version 2 (wire_facts 5.1).

use hmac::{Hmac, KeyInit, Mac};
use kaipiao_domain::payment::payments::SignType;
use md5::{Digest, Md5};
use sha2::Sha256;
use std::collections::BTreeMap;
use subtle::ConstantTimeEq;

/// Signs parameters: those that are not empty, sorted by name, then the key.
pub fn sign<'a>(
    parameters: impl Iterator<Item = (&'a str, &'a str)>,
    key: &str,
    sign_type: SignType,
) -> String {
    let signed = |(name, value): &(&str, &str)| *name != "sign" && !value.is_empty();
    let sorted: BTreeMap<&str, &str> = parameters.filter(signed).collect();
    let mut text = String::new();
    for (name, value) in sorted {
        text.extend([name, "=", value, "&"]);
    }
    text.extend(["key=", key]);
    match sign_type {
        SignType::Md5 => base16ct::upper::encode_string(&Md5::digest(text)),
        SignType::HmacSha256 => {
            let mut mac =
                Hmac::<Sha256>::new_from_slice(key.as_bytes()).expect("any key length fits");
            mac.update(text.as_bytes());
            base16ct::upper::encode_string(&mac.finalize().into_bytes())
        }
    }
}

/// Checks a signature; its letters may be small ones.
pub(crate) fn is_signed<'a>(
    parameters: impl Iterator<Item = (&'a str, &'a str)>,
    signature: &str,
    key: &str,
    sign_type: SignType,
) -> bool {
    let expected = sign(parameters, key, sign_type);
    expected.as_bytes().ct_eq(signature.to_ascii_uppercase().as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    const KEY: &str = "192006250b4c09247ec02edce69f6a2d";
    const PARAMETERS: [(&str, &str); 5] = [
        ("nonce_str", "ibuaiVcKdpRxkhJA"),
        ("mch_id", "10000100"),
        ("device_info", "1000"),
        ("body", "test"),
        ("appid", "wxd930ea5d5a258f4f"),
    ];

    #[test]
    fn the_published_vectors_are_reproduced() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../spec/crypto_vectors.json");
        let all: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
        let vectors = all["pay_signs"].as_array().unwrap();
        assert!(vectors.len() >= 4);
        for vector in vectors {
            let text = |value: &Value| value.as_str().unwrap().to_owned();
            let params = vector["params"].as_object().unwrap();
            let params: Vec<_> =
                params.iter().map(|(name, value)| (&**name, text(value))).collect();
            let params = params.iter().map(|(name, value)| (*name, &**value));
            let sign_type = SignType::parse(&text(&vector["sign_type"])).unwrap();
            let signature = sign(params, &text(&vector["key"]), sign_type);
            assert_eq!(signature, text(&vector["sign"]), "{}", vector["name"]);
        }
    }

    #[test]
    fn another_value_key_or_type_is_another_signature() {
        let check = |parameters: &[(&str, &str)], key: &str, sign_type| {
            let signature = "9a0a8659f005d6984697e2ca0a9cf3b7";
            is_signed(parameters.iter().copied(), signature, key, sign_type)
        };
        assert!(check(&PARAMETERS, KEY, SignType::Md5));
        // Neither what is empty nor the signature itself is signed.
        let unsigned = [&PARAMETERS[..], &[("attach", ""), ("sign", "x")]].concat();
        assert!(check(&unsigned, KEY, SignType::Md5));
        assert!(!check(&PARAMETERS, KEY, SignType::HmacSha256));
        assert!(!check(&PARAMETERS, "2", SignType::Md5));
        assert!(!check(&[&PARAMETERS[..], &[("receipt", "Y")]].concat(), KEY, SignType::Md5));
        assert!(!is_signed(PARAMETERS.into_iter(), "", KEY, SignType::Md5));
    }
}
