//! As much of BSON as MongoDB's administrative commands need: documents out of JSON values, JSON values out of
//! documents. Types that JSON lacks come back as text.

use serde_json::{Map, Value};

/// A command's first key is its name, so the outermost document is an ordered list.
pub(super) fn encode(fields: &[(&str, Value)]) -> Vec<u8> {
    let mut body = Vec::new();
    for (name, value) in fields {
        push_field(&mut body, name, value);
    }
    framed(body)
}

fn framed(body: Vec<u8>) -> Vec<u8> {
    let mut document = length_of(body.len() + 5).to_vec();
    document.extend(body);
    document.push(0);
    document
}

fn length_of(length: usize) -> [u8; 4] {
    u32::try_from(length).unwrap_or(u32::MAX).to_le_bytes()
}

fn push_field(out: &mut Vec<u8>, name: &str, value: &Value) {
    let (kind, bytes) = match value {
        Value::Null => (0x0a, Vec::new()),
        Value::Bool(flag) => (0x08, vec![u8::from(*flag)]),
        Value::Number(number) => match number.as_i64().map(i32::try_from) {
            Some(Ok(small)) => (0x10, small.to_le_bytes().to_vec()),
            Some(Err(_)) => (0x12, number.as_i64().unwrap_or_default().to_le_bytes().to_vec()),
            None => (0x01, number.as_f64().unwrap_or_default().to_le_bytes().to_vec()),
        },
        Value::String(text) => {
            let mut bytes = length_of(text.len() + 1).to_vec();
            bytes.extend(text.as_bytes());
            bytes.push(0);
            (0x02, bytes)
        }
        Value::Array(items) => {
            let mut body = Vec::new();
            for (index, item) in items.iter().enumerate() {
                push_field(&mut body, &index.to_string(), item);
            }
            (0x04, framed(body))
        }
        Value::Object(fields) => {
            let mut body = Vec::new();
            for (name, value) in fields {
                push_field(&mut body, name, value);
            }
            (0x03, framed(body))
        }
    };
    out.push(kind);
    out.extend(name.as_bytes());
    out.push(0);
    out.extend(bytes);
}

/// `None` if the bytes are not a document.
pub(super) fn decode(bytes: &[u8]) -> Option<Value> {
    let mut input = Input { rest: bytes };
    input.document(false)
}

struct Input<'a> {
    rest: &'a [u8],
}

impl<'a> Input<'a> {
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (head, tail) = self.rest.split_at_checked(count)?;
        self.rest = tail;
        Some(head)
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.take(N)?.try_into().ok()
    }

    fn length(&mut self) -> Option<usize> {
        usize::try_from(u32::from_le_bytes(self.array()?)).ok()
    }

    fn name(&mut self) -> Option<String> {
        let end = self.rest.iter().position(|byte| *byte == 0)?;
        let name = String::from_utf8_lossy(self.take(end)?).into_owned();
        self.take(1)?;
        Some(name)
    }

    fn document(&mut self, as_array: bool) -> Option<Value> {
        let length = self.length()?;
        let mut inner = Input { rest: self.take(length.checked_sub(4)?)? };
        let mut fields = Map::new();
        let mut items = Vec::new();
        loop {
            let kind = inner.take(1)?.first().copied()?;
            if kind == 0 {
                return Some(if as_array { Value::Array(items) } else { Value::Object(fields) });
            }
            let name = inner.name()?;
            let value = inner.value(kind)?;
            if as_array { items.push(value) } else { drop(fields.insert(name, value)) }
        }
    }

    fn value(&mut self, kind: u8) -> Option<Value> {
        Some(match kind {
            0x01 => f64::from_le_bytes(self.array()?).into(),
            0x02 => {
                let length = self.length()?;
                let text = self.take(length)?;
                String::from_utf8_lossy(text.strip_suffix(&[0]).unwrap_or(text)).into_owned().into()
            }
            0x03 => self.document(false)?,
            0x04 => self.document(true)?,
            0x05 => {
                let length = self.length()?;
                self.take(length + 1)?;
                "(binary)".into()
            }
            0x07 => crate::random::hex(self.take(12)?).into(),
            0x08 => (self.array::<1>()? != [0]).into(),
            0x09 | 0x11 | 0x12 => i64::from_le_bytes(self.array()?).into(),
            0x0a => Value::Null,
            0x10 => i32::from_le_bytes(self.array()?).into(),
            0x13 => {
                self.take(16)?;
                "(decimal)".into()
            }
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn encodes_as_the_specification_does() {
        // The example of bsonspec.org.
        let expected = b"\x16\x00\x00\x00\x02hello\x00\x06\x00\x00\x00world\x00\x00";
        assert_eq!(encode(&[("hello", json!("world"))]), expected);
    }

    #[test]
    fn what_goes_in_comes_out() {
        let value = json!({"a": [1, "two", {"three": 3.5}], "big": 5_000_000_000_i64, "no": null, "yes": true});
        let fields: Vec<(&str, Value)> = value.as_object().unwrap().iter().map(|(k, v)| (k.as_str(), v.clone())).collect();
        assert_eq!(decode(&encode(&fields)), Some(value));
    }

    #[test]
    fn a_cut_document_is_none() {
        let whole = encode(&[("hello", json!({"deep": [1, 2]}))]);
        assert!((0..whole.len()).all(|cut| decode(&whole[..cut]).is_none()));
    }
}
