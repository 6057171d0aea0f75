//! VNPay's signatures as its own sample code makes them: decoded, sorted, encoded again, joined.

use std::collections::BTreeMap;

use aws_lc_rs::hmac;

/// Signs as VNPay does.
pub(super) fn sign(secret: &str, message: &str) -> String {
    hex::encode(hmac::sign(&hmac::Key::new(hmac::HMAC_SHA512, secret.as_bytes()), message.as_bytes()))
}

/// Writes parameters as a signed query.
pub(super) fn signed_query(secret: &str, parameters: &BTreeMap<String, String>) -> String {
    let query = query(parameters);
    let hash = sign(secret, &query);
    format!("{query}&vnp_SecureHash={hash}")
}

/// Reads a query; none when its signature is wrong.
pub(super) fn verified(secret: &str, parameters: &BTreeMap<String, String>) -> bool {
    let mut signed = parameters.clone();
    signed.remove("vnp_SecureHashType");
    let hash = signed.remove("vnp_SecureHash");
    hash.is_some_and(|hash| hash.eq_ignore_ascii_case(&sign(secret, &query(&signed))))
}

/// Joins fields and signs them.
pub(super) fn sign_fields<'a>(secret: &str, fields: impl IntoIterator<Item = &'a str>) -> String {
    sign(secret, &fields.into_iter().collect::<Vec<_>>().join("|"))
}

fn query(parameters: &BTreeMap<String, String>) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(parameters.iter().filter(|(_, value)| !value.is_empty()));
    query.finish()
}

/// Reads the parameters of a query.
pub(super) fn parameters(raw_query: &str) -> BTreeMap<String, String> {
    form_urlencoded::parse(raw_query.as_bytes()).into_owned().collect()
}
