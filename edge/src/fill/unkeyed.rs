//! Request fields that change what an origin answers and are no part of any key.

use http::{HeaderMap, HeaderName};

/// Beginnings of names by which proxies and frameworks override host, scheme, path or method.
const PREFIXES: [&str; 3] = ["x-forwarded-", "x-original-", "x-rewrite-"];

/// The others of that kind.
const NAMES: [&str; 16] = [
    "client-ip",
    "fastly-client-ip",
    "forwarded",
    "front-end-https",
    "true-client-ip",
    "x-client-ip",
    "x-cluster-client-ip",
    "x-host",
    "x-http-host-override",
    "x-http-method",
    "x-http-method-override",
    "x-method-override",
    "x-override-url",
    "x-real-ip",
    "x-scheme",
    "x-url-scheme",
];

/// Removes them. Whoever sends one may get an answer that is right for the override and wrong
/// for everybody else with the same key: cache poisoning.
pub fn without_unkeyed(headers: &mut HeaderMap) {
    let is_unkeyed = |name: &str| NAMES.contains(&name) || PREFIXES.iter().any(|prefix| name.starts_with(prefix));
    let found: Vec<HeaderName> = headers.keys().filter(|name| is_unkeyed(name.as_str())).cloned().collect();
    for name in found {
        headers.remove(name);
    }
}
