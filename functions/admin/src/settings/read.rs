//! `GET /admin/settings`

use axum::extract::State;
use domain::access::Permission;
use store::table::Consistency;
use web::{Answer, Bearer, Edge, Envelope, Problem, Reply};

use super::SettingsView;

/// Read the tenant's settings
#[utoipa::path(
    get,
    path = "/admin/settings",
    tag = "Administration",
    responses((status = 200, description = "The settings", body = Envelope<SettingsView>)),
    extensions(("x-access" = json!("ReadSettings")))
)]
pub(crate) async fn read_settings(State(edge): State<Edge>, bearer: Bearer) -> Answer<SettingsView> {
    let read = async |scope| edge.store().tenant(scope, Consistency::Strong).await;
    let (caller, tenant) = bearer.with(read).await?;
    caller.require(Permission::ReadSettings)?;
    let tenant = tenant.ok_or_else(Problem::not_found)?;
    Ok(Reply::ok(SettingsView::from(&tenant)).etag(tenant.version))
}

#[cfg(test)]
mod tests {
    use domain::access::Role;
    use http::StatusCode;

    use crate::test_support::Shop;

    #[tokio::test]
    async fn staff_read_the_settings_and_buyers_do_not() {
        let shop = Shop::open().await;
        let staff = shop.sign_in(Role::Staff).await;
        let answer = shop.client.get("/admin/settings").bearer(&staff.token).send().await;
        assert_eq!(answer.data(StatusCode::OK)["currency"], "INR");
        assert_eq!((answer.header("etag"), answer.header("cache-control")), ("\"1\"", "no-store"));

        let buyer = shop.sign_in(Role::Customer).await;
        let answer = shop.client.get("/admin/settings").bearer(&buyer.token).send().await;
        answer.refused(StatusCode::FORBIDDEN, "FORBIDDEN");
        assert!(answer.body.get("data").is_none());
    }

    #[tokio::test]
    async fn reading_takes_one_round_trip_once_the_process_is_warm() {
        let shop = Shop::open().await;
        let staff = shop.sign_in(Role::Staff).await;
        let read = || shop.client.get("/admin/settings").bearer(&staff.token).send();
        read().await;
        assert_eq!(read().await.round_trips(), 1);
    }
}
