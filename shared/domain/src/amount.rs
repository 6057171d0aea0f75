//! How money is written for people: in digits with the grouping of its currency, and in words.

use crate::money::{Currency, Money};

/// Writes the digits only, grouped as people who use the currency do: `12,34,567.50`, `1.234.567`.
pub fn digits(money: Money) -> String {
    let decimals = usize::try_from(money.currency.decimals()).unwrap_or(0);
    let all = format!("{:0>width$}", money.amount.unsigned_abs(), width = decimals.saturating_add(1));
    let (whole, part) = all.split_at(all.len().saturating_sub(decimals));
    let (separator, point) = match money.currency {
        Currency::Vnd => ('.', ','),
        Currency::Inr | Currency::Kwd | Currency::Usd => (',', '.'),
    };
    let mut text = String::new();
    if money.is_negative() {
        text.push('\u{2212}');
    }
    for (index, digit) in whole.chars().enumerate() {
        let left = whole.len().saturating_sub(index);
        let boundary = match money.currency {
            // Indian grouping: three digits, then pairs.
            Currency::Inr => left == 3 || (left > 3 && left % 2 == 1),
            Currency::Kwd | Currency::Usd | Currency::Vnd => left % 3 == 0,
        };
        if index > 0 && boundary {
            text.push(separator);
        }
        text.push(digit);
    }
    if !part.is_empty() {
        text.push(point);
        text.push_str(part);
    }
    text
}

/// Writes the amount with its sign: `₹12,34,567.50`, `1.234.567 ₫`, `$1,234.50`, `KD 1,234.500`.
pub fn text(money: Money) -> String {
    let symbol = money.currency.symbol();
    let size = digits(Money::new(money.amount.saturating_abs(), money.currency));
    let minus = if money.is_negative() { "\u{2212}" } else { "" };
    match money.currency {
        Currency::Inr | Currency::Usd => format!("{minus}{symbol}{size}"),
        Currency::Kwd => format!("{minus}{symbol}\u{a0}{size}"),
        Currency::Vnd => format!("{minus}{size}\u{a0}{symbol}"),
    }
}

/// Writes a rate in basis points as a percentage without needless zeros: 1800 is `18%`, 1250 is `12.5%`.
pub fn percent(basis_points: u32) -> String {
    let (whole, part) = (basis_points / 100, basis_points % 100);
    let text = format!("{whole}.{part:02}");
    format!("{}%", text.trim_end_matches('0').trim_end_matches('.'))
}

/// Writes the amount in words, as invoices must show it.
///
/// Đồng are written in Vietnamese where the locale is Vietnamese; everything else is English for now,
/// with lakh and crore for rupees.
pub fn words(money: Money, locale: &str) -> String {
    let scale = 10_u64.saturating_pow(money.currency.decimals());
    let size = money.amount.unsigned_abs();
    let (whole, part) = (size / scale, size % scale);
    let vietnamese = locale == "vi" || locale.starts_with("vi-");
    let text = match money.currency {
        Currency::Vnd if vietnamese => format!("{} đồng", vietnamese::number(whole)),
        Currency::Vnd => format!("{} Vietnamese dong", english::number(whole)),
        Currency::Inr => with_part(
            &english::indian(whole),
            ["rupee", "rupees"],
            whole,
            &english::indian(part),
            ["paisa", "paise"],
            part,
        ),
        Currency::Usd => with_part(
            &english::number(whole),
            ["US dollar", "US dollars"],
            whole,
            &english::number(part),
            ["cent", "cents"],
            part,
        ),
        Currency::Kwd => with_part(
            &english::number(whole),
            ["Kuwaiti dinar", "Kuwaiti dinars"],
            whole,
            &english::number(part),
            ["fils", "fils"],
            part,
        ),
    };
    let minus = match (money.is_negative(), vietnamese && money.currency == Currency::Vnd) {
        (false, _) => "",
        (true, false) => "minus ",
        (true, true) => "âm ",
    };
    let end = if vietnamese && money.currency == Currency::Vnd { "" } else { " only" };
    capitalised(&format!("{minus}{text}{end}"))
}

fn with_part(whole: &str, units: [&str; 2], count: u64, part: &str, parts: [&str; 2], part_count: u64) -> String {
    let [one, many] = units;
    let unit = if count == 1 { one } else { many };
    if part_count == 0 {
        return format!("{whole} {unit}");
    }
    let [one, many] = parts;
    format!("{whole} {unit} and {part} {}", if part_count == 1 { one } else { many })
}

