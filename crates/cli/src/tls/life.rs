//! How long a certificate is good.

use x509_parser::certificate::X509Certificate;
use x509_parser::time::ASN1Time;

pub(crate) const DAY_S: i64 = 86_400;
/// A certificate is renewed before that.
const SOON_S: i64 = 14 * DAY_S;

/// From when to when a certificate is good, in unix seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Life {
    pub(crate) from_s: i64,
    /// It is good no more at this moment.
    pub(crate) to_s: i64,
}

/// A moment's place in a life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// Clients refuse it yet.
    Early,
    Good,
    /// Time for the next one.
    Ending,
    /// Clients refuse it.
    Over,
}

impl Life {
    /// An error: it is no certificate.
    pub(super) fn of_der(certificate: &[u8]) -> Result<Self, String> {
        let parsed = x509_parser::parse_x509_certificate(certificate);
        parsed.map(|(_, parsed)| Self::of(&parsed)).map_err(|error| error.to_string())
    }

    pub(super) fn of(certificate: &X509Certificate<'_>) -> Self {
        let validity = certificate.validity();
        Self { from_s: validity.not_before.timestamp(), to_s: validity.not_after.timestamp() }
    }

    pub(crate) fn standing(self, now_s: i64) -> Standing {
        match now_s {
            _ if now_s < self.from_s => Standing::Early,
            _ if now_s >= self.to_s => Standing::Over,
            _ if self.to_s - now_s < SOON_S => Standing::Ending,
            _ => Standing::Good,
        }
    }

    /// The same in words.
    pub(crate) fn said(self, now_s: i64) -> String {
        let left = match (self.to_s - now_s).div_euclid(DAY_S) {
            0 => "less than a day".to_owned(),
            1 => "1 day".to_owned(),
            days => format!("{days} days"),
        };
        match self.standing(now_s) {
            Standing::Early => format!("is not good before {}", day(self.from_s)),
            Standing::Over => format!("is good no more, since {}", day(self.to_s)),
            Standing::Good | Standing::Ending => {
                format!("is good for {left}, until {}", day(self.to_s))
            }
        }
    }

    pub(crate) fn half_s(self) -> i64 {
        self.from_s.midpoint(self.to_s)
    }
}

fn day(at_s: i64) -> String {
    let time = ASN1Time::from_timestamp(at_s);
    time.map_or_else(|_| at_s.to_string(), |time| time.to_datetime().date().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_certificate_is_judged_by_its_time_and_says_its_days() {
        use Standing::{Early, Ending, Good, Over};
        let life = Life { from_s: 0, to_s: 100 * DAY_S };
        let at = |day: i64| life.standing(day * DAY_S);
        assert_eq!(
            [at(-1), at(0), at(86), at(87), at(99), at(100)],
            [Early, Good, Good, Ending, Ending, Over]
        );
        assert_eq!(life.said(-1), "is not good before 1970-01-01");
        assert_eq!(life.said(1), "is good for 99 days, until 1970-04-11");
        assert_eq!(life.said(99 * DAY_S), "is good for 1 day, until 1970-04-11");
        assert_eq!(life.said(99 * DAY_S + 1), "is good for less than a day, until 1970-04-11");
        assert_eq!(life.said(100 * DAY_S), "is good no more, since 1970-04-11");
    }
}
