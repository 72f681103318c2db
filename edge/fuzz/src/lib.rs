//! What must hold whatever bytes come: one function per fuzz target. The edge's own tests
//! include this file, too, and run the kept corpus through it (`tests/it/fuzz_corpus.rs`).

use std::time::Duration;

use bytes::Bytes;
use common::{
    Seq,
    headers::{CACHE_GROUP_INVALIDATION, CACHE_GROUPS, CACHE_TAG, CDN_CACHE_CONTROL, NO_VARY_SEARCH, SURROGATE_KEY},
    sse::{Decoder, Message},
};
use edge::{
    key,
    policy::{
        self, Directives,
        no_vary_search::{Rule, covers},
    },
    regional::{Stored, decode, encode},
    tags::{
        Tags,
        headers::{group, invalidated_groups, tags},
    },
};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri, header, uri::PathAndQuery};

/// When the answers arrive, in seconds since 1970.
const RECEIVED_S: i64 = 1_795_366_800;

/// `host`, a line feed, and the target of a request. What has a key has the same one when it
/// is asked for by its key, and its path and query can be sent.
pub fn key(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let (host, target) = text.split_once('\n').unwrap_or(("h", text));
    let Ok(uri) = target.parse::<Uri>() else { return };
    let Ok(found) = key::key(&uri, Some(host), &[]) else { return };
    let at = found.find('/').expect("a path follows the authority");
    let (authority, path_and_query) = found.split_at(at);
    assert_eq!(key::authority_of(&found), authority);
    let sendable: PathAndQuery = path_and_query.parse().expect("it can be sent");
    assert_eq!(sendable.as_str(), path_and_query);
    let again = key::key(&Uri::from(sendable), Some(authority), &[]);
    assert_eq!(again.as_ref(), Ok(&found), "normalising twice");
    assert!(!key::path(&found).split('/').any(|segment| segment == "." || segment == ".."));
}

/// Four lines: which of its forms `No-Vary-Search` has, names of parameters, two queries. They have one key exactly if a
/// reading of the draft by a parser that is not the edge's finds them the same.
pub fn search(data: &[u8]) {
    let of_field =
        |value: &[u8]| HeaderValue::from_bytes(value).ok().map(|value| HeaderMap::from_iter([(NO_VARY_SEARCH, value)]));
    // However odd, it is a rule or none.
    drop(of_field(data).and_then(|field| Rule::of(&field)));
    let Some([form, names, one, other]) = std::str::from_utf8(data).ok().and_then(|text| {
        let mut lines = text.splitn(4, '\n');
        Some([lines.next()?, lines.next()?, lines.next()?, lines.next()?])
    }) else {
        return;
    };
    let names: Vec<_> = names.split(' ').filter(|name| !name.is_empty() && !name.contains(['&', '='])).collect();
    if !names.iter().all(|name| name.bytes().all(|byte| (0x21..=0x7e).contains(&byte))) {
        return;
    }
    let (any_order, all_but, but) = (form.contains('o'), form.contains('p'), form.contains('e'));
    let list =
        names.iter().map(|name| format!("\"{}\"", name.replace('\\', "\\\\").replace('"', "\\\""))).collect::<Vec<_>>().join(" ");
    let params = match (all_but, but) {
        (true, false) => format!(", params=({list})"),
        (true, true) => format!(", params, except=({list})"),
        (false, _) => String::new(),
    };
    let field = format!("key-order=?{}{params}", u8::from(any_order));
    let response = of_field(field.as_bytes()).expect("printable");
    let named: Vec<_> = names.iter().filter_map(|name| Some(form_urlencoded::parse(name.as_bytes()).next()?.0)).collect();
    let read = |query: &str| -> Vec<(String, String)> {
        let pairs = form_urlencoded::parse(query.as_bytes()).into_owned();
        let mut pairs: Vec<_> = pairs.filter(|(name, _)| !all_but || but == named.iter().any(|one| one == name)).collect();
        if any_order {
            pairs.sort_by(|one, other| one.0.cmp(&other.0));
        }
        pairs
    };
    let [one_key, other_key] = [one, other].map(|query| format!("h/p?{query}"));
    let Some(rule) = Rule::of(&response) else {
        assert!(!any_order && (!all_but || (names.is_empty() && !but)), "{field} says something");
        assert_eq!(covers(&response, &one_key, &other_key), one_key == other_key);
        return;
    };
    let shared = rule.key_of(&one_key);
    assert_eq!(shared == rule.key_of(&other_key), read(one) == read(other), "{field}");
    assert!(covers(&response, &one_key, &shared));
    // The key without its mark is a request's that belongs there, too.
    assert_eq!(rule.key_of(shared.split('#').next().unwrap_or_default()), shared, "{field}");
}

