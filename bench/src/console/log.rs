//! Fills the request log through its own writer, up to the bytes that its file may have.

use super::volume::{Volume, appid, dice, order_id};
use crate::load::on_one_thread;
use kaipiao_ports::clock::SystemClock;
use kaipiao_ports::request_log::{RequestLog, SeenBody, SeenRequest};
use kaipiao_request_log::{Options, SqliteRequestLog};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// The bound of the settings as they come (`request_log.max_mb`).
const MOST_BYTES: u64 = 256 << 20;
/// Requests that are noted before the writer is waited for: far from filling its queue.
const GROUP: u64 = 4_000;
/// The time that the requests are spread over: less than the log keeps them for.
const SPAN_MS: i64 = 6 * 86_400_000;
/// Requests that the log holds at most, about, whatever they say.
const MOST_REQUESTS: u64 = 600_000;

/// The endpoints, one more often than the other.
const ROUTES: [(&str, &str); 4] = [
    ("/card/invoice/getauthurl", "72038"),
    ("/card/invoice/getauthdata", "72038"),
    ("/card/invoice/makeoutinvoice", "72035"),
    ("/cgi-bin/token", "40125"),
];

/// Fills the log's file; as many requests as the volume has orders, if they are not too many. Returns how many it has been given.
pub(crate) fn fill(path: &Path, volume: &Volume) -> u64 {
    let wanted = volume.orders.min(MOST_REQUESTS);
    let log = SqliteRequestLog::open(Options {
        path: path.to_owned(),
        keep: Duration::from_secs(7 * 86_400),
        most_bytes: MOST_BYTES,
        clock: Arc::new(SystemClock::default()),
    });
    let log = log.expect("the directory takes a log");
    on_one_thread(async {
        for number in 0..wanted {
            log.note(request(volume, number, wanted));
            if number % GROUP == 0 {
                // Whoever reads is answered once all is written.
                log.find("").await.expect("the log is there");
                eprint!("\rrequest log: {number}   ");
            }
        }
        log.end().await;
    });
    eprintln!();
    assert_eq!(log.dropped(), 0, "the log took every request");
    wanted
}

/// The request id of the one with this number.
fn rid(number: u64) -> String {
    format!("{:016x}-{number:08x}", dice(number, 40))
}

/// A request of an order near the volume's end.
fn request(volume: &Volume, number: u64, of: u64) -> SeenRequest {
    let share = u128::from(number) * u128::from(SPAN_MS.unsigned_abs()) / u128::from(of);
    let real_ms = volume.ends_ms() - SPAN_MS + i64::try_from(share).expect("it lies in the span");
    let order = volume.orders - of + number;
    let (route, code) = ROUTES[usize::try_from(dice(number, 41) % 4).expect("it is small")];
    let refused = dice(number, 42).is_multiple_of(25);
    let asked = format!(r#"{{"s_pappid":"{}","order_id":"{}"}}"#, appid(1), order_id(order));
    let (code, message) = if refused { (code, "refused") } else { ("0", "ok") };
    let answered = format!(r#"{{"errcode":{code},"errmsg":"{message}, rid: {}"}}"#, rid(number));
    SeenRequest {
        rid: rid(number),
        real_ms,
        domain_ms: real_ms,
        took_us: 500 + dice(number, 43) % 5_000,
        account: Some(appid(volume.merchant(order))),
        method: "POST".to_owned(),
        route: route.to_owned(),
        target: format!("{route}?access_token=secret"),
        client: Some([127, 0, 0, 1].into()),
        status: 200,
        refused_with: refused.then(|| code.to_owned()),
        request: json(asked),
        answer: json(answered),
        ..SeenRequest::default()
    }
}

fn json(text: String) -> SeenBody {
    let whole_bytes = u64::try_from(text.len()).expect("it is short");
    let content_type = "application/json".to_owned();
    SeenBody { bytes: text.into(), whole_bytes, content_type }
}
