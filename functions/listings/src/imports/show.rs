//! `GET /products/imports/{importId}`

use axum::extract::State as Shared;
use domain::access::Permission;
use domain::id::ImportId;
use platform::objects::LONGEST_DOWNLOAD;
use web::{Answer, Bearer, Edge, Envelope, Path, Problem, Reply};

use super::{ImportView, ReportView};
use crate::JobFiles;

/// Show how far an import has come
///
/// Once it is over, with a link to the report of the rows that could not be used. The report is kept for a week.
#[utoipa::path(
    get,
    path = "/products/imports/{importId}",
    tag = "Products",
    params(("importId" = String, Path, description = "The import", example = "imp_01JQZX3N9Q5S0V6T7W8Y9Z0ABC")),
    responses((status = 200, description = "The import", body = Envelope<ImportView>)),
    extensions(("x-access" = json!("EditProducts"))),
)]
pub async fn show_import(
    Shared(edge): Shared<Edge>,
    Shared(files): Shared<JobFiles>,
    bearer: Bearer,
    Path(import): Path<ImportId>,
) -> Answer<ImportView> {
    let (caller, found) = bearer.with(async |scope| edge.store().import(scope, import).await).await?;
    caller.require(Permission::EditProducts)?;
    let may_see = |owner| caller.owns(owner) || caller.may(Permission::ManageProducts);
    let found = found.filter(|found| may_see(found.user)).ok_or_else(Problem::not_found)?;
    let report = match found.finished_report(edge.ambient().now()) {
        Some(key) => Some(ReportView {
            download_url: files.link(key, &format!("{}.csv", found.id)).await?,
            expires_in: LONGEST_DOWNLOAD.as_secs(),
            lines: found.reported,
        }),
        _ => None,
    };
    Ok(Reply::ok(ImportView { report, ..ImportView::from(found) }))
}

#[cfg(test)]
mod tests {
    use domain::access::Role;
    use domain::bulk::{FILES_KEPT, Import, JobStatus};
    use domain::file::FilePurpose;
    use http::StatusCode;
    use serde_json::{Value, json};
    use store::bulk::Then;

    use crate::test_support::Shop;

    async fn asked(shop: &Shop) -> String {
        let file = shop.file(&shop.seller, FilePurpose::Import).await;
        let ask = shop.api.post("/products/imports").bearer(&shop.seller.token).json(json!({"fileId": file}));
        ask.send().await.data(StatusCode::CREATED)["id"].as_str().unwrap().to_owned()
    }

    async fn shown(shop: &Shop, import: &str) -> Value {
        let path = format!("/products/imports/{import}");
        shop.api.get(&path).bearer(&shop.seller.token).send().await.data(StatusCode::OK).clone()
    }

    /// Moves an import on, as the worker does.
    async fn step(shop: &Shop, import: &str, change: impl FnOnce(&mut Import)) {
        let store = shop.tenant.stack.store();
        let mut import = store.import(shop.tenant.scope(), import.parse().unwrap()).await.unwrap().unwrap();
        change(&mut import);
        store.step_import(&shop.tenant.operation(), &import, Then::Here).await.unwrap().unwrap();
    }

    #[tokio::test]
    async fn the_report_is_there_once_the_import_is_over() {
        let shop = Shop::open().await;
        let import = asked(&shop).await;
        let key = format!("jobs/{}/report.csv", shop.tenant.id());
        shop.files.put(&key, b"row,sku\r\n".to_vec(), "text/csv").await.unwrap();
        step(&shop, &import, |import| {
            (import.status, import.report_key, import.reported) = (JobStatus::Running, Some(key), 1);
            import.progress.failed = 1;
        })
        .await;
        let running = shown(&shop, &import).await;
        assert_eq!((&running["status"], &running["progress"]["failed"]), (&json!("RUNNING"), &json!(1)));
        assert!(running["report"].is_null());
        step(&shop, &import, |import| import.status = JobStatus::Done).await;
        let over = shown(&shop, &import).await;
        assert_eq!((&over["report"]["lines"], &over["report"]["expiresIn"]), (&json!(1), &json!(300)));
        let report = reqwest::get(over["report"]["downloadUrl"].as_str().unwrap()).await.unwrap();
        let disposition = report.headers()["content-disposition"].to_str().unwrap().to_owned();
        assert!(disposition.contains(&format!("{import}.csv")), "{disposition}");
        assert_eq!(report.text().await.unwrap(), "row,sku\r\n");
        shop.tenant.stack.clock.advance(FILES_KEPT);
        let (user, email) = (shop.seller.user.clone(), shop.seller.email.clone());
        let token = shop.tenant.sign_in(user, email).await.token;
        let old = shop.api.get(&format!("/products/imports/{import}")).bearer(&token).send().await;
        assert!(old.data(StatusCode::OK)["report"].is_null());
    }

    #[tokio::test]
    async fn a_strangers_import_is_not_there_and_the_tenants_people_see_every_one() {
        let shop = Shop::open().await;
        let path = format!("/products/imports/{}", asked(&shop).await);
        let rival = shop.tenant.member(&[Role::Seller]).await;
        shop.api.get(&path).bearer(&rival.token).send().await.refused(StatusCode::NOT_FOUND, "NOT_FOUND");
        let staff = shop.tenant.member(&[Role::Staff]).await;
        let seen = shop.api.get(&path).bearer(&staff.token).send().await;
        assert_eq!((seen.data(StatusCode::OK)["status"].as_str(), seen.round_trips()), (Some("QUEUED"), 1));
        let other = Shop::open().await;
        other.api.get(&path).bearer(&other.seller.token).send().await.refused(StatusCode::NOT_FOUND, "NOT_FOUND");
    }
}
