//! `GET /products/exports/{exportId}`

use axum::extract::State as Shared;
use domain::access::Permission;
use domain::id::ExportId;
use platform::objects::LONGEST_DOWNLOAD;
use web::{Answer, Bearer, Edge, Envelope, Path, Problem, Reply};

use super::ExportView;
use crate::JobFiles;

/// Show how far an export has come
///
/// Once it is done, with a link to the file. The file is kept for a week.
#[utoipa::path(
    get,
    path = "/products/exports/{exportId}",
    tag = "Products",
    params(("exportId" = String, Path, description = "The export", example = "exp_01JQZX3N9Q5S0V6T7W8Y9Z0ABC")),
    responses((status = 200, description = "The export", body = Envelope<ExportView>)),
    extensions(("x-access" = json!("EditProducts"))),
)]
pub async fn show_export(
    Shared(edge): Shared<Edge>,
    Shared(files): Shared<JobFiles>,
    bearer: Bearer,
    Path(export): Path<ExportId>,
) -> Answer<ExportView> {
    let (caller, found) = bearer.with(async |scope| edge.store().export(scope, export).await).await?;
    caller.require(Permission::EditProducts)?;
    let may_see = |owner| caller.owns(owner) || caller.may(Permission::ManageProducts);
    let found = found.filter(|found| may_see(found.user)).ok_or_else(Problem::not_found)?;
    let link = match found.finished(edge.ambient().now()) {
        Some(key) => {
            let name = format!("{}.{}", found.id, found.format.extension());
            Some(files.link(key, &name).await?)
        }
        _ => None,
    };
    let expires_in = link.is_some().then_some(LONGEST_DOWNLOAD.as_secs());
    Ok(Reply::ok(ExportView { download_url: link, expires_in, ..ExportView::from(found) }))
}

#[cfg(test)]
mod tests {
    use domain::access::Role;
    use domain::bulk::{FILES_KEPT, JobStatus};
    use http::StatusCode;
    use serde_json::json;
    use store::bulk::Then;

    use crate::test_support::Shop;

    #[tokio::test]
    async fn the_file_is_there_once_the_export_is_done_for_who_asked_and_the_tenants_people() {
        let shop = Shop::open().await;
        let ask = shop.api.post("/products/exports").bearer(&shop.seller.token).json(json!({"format": "JSONL"}));
        let id = ask.send().await.data(StatusCode::CREATED)["id"].as_str().unwrap().to_owned();
        let path = format!("/products/exports/{id}");
        let show = async |token: &str| shop.api.get(&path).bearer(token).send().await;
        assert!(show(&shop.seller.token).await.data(StatusCode::OK)["downloadUrl"].is_null());

        let (store, scope) = (shop.tenant.stack.store(), shop.tenant.scope());
        let mut export = store.export(scope, id.parse().unwrap()).await.unwrap().unwrap();
        let key = format!("jobs/{}/all.jsonl", shop.tenant.id());
        shop.files.put(&key, b"{}\n".to_vec(), "application/x-ndjson").await.unwrap();
        (export.status, export.object_key) = (JobStatus::Done, Some(key));
        store.step_export(&shop.tenant.operation(), &export, Then::Here).await.unwrap().unwrap();

        let done = show(&shop.seller.token).await;
        assert_eq!((done.data(StatusCode::OK)["expiresIn"].as_u64(), done.round_trips()), (Some(300), 1));
        let file = reqwest::get(done.data(StatusCode::OK)["downloadUrl"].as_str().unwrap()).await.unwrap();
        assert_eq!(file.text().await.unwrap(), "{}\n");
        let rival = shop.tenant.member(&[Role::Seller]).await;
        show(&rival.token).await.refused(StatusCode::NOT_FOUND, "NOT_FOUND");
        let staff = shop.tenant.member(&[Role::Staff]).await;
        assert!(show(&staff.token).await.data(StatusCode::OK)["downloadUrl"].is_string());
        shop.tenant.stack.clock.advance(FILES_KEPT);
        let token = shop.tenant.sign_in(staff.user, staff.email).await.token;
        let old = show(&token).await;
        assert_eq!(
            (&old.data(StatusCode::OK)["status"], old.data(StatusCode::OK)["downloadUrl"].is_null()),
            (&json!("DONE"), true)
        );
    }
}
