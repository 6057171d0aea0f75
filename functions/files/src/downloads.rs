//! `GET /files/download/{fileId}`

use axum::extract::State as Shared;
use domain::access::Permission;
use domain::file::{Allowance, Entitlement, File};
use domain::id::FileId;
use platform::objects::LONGEST_DOWNLOAD;
use serde::Serialize;
use utoipa::ToSchema;
use web::{Answer, Bearer, Caller, Code, Edge, Envelope, Path, Problem, Reply, refusals};

use crate::{Buckets, failed};

/// A link to one file.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DownloadView {
    /// Where the file is, for GET only.
    #[schema(example = "https://files.s3.amazonaws.com/…")]
    pub download_url: String,
    /// For how many seconds the link works.
    #[schema(example = 300)]
    pub expires_in: u64,
    /// Under which name it will be saved.
    #[schema(example = "vase.stl")]
    pub file_name: String,
    /// How many more downloads the current window allows; null where they are not counted.
    #[schema(example = 4)]
    pub downloads_left: Option<u32>,
}

/// Get a link to a bought file
///
/// Buyers may fetch the models of what they have paid for, so many times within so many days as the tenant allows; sellers
/// and the tenant's people may fetch their own files at any time. Every access is logged before the link is given.
#[utoipa::path(
    get,
    path = "/files/download/{fileId}",
    tag = "Files",
    params(("fileId" = String, Path, description = "The file", example = "fil_01JQZX3N9Q5S0V6T7W8Y9Z0ABC")),
    responses(
        (status = 200, description = "The link", body = Envelope<DownloadView>),
        refusals::Of<(refusals::NotPaid, refusals::DownloadLimitReached)>,
    ),
    extensions(("x-access" = json!("caller"))),
)]
pub async fn download_file(
    Shared(edge): Shared<Edge>,
    Shared(buckets): Shared<Buckets>,
    bearer: Bearer,
    Path(id): Path<FileId>,
) -> Answer<DownloadView> {
    let user = bearer.user();
    let read = async |scope| edge.store().file_and_entitlement(scope, id, user).await;
    let (caller, (file, entitlement)) = bearer.with(read).await?;
    let file = file.filter(|file| file.is_there(edge.ambient().now())).ok_or_else(Problem::not_found)?;
    let left = match entitlement {
        Some(right) => Some(count(&edge, &caller, right).await?),
        None if may_fetch_own(&caller, &file) => {
            edge.store().log_file_access(&caller.operation(), caller.user, id).await?;
            None
        }
        None => return Err(stranger(&edge, &caller, id).await?),
    };
    let link = buckets.files.presign_get(&file.object_key, &file.label, LONGEST_DOWNLOAD).await.map_err(failed)?;
    Ok(Reply::ok(DownloadView {
        download_url: link,
        expires_in: LONGEST_DOWNLOAD.as_secs(),
        file_name: file.label,
        downloads_left: left,
    }))
}

/// Tells whether the file is the caller's to fetch without having bought it.
fn may_fetch_own(caller: &Caller, file: &File) -> bool {
    caller.owns(file.owner)
        || (file.seller.is_some() && file.seller == caller.seller)
        || caller.may(Permission::ManageProducts)
}

/// Counts a download and returns how many are left.
async fn count(edge: &Edge, caller: &Caller, right: Entitlement) -> Result<u32, Problem> {
    let settings = &caller.tenant().settings;
    let allowance = Allowance::days(settings.download_limit, settings.download_window_days);
    let operation = caller.operation();
    match edge.store().count_download(&operation, right, allowance).await? {
        Ok(after) => Ok(allowance.limit.saturating_sub(after.downloads)),
        Err(reached) => Err(Problem::new(Code::DownloadLimitReached)
            .message(format!("The downloads of this file are used up until {}", reached.until))
            .retry_after(reached.until.since(operation.now))),
    }
}

