//! Blind copies for whoever keeps a tenant's mails.

use domain::tenant::Tenant;

use super::*;

/// A tenant that keeps its mails at an address of its own.
async fn keeper(stack: &Stack) -> (TestTenant, String) {
    let tenant = stack.tenant().await;
    let address = format!("books.{}@example.com", tenant.id()).to_lowercase();
    let email = Email::new(&address).unwrap();
    let sealed = tenants::seal_bcc_audit_email(stack.vault(), &tenant.tenant, Some(&email)).await.unwrap();
    let keeping = Tenant { bcc_audit_email: sealed, ..(*tenant.tenant).clone() };
    stack.store().update_tenant(&keeping).await.unwrap();
    (tenant, address)
}

#[tokio::test]
async fn a_mail_about_an_order_goes_to_whoever_keeps_them_too_and_its_buyer_does_not_see_that() {
    let stack = Stack::connect().await;
    let (tenant, books) = keeper(&stack).await;
    let (buyer, placed) = bought(&tenant).await;
    let state = state(&stack).await;
    state.handle(job(&tenant, placed.events[0].clone())).await.unwrap();
    let mails = sent(&stack, &buyer.email).await;
    assert_eq!((mails.len(), &mails[0]["BCC"]), (1, &serde_json::json!([books])));
    for shown in ["To", "CC", "BodyText", "BodyHtml"] {
        assert!(!mails[0][shown].to_string().contains("books."), "{shown}: {}", mails[0][shown]);
    }
    // Another tenant's mails are not this one's to keep.
    let other = stack.tenant().await;
    let (buyer, placed) = bought(&other).await;
    state.handle(job(&other, placed.events[0].clone())).await.unwrap();
    assert_eq!(sent(&stack, &buyer.email).await[0]["BCC"], serde_json::json!([]));
}

#[tokio::test]
async fn no_link_and_nothing_about_a_sign_in_is_copied() {
    let stack = Stack::connect().await;
    let (tenant, _) = keeper(&stack).await;
    let state = state(&stack).await;
    let mut events = Vec::new();
    let person = tenant.member(&[Role::Customer]).await;
    for kind in [TicketKind::EmailVerification, TicketKind::PasswordReset, TicketKind::Invitation] {
        events.push(ticket(&tenant, &person, kind).await.issued());
    }
    let (vault, operation) = (stack.vault(), tenant.operation());
    let new = Email::new(&format!("moved.{}", person.email)).unwrap();
    let moving = tickets::issue_for_move(vault, &tenant.tenant, &operation, &person.user, &new).await.unwrap();
    assert!(stack.store().issue_ticket(&operation, &moving, Addressee::Somebody).await.unwrap());
    events.push(moving.issued());
    events.push(Event::SecurityChanged { user: person.user.id, change: SecurityChange::Password });
    for event in events {
        let mail = state.compose(&job(&tenant, event.clone()), Audience::Person).await.unwrap().unwrap().mail;
        assert_eq!(mail.bcc, None, "{event:?}");
    }
}
