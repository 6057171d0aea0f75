//! A shopper's journey, step by step, through the deployed API.
//!
//! Register, log in, list 20 products, look at one, put two different ones into the cart, give an address, check out, open the
//! payment, pay, and read the order until it is paid. First alone, for what each step costs; then many at a time.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use reqwest::{Method, RequestBuilder};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{Failure, process};

/// How many journeys are measured alone, after one that warms everything up.
const ALONE: usize = 20;

/// The figures of one mode.
#[derive(Serialize, Deserialize)]
pub struct Journeys {
    /// What is different in this mode, such as `hashing`.
    pub mode: String,
    /// What each step costs, measured alone.
    pub steps: Vec<Step>,
    /// How many journeys a second at several numbers of shoppers at a time.
    pub loads: Vec<Load>,
    /// Each function's resident bytes after all of it.
    pub resident: Vec<(String, u64)>,
}

/// The figures of one step.
#[derive(Serialize, Deserialize)]
pub struct Step {
    /// What the shopper does.
    pub name: String,
    /// Sequential table round trips.
    pub round_trips: u64,
    /// Consumed read capacity units.
    pub read_units: f64,
    /// Consumed write capacity units.
    pub write_units: f64,
    /// CPU milliseconds of all function processes together, per journey.
    pub cpu_ms: f64,
    /// Milliseconds until the answer, sorted.
    pub milliseconds: Vec<f64>,
}

/// The figures of one load.
#[derive(Serialize, Deserialize)]
pub struct Load {
    /// Shoppers at a time.
    pub at_once: usize,
    /// Journeys made.
    pub journeys: usize,
    /// How long all of them took.
    pub seconds: f64,
    /// CPU milliseconds of all function processes together, per journey.
    pub cpu_ms_per_journey: f64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct StackFile {
    endpoint: String,
    api_url: String,
    stand_in_url: String,
}

/// Makes the journeys.
pub async fn measure(stack: &Path, mode: &str, journeys: usize) -> Result<Journeys, Failure> {
    let stack: StackFile = serde_json::from_slice(&std::fs::read(stack)?)?;
    let world = Arc::new(World::open(stack).await?);
    eprintln!("{mode}: {ALONE} journeys alone");
    world.journey(&mut Vec::new()).await?;
    let mut steps: Vec<Step> = Vec::new();
    for _ in 0..ALONE {
        let mut taken = Vec::new();
        world.journey(&mut taken).await?;
        merge(&mut steps, taken);
    }
    for step in &mut steps {
        step.cpu_ms /= ALONE as f64;
        step.milliseconds.sort_by(f64::total_cmp);
    }
    let mut loads = Vec::new();
    for at_once in [1, 8, 32] {
        eprintln!("{mode}: {journeys} journeys, {at_once} at a time");
        loads.push(load(&world, at_once, journeys).await?);
    }
    let resident = world.functions().resident().map(|(name, bytes)| (name.to_owned(), bytes)).collect();
    Ok(Journeys { mode: mode.to_owned(), steps, loads, resident })
}

async fn load(world: &Arc<World>, at_once: usize, journeys: usize) -> Result<Load, Failure> {
    let left = Arc::new(AtomicU64::new(journeys as u64));
    let (before, started) = (world.functions(), Instant::now());
    let shoppers: Vec<_> = (0..at_once)
        .map(|_| {
            let (world, left) = (Arc::clone(world), Arc::clone(&left));
            tokio::spawn(async move {
                while left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |n| n.checked_sub(1)).is_ok() {
                    world.journey(&mut Vec::new()).await?;
                }
                Ok::<_, Failure>(())
            })
        })
        .collect();
    for shopper in shoppers {
        shopper.await??;
    }
    let cpu = world.functions().cpu_since(&before);
    Ok(Load {
        at_once,
        journeys,
        seconds: started.elapsed().as_secs_f64(),
        cpu_ms_per_journey: cpu as f64 / 1e6 / journeys as f64,
    })
}

/// Adds one journey's figures to the sums; counts are those of the last journey.
fn merge(steps: &mut Vec<Step>, taken: Vec<Step>) {
    for step in taken {
        match steps.iter_mut().find(|known| known.name == step.name) {
            Some(known) => {
                known.cpu_ms += step.cpu_ms;
                known.milliseconds.extend(step.milliseconds);
                known.round_trips = step.round_trips;
                (known.read_units, known.write_units) = (step.read_units, step.write_units);
            }
            None => steps.push(step),
        }
    }
}

/// The deployed API with a tenant that sells.
struct World {
    http: reqwest::Client,
    stack: StackFile,
    shopper: AtomicU64,
    run: u128,
}

/// One product and material to buy.
struct Choice {
    product: String,
    material: Option<String>,
}

