//! `GET /.well-known/jwks.json`

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use web::reply::Asset;
use web::{Problem, Signer};

/// Read the keys that sign access tokens
///
/// A JSON Web Key Set (RFC 7517). A new key is in it a week before it signs; a token that names a key you do not know is
/// a reason to read the set again, at most once a minute.
#[utoipa::path(
    get,
    path = "/.well-known/jwks.json",
    tag = "Identity",
    responses((
        status = 200,
        description = "The keys",
        content_type = "application/json",
        body = Object,
        example = json!({"keys": [{
            "kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig", "kid": "c2lnbmluZy1rZXktdGh1bWJwcmludA",
            "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"
        }]})
    )),
    extensions(("x-access" = json!("anyone")))
)]
pub(crate) async fn published_keys(State(signer): State<Signer>) -> Result<Response, Problem> {
    let keys = serde_json::to_vec(&signer.published().await?).map_err(Problem::internal)?;
    Ok(Asset::made("application/json", keys).into_response())
}

#[cfg(test)]
mod tests {
    use http::StatusCode;

    use crate::test_support::Shop;

    #[tokio::test]
    async fn the_keys_are_public_and_hold_nothing_private() {
        let shop = Shop::open().await;
        let token = shop.customer().await.access_token;
        let answer = shop.client.get("/.well-known/jwks.json").header("x-tenant", "").send().await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
        assert_eq!(answer.header("cache-control"), "public, max-age=300");
        let keys = answer.body["keys"].as_array().unwrap();
        assert!(keys.iter().all(|key| key["alg"] == "ES256" && key.get("d").is_none()));
        let head = crate::test_support::part(&token, 0);
        assert!(keys.iter().any(|key| key["kid"] == head["kid"]));
    }
}
