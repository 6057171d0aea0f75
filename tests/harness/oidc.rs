//! A stand-in for Google and Microsoft as identity providers: their key documents, and ID tokens in their format.
//!
//! `GET /google/certs` and `GET /microsoft/keys` publish keys as the providers do, with `Cache-Control`. Under `/_standin`
//! a test or a person plays the rest:
//!
//! - `POST /_standin/oidc/{google|microsoft}/tokens` signs an ID token: `{claims, header, signer}`, each of which may be
//!   left out. Claims and header replace what a token of that provider has anyway; null takes one away. Give at least
//!   `aud`, the client id, and `nonce`. The answer is `{idToken}`.
//! - `POST /_standin/oidc/{google|microsoft}/rotate` signs with a new key from now on.
//!
//! It signs with its own code, so that a mistake in ours can't hide in it. Everything is in memory and bound to 127.0.0.1.
#![allow(clippy::expect_used, clippy::panic, reason = "a step that fails here fails the test that asked for it")]

use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use aws_lc_rs::hmac::{HMAC_SHA256, Key as HmacKey, sign as hmac};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{KeyPair, RSA_PKCS1_SHA256, RsaKeyPair};
use axum::extract::{Path, State};
use axum::http::header::{AGE, CACHE_CONTROL};
use axum::http::{StatusCode, header::CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::ambient::Ambient;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// Whose tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Flavour {
    /// Google's.
    Google,
    /// Microsoft's.
    Microsoft,
}

/// Who signs a token, and how.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Signer {
    /// The provider's current key.
    #[default]
    Current,
    /// A key that nobody publishes, under the current key's id.
    Stranger,
    /// HMAC with the published public key as its secret: what a confused verifier takes for a signature.
    PublicKeyAsSecret,
    /// Nobody: the signature is empty.
    Nobody,
}

/// The directory of everybody at the stand-in's Microsoft.
pub const DIRECTORY: &str = "72f988bf-86f1-41af-91ab-2d7cd011db47";

struct Key {
    kid: String,
    pair: RsaKeyPair,
}

impl Key {
    fn generate(ambient: &Ambient) -> Self {
        let pair = RsaKeyPair::generate(KeySize::Rsa2048).expect("the system makes keys");
        Self { kid: hex::encode(ambient.bytes::<20>()), pair }
    }

    /// The modulus of a 2048-bit key, out of `SEQUENCE { INTEGER n, INTEGER e }` (RFC 8017, appendix A.1.1).
    fn modulus(&self) -> &[u8] {
        let der = self.pair.public_key().as_ref();
        assert_eq!(der[..9], [0x30, 0x82, 0x01, 0x0a, 0x02, 0x82, 0x01, 0x01, 0x00]);
        &der[9..265]
    }
}

struct Published {
    keys: Vec<Key>,
    /// What each key says of whom it may sign for; none leaves that out.
    key_issuer: Option<String>,
    cache_control: String,
    age: u64,
    reads: usize,
    /// What the document is instead, if anything.
    instead: Option<(u16, String)>,
}

/// Both providers; cheap to clone.
#[derive(Clone)]
pub struct Providers {
    google: Arc<Mutex<Published>>,
    microsoft: Arc<Mutex<Published>>,
    ambient: Ambient,
}

impl Providers {
    /// Starts with no key; the first is made when it is asked for.
    pub fn new(ambient: Ambient) -> Self {
        let published = |key_issuer: Option<&str>| {
            Arc::new(Mutex::new(Published {
                keys: Vec::new(),
                key_issuer: key_issuer.map(str::to_owned),
                cache_control: "public, max-age=19845, must-revalidate, no-transform".to_owned(),
                age: 0,
                reads: 0,
                instead: None,
            }))
        };
        let microsoft = published(Some("https://login.microsoftonline.com/{tenantid}/v2.0"));
        Self { google: published(None), microsoft, ambient }
    }

