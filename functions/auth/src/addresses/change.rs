//! `PATCH /users/me/addresses/{addressId}`

use axum::extract::State;
use domain::address::{Address, PostalAddress};
use domain::id::AddressId;
use garde::Validate;
use serde::Deserialize;
use store::table::Consistency;
use utoipa::ToSchema;
use web::openapi::IfMatchHeader;
use web::{Answer, Bearer, Code, Edge, Envelope, IfMatch, Json, Path, Problem, Reply};

use super::{AddressView, TRIES, is_country, is_line, is_phone, is_postal_code, normalised_phone, open, seal};

/// What to change; what is left out stays as it is.
#[derive(Clone, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ChangeAddress {
    /// Who receives it.
    #[garde(inner(custom(is_line)))]
    #[schema(min_length = 1, max_length = 120, example = "Asha Rao")]
    full_name: Option<String>,
    /// Whom to call, with the country code.
    #[garde(inner(custom(is_phone)))]
    #[schema(example = "+91 98765 43210")]
    phone: Option<String>,
    /// Street and number.
    #[garde(inner(custom(is_line)))]
    #[schema(min_length = 1, max_length = 120, example = "14 MG Road")]
    line1: Option<String>,
    /// Floor, building, landmark; null removes it.
    #[serde(default, deserialize_with = "web::json::given")]
    #[garde(inner(inner(custom(is_line))))]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 120, example = "2nd floor")]
    line2: Option<Option<String>>,
    /// The city.
    #[garde(inner(custom(is_line)))]
    #[schema(min_length = 1, max_length = 120, example = "Bengaluru")]
    city: Option<String>,
    /// The state or province; null removes it.
    #[serde(default, deserialize_with = "web::json::given")]
    #[garde(inner(inner(custom(is_line))))]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 120, example = "Karnataka")]
    state: Option<Option<String>>,
    /// The postal code.
    #[garde(inner(custom(is_postal_code)))]
    #[schema(min_length = 2, max_length = 12, example = "560001")]
    postal_code: Option<String>,
    /// The ISO 3166-1 alpha-2 code of the country.
    #[garde(inner(custom(is_country)))]
    #[schema(min_length = 2, max_length = 2, example = "IN")]
    country: Option<String>,
    /// Whether to propose it at checkout from now on. To take this from an address, give it to another.
    #[garde(skip)]
    #[schema(example = true)]
    is_default: Option<bool>,
}

/// Change one of the own addresses
///
/// Orders that were placed keep the address they were placed with.
#[utoipa::path(
    patch,
    path = "/users/me/addresses/{addressId}",
    tag = "Addresses",
    params(
        ("addressId" = String, Path, description = "The address's id", example = "adr_01JB2Z8QW3C4D5E6F7G8H9JKMN"),
        IfMatchHeader
    ),
    request_body = ChangeAddress,
    responses((status = 200, description = "The address as it is now", body = Envelope<AddressView>)),
    extensions(("x-access" = json!("caller")))
)]
pub(crate) async fn change_address(
    State(edge): State<Edge>,
    bearer: Bearer,
    Path(id): Path<AddressId>,
    if_match: IfMatch,
    Json(change): Json<ChangeAddress>,
) -> Answer<AddressView> {
    let user = bearer.user();
    let read = |scope| edge.store().address(scope, user, id, Consistency::Strong);
    let (caller, mut found) = bearer.with(read).await?;
    let operation = caller.operation();
    for _ in 0..TRIES {
        let (owner, address) = found.ok_or_else(Problem::not_found)?;
        if_match.check(address.version)?;
        let book = owner.address_book.clone();
        let book = match change.is_default {
            Some(true) => book.choose(id),
            Some(false) if book.default_entry() == Some(id) => {
                return Err(Problem::invalid("isDefault", "must be true, or make another address the default"));
            }
            _ => book,
        };
        let plain = change.clone().apply(open(edge.vault(), caller.tenant(), &owner, &address).await?);
        let sealed = seal(edge.vault(), caller.tenant(), &owner, id, &plain).await?;
        let address = Address { address: sealed, updated_at: operation.now, ..address };
        match edge.store().update_address(&operation, &owner, &book, &address).await {
            Ok(()) => {
                let address = Address { version: address.version.saturating_add(1), ..address };
                return Ok(Reply::ok(AddressView::new(&address, plain, &book)).etag(address.version));
            }
            Err(store::Error::Conflict) => found = read(operation.scope).await?,
            Err(error) => return Err(error.into()),
        }
    }
    Err(Problem::new(Code::Conflict))
}

impl ChangeAddress {
    fn apply(self, old: PostalAddress) -> PostalAddress {
        PostalAddress {
            full_name: self.full_name.unwrap_or(old.full_name),
            phone: self.phone.map_or(old.phone, |phone| normalised_phone(&phone)),
            line1: self.line1.unwrap_or(old.line1),
            line2: self.line2.unwrap_or(old.line2),
            city: self.city.unwrap_or(old.city),
            state: self.state.unwrap_or(old.state),
            postal_code: self.postal_code.unwrap_or(old.postal_code),
            country: self.country.unwrap_or(old.country),
        }
    }
}
