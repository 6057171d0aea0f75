//! Sellers with a profile, opened and moved without the detour over their endpoints.
#![allow(clippy::expect_used, reason = "a step that fails here fails the test that asked for it")]

use domain::catalog::{Seller, SellerStatus};
use store::table::Consistency;

use crate::member::Member;
use crate::stack::TestTenant;

impl TestTenant {
    /// Opens the profile of somebody; with the status active they are a seller from then on.
    pub async fn profile(&self, member: &Member, slug: &str, status: SellerStatus) -> Seller {
        let operation = self.operation();
        let seller = Seller {
            id: Seller::id_of(member.user.id),
            user: member.user.id,
            name: "Layer by Layer".parse().expect("a name"),
            slug: slug.parse().expect("a name in URLs"),
            bio: "We print.".to_owned(),
            payout_account: None,
            legal_identity: None,
            status,
            commission_bp: None,
            invoice_prefix: None,
            version: 1,
            created_at: operation.now,
            updated_at: operation.now,
        };
        let store = self.stack.store();
        let person = store.user(self.scope(), member.user.id, Consistency::Strong).await.expect("the table answers");
        let opened = store.open_seller(&operation, &seller, &person.expect("the person has an account")).await;
        opened.expect("the table answers").expect("there is no profile yet");
        seller
    }

    /// Approves, suspends or restores a seller as read.
    pub async fn move_seller(&self, seller: &Seller, next: SellerStatus) -> Seller {
        let (operation, store) = (self.operation(), self.stack.store());
        let person = store.user(self.scope(), seller.user, Consistency::Strong).await.expect("the table answers");
        let moved = store.move_seller(&operation, seller, next, &person.expect("the person has an account")).await;
        moved.expect("the table answers").expect("nobody else moves it")
    }
}
