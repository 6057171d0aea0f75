//! Invitations sent again.

use std::time::Duration;

use super::*;

const ACCEPTED: (StatusCode, &str) = (StatusCode::CONFLICT, "INVALID_TRANSITION");

impl Shop {
    /// Opens an account by an invitation, and returns its id.
    async fn invited(&self, by: &Member, role: &str) -> String {
        let answer = self.post(by, "/admin/users/invite", person(&self.new_email(), &[role])).await;
        text(answer.data(StatusCode::CREATED), "id")
    }

    async fn again(&self, by: &Member, id: &str) -> TestAnswer {
        self.client.post(&format!("/admin/users/{id}/invite")).bearer(&by.token).send().await
    }

    /// Counts the mails that were asked for to invite somebody.
    async fn invitations(&self, id: &str) -> usize {
        let events = self.tenant().stored("EVT#").await;
        events.iter().filter(|row| row["event"]["type"] == "UserInvited" && row["event"]["user"] == id).count()
    }

    /// Reads the hash of the secret that somebody's link has.
    async fn link_of(&self, id: &str) -> Value {
        let found = self.tenant().stored(&format!("U#{id}")).await;
        found.iter().find(|row| row["type"] == "Ticket").unwrap()["secretHash"].clone()
    }
}

#[tokio::test]
async fn who_has_not_accepted_is_invited_again_and_the_older_link_is_void() {
    let shop = Shop::open().await;
    shop.stop_clock();
    let admin = shop.sign_in(Role::Admin).await;
    let id = shop.invited(&admin, "STAFF").await;
    let first = shop.link_of(&id).await;
    let too_soon = shop.again(&admin, &id).await;
    too_soon.refused(StatusCode::TOO_MANY_REQUESTS, "RATE_LIMITED");
    assert_eq!((too_soon.header("retry-after"), shop.link_of(&id).await), ("60", first.clone()));
    shop.advance(Duration::from_secs(60));
    // The process reads the tenant again, once a minute.
    shop.get(&admin, "/admin/users").await.data(StatusCode::OK);
    let answer = shop.again(&admin, &id).await;
    assert_eq!((text(answer.data(StatusCode::ACCEPTED), "id"), answer.round_trips()), (id.clone(), 2));
    assert_ne!(shop.link_of(&id).await, first);
    assert_eq!((shop.invitations(&id).await, shop.audited("USER_INVITED").await.len()), (2, 2));
    // An account that was opened without a mail gets its first one so.
    let quiet = shop.post(&admin, "/admin/users", person(&shop.new_email(), &["CUSTOMER"])).await;
    let quiet = text(quiet.data(StatusCode::CREATED), "id");
    shop.again(&admin, &quiet).await.data(StatusCode::ACCEPTED);
    assert_eq!(shop.invitations(&quiet).await, 1);
}

#[tokio::test]
async fn of_invitations_at_once_one_goes_out() {
    let shop = Shop::open().await;
    shop.stop_clock();
    let owner = shop.sign_in(Role::Owner).await;
    let id = shop.invited(&owner, "STAFF").await;
    shop.advance(Duration::from_secs(61));
    let path = format!("/admin/users/{id}/invite");
    let tries = (0..8).map(|_| tokio::spawn(shop.client.post(&path).bearer(&owner.token).send()));
    let mut sent = 0;
    for attempt in tries.collect::<Vec<_>>() {
        match attempt.await.unwrap().status {
            StatusCode::ACCEPTED => sent += 1,
            status => assert_eq!(status, StatusCode::TOO_MANY_REQUESTS),
        }
    }
    assert_eq!((sent, shop.invitations(&id).await), (1, 2));
}

#[tokio::test]
async fn who_is_in_or_kept_out_is_not_invited_again() {
    let shop = Shop::open().await;
    let owner = shop.sign_in(Role::Owner).await;
    // By a password, whether or not it was used yet.
    let mut body = person(&shop.new_email(), &["CUSTOMER"]);
    body["password"] = json!(PASSWORD);
    let with_password = text(shop.post(&owner, "/admin/users", body).await.data(StatusCode::CREATED), "id");
    shop.again(&owner, &with_password).await.refused(ACCEPTED.0, ACCEPTED.1);
    // Suspended; and let in again.
    let id = shop.invited(&owner, "STAFF").await;
    let act = async |verb: &str| {
        let path = format!("/admin/users/{id}/{verb}");
        shop.client.post(&path).bearer(&owner.token).send().await.data(StatusCode::OK);
    };
    shop.stop_clock();
    shop.advance(Duration::from_secs(61));
    act("suspend").await;
    shop.again(&owner, &id).await.refused(ACCEPTED.0, ACCEPTED.1);
    act("restore").await;
    shop.again(&owner, &id).await.data(StatusCode::ACCEPTED);
    for other in [with_password, id] {
        assert!(shop.invitations(&other).await <= 2);
    }
}

#[tokio::test]
async fn nobody_invites_somebody_above_them_or_of_another_tenant_and_staff_invite_nobody() {
    let (shop, other) = (Shop::open().await, Shop::open().await);
    let (owner, admin) = (shop.sign_in(Role::Owner).await, shop.sign_in(Role::Admin).await);
    let staff = shop.sign_in(Role::Staff).await;
    let id = shop.invited(&owner, "OWNER").await;
    shop.again(&admin, &id).await.refused(StatusCode::FORBIDDEN, "ROLE_TOO_HIGH");
    shop.again(&staff, &id).await.refused(StatusCode::FORBIDDEN, "FORBIDDEN");
    let stranger = other.sign_in(Role::Owner).await;
    other.again(&stranger, &id).await.refused(StatusCode::NOT_FOUND, "NOT_FOUND");
    assert_eq!(shop.invitations(&id).await, 1);
}
