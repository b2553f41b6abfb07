#!/usr/bin/python3
"""Copies the schemas that proto/openapi.json refers to into it, so that what the node serves is whole.

Usage: tests/contract/openapi.py
"""

import json
import pathlib
import re

PROTO = pathlib.Path(__file__).resolve().parents[2] / "proto"


def schemas_of(text):
    """The schemas that it has to hold, as proto/schemas has them."""
    names = sorted(set(re.findall(r'"#/components/schemas/([a-z-]+)"', text)))
    schemas = {name: json.loads((PROTO / f"schemas/{name}.json").read_text(encoding="utf-8")) for name in names}
    for schema in schemas.values():
        del schema["$schema"]  # OpenAPI 3.1's own is the same
    return schemas


def main():
    path = PROTO / "openapi.json"
    document = json.loads(path.read_text(encoding="utf-8"))
    document["components"]["schemas"] = schemas_of(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps(document, indent="\t", ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
