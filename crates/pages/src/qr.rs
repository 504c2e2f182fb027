//! QR codes within a page.

use core::fmt::Write as _;
use fast_qr::{ECL, QRBuilder};

/// The quiet zone around a code, in modules (ISO/IEC 18004).
const QUIET: usize = 4;

/// A QR code as SVG draws it.
pub(crate) struct QrCode {
    /// Modules on a side, with the quiet zone.
    pub(crate) size: usize,
    /// The dark modules, as a path's data.
    pub(crate) path: String,
}

impl QrCode {
    /// None: the text is longer than a code holds.
    pub(crate) fn of(text: &str) -> Option<Self> {
        let code = QRBuilder::new(text).ecl(ECL::M).build().ok()?;
        let mut path = String::new();
        for row in 0..code.size {
            let dark = code[row].iter().take(code.size).enumerate().filter(|(_, it)| it.value());
            for (column, _) in dark {
                // Writing to a text cannot fail.
                let _ = write!(path, "M{} {}h1v1h-1z", column + QUIET, row + QUIET);
            }
        }
        Some(Self { size: code.size + 2 * QUIET, path })
    }
}

#[cfg(test)]
mod tests {
    use super::{QUIET, QrCode};
    use rqrr::{Grid, SimpleGrid};

    #[test]
    fn a_code_says_its_text_within_a_quiet_zone() {
        let text = "http://127.0.0.1:8080/cashier?prepay_id=wx1";
        let code = QrCode::of(text).unwrap();
        // Drawn as SVG draws it: each module's corner is written once.
        let is_dark = |x: usize, y: usize| code.path.contains(&format!("M{x} {y}h"));
        let inner = code.size - 2 * QUIET;
        for n in 0..code.size {
            let edges = [(n, QUIET - 1), (QUIET - 1, n), (n, QUIET + inner), (QUIET + inner, n)];
            assert!(edges.iter().all(|(x, y)| !is_dark(*x, *y)));
        }
        let grid = SimpleGrid::from_func(inner, |x, y| is_dark(x + QUIET, y + QUIET));
        assert_eq!(Grid::new(grid).decode().unwrap().1, text);
        assert!(QrCode::of(&"x".repeat(5000)).is_none());
    }
}
