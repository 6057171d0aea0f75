//! How money is written for people: in digits with the grouping of its currency, and in words.

mod english;
mod hindi;
mod vietnamese;

use crate::money::{Currency, MAX_AMOUNT, Money};

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

/// Writes the exact amount for programs, in the major unit with all decimals of its currency and nothing else: `1234567.50`.
pub fn decimal(money: Money) -> String {
    let decimals = usize::try_from(money.currency.decimals()).unwrap_or(0);
    let all = format!("{:0>width$}", money.amount.unsigned_abs(), width = decimals.saturating_add(1));
    let (whole, part) = all.split_at(all.len().saturating_sub(decimals));
    let (minus, point) = (if money.is_negative() { "-" } else { "" }, if part.is_empty() { "" } else { "." });
    format!("{minus}{whole}{point}{part}")
}

/// A text that is no exact amount of a currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be a number with at most {} decimals, such as {}", .0.decimals(), decimal(Money::new(149_900, *.0)))]
pub struct NotAnAmount(Currency);

/// Reads what [`decimal`] writes, decimals at the end left out at will. Nothing is rounded, and there are no signs, blanks or
/// separators: who means a thousand and who means one would write the same.
///
/// # Errors
/// When the text is no such number, has more decimals than the currency, or is out of range.
pub fn parse(text: &str, currency: Currency) -> Result<Money, NotAnAmount> {
    let wrong = || NotAnAmount(currency);
    let (whole, part) = text.split_once('.').map_or((text, None), |(whole, part)| (whole, Some(part)));
    let is_number = |digits: &str| !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_digit());
    let decimals = usize::try_from(currency.decimals()).unwrap_or(0);
    if !is_number(whole) || part.is_some_and(|part| !is_number(part) || part.len() > decimals) {
        return Err(wrong());
    }
    let minor = format!("{whole}{:0<decimals$}", part.unwrap_or_default());
    let amount = minor.parse::<i64>().ok().filter(|amount| *amount <= MAX_AMOUNT).ok_or_else(wrong)?;
    Ok(Money::new(amount, currency))
}

/// Writes a rate in basis points as a percentage without needless zeros: 1800 is `18%`, 1250 is `12.5%`.
pub fn percent(basis_points: u32) -> String {
    let (whole, part) = (basis_points / 100, basis_points % 100);
    let text = format!("{whole}.{part:02}");
    format!("{}%", text.trim_end_matches('0').trim_end_matches('.'))
}

/// Writes the amount in words, as invoices must show it: in Vietnamese, Hindi or English, whichever the locale is.
///
/// In English rupees are read in lakh and crore, everything else in thousand and million.
pub fn words(money: Money, locale: &str) -> String {
    let scale = 10_u64.saturating_pow(money.currency.decimals());
    let size = money.amount.unsigned_abs();
    let language = Language::of(locale);
    let read = |n: u64| match (language, money.currency) {
        (Language::Vietnamese, _) => vietnamese::number(n),
        (Language::Hindi, _) => hindi::number(n),
        (Language::English, Currency::Inr) => english::indian(n),
        (Language::English, _) => english::number(n),
    };
    let (unit, part) = language.units(money.currency);
    let of = |count: u64, [one, many]: [&str; 2]| format!("{} {}", read(count), if count == 1 { one } else { many });
    let [minus, and, only] = language.phrases();
    let mut text = of(size / scale, unit);
    if !size.is_multiple_of(scale) {
        text = format!("{text}{and}{}", of(size % scale, part));
    }
    let minus = if money.is_negative() { minus } else { "" };
    capitalised(&format!("{minus}{text}{only}"))
}

/// A language that amounts are read in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Language {
    English,
    Hindi,
    Vietnamese,
}

impl Language {
    fn of(locale: &str) -> Self {
        match locale.split('-').next() {
            Some("hi") => Self::Hindi,
            Some("vi") => Self::Vietnamese,
            _ => Self::English,
        }
    }

