//! What a program says of itself when asked for its version.

/// `edge 0.1.0 (e04b4a7)`: a package's version, and the commit it was built from where the build was told of one
/// (`RCR_COMMIT`, which `cargo stack release` sets).
pub fn line(program: &str, version: &str, commit: Option<&str>) -> String {
    format!("{program} {version} ({})", commit.filter(|commit| !commit.is_empty()).unwrap_or("built from no named commit"))
}

#[cfg(test)]
mod tests {
    use super::line;

    #[test]
    fn names_the_commit_where_there_is_one() {
        assert_eq!(line("edge", "1.2.3", Some("e04b4a7")), "edge 1.2.3 (e04b4a7)");
        for none in [None, Some("")] {
            assert_eq!(line("edge", "1.2.3", none), "edge 1.2.3 (built from no named commit)");
        }
    }
}
