//! `PUT /users/me/kyc`

use axum::extract::State;
use domain::operation::Action;
use domain::user::{DocumentKind, Papers};
use garde::Validate;
use platform::people;
use serde::Deserialize;
use store::members::MemberRefused;
use utoipa::ToSchema;
use web::openapi::IfMatchHeader;
use web::{Answer, Caller, Code, Edge, Envelope, IfMatch, Json, Problem, Reply, refusals};

use super::OwnPapersView;

/// A document that proves who the user is.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct SubmitPapers {
    /// What it is: `PASSPORT`, `ID_CARD`, `DRIVING_LICENCE`, `TAX_CARD`, `RESIDENCE_PERMIT`.
    #[garde(skip)]
    #[schema(value_type = String, example = "PASSPORT")]
    document: DocumentKind,
    /// Its number, as printed.
    #[garde(custom(is_number))]
    #[schema(min_length = 4, max_length = 40, example = "Z1234567")]
    number: String,
    /// The ISO 3166-1 alpha-2 code of the country that issued it.
    #[garde(custom(is_country))]
    #[schema(min_length = 2, max_length = 2, example = "IN")]
    country: String,
    /// The name on it.
    #[garde(length(chars, min = 1, max = 120))]
    #[schema(min_length = 1, max_length = 120, example = "Asha Rao")]
    full_name: String,
    /// The day of birth on it.
    #[garde(custom(is_day))]
    #[schema(format = "date", example = "1990-12-31")]
    born_on: String,
}

/// Hand in papers that prove who one is
///
/// They wait for somebody of the tenant to look at them. Until they are found good they can be handed in anew; then they stay.
#[utoipa::path(
    put,
    path = "/users/me/kyc",
    tag = "Identity",
    params(IfMatchHeader),
    request_body = SubmitPapers,
    responses(
        (status = 200, description = "The papers wait for review", body = Envelope<OwnPapersView>),
        web::openapi::Of<(refusals::InvalidTransition,)>
    ),
    extensions(("x-access" = json!("caller")))
)]
pub(crate) async fn submit_papers(
    State(edge): State<Edge>,
    caller: Caller,
    if_match: IfMatch,
    Json(body): Json<SubmitPapers>,
) -> Answer<OwnPapersView> {
    let (vault, tenant, account, operation) = (edge.vault(), caller.tenant(), caller.account(), caller.operation());
    if_match.check(account.version)?;
    let status = account
        .kyc
        .submitted()
        .map_err(|refused| Problem::new(Code::InvalidTransition).message(format!("The papers are {}", refused.from)))?;
    let papers = Papers {
        kind: body.document,
        number: body.number,
        country: body.country,
        full_name: body.full_name,
        born_on: body.born_on,
        submitted_at: operation.now,
        review: None,
    };
    let sealed = people::seal_papers(vault, tenant, account, &papers).await?;
    let changed = edge.store().change_kyc(&operation, account, status, &sealed, Action::KycSubmitted).await?;
    let user = changed.map_err(|refused| match refused {
        MemberRefused::Changed | MemberRefused::LastOwner => Problem::new(Code::Conflict),
        MemberRefused::NoLonger => Problem::new(Code::SessionEnded),
    })?;
    Ok(Reply::ok(OwnPapersView::new(&user, Some(papers))).etag(user.version))
}

fn is_number(text: &str, (): &()) -> garde::Result {
    let legal = |c: char| c.is_alphanumeric() || "-/ .".contains(c);
    let fits = (4..=40).contains(&text.chars().count()) && text.chars().all(legal);
    fits.then_some(())
        .ok_or_else(|| garde::Error::new("must be 4 to 40 letters, digits, hyphens, dots, slashes and blanks"))
}

fn is_country(text: &str, (): &()) -> garde::Result {
    let fits = text.len() == 2 && text.bytes().all(|b| b.is_ascii_uppercase());
    fits.then_some(()).ok_or_else(|| garde::Error::new("must be an ISO 3166-1 alpha-2 code, such as IN"))
}

fn is_day(text: &str, (): &()) -> garde::Result {
    domain::calendar::is_day(text).then_some(()).ok_or_else(|| garde::Error::new("must be a day, such as 1990-12-31"))
}
