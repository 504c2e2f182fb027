//! How an answer is told.

use crate::parts::Tone;
use kaipiao_ports::request_log::LoggedRequest;

/// What it was answered with, and how that sounds.
pub(crate) fn answer_mark(request: &LoggedRequest) -> (String, Tone) {
    let (status, code) = (request.status, &*request.errcode);
    let is_good = matches!(code, "" | "0" | "SUCCESS");
    match (is_good, status) {
        (true, 0..400) => {
            (if code.is_empty() { status.to_string() } else { code.to_owned() }, Tone::Good)
        }
        (true, _) => (status.to_string(), Tone::Bad),
        // Ours, not theirs.
        (false, _) if code == "-1" => (code.to_owned(), Tone::Bad),
        (false, _) => (code.to_owned(), Tone::Wait),
    }
}

/// Whether it is the operator's own, though it names an account: those who work for the account do not see it.
pub(crate) fn is_operators(request: &LoggedRequest) -> bool {
    ["/admin/", "/sandbox/"].iter().any(|own| request.target.starts_with(own))
}
