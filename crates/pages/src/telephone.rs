//! Telephone numbers that can be tapped.

/// A number as a `tel:` address (RFC 3966); empty: the text has no digit to dial.
pub(crate) fn tel_address(phone: &str) -> String {
    let dialled: String =
        phone.chars().filter(|c| c.is_ascii_digit() || matches!(c, '+' | '-')).collect();
    let has_digit = dialled.contains(|c: char| c.is_ascii_digit());
    if has_digit { format!("tel:{dialled}") } else { String::new() }
}

#[cfg(test)]
mod tests {
    use super::tel_address;

    #[test]
    fn a_number_is_dialled_without_what_is_written_around_it() {
        for (phone, address) in [
            ("88888888", "tel:88888888"),
            ("+86 (755) 8000-0009", "tel:+867558000-0009"),
            ("\"><script>400", "tel:400"),
            ("请联系客服", ""),
            ("-", ""),
        ] {
            assert_eq!(tel_address(phone), address, "{phone}");
        }
    }
}
