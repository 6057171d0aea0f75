//! VNPay 2.1.0: addresses to pay at, notifications, questions.
//!
//! The way of a payment: [`Vnpay::pay_url`] signs an address, to which the payer is sent; VNPay tells us by IPN
//! ([`UnverifiedIpn`] → [`VerifiedIpn`] → [`crate::notification::Notification`]) and sends the payer back with the same
//! parameters, which are for display only; what no notification told is asked for ([`Vnpay::ask`]).
//!
//! Invariant: a signature proves that it was made with our terminal's secret, not that VNPay made it: we sign addresses to
//! pay at in the same form. So a query without the fields of a result says nothing.

mod api;
mod credentials;
mod ipn;
mod refund;
pub mod signature;
mod statement;

pub use api::Vnpay;
pub use credentials::Credentials;
pub use ipn::{UnverifiedIpn, VerifiedIpn};

use domain::calendar::local;
use domain::clock::Timestamp;
use domain::money::{Currency, MAX_AMOUNT, Money};

/// The currency that VNPay trades in.
const CURRENCY: Currency = Currency::Vnd;
/// VNPay counts in hundredths of a đồng, which don't exist.
const HUNDREDTHS: i64 = 100;

/// Writes an instant as VNPay does, on the clocks of Viet Nam: `yyyyMMddHHmmss`.
fn date(at: Timestamp) -> String {
    local(at, "Asia/Ho_Chi_Minh").strftime("%Y%m%d%H%M%S").to_string()
}

/// Reads an amount; none when it is no whole number of đồng, or of a size that we don't trade in.
fn amount(hundredths: &str) -> Option<Money> {
    let plain = hundredths.bytes().all(|b| b.is_ascii_digit());
    let hundredths = hundredths.parse::<i64>().ok().filter(|_| plain)?;
    let whole = hundredths.checked_rem(HUNDREDTHS)? == 0;
    let amount = hundredths.checked_div(HUNDREDTHS).filter(|amount| whole && *amount <= MAX_AMOUNT)?;
    Some(Money::new(amount, CURRENCY))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_those_of_viet_nam() {
        assert_eq!(date("2020-12-31T20:00:00.000Z".parse().unwrap()), "20210101030000");
    }

    #[test]
    fn amounts_are_whole_dong() {
        assert_eq!(amount("1000000"), Some(Money::new(10_000, Currency::Vnd)));
        for other in ["1000050", "-100", "+100", "", "1e6", "100.0", "99999999999999999999", "9223372036854775800"] {
            assert_eq!(amount(other), None, "{other}");
        }
    }
}