/// Says why somebody without a right gets nothing: the order is not paid, or the file is not theirs to know of.
async fn stranger(edge: &Edge, caller: &Caller, file: FileId) -> Result<Problem, Problem> {
    let code = if edge.store().awaits_payment(caller.scope, caller.user, file).await? {
        Code::NotPaid
    } else {
        Code::NotFound
    };
    Ok(Problem::new(code))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use domain::access::Role;
    use domain::refund::{Portion, RefundLine};
    use http::StatusCode;
    use store::refunds::{RefundOutcome, RefundRequest};

    use crate::test_support::{Shop, stl};

    #[tokio::test]
    async fn a_buyer_fetches_what_was_paid_for_under_its_own_name() {
        let shop = Shop::open().await;
        let file = shop.model("Bình \"hoa\" 1.stl").await;
        shop.entitle(file).await;
        let link = shop.download(&shop.buyer, file).await;
        let view = link.data(StatusCode::OK);
        assert_eq!((&view["expiresIn"], &view["downloadsLeft"]), (&300.into(), &4.into()));
        assert_eq!((link.round_trips(), link.header("cache-control")), (2, "no-store"));
        let answer = reqwest::get(view["downloadUrl"].as_str().unwrap()).await.unwrap();
        let disposition = answer.headers()["content-disposition"].to_str().unwrap().to_owned();
        assert!(
            disposition.starts_with("attachment") && disposition.contains("filename*=UTF-8''B%C3%ACnh"),
            "{disposition}"
        );
        assert_eq!(answer.bytes().await.unwrap(), stl());
        let log = shop.tenant.stack.store().file_accesses(shop.tenant.scope(), file).await.unwrap();
        assert_eq!(log.iter().map(|access| access.user).collect::<Vec<_>>(), [shop.buyer.user.id]);
        assert!(log[0].order.is_some());
    }

    #[tokio::test]
    async fn twenty_requests_at_once_give_five_links_and_a_week_later_five_more() {
        let shop = Shop::open().await;
        let file = shop.model("vase.stl").await;
        shop.entitle(file).await;
        let burst = async || {
            let requests = (0..20).map(|_| {
                let request = shop.api.get(&format!("/files/download/{file}")).bearer(&shop.buyer.token);
                tokio::spawn(request.send())
            });
            let mut given = 0;
            for request in requests.collect::<Vec<_>>() {
                let answer = request.await.unwrap();
                if answer.status == StatusCode::OK {
                    given += 1;
                } else {
                    answer.refused(StatusCode::FORBIDDEN, "DOWNLOAD_LIMIT_REACHED");
                    assert!(answer.header("retry-after").parse::<u64>().unwrap() > 0);
                }
            }
            given
        };
        assert_eq!(burst().await, 5);
        let store = shop.tenant.stack.store();
        assert_eq!(store.file_accesses(shop.tenant.scope(), file).await.unwrap().len(), 5);
        let (_, right) = store.file_and_entitlement(shop.tenant.scope(), file, shop.buyer.user.id).await.unwrap();
        let allowance = domain::file::Allowance::days(5, 7);
        let later = shop.tenant.stack.now().plus(Duration::from_secs(7 * 24 * 60 * 60));
        assert_eq!(right.unwrap().visit(later, allowance), Ok(domain::file::Visit::Opens));
    }

    #[tokio::test]
    async fn a_refund_ends_the_right_while_downloads_go_on() {
        let shop = Shop::open().await;
        let (tenant, store) = (&shop.tenant, shop.tenant.stack.store());
        let (returned, kept) = (shop.model("vase.stl").await, shop.model("lamp.stl").await);
        let items = [returned, kept].map(|file| {
            let mut item = tenant.item("Vase");
            item.product.seller = shop.seller.user.seller.unwrap();
            item.product.model_files = vec![file];
            item
        });
        let placed = tenant.sale_of(shop.buyer.user.id, items.to_vec()).await;
        shop.download(&shop.buyer, returned).await.refused(StatusCode::FORBIDDEN, "NOT_PAID");
        let (payment, _) = tenant.capture_sale(&placed, &format!("order_{}", tenant.id()), "pay_1").await;
        let request = RefundRequest {
            payment: payment.id,
            order: placed.orders[0].id,
            portion: Portion::Lines(vec![RefundLine { line: 0, quantity: 2 }]),
            restock: false,
            reason: "broken".to_owned(),
        };
        let operation = tenant.operation();
        let refund = store.request_refund(&operation, &payment, &request).await.unwrap().unwrap();
        // Three of five are used while the money goes back.
        let done = RefundOutcome::Succeeded("rfnd_1".to_owned());
        let downloads = futures_util::future::join_all((0..3).map(|_| shop.download(&shop.buyer, returned)));
        let (settled, downloads) = tokio::join!(store.settle_refund(&operation, &refund, &done), downloads);
        assert!(settled.unwrap());
        for download in &downloads {
            assert!([StatusCode::OK, StatusCode::NOT_FOUND].contains(&download.status), "{}", download.text());
        }
        shop.download(&shop.buyer, returned).await.refused(StatusCode::NOT_FOUND, "NOT_FOUND");
        shop.download(&shop.buyer, kept).await.data(StatusCode::OK);
        let accesses = store.file_accesses(tenant.scope(), returned).await.unwrap().len();
        assert_eq!(accesses, downloads.iter().filter(|download| download.status == StatusCode::OK).count());
    }

    #[tokio::test]
    async fn the_seller_and_the_tenants_people_fetch_without_buying_and_strangers_do_not() {
        let (shop, other) = (Shop::open().await, Shop::open().await);
        let file = shop.model("vase.stl").await;
        let staff = shop.tenant.member(&[Role::Staff]).await;
        for member in [&shop.seller, &staff] {
            let link = shop.download(member, file).await;
            assert!(link.data(StatusCode::OK)["downloadsLeft"].is_null());
        }
        let rival = shop.tenant.member(&[Role::Seller]).await;
        for stranger in [&shop.buyer, &rival] {
            shop.download(stranger, file).await.refused(StatusCode::NOT_FOUND, "NOT_FOUND");
        }
        other.download(&other.seller, file).await.refused(StatusCode::NOT_FOUND, "NOT_FOUND");
        let log = shop.tenant.stack.store().file_accesses(shop.tenant.scope(), file).await.unwrap();
        assert_eq!(log.len(), 2);
    }
}
