//! What should happen, in as few words as possible: no versions, no conditions, no retries, one step after the other.

use std::collections::BTreeSet;

use domain::order::{GroupStatus, OrderStatus};
use domain::payment::PaymentStatus;
use domain::refund::RefundStatus;

use super::world::{PIECE, PLAN, SHIPPING, Sender, Word};

/// What somebody asks to be given back of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ask {
    Amount(i64),
    Pieces(u32),
    Plan,
    Rest,
}

/// Everything that the tests can see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct View {
    pub(super) stock: u64,
    pub(super) checkouts: Vec<(GroupStatus, OrderStatus)>,
    pub(super) payments: Vec<PaymentStatus>,
    pub(super) refunds: Vec<(RefundStatus, i64)>,
    /// The checkouts that give a right to the file of the finite and of the digital product.
    pub(super) rights: [BTreeSet<usize>; 2],
    /// What providers took and did not give back.
    pub(super) cash: i64,
}

#[derive(Debug, Default)]
pub(super) struct Reference {
    stock: u32,
    checkouts: Vec<Checkout>,
    payments: Vec<Payment>,
    refunds: Vec<Refund>,
    received: BTreeSet<String>,
    /// An intent of Stripe is order and charge at once.
    one_charge: bool,
}

#[derive(Debug)]
struct Checkout {
    pieces: u32,
    group: GroupStatus,
    order: OrderStatus,
    open: Option<usize>,
    rights: [bool; 2],
}

#[derive(Debug)]
struct Payment {
    checkout: usize,
    status: PaymentStatus,
    /// The charge that took the money.
    taken_by: Option<u8>,
    in_vain: bool,
}

#[derive(Debug)]
struct Refund {
    payment: usize,
    amount: i64,
    pieces: u32,
    plan: bool,
    restock: bool,
    status: RefundStatus,
}

impl Reference {
    pub(super) fn open(sender: Sender, stock: u32) -> Self {
        Self { stock, one_charge: sender == Sender::Stripe, ..Self::default() }
    }

    pub(super) fn view(&self) -> View {
        let right = |which: usize| {
            let with = self.checkouts.iter().enumerate().filter(|(_, checkout)| checkout.rights[which]);
            with.map(|(number, _)| number).collect()
        };
        let taken = self.payments.iter().filter(|payment| payment.taken_by.is_some());
        let taken: i64 = taken.map(|payment| self.total(payment.checkout)).sum();
        View {
            stock: self.stock.into(),
            checkouts: self.checkouts.iter().map(|checkout| (checkout.group, checkout.order)).collect(),
            payments: self.payments.iter().map(|payment| payment.status).collect(),
            refunds: self.refunds.iter().map(|refund| (refund.status, refund.amount)).collect(),
            rights: [right(0), right(1)],
            cash: taken - self.given_back(|refund| refund.status == RefundStatus::Succeeded),
        }
    }

    fn total(&self, checkout: usize) -> i64 {
        i64::from(self.checkouts[checkout].pieces) * PIECE + PLAN + SHIPPING
    }

    fn given_back(&self, counts: impl Fn(&Refund) -> bool) -> i64 {
        self.refunds.iter().filter(|refund| counts(refund)).map(|refund| refund.amount).sum()
    }

    pub(super) fn buy(&mut self, pieces: u32) -> bool {
        let Some(left) = self.stock.checked_sub(pieces) else { return false };
        self.stock = left;
        let (group, order) = (GroupStatus::Created, OrderStatus::Created);
        self.checkouts.push(Checkout { pieces, group, order, open: None, rights: [false; 2] });
        true
    }

    pub(super) fn open_payment(&mut self, checkout: usize) -> bool {
        let found = &mut self.checkouts[checkout];
        if found.open.is_some() || !matches!(found.group, GroupStatus::Created | GroupStatus::PaymentFailed) {
            return false;
        }
        (found.group, found.order) = (GroupStatus::PaymentPending, OrderStatus::PaymentPending);
        found.open = Some(self.payments.len());
        let status = PaymentStatus::Initiated;
        self.payments.push(Payment { checkout, status, taken_by: None, in_vain: false });
        true
    }