fn capitalised(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

mod english {
    const SMALL: [&str; 20] = [
        "zero",
        "one",
        "two",
        "three",
        "four",
        "five",
        "six",
        "seven",
        "eight",
        "nine",
        "ten",
        "eleven",
        "twelve",
        "thirteen",
        "fourteen",
        "fifteen",
        "sixteen",
        "seventeen",
        "eighteen",
        "nineteen",
    ];
    const TENS: [&str; 10] = ["", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"];

    fn small(n: u64) -> &'static str {
        usize::try_from(n).ok().and_then(|index| SMALL.get(index)).copied().unwrap_or_default()
    }

    fn below_hundred(n: u64) -> String {
        if n < 20 {
            return small(n).to_owned();
        }
        let ten = usize::try_from(n / 10).ok().and_then(|index| TENS.get(index)).copied().unwrap_or_default();
        if n.is_multiple_of(10) { ten.to_owned() } else { format!("{ten}-{}", small(n % 10)) }
    }

    /// Joins the words of `n`, read with the given (value, name) steps from large to small.
    fn read(n: u64, steps: &[(u64, &str)]) -> String {
        for (value, name) in steps {
            if n >= *value {
                let head = format!("{} {name}", read(n / value, steps));
                let rest = n % value;
                return if rest == 0 { head } else { format!("{head} {}", read(rest, steps)) };
            }
        }
        below_hundred(n)
    }

    /// Reads a number with thousand, million, billion.
    pub(super) fn number(n: u64) -> String {
        read(
            n,
            &[
                (1_000_000_000_000_000, "quadrillion"),
                (1_000_000_000_000, "trillion"),
                (1_000_000_000, "billion"),
                (1_000_000, "million"),
                (1_000, "thousand"),
                (100, "hundred"),
            ],
        )
    }

    /// Reads a number with thousand, lakh, crore.
    pub(super) fn indian(n: u64) -> String {
        read(n, &[(10_000_000, "crore"), (100_000, "lakh"), (1_000, "thousand"), (100, "hundred")])
    }
}

mod vietnamese {
    const DIGITS: [&str; 10] = ["không", "một", "hai", "ba", "bốn", "năm", "sáu", "bảy", "tám", "chín"];

    fn digit(n: u64) -> &'static str {
        usize::try_from(n).ok().and_then(|index| DIGITS.get(index)).copied().unwrap_or_default()
    }

    /// Reads three digits. A group that follows another is read in full: 5 after a thousand is "không trăm linh năm".
    fn group(n: u64, follows: bool) -> Vec<&'static str> {
        let (hundreds, tens, ones) = (n / 100, n / 10 % 10, n % 10);
        let mut words = Vec::new();
        if hundreds > 0 || follows {
            words.extend([digit(hundreds), "trăm"]);
        }
        match tens {
            0 if ones > 0 && !words.is_empty() => words.push("linh"),
            0 => {}
            1 => words.push("mười"),
            _ => words.extend([digit(tens), "mươi"]),
        }
        match (tens, ones) {
            (_, 0) => {}
            (2.., 1) => words.push("mốt"),
            (2.., 4) => words.push("tư"),
            (1.., 5) => words.push("lăm"),
            _ => words.push(digit(ones)),
        }
        words
    }

    fn read(n: u64, follows: bool) -> Vec<&'static str> {
        if n >= 1_000_000_000 {
            let mut words = read(n / 1_000_000_000, follows);
            words.push("tỷ");
            if !n.is_multiple_of(1_000_000_000) {
                words.extend(read(n % 1_000_000_000, true));
            }
            return words;
        }
        let (mut words, mut follows) = (Vec::new(), follows);
        for (value, name) in [(1_000_000, Some("triệu")), (1_000, Some("nghìn")), (1, None)] {
            let part = n / value % 1_000;
            if part > 0 {
                words.extend(group(part, follows));
                words.extend(name);
                follows = true;
            }
        }
        words
    }

    /// Reads a number: 21 is "hai mươi mốt", 1 000 005 is "một triệu không trăm linh năm".
    pub(super) fn number(n: u64) -> String {
        if n == 0 { digit(0).to_owned() } else { read(n, false).join(" ") }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::money::MAX_AMOUNT;

    fn inr(amount: i64) -> Money {
        Money::new(amount, Currency::Inr)
    }

    fn vnd(amount: i64) -> Money {
        Money::new(amount, Currency::Vnd)
    }

    #[test]
    fn digits_are_grouped_as_the_currency_is_used() {
        assert_eq!(text(inr(123_456_750)), "₹12,34,567.50");
        assert_eq!(text(inr(99_999)), "₹999.99");
        assert_eq!(text(inr(100_000)), "₹1,000.00");
        assert_eq!(text(inr(5)), "₹0.05");
        assert_eq!(text(inr(-5)), "−₹0.05");
        assert_eq!(text(inr(MAX_AMOUNT)), "₹9,00,71,99,25,47,409.91");
        assert_eq!(text(vnd(1_234_567)), "1.234.567\u{a0}₫");
        assert_eq!(text(Money::new(123_450, Currency::Usd)), "$1,234.50");
        assert_eq!(text(Money::new(1_234_500, Currency::Kwd)), "KD\u{a0}1,234.500");
        assert_eq!(digits(vnd(0)), "0");
    }

    #[test]
    fn a_rate_drops_needless_zeros() {
        assert_eq!(
            ["18%", "12.5%", "0%", "0.25%", "100%"],
            [1800, 1250, 0, 25, 10_000].map(percent).each_ref().map(String::as_str)
        );
    }

    #[test]
    fn rupees_are_read_in_lakh_and_crore() {
        assert_eq!(words(inr(0), "en"), "Zero rupees only");
        assert_eq!(words(inr(100), "en"), "One rupee only");
        assert_eq!(
            words(inr(123_456_750), "en"),
            "Twelve lakh thirty-four thousand five hundred sixty-seven rupees and fifty paise only"
        );
        assert_eq!(words(inr(1_000_000_001), "en"), "One crore rupees and one paisa only");
        assert_eq!(
            words(inr(MAX_AMOUNT), "en"),
            "Ninety lakh seven thousand one hundred ninety-nine crore twenty-five lakh forty-seven thousand four hundred nine rupees \
             and ninety-one paise only"
        );
    }

    #[test]
    fn other_currencies_are_read_in_thousand_and_million() {
        assert_eq!(
            words(Money::new(123_456_701, Currency::Usd), "en"),
            "One million two hundred thirty-four thousand five hundred sixty-seven US dollars and one cent only"
        );
        assert_eq!(words(Money::new(1_001, Currency::Kwd), "en"), "One Kuwaiti dinar and one fils only");
        assert_eq!(words(vnd(1_000), "en"), "One thousand Vietnamese dong only");
    }

    #[test]
    fn dong_are_read_in_vietnamese() {
        for (amount, expected) in [
            (0, "Không đồng"),
            (5, "Năm đồng"),
            (10, "Mười đồng"),
            (15, "Mười lăm đồng"),
            (21, "Hai mươi mốt đồng"),
            (24, "Hai mươi tư đồng"),
            (105, "Một trăm linh năm đồng"),
            (1_005, "Một nghìn không trăm linh năm đồng"),
            (1_234_567, "Một triệu hai trăm ba mươi tư nghìn năm trăm sáu mươi bảy đồng"),
            (1_000_005, "Một triệu không trăm linh năm đồng"),
            (2_000_000_000, "Hai tỷ đồng"),
            (3_000_000_001, "Ba tỷ không trăm linh một đồng"),
            (1_500_000_000_000, "Một nghìn năm trăm tỷ đồng"),
        ] {
            assert_eq!(words(vnd(amount), "vi-VN"), expected);
        }
    }

    proptest! {
        #[test]
        fn the_digits_read_back_to_the_amount(amount in -MAX_AMOUNT..=MAX_AMOUNT, currency in proptest::sample::select(&Currency::ALL)) {
            let written: String = digits(Money::new(amount, currency)).chars().filter(char::is_ascii_digit).collect();
            prop_assert_eq!(written.parse::<u64>().unwrap(), amount.unsigned_abs());
        }

        #[test]
        fn different_amounts_read_differently(a in 0..=MAX_AMOUNT, b in 0..=MAX_AMOUNT, currency in proptest::sample::select(&Currency::ALL)) {
            for locale in ["en", "vi"] {
                let same = words(Money::new(a, currency), locale) == words(Money::new(b, currency), locale);
                prop_assert_eq!(a == b, same);
            }
        }
    }
}