    fn of(&self, flavour: Flavour) -> MutexGuard<'_, Published> {
        let one = match flavour {
            Flavour::Google => &self.google,
            Flavour::Microsoft => &self.microsoft,
        };
        let mut published = one.lock().unwrap_or_else(PoisonError::into_inner);
        if published.keys.is_empty() {
            published.keys.push(Key::generate(&self.ambient));
        }
        published
    }

    /// Signs with a new key from now on; the one before stays published.
    pub fn rotate(&self, flavour: Flavour) {
        let key = Key::generate(&self.ambient);
        let mut published = self.of(flavour);
        published.keys.insert(0, key);
        published.keys.truncate(2);
    }

    /// Tells how often the keys were read.
    pub fn reads(&self, flavour: Flavour) -> usize {
        self.of(flavour).reads
    }

    /// Sets how long keys may be kept, and how old the document is already.
    pub fn cached(&self, flavour: Flavour, cache_control: &str, age: u64) {
        let mut published = self.of(flavour);
        published.cache_control = cache_control.to_owned();
        published.age = age;
    }

    /// Answers something else than the keys until it is set to none.
    pub fn instead(&self, flavour: Flavour, answer: Option<(u16, String)>) {
        self.of(flavour).instead = answer;
    }

    /// Sets what each key says of whom it may sign for.
    pub fn key_issuer(&self, flavour: Flavour, issuer: Option<&str>) {
        self.of(flavour).key_issuer = issuer.map(str::to_owned);
    }

    /// Makes an ID token.
    pub fn token(&self, flavour: Flavour, wish: &Wish) -> String {
        let published = self.of(flavour);
        let key = published.keys.first().expect("made with the lock");
        let mut header = json!({"alg": "RS256", "kid": key.kid, "typ": "JWT"});
        let mut claims = self.claims(flavour, &wish.claims);
        put(&mut header, &wish.header);
        put(&mut claims, &wish.claims);
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", part(&header), part(&claims));
        let signature = match wish.signer {
            Signer::Current => rs256(&key.pair, &signed),
            Signer::Stranger => rs256(&Key::generate(&self.ambient).pair, &signed),
            Signer::PublicKeyAsSecret => {
                hmac(&HmacKey::new(HMAC_SHA256, key.modulus()), signed.as_bytes()).as_ref().to_vec()
            }
            Signer::Nobody => Vec::new(),
        };
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
    }

    /// What a token of the provider says of a made-up person (sources: both providers' references of ID tokens).
    fn claims(&self, flavour: Flavour, wish: &Map<String, Value>) -> Value {
        let now = self.ambient.now().as_seconds();
        let aud = wish.get("aud").cloned().unwrap_or(Value::Null);
        match flavour {
            Flavour::Google => json!({
                "iss": "https://accounts.google.com", "azp": aud, "aud": aud, "sub": "110169484474386276334",
                "email": "asha@example.com", "email_verified": true, "at_hash": "HK6E_P6Dh8Y93mRNtsDB1Q",
                "name": "Asha Rao", "given_name": "Asha", "family_name": "Rao",
                "picture": "https://lh3.googleusercontent.com/a/asha", "locale": "en", "iat": now, "exp": now + 3600,
            }),
            Flavour::Microsoft => {
                let tid = wish.get("tid").and_then(Value::as_str).unwrap_or(DIRECTORY);
                json!({
                    "ver": "2.0", "iss": format!("https://login.microsoftonline.com/{tid}/v2.0"), "aud": aud,
                    "sub": "AAAAAAAAAAAAAAAAAAAAAIkzqFVrSaSaFHy782bbtaQ", "oid": "00000000-0000-0000-66f3-3332eca7ea81",
                    "tid": tid, "name": "Asha Rao", "preferred_username": "asha@example.com", "email": "asha@example.com",
                    "iat": now, "nbf": now, "exp": now + 3600, "uti": "fqiBqXLPj0eQa82S-IYFAA", "rh": "0.AX0A.",
                })
            }
        }
    }

    /// Serves the keys and the control.
    pub fn router(self) -> Router {
        Router::new()
            .route("/google/certs", get(async |State(this): State<Self>| this.document(Flavour::Google)))
            .route("/microsoft/keys", get(async |State(this): State<Self>| this.document(Flavour::Microsoft)))
            .route("/_standin/oidc/{flavour}/tokens", post(sign))
            .route("/_standin/oidc/{flavour}/rotate", post(rotate))
            .with_state(self)
    }

    fn document(&self, flavour: Flavour) -> Response {
        let mut published = self.of(flavour);
        published.reads += 1;
        if let Some((status, body)) = &published.instead {
            let status = StatusCode::from_u16(*status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            return (status, body.clone()).into_response();
        }
        let key = |key: &Key| {
            let mut one = json!({
                "kty": "RSA", "use": "sig", "kid": key.kid, "n": URL_SAFE_NO_PAD.encode(key.modulus()), "e": "AQAB",
            });
            match flavour {
                Flavour::Google => one["alg"] = "RS256".into(),
                Flavour::Microsoft => one["x5t"] = key.kid.as_str().into(),
            }
            if let Some(issuer) = &published.key_issuer {
                one["issuer"] = issuer.as_str().into();
            }
            one
        };
        let keys: Vec<Value> = published.keys.iter().map(key).collect();
        let headers = [
            (CONTENT_TYPE, "application/json; charset=UTF-8".to_owned()),
            (CACHE_CONTROL, published.cache_control.clone()),
            (AGE, published.age.to_string()),
        ];
        (headers, json!({ "keys": keys }).to_string()).into_response()
    }
}

