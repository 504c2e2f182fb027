//! The days that a listing is of: two of its filters.

use crate::parts::{Filter, Flash, Input, Tone};
use crate::seat::Seat;
use kaipiao_app::listing;
use kaipiao_pages::china_day_begins;
use kaipiao_ports::record::Field;

const DAY_MS: i64 = 86_400_000;

/// Some days, by China's calendar, in milliseconds: both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) from_ms: i64,
    pub(crate) to_ms: i64,
}

impl Span {
    /// What `day` and `until` of an address say: a day and the last one; a day alone is that day, a last one alone all up to
    /// it. None: nothing.
    pub(crate) fn of(seat: &Seat) -> Result<Option<Self>, Flash> {
        let frame = &seat.frame;
        let begins_ms = |name: &str| match seat.query.get(name).trim() {
            "" => Ok(None),
            day => match china_day_begins(day) {
                Some(begins_s) => Ok(Some(begins_s * 1000)),
                None => {
                    let words = frame.t("日期格式应为 2026-01-31。", "Write a day as 2026-01-31.");
                    Err(Flash::new(Tone::Bad, words))
                }
            },
        };
        let (first, last) = (begins_ms("day")?, begins_ms("until")?);
        let Some(end) = last.or(first) else { return Ok(None) };
        let span = Self { from_ms: first.unwrap_or(0), to_ms: end + DAY_MS - 1 };
        if span.from_ms > span.to_ms {
            let words = frame.t("结束日期早于开始日期。", "The last day is before the first.");
            return Err(Flash::new(Tone::Bad, words));
        }
        Ok(Some(span))
    }

    /// All that there is.
    pub(crate) const ALL: Self = Self { from_ms: 0, to_ms: i64::MAX };

    /// The two filters.
    pub(crate) fn filters(seat: &Seat) -> [Filter<'_>; 2] {
        let frame = &seat.frame;
        let field = |name, label| Filter::of(seat, name, label, Input::Day);
        [field("day", frame.t("日期", "Day")), field("until", frame.t("至", "until"))]
    }
}

/// A listing of these days; by a field, if one is given.
pub(crate) fn filter(span: Option<Span>, field: Option<(Field, String)>) -> listing::Filter {
    match (span, field) {
        (None, Some((field, value))) => listing::Filter::Field(field, value),
        (Some(Span { from_ms, to_ms }), Some((field, value))) => {
            listing::Filter::FieldWithin { field, value, from_ms, to_ms }
        }
        (span, None) => {
            let Span { from_ms, to_ms } = span.unwrap_or(Span::ALL);
            listing::Filter::Time { from_ms, to_ms }
        }
    }
}

/// What is said where more than one of a listing's fields is filled in.
pub(crate) fn goes_by_one(seat: &Seat) -> Flash {
    let words = seat.frame.t(
        "除日期外，一次只能按一个条件查找：以第一个填写的为准。",
        "Beside days a listing goes by one of these at a time: this one goes by the first.",
    );
    Flash::new(Tone::Wait, words)
}
