//! What the walk sends to each operation: valid requests, so that only who asks can be the reason of a refusal.

use serde_json::Value;

/// What an owner's object is to somebody of the same tenant who does not own it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stranger {
    /// It is not there: the answer is that to a made-up id.
    FindsNothing,
    /// Everybody sees it, so there is nothing to hide, but only its owner may change it.
    MayLookOnly,
    /// It is there to be used.
    Uses,
}
use Stranger::{FindsNothing, MayLookOnly, Uses};

/// One operation: its name, its body with ids in braces, and what its objects are to strangers.
pub(super) const TABLE: &[(&str, &str, Stranger)] = &[
    ("GET /health", "", Uses),
    ("GET /health/ready", "", Uses),
    ("GET /openapi.json", "", Uses),
    ("GET /docs", "", Uses),
    ("GET /docs/errors", "", Uses),
    ("GET /admin/settings", "", Uses),
    ("PATCH /admin/settings", r#"{"holdMinutes": 20}"#, Uses),
    ("GET /admin/payment-providers/manual", "", Uses),
    ("PUT /admin/payment-providers/manual", r#"{"instructions": "Account 1"}"#, Uses),
    ("POST /admin/payment-providers/manual/rotate-secret", r#"{"webhookSecret": "a-secret-of-webhooks"}"#, Uses),
    ("DELETE /admin/payment-providers/manual", "", Uses),
    (
        "POST /admin/payments/{paymentId}/mark-paid",
        r#"{"amount": {"amount": 1, "currency": "INR"}, "reference": "UTR-1"}"#,
        FindsNothing,
    ),
    ("GET /admin/coupons", "", Uses),
    (
        "POST /admin/coupons",
        r#"{"code": "WALKED", "terms": {"discount": {"kind": "PERCENT", "basisPoints": 100}, "scope": {"kind": "ALL"}, "active": true}}"#,
        Uses,
    ),
    ("GET /admin/coupons/{couponCode}", "", FindsNothing),
    (
        "PUT /admin/coupons/{couponCode}",
        r#"{"terms": {"discount": {"kind": "PERCENT", "basisPoints": 100}, "scope": {"kind": "ALL"}, "active": true}}"#,
        FindsNothing,
    ),
    ("DELETE /admin/coupons/{couponCode}", "", FindsNothing),
    ("GET /admin/users", "", Uses),
    (
        "POST /admin/users",
        r#"{"email": "created@example.com", "firstName": "A", "lastName": "B", "roles": ["CUSTOMER"]}"#,
        Uses,
    ),
    ("POST /admin/users/search", r#"{"email": "nobody@example.com"}"#, Uses),
    (
        "POST /admin/users/invite",
        r#"{"email": "invited@example.com", "firstName": "A", "lastName": "B", "roles": ["CUSTOMER"]}"#,
        Uses,
    ),
    ("GET /admin/users/{userId}", "", FindsNothing),
    ("PATCH /admin/users/{userId}", r#"{"advisorId": null}"#, FindsNothing),
    ("POST /admin/users/{userId}/invite", "", FindsNothing),
    ("PUT /admin/users/{userId}/roles", r#"{"roles": ["CUSTOMER"]}"#, FindsNothing),
    ("POST /admin/users/{userId}/suspend", "", FindsNothing),
    ("POST /admin/users/{userId}/restore", "", FindsNothing),
    ("GET /admin/users/{userId}/kyc", "", FindsNothing),
    ("POST /admin/users/{userId}/kyc/review", r#"{"decision": "VERIFIED", "version": 1}"#, FindsNothing),
    ("POST /admin/payments/{paymentId}/refunds", r#"{"orderId": "{orderId}", "reason": "broken"}"#, FindsNothing),
    ("GET /admin/payments/{paymentId}/refunds", "", FindsNothing),
    ("GET /admin/payments/{paymentId}/disputes", "", FindsNothing),
    ("GET /admin/disputes", "", Uses),
    ("GET /admin/refunds", "", Uses),
    ("POST /admin/payments/{paymentId}/refunds/{refundId}/settle", r#"{"outcome": "FAILED"}"#, FindsNothing),
    ("POST /admin/payouts", r#"{"sellerId": "{sellerId}", "amount": {"amount": 1, "currency": "INR"}}"#, FindsNothing),
    ("GET /seller/balance", "", Uses),
    ("GET /seller/ledger", "", Uses),
    ("GET /admin/payouts", "", Uses),
    ("GET /admin/payouts/export", "", Uses),
    ("POST /admin/payouts/{payoutId}/settle", r#"{"status": "CANCELLED"}"#, FindsNothing),
    (
        "POST /admin/ledger/adjustments",
        r#"{"sellerId": "{sellerId}", "amount": {"amount": 1, "currency": "INR"}, "note": "fee"}"#,
        FindsNothing,
    ),
    ("GET /admin/carriers", "", Uses),
    (
        "POST /admin/carriers",
        r#"{"name": "Walked", "active": true, "trackingUrl": "https://walked.example/{trackingNumber}",
            "services": [{"code": "EXPRESS", "name": "Express", "rates": {"bands": [{"price": {"amount": 1, "currency": "INR"}}]}}]}"#,
        Uses,
    ),
    ("GET /admin/carriers/{carrierId}", "", FindsNothing),
    (
        "PUT /admin/carriers/{carrierId}",
        r#"{"name": "Walked", "active": true, "trackingUrl": "https://walked.example/{trackingNumber}",
            "services": [{"code": "EXPRESS", "name": "Express", "rates": {"bands": [{"price": {"amount": 1, "currency": "INR"}}]}}]}"#,
        FindsNothing,
    ),
    ("DELETE /admin/carriers/{carrierId}", "", FindsNothing),
    ("POST /admin/carriers/{carrierId}/people", r#"{"userId": "{userId}"}"#, FindsNothing),
    ("DELETE /admin/carriers/{carrierId}/people/{userId}", "", FindsNothing),
    ("GET /admin/shipments", "", Uses),
    (
        "POST /admin/shipments",
        r#"{"orderId": "{orderId}", "carrierId": "{carrierId}", "service": "EXPRESS", "trackingNumber": "WALKED-0001"}"#,
        FindsNothing,
    ),
    ("GET /admin/shipments/{shipmentId}", "", FindsNothing),
    ("PATCH /admin/shipments/{shipmentId}", r#"{"status": "SHIPPED"}"#, FindsNothing),
    ("GET /seller/shipments", "", Uses),
    (
        "POST /seller/shipments",
        r#"{"orderId": "{orderId}", "carrierId": "{carrierId}", "service": "EXPRESS", "trackingNumber": "WALKED-0002"}"#,
        FindsNothing,
    ),
    ("GET /seller/shipments/{shipmentId}", "", FindsNothing),
    ("PATCH /seller/shipments/{shipmentId}", r#"{"status": "SHIPPED"}"#, FindsNothing),
    ("GET /carrier/shipments", "", Uses),
    ("GET /carrier/shipments/{shipmentId}", "", FindsNothing),
    ("PATCH /carrier/shipments/{shipmentId}", r#"{"status": "SHIPPED"}"#, FindsNothing),
    ("GET /shipments/{parcelNumber}", "", Uses),
    ("GET /shipping-methods", "", Uses),
    ("GET /platform/tenants", "", Uses),
    (
        "POST /platform/tenants",
        r#"{"name": "W", "subdomain": "walked", "legalName": "W", "legalAddress": ["1"], "invoicePrefix": "W",
            "currency": "INR", "timeZone": "Asia/Kolkata", "locale": "en",
            "owner": {"email": "owner@example.com", "firstName": "A", "lastName": "B"}}"#,
        Uses,
    ),
    ("GET /platform/tenants/{tenantId}", "", FindsNothing),
    ("PATCH /platform/tenants/{tenantId}", r#"{"name": "Mine"}"#, FindsNothing),
    ("POST /platform/tenants/{tenantId}/suspend", "", FindsNothing),
    ("POST /platform/tenants/{tenantId}/restore", "", FindsNothing),
    (
        "POST /platform/tenants/{tenantId}/invite-owner",
        r#"{"email": "owner@example.com", "firstName": "A", "lastName": "B"}"#,
        FindsNothing,
    ),
    ("GET /users/me/kyc", "", Uses),
    (
        "PUT /users/me/kyc",
        r#"{"document": "PASSPORT", "number": "Z1234567", "country": "IN", "fullName": "W", "bornOn": "1990-12-31"}"#,
        Uses,
    ),
    ("GET /.well-known/jwks.json", "", Uses),
    (
        "POST /auth/register",
        r#"{"email": "walker@example.com", "password": "correct horse battery staple", "firstName": "A", "lastName": "B"}"#,
        Uses,
    ),
    ("POST /auth/login", r#"{"email": "nobody@example.com", "password": "wrong password"}"#, Uses),
    ("POST /auth/refresh", r#"{"refreshToken": "{refreshToken}"}"#, FindsNothing),
    ("GET /auth/csrf-token", "", Uses),
    ("POST /auth/logout", "", Uses),
    ("POST /auth/logout-all", "", Uses),
    ("GET /auth/sessions", "", Uses),
    ("DELETE /auth/sessions/{sessionId}", "", FindsNothing),
    ("POST /auth/mfa/setup", "", Uses),
    ("POST /auth/mfa/verify", r#"{"code": "000000"}"#, Uses),
    ("POST /auth/mfa/disable", r#"{"password": "wrong password", "code": "000000"}"#, Uses),
    ("POST /auth/mfa/backup-codes", r#"{"code": "000000"}"#, Uses),
    ("POST /auth/google", r#"{"idToken": "a.b.c", "nonce": "n-0S6_WzA2Mj"}"#, Uses),
    ("POST /auth/microsoft", r#"{"idToken": "a.b.c", "nonce": "n-0S6_WzA2Mj"}"#, Uses),
    ("POST /auth/mfa/challenge", r#"{"challengeToken": "made-up", "code": "000000"}"#, Uses),
    ("GET /auth/me", "", Uses),
    ("POST /auth/verify-email", r#"{"token": "{ticketToken}"}"#, FindsNothing),
    ("POST /auth/resend-verification", r#"{"email": "nobody@example.com"}"#, Uses),
    ("POST /auth/forgot-password", r#"{"email": "nobody@example.com"}"#, Uses),
    (
        "POST /auth/reset-password",
        r#"{"token": "{ticketToken}", "newPassword": "correct horse battery staple"}"#,
        FindsNothing,
    ),
    (
        "POST /auth/accept-invitation",
        r#"{"token": "{ticketToken}", "password": "correct horse battery staple"}"#,
        FindsNothing,
    ),
    (
        "POST /auth/change-password",
        r#"{"currentPassword": "wrong password", "newPassword": "correct horse battery staple"}"#,
        Uses,
    ),
    ("POST /auth/change-email", r#"{"newEmail": "nobody@example.com", "password": "wrong password"}"#, Uses),
    ("POST /auth/confirm-email-change", r#"{"token": "{ticketToken}"}"#, FindsNothing),
    ("GET /users/me", "", Uses),
    ("PATCH /users/me", r#"{"username": "walker"}"#, Uses),
    // Whoever walks goes on walking.
    ("DELETE /users/me", r#"{"password": "wrong password"}"#, Uses),
    ("GET /users/me/export", "", Uses),
    ("POST /sellers", r#"{"name": "Walked Wares"}"#, Uses),
    ("GET /sellers/mine", "", Uses),
    ("PATCH /sellers/mine", r#"{"bio": "Walked"}"#, Uses),
    ("GET /sellers/{sellerId}", "", Uses),
    ("GET /categories", "", Uses),
    ("POST /admin/categories", r#"{"name": "Walked"}"#, Uses),
    ("PATCH /admin/categories/{categoryId}", r#"{"position": 1}"#, FindsNothing),
    ("DELETE /admin/categories/{categoryId}", "", FindsNothing),
    ("GET /admin/materials", "", Uses),
    ("POST /admin/materials", r#"{"name": "Walked", "surcharge": {"amount": 0, "currency": "INR"}}"#, Uses),
    // Of the product's own materials none is shared.
    ("GET /admin/materials/{materialId}", "", FindsNothing),
    ("PATCH /admin/materials/{materialId}", r#"{"active": true}"#, FindsNothing),
    ("GET /admin/sellers", "", Uses),
    ("GET /admin/sellers/{sellerId}", "", FindsNothing),
    ("PATCH /admin/sellers/{sellerId}", r#"{"commissionBp": 850}"#, FindsNothing),
    ("POST /admin/sellers/{sellerId}/approve", "", FindsNothing),
    ("POST /admin/sellers/{sellerId}/suspend", "", FindsNothing),
    ("POST /admin/sellers/{sellerId}/restore", "", FindsNothing),
    ("GET /users/me/addresses", "", Uses),
    (
        "POST /users/me/addresses",
        r#"{"fullName": "W", "phone": "+919812345678", "line1": "1", "city": "C", "postalCode": "560001", "country": "IN"}"#,
        Uses,
    ),
    ("GET /users/me/addresses/{addressId}", "", FindsNothing),
    ("PATCH /users/me/addresses/{addressId}", r#"{"city": "Pune"}"#, FindsNothing),
    ("DELETE /users/me/addresses/{addressId}", "", FindsNothing),
    ("GET /products", "", Uses),
    (
        "POST /products",
        r#"{"name": "Walked", "sku": "SKU-WALKED", "basePrice": {"amount": 100, "currency": "INR"}, "stockPolicy": "MADE_TO_ORDER"}"#,
        Uses,
    ),
    ("GET /products/mine", "", Uses),
    ("GET /products/imports", "", Uses),
    ("POST /products/imports", r#"{"fileId": "{fileId}"}"#, FindsNothing),
    ("GET /products/imports/{importId}", "", FindsNothing),
    ("GET /products/exports", "", Uses),
    ("POST /products/exports", r#"{"format": "CSV"}"#, Uses),
    ("GET /products/exports/{exportId}", "", FindsNothing),
    ("GET /products/{productId}", "", Uses),
    ("PATCH /products/{productId}", r#"{"name": "Mine now"}"#, MayLookOnly),
    ("DELETE /products/{productId}", "", MayLookOnly),
    (
        "POST /products/{productId}/materials",
        r#"{"name": "Gold", "surcharge": {"amount": 0, "currency": "INR"}, "stock": 1}"#,
        MayLookOnly,
    ),
    ("PATCH /products/{productId}/materials/{materialId}", r#"{"name": "Gold"}"#, MayLookOnly),
    ("DELETE /products/{productId}/materials/{materialId}", "", MayLookOnly),
    (
        "POST /products/{productId}/models",
        r#"{"fileId": "{fileId}", "name": "Mine", "licence": "CC-BY-4.0"}"#,
        MayLookOnly,
    ),
    ("DELETE /products/{productId}/models/{modelId}", "", MayLookOnly),
    (
        "POST /files/uploads",
        r#"{"purpose": "product-model", "name": "a.stl", "size": 134, "type": "model/stl",
            "sha256": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"}"#,
        Uses,
    ),
    ("POST /files/uploads/{uploadId}/complete", "{}", FindsNothing),
    ("GET /files/download/{fileId}", "", FindsNothing),
    ("GET /orders/{orderId}/invoice", "", FindsNothing),
    ("GET /orders/{orderId}/credit-notes", "", FindsNothing),
    ("GET /orders/{orderId}/licences", "", FindsNothing),
    ("POST /licences/check", r#"{"key": "7QK2M-R4T9X-0C5WZ-HJ8PD-3VYBN"}"#, FindsNothing),
    ("GET /cart", "", Uses),
    ("POST /cart", "", Uses),
    ("DELETE /cart", "", Uses),
    ("POST /cart/items", r#"{"productId": "{productId}", "materialId": "{materialId}", "quantity": 1}"#, Uses),
    ("POST /cart/coupon", r#"{"coupon": "WALKED"}"#, Uses),
    ("DELETE /cart/coupon", "", Uses),
    ("POST /cart/merge", r#"{"cartToken": "{cartToken}"}"#, Uses),
    ("PATCH /cart/items/{itemId}", r#"{"quantity": 2}"#, FindsNothing),
    ("DELETE /cart/items/{itemId}", "", FindsNothing),
    (
        "POST /orders/checkout",
        r#"{"addressId": "{addressId}", "shippingMethod": "STANDARD", "paymentProvider": "razorpay"}"#,
        FindsNothing,
    ),
    ("GET /orders", "", Uses),
    ("GET /orders/{orderId}", "", FindsNothing),
    ("GET /orders/export", "", Uses),
    ("POST /orders/{orderId}/cancel", r#"{"reason": "CHANGED_MIND"}"#, FindsNothing),
    ("POST /orders/{orderId}/reorder", "", FindsNothing),
    ("GET /seller/orders", "", Uses),
    ("GET /seller/orders/export", "", Uses),
    ("GET /seller/orders/{orderId}", "", FindsNothing),
    ("POST /seller/orders/{orderId}/process", "", FindsNothing),
    ("POST /seller/orders/{orderId}/refunds", r#"{"reason": "broken"}"#, FindsNothing),
    ("GET /admin/orders", "", Uses),
    ("GET /admin/orders/export", "", Uses),
    ("GET /order-groups/{groupId}", "", FindsNothing),
    ("POST /payments/initiate", r#"{"orderGroupId": "{groupId}", "provider": "razorpay"}"#, FindsNothing),
    ("GET /payments/{paymentId}", "", FindsNothing),
    (
        "POST /payments/razorpay/confirm",
        r#"{"razorpayOrderId": "{razorpayOrderId}", "razorpayPaymentId": "pay_IH4NVgf4Dreq1l", "razorpaySignature": "00"}"#,
        FindsNothing,
    ),
    ("GET /payments/vnpay/return", "", Uses),
    ("POST /webhooks/razorpay/{tenant}", "{}", Uses),
    ("GET /webhooks/vnpay/{tenant}/ipn", "", Uses),
    ("POST /webhooks/stripe/{tenant}", "{}", Uses),
];

/// What to send.
pub(super) struct Operation {
    name: &'static str,
    pub(super) body: Option<Value>,
    pub(super) stranger: Stranger,
}

/// Finds an operation by its method and path. `{uploadId}` in the table is `{fileId}` in the document: an upload under way.
pub(super) fn find(name: &str) -> Option<Operation> {
    let wanted = renamed(name);
    let (name, body, stranger) = TABLE.iter().find(|(name, ..)| *name == wanted)?;
    let body = (!body.is_empty()).then(|| serde_json::from_str(body).unwrap());
    Some(Operation { name, body, stranger: *stranger })
}

/// Names a documented operation as the table does.
pub(super) fn renamed(name: &str) -> String {
    name.replace("/files/uploads/{fileId}", "/files/uploads/{uploadId}")
        .replace("/payment-providers/{provider}", "/payment-providers/manual")
        .replace("/shipments/{trackingNumber}", "/shipments/{parcelNumber}")
}

impl Operation {
    /// Returns the path with the table's names of ids.
    pub(super) fn path_of(&self, documented: &str) -> String {
        self.name.split_once(' ').map_or_else(|| documented.to_owned(), |(_, path)| path.to_owned())
    }

    /// Tells whether the request names an object by its id.
    pub(super) fn names_an_object(&self, documented: &str) -> bool {
        let body = self.body.as_ref().map(Value::to_string).unwrap_or_default();
        self.path_of(documented).contains('{') || body.contains("\"{")
    }
}
