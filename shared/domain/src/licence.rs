//! Licence keys: one for each piece of a product that comes with them, made when it is paid.
//!
//! What is given back takes its keys with it, the last ones of its line first. That is not stored but read off the credit
//! notes of the order, so it holds in whatever order payment and refund are told of.

use serde::{Deserialize, Serialize};

use crate::ambient::Ambient;
use crate::clock::Timestamp;
use crate::credit::CreditNote;
use crate::id::{OrderId, UserId};
use crate::money::Money;
use crate::order::Order;
use crate::pii::Sealed;

/// The letters of Crockford's base 32: none is mistaken for another.
const LETTERS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// Makes a key of 125 random bits, in five groups of five letters: `7QK2M-…`.
pub fn generate(ambient: &Ambient) -> String {
    let random = ambient.bytes::<25>();
    let groups = random.chunks(5).map(|group| {
        let letters = group.iter().filter_map(|byte| LETTERS.get(usize::from(byte % 32)));
        letters.map(|letter| char::from(*letter)).collect::<String>()
    });
    groups.collect::<Vec<_>>().join("-")
}

/// Reads a key as people type it: in any case, with or without hyphens and blanks, and with letters for the digits that they look
/// like. Returns none when it can't be one.
pub fn read(text: &str) -> Option<String> {
    let letter = |c: char| match c.to_ascii_uppercase() {
        'O' => Some('0'),
        'I' | 'L' => Some('1'),
        c => u8::try_from(c).ok().filter(|byte| LETTERS.contains(byte)).map(char::from),
    };
    let said = text.chars().filter(|c| *c != '-' && !c.is_whitespace());
    let letters = said.map(letter).collect::<Option<Vec<char>>>().filter(|letters| letters.len() == 25)?;
    Some(letters.chunks(5).map(|group| group.iter().collect::<String>()).collect::<Vec<_>>().join("-"))
}

/// Where a key belongs, found by the key's hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LicencePlace {
    /// The order.
    pub order: OrderId,
    /// The place of the line in it, from 0.
    pub line: u32,
    /// The place of the key among those of the line, from 0.
    pub number: u32,
}

/// The keys of one line of a paid order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LineLicences {
    /// The order.
    pub order: OrderId,
    /// The place of the line in it, from 0.
    pub line: u32,
    /// The buyer, whose keys they are.
    pub user: UserId,
    /// The keys, one for each piece: a sealed list of texts, bound to the order under the name that [`field`] gives.
    pub keys: Sealed,
    /// When they were made.
    pub issued_at: Timestamp,
}

/// Returns the name under which the keys of a line are sealed.
pub fn field(line: u32) -> String {
    format!("licences.{line}")
}

/// Returns how many pieces of a line of an order are still the buyer's, and so their keys good. `notes` are the credit notes of the order.
pub fn good_keys(order: &Order, line: u32, notes: &[CreditNote]) -> u32 {
    let pieces = usize::try_from(line).ok().and_then(|place| order.lines.get(place));
    let pieces = pieces.map_or(0, |line| line.quantity.get());
    let total = order.totals.total;
    let back = Money::sum(total.currency, notes.iter().map(|note| note.credit.amount));
    if total.amount > 0 && back == Ok(total) {
        return 0;
    }
    let taken = notes.iter().flat_map(|note| &note.credit.lines).filter(|taken| taken.line == line);
    taken.fold(pieces, |left, taken| left.saturating_sub(taken.quantity))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ambient::Entropy;
    use crate::clock::Clock;
    use crate::credit::{Credit, CreditedLine};
    use crate::id::Id;
    use crate::money::Currency;
    use crate::order::PaidSample;

    struct Fixed(u8);

    impl Clock for Fixed {
        fn now(&self) -> Timestamp {
            Timestamp::from_millis(0)
        }
    }

    impl Entropy for Fixed {
        fn fill(&self, bytes: &mut [u8]) {
            for (byte, number) in bytes.iter_mut().zip(self.0..) {
                *byte = number.wrapping_mul(37);
            }
        }
    }

    fn inr(amount: i64) -> Money {
        Money::new(amount, Currency::Inr)
    }

    #[test]
    fn a_key_is_five_groups_of_letters_that_nobody_mistakes() {
        let key = generate(&Ambient::new(Fixed(0), Fixed(1)));
        assert_eq!(key.len(), 29);
        let groups: Vec<_> = key.split('-').collect();
        assert!(groups.len() == 5 && groups.iter().all(|group| group.len() == 5), "{key}");
        assert!(!key.contains(['I', 'L', 'O', 'U']), "{key}");
        assert_ne!(key, generate(&Ambient::new(Fixed(0), Fixed(2))));
        let typed = key.to_lowercase().replace('-', " ").replace('1', "l").replace('0', "o");
        assert_eq!((read(&key).as_deref(), read(&typed).as_deref()), (Some(key.as_str()), Some(key.as_str())));
        for bad in ["", "7QK2M", "UUUUU-UUUUU-UUUUU-UUUUU-UUUUU", &format!("{key}0"), "дддддддддддддддддддддддддд"]
        {
            assert_eq!(read(bad), None, "{bad}");
        }
    }

    #[test]
    fn pieces_that_went_back_take_their_keys_along_and_all_the_money_takes_all() {
        let order = PaidSample {
            order: Id::from_parts(Timestamp::from_millis(0), 1),
            seller: Id::from_parts(Timestamp::from_millis(0), 2),
            lines: &[(300, 0, 3), (100, 0, 1)],
            shipping: 0,
        };
        let order = order.order();
        let note = |amount, quantity| CreditNote {
            id: Id::from_parts(order.created_at, 1),
            number: String::new(),
            place: 1,
            refund: Id::from_parts(order.created_at, 1),
            payment: Id::from_parts(order.created_at, 1),
            order: order.id,
            group: order.group,
            user: order.user,
            seller: order.seller,
            invoice: String::new(),
            reason: String::new(),
            credit: Credit {
                amount: inr(amount),
                lines: vec![CreditedLine { line: 0, quantity, amount: inr(amount), tax: inr(0) }],
                shipping: inr(0),
                shipping_tax: None,
            },
            issued_at: order.created_at,
            object_key: None,
            stored_at: None,
        };
        assert_eq!(good_keys(&order, 0, &[]), 3);
        assert_eq!(good_keys(&order, 0, &[note(100, 1)]), 2);
        // A part of the price takes no piece.
        assert_eq!(good_keys(&order, 0, &[note(100, 1), note(50, 0)]), 2);
        assert_eq!(good_keys(&order, 1, &[note(100, 1)]), 1);
        assert_eq!((good_keys(&order, 0, &[note(400, 0)]), good_keys(&order, 1, &[note(400, 0)])), (0, 0));
        assert_eq!(good_keys(&order, 9, &[]), 0);
    }
}