impl World {
    async fn open(stack: StackFile) -> Result<Self, Failure> {
        let http = reqwest::Client::builder().timeout(Duration::from_secs(60)).build()?;
        let run = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH)?.as_millis();
        Ok(Self { http, stack, shopper: AtomicU64::new(0), run })
    }

    fn functions(&self) -> process::Snapshot {
        process::snapshot(&self.stack.endpoint)
    }

    fn request(&self, method: Method, path: &str, token: Option<&str>) -> RequestBuilder {
        let request = self.http.request(method, format!("{}{path}", self.stack.api_url)).header("x-tenant", "demo");
        match token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    async fn journey(&self, taken: &mut Vec<Step>) -> Result<(), Failure> {
        let number = self.shopper.fetch_add(1, Ordering::SeqCst);
        let email = format!("shopper-{}-{number}@example.com", self.run);
        let password = "correct horse battery staple";

        let body = json!({"email": email, "password": password, "firstName": "Asha", "lastName": "Rao"});
        step(self, taken, "register", self.request(Method::POST, "/auth/register", None).json(&body)).await?;

        let body = json!({"email": email, "password": password});
        let session = step(self, taken, "log in", self.request(Method::POST, "/auth/login", None).json(&body)).await?;
        let token = text(&session, "/data/accessToken")?;
        let token = Some(token.as_str());

        let list = step(self, taken, "list 20 products", self.request(Method::GET, "/products?limit=20", None)).await?;
        let products =
            list.pointer("/data").and_then(Value::as_array).ok_or("no products: is the demo tenant seeded?")?;
        // Different shoppers take different pieces, so that stock lasts and contention is as in a shop.
        let at = usize::try_from(number)?;
        let pick = |offset: usize| products.get((at.wrapping_mul(2).wrapping_add(offset)) % products.len());
        let (first, second) = (pick(0).ok_or("no products")?, pick(1).ok_or("no products")?);

        let path = format!("/products/{}", text(first, "/id")?);
        let first = choice(at, &step(self, taken, "product detail", self.request(Method::GET, &path, None)).await?)?;
        let path = format!("/products/{}", text(second, "/id")?);
        let second =
            choice(at, &step(self, &mut Vec::new(), "product detail", self.request(Method::GET, &path, None)).await?)?;

        for (name, choice) in [("add to cart", &first), ("add another", &second)] {
            let body = json!({"productId": choice.product, "materialId": choice.material, "quantity": 1});
            step(self, taken, name, self.request(Method::POST, "/cart/items", token).json(&body)).await?;
        }

        let body = json!({
            "fullName": "Asha Rao", "phone": "+919812345678", "line1": "12 MG Road", "city": "Bengaluru",
            "state": "Karnataka", "postalCode": "560001", "country": "IN"
        });
        let address =
            step(self, taken, "address", self.request(Method::POST, "/users/me/addresses", token).json(&body)).await?;

        let body = json!({"addressId": text(&address, "/data/id")?, "shippingMethod": "STANDARD", "paymentProvider": "razorpay"});
        let key = format!("checkout-{email}");
        let request = self.request(Method::POST, "/orders/checkout", token).header("idempotency-key", key).json(&body);
        let group = step(self, taken, "checkout", request).await?;
        let group = text(&group, "/data/id")?;

        let body = json!({"orderGroupId": group, "provider": "razorpay"});
        let key = format!("payment-{email}");
        let request =
            self.request(Method::POST, "/payments/initiate", token).header("idempotency-key", key).json(&body);
        let payment = step(self, taken, "open payment", request).await?;

        // The stand-in delivers the signed webhook before it answers.
        let order = text(&payment, "/data/razorpayOrderId")?;
        let pay = self.http.post(format!("{}/_standin/orders/{order}/pay", self.stack.stand_in_url)).json(&json!({}));
        step(self, taken, "pay (webhooks)", pay).await?;

        let path = format!("/order-groups/{group}");
        for _ in 0..1200 {
            let order = step(self, taken, "read the order", self.request(Method::GET, &path, token)).await?;
            if order.pointer("/data/status").and_then(Value::as_str) == Some("PAID") {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Err("an order that was paid for did not become PAID".into())
    }
}

/// Takes the materials in turn, so that no stock runs out before the journeys do.
fn choice(shopper: usize, detail: &Value) -> Result<Choice, Failure> {
    let materials = detail.pointer("/data/materials").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let material = materials.get(shopper % materials.len().max(1)).map(|material| text(material, "/id")).transpose()?;
    Ok(Choice { product: text(detail, "/data/id")?, material })
}

fn text(value: &Value, pointer: &str) -> Result<String, Failure> {
    let found = value.pointer(pointer).and_then(Value::as_str);
    Ok(found.ok_or_else(|| format!("no {pointer} in {value}"))?.to_owned())
}

async fn step(world: &World, taken: &mut Vec<Step>, name: &str, request: RequestBuilder) -> Result<Value, Failure> {
    let (before, started) = (world.functions(), Instant::now());
    let response = request.send().await?;
    let milliseconds = started.elapsed().as_secs_f64() * 1000.0;
    let cpu_ms = world.functions().cpu_since(&before) as f64 / 1e6;
    let status = response.status();
    let timing = response.headers().get("server-timing").and_then(|value| value.to_str().ok()).unwrap_or("").to_owned();
    let body: Value = response.json().await?;
    if !status.is_success() {
        return Err(format!("{name} answered {status}: {body}").into());
    }
    // The stand-in passes on what each of its webhooks was told. They follow each other, and each takes its own trips.
    let delivered = body.get("delivered").and_then(Value::as_array).into_iter().flatten();
    let passed_on = delivered.filter_map(|letter| letter.get("serverTiming")?.as_str());
    let timings: Vec<&str> = passed_on.chain([timing.as_str()]).collect();
    let figures = |metric: &str| timings.iter().map(|timing| figure(timing, metric)).collect::<Vec<_>>();
    taken.push(Step {
        name: name.to_owned(),
        round_trips: figures("trips").into_iter().fold(0.0, f64::max) as u64,
        read_units: figures("rcu").iter().sum(),
        write_units: figures("wcu").iter().sum(),
        cpu_ms,
        milliseconds: vec![milliseconds],
    });
    Ok(body)
}

/// Reads one figure of a `Server-Timing` header.
fn figure(timing: &str, metric: &str) -> f64 {
    let part = timing.split(", ").find_map(|part| part.strip_prefix(metric)?.strip_prefix(";desc=\""));
    part.and_then(|part| part.trim_end_matches('"').parse().ok()).unwrap_or(0.0)
}