/// What a token is to be.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Wish {
    /// Claims in the place of the usual ones; null takes one away.
    pub claims: Map<String, Value>,
    /// Parameters of the header likewise.
    pub header: Map<String, Value>,
    /// Who signs.
    pub signer: Signer,
}

impl Wish {
    /// Wishes for these claims.
    pub fn of(claims: Value) -> Self {
        let Value::Object(claims) = claims else { panic!("claims are an object") };
        Self { claims, ..Self::default() }
    }

    /// Wishes for one claim more.
    #[must_use]
    pub fn claim(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.claims.insert(name.to_owned(), value.into());
        self
    }

    /// Wishes for one parameter of the header more.
    #[must_use]
    pub fn header(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.header.insert(name.to_owned(), value.into());
        self
    }

    /// Wishes for a signer.
    #[must_use]
    pub fn signed_by(mut self, signer: Signer) -> Self {
        self.signer = signer;
        self
    }
}

fn put(into: &mut Value, wish: &Map<String, Value>) {
    let fields = into.as_object_mut().expect("an object");
    for (name, value) in wish {
        match value {
            Value::Null => fields.remove(name),
            value => fields.insert(name.clone(), value.clone()),
        };
    }
}

fn rs256(pair: &RsaKeyPair, signed: &str) -> Vec<u8> {
    let mut signature = vec![0; pair.public_modulus_len()];
    pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), signed.as_bytes(), &mut signature).expect("the key signs");
    signature
}

async fn sign(State(this): State<Providers>, Path(flavour): Path<Flavour>, Json(wish): Json<Wish>) -> Json<Value> {
    Json(json!({ "idToken": this.token(flavour, &wish) }))
}

async fn rotate(State(this): State<Providers>, Path(flavour): Path<Flavour>) -> StatusCode {
    this.rotate(flavour);
    StatusCode::NO_CONTENT
}

/// Asks the stand-ins at `url` for an ID token.
pub async fn token_of(url: &str, flavour: Flavour, wish: &Wish) -> String {
    let flavour = serde_json::to_value(flavour).expect("a name");
    let url = format!("{url}/_standin/oidc/{}/tokens", flavour.as_str().expect("a name"));
    let answer = reqwest::Client::new().post(url).json(wish).send().await.expect("the stand-ins answer");
    let answer: Value = answer.json().await.expect("they answer JSON");
    answer["idToken"].as_str().expect("a token").to_owned()
}

/// Both providers at an address of their own; they end when this is dropped.
pub struct Running {
    /// Where they answer, without a slash at the end.
    pub url: String,
    /// What they do.
    pub providers: Providers,
    server: JoinHandle<()>,
}

impl Running {
    /// Starts them on a free port of 127.0.0.1.
    pub async fn start(ambient: Ambient) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let providers = Providers::new(ambient);
        let router = providers.clone().router();
        let server = tokio::spawn(async move {
            // `serve` only returns when the process ends.
            let _ = axum::serve(listener, router).await;
        });
        Self { url, providers, server }
    }

    /// Returns where Google's keys are.
    pub fn google_jwks_url(&self) -> String {
        format!("{}/google/certs", self.url)
    }

    /// Returns where Microsoft's keys are.
    pub fn microsoft_jwks_url(&self) -> String {
        format!("{}/microsoft/keys", self.url)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.server.abort();
    }
}
