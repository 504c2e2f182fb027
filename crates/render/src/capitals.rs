//! Amounts in capital numerals, as invoices and cheques write them: nobody can alter one by a
//! stroke (invoice_face c).

use kaipiao_domain::money::Fen;

const DIGITS: [char; 10] = ['零', '壹', '贰', '叁', '肆', '伍', '陆', '柒', '捌', '玖'];
/// What a digit counts within its group of four, from the right.
const PLACES: [&str; 4] = ["", "拾", "佰", "仟"];
/// What a group of four digits counts, from the right.
const GROUPS: [&str; 5] = ["", "万", "亿", "万亿", "亿亿"];
const GROUP: u64 = 10_000;
const NEGATIVE: &str = "（负数）";

/// An amount in capital numerals: `壹佰伍拾玖圆整`, `（负数）伍圆肆分`.
#[must_use]
pub fn capitals(amount: Fen) -> String {
    let fen = amount.get().unsigned_abs();
    let sign = if amount < Fen::ZERO { NEGATIVE } else { "" };
    let (yuan, tenths, hundredths) = (fen / 100, fen / 10 % 10, fen % 10);
    let mut text = sign.to_owned();
    if yuan > 0 || fen == 0 {
        text.push_str(&whole(yuan));
        text.push('圆');
    }
    if tenths > 0 {
        text.push_str(&format!("{}角", digit(tenths)));
    }
    if hundredths > 0 {
        let gap = if yuan > 0 && tenths == 0 { "零" } else { "" };
        text.push_str(&format!("{gap}{}分", digit(hundredths)));
    } else {
        text.push('整');
    }
    text
}

fn digit(number: u64) -> char {
    DIGITS[usize::try_from(number % 10).expect("a digit is small")]
}

/// A whole number. Zeros between other digits are one 零, however many there are; zeros at the end
/// of a group of four are none, unless the next group begins with one.
fn whole(number: u64) -> String {
    if number == 0 {
        return "零".to_owned();
    }
    let mut text = String::new();
    let mut zeros_wait = false;
    for (index, name) in GROUPS.iter().enumerate().rev() {
        let count = GROUP.pow(u32::try_from(index).expect("there are five groups"));
        let group = number / count % GROUP;
        if group == 0 {
            zeros_wait = !text.is_empty();
            continue;
        }
        push_group(&mut text, group, &mut zeros_wait);
        text.push_str(name);
        zeros_wait = false;
    }
    text
}

fn push_group(text: &mut String, group: u64, zeros_wait: &mut bool) {
    for (place, name) in PLACES.iter().enumerate().rev() {
        let count = 10_u64.pow(u32::try_from(place).expect("there are four places"));
        let number = group / count % 10;
        if number == 0 {
            *zeros_wait = !text.is_empty();
            continue;
        }
        if *zeros_wait {
            text.push('零');
            *zeros_wait = false;
        }
        text.push(digit(number));
        text.push_str(name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_read_as_the_rules_write_them() {
        for (amount, written) in [
            ("159", "壹佰伍拾玖圆整"),
            ("1409.50", "壹仟肆佰零玖圆伍角整"),
            ("16409.02", "壹万陆仟肆佰零玖圆零贰分"),
            ("325.04", "叁佰贰拾伍圆零肆分"),
            ("2.12", "贰圆壹角贰分"),
            ("6007.14", "陆仟零柒圆壹角肆分"),
            ("107000.53", "壹拾万柒仟圆伍角叁分"),
            ("0", "零圆整"),
            ("0.05", "伍分"),
            ("0.50", "伍角整"),
            ("0.55", "伍角伍分"),
            ("10", "壹拾圆整"),
            ("10001.00", "壹万零壹圆整"),
            ("10010", "壹万零壹拾圆整"),
            ("100000001", "壹亿零壹圆整"),
            ("100010000", "壹亿零壹万圆整"),
            ("1000100", "壹佰万零壹佰圆整"),
            ("5.04", "伍圆零肆分"),
            ("100000000000.00", "壹仟亿圆整"),
            ("-203.40", "（负数）贰佰零叁圆肆角整"),
            ("-0.05", "（负数）伍分"),
        ] {
            assert_eq!(capitals(Fen::parse(amount).unwrap()), written, "{amount}");
        }
        assert!(capitals(Fen::new(i64::MIN)).starts_with("（负数）玖亿亿"));
    }

    proptest::proptest! {
        #[test]
        fn different_amounts_read_differently(one in 0_i64..10_000_000, other in 0_i64..10_000_000) {
            let same = capitals(Fen::new(one)) == capitals(Fen::new(other));
            proptest::prop_assert_eq!(same, one == other);
        }
    }
}
