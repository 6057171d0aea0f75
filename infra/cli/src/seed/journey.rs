//! What `haat seed` says at its end: where everything is, who may come in, and one purchase in curl.

use domain::id::CarrierId;
use domain::tenant::Tenant;

use super::coupon;
use super::people::{CARRIER, CUSTOMER, OWNER, SELLER};
use super::tenant::SUBDOMAIN;
use crate::settings::Settings;

/// Prints it.
pub fn print(settings: &Settings, tenant: &Tenant, carrier: CarrierId) {
    let api = settings.optional("HAAT_API_URL").unwrap_or_else(|| "https://…/api/v1".to_owned());
    let api = api.trim_end_matches('/');
    // The front door's address may or may not have the base path already.
    let api = if api.ends_with("/api/v1") { api.to_owned() } else { format!("{api}/api/v1") };
    println!("API     {api}   (header X-Tenant: {SUBDOMAIN})");
    println!("Docs    {api}/docs");
    println!("Tenant  {} ({})", tenant.name, tenant.id);
    println!();
    println!("Logins");
    for login in [OWNER, SELLER, CARRIER, CUSTOMER] {
        println!("  {:<9} {:<28} {}", login.who, login.email, login.password);
    }
    println!();
    println!("To try: coupon {}; shipping methods STANDARD, {carrier}/SURFACE and {carrier}/AIR", coupon::CODE);
    println!();
    println!("A purchase, for bash");
    println!();
    println!("{}", journey(&api, settings.optional("HAAT_RAZORPAY_URL").as_deref()));
}

fn journey(api: &str, stand_in: Option<&str>) -> String {
    let pay = stand_in.map_or_else(
        || "# pay RAZORPAY in the browser's checkout with the key of the answer above".to_owned(),
        |url| {
            let url = url.trim_end_matches('/');
            format!("curl -sS -X POST {url}/_standin/orders/$RAZORPAY/pay -H 'Content-Type: application/json' -d '{{}}'; echo")
        },
    );
    let stripe = stand_in.map_or_else(String::new, |url| {
        format!(
            "# or, instead of the two lines above, through Stripe:\n\
             # INTENT=$(call POST /payments/initiate -H \"Idempotency-Key: demo-$RANDOM$RANDOM\" -d \"{{\\\"orderGroupId\\\":\\\"$GROUP\\\",\\\"provider\\\":\\\"stripe\\\"}}\" | get clientSecret)\n\
             # curl -sS -X POST {}/_standin/stripe/intents/${{INTENT%_secret_*}}/decide -H 'Content-Type: application/json' -d '{{}}'; echo",
            url.trim_end_matches('/')
        )
    });
    let lines = [
        format!("API={api}"),
        "get() { python3 -c 'import json,sys; d=json.load(sys.stdin)[\"data\"]".to_owned(),
        "for k in sys.argv[1].split(\".\"): d=d[int(k)] if k.isdigit() else d[k]".to_owned(),
        "print(d)' \"$1\"; }".to_owned(),
        format!("call() {{ curl -sS -X \"$1\" \"$API$2\" -H 'X-Tenant: {SUBDOMAIN}' -H 'Content-Type: application/json' -H \"Authorization: Bearer $TOKEN\" \"${{@:3}}\"; }}"),
        format!(
            "TOKEN=$(curl -sS -X POST $API/auth/login -H 'X-Tenant: {SUBDOMAIN}' -H 'Content-Type: application/json' -d '{{\"email\":\"{}\",\"password\":\"{}\"}}' | get accessToken)",
            CUSTOMER.email, CUSTOMER.password
        ),
        "PRODUCT=$(call GET '/products?limit=20' | get 0.id)".to_owned(),
        "MATERIAL=$(call GET /products/$PRODUCT | get materials.0.id)".to_owned(),
        "FILE=$(call GET /products/$PRODUCT | get models.0.fileId)".to_owned(),
        "call POST /cart/items -d \"{\\\"productId\\\":\\\"$PRODUCT\\\",\\\"materialId\\\":\\\"$MATERIAL\\\",\\\"quantity\\\":1}\"; echo".to_owned(),
        "ADDRESS=$(call POST /users/me/addresses -d '{\"fullName\":\"Ravi Kumar\",\"phone\":\"+91 98765 43210\",\"line1\":\"12 MG Road\",\"city\":\"Bengaluru\",\"state\":\"Karnataka\",\"postalCode\":\"560001\",\"country\":\"IN\"}' | get id)".to_owned(),
        "GROUP=$(call POST /orders/checkout -H \"Idempotency-Key: demo-$RANDOM$RANDOM\" -d \"{\\\"addressId\\\":\\\"$ADDRESS\\\",\\\"shippingMethod\\\":\\\"STANDARD\\\",\\\"paymentProvider\\\":\\\"razorpay\\\"}\" | get id)".to_owned(),
        "RAZORPAY=$(call POST /payments/initiate -H \"Idempotency-Key: demo-$RANDOM$RANDOM\" -d \"{\\\"orderGroupId\\\":\\\"$GROUP\\\",\\\"provider\\\":\\\"razorpay\\\"}\" | get razorpayOrderId)".to_owned(),
        pay,
        stripe,
        "call GET /order-groups/$GROUP; echo".to_owned(),
        "curl -sS -o model.stl \"$(call GET /files/download/$FILE | get downloadUrl)\" && ls -l model.stl".to_owned(),
    ];
    lines.join("\n")
}
