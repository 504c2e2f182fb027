//! Siblings `/cgi-bin/token` and `/cgi-bin/stable_token`: reading, answer, and the token's text
//! (wire_facts 2.1).

use crate::access::appid::{appid_bytes, appid_from_bytes};
use crate::keys::Keys;
use crate::object::Object;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::Mac;
use kaipiao_domain::access::account::AppId;
use kaipiao_domain::access::token::{Family, IssuedToken};
use kaipiao_domain::access::token_request::TokenRequest;
use kaipiao_domain::{Refusal, Timestamp, text};
use kaipiao_errcode::ErrorCode;
use serde::Serialize;

/// Real tokens begin with a number and an underscore.
const PREFIX: &str = "84_";
const CLAIM_BYTES: usize = 8 + 1 + 8 + 8;
const MAC_BYTES: usize = 64;

/// What a token says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenClaim {
    /// The token's account.
    pub appid: AppId,
    /// The endpoint that it came from.
    pub family: Family,
    /// The one of the family's tokens.
    pub token: IssuedToken,
}

/// Writes the token's text.
pub fn write_token(keys: &Keys, claim: &TokenClaim) -> String {
    let mut bytes = Vec::with_capacity(CLAIM_BYTES + MAC_BYTES);
    bytes.extend_from_slice(&appid_bytes(&claim.appid));
    bytes.push(match claim.family {
        Family::Classic => 1,
        Family::Stable => 2,
    });
    bytes.extend_from_slice(&claim.token.serial.to_be_bytes());
    bytes.extend_from_slice(&claim.token.issued_at.unix_millis().to_be_bytes());
    let mac = keys.token_mac(&bytes).finalize().into_bytes();
    bytes.extend_from_slice(&mac);
    format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(bytes))
}

/// Reads a token's text; None when this server never wrote it.
pub fn read_token(keys: &Keys, text: &str) -> Option<TokenClaim> {
    let bytes = URL_SAFE_NO_PAD.decode(text.strip_prefix(PREFIX)?).ok()?;
    let (claim, mac) = bytes.split_at_checked(CLAIM_BYTES)?;
    keys.token_mac(claim).verify_slice(mac).ok()?;
    let (appid, rest) = claim.split_first_chunk::<8>()?;
    let (family, rest) = rest.split_first()?;
    let (serial, issued_at) = rest.split_first_chunk::<8>()?;
    Some(TokenClaim {
        appid: appid_from_bytes(*appid)?,
        family: match family {
            1 => Family::Classic,
            2 => Family::Stable,
            _ => return None,
        },
        token: IssuedToken {
            serial: u64::from_be_bytes(*serial),
            issued_at: Timestamp::from_unix_millis(i64::from_be_bytes(issued_at.try_into().ok()?)),
        },
    })
}

/// What is wrong with a text that is no token of this server's, as its sender can see it.
pub fn what_is_no_token(text: &str) -> String {
    let seen = strange(text, "token", "accesstoken");
    seen.unwrap_or_else(|| "this server did not issue it".to_owned())
}

/// What is wrong with a text that is not its account's secret, as its sender can see it. None: it could
/// be one.
pub fn what_is_no_secret(text: &str) -> Option<String> {
    strange(text, "secret", "appsecret")
}

/// What programs write where they have nothing.
const NOTHING: [&str; 6] = ["undefined", "null", "None", "nil", "NULL", "NaN"];

/// What makes a text look unlike the `thing` that was meant, which documents also call `placeholder`.
fn strange(text: &str, thing: &str, placeholder: &str) -> Option<String> {
    let bare = text.trim();
    let begins_with =
        |word: &str| bare.get(..word.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(word));
    let words: String = bare.chars().filter(char::is_ascii_alphanumeric).collect();
    let is_the_words = [thing, placeholder].iter().any(|name| words.eq_ignore_ascii_case(name));
    Some(if bare.is_empty() {
        format!("it is blank, put the {thing} there")
    } else if bare.len() < text.len() {
        "a line end or a blank stands around it, take it off".to_owned()
    } else if bare.starts_with(QUOTES) || bare.ends_with(QUOTES) {
        "it stands in quotation marks, take them off".to_owned()
    } else if bare.starts_with(['{', '<', '[', '$']) || is_the_words {
        format!("it is a placeholder, put the {thing} itself there")
    } else if NOTHING.contains(&bare) {
        format!(
            "it is the word {}, the program has no {thing} where it takes it from",
            text::quoted(bare)
        )
    } else if begins_with("Bearer") {
        "\"Bearer\" stands before it, take it off".to_owned()
    } else if let Some(end) = bare.find(['?', '&']) {
        let seen = text::quoted(&bare[end..]);
        format!("{seen} stands behind it, take it off; parameters are joined by &")
    } else if is_named(bare) {
        "its name and \"=\" stand before it, take them off".to_owned()
    } else {
        return None;
    })
}

/// `access_token=84_…`; padding at the end of a text names nothing.
fn is_named(text: &str) -> bool {
    text.split_once('=').is_some_and(|(_, value)| !value.trim_matches('=').is_empty())
}

