//! What stands between braces, against what may.

use std::collections::BTreeMap;

use hcl_edit::Span;
use hcl_edit::structure::{Body, Structure};

use super::Finding;
use super::known::{self, Use};
use super::literals;
use super::source::File;

/// What Terraform allows in every block of a kind, whatever the provider knows.
pub struct Meta {
    attributes: &'static [&'static str],
    blocks: &'static [&'static str],
}

pub const RESOURCE: Meta =
    Meta { attributes: &["count", "depends_on", "for_each", "provider"], blocks: &["connection", "lifecycle", "provisioner"] };
pub const DATA: Meta = Meta { attributes: &["count", "depends_on", "for_each", "provider"], blocks: &["lifecycle"] };
pub const PROVIDER: Meta = Meta { attributes: &["alias"], blocks: &[] };
const NOTHING: Meta = Meta { attributes: &[], blocks: &[] };

pub fn check(file: &File, written: &Body, known: &known::Body, meta: &Meta, what: &str, whole: &impl Span) -> Vec<Finding> {
    let mut findings = Vec::new();
    // How often each nested block stands here; a dynamic one may stand any number of times.
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    for structure in written {
        match structure {
            Structure::Attribute(attribute) => {
                let name = attribute.key.as_str();
                let place = || file.place(&attribute.key);
                match known.attributes.get(name) {
                    _ if meta.attributes.contains(&name) => {}
                    Some(known) if known.by == Use::Computed => {
                        findings.push(format!("{}: {what}: only the provider sets `{name}`", place()));
                    }
                    Some(known) => {
                        let mistake = literals::mistake(&attribute.value, &known.kind);
                        findings.extend(mistake.map(|why| format!("{}: {what}: `{name}` is {why}", place())));
                    }
                    None if known.blocks.contains_key(name) => {
                        findings.push(format!("{}: {what}: `{name}` is a block, without `=`", place()));
                    }
                    None => findings.push(format!("{}: {what} has no attribute `{name}`", place())),
                }
            }
            Structure::Block(block) => {
                let dynamic = block.has_ident("dynamic");
                let name = match block.labels.first() {
                    Some(label) if dynamic => label.as_str(),
                    _ => block.ident.as_str(),
                };
                if !dynamic && meta.blocks.contains(&name) {
                    continue;
                }
                let Some(nested) = known.blocks.get(name) else {
                    findings.push(format!("{}: {what} has no block `{name}`", file.place(&block.ident)));
                    continue;
                };
                let inner = format!("{what}: {name}");
                if dynamic {
                    seen.entry(name).or_insert(1);
                    for content in block.body.get_blocks("content") {
                        findings.extend(check(file, &content.body, &nested.body, &NOTHING, &inner, content));
                    }
                } else {
                    let before = seen.entry(name).or_default();
                    *before += 1;
                    if nested.single && *before == 2 {
                        findings.push(format!("{}: {what} may have one `{name}` only", file.place(&block.ident)));
                    }
                    findings.extend(check(file, &block.body, &nested.body, &NOTHING, &inner, block));
                }
            }
        }
    }
    let attributes = known.attributes.iter().filter(|(_, attribute)| attribute.by == Use::Required);
    let attributes = attributes.map(|(name, _)| name.as_str()).filter(|name| !written.has_attribute(name));
    let blocks = known.blocks.iter().filter(|(_, nested)| nested.required);
    let blocks = blocks.map(|(name, _)| name.as_str()).filter(|name| !seen.contains_key(name));
    findings.extend(attributes.chain(blocks).map(|name| format!("{}: {what} needs `{name}`", file.place(whole))));
    findings
}