/// Lines of `Cache-Control`, `CDN-Cache-Control`, tags and groups.
pub fn directives(data: &[u8]) {
    let lines: Vec<_> = data.split(|&byte| byte == b'\n').filter_map(|line| HeaderValue::from_bytes(line).ok()).collect();
    let named = |name: &HeaderName, values: &[HeaderValue]| -> HeaderMap {
        values.iter().map(|value| (name.clone(), value.clone())).collect()
    };
    let general = Directives::cache_control(&named(&header::CACHE_CONTROL, &lines));
    let targeted = Directives::cdn_cache_control(&named(&CDN_CACHE_CONTROL, &lines));
    // Read again, from one line: unless a quote is left open, lines are one list (RFC 9110 §5.3).
    if !data.contains(&b'"') && !lines.is_empty() {
        let one_line = lines.iter().map(HeaderValue::as_bytes).collect::<Vec<_>>().join(&b',');
        let one_line = [HeaderValue::from_bytes(&one_line).expect("made of legal lines")];
        assert_eq!(Directives::cache_control(&named(&header::CACHE_CONTROL, &one_line)), general);
        assert_eq!(Directives::cdn_cache_control(&named(&CDN_CACHE_CONTROL, &one_line)), targeted);
    }
    // However odd, it comes to a decision.
    for name in [header::CACHE_CONTROL, CDN_CACHE_CONTROL, header::AGE, header::EXPIRES, header::DATE, header::VARY] {
        let headers = named(&name, &lines);
        let _ = policy::lifetime(StatusCode::OK, &headers, RECEIVED_S);
        policy::age(&headers);
    }
    for name in [SURROGATE_KEY, CACHE_TAG, CACHE_GROUPS] {
        drop(tags(&named(&name, &lines), "h"));
    }
    groups(data);
}

/// Names that are written as a list of strings are read as the same names.
fn groups(data: &[u8]) {
    let names = data.split(|&byte| byte == b'\n').filter(|name| name.iter().all(|byte| (0x20..=0x7e).contains(byte)));
    let names: Vec<_> = names.filter_map(|name| std::str::from_utf8(name).ok()).collect();
    let written = names.iter().map(|name| format!("\"{}\"", name.replace('\\', "\\\\").replace('"', "\\\"")));
    let written = written.collect::<Vec<_>>().join(", ");
    let field = HeaderValue::from_str(&written).expect("printable");
    let read = invalidated_groups(&HeaderMap::from_iter([(CACHE_GROUP_INVALIDATION, field)]), "h");
    assert_eq!(read, names.iter().map(|name| group("h", name)).collect::<Vec<_>>());
}

/// A number in eight bytes, then what Redis may hold under it. What is understood is written
/// and read again as the same.
pub fn stored_form(data: &[u8]) {
    let Some((number, payload)) = data.split_first_chunk::<8>() else { return };
    let Some(as_of) = Seq::new(u64::from_be_bytes(*number)) else { return };
    let (purges, now) = (Tags::starting_at(Seq::ZERO, 1), Duration::from_secs(1_000_000));
    let key = "h/a".into();
    let stored = Stored { as_of, payload: Bytes::copy_from_slice(payload), left: Duration::from_secs(60) };
    let Some(entry) = decode(&stored, &key, now, &purges) else { return };
    let _ = entry.purge();
    let Some(written) = encode(&entry, now, &purges) else { return };
    let again = decode(&written, &key, now, &purges).expect("what was written is understood");
    assert_eq!((again.status, &again.message), (entry.status, &entry.message));
    assert_eq!((again.as_of, &again.tags, again.lifetime), (entry.as_of, &entry.tags, entry.lifetime));
    assert_eq!(again.hand.sent, entry.hand.sent);
    // What is left to live is written in milliseconds.
    assert!(again.age(now).abs_diff(entry.age(now)) <= Duration::from_millis(1), "{again:?} {entry:?}");
}

/// Two bytes that say where to cut, then a stream. However it is cut, it says the same.
pub fn feed(data: &[u8]) {
    let Some(([first, second], stream)) = data.split_first_chunk::<2>() else { return };
    let read = |sizes: [usize; 2]| -> (Vec<Message>, bool) {
        let (mut decoder, mut messages, mut rest) = (Decoder::default(), Vec::new(), stream);
        for size in sizes.into_iter().cycle() {
            if rest.is_empty() {
                break;
            }
            let (piece, later) = rest.split_at(size.min(rest.len()));
            if decoder.push(piece, &mut messages).is_err() {
                return (messages, true);
            }
            rest = later;
        }
        (messages, false)
    };
    let whole = read([stream.len().max(1); 2]);
    assert_eq!(read([usize::from(*first) + 1, usize::from(*second) + 1]), whole);
    assert_eq!(read([1, 1]), whole);
}
