//! `POST /users/me/addresses`

use axum::extract::State;
use axum::response::Response;
use domain::address::{Address, PostalAddress};
use domain::id::AddressId;
use garde::Validate;
use serde::Deserialize;
use store::table::Consistency;
use utoipa::ToSchema;
use web::openapi::OptionalKeyHeader;
use web::{Caller, Code, Edge, Envelope, IdempotencyKey, Json, Problem, Reply, idempotent, refusals};

use super::{AddressView, TRIES, is_country, is_line, is_phone, is_postal_code, normalised_phone, seal};

/// A new address.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct AddAddress {
    /// Who receives it.
    #[garde(custom(is_line))]
    #[schema(min_length = 1, max_length = 120, example = "Asha Rao")]
    full_name: String,
    /// Whom to call, with the country code.
    #[garde(custom(is_phone))]
    #[schema(example = "+91 98765 43210")]
    phone: String,
    /// Street and number.
    #[garde(custom(is_line))]
    #[schema(min_length = 1, max_length = 120, example = "12 MG Road")]
    line1: String,
    /// Floor, building, landmark.
    #[garde(inner(custom(is_line)))]
    #[schema(min_length = 1, max_length = 120, example = "2nd floor")]
    line2: Option<String>,
    /// The city.
    #[garde(custom(is_line))]
    #[schema(min_length = 1, max_length = 120, example = "Bengaluru")]
    city: String,
    /// The state or province.
    #[garde(inner(custom(is_line)))]
    #[schema(min_length = 1, max_length = 120, example = "Karnataka")]
    state: Option<String>,
    /// The postal code.
    #[garde(custom(is_postal_code))]
    #[schema(min_length = 2, max_length = 12, example = "560001")]
    postal_code: String,
    /// The ISO 3166-1 alpha-2 code of the country.
    #[garde(custom(is_country))]
    #[schema(min_length = 2, max_length = 2, example = "IN")]
    country: String,
    /// Whether to propose it at checkout from now on. The first address is proposed in any case.
    #[garde(skip)]
    #[serde(default)]
    is_default: bool,
}

/// Add an address
///
/// An address book has at most 20.
#[utoipa::path(
    post,
    path = "/users/me/addresses",
    tag = "Addresses",
    params(OptionalKeyHeader),
    request_body = AddAddress,
    responses(
        (status = 201, description = "The address", body = Envelope<AddressView>),
        web::openapi::Of<(refusals::RuleBroken, refusals::Conflict)>
    ),
    extensions(("x-access" = json!("caller")))
)]
pub(crate) async fn add_address(
    State(edge): State<Edge>,
    caller: Caller,
    key: Option<IdempotencyKey>,
    Json(body): Json<AddAddress>,
) -> Result<Response, Problem> {
    let work = async {
        let (operation, as_default) = (caller.operation(), body.is_default);
        let id: AddressId = operation.id();
        let plain = body.into_address();
        let address = Address {
            id,
            user: caller.user,
            address: seal(edge.vault(), caller.tenant(), caller.account(), id, &plain).await?,
            created_at: operation.now,
            updated_at: operation.now,
            version: 1,
        };
        let mut owner = caller.account().clone();
        for _ in 0..TRIES {
            let book = owner.address_book.clone().add(id, as_default);
            let book = book.map_err(|full| Problem::new(Code::RuleBroken).message(full.to_string()))?;
            match edge.store().create_address(&operation, &owner, &book, &address).await {
                Ok(()) => {
                    let view = AddressView::new(&address, plain, &book);
                    return Ok(Reply::created(view, format!("/users/me/addresses/{id}")).etag(address.version));
                }
                Err(store::Error::Conflict) => {
                    let now = edge.store().user(operation.scope, owner.id, Consistency::Strong).await?;
                    owner = now.ok_or_else(Problem::not_found)?;
                }
                Err(error) => return Err(error.into()),
            }
        }
        Err(Problem::new(Code::Conflict))
    };
    idempotent(&edge, caller.tenant(), Some(caller.user), key, work).await
}

impl AddAddress {
    fn into_address(self) -> PostalAddress {
        PostalAddress {
            full_name: self.full_name,
            phone: normalised_phone(&self.phone),
            line1: self.line1,
            line2: self.line2,
            city: self.city,
            state: self.state,
            postal_code: self.postal_code,
            country: self.country,
        }
    }
}
