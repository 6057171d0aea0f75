//! Numbers read in English.

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
