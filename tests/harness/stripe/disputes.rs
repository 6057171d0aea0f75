//! Payments that a payer's bank contests, as Stripe tells of them (source: Stripe's API reference, "The Dispute object").

use axum::Json;
use axum::extract::{Path, State};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::Shared;
use super::books::{Intent, Status};
use super::control::{Delivered, deliver, event};
use crate::network::{Impossible, Travel};

/// How long Stripe takes an answer.
const ANSWERED_WITHIN: i64 = 7 * 24 * 60 * 60;

/// A dispute about an intent.
#[derive(Clone)]
pub(super) struct Dispute {
    id: String,
    status: String,
    created: i64,
}

impl Dispute {
    /// Tells whether the money stays with the merchant after all.
    pub(super) fn is_over(&self) -> bool {
        matches!(self.status.as_str(), "won" | "warning_closed")
    }
}

/// How far a dispute has come, and how that is told.
#[derive(Serialize, Deserialize)]
pub(super) struct Contest {
    pub(super) status: String,
    pub(super) travel: Travel,
}

pub(super) async fn contest(
    State(shared): State<Shared>,
    Path(id): Path<String>,
    Json(how): Json<Contest>,
) -> Result<Json<Vec<Delivered>>, Impossible> {
    let (intent, told) = {
        let mut books = shared.books();
        let intent = books.intents.get_mut(&id).ok_or(Impossible("no such intent"))?;
        if intent.status != Status::Succeeded {
            return Err(Impossible("nobody contests what was not paid"));
        }
        let is_new = intent.dispute.is_none();
        let before = intent.dispute.take();
        let made = || Dispute { id: shared.id("dp"), status: String::new(), created: shared.now() };
        let dispute = Dispute { status: how.status.clone(), ..before.unwrap_or_else(made) };
        let kinds: &[_] = match (is_new, how.status.as_str()) {
            (true, "needs_response") => &["charge.dispute.created", "charge.dispute.funds_withdrawn"],
            (true, _) => &["charge.dispute.created"],
            (false, "won") => &["charge.dispute.funds_reinstated", "charge.dispute.closed"],
            (false, "lost" | "warning_closed") => &["charge.dispute.closed"],
            (false, _) => &["charge.dispute.updated"],
        };
        let object = object(intent, &dispute);
        intent.dispute = Some(dispute);
        let told: Vec<_> = kinds.iter().map(|kind| event(&shared, kind, object.clone())).collect();
        intent.events.extend(told.clone());
        (intent.clone(), told)
    };
    Ok(Json(deliver(&shared, &intent, &told, &how.travel).await?))
}

fn object(intent: &Intent, dispute: &Dispute) -> Value {
    json!({
        "id": dispute.id, "object": "dispute", "amount": intent.amount, "balance_transactions": [],
        "charge": intent.charge, "created": dispute.created, "currency": intent.currency, "evidence": {},
        "evidence_details": {
            "due_by": dispute.created + ANSWERED_WITHIN, "has_evidence": false, "past_due": false, "submission_count": 0,
        },
        "is_charge_refundable": dispute.is_over(), "livemode": false, "metadata": {}, "payment_intent": intent.id,
        "reason": "fraudulent", "status": dispute.status,
    })
}
