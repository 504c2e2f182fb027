//! The utilities' calls and answers (wire_facts 2.2).

use crate::object::Object;
use kaipiao_domain::access::token_request::SecretClaim;
use kaipiao_domain::{Refusal, text};
use kaipiao_errcode::ErrorCode;
use serde::Serialize;

/// What callback/check is asked to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CallbackCheck {
    /// Whether the name is to be looked up.
    pub dns: bool,
    /// Whether the address is to be called.
    pub ping: bool,
    /// From which operator's network, as the caller named it; this server has but its own.
    pub operator: &'static str,
}

/// The operators that a caller may name; the first is taken where none is named.
const OPERATORS: [&str; 4] = ["DEFAULT", "CHINANET", "UNICOM", "CAP"];

/// Reads callback/check: 40202 the action, 40203 the operator.
pub fn read_check(object: &Object<'_>) -> Result<CallbackCheck, Refusal> {
    let action = object.text("action")?;
    let (dns, ping) = match &*action {
        "dns" => (true, false),
        "ping" => (false, true),
        "all" => (true, true),
        _ => {
            let detail = format!("action is dns, ping or all, not {}", text::quoted(&action));
            return Err(Refusal::new(ErrorCode::InvalidCheckAction, detail));
        }
    };
    let named = object.text("check_operator")?;
    let operator = match &*named {
        "" => Some(OPERATORS[0]),
        named => OPERATORS.into_iter().find(|known| *known == named),
    };
    let operator = operator.ok_or_else(|| {
        let known = OPERATORS.join(", ");
        let detail = format!("check_operator is one of {known}, not {}", text::quoted(&named));
        Refusal::new(ErrorCode::InvalidCheckOperator, detail)
    })?;
    Ok(CallbackCheck { dns, ping, operator })
}

/// callback/check's answer; a part that was not asked for is left out.
#[derive(Serialize)]
pub struct CheckAnswer {
    /// The name's addresses.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dns: Option<Vec<DnsJson>>,
    /// The call.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ping: Option<Vec<PingJson>>,
}

/// An address of the callback's name.
#[derive(Serialize)]
pub struct DnsJson {
    /// The address.
    pub ip: String,
    /// The operator whose it is; this server does not know.
    pub real_operator: &'static str,
}

/// A call of the callback.
#[derive(Serialize)]
pub struct PingJson {
    /// The address.
    pub ip: String,
    /// As the caller named it.
    pub from_operator: &'static str,
    /// `0%`: it was answered, `100%`: it was not.
    pub package_loss: &'static str,
    /// How long the whole answer took, such as `23.079ms`; empty: there was none.
    pub time: String,
}

/// A duration as the published service writes it: `23.079ms`.
pub fn millis(duration: core::time::Duration) -> String {
    let micros = duration.as_micros();
    format!("{}.{:03}ms", micros / 1000, micros % 1000)
}

/// What a part of the answer calls an operator that is not known.
pub const UNKNOWN_OPERATOR: &str = OPERATORS[0];

/// getcallbackip's and get_api_domain_ip's answer.
#[derive(Serialize)]
pub struct IpList<'a> {
    /// Addresses and ranges.
    pub ip_list: &'a [String],
}

/// Reads clear_quota: the account that it is for, 40013 when it is not the caller's.
pub fn read_clear_quota(object: &Object<'_>, caller: &str) -> Result<(), Refusal> {
    let appid = object.text("appid")?;
    if appid.trim() == caller {
        return Ok(());
    }
    let detail = format!("appid must be the token's own, {caller}, not {}", text::quoted(&appid));
    Err(Refusal::new(ErrorCode::InvalidAppid, detail))
}

/// Reads clear_quota/v2, whose members the published page lists for the body and shows in the query: 41002 no appid,
/// 41004 no appsecret.
pub fn read_clear_by_secret(
    query: &Object<'_>,
    body: Option<&Object<'_>>,
) -> Result<SecretClaim, Refusal> {
    let find = |name: &str, alias: &str| {
        let in_body = body.map(|body| body.text_or(name, alias)).transpose()?;
        match in_body.filter(|text| !text.is_empty()) {
            Some(text) => Ok::<_, Refusal>(text.into_owned()),
            None => query.text_or(name, alias).map(|text| text.into_owned()),
        }
    };
    let appid = find("appid", "appid")?;
    if appid.is_empty() {
        return Err(Refusal::new(ErrorCode::AppidMissing, "appid is empty"));
    }
    let secret = find("appsecret", "secret")?;
    if secret.is_empty() {
        return Err(Refusal::new(ErrorCode::AppsecretMissing, "appsecret is empty"));
    }
    Ok(SecretClaim { appid, secret })
}

/// Reads openapi/quota/get and openapi/quota/clear: the path, without a query. 76021 when it is empty.
pub fn read_quota_path(object: &Object<'_>) -> Result<String, Refusal> {
    let path = object.text("cgi_path")?;
    let bare = path.split(['?', '#']).next().unwrap_or_default();
    let bare = bare.trim().trim_end_matches('/').to_owned();
    if bare.is_empty() { Err(unknown_path(&path)) } else { Ok(bare) }
}

/// 76021: no call has this path.
pub fn unknown_path(path: &str) -> Refusal {
    let quoted = text::quoted(path);
    let detail =
        format!("cgi_path is the path of a call, such as /card/invoice/getauthurl, not {quoted}");
    Refusal::new(ErrorCode::CgiPathUnknown, detail)
}

