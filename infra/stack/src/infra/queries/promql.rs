//! As much of PromQL as is needed to know which metrics and labels a query names. promtool judges the rest.

/// A metric with what is asked of its labels.
#[derive(Debug, PartialEq, Eq)]
pub struct Selector {
    pub metric: String,
    pub matchers: Vec<Matcher>,
}

#[derive(Debug, PartialEq, Eq)]
pub struct Matcher {
    pub label: String,
    pub operator: String,
    pub value: String,
}

#[derive(Debug, Default, PartialEq, Eq)]
pub struct Query {
    pub selectors: Vec<Selector>,
    /// In `by (…)`, `on (…)` and the like.
    pub grouping: Vec<String>,
    /// Whether it sums up: then only what is grouped by is left of the labels.
    pub aggregates: bool,
    /// Whether one series is matched with many: then the labels of the many are left.
    pub many_sided: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    Word(String),
    Text(String),
    Mark(char),
}

const AGGREGATORS: [&str; 12] =
    ["sum", "min", "max", "avg", "group", "stddev", "stdvar", "count", "count_values", "bottomk", "topk", "quantile"];
const GROUPINGS: [&str; 6] = ["by", "without", "on", "ignoring", "group_left", "group_right"];
const OPERATORS: [&str; 6] = ["and", "or", "unless", "bool", "offset", "atan2"];

/// # Errors
/// With what cannot be read.
pub fn read(text: &str) -> Result<Query, String> {
    let tokens = tokens(text)?;
    let mut query = Query::default();
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        at += 1;
        let Token::Word(word) = token else { continue };
        let next = tokens.get(at);
        if GROUPINGS.contains(&word.as_str()) {
            query.many_sided |= word.starts_with("group_");
            let (labels, after) = labels(&tokens, at)?;
            query.grouping.extend(labels);
            at = after;
        } else if AGGREGATORS.contains(&word.as_str()) {
            query.aggregates = true;
        } else if OPERATORS.contains(&word.as_str()) || next == Some(&Token::Mark('(')) {
            // An operator, or a function.
        } else {
            let (matchers, after) = matchers(&tokens, at)?;
            query.selectors.push(Selector { metric: word.clone(), matchers });
            at = after;
        }
    }
    if query.selectors.is_empty() { Err(format!("no metric in {text}")) } else { Ok(query) }
}

/// `(region, le)`; `group_left` may have none.
fn labels(tokens: &[Token], mut at: usize) -> Result<(Vec<String>, usize), String> {
    let mut found = Vec::new();
    if tokens.get(at) != Some(&Token::Mark('(')) {
        return Ok((found, at));
    }
    loop {
        at += 1;
        match tokens.get(at) {
            Some(Token::Word(label)) => found.push(label.clone()),
            Some(Token::Mark(',')) => {}
            Some(Token::Mark(')')) => return Ok((found, at + 1)),
            other => return Err(format!("{other:?} in a list of labels")),
        }
    }
}

/// `{reason="hit", region=~"$region"}`, or nothing.
fn matchers(tokens: &[Token], mut at: usize) -> Result<(Vec<Matcher>, usize), String> {
    let mut found = Vec::new();
    if tokens.get(at) != Some(&Token::Mark('{')) {
        return Ok((found, at));
    }
    at += 1;
    loop {
        match tokens.get(at) {
            Some(Token::Mark('}')) => return Ok((found, at + 1)),
            Some(Token::Mark(',')) => at += 1,
            Some(Token::Word(label)) => {
                let mut operator = String::new();
                at += 1;
                while let Some(Token::Mark(mark @ ('=' | '!' | '~'))) = tokens.get(at) {
                    operator.push(*mark);
                    at += 1;
                }
                let Some(Token::Text(value)) = tokens.get(at) else { return Err(format!("no value for the label {label}")) };
                found.push(Matcher { label: label.clone(), operator, value: value.clone() });
                at += 1;
            }
            other => return Err(format!("{other:?} between braces")),
        }
    }
}

/// Words and strings; ranges (`[5m]`) and numbers are left out.
fn tokens(text: &str) -> Result<Vec<Token>, String> {
    let mut found = Vec::new();
    let mut rest = text.chars().peekable();
    while let Some(letter) = rest.next() {
        match letter {
            '"' | '\'' => {
                let mut value = String::new();
                loop {
                    match rest.next() {
                        Some('\\') => value.extend(rest.next()),
                        Some(end) if end == letter => break,
                        Some(other) => value.push(other),
                        None => return Err(format!("a string without an end in {text}")),
                    }
                }
                found.push(Token::Text(value));
            }
            '[' => while rest.next().ok_or_else(|| format!("a range without an end in {text}"))? != ']' {},
            _ if letter.is_ascii_digit() => while rest.next_if(|next| next.is_ascii_alphanumeric() || *next == '.').is_some() {},
            _ if letter.is_ascii_alphabetic() || letter == '_' || letter == ':' => {
                let mut word = String::from(letter);
                while let Some(next) = rest.next_if(|next| next.is_ascii_alphanumeric() || ['_', ':'].contains(next)) {
                    word.push(next);
                }
                found.push(Token::Word(word));
            }
            _ if letter.is_whitespace() => {}
            _ => found.push(Token::Mark(letter)),
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(query: &Query) -> Vec<&str> {
        query.selectors.iter().map(|selector| selector.metric.as_str()).collect()
    }

    #[test]
    fn reads_metrics_labels_and_groupings() {
        let query =
            read(r#"histogram_quantile(0.99, sum by (region, le) (rate(x_bucket{region=~"$region", le!="1"}[5m])))"#).unwrap();
        assert_eq!(names(&query), ["x_bucket"]);
        assert_eq!(query.grouping, ["region", "le"]);
        assert!(query.aggregates);
        let [region, le] = query.selectors[0].matchers.as_slice() else { panic!("{query:?}") };
        assert_eq!((region.label.as_str(), region.operator.as_str(), region.value.as_str()), ("region", "=~", "$region"));
        assert_eq!((le.label.as_str(), le.operator.as_str()), ("le", "!="));
    }

    #[test]
    fn reads_what_stands_between_metrics() {
        let query = read("(max(a:b_c) or vector(0)) - on () group_right () d_total offset 1h * 14e12 > bool 0.5").unwrap();
        assert_eq!(names(&query), ["a:b_c", "d_total"]);
        assert_eq!(query.grouping, Vec::<String>::new());
        let query = read("sum(rate(x[5m])) by (route) / ignoring (status) group_left y").unwrap();
        assert_eq!(names(&query), ["x", "y"]);
        assert_eq!(query.grouping, ["route", "status"]);
    }

    #[test]
    fn says_what_it_cannot_read() {
        for text in ["x{a=\"b}", "x[5m", "x{a=}", "sum by (\"a\") (x)", "1 + 1"] {
            assert!(read(text).is_err(), "{text}");
        }
    }
}
