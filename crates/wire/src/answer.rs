//! Exact writing: compact JSON, raw UTF-8, no newline; `errcode` and `errmsg` first
//! (D-92, clients 3).

use kaipiao_domain::Refusal;
use kaipiao_errcode::ErrorCode;
use serde::Serialize;

/// The Content-Type of every answer.
pub const CONTENT_TYPE: &str = "application/json; charset=utf-8";

#[derive(Serialize)]
struct Envelope<'a, T> {
    errcode: i32,
    errmsg: &'a str,
    #[serde(flatten)]
    members: T,
}

#[derive(Serialize)]
struct Nothing {}

/// Success with nothing but `"errmsg":"ok"`.
pub fn ok() -> String {
    ok_with(&Nothing {})
}

/// Success with the section's own members behind errcode and errmsg.
pub fn ok_with(members: &impl Serialize) -> String {
    success(ErrorCode::Ok.message(), members)
}

/// Success with a hint for people behind "ok" (D-15).
pub fn ok_with_hint(hint: &str, members: &impl Serialize) -> String {
    success(&format!("{}, {hint}", ErrorCode::Ok.message()), members)
}

/// Success in a section's own words: "sucesss" in 14 and 15.
pub fn ok_saying(errmsg: &str) -> String {
    success(errmsg, &Nothing {})
}

/// Success in a section's own words, with its members.
pub fn success(errmsg: &str, members: &impl Serialize) -> String {
    bare(&Envelope { errcode: ErrorCode::Ok.number(), errmsg, members })
}

/// A successful token: the only answer without errcode and errmsg.
pub fn bare(members: &impl Serialize) -> String {
    serde_json::to_string(members).expect("answers have text keys and no floats")
}

/// A refusal: the published text, the detail, the rid.
pub fn refused(refusal: &Refusal, rid: &str) -> String {
    failed(refusal.code, &refusal.to_string(), rid)
}

/// 40066 for an address that HTTP does not allow, which no handler has seen: there is no rid.
pub fn invalid_address(problem: &str) -> String {
    unnumbered(&Refusal::new(ErrorCode::InvalidUrl, problem))
}

/// -1 for a client that has all the connections that it may have, before any handler: there is no
/// rid.
pub fn too_many_connections() -> String {
    let problem = "this client has too many connections or requests under way, try again later";
    unnumbered(&Refusal::new(ErrorCode::SystemError, problem))
}

/// -1 for a name space of the sandbox of which nobody answers: there is no rid.
pub fn name_space_is_away(problem: &str) -> String {
    unnumbered(&Refusal::new(ErrorCode::SystemError, problem))
}

/// A refusal without a rid.
fn unnumbered(refusal: &Refusal) -> String {
    let errmsg = refusal.to_string();
    bare(&Envelope { errcode: refusal.code.number(), errmsg: &errmsg, members: Nothing {} })
}

/// -1 "system error": overload, or the store is away. Never for bad input.
pub fn system_error(rid: &str) -> String {
    failed(ErrorCode::SystemError, ErrorCode::SystemError.message(), rid)
}

fn failed(code: ErrorCode, text: &str, rid: &str) -> String {
    let errmsg = format!("{text} rid: {rid}");
    bare(&Envelope { errcode: code.number(), errmsg: &errmsg, members: Nothing {} })
}

/// Request id in the published shape, `8hex-8hex-8hex`, hexadecimal unix time first (wire_facts 2.3).
pub fn rid(unix_seconds: i64, random: [u8; 8]) -> String {
    let [a, b, c, d, e, f, g, h] = random;
    let (middle, last) = (u32::from_be_bytes([a, b, c, d]), u32::from_be_bytes([e, f, g, h]));
    format!("{unix_seconds:08x}-{middle:08x}-{last:08x}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_compact_and_errcode_comes_first() {
        assert_eq!(ok(), r#"{"errcode":0,"errmsg":"ok"}"#);
        let refusal = Refusal::invalid("s_pappid", "is empty");
        assert_eq!(
            refused(&refusal, &rid(0x5fb4_bebe, [0x79, 0x33, 0x5e, 0xf5, 0x23, 0x57, 0xb7, 0x2b])),
            r#"{"errcode":72031,"errmsg":"invalid params, s_pappid is empty rid: 5fb4bebe-79335ef5-2357b72b"}"#
        );
    }
}