/// What stands for "no limit": the largest number that every client reads (D-203).
const NO_LIMIT: u64 = i32::MAX as u64;

#[derive(Serialize)]
struct QuotaJson {
    daily_limit: u64,
    used: u64,
    remain: u64,
}

#[derive(Serialize)]
struct RateLimitJson {
    call_count: u64,
    refresh_second: u64,
}

/// openapi/quota/get's answer.
#[derive(Serialize)]
pub struct QuotaAnswer {
    quota: QuotaJson,
    rate_limit: RateLimitJson,
}

impl QuotaAnswer {
    /// Of a call without a limit that was made so often today.
    pub fn unlimited(used: u64) -> Self {
        let remain = NO_LIMIT.saturating_sub(used);
        Self {
            quota: QuotaJson { daily_limit: NO_LIMIT, used, remain },
            rate_limit: RateLimitJson { call_count: NO_LIMIT, refresh_second: 60 },
        }
    }

    /// Of a call whose quota of the day is used up by so many.
    pub fn used_up(used: u64) -> Self {
        let quota = QuotaJson { daily_limit: used, used, remain: 0 };
        Self { quota, ..Self::unlimited(used) }
    }
}

/// Reads openapi/rid/get: 76002 for what is no rid.
pub fn read_rid(object: &Object<'_>) -> Result<String, Refusal> {
    let rid = object.text("rid")?.trim().to_ascii_lowercase();
    let is_part = |part: &str| part.len() == 8 && part.bytes().all(|b| b.is_ascii_hexdigit());
    if rid.split('-').count() == 3 && rid.split('-').all(is_part) {
        return Ok(rid);
    }
    let quoted = text::quoted(&rid);
    let detail = format!(
        "a rid stands at the end of an errmsg, as 61725984-6126f6f9-040f19c4, not {quoted}"
    );
    Err(Refusal::new(ErrorCode::RidMalformed, detail))
}

/// openapi/rid/get's answer.
#[derive(Serialize)]
pub struct RidAnswer<'a> {
    /// The request.
    pub request: RefusedJson<'a>,
}

/// A request that was refused.
#[derive(Serialize)]
pub struct RefusedJson<'a> {
    /// Unix seconds at which it was answered.
    pub invoke_time: i64,
    /// Milliseconds that it took.
    pub cost_in_ms: u64,
    /// Its method, path and query, without the token.
    pub request_url: &'a str,
    /// Always empty: bodies are not kept.
    pub request_body: &'static str,
    /// What it was answered.
    pub response_body: &'a str,
    /// Whom it was from.
    pub client_ip: &'a str,
}

#[cfg(test)]
mod tests {
    use super::*;
    use core::time::Duration;

    fn object(body: &str) -> Object<'_> {
        Object::read(body.as_bytes(), None).unwrap()
    }

    #[test]
    fn a_check_is_read() {
        let read = |body| read_check(&object(body)).map_err(|refusal| refusal.code.number());
        let all = CallbackCheck { dns: true, ping: true, operator: "DEFAULT" };
        assert_eq!(read(r#"{"action":"all"}"#), Ok(all));
        let dns = CallbackCheck { ping: false, operator: "CAP", ..all };
        assert_eq!(read(r#"{"action":"dns","check_operator":"CAP"}"#), Ok(dns));
        assert_eq!(read("{}"), Err(40202));
        assert_eq!(read(r#"{"action":"ping","check_operator":"x"}"#), Err(40203));
    }

    #[test]
    fn paths_and_rids_are_read() {
        let path = |body| read_quota_path(&object(body)).map_err(|refusal| refusal.code.number());
        assert_eq!(path(r#"{"cgi_path":"/a/b/?x=1"}"#).as_deref(), Ok("/a/b"));
        assert_eq!(path("{}"), Err(76021));
        let rid = |body| read_rid(&object(body)).map_err(|refusal| refusal.code.number());
        let known = "61725984-6126f6f9-040f19c4";
        assert_eq!(rid(r#"{"rid":" 61725984-6126F6F9-040f19c4"}"#).as_deref(), Ok(known));
        for bad in [r#"{"rid":""}"#, r#"{"rid":"61725984-6126f6f9"}"#, r#"{"rid":"x-y-z"}"#] {
            assert_eq!(rid(bad), Err(76002), "{bad}");
        }
    }

    #[test]
    fn a_secret_is_read_in_the_body_or_in_the_query() {
        let (none, both) = (object("{}"), object(r#"{"appid":"a","appsecret":"s"}"#));
        let read = |query: &Object<'_>, body: Option<&Object<'_>>| {
            let read = read_clear_by_secret(query, body);
            read.map(|it| (it.appid, it.secret)).map_err(|refusal| refusal.code.number())
        };
        let found = Ok(("a".to_owned(), "s".to_owned()));
        assert_eq!(read(&none, Some(&both)), found);
        assert_eq!(read(&both, Some(&none)), found);
        assert_eq!(read(&both, None), found);
        assert_eq!(read(&object(r#"{"appid":"a"}"#), Some(&object(r#"{"secret":"s"}"#))), found);
        assert_eq!(read(&none, None), Err(41002));
        assert_eq!(read(&object(r#"{"appid":"a"}"#), None), Err(41004));
    }

    #[test]
    fn a_time_has_three_places() {
        assert_eq!(millis(Duration::from_micros(23_079)), "23.079ms");
        assert_eq!(millis(Duration::from_micros(5)), "0.005ms");
    }
}
