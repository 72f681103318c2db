//! The cache contract as `terraform/` reads it: one file, written out of the policy table, so that CloudFront's rules and
//! the edges' settings are computed from what the code does.

use std::collections::BTreeMap;

use origin::{
    api::{
        cache::{CACHE_TAG, CACHE_TAGS_MAX},
        policy::{Policy, TOO_MANY_TAGS},
        route::Access,
        table::ROUTES,
    },
    cdn::EXPIRES_AFTER,
    photos::Variant,
};
use serde_json::{Value, json};

const GOLDEN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../terraform/cache-policy.json");
const ABOUT: &str = "Written by a test of the origin out of origin/src/api/policy.rs and table.rs: UPDATE_GOLDEN=1 rewrites it.";

#[test]
fn the_cache_policy_file_is_what_the_code_says() {
    let made = format!("{:#}\n", contract());
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(GOLDEN, &made).unwrap();
    }
    let golden = std::fs::read_to_string(GOLDEN).unwrap_or_default();
    assert!(
        made == golden,
        "terraform/cache-policy.json is not up to date: UPDATE_GOLDEN=1 rewrites it, then review the difference"
    );
}

/// Keys in the order of the alphabet: the same bytes whichever map serde_json is built with.
fn contract() -> Value {
    let policies: BTreeMap<String, Value> = Policy::ALL.into_iter().map(|policy| (name(policy), rules(policy))).collect();
    let public = ROUTES.iter().filter_map(|route| match route.access {
        Access::Public { policy, .. } => Some(json!({ "path": route.path, "policy": name(policy) })),
        Access::SignIn { .. } | Access::Editorial { .. } | Access::Edge { .. } => None,
    });
    let public: Vec<Value> = public.collect();
    let mut private: Vec<&str> =
        ROUTES.iter().filter(|route| !matches!(route.access, Access::Public { .. })).map(|route| route.path).collect();
    private.sort_unstable();
    private.dedup();
    json!({
        "about": ABOUT,
        "cache_tag_header": CACHE_TAG.as_str(),
        "cache_tags_max": CACHE_TAGS_MAX,
        "cdn_too_many_tags_s": seconds(TOO_MANY_TAGS, "s-maxage"),
        "invalidation_tried_for_s": EXPIRES_AFTER.as_secs(),
        "media_widths": Variant::widths(),
        "never_stored": private,
        "policies": policies,
        "public_routes": public,
    })
}

fn rules(policy: Policy) -> Value {
    json!({
        "browser_s": seconds(policy.browser(), "max-age"),
        "cache_control": policy.browser(),
        "cdn_cache_control": policy.edge(),
        "cdn_s": seconds(policy.browser(), "s-maxage"),
        "edge_s": seconds(policy.edge(), "max-age"),
        "edge_stale_if_error_s": seconds(policy.edge(), "stale-if-error"),
        "edge_stale_while_revalidate_s": seconds(policy.edge(), "stale-while-revalidate"),
    })
}

fn name(policy: Policy) -> String {
    format!("{policy:?}").to_lowercase()
}

fn seconds(directives: &str, name: &str) -> u64 {
    let value = directives.split(", ").find_map(|directive| directive.strip_prefix(name)?.strip_prefix('='));
    value.unwrap_or_else(|| panic!("{directives} has no {name}")).parse().unwrap()
}
