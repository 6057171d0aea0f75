//! What the stand-in knows.

use std::collections::{BTreeMap, BTreeSet};

use super::control::{Outcome, Terminal};

/// Everything, by its id.
#[derive(Default)]
pub(super) struct Books {
    /// Terminals by their codes, each with the secret that it had before.
    pub(super) terminals: BTreeMap<String, (Terminal, Option<String>)>,
    /// Payments by our reference.
    pub(super) payments: BTreeMap<String, Payment>,
    /// The ids of requests, with the day.
    pub(super) requests: BTreeSet<(String, String)>,
    /// The number of the newest transaction.
    newest: u64,
}

impl Books {
    pub(super) fn register(&mut self, terminal: Terminal) {
        let before = self.terminals.remove(&terminal.tmn_code);
        let old =
            before.and_then(
                |(before, old)| {
                    if before.hash_secret == terminal.hash_secret { old } else { Some(before.hash_secret) }
                },
            );
        self.terminals.insert(terminal.tmn_code.clone(), (terminal, old));
    }

    /// Makes the number of a transaction, as VNPay's are: eight digits.
    pub(super) fn number(&mut self) -> String {
        self.newest = self.newest.saturating_add(1);
        14_000_000u64.saturating_add(self.newest).to_string()
    }
}

/// A payment whose page was opened.
#[derive(Clone)]
pub(super) struct Payment {
    pub(super) tmn_code: String,
    pub(super) txn_ref: String,
    /// In hundredths of a đồng.
    pub(super) amount: i64,
    pub(super) create_date: String,
    pub(super) order_info: String,
    pub(super) return_url: String,
    /// What became of it, one after the other.
    pub(super) results: Vec<Transaction>,
    pub(super) refunds: Vec<Refund>,
}

/// One try to pay.
#[derive(Clone)]
pub(super) struct Transaction {
    pub(super) number: String,
    pub(super) outcome: Outcome,
    pub(super) pay_date: String,
}

/// Money given back.
#[derive(Clone)]
pub(super) struct Refund {
    pub(super) number: String,
    pub(super) amount: i64,
    /// 02 all at once, 03 a part.
    pub(super) kind: String,
    pub(super) status: String,
    pub(super) date: String,
}

impl Payment {
    pub(super) fn paid(&self) -> Option<&Transaction> {
        self.results.iter().find(|result| result.outcome == Outcome::Paid)
    }

    /// Writes a try as notifications and the way back do.
    pub(super) fn result(&self, transaction: &Transaction) -> BTreeMap<String, String> {
        let (response, status) = transaction.outcome.codes();
        let paid = response == "00";
        let all = [
            ("vnp_TmnCode", self.tmn_code.as_str()),
            ("vnp_Amount", &self.amount.to_string()),
            ("vnp_BankCode", "NCB"),
            ("vnp_BankTranNo", if paid { "VNP14000001" } else { "" }),
            ("vnp_CardType", "ATM"),
            ("vnp_OrderInfo", &self.order_info),
            ("vnp_PayDate", &transaction.pay_date),
            ("vnp_ResponseCode", response),
            ("vnp_TransactionNo", &transaction.number),
            ("vnp_TransactionStatus", status),
            ("vnp_TxnRef", &self.txn_ref),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()));
        all.into_iter().filter(|(_, value)| !value.is_empty()).collect()
    }

    /// Counts what went back or is about to.
    pub(super) fn given_back(&self) -> i64 {
        let refunds = self.refunds.iter().filter(|refund| !matches!(refund.status.as_str(), "02" | "09"));
        refunds.map(|refund| refund.amount).sum()
    }
}
