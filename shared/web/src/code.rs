//! Every error that the API can answer: one table of codes, statuses and titles.
//!
//! Architecture invariant: a code that is not in this table can't be answered. The table is published
//! in the API's document and on the docs page, so a code's meaning never changes once released.

use std::fmt;

use http::StatusCode;

macro_rules! codes {
    ($($(#[doc = $doc:literal])+ $name:ident $text:literal $status:literal $title:literal,)*) => {
        /// A stable name for one way in which a request can fail.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[allow(clippy::enum_variant_names, reason = "a code of an authenticator app is called a code too")]
        pub enum Code {
            $($(#[doc = $doc])+ $name,)*
        }

        impl Code {
            /// All codes, in the order of their status.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// Returns the code as clients see it, such as `NOT_FOUND`.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }

            /// Returns the HTTP status that the code is answered with.
            pub fn status(self) -> StatusCode {
                let status = match self { $(Self::$name => $status,)* };
                StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
            }

            /// Returns the short, unchanging title, also used as the message when a handler gives none.
            pub fn title(self) -> &'static str {
                match self { $(Self::$name => $title,)* }
            }

            /// Returns when the code is answered, for the docs.
            pub fn meaning(self) -> &'static str {
                match self { $(Self::$name => concat!($($doc),+).trim_ascii(),)* }
            }
        }

        /// One type per code, to name the refusals of an operation in its OpenAPI document:
        /// `responses((status = 200, …), refusals::Of<(refusals::EmailTaken, refusals::OutOfStock)>)`.
        pub mod refusals {
            $(
                $(#[doc = $doc])+
                #[derive(Debug, Clone, Copy)]
                pub struct $name;

                impl super::Refusal for $name {
                    const CODES: &'static [super::Code] = &[super::Code::$name];
                }
            )*

            pub use crate::openapi::Of;
        }
    };
}

/// A set of codes, for the OpenAPI document.
pub trait Refusal {
    /// The codes of the set.
    const CODES: &'static [Code];
}

codes! {
    /// A field or parameter is missing, unknown, of the wrong type or out of range; `errors` names each.
    ValidationFailed "VALIDATION_FAILED" 400 "The request is invalid",
    /// The body is not JSON, not UTF-8, or names a key twice.
    MalformedBody "MALFORMED_BODY" 400 "The body is malformed",
    /// The cursor was altered, has expired, or belongs to another list, filter or tenant.
    InvalidCursor "INVALID_CURSOR" 400 "The cursor is not valid",
    /// The operation moves money or goods, so it needs an `Idempotency-Key` header.
    IdempotencyKeyRequired "IDEMPOTENCY_KEY_REQUIRED" 400 "An Idempotency-Key header is required",
    /// The signature of a provider's message does not match.
    InvalidSignature "INVALID_SIGNATURE" 400 "The signature does not match",
    /// The product or its material is not for sale.
    ProductInactive "PRODUCT_INACTIVE" 400 "The product is not for sale",
    /// The mailed link or code is unknown, was used, was replaced by a newer one, or has expired.
    InvalidTicket "INVALID_TICKET" 400 "The link is not valid any more",
    /// The uploaded object is missing or differs from what was announced.
    UploadMismatch "UPLOAD_MISMATCH" 400 "The uploaded file differs from what was announced",

    /// The operation needs an access token and none was sent.
    Unauthenticated "UNAUTHENTICATED" 401 "Authentication is required",
    /// The access token is malformed, forged, or not made for this API.
    InvalidToken "INVALID_TOKEN" 401 "The access token is not valid",
    /// The access token has expired: refresh it.
    TokenExpired "TOKEN_EXPIRED" 401 "The access token has expired",
    /// The session has ended, or the account is no longer active.
    SessionEnded "SESSION_ENDED" 401 "The session has ended",
    /// E-mail or password is wrong.
    InvalidCredentials "INVALID_CREDENTIALS" 401 "E-mail or password is wrong",
    /// The refresh token is unknown, expired or was used before.
    InvalidRefreshToken "INVALID_REFRESH_TOKEN" 401 "The refresh token is not valid",

    /// The ID token of the identity provider is forged, expired, or made for somebody else.
    InvalidIdToken "INVALID_ID_TOKEN" 401 "The ID token is not valid",
    /// The challenge of a sign-in with a second factor is unknown, expired or used up: sign in again.
    InvalidChallenge "INVALID_CHALLENGE" 401 "The challenge is not valid",
    /// The code of the authenticator app, or the backup code, is wrong or was used before.
    InvalidMfaCode "INVALID_MFA_CODE" 401 "The code is not valid",

    /// A cookie-authenticated write without the session's `X-CSRF-Token`.
    CsrfTokenInvalid "CSRF_TOKEN_INVALID" 403 "The CSRF token is missing or wrong",
    /// The caller's role needs a second factor, and none is set up: set it up first.
    MfaEnrolmentRequired "MFA_ENROLMENT_REQUIRED" 403 "Set up a second factor first",
    /// Nobody may give or take a role above their own.
    RoleTooHigh "ROLE_TOO_HIGH" 403 "The role is above your own",
    /// The caller's roles do not allow the operation.
    Forbidden "FORBIDDEN" 403 "You may not do this",
    /// The access token belongs to another tenant than the one addressed.
    TenantMismatch "TENANT_MISMATCH" 403 "The token belongs to another tenant",
    /// The file belongs to an order that is not paid.
    NotPaid "NOT_PAID" 403 "The order is not paid",
    /// The file was downloaded as often as allowed within its window.
    DownloadLimitReached "DOWNLOAD_LIMIT_REACHED" 403 "The download limit is reached",

    /// The object does not exist, or is not the caller's to see.
    NotFound "NOT_FOUND" 404 "Not found",
    /// The host names no tenant that is open for business.
    TenantNotFound "TENANT_NOT_FOUND" 404 "There is no such tenant",
    /// The path is not part of the API.
    RouteNotFound "ROUTE_NOT_FOUND" 404 "There is no such route",

    /// The path exists, but not with this method.
    MethodNotAllowed "METHOD_NOT_ALLOWED" 405 "The method is not allowed here",

    /// Somebody changed the same object at the same moment: read it again and repeat.
    Conflict "CONFLICT" 409 "The object was changed by somebody else",
    /// A first request with the same idempotency key is still running: repeat after `Retry-After`.
    InProgress "IN_PROGRESS" 409 "The same request is still running",
    /// The e-mail address already has an account.
    EmailTaken "EMAIL_TAKEN" 409 "The e-mail address already has an account",
    /// Another tenant has the subdomain.
    SubdomainTaken "SUBDOMAIN_TAKEN" 409 "The subdomain is in use",
    /// A second factor is on already: turn it off before setting up another.
    MfaAlreadyEnabled "MFA_ALREADY_ENABLED" 409 "A second factor is on already",
    /// No second factor was set up.
    MfaNotEnabled "MFA_NOT_ENABLED" 409 "No second factor is set up",
    /// Another product has this SKU.
    SkuTaken "SKU_TAKEN" 409 "The SKU is in use",
    /// Another coupon has this code.
    CouponCodeTaken "COUPON_CODE_TAKEN" 409 "The coupon's code is in use",
    /// Another product, seller or category has this slug.
    SlugTaken "SLUG_TAKEN" 409 "The slug is in use",
    /// The object's status does not allow the change.
    InvalidTransition "INVALID_TRANSITION" 409 "The status does not allow this",
    /// A refund would give back more than was taken.
    RefundTooLarge "REFUND_TOO_LARGE" 409 "More would be given back than was taken",
    /// The payer's bank contests the payment: until it has decided nothing is given back, since the money would go twice.
    PaymentDisputed "PAYMENT_DISPUTED" 409 "The payment is disputed: its provider decides about the money",
    /// A shipment would hold more pieces than were ordered.
    ShipmentTooLarge "SHIPMENT_TOO_LARGE" 409 "More would be shipped than was ordered",
    /// The category still has products or categories in it.
    CategoryInUse "CATEGORY_IN_USE" 409 "The category is in use",
    /// A seller can't be paid more than the balance.
    BalanceTooLow "BALANCE_TOO_LOW" 409 "The balance is too low",
    /// The tracking number belongs to another shipment.
    TrackingNumberTaken "TRACKING_NUMBER_TAKEN" 409 "The tracking number is in use",
    /// There is less stock than asked for; `errors` names the lines.
    OutOfStock "OUT_OF_STOCK" 409 "There is not enough stock",

    /// The object existed and is gone for good.
    Gone "GONE" 410 "Gone",

    /// `If-Match` names another version than the stored one.
    VersionMismatch "VERSION_MISMATCH" 412 "The object has another version",

    /// The body is larger than 256 KiB.
    BodyTooLarge "BODY_TOO_LARGE" 413 "The body is larger than 256 KiB",

    /// The body is not `application/json`.
    UnsupportedMediaType "UNSUPPORTED_MEDIA_TYPE" 415 "The Content-Type must be application/json",

    /// The tenant asks for a verified e-mail address before anything is bought.
    EmailNotVerified "EMAIL_NOT_VERIFIED" 422 "The e-mail address is not verified",
    /// The tenant does not let this identity provider sign people in.
    IdentityProviderUnavailable "IDENTITY_PROVIDER_UNAVAILABLE" 422 "The identity provider is not set up",
    /// An account of that address exists and the provider does not vouch for the address: sign in by password.
    IdentityNotLinked "IDENTITY_NOT_LINKED" 422 "The identity can't be linked to an account",
    /// A tenant must keep an owner.
    LastOwner "LAST_OWNER" 422 "The last owner must stay",
    /// The request breaks a rule of the marketplace.
    RuleBroken "RULE_BROKEN" 422 "A rule forbids this",
    /// The idempotency key was used with another body.
    IdempotencyMismatch "IDEMPOTENCY_MISMATCH" 422 "The idempotency key was used with another body",
    /// The coupon is unknown, not valid now, used up, or does not fit the cart.
    CouponInvalid "COUPON_INVALID" 422 "The coupon can't be used",
    /// Nothing is delivered to that address by that way.
    ShippingUnavailable "SHIPPING_UNAVAILABLE" 422 "There is no shipping to this address",
    /// The cart has no lines to check out.
    CartEmpty "CART_EMPTY" 422 "The cart is empty",
    /// The cart has 40 lines already.
    CartFull "CART_FULL" 422 "The cart is full",
    /// Prices or currencies of the cart do not add up.
    AmountInvalid "AMOUNT_INVALID" 422 "The amounts do not add up",
    /// The tenant has not set up this payment provider.
    ProviderUnavailable "PROVIDER_UNAVAILABLE" 422 "The payment provider is not set up",

    /// There were too many requests: wait for `Retry-After`.
    RateLimited "RATE_LIMITED" 429 "Too many requests",
    /// There were too many failed logins: wait for `Retry-After`.
    AccountLocked "ACCOUNT_LOCKED" 429 "Too many failed logins",

    /// Something broke on our side; the request id finds it in our logs.
    Internal "INTERNAL" 500 "Something went wrong on our side",

    /// The payment provider answered with something unusable.
    ProviderFailed "PROVIDER_FAILED" 502 "The payment provider failed",

    /// A part that the request needs is overloaded or down: repeat after `Retry-After`.
    Unavailable "UNAVAILABLE" 503 "Temporarily unavailable",
    /// The request took too long: repeat after `Retry-After`.
    Timeout "TIMEOUT" 503 "The request took too long",
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_code_is_unique_and_every_status_is_one_that_the_specification_names() {
        let texts: BTreeSet<_> = Code::ALL.iter().map(|code| code.as_str()).collect();
        assert_eq!(texts.len(), Code::ALL.len());
        let allowed = [400, 401, 403, 404, 405, 409, 410, 412, 413, 415, 422, 429, 500, 502, 503];
        for code in Code::ALL {
            assert!(allowed.contains(&code.status().as_u16()), "{code}");
            assert!(!code.meaning().is_empty() && !code.title().is_empty(), "{code}");
        }
    }
}
