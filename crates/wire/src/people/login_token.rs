//! The signed login that an embedding app hands over in production: a JWT with `sub` and `exp`,
//! signed with HS256 or EdDSA.
//!
//! The algorithm is the key's, never the token's choice: a token that names another one is refused
//! before anything is computed.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use kaipiao_domain::people::user::UserId;
use ring::signature::{ED25519, UnparsedPublicKey};
use serde::Deserialize;
use serde_json::Value;
use sha2::Sha256;

/// A key that logins are checked with. Never printed.
#[derive(Clone)]
pub enum LoginKey {
    /// A secret shared with the embedding app; at least 32 bytes.
    Hs256(Vec<u8>),
    /// The embedding app's Ed25519 public key.
    EdDsa([u8; 32]),
}

/// Seconds by which the two clocks may differ.
const LEEWAY_S: i64 = 60;
/// What every Ed25519 public key in SubjectPublicKeyInfo begins with (RFC 8410).
const SPKI_PREFIX: [u8; 12] =
    [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];

impl LoginKey {
    /// Reads a shared secret.
    pub fn hs256(secret: &str) -> Result<Self, &'static str> {
        let secret = secret.trim().as_bytes();
        if secret.len() < 32 {
            return Err("must have at least 32 characters");
        }
        Ok(Self::Hs256(secret.to_vec()))
    }

    /// Reads a public key in PEM (`openssl pkey -pubout`).
    pub fn ed_dsa(pem: &str) -> Result<Self, &'static str> {
        let wrong = "must be an Ed25519 public key in PEM";
        let body: String = pem.lines().filter(|line| !line.starts_with("-----")).collect();
        let bytes = STANDARD.decode(body.trim()).map_err(|_| wrong)?;
        let key = bytes.strip_prefix(&SPKI_PREFIX).ok_or(wrong)?;
        key.try_into().map(Self::EdDsa).map_err(|_| wrong)
    }

    const fn algorithm(&self) -> &'static str {
        match self {
            Self::Hs256(_) => "HS256",
            Self::EdDsa(_) => "EdDSA",
        }
    }

    fn is_signature(&self, signed: &[u8], signature: &[u8]) -> bool {
        match self {
            Self::Hs256(secret) => {
                let mut mac = Hmac::<Sha256>::new_from_slice(secret).expect("any length fits");
                mac.update(signed);
                mac.verify_slice(signature).is_ok()
            }
            Self::EdDsa(key) => {
                UnparsedPublicKey::new(&ED25519, key).verify(signed, signature).is_ok()
            }
        }
    }
}

/// What a login says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Login {
    /// The user: `sub`.
    pub user: UserId,
    /// Their name, if the token says it.
    pub name: Option<String>,
}

/// The reason for which a login is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LoginRefused {
    /// No signed token, or signed with none of the keys.
    #[error("the login token was not signed with a key that this server knows")]
    NotSigned,
    /// Its time is over, or has not come.
    #[error("the login token has expired, or is not valid yet")]
    Expired,
    /// `sub` is missing, or no user id.
    #[error("the login token's sub must have 1 to 64 characters of A-Za-z0-9_-.@")]
    NoUser,
    /// `exp` is missing, or no number.
    #[error("the login token needs exp, in unix seconds")]
    NoEnd,
    /// `aud` names somebody else.
    #[error("the login token's aud is not this server's (login.audience)")]
    OtherAudience,
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    /// Extensions that must be understood (RFC 7515): none is.
    crit: Option<Value>,
}

/// Checks a login token. `audience` is what `aud` must name, empty: anything. `now_s` is real time,
/// in unix seconds.
pub fn check(
    keys: &[LoginKey],
    audience: &str,
    token: &str,
    now_s: i64,
) -> Result<Login, LoginRefused> {
    let claims = checked_claims(keys, audience, token, now_s)?;
    let user = claims["sub"].as_str().and_then(UserId::parse).ok_or(LoginRefused::NoUser)?;
    let name = claims["name"]
        .as_str()
        .map(|name| -> String { name.chars().filter(|c| !c.is_control()).take(64).collect() });
    Ok(Login { user, name: name.filter(|name| !name.is_empty()) })
}