const QUOTES: [char; 6] = ['"', '\'', '“', '”', '‘', '’'];

/// Reads `/cgi-bin/token`'s members, which know no force_refresh. Order of the checks:
/// grant_type 40002, appid 41002, secret 41004.
pub fn read_classic(object: &Object) -> Result<TokenRequest, Refusal> {
    read(object, |_| Ok(false))
}

/// Reads `/cgi-bin/stable_token`'s members; the same checks, then force_refresh 72031.
pub fn read_stable(object: &Object) -> Result<TokenRequest, Refusal> {
    read(object, |object| object.flag("force_refresh"))
}

fn read(
    object: &Object,
    force_refresh: fn(&Object) -> Result<bool, Refusal>,
) -> Result<TokenRequest, Refusal> {
    object.check_not_within(&["grant_type"])?;
    let grant_type = object.text("grant_type")?;
    if grant_type != "client_credential" {
        let detail = "grant_type must be client_credential";
        return Err(Refusal::new(ErrorCode::InvalidGrantType, detail));
    }
    let appid = object.text("appid")?.into_owned();
    if appid.is_empty() {
        return Err(Refusal::new(ErrorCode::AppidMissing, "appid is empty"));
    }
    let secret = object.text("secret")?.into_owned();
    if secret.is_empty() {
        return Err(Refusal::new(ErrorCode::AppsecretMissing, "secret is empty"));
    }
    Ok(TokenRequest { appid, secret, force_refresh: force_refresh(object)? })
}

/// The successful answer, the only one without errcode.
#[derive(Serialize)]
pub struct TokenAnswer {
    /// The token.
    pub access_token: String,
    /// Seconds that remain.
    pub expires_in: u64,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::test_keys;

    fn claim() -> TokenClaim {
        TokenClaim {
            appid: AppId::parse("wx6b61697069616f31").unwrap(),
            family: Family::Stable,
            token: IssuedToken {
                serial: 3,
                issued_at: Timestamp::from_unix_millis(1_700_000_000_123),
            },
        }
    }

    #[test]
    fn what_stands_in_the_tokens_place_is_named() {
        for (text, seen) in [
            ("{access_token}", "placeholder"),
            ("ACCESS_TOKEN", "placeholder"),
            ("$token", "placeholder"),
            ("\"84_AAAA\"", "quotation marks"),
            ("84_AAAA\n", "line end"),
            (" ", "blank"),
            ("Bearer 84_AAAA", "Bearer"),
            ("bearer 84_AAAA", "Bearer"),
            ("“84_AAAA”", "quotation marks"),
            ("undefined", "it is the word \"undefined\", the program has no token"),
            ("null", "it is the word \"null\""),
            ("[object Object]", "placeholder"),
            ("84_AAAA?", "\"?\" stands behind it"),
            ("84_AAAA&", "\"&\" stands behind it"),
            ("84_AAAA?type=wx_card", "\"?type=wx_card\" stands behind it"),
            ("access_token=84_AAAA", "its name and \"=\" stand before it"),
            ("84_AAAA", "did not issue"),
            ("84_中", "did not issue"),
            ("84_AA==", "did not issue"),
        ] {
            let said = what_is_no_token(text);
            assert!(said.contains(seen), "{text:?}: {said}");
        }
        for (text, seen) in [
            ("'6b61'", "quotation marks"),
            ("APPSECRET", "it is a placeholder, put the secret itself there"),
            ("undefined", "the program has no secret"),
            ("6b61&", "\"&\" stands behind it"),
        ] {
            assert!(what_is_no_secret(text).unwrap().contains(seen), "{text:?}");
        }
        assert_eq!(what_is_no_secret("6b61697069616f2d6d65726368616e74"), None);
    }

    #[test]
    fn a_token_reads_back_and_no_bit_of_it_may_change() {
        let text = write_token(&test_keys(), &claim());
        assert_eq!(read_token(&test_keys(), &text), Some(claim()));
        assert_eq!(read_token(&Keys::derive(&[8; 32]), &text), None);
        for index in 0..text.len() {
            let mut bytes = text.clone().into_bytes();
            bytes[index] = if bytes[index] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(bytes).unwrap();
            assert_eq!(read_token(&test_keys(), &changed), None, "{index}");
        }
        assert_eq!(read_token(&test_keys(), ""), None);
        assert_eq!(read_token(&test_keys(), "84_AAAA"), None);
    }

    #[test]
    fn the_checks_of_a_token_request_stand_in_order() {
        let code = |body: &str| {
            let object = Object::read(body.as_bytes(), None).unwrap();
            read_stable(&object).err().map(|r| r.code)
        };
        assert_eq!(code("{}"), Some(ErrorCode::InvalidGrantType));
        let body = r#"{"grant_type":"client_credential"}"#;
        assert_eq!(code(body), Some(ErrorCode::AppidMissing));
        let body = r#"{"grant_type":"client_credential","appid":"wx"}"#;
        assert_eq!(code(body), Some(ErrorCode::AppsecretMissing));
        let body =
            r#"{"grant_type":"client_credential","appid":"wx","secret":"s","force_refresh":true}"#;
        assert_eq!(code(body), None);
    }
}
