//! Between what every number must lie: below the server could not work, above it would be a mistake of
//! the hand.

use super::error::SettingsError;
use core::ops::RangeInclusive;

pub(super) const HOUR_MS: u64 = 3_600_000;
pub(super) const DAY_MS: u64 = 24 * HOUR_MS;
pub(super) const TEN_YEARS_S: u64 = 3653 * 86_400;

/// A number's name, itself, and its bounds.
pub(super) type Bounded = (String, u64, RangeInclusive<u64>);

/// A section's numbers.
pub(super) fn of<const N: usize>(numbers: [(&str, u64, RangeInclusive<u64>); N]) -> Vec<Bounded> {
    numbers.map(|(name, value, bounds)| (name.to_owned(), value, bounds)).into()
}

pub(super) fn count(value: usize) -> u64 {
    u64::try_from(value).unwrap_or(u64::MAX)
}

/// Refuses the first number that is out of its bounds.
pub(super) fn check(numbers: Vec<Bounded>) -> Result<(), SettingsError> {
    for (name, value, bounds) in numbers {
        let bound = match value {
            _ if value < *bounds.start() => format!("at least {}", bounds.start()),
            _ if value > *bounds.end() => format!("at most {}", bounds.end()),
            _ => continue,
        };
        return Err(SettingsError::Value(format!("{name} must be {bound}, not {value}")));
    }
    Ok(())
}
