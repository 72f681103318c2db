//! One table of cases of HTTP caching, each with its section, run over real sockets against
//! an upstream that does as the case says. `script.rs` says how a case is written.
#![cfg(test)]

#[path = "../support/mod.rs"]
#[expect(dead_code, unused_imports, reason = "what the other test crate needs besides")]
mod support;

mod run;
mod script;
mod table;
mod upstream;

/// Fewer cases than this means that a part of the table got lost.
const CASES_MIN: usize = 150;

macro_rules! families {
    ($($name:ident)*) => {
        const TABLE: &[(&str, &[script::Case])] = &[$((stringify!($name), table::$name::CASES)),*];
        $(#[tokio::test]
        async fn $name() {
            run::all(table::$name::CASES).await;
        })*
    };
}

families! { ages conditions directives freshness invalidation messages no_vary_search ranges stale status_field storing targeted validation vary }

#[test]
fn every_case_has_a_section_and_a_name_of_its_own() {
    let cases = || TABLE.iter().flat_map(|(_, cases)| cases.iter());
    let names: std::collections::HashSet<_> = cases().map(|(_, name, _)| name).collect();
    assert_eq!(names.len(), cases().count(), "two cases share a name");
    assert!(names.len() >= CASES_MIN, "{} cases", names.len());
    for (section, name, _) in cases() {
        assert!(section.starts_with("RFC ") || section.starts_with("draft "), "{name}: {section}");
    }
}
