//! What is kept of a request: its secrets masked, and what it is found by.

use kaipiao_ports::request_log::{
    LoggedBody, LoggedRequest, MOST_BODY_BYTES, SeenBody, SeenRequest,
};
use kaipiao_wire::masked::{self, Members};
use percent_encoding::percent_decode_str;

/// Bytes of an address that are kept.
const MOST_TARGET_BYTES: usize = 4 << 10;
/// Bytes of a method: a client may make one up.
const MOST_METHOD_BYTES: usize = 32;
/// The paths of calls whose success has no errcode: that of a token.
const TOKEN_CALLS: &str = "/cgi-bin/";
const DONE: &str = "0";

/// The request as it is kept at a place.
pub(crate) fn logged(seen: SeenRequest, id: i64) -> LoggedRequest {
    let (mut asked, mut answered) = (Members::default(), Members::default());
    for (name, value) in named_in_path(&seen.route, &seen.target) {
        asked.add(name, &value);
    }
    let target = masked::target(cut(&seen.target, MOST_TARGET_BYTES), &mut asked);
    let request = body(&seen.request, &mut asked);
    let answer = body(&seen.answer, &mut answered);
    let errcode = seen.refused_with.unwrap_or_else(|| errcode(answered, &seen.route, seen.status));
    let Members { order_ids: named, appid, mchid, .. } = asked;
    let mut order_ids: Vec<String> = Vec::new();
    let found = seen.orders.iter().map(|order| order.order_id.as_str().to_owned());
    for order_id in found.chain(named) {
        if !order_ids.contains(&order_id) {
            order_ids.push(order_id);
        }
    }
    let merchant = || seen.orders.first().map(|order| order.merchant.to_string());
    LoggedRequest {
        id,
        rid: seen.rid,
        real_ms: seen.real_ms,
        domain_ms: seen.domain_ms,
        took_us: seen.took_us,
        is_proved: seen.account.is_some(),
        named_appid: appid.clone().unwrap_or_default(),
        account: seen.account.or(mchid).or(appid).or_else(merchant).unwrap_or_default(),
        method: cut(&seen.method, MOST_METHOD_BYTES).to_owned(),
        route: seen.route,
        target,
        client: seen.client.map(|client| client.to_string()).unwrap_or_default(),
        status: seen.status,
        errcode,
        order_ids,
        found_orders: seen.orders,
        compared: seen.compared,
        request,
        answer,
    }
}

/// The code of an answer that is no refusal.
fn errcode(answered: Members, route: &str, status: u16) -> String {
    let Members { errcode, err_code, return_code, .. } = answered;
    let said = errcode.or(err_code).or(return_code);
    let is_token = || status == 200 && route.starts_with(TOKEN_CALLS);
    said.unwrap_or_else(|| if is_token() { DONE.to_owned() } else { String::new() })
}

/// A body with its secrets masked. A page shows what is a person's own, so its length alone is kept.
fn body(seen: &SeenBody, members: &mut Members) -> LoggedBody {
    let is_cut = seen.whole_bytes > seen.bytes.len() as u64;
    let text = text(&seen.bytes, is_cut).filter(|text| !text.is_empty() || seen.whole_bytes == 0);
    let text = text.filter(|_| !is_page(&seen.content_type));
    let text = text.map(|text| {
        let shown = masked::body(text, members);
        cut(&shown, MOST_BODY_BYTES).to_owned()
    });
    LoggedBody { text, whole_bytes: seen.whole_bytes }
}

fn is_page(content_type: &str) -> bool {
    let kind = content_type.split(';').next().unwrap_or("").trim();
    kind.eq_ignore_ascii_case("text/html") || kind.eq_ignore_ascii_case("application/xhtml+xml")
}

/// The bytes as text; None: they are none. A cut may have gone through a character.
fn text(bytes: &[u8], is_cut: bool) -> Option<&str> {
    match core::str::from_utf8(bytes) {
        Ok(text) => Some(text),
        Err(error) if is_cut && error.error_len().is_none() => {
            core::str::from_utf8(&bytes[..error.valid_up_to()]).ok()
        }
        Err(_) => None,
    }
}

fn cut(text: &str, bytes: usize) -> &str {
    &text[..text.floor_char_boundary(bytes)]
}