    pub(super) fn expire(&mut self, checkout: usize) -> bool {
        let found = &mut self.checkouts[checkout];
        if !matches!(found.group, GroupStatus::Created | GroupStatus::PaymentPending | GroupStatus::PaymentFailed) {
            return false;
        }
        (found.group, found.order, found.open) = (GroupStatus::Expired, OrderStatus::Expired, None);
        self.stock += found.pieces;
        true
    }

    /// Calls a checkout off; answers whether it still can be.
    pub(super) fn cancel(&mut self, checkout: usize) -> bool {
        let found = &mut self.checkouts[checkout];
        match found.order {
            OrderStatus::Created | OrderStatus::PaymentPending | OrderStatus::PaymentFailed => {
                (found.group, found.order, found.open) = (GroupStatus::Cancelled, OrderStatus::Cancelled, None);
                self.stock += found.pieces;
            }
            OrderStatus::Paid | OrderStatus::PartiallyRefunded => {
                (found.order, found.rights) = (OrderStatus::Cancelled, [false; 2]);
                let paid =
                    |payment: &Payment| payment.checkout == checkout && payment.taken_by.is_some() && !payment.in_vain;
                let payment = self.payments.iter().position(paid).expect("a paid checkout has a payment");
                let (left, pieces, plan) = self.left(payment);
                // The pieces go back with the money, or at once where none is left to go back.
                if left > 0 {
                    let (status, restock) = (RefundStatus::Requested, true);
                    self.refunds.push(Refund { payment, amount: left, pieces, plan, restock, status });
                } else {
                    self.stock += pieces;
                }
            }
            _ => return false,
        }
        true
    }

    /// Says what of a payment nobody has asked for: money, pieces of the finite line, and whether the digital one.
    fn left(&self, payment: usize) -> (i64, u32, bool) {
        let checkout = self.payments[payment].checkout;
        let open = |refund: &Refund| refund.payment == payment && refund.status != RefundStatus::Failed;
        let pieces: u32 = self.refunds.iter().filter(|refund| open(refund)).map(|refund| refund.pieces).sum();
        let plan = self.refunds.iter().any(|refund| open(refund) && refund.plan);
        (self.total(checkout) - self.given_back(open), self.checkouts[checkout].pieces - pieces, !plan)
    }

