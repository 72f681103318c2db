//! What is read of a resource: `aws_x.name.attribute` and `data.aws_x.name.attribute`, wherever an expression stands.

use hcl_edit::expr::{Expression, Traversal, TraversalOperator};
use hcl_edit::visit::{Visit, visit_traversal};

use super::Finding;
use super::known::Known;
use super::source::{Declared, File, Module};

const PREFIX: &str = "aws_";

pub struct References<'a> {
    module: &'a Module,
    known: &'a Known,
    file: &'a File,
    findings: Vec<Finding>,
}

impl<'a> References<'a> {
    pub fn of(module: &'a Module, known: &'a Known, file: &'a File) -> Vec<Finding> {
        let mut references = Self { module, known, file, findings: Vec::new() };
        references.visit_body(&file.body);
        references.findings
    }

    fn judge(&self, traversal: &Traversal) -> Option<Finding> {
        let Expression::Variable(root) = &traversal.expr else { return None };
        // An index or a star chooses instances: the names are what is left.
        let mut names = traversal.operators.iter().filter_map(|operator| match operator.value() {
            TraversalOperator::GetAttr(name) => Some(name.as_str()),
            _ => None,
        });
        let data = root.as_str() == "data";
        let kind = if data { names.next()? } else { root.as_str() };
        if !kind.starts_with(PREFIX) {
            return None;
        }
        let declared = Declared { data, kind: kind.to_owned(), name: names.next()?.to_owned() };
        let place = self.file.place(traversal);
        if !self.module.declared.contains(&declared) {
            return Some(format!("{place}: {kind}.{} is declared nowhere in this module", declared.name));
        }
        let attribute = names.next()?;
        let body = self.known.get(data, kind)?;
        let there = body.attributes.contains_key(attribute) || body.blocks.contains_key(attribute);
        (!there).then(|| format!("{place}: {kind} has no attribute `{attribute}` to read"))
    }
}

impl Visit for References<'_> {
    fn visit_traversal(&mut self, node: &Traversal) {
        let finding = self.judge(node);
        self.findings.extend(finding);
        visit_traversal(self, node);
    }
}