/// The parameters of a route, as they stand in a path.
fn named_in_path<'r>(route: &'r str, target: &str) -> Vec<(&'r str, String)> {
    let path = target.split('?').next().unwrap_or("");
    let parts = route.split('/').zip(path.split('/'));
    let named = parts.filter_map(|(name, value)| {
        let name = name.strip_prefix('{')?.strip_suffix('}')?;
        Some((name, percent_decode_str(value).decode_utf8_lossy().into_owned()))
    });
    named.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(route: &str, target: &str, request: &str, answer: &str) -> SeenRequest {
        let body = |text: &str| SeenBody {
            bytes: text.to_owned().into(),
            whole_bytes: text.len() as u64,
            content_type: String::new(),
        };
        SeenRequest {
            route: route.to_owned(),
            target: target.to_owned(),
            status: 200,
            request: body(request),
            answer: body(answer),
            ..SeenRequest::default()
        }
    }

    /// Route, target, body and answer; then account, order and code.
    #[test]
    fn whom_and_what_a_request_concerns_is_found() {
        let link = "/bizmall/authinvoice?action=list&appid=wx1&num=1&o1=A%2F1&signature=ab";
        for (route, target, request, answer, account, order, errcode) in [
            (
                "/card/invoice/getauthdata",
                "/card/invoice/getauthdata",
                r#"{"order_id":"7"}"#,
                r#"{"errcode":0,"errmsg":"ok"}"#,
                "",
                "7",
                "0",
            ),
            (
                "/cgi-bin/token",
                "/cgi-bin/token?appid=wx1&secret=s",
                "",
                r#"{"access_token":"t"}"#,
                "wx1",
                "",
                "0",
            ),
            (
                "/pay/unifiedorder",
                "/pay/unifiedorder",
                "<xml><appid>wx1</appid><mch_id>19</mch_id><out_trade_no>8</out_trade_no></xml>",
                "<xml><return_code>SUCCESS</return_code><err_code>ORDERPAID</err_code></xml>",
                "19",
                "8",
                "ORDERPAID",
            ),
            (
                "/pay/closeorder",
                "/pay/closeorder",
                "<xml><mch_id>19</mch_id></xml>",
                "<xml><return_code>SUCCESS</return_code></xml>",
                "19",
                "",
                "SUCCESS",
            ),
            ("/bizmall/authinvoice", link, "", "<html>", "wx1", "A/1", ""),
            ("/payments/{mchid}/{out_trade_no}", "/payments/19/8%2F1?x=1", "", "", "19", "8/1", ""),
            (
                "/admin/v1/accounts/{appid}",
                "/admin/v1/accounts/wx1",
                r#"{"secret":"s"}"#,
                "{}",
                "wx1",
                "",
                "",
            ),
        ] {
            let logged = logged(seen(route, target, request, answer), 1);
            let orders = logged.order_ids.join(",");
            assert_eq!(
                (&*logged.account, &*orders, &*logged.errcode),
                (account, order, errcode),
                "{target}"
            );
            assert!(!logged.target.contains("secret=s"), "{}", logged.target);
        }
    }

    #[test]
    fn what_is_no_text_keeps_its_length_alone() {
        let cut_through = SeenBody {
            bytes: "中".as_bytes()[..2].to_vec().into(),
            whole_bytes: 3,
            content_type: String::new(),
        };
        let kept = body(&cut_through, &mut Members::default());
        assert_eq!((kept.text, kept.whole_bytes), (None, 3));
        let bytes = SeenBody { bytes: vec![0xff, 0xfe].into(), whole_bytes: 2, ..cut_through };
        assert_eq!(body(&bytes, &mut Members::default()).text, None);
        let none = body(&SeenBody::default(), &mut Members::default());
        assert_eq!((none.text.as_deref(), none.whole_bytes), (Some(""), 0));
        let page = SeenBody {
            bytes: "<p>a title</p>".into(),
            whole_bytes: 14,
            content_type: "Text/HTML; charset=utf-8".to_owned(),
        };
        let kept = body(&page, &mut Members::default());
        assert_eq!((kept.text, kept.whole_bytes), (None, 14));
        let unread = SeenBody { whole_bytes: 9, ..SeenBody::default() };
        assert_eq!(body(&unread, &mut Members::default()).text, None);
    }
}
