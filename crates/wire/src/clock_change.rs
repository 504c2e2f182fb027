//! What is asked of the sandbox's clock: `{"advance_s"?,"set"?,"rate"?,"stopped"?}`.

use crate::object::Object;
use kaipiao_domain::clock_course::{CLOCK_BEGIN, CLOCK_END, ClockChange, ClockRate};
use kaipiao_domain::{Refusal, Timestamp};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

/// A moment of the sandbox's clock that may be absent: unix seconds, or RFC 3339 (`2026-01-01T09:00:00+08:00`).
pub fn moment(object: &Object, name: &str) -> Result<Option<Timestamp>, Refusal> {
    let Some(text) = object.optional_text(name)? else { return Ok(None) };
    let refusal = || Refusal::invalid(name, format!("must be {MOMENT}"));
    parse_moment(&text).map(Some).ok_or_else(refusal)
}

/// What [`parse_moment`] takes, as complaints say it.
pub const MOMENT: &str =
    "a moment from 2000 to 2099, as unix seconds or RFC 3339 (2026-01-01T09:00:00+08:00)";

/// A moment that the sandbox's clock can show; None: the text is none.
pub fn parse_moment(text: &str) -> Option<Timestamp> {
    let ms = match text.trim().parse::<i64>() {
        Ok(seconds) => seconds.checked_mul(1000),
        Err(_) => text.trim().parse::<jiff::Timestamp>().ok().map(jiff::Timestamp::as_millisecond),
    };
    let at = ms.map(Timestamp::from_unix_millis);
    at.filter(|at| (CLOCK_BEGIN..CLOCK_END).contains(at))
}

/// Reads what is asked; at least one member must be there.
pub fn read(object: &Object) -> Result<ClockChange, Refusal> {
    let advance_s = object.integer("advance_s")?.map(|by_s| {
        u64::try_from(by_s).map_err(|_| {
            Refusal::invalid("advance_s", "must not be negative: the clock only goes forward")
        })
    });
    let change = ClockChange {
        advance_s: advance_s.transpose()?,
        set: moment(object, "set")?,
        rate: rate(object)?,
    };
    if change == ClockChange::default() {
        let problem = "is missing: give advance_s, set, rate or stopped";
        return Err(Refusal::invalid("advance_s", problem));
    }
    Ok(change)
}

/// `rate`, and `stopped`, which is rate 0; `"stopped": false` alone is real time.
pub fn rate(object: &Object) -> Result<Option<ClockRate>, Refusal> {
    let rate = object.optional_text("rate")?.map(|text| {
        let thousandths = text.trim().parse::<Decimal>().ok().and_then(|rate| {
            let thousandths = rate.checked_mul(Decimal::from(1000))?;
            thousandths.is_integer().then(|| thousandths.to_u32()).flatten()
        });
        thousandths.and_then(ClockRate::from_thousandths).ok_or_else(|| {
            let problem = "must be 0 to 86400 with at most 3 decimals: seconds that the clock shows for each real one";
            Refusal::invalid("rate", problem)
        })
    });
    let rate = rate.transpose()?;
    if !object.has("stopped") {
        return Ok(rate);
    }
    match (object.flag("stopped")?, rate) {
        (true, None | Some(ClockRate::STOPPED)) => Ok(Some(ClockRate::STOPPED)),
        (true, Some(_)) => Err(Refusal::invalid("stopped", "must be absent beside a rate")),
        (false, Some(ClockRate::STOPPED)) => {
            Err(Refusal::invalid("stopped", "must be absent beside a rate of 0"))
        }
        (false, rate) => Ok(Some(rate.unwrap_or(ClockRate::REAL))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(json: &str) -> Result<ClockChange, String> {
        let object = Object::read(json.as_bytes(), None).unwrap();
        read(&object).map_err(|refusal| refusal.to_string())
    }

    #[test]
    fn a_clock_is_advanced_set_scaled_and_stopped() {
        let at = |ms| Some(Timestamp::from_unix_millis(ms));
        let rate = ClockRate::from_thousandths;
        for (json, set, thousandths) in [
            (r#"{"set":1767225600}"#, at(1_767_225_600_000), None),
            (r#"{"set":"2026-01-01T08:00:00+08:00","rate":1}"#, at(1_767_225_600_000), rate(1000)),
            (r#"{"rate":0.5}"#, None, rate(500)),
            (r#"{"rate":86400}"#, None, rate(86_400_000)),
            (r#"{"stopped":true}"#, None, rate(0)),
            (r#"{"stopped":false}"#, None, rate(1000)),
            (r#"{"stopped":false,"rate":60}"#, None, rate(60_000)),
        ] {
            let expected = ClockChange { advance_s: None, set, rate: thousandths };
            assert_eq!(asked(json), Ok(expected), "{json}");
        }
        assert_eq!(asked(r#"{"advance_s":7}"#).unwrap().advance_s, Some(7));
    }

    #[test]
    fn what_no_clock_can_do_is_refused_by_its_name() {
        for (json, field) in [
            ("{}", "advance_s"),
            (r#"{"advance_s":-1}"#, "advance_s"),
            (r#"{"advance_s":1e400}"#, "advance_s"),
            (r#"{"set":"tomorrow"}"#, "set"),
            (r#"{"set":0}"#, "set"),
            (r#"{"set":9223372036854775807}"#, "set"),
            (r#"{"rate":-1}"#, "rate"),
            (r#"{"rate":"NaN"}"#, "rate"),
            (r#"{"rate":86400.001}"#, "rate"),
            (r#"{"rate":0.0001}"#, "rate"),
            (r#"{"rate":1e300}"#, "rate"),
            (r#"{"stopped":true,"rate":2}"#, "stopped"),
            (r#"{"stopped":false,"rate":0}"#, "stopped"),
        ] {
            match Object::read(json.as_bytes(), None) {
                Ok(_) => {
                    let refused = asked(json).unwrap_err();
                    assert!(refused.contains(field), "{json}: {refused}");
                }
                // What is no JSON number never gets here.
                Err(refused) => assert!(json.contains("1e"), "{json}: {refused}"),
            }
        }
    }
}
