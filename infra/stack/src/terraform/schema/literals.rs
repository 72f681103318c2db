//! Values that are written out, against the types they are for. What is computed, Terraform's own check judges.

use hcl_edit::expr::Expression;

/// Why `value` cannot be of `kind`, if that can be seen.
pub fn mistake(value: &Expression, kind: &str) -> Option<String> {
    let collection = ["list(", "set("].into_iter().any(|begin| kind.starts_with(begin));
    let map = kind.starts_with("map(");
    // Terraform turns text into numbers and truths where it can.
    let fits = match value {
        Expression::Array(array) if collection => {
            let element = kind.split_once('(').and_then(|(_, rest)| rest.strip_suffix(')')).unwrap_or("any");
            return array.iter().find_map(|value| mistake(value, element));
        }
        Expression::Array(_) => kind == "any",
        Expression::Object(_) => map || kind == "any" || kind.starts_with("object("),
        Expression::String(text) => match kind {
            "number" => text.parse::<f64>().is_ok(),
            "bool" => matches!(text.as_str(), "true" | "false"),
            _ => !collection && !map,
        },
        Expression::Number(_) => !collection && !map && kind != "bool",
        Expression::Bool(_) => !collection && !map && kind != "number",
        _ => true,
    };
    (!fits).then(|| format!("{kind}, and that is written otherwise"))
}
