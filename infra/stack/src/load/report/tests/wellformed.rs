//! Whether markup is whole: every tag closed in its turn, every attribute quoted, no stray `<` or `&`.

const VOID: [&str; 2] = ["meta", "br"];

pub fn check(markup: &str) {
    if let Err(why) = whole(markup) {
        panic!("{why}");
    }
}

fn whole(markup: &str) -> Result<(), String> {
    let mut open: Vec<&str> = Vec::new();
    let mut rest = markup.strip_prefix("<!doctype html>").unwrap_or(markup);
    while let Some(at) = rest.find('<') {
        let (text, tag) = rest.split_at(at);
        entities(text)?;
        let (tag, after) = tag[1..].split_once('>').ok_or("a tag without an end")?;
        rest = after;
        if let Some(name) = tag.strip_prefix('/') {
            let expected = open.pop();
            if expected != Some(name) {
                return Err(format!("</{name}> where {expected:?} is open"));
            }
            continue;
        }
        let name = tag.split([' ', '/']).next().unwrap_or("");
        attributes(&tag[name.len()..])?;
        if !tag.ends_with('/') && !VOID.contains(&name) {
            open.push(name);
        }
        if name == "style" {
            rest = &rest[rest.find("</style>").ok_or("a style without an end")?..];
        }
    }
    entities(rest)?;
    if open.is_empty() { Ok(()) } else { Err(format!("never closed: {open:?}")) }
}

fn attributes(text: &str) -> Result<(), String> {
    let mut rest = text.trim().trim_end_matches('/').trim();
    while !rest.is_empty() {
        let (name, after) = rest.split_once("=\"").ok_or(format!("an attribute without quotes: {rest}"))?;
        let (value, after) = after.split_once('"').ok_or(format!("a quote without an end: {rest}"))?;
        if name.is_empty() || name.contains(' ') {
            return Err(format!("an attribute without a value: {rest}"));
        }
        if value.contains("NaN") || value.contains("inf") && name == "d" {
            return Err(format!("not a number: {name} {value}"));
        }
        entities(value)?;
        rest = after.trim_start();
    }
    Ok(())
}

fn entities(text: &str) -> Result<(), String> {
    let known = ["amp;", "lt;", "gt;", "quot;", "#39;"];
    let stray = text.split('&').skip(1).find(|after| !known.iter().any(|known| after.starts_with(known)));
    stray.map_or(Ok(()), |after| Err(format!("a stray & before {after:.20}")))
}

#[test]
fn broken_markup_is_seen() {
    check("<a b=\"c\"><br><d/>&amp;</a>");
    for broken in ["<a>", "<a></b>", "<a b=c/>", "<a b=\"c/>", "a & b", "<a><b></a></b>", "<a d=\"MNaN 1\"/>", "</a>"] {
        assert!(whole(broken).is_err(), "{broken}");
    }
}
