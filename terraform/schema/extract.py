#!/usr/bin/env python3
"""Writes aws.json: the AWS provider's own schema of the resources and data sources that this folder uses.

The provider itself comes from a registry that not every machine reaches. The PyPI package below is generated
from the provider's schema and repeats it: attribute names, types, required, optional or computed, and blocks.

    python3 -m pip download --no-deps cdktn-provider-aws==25.8.1
    python3 extract.py cdktn_provider_aws-25.8.1-py3-none-any.whl

Only the standard library is used. The output is sorted, so that the same input gives the same bytes.
"""

import hashlib
import json
import pathlib
import re
import sys
import tarfile
import zipfile

HERE = pathlib.Path(__file__).resolve().parent
WHEEL = "cdktn_provider_aws-25.8.1-py3-none-any.whl"
# What the check was made with: another file under this name is refused.
WHEEL_SHA256 = "2ffa579cb88b063cb3a9937e43c519391e876845768f51638a848bdf2ce9f354"
BUNDLE = "cdktn_provider_aws/_jsii/provider-aws@25.8.1.jsii.tgz"

USED = re.compile(r'^(resource|data) "(aws_[a-z0-9_]+)"', re.M)
# One entry of the function that writes a struct as HCL.
ENTRY = re.compile(
    r"^\s+(\w+): \{\s*value: (.+),\s*isBlock: (true|false),\s*type: \"(\w+)\",\s*storageClassType: \"(\w*)\",\s*\}", re.M
)
WRITER = re.compile(r"^function (\w+)ToHclTerraform\(struct\) \{(.*?)^\}", re.M | re.S)
NESTED = re.compile(r"(\w+)ToHclTerraform")
CLASS = re.compile(r"^class (\w+) extends cdktn\.(\w+) \{(.*?)^\}", re.M | re.S)
# `// name - computed: true, optional: false, required: false`, then the getter.
MEMBER = re.compile(r"// (\w+) - computed: (\w+), optional: (\w+), required: (\w+)\n(.*?)(?=\n    // \w+ - computed|\Z)", re.S)
VERSION = re.compile(r"providerVersion: '([\d.]+)'")
# `_origin = new CloudfrontDistributionOriginList(this, "origin", true);`: the last word says whether it is a set.
MADE = re.compile(r"= new (?:cdktn\.)?(\w+)\(this, \"\w+\"(?:, (true|false))?\);")
SIMPLE = {"string": "string", "number": "number", "boolean": "bool", "any": "any"}
GETTER = {"String": "string", "Number": "number", "Boolean": "bool", "List": "list(string)", "NumberList": "list(number)"}


def used():
    """The kinds and types of everything declared in this folder's .tf files."""
    found = set()
    for path in (HERE.parent).rglob("*.tf"):
        if ".terraform" not in path.parts:
            found.update(USED.findall(path.read_text()))
    return sorted(found)


def value_type(kind, storage):
    """`stringList` of a list is list(string); what is no plain value is left open."""
    if kind == "simple":
        return SIMPLE.get(storage, "any")
    element = SIMPLE.get(re.sub(r"(List|Map|Set)$", "", storage), "any")
    return f"{kind}({element})" if kind in ("list", "set", "map") else "any"


def wanted(computed, optional, required):
    if required == "true":
        return "required"
    if optional == "true":
        return "optional"
    return "computed"


