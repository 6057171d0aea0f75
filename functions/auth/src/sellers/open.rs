//! `POST /sellers`

use axum::extract::State;
use axum::response::Response;
use domain::access::Role;
use domain::catalog::{LegalIdentity, MAX_BIO, Seller, SellerName, SellerStatus, Slug};
use domain::id::Id;
use domain::user::User;
use garde::Validate;
use platform::people;
use serde::Deserialize;
use store::sellers::SellerRefused;
use store::table::Consistency;
use utoipa::ToSchema;
use web::openapi::OptionalKeyHeader;
use web::{Caller, Code, Edge, Envelope, IdempotencyKey, Json, Problem, Reply, idempotent, refusals};

use super::{LegalIdentityView, OwnSellerView, TRIES, is_account, is_name, is_slug};

/// A new seller's profile.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct OpenSeller {
    /// The trade name shown to people, 2 to 100 characters.
    #[garde(custom(is_name))]
    #[schema(min_length = 2, max_length = 100, example = "Layer by Layer Studio")]
    name: String,
    /// The name in URLs, unique; made of the name when not given.
    #[garde(inner(custom(is_slug)))]
    #[schema(min_length = 3, max_length = 80, example = "layer-by-layer")]
    slug: Option<String>,
    /// What the seller says about itself, plain text.
    #[serde(default)]
    #[garde(length(chars, max = MAX_BIO))]
    #[schema(max_length = 2000, example = "A small workshop that prints for kitchens and chess boards.")]
    bio: String,
    /// Where the money is to go, such as an IBAN. It is never shown whole again, but in the export of one's own data.
    #[garde(inner(custom(is_account)))]
    #[schema(min_length = 4, max_length = 64, example = "GB33BUKB20201555555555")]
    payout_account: Option<String>,
    /// Who you are before the law, so that you can issue invoices yourself.
    #[garde(dive)]
    legal_identity: Option<LegalIdentityView>,
}

/// Open your seller's profile
///
/// Everybody has one at most. Where the marketplace looks at new sellers first it waits for approval; else it is active at
/// once, and you are a seller from your next request on.
#[utoipa::path(
    post,
    path = "/sellers",
    tag = "Sellers",
    params(OptionalKeyHeader),
    request_body = OpenSeller,
    responses(
        (status = 201, description = "The profile", body = Envelope<OwnSellerView>),
        refusals::Of<(refusals::SlugTaken, refusals::Conflict, refusals::Forbidden)>
    ),
    extensions(("x-access" = json!("caller")))
)]
pub(crate) async fn open_seller(
    State(edge): State<Edge>,
    caller: Caller,
    key: Option<IdempotencyKey>,
    Json(request): Json<OpenSeller>,
) -> Result<Response, Problem> {
    if !Role::Seller.belongs_in(caller.tenant().kind) {
        return Err(Problem::new(Code::Forbidden));
    }
    idempotent(&edge, caller.tenant(), Some(caller.user), key, open(&edge, &caller, request)).await
}

async fn open(edge: &Edge, caller: &Caller, request: OpenSeller) -> Result<Reply<OwnSellerView>, Problem> {
    let (operation, tenant) = (caller.operation(), caller.tenant());
    let mut person = caller.account().clone();
    let id = Seller::id_of(person.id);
    let wrong = |field: &str| Problem::invalid(field, "is not valid");
    let slug = match &request.slug {
        Some(slug) => slug.parse().map_err(|_| wrong("slug"))?,
        // The last characters of a ULID are the random ones.
        None => Slug::of_name(&request.name, &id.ulid().to_string().chars().skip(20).collect::<String>()),
    };
    let name: SellerName = request.name.parse().map_err(|_| wrong("name"))?;
    for _ in 0..TRIES {
        // Whom the tenant's people made a seller already needs no other approval.
        let approved = !tenant.settings.moderate_sellers || person.roles.contains(&Role::Seller);
        let payout_account = match &request.payout_account {
            Some(account) => Some(people::seal_payout_account(edge.vault(), tenant, &person, id, account).await?),
            None => None,
        };
        let legal_identity = match request.legal_identity.clone().map(LegalIdentity::from) {
            Some(identity) => Some(people::seal_legal_identity(edge.vault(), tenant, &person, id, &identity).await?),
            None => None,
        };
        let seller = Seller {
            id,
            user: person.id,
            name: name.clone(),
            slug: slug.clone(),
            bio: request.bio.clone(),
            payout_account,
            legal_identity,
            status: if approved { SellerStatus::Active } else { SellerStatus::Pending },
            commission_bp: None,
            invoice_prefix: None,
            version: 1,
            created_at: operation.now,
            updated_at: operation.now,
        };
        match edge.store().open_seller(&operation, &seller, &person).await? {
            Ok(()) => {
                let view = super::view(edge.vault(), tenant, &person, &seller).await?;
                return Ok(Reply::created(view, "/sellers/mine").etag(seller.version));
            }
            Err(SellerRefused::PersonChanged) => {
                let now = edge.store().user(operation.scope, person.id, Consistency::Strong).await?;
                person = now.filter(User::may_act).ok_or_else(|| Problem::new(Code::SessionEnded))?;
            }
            Err(refused) => return Err(super::refused(refused)),
        }
    }
    Err(Problem::new(Code::Conflict))
}
