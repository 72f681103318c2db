//! What AWS's provider knows: the types of `aws.json`.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::error::{Error, Result};

/// Who sets a thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Use {
    Required,
    Optional,
    /// The provider alone.
    Computed,
}

#[derive(Debug)]
pub struct Attribute {
    pub by: Use,
    /// `string`, `list(string)`, `set(object({…}))`, `any`.
    pub kind: String,
}

/// What may stand between one pair of braces.
#[derive(Debug, Default)]
pub struct Body {
    pub attributes: BTreeMap<String, Attribute>,
    pub blocks: BTreeMap<String, Nested>,
}

#[derive(Debug)]
pub struct Nested {
    pub required: bool,
    /// Whether there may be one only.
    pub single: bool,
    pub body: Body,
}

pub struct Known {
    resources: BTreeMap<String, Body>,
    data: BTreeMap<String, Body>,
    providers: BTreeMap<String, Body>,
}

impl Known {
    pub fn parse(text: &str) -> Result<Self> {
        let document: Value = serde_json::from_str(text).map_err(|error| Error::failed(format!("aws.json: {error}")))?;
        let read = |name: &str| -> Result<BTreeMap<String, Body>> {
            object(&document, name)?.iter().map(|(kind, value)| Ok((kind.clone(), body(value)?))).collect()
        };
        Ok(Self { resources: read("resource")?, data: read("data")?, providers: read("provider")? })
    }

    pub fn get(&self, data: bool, kind: &str) -> Option<&Body> {
        if data { self.data.get(kind) } else { self.resources.get(kind) }
    }

    pub fn provider(&self, name: &str) -> Option<&Body> {
        self.providers.get(name)
    }

    /// Every kind, and whether it is a data source.
    pub fn kinds(&self) -> impl Iterator<Item = (bool, String)> {
        let data = self.data.keys().map(|kind| (true, kind.clone()));
        self.resources.keys().map(|kind| (false, kind.clone())).chain(data)
    }
}

fn object<'a>(value: &'a Value, name: &str) -> Result<&'a Map<String, Value>> {
    value[name].as_object().ok_or_else(|| Error::failed(format!("aws.json: no `{name}`")))
}

fn text<'a>(value: &'a Value, what: &str) -> Result<&'a str> {
    value.as_str().ok_or_else(|| Error::failed(format!("aws.json: `{what}` is no text")))
}

fn body(value: &Value) -> Result<Body> {
    let mut body = Body::default();
    for (name, said) in object(value, "attributes")? {
        let (by, kind) = text(said, name)?.split_once(' ').unwrap_or_default();
        body.attributes.insert(name.clone(), Attribute { by: by_whom(by)?, kind: kind.to_owned() });
    }
    // A body without blocks has no such key.
    for (name, said) in value["blocks"].as_object().into_iter().flatten() {
        let required = by_whom(text(&said["use"], name)?)? == Use::Required;
        let nested = Nested { required, single: said["max"].as_u64() == Some(1), body: self::body(said)? };
        body.blocks.insert(name.clone(), nested);
    }
    Ok(body)
}

fn by_whom(word: &str) -> Result<Use> {
    match word {
        "required" => Ok(Use::Required),
        "optional" => Ok(Use::Optional),
        "computed" => Ok(Use::Computed),
        other => Err(Error::failed(format!("aws.json: `{other}` is no use of an attribute"))),
    }
}
