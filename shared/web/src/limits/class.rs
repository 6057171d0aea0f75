//! The one table of operations and limits.

use std::net::IpAddr;

use aws_lc_rs::digest;
use domain::id::UserId;
use domain::limit::Rate;
use domain::tenant::RateLimits;
use http::Method;
use store::limiter::Bucket;

use crate::BASE_PATH;

/// What a request is counted as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Asked {
    /// Whose bucket.
    pub(super) bucket: Bucket,
    /// How much it holds.
    pub(super) rate: Rate,
    /// Whether each request is counted in the table, and refused when it can't be.
    pub(super) strict: bool,
    /// Which part of the allowance is counted in memory alone: one in so many.
    pub(super) share: u32,
    /// How many requests are told to the table at a time, beyond that part.
    pub(super) batch: u32,
}

/// Tells whether an operation is under no limit: what providers sign is checked first, and health is asked for by machines.
pub(crate) fn is_free(route: &str) -> bool {
    let path = below(route);
    path.starts_with("/webhooks/") || path == "/health" || path.starts_with("/health/")
}

fn below(route: &str) -> &str {
    route.strip_prefix(BASE_PATH).unwrap_or(route)
}

impl Asked {
    /// Finds the limit of an operation. None for what is counted elsewhere, or can't be told apart: API Gateway always
    /// gives an address.
    pub(super) fn of(
        method: &Method,
        route: &str,
        user: Option<UserId>,
        ip: Option<&str>,
        limits: &RateLimits,
    ) -> Option<Self> {
        let path = below(route);
        let read = matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS);
        let entering = *method == Method::POST && path.starts_with("/auth/") && !path.starts_with("/auth/logout");
        match (path, user) {
            // Counted with the exchange, for each session.
            ("/auth/refresh", _) => None,
            // For each address and route, signed in or not: these compare passwords and codes, or send mail.
            _ if entering => Self::by_address("auth", ip, path, limits.auth_writes, true),
            (
                "/orders/checkout"
                | "/payments/initiate"
                | "/payments/razorpay/confirm"
                | "/admin/payments/{paymentId}/refunds"
                | "/seller/orders/{orderId}/refunds",
                Some(user),
            ) if !read => Some(Self::new("payment", user.to_string(), limits.payment_writes, true)),
            // Codes of coupons can be guessed at.
            ("/cart/coupon", Some(user)) if !read => {
                Some(Self::new("coupon", user.to_string(), limits.payment_writes, true))
            }
            ("/cart/coupon", None) if !read => Self::by_address("coupon", ip, "", limits.payment_writes, true),
            (_, None) if !read && (path == "/cart" || path.starts_with("/cart/")) => {
                Self::by_address("cart", ip, "", limits.anonymous_writes, false)
            }
            (_, Some(user)) => Some(Self::new("user", user.to_string(), limits.user_requests, false)),
            (_, None) if read => Self::by_address("read", ip, "", limits.anonymous_reads, false),
            (_, None) => Self::by_address("auth", ip, path, limits.auth_writes, true),
        }
    }

    /// Counts everything of a tenant.
    pub(super) fn all_of_tenant(rate: Rate, batch: u32) -> Self {
        let bucket = Bucket { kind: "tenant", subject: "all".to_owned() };
        Self { bucket, rate, strict: false, share: 20, batch: batch.max(1) }
    }

    fn new(kind: &'static str, subject: String, tokens: u32, strict: bool) -> Self {
        Self { bucket: Bucket { kind, subject }, rate: Rate::per_minute(tokens), strict, share: 3, batch: 1 }
    }

    fn by_address(kind: &'static str, ip: Option<&str>, path: &str, tokens: u32, strict: bool) -> Option<Self> {
        // An address is about a person: the key shows a hash of it.
        let hash = digest::digest(&digest::SHA256, format!("{} {path}", network(ip?)).as_bytes());
        let subject = hex::encode(hash.as_ref().get(..12).unwrap_or_default());
        Some(Self::new(kind, subject, tokens, strict))
    }
}

/// Returns what one subscriber has: an IPv4 address, or the first half of an IPv6 address.
fn network(ip: &str) -> String {
    match ip.parse::<IpAddr>() {
        Ok(IpAddr::V6(address)) if address.to_ipv4_mapped().is_none() => {
            let [a, b, c, d, ..] = address.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
        Ok(address) => address.to_canonical().to_string(),
        Err(_) => ip.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(method: Method, path: &str, user: Option<UserId>, ip: &str) -> Option<Asked> {
        Asked::of(&method, &format!("{BASE_PATH}{path}"), user, Some(ip), &RateLimits::default())
    }

    #[test]
    fn every_kind_of_operation_has_its_limit() {
        let user: UserId = platform::ambient::system().id();
        let ip = "192.0.2.1";
        for (method, path, who, expected) in [
            (Method::POST, "/auth/login", None, Some(("auth", 5, true))),
            (Method::POST, "/auth/mfa/challenge", None, Some(("auth", 5, true))),
            (Method::POST, "/auth/change-password", Some(user), Some(("auth", 5, true))),
            (Method::POST, "/auth/refresh", None, None),
            (Method::POST, "/auth/logout", Some(user), Some(("user", 100, false))),
            (Method::GET, "/auth/me", Some(user), Some(("user", 100, false))),
            (Method::GET, "/products", None, Some(("read", 60, false))),
            (Method::GET, "/products", Some(user), Some(("user", 100, false))),
            (Method::POST, "/cart/items", Some(user), Some(("user", 100, false))),
            (Method::POST, "/orders/checkout", Some(user), Some(("payment", 20, true))),
            (Method::POST, "/payments/initiate", Some(user), Some(("payment", 20, true))),
            (Method::GET, "/payments/{paymentId}", Some(user), Some(("user", 100, false))),
            (Method::POST, "/cart", None, Some(("cart", 30, false))),
            (Method::POST, "/cart/items", None, Some(("cart", 30, false))),
            (Method::PATCH, "/cart/items/{itemId}", None, Some(("cart", 30, false))),
            (Method::POST, "/cart/coupon", None, Some(("coupon", 20, true))),
            (Method::POST, "/cart/merge", Some(user), Some(("user", 100, false))),
            (Method::POST, "/tenants", None, Some(("auth", 5, true))),
        ] {
            let found = asked(method.clone(), path, who, ip);
            let found = found.map(|asked| (asked.bucket.kind, asked.rate.tokens(), asked.strict));
            assert_eq!(found, expected, "{method} {path}");
        }
        assert!(is_free("/api/v1/webhooks/razorpay/{tenant}") && is_free("/api/v1/health"));
        assert!(!is_free("/api/v1/healthy") && !is_free("/api/v1/auth/login"));
    }

    #[test]
    fn one_subscriber_has_one_bucket_for_each_route_and_no_address_is_readable() {
        let bucket = |path: &str, ip: &str| asked(Method::POST, path, None, ip).unwrap().bucket;
        let login = bucket("/auth/login", "2001:db8:1:2::1");
        assert_eq!(login, bucket("/auth/login", "2001:db8:1:2:ffff::9"));
        assert_ne!(login, bucket("/auth/login", "2001:db8:1:3::1"));
        assert_ne!(login, bucket("/auth/register", "2001:db8:1:2::1"));
        assert_eq!(bucket("/auth/login", "192.0.2.1"), bucket("/auth/login", "::ffff:192.0.2.1"));
        assert_ne!(bucket("/auth/login", "192.0.2.1"), bucket("/auth/login", "192.0.2.2"));
        assert!(!bucket("/auth/login", "192.0.2.1").subject.contains("192"));
    }
}
