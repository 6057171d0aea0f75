//! `PATCH /sellers/mine`

use axum::extract::State;
use domain::catalog::{LegalIdentity, MAX_BIO, Seller};
use domain::tenant::Tenant;
use domain::user::User;
use garde::Validate;
use platform::people;
use platform::vault::Vault;
use serde::Deserialize;
use store::sellers::SellerRefused;
use store::table::Consistency;
use utoipa::ToSchema;
use web::openapi::IfMatchHeader;
use web::{Answer, Bearer, Code, Edge, Envelope, IfMatch, Json, Problem, Reply, refusals};

use super::{LegalIdentityView, OwnSellerView, TRIES, is_account, is_name, is_slug};

/// What to change; what is left out stays as it is.
#[derive(Clone, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ChangeSeller {
    /// The trade name shown to people, 2 to 100 characters.
    #[garde(inner(custom(is_name)))]
    #[schema(min_length = 2, max_length = 100, example = "Layer by Layer")]
    name: Option<String>,
    /// The name in URLs, unique. The old one is free for others then.
    #[garde(inner(custom(is_slug)))]
    #[schema(min_length = 3, max_length = 80, example = "layers")]
    slug: Option<String>,
    /// What the seller says about itself, plain text.
    #[garde(length(chars, max = MAX_BIO))]
    #[schema(max_length = 2000, example = "A workshop that prints for kitchens.")]
    bio: Option<String>,
    /// Where the money is to go, such as an IBAN; null takes it back. It is never shown whole again.
    #[serde(default, deserialize_with = "web::json::given")]
    #[garde(inner(inner(custom(is_account))))]
    #[schema(value_type = Option<String>, min_length = 4, max_length = 64, example = "GB33BUKB20201555555555")]
    payout_account: Option<Option<String>>,
    /// Who you are before the law; null takes it back. Once the marketplace has given your invoices a series of their own, they
    /// and their credit notes name you as their issuer from then on; until then the marketplace issues them.
    #[serde(default, deserialize_with = "web::json::given")]
    #[garde(dive)]
    #[schema(value_type = Option<LegalIdentityView>)]
    legal_identity: Option<Option<LegalIdentityView>>,
}

/// Change your own seller's profile
///
/// Whether it may sell, what the marketplace keeps, and how its invoices are numbered is for the tenant's people to say.
#[utoipa::path(
    patch,
    path = "/sellers/mine",
    tag = "Sellers",
    params(IfMatchHeader),
    request_body = ChangeSeller,
    responses(
        (status = 200, description = "The profile as it is now", body = Envelope<OwnSellerView>),
        refusals::Of<(refusals::NotFound, refusals::SlugTaken)>
    ),
    extensions(("x-access" = json!("caller")))
)]
pub(crate) async fn change_own_seller(
    State(edge): State<Edge>,
    bearer: Bearer,
    if_match: IfMatch,
    Json(change): Json<ChangeSeller>,
) -> Answer<OwnSellerView> {
    let id = Seller::id_of(bearer.user());
    let read = |scope| edge.store().seller(scope, id, Consistency::Strong);
    let (caller, mut found) = bearer.with(read).await?;
    let (operation, tenant, person) = (caller.operation(), caller.tenant(), caller.account());
    for _ in 0..TRIES {
        let before = found.ok_or_else(Problem::not_found)?;
        if_match.check(before.version)?;
        let after = change.clone().apply(edge.vault(), tenant, person, before.clone()).await?;
        match edge.store().change_seller(&operation, &before, after).await? {
            Ok(after) => {
                let view = super::view(edge.vault(), tenant, person, &after).await?;
                return Ok(Reply::ok(view).etag(after.version));
            }
            Err(SellerRefused::Changed) => found = read(operation.scope).await?,
            Err(refused) => return Err(super::refused(refused)),
        }
    }
    Err(Problem::new(Code::Conflict))
}

impl ChangeSeller {
    async fn apply(self, vault: &Vault, tenant: &Tenant, person: &User, mut seller: Seller) -> Result<Seller, Problem> {
        let wrong = |field: &str| Problem::invalid(field, "is not valid");
        if let Some(name) = self.name {
            seller.name = name.parse().map_err(|_| wrong("name"))?;
        }
        if let Some(slug) = self.slug {
            seller.slug = slug.parse().map_err(|_| wrong("slug"))?;
        }
        seller.bio = self.bio.unwrap_or(seller.bio);
        if let Some(account) = self.payout_account {
            seller.payout_account = match account {
                Some(account) => Some(people::seal_payout_account(vault, tenant, person, seller.id, &account).await?),
                None => None,
            };
        }
        if let Some(identity) = self.legal_identity {
            seller.legal_identity = match identity.map(LegalIdentity::from) {
                Some(known) => Some(people::seal_legal_identity(vault, tenant, person, seller.id, &known).await?),
                None => None,
            };
        }
        Ok(seller)
    }
}