    /// Takes a message in, and says what comes of it.
    pub(super) fn say(&mut self, payment: usize, word: Word, charge: u8, event: u8) -> &'static str {
        let charge = if self.one_charge { 0 } else { charge };
        if !self.received.insert(format!("payment {payment} {word:?} {charge} {event}")) {
            return "DUPLICATE";
        }
        let status = self.payments[payment].status;
        match word {
            Word::Captured => self.capture(payment, charge),
            Word::Authorized => match status {
                PaymentStatus::Initiated | PaymentStatus::Failed => {
                    self.payments[payment].status = PaymentStatus::Authorized;
                    "APPLIED"
                }
                _ => "DUPLICATE",
            },
            Word::Failed if status == PaymentStatus::Initiated => {
                self.payments[payment].status = PaymentStatus::Failed;
                let checkout = &mut self.checkouts[self.payments[payment].checkout];
                if checkout.open == Some(payment) {
                    (checkout.group, checkout.order) = (GroupStatus::PaymentFailed, OrderStatus::PaymentFailed);
                    checkout.open = None;
                }
                "APPLIED"
            }
            Word::Failed => "DUPLICATE",
        }
    }

    fn capture(&mut self, number: usize, charge: u8) -> &'static str {
        let payment = &mut self.payments[number];
        match payment.taken_by {
            Some(first) if first == charge => return "DUPLICATE",
            Some(_) => return "QUARANTINED",
            None => {}
        }
        (payment.taken_by, payment.status) = (Some(charge), PaymentStatus::Captured);
        let checkout = &mut self.checkouts[payment.checkout];
        let again = checkout.group == GroupStatus::Expired && self.stock >= checkout.pieces;
        if again {
            self.stock -= checkout.pieces;
        }
        if again || matches!(checkout.group, GroupStatus::PaymentPending | GroupStatus::PaymentFailed) {
            (checkout.group, checkout.order) = (GroupStatus::Paid, OrderStatus::Paid);
            (checkout.open, checkout.rights) = (None, [true; 2]);
            return "APPLIED";
        }
        payment.in_vain = true;
        let amount = self.total(self.payments[number].checkout);
        let status = RefundStatus::Requested;
        self.refunds.push(Refund { payment: number, amount, pieces: 0, plan: false, restock: false, status });
        "NEEDS_REFUND"
    }

    /// Asks for money back; answers whether there is that much.
    pub(super) fn ask_back(&mut self, payment: usize, ask: Ask, restock: bool) -> bool {
        if self.payments[payment].taken_by.is_none() {
            return false;
        }
        let (left, pieces, plan) = self.left(payment);
        let in_vain = self.payments[payment].in_vain;
        let (amount, pieces, plan) = match ask {
            Ask::Amount(amount) => (amount, 0, false),
            Ask::Pieces(_) | Ask::Plan if in_vain => return false,
            Ask::Rest if in_vain => (left, 0, false),
            Ask::Pieces(asked) if asked > pieces => return false,
            Ask::Pieces(asked) => (i64::from(asked) * PIECE, asked, false),
            Ask::Plan if !plan => return false,
            Ask::Plan => (PLAN, 0, true),
            Ask::Rest => (left, pieces, plan),
        };
        if amount <= 0 || amount > left {
            return false;
        }
        self.refunds.push(Refund { payment, amount, pieces, plan, restock, status: RefundStatus::Requested });
        true
    }

    /// Takes a message about a refund in, and says what comes of it.
    pub(super) fn say_refund(&mut self, refund: usize, succeeded: bool, event: u8) -> &'static str {
        if !self.received.insert(format!("refund {refund} {succeeded} {event}")) {
            return "DUPLICATE";
        }
        let end = if succeeded { RefundStatus::Succeeded } else { RefundStatus::Failed };
        match self.refunds[refund].status {
            RefundStatus::Requested => {
                self.end(refund, end);
                "APPLIED"
            }
            status if status == end => "DUPLICATE",
            _ => "QUARANTINED",
        }
    }

    /// Takes in what the provider answers when it is asked to give money back.
    pub(super) fn answer_refund(&mut self, refund: usize, succeeded: bool) -> bool {
        let open = self.refunds[refund].status == RefundStatus::Requested;
        if open {
            self.end(refund, if succeeded { RefundStatus::Succeeded } else { RefundStatus::Failed });
        }
        open
    }

    fn end(&mut self, refund: usize, end: RefundStatus) {
        self.refunds[refund].status = end;
        if end == RefundStatus::Failed {
            return;
        }
        let (payment, restock, pieces) =
            (self.refunds[refund].payment, self.refunds[refund].restock, self.refunds[refund].pieces);
        let back = |refund: &&Refund| refund.payment == payment && refund.status == RefundStatus::Succeeded;
        let amount: i64 = self.refunds.iter().filter(back).map(|refund| refund.amount).sum();
        let returned: u32 = self.refunds.iter().filter(back).map(|refund| refund.pieces).sum();
        let plan = self.refunds.iter().filter(back).any(|refund| refund.plan);
        let whole = amount == self.total(self.payments[payment].checkout);
        let found = &mut self.payments[payment];
        found.status = if whole { PaymentStatus::Refunded } else { PaymentStatus::PartiallyRefunded };
        if found.in_vain {
            return;
        }
        let checkout = &mut self.checkouts[found.checkout];
        // What was called off stays so.
        if checkout.order != OrderStatus::Cancelled {
            checkout.order = if whole { OrderStatus::Refunded } else { OrderStatus::PartiallyRefunded };
        }
        checkout.rights[0] &= !whole && returned < checkout.pieces;
        checkout.rights[1] &= !whole && !plan;
        if restock {
            self.stock += pieces;
        }
    }
}
