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


def computed_type(body):
    getter = re.search(r"return this\.get(\w+?)Attribute\(", body)
    return GETTER.get(getter.group(1), "any") if getter else "any"


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

    def nested(self, struct):
        base, body = self.classes[struct + "outputreference"]
        return self.block(self.writers.get(struct, ""), body, struct)

    def block(self, writer, body, struct):
        members = {m[0]: m for m in MEMBER.findall(body)}
        entries = {name: rest for name, *rest in ENTRY.findall(writer)}
        attributes, blocks = {}, {}
        for name, (_, computed, optional, required, getter) in members.items():
            use = wanted(computed, optional, required)
            if name not in entries:
                attributes[name] = f"{use} {computed_type(getter)}"
                continue
            value, is_block, kind, storage = entries[name]
            if is_block == "false":
                attributes[name] = f"{use} {value_type(kind, storage)}"
                continue
            inner = NESTED.search(value).group(1).lower()
            several = storage.endswith("List") and (inner + "list") in self.classes
            blocks[name] = {"use": use, "max": None if several else 1, **self.nested(inner)}
        out = {"attributes": dict(sorted(attributes.items()))}
        if blocks:
            out["blocks"] = dict(sorted(blocks.items()))
        return out

    def top(self, name):
        (_, body), = [c for c in self.classes.values() if f'tfResourceType = "{name}"' in c[1]]
        writer = body.split("synthesizeHclAttributes() {", 1)[1]
        return self.block(writer, body, name)


def main(path):
    wheel = pathlib.Path(path)
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    if digest != WHEEL_SHA256:
        sys.exit(f"{wheel} is not the file that this was made for: sha256 {digest}")
    wants = {f"package/lib/{'data-' if kind == 'data' else ''}{name.replace('_', '-')}/index.js": (kind, name)
             for kind, name in used()}
    wants = {path.replace("/aws-", "/") if "data-aws-" not in path else path: want for path, want in wants.items()}
    schema = {"resource": {}, "data": {}}
    version = None
    with zipfile.ZipFile(wheel) as archive, archive.open(BUNDLE) as bundle, tarfile.open(fileobj=bundle, mode="r|gz") as files:
        for member in files:
            kind, name = wants.pop(member.name, (None, None))
            if kind is None:
                continue
            text = files.extractfile(member).read().decode()
            version = VERSION.search(text).group(1)
            schema[kind][name] = Source(text).top(name)
    if wants:
        sys.exit(f"not in the package: {', '.join(sorted(wants))}")
    out = {
        "provider": "hashicorp/aws",
        "version": version,
        "made_from": f"{WHEEL} (sha256 {digest})",
        "resource": dict(sorted(schema["resource"].items())),
        "data": dict(sorted(schema["data"].items())),
    }
    (HERE / "aws.json").write_text(json.dumps(out, indent=1) + "\n")
    print(f"{len(out['resource'])} resources and {len(out['data'])} data sources of provider {version}")


if __name__ == "__main__":
    main(*sys.argv[1:2] or [WHEEL])
