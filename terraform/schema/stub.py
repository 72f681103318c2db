#!/usr/bin/env python3
"""A provider that knows the schema in aws.json and nothing else: it creates nothing and reads nothing.

With it `terraform validate` checks the whole configuration as with the real provider, and `terraform test` runs the tests
that mock it, on machines that cannot fetch the real one. It speaks Terraform's plugin protocol 5 on a socket, which
Terraform finds by TF_REATTACH_PROVIDERS; `cargo stack terraform` starts and stops it.

    python3 stub.py SOCKET      prints the value of TF_REATTACH_PROVIDERS and serves until it is killed

Needs grpcio. The few messages are written by hand: they are small, and no generated code has to be kept in step.
"""

import json
import os
import pathlib
import re
import sys
from concurrent import futures

import grpc

HERE = pathlib.Path(__file__).resolve().parent
SERVICE = "tfplugin5.Provider"
# Terraform sends the whole schema in one message.
LIMIT = [("grpc.max_send_message_length", -1), ("grpc.max_receive_message_length", -1)]
NESTING = {"single": 1, "list": 2, "set": 3}
# Which optional attributes the provider fills when nobody sets them is not in aws.json. Of resources it is at least these,
# which everybody reads; a data source fills all that it was not asked by.
FILLED = ("id", "region")
TYPE = re.compile(r"(list|set|map)\((.*)\)|object\(\{(.*)\}\)")


# --- protobuf, as much of it as is needed


def varint(number):
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    return bytes(out) + bytes([number])


def number(field, value):
    return varint(field << 3) + varint(value) if value else b""


def message(field, content):
    content = content.encode() if isinstance(content, str) else content
    return varint(field << 3 | 2) + varint(len(content)) + content


def entry(field, key, content):
    return message(field, message(1, key) + message(2, content))


# --- the schema


def fields(text):
    """`a=string, b=list(string)` at the outermost level."""
    depth, start = 0, 0
    for place, letter in enumerate(text + ","):
        depth += letter in "({"
        depth -= letter in ")}"
        if letter == "," and depth == 0:
            name, _, kind = text[start:place].strip().partition("=")
            yield name, kind
            start = place + 1


def cty(text):
    """A type in Terraform's JSON."""
    found = TYPE.fullmatch(text)
    if not found:
        return "dynamic" if text == "any" else text
    collection, element, inner = found.groups()
    if collection:
        return [collection, cty(element)]
    return ["object", {name: cty(kind) for name, kind in fields(inner)}]


def attribute(name, text, filled):
    use, kind = text.split(" ", 1)
    required, optional = use == "required", use == "optional"
    computed = use == "computed" or (optional and (filled or name in FILLED))
    return message(1, name) + message(2, json.dumps(cty(kind))) + number(4, required) + number(5, optional) + number(6, computed)


def block(schema, filled=False):
    out = b"".join(message(2, attribute(*pair, filled)) for pair in schema["attributes"].items())
    for name, inner in schema.get("blocks", {}).items():
        nested = message(1, name) + message(2, block(inner)) + number(3, NESTING[inner["nesting"]])
        nested += number(4, int(inner["use"] == "required")) + number(5, inner["max"] or 0)
        out += message(3, nested)
    return out


def schema_answer(document):
    out = message(1, message(2, block(document["provider"]["aws"])))
    for field, kind in ((2, "resource"), (3, "data")):
        for name, schema in document[kind].items():
            out += entry(field, name, message(2, block(schema, filled=kind == "data")))
    # ServerCapabilities: none.
    return out + message(6, b"")


# --- the server


def answers(document):
    whole = schema_answer(document)
    return {
        "GetSchema": lambda request: whole,
        # The configuration goes back as it came: field 1 of question and answer alike.
        "PrepareProviderConfig": lambda request: request,
        "ValidateResourceTypeConfig": lambda request: b"",
        "ValidateDataSourceConfig": lambda request: b"",
        "Configure": lambda request: b"",
        "Stop": lambda request: b"",
    }


def main(socket):
    document = json.loads((HERE / "aws.json").read_text())
    server = grpc.server(futures.ThreadPoolExecutor(4), options=LIMIT)
    handlers = {
        name: grpc.unary_unary_rpc_method_handler(lambda request, context, answer=answer: answer(request))
        for name, answer in answers(document).items()
    }
    server.add_generic_rpc_handlers([grpc.method_handlers_generic_handler(SERVICE, handlers)])
    server.add_insecure_port(f"unix:{socket}")
    server.start()
    found = {"Protocol": "grpc", "ProtocolVersion": 5, "Pid": os.getpid(), "Test": True, "Addr": {"Network": "unix", "String": socket}}
    print(json.dumps({document["source"]: found}), flush=True)
    server.wait_for_termination()


if __name__ == "__main__":
    main(sys.argv[1])
