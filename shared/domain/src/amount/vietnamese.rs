//! Numbers read in Vietnamese.

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
