//! How an answer is told.

use crate::frame::Frame;
use crate::parts::Tone;
use kaipiao_ports::request_log::LoggedRequest;

/// What must be said of an account that a request only names; empty: it has proved that it is the account's, or names none.
pub(crate) fn unproved(frame: &Frame, request: &LoggedRequest) -> &'static str {
    match request.is_proved || request.account.is_empty() {
        true => "",
        false => frame.lang.t("未验证", "not proved"),
    }
}

/// What it was answered with, and how that sounds.
pub(crate) fn answer_mark(request: &LoggedRequest) -> (String, Tone) {
    let (status, code) = (request.status, &*request.errcode);
    let is_good = matches!(code, "" | "0" | "SUCCESS");
    match (is_good, status) {
        // Not sent: a fault of the sandbox ended the connection.
        (_, 0) => ("—".to_owned(), Tone::Bad),
        (true, 1..400) => {
            (if code.is_empty() { status.to_string() } else { code.to_owned() }, Tone::Good)
        }
        (true, _) => (status.to_string(), Tone::Bad),
        // Ours, not theirs.
        (false, _) if code == "-1" => (code.to_owned(), Tone::Bad),
        (false, _) => (code.to_owned(), Tone::Wait),
    }
}
