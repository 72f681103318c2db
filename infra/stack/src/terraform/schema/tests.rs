//! The check refuses what it must, each kind of mistake by itself.

use super::*;
use crate::workspace::Workspace;

const SCHEMA: &str = r#"{
  "provider": { "aws": { "attributes": { "region": "optional string" } } },
  "resource": {
    "aws_thing": {
      "attributes": { "arn": "computed string", "count_of": "optional number", "name": "required string", "names": "optional set(string)" },
      "blocks": {
        "rule": { "use": "required", "nesting": "list", "max": null, "attributes": { "port": "required number" } },
        "tail": { "use": "optional", "nesting": "list", "max": 1, "attributes": {} }
      }
    }
  },
  "data": { "aws_view": { "attributes": { "id": "computed string" } } }
}"#;

const RIGHT: &str = r#"
provider "aws" { region = "sa-east-1" }
data "aws_view" "v" {}
resource "aws_thing" "t" {
  for_each = toset(["a"])
  name     = "x-${data.aws_view.v.id}"
  names    = ["a", each.key]
  dynamic "rule" {
    for_each = [1]
    content { port = rule.value }
  }
  tail {}
  lifecycle { prevent_destroy = true }
}
output "o" { value = [for thing in aws_thing.t : thing.arn] }
output "p" { value = aws_thing.t["a"].arn }
"#;

fn findings(text: &str) -> Vec<Finding> {
    let known = Known::parse(SCHEMA).unwrap();
    Module::of(vec![source::File::parse("main.tf", text).unwrap()]).check(&known)
}

/// The right text with one thing changed has one finding, that says `expected`.
#[track_caller]
fn refuses(old: &str, new: &str, expected: &str) {
    assert!(RIGHT.contains(old), "{old}");
    let found = findings(&RIGHT.replace(old, new));
    assert_eq!(found.len(), 1, "{found:#?}");
    assert!(found[0].contains(expected), "{found:#?}");
}

#[test]
fn what_is_right_is_right() {
    assert_eq!(findings(RIGHT), Vec::<Finding>::new());
}

#[test]
fn what_terraform_defines_is_its_own_to_check() {
    assert_eq!(
        findings(&format!("{RIGHT}\nresource \"terraform_data\" \"d\" {{ triggers_replace = [1] }}")),
        Vec::<Finding>::new()
    );
}

#[test]
fn unknown_names_are_refused() {
    refuses("names ", "nmaes ", "main.tf:7: resource aws_thing has no attribute `nmaes`");
    refuses("tail {}", "tial {}", "has no block `tial`");
    refuses("content { port = rule.value }", "content {\n port = 1\n porrt = 2\n}", "aws_thing: rule has no attribute `porrt`");
    refuses("dynamic \"rule\"", "rule { port = 1 }\n dynamic \"ruel\"", "has no block `ruel`");
    refuses("data \"aws_view\" \"v\" {}", "data \"aws_view\" \"v\" {}\ndata \"aws_viwe\" \"w\" {}", "knows no data aws_viwe");
    refuses("region = ", "reigon = ", "provider aws has no attribute `reigon`");
    refuses("for_each = toset", "for_eahc = toset", "has no attribute `for_eahc`");
}

#[test]
fn what_is_required_must_be_there() {
    refuses("name     = \"x-${data.aws_view.v.id}\"", "", "resource aws_thing needs `name`");
    refuses("content { port = rule.value }", "content {}", "aws_thing: rule needs `port`");
    refuses("dynamic \"rule\" {\n    for_each = [1]\n    content { port = rule.value }\n  }", "", "needs `rule`");
}

#[test]
fn what_only_the_provider_sets_is_refused() {
    refuses("tail {}", "arn = \"x\"\n tail {}", "only the provider sets `arn`");
}

#[test]
fn one_block_is_one_block() {
    refuses("tail {}", "tail {}\n tail {}", "may have one `tail` only");
}

#[test]
fn values_of_the_wrong_type_are_refused() {
    refuses("names    = [\"a\", each.key]", "names = \"a\"", "`names` is set(string)");
    refuses("tail {}", "count_of = \"many\"\n tail {}", "`count_of` is number");
    refuses("names    = [\"a\", each.key]", "names = [[\"a\"]]", "`names` is string");
    refuses("tail {}", "tail = {}", "`tail` is a block");
}

#[test]
fn references_lead_somewhere() {
    refuses("thing.arn]", "aws_thing.u.arn]", "aws_thing.u is declared nowhere");
    refuses("aws_thing.t[\"a\"].arn", "aws_thing.t[\"a\"].anr", "aws_thing has no attribute `anr` to read");
    refuses("x-${data.aws_view.v.id}", "x-${data.aws_view.v.di}", "aws_view has no attribute `di` to read");
}

#[test]
fn the_folder_is_right_and_one_slip_in_it_is_found() {
    let root = Workspace::find().unwrap().root.join("terraform");
    let (checked, found) = check(&root).unwrap();
    assert!(checked > 40, "{checked}");
    assert_eq!(found, Vec::<Finding>::new());

    let known = Known::parse(&fs::read_to_string(root.join("schema/aws.json")).unwrap()).unwrap();
    let text = fs::read_to_string(root.join("modules/cdn/main.tf")).unwrap();
    let slip = text.replace("connection_timeout  =", "connect_timeout  =");
    assert_ne!(text, slip);
    let module = Module::of(vec![source::File::parse("modules/cdn/main.tf", &slip).unwrap()]);
    let found = module.check(&known);
    assert!(found.iter().any(|finding| finding.contains("origin has no attribute `connect_timeout`")), "{found:#?}");
}