    /// Returns the names of a currency and of its minor unit, each for one and for many.
    fn units(self, currency: Currency) -> ([&'static str; 2], [&'static str; 2]) {
        match (self, currency) {
            (Self::English, Currency::Inr) => (["rupee", "rupees"], ["paisa", "paise"]),
            (Self::English, Currency::Usd) => (["US dollar", "US dollars"], ["cent", "cents"]),
            (Self::English, Currency::Kwd) => (["Kuwaiti dinar", "Kuwaiti dinars"], ["fils"; 2]),
            (Self::English, Currency::Vnd) => (["Vietnamese dong"; 2], [""; 2]),
            (Self::Hindi, Currency::Inr) => (["रुपया", "रुपये"], ["पैसा", "पैसे"]),
            (Self::Hindi, Currency::Usd) => (["अमेरिकी डॉलर"; 2], ["सेंट"; 2]),
            (Self::Hindi, Currency::Kwd) => (["कुवैती दीनार"; 2], ["फ़िल्स"; 2]),
            (Self::Hindi, Currency::Vnd) => (["वियतनामी डोंग"; 2], [""; 2]),
            (Self::Vietnamese, Currency::Inr) => (["rupee Ấn Độ"; 2], ["paisa"; 2]),
            (Self::Vietnamese, Currency::Usd) => (["đô la Mỹ"; 2], ["xu"; 2]),
            (Self::Vietnamese, Currency::Kwd) => (["dinar Kuwait"; 2], ["fils"; 2]),
            (Self::Vietnamese, Currency::Vnd) => (["đồng"; 2], [""; 2]),
        }
    }

    /// Returns what stands before an amount below zero, between the units, and at the end.
    fn phrases(self) -> [&'static str; 3] {
        match self {
            Self::English => ["minus ", " and ", " only"],
            Self::Hindi => ["ऋण ", " और ", " मात्र"],
            Self::Vietnamese => ["âm ", " và ", ""],
        }
    }
}

fn capitalised(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

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

    #[test]
    fn rupees_are_read_in_hindi() {
        for (amount, expected) in [
            (0, "शून्य रुपये मात्र"),
            (100, "एक रुपया मात्र"),
            (2_101, "इक्कीस रुपये और एक पैसा मात्र"),
            (123_456_750, "बारह लाख चौंतीस हज़ार पाँच सौ सड़सठ रुपये और पचास पैसे मात्र"),
            (10_000_000_099, "दस करोड़ रुपये और निन्यानवे पैसे मात्र"),
            (-9_900, "ऋण निन्यानवे रुपये मात्र"),
        ] {
            assert_eq!(words(inr(amount), "hi-IN"), expected);
        }
    }

    #[test]
    fn other_currencies_are_read_in_vietnamese() {
        assert_eq!(words(Money::new(12_345, Currency::Usd), "vi"), "Một trăm hai mươi ba đô la Mỹ và bốn mươi lăm xu");
        assert_eq!(words(vnd(-5), "vi"), "Âm năm đồng");
    }

    #[test]
    fn an_amount_is_read_exactly_or_not_at_all() {
        let read = |text, currency| parse(text, currency).map(|money| money.amount).ok();
        assert_eq!(read("499", Currency::Inr), Some(49_900));
        assert_eq!(read("499.5", Currency::Inr), Some(49_950));
        assert_eq!(read("0.001", Currency::Kwd), Some(1));
        assert_eq!(read("90071992547409.91", Currency::Inr), Some(MAX_AMOUNT));
        for text in
            ["", ".", "1.", ".5", "1.234", "-1", "+1", "1,000", "1 000", "1e3", "90071992547409.92", "٣", "1.2.3"]
        {
            assert_eq!(read(text, Currency::Inr), None, "{text}");
        }
        assert_eq!(read("1.0", Currency::Vnd), None);
        let told = parse("1,50", Currency::Inr).unwrap_err().to_string();
        assert_eq!(told, "must be a number with at most 2 decimals, such as 1499.00");
    }

    proptest! {
        #[test]
        fn a_decimal_reads_back_to_the_amount(amount in 0..=MAX_AMOUNT, currency in proptest::sample::select(&Currency::ALL)) {
            let money = Money::new(amount, currency);
            prop_assert_eq!(parse(&decimal(money), currency), Ok(money));
        }

        #[test]
        fn the_digits_read_back_to_the_amount(amount in -MAX_AMOUNT..=MAX_AMOUNT, currency in proptest::sample::select(&Currency::ALL)) {
            let written: String = digits(Money::new(amount, currency)).chars().filter(char::is_ascii_digit).collect();
            prop_assert_eq!(written.parse::<u64>().unwrap(), amount.unsigned_abs());
        }

        #[test]
        fn different_amounts_read_differently(a in 0..=MAX_AMOUNT, b in 0..=MAX_AMOUNT, currency in proptest::sample::select(&Currency::ALL)) {
            for locale in ["en", "hi", "vi"] {
                let same = words(Money::new(a, currency), locale) == words(Money::new(b, currency), locale);
                prop_assert_eq!(a == b, same);
            }
        }
    }
}