/// The claims of a token that one of the keys has signed, that is of its time, and that is for this audience.
pub(crate) fn checked_claims(
    keys: &[LoginKey],
    audience: &str,
    token: &str,
    now_s: i64,
) -> Result<Value, LoginRefused> {
    let claims = verified(keys, token).ok_or(LoginRefused::NotSigned)?;
    let claims: Value = serde_json::from_slice(&claims).map_err(|_| LoginRefused::NoUser)?;
    // NumericDate may have a fraction.
    let seconds = |name: &str| claims[name].as_f64();
    #[expect(clippy::cast_precision_loss, reason = "seconds of this century are exact")]
    let (now, leeway) = (now_s as f64, LEEWAY_S as f64);
    let ends = seconds("exp").ok_or(LoginRefused::NoEnd)?;
    if ends + leeway <= now || seconds("nbf").is_some_and(|begins| begins > now + leeway) {
        return Err(LoginRefused::Expired);
    }
    if !audience.is_empty() && !names_audience(&claims["aud"], audience) {
        return Err(LoginRefused::OtherAudience);
    }
    Ok(claims)
}

/// `aud` is one text, or a list of them.
fn names_audience(aud: &Value, audience: &str) -> bool {
    match aud {
        Value::String(one) => one == audience,
        Value::Array(many) => many.iter().any(|one| one == audience),
        _ => false,
    }
}

/// The claims of a token that one of the keys has signed.
fn verified(keys: &[LoginKey], token: &str) -> Option<Vec<u8>> {
    let (signed, signature) = token.rsplit_once('.')?;
    let (header, claims) = signed.split_once('.')?;
    let header: Header = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(header).ok()?).ok()?;
    if header.crit.is_some() {
        return None;
    }
    let signature = URL_SAFE_NO_PAD.decode(signature).ok()?;
    let of_algorithm = |key: &&LoginKey| key.algorithm() == header.alg;
    let is_signed =
        keys.iter().filter(of_algorithm).any(|key| key.is_signature(signed.as_bytes(), &signature));
    if is_signed { URL_SAFE_NO_PAD.decode(claims).ok() } else { None }
}

