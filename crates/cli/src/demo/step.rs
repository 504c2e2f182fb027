//! The demo's lines, and what its answers must hold.

use core::time::Duration;
use serde_json::Value;

/// Between two questions whether something has happened.
const PAUSE: Duration = Duration::from_millis(20);

#[expect(clippy::disallowed_methods, reason = "a pause in real time, of a client that waits")]
pub(super) fn pause() {
    std::thread::sleep(PAUSE);
}

/// A step as one line: how long it took, what was sent, what came back.
#[expect(clippy::print_stdout, reason = "the demo's output")]
pub(super) fn print_step(what: &str, took_ms: f64, sent: &str, answer: &str) {
    println!("{took_ms:7.2} ms  {what}: {} → {}", shortened(sent, 160), shortened(answer, 240));
}

fn shortened(text: &str, chars: usize) -> String {
    let mut short: String = text.trim_end().chars().take(chars).collect();
    if short.len() < text.trim_end().len() {
        short.push('…');
    }
    short
}

/// A text of an answer.
pub(super) fn text(answer: &Value, member: &str) -> Result<String, String> {
    let found = answer[member].as_str().map(str::to_owned);
    found.ok_or_else(|| format!("the answer has no text \"{member}\": {answer}"))
}

/// Wants a member of an answer to be this.
pub(super) fn expect(answer: &Value, member: &str, expected: &Value) -> Result<(), String> {
    let found = &answer[member];
    (found == expected)
        .then_some(())
        .ok_or_else(|| format!("{member} is {found}, expected {expected}"))
}
