//! The clock is advanced, set, scaled, stopped, or goes on with real time.

use crate::console::Console;
use crate::sandbox::show::{done, refused};
use crate::seat::Seat;
use axum::extract::State;
use axum::response::Response;
use kaipiao_wire::clock_change;
use kaipiao_wire::object::Object;
use std::borrow::Cow;

/// `POST /console/sandbox/clock {advance_s, set, rate, stopped}`
pub(crate) async fn change(
    State(console): State<Console>,
    seat: Seat,
) -> Result<Response, Response> {
    let sandbox = seat.sandbox(&console)?;
    let set = in_china(seat.form.get("set"));
    let asked = ["advance_s", "rate", "stopped"].map(|name| (name, seat.form.get(name).trim()));
    let asked = asked.into_iter().chain([("set", &*set)]).filter(|(_, text)| !text.is_empty());
    let asked = Object::of_texts(asked);
    let changed = async {
        let change = clock_change::read(&asked)?;
        sandbox.clock.change(&console.app, change).await
    };
    match changed.await {
        Ok(face) => {
            let now = face.now.unix_seconds();
            tracing::info!(now, by = seat.name(), "the clock was changed by the console");
            Ok(done("clock"))
        }
        Err(failure) => refused(&console, &seat, failure).await,
    }
}

/// What a field of a date and a time holds, which is China's as every moment of the console; anything else as it was typed.
pub(crate) fn in_china(field: &str) -> Cow<'_, str> {
    let field = field.trim();
    let is_local = matches!(field.len(), 16 | 19)
        && field.as_bytes().get(10) == Some(&b'T')
        && field.bytes().all(|b| b.is_ascii_digit() || b"-T:".contains(&b));
    if is_local { Cow::Owned(format!("{field}+08:00")) } else { Cow::Borrowed(field) }
}

#[cfg(test)]
mod tests {
    use super::in_china;
    use kaipiao_wire::clock_change::parse_moment;

    #[test]
    fn a_field_of_a_date_and_a_time_is_chinas() {
        for (field, unix_s) in [
            ("2026-01-01T09:00", 1_767_229_200),
            ("2026-01-01T09:00:07", 1_767_229_207),
            ("2026-01-01T09:00:00Z", 1_767_258_000),
            ("1767229200", 1_767_229_200),
        ] {
            let read = parse_moment(&in_china(field)).unwrap();
            assert_eq!(read.unix_seconds(), unix_s, "{field}");
        }
        for bad in ["", "tomorrow", "2026-01-01 09:00:00"] {
            assert_eq!(in_china(bad), bad);
        }
    }
}