/// A token with these claims, signed with a shared secret.
#[cfg(test)]
pub(crate) fn signed_for_tests(secret: &str, claims: &str) -> String {
    let signed = [r#"{"alg":"HS256"}"#, claims].map(|part| URL_SAFE_NO_PAD.encode(part)).join(".");
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("any length fits");
    mac.update(signed.as_bytes());
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use ring::signature::{Ed25519KeyPair, KeyPair as _};

    const SECRET: &str = "0123456789abcdef0123456789abcdef";

    fn unsigned(header: &str, claims: &str) -> String {
        format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims))
    }

    fn hs256(header: &str, claims: &str) -> String {
        let signed = unsigned(header, claims);
        let mut mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).unwrap();
        mac.update(signed.as_bytes());
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes()))
    }

    fn key() -> [LoginKey; 1] {
        [LoginKey::hs256(SECRET).unwrap()]
    }

    const HEADER: &str = r#"{"alg":"HS256","typ":"JWT"}"#;

    #[test]
    fn a_login_with_a_shared_secret() {
        let token = hs256(HEADER, r#"{"sub":"u-1","exp":1000,"name":"张伟"}"#);
        let login = Login { user: UserId::parse("u-1").unwrap(), name: Some("张伟".into()) };
        assert_eq!(check(&key(), "", &token, 999), Ok(login));
        assert_eq!(check(&key(), "", &token, 1060), Err(LoginRefused::Expired));
        assert_eq!(check(&[], "", &token, 1), Err(LoginRefused::NotSigned));
        assert_eq!(check(&key(), "", &format!("{token}A"), 1), Err(LoginRefused::NotSigned));
        let other = [LoginKey::hs256(&SECRET.replace('0', "1")).unwrap()];
        assert_eq!(check(&other, "", &token, 1), Err(LoginRefused::NotSigned));
        let early = hs256(HEADER, r#"{"sub":"u-1","exp":9000,"nbf":5000}"#);
        assert_eq!(check(&key(), "", &early, 1), Err(LoginRefused::Expired));
        for (claims, refused) in [
            (r#"{"exp":1000}"#, LoginRefused::NoUser),
            (r#"{"sub":"a b","exp":1000}"#, LoginRefused::NoUser),
            ("x", LoginRefused::NoUser),
            (r#"{"sub":"u"}"#, LoginRefused::NoEnd),
            (r#"{"sub":"u","exp":"1000"}"#, LoginRefused::NoEnd),
        ] {
            assert_eq!(check(&key(), "", &hs256(HEADER, claims), 1), Err(refused), "{claims}");
        }
        let fraction = hs256(HEADER, r#"{"sub":"u-1","exp":1000.5}"#);
        assert!(check(&key(), "", &fraction, 999).is_ok());
        let critical = hs256(r#"{"alg":"HS256","crit":["b64"]}"#, r#"{"sub":"u","exp":1000}"#);
        assert_eq!(check(&key(), "", &critical, 1), Err(LoginRefused::NotSigned));
        for (aud, fits) in
            [(r#""pages""#, true), (r#"["x","pages"]"#, true), (r#""other""#, false), ("7", false)]
        {
            let token = hs256(HEADER, &format!(r#"{{"sub":"u","exp":1000,"aud":{aud}}}"#));
            assert_eq!(check(&key(), "pages", &token, 1).is_ok(), fits, "{aud}");
            assert!(check(&key(), "", &token, 1).is_ok());
        }
    }

    #[test]
    fn a_login_with_a_public_key_and_no_confusion_of_the_two() {
        let pair = Ed25519KeyPair::from_seed_unchecked(&[7; 32]).unwrap();
        let public = pair.public_key().as_ref();
        let der = [&SPKI_PREFIX[..], public].concat();
        let pem = format!(
            "-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n",
            STANDARD.encode(der)
        );
        let keys = [LoginKey::ed_dsa(&pem).unwrap()];
        let signed = unsigned(r#"{"alg":"EdDSA"}"#, r#"{"sub":"u-2","exp":1000}"#);
        let signature = URL_SAFE_NO_PAD.encode(pair.sign(signed.as_bytes()));
        let token = format!("{signed}.{signature}");
        assert_eq!(check(&keys, "", &token, 1).unwrap().user.as_str(), "u-2");
        assert_eq!(check(&key(), "", &token, 1), Err(LoginRefused::NotSigned));
        // The public key is public: it must not serve as a shared secret.
        for alg in ["HS256", "none", "hs256", ""] {
            let signed = unsigned(&format!(r#"{{"alg":"{alg}"}}"#), r#"{"sub":"u-2","exp":1000}"#);
            let mut mac = Hmac::<Sha256>::new_from_slice(public).unwrap();
            mac.update(signed.as_bytes());
            let forged = URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes());
            for token in [format!("{signed}.{forged}"), format!("{signed}.")] {
                assert_eq!(check(&keys, "", &token, 1), Err(LoginRefused::NotSigned));
            }
        }
    }

    #[test]
    fn keys_have_their_shapes() {
        assert!(LoginKey::hs256("short").is_err());
        assert!(LoginKey::ed_dsa("").is_err() && LoginKey::ed_dsa("AAAA").is_err());
        for token in ["", ".", "..", "a.b", "a.b.c"] {
            assert_eq!(check(&key(), "", token, 1), Err(LoginRefused::NotSigned), "{token}");
        }
    }
}
