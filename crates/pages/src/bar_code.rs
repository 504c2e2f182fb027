//! Bar codes within a page.

use barcoders::sym::code128::Code128;
use core::fmt::Write as _;

/// The quiet zone on either side, in modules (ISO/IEC 15417).
const QUIET: usize = 10;
/// What tells the encoder to write two digits in each symbol.
const SET_C: char = '\u{0106}';

/// A bar code as SVG draws it, one unit high.
pub(crate) struct BarCode {
    /// Modules from side to side, with the quiet zones.
    pub(crate) width: usize,
    /// The bars, as a path's data.
    pub(crate) path: String,
}

impl BarCode {
    /// Code 128 of an even number of digits. None: it is something else.
    pub(crate) fn of(digits: &str) -> Option<Self> {
        let modules = Code128::new(format!("{SET_C}{digits}")).ok()?.encode();
        let mut path = String::new();
        let mut place = QUIET;
        for run in modules.chunk_by(|one, next| one == next) {
            if run[0] == 1 {
                // Writing to a text cannot fail.
                let _ = write!(path, "M{place} 0h{0}v1h-{0}z", run.len());
            }
            place += run.len();
        }
        Some(Self { width: place + QUIET, path })
    }
}

#[cfg(test)]
mod tests {
    use super::{BarCode, QUIET};

    /// Its bars and gaps in modules, as zbarimg reads 130123456789012345 from them.
    const WIDTHS: &str =
        "2112321221322221223121311131231411222121412221223121311131231142122331112";

    #[test]
    fn eighteen_digits_are_written_as_scanners_read_them() {
        let code = BarCode::of("130123456789012345").unwrap();
        let mut place = QUIET;
        let mut bars = String::new();
        for (n, width) in WIDTHS.bytes().map(|digit| usize::from(digit - b'0')).enumerate() {
            if n % 2 == 0 {
                bars += &format!("M{place} 0h{width}v1h-{width}z");
            }
            place += width;
        }
        assert_eq!((code.path, code.width), (bars, place + QUIET));
        assert!(BarCode::of("13a").is_none() && BarCode::of("131").is_none());
    }
}