class Source:
    """One generated file: a resource or data source with its nested structs."""

    def __init__(self, text):
        self.text = text
        self.writers = {name.lower(): body for name, body in WRITER.findall(text)}
        self.classes = {name.lower(): (base, body) for name, base, body in CLASS.findall(text)}

    def computed_type(self, body):
        """The type of what only the provider sets, from its getter."""
        getter = re.search(r"return (cdktn\.Fn\.tolist\()?this\.get(\w+?)Attribute\(", body)
        if getter:
            found = GETTER.get(getter.group(2), "any")
            return found.replace("list(", "set(") if getter.group(1) else found
        made = MADE.search(body)
        if not made:
            return "any"
        name, wraps_set = made.group(1), made.group(2)
        plain = re.fullmatch(r"(String|Number|Boolean)Map", name)
        if plain:
            return f"map({SIMPLE[plain.group(1).lower()]})"
        struct = re.sub(r"(List|OutputReference)$", "", name).lower()
        if not name.endswith("List") or struct + "outputreference" not in self.classes:
            return "any"
        members = MEMBER.findall(self.classes[struct + "outputreference"][1])
        fields = ", ".join(f"{m[0]}={self.computed_type(m[4])}" for m in members)
        return f"{'set' if wraps_set == 'true' else 'list'}(object({{{fields}}}))"

    def nested(self, struct):
        _, body = self.classes[struct + "outputreference"]
        return self.block(self.writers.get(struct, ""), body)

    def block(self, writer, body):
        entries = {name: rest for name, *rest in ENTRY.findall(writer)}
        attributes, blocks = {}, {}
        for name, computed, optional, required, member in MEMBER.findall(body):
            use = wanted(computed, optional, required)
            if name not in entries:
                attributes[name] = f"{use} {self.computed_type(member)}"
                continue
            value, is_block, kind, storage = entries[name]
            if is_block == "false":
                attributes[name] = f"{use} {value_type(kind, storage)}"
                continue
            inner = NESTED.search(value).group(1).lower()
            made, wraps_set = MADE.search(member).groups()
            blocks[name] = {
                "use": use,
                "nesting": "set" if wraps_set == "true" else "list",
                # A class of its own for the list means that there may be several.
                "max": None if made.endswith("List") else 1,
                **self.nested(inner),
            }
        return shaped(attributes, blocks)

    def top(self, name):
        (_, body), = [c for c in self.classes.values() if f'tfResourceType = "{name}"' in c[1]]
        return self.block(body.split("synthesizeHclAttributes() {", 1)[1], body)

    def provider(self):
        """The provider's own settings: all optional, and its blocks are plain structs."""
        body = self.classes["awsprovider"][1]
        attributes, blocks = {}, {}
        for name, value, is_block, kind, storage in ENTRY.findall(body.split("synthesizeHclAttributes() {", 1)[1]):
            if is_block == "false":
                attributes[name] = f"optional {value_type(kind, storage)}"
                continue
            inner = self.writers[NESTED.search(value).group(1).lower()]
            fields = {n: f"optional {value_type(k, s)}" for n, _, b, k, s in ENTRY.findall(inner) if b == "false"}
            blocks[name] = {"use": "optional", "nesting": "list", "max": None, **shaped(fields, {})}
        return shaped(attributes, blocks)


def shaped(attributes, blocks):
    out = {"attributes": dict(sorted(attributes.items()))}
    if blocks:
        out["blocks"] = dict(sorted(blocks.items()))
    return out


def main(path):
    wheel = pathlib.Path(path)
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    if digest != WHEEL_SHA256:
        sys.exit(f"{wheel} is not the file that this was made for: sha256 {digest}")
    wants = {"package/lib/provider/index.js": ("provider", "aws")}
    for kind, name in used():
        folder = ("data-" + name if kind == "data" else name.removeprefix("aws_")).replace("_", "-")
        wants[f"package/lib/{folder}/index.js"] = (kind, name)
    schema = {"provider": {}, "resource": {}, "data": {}}
    version = None
    with zipfile.ZipFile(wheel) as archive, archive.open(BUNDLE) as bundle, tarfile.open(fileobj=bundle, mode="r|gz") as files:
        for member in files:
            kind, name = wants.pop(member.name, (None, None))
            if kind is None:
                continue
            text = files.extractfile(member).read().decode()
            source = Source(text)
            if kind == "provider":
                schema[kind][name] = source.provider()
            else:
                version = VERSION.search(text).group(1)
                schema[kind][name] = source.top(name)
    if wants:
        sys.exit(f"not in the package: {', '.join(sorted(wants))}")
    out = {
        "source": "hashicorp/aws",
        "version": version,
        "made_from": f"{WHEEL} (sha256 {digest})",
        "provider": schema["provider"],
        "resource": dict(sorted(schema["resource"].items())),
        "data": dict(sorted(schema["data"].items())),
    }
    (HERE / "aws.json").write_text(json.dumps(out, indent=1) + "\n")
    print(f"{len(out['resource'])} resources and {len(out['data'])} data sources of provider {version}")


if __name__ == "__main__":
    main(*sys.argv[1:2] or [WHEEL])
