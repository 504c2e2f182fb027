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
    use super::QrCode;

    #[test]
    fn a_code_has_its_finders_and_a_quiet_zone() {
        let code = QrCode::of("http://127.0.0.1:8080/cashier?prepay_id=wx1").unwrap();
        // Version 3 has 29 modules; the finder's upper left module is dark, nothing lies before it.
        assert_eq!(code.size, 29 + 8);
        assert!(code.path.starts_with("M4 4h1v1h-1zM5 4h1v1h-1z"));
        assert!(!code.path.contains("M3 ") && !code.path.contains(" 3h"));
        assert!(QrCode::of(&"x".repeat(5000)).is_none());
    }
}
