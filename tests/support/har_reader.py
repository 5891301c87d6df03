"""Checks an HTTP archive against HAR 1.2: what `har_1_2.json` says of each object, and what prose says of times.

The file states the specification's tables (softwareishard.com/blog/har-12-spec) in a small part of JSON Schema.  An
object may have further members only if their names begin with ``_``.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, Final

import pytest

SCHEMA: Final[dict[str, Any]] = json.loads(Path(__file__).with_name("har_1_2.json").read_text())
_TYPES: Final = {"string": str, "array": list, "boolean": bool}


def read_har(text: str) -> list[dict[str, Any]]:
    """The entries of an archive that is valid; AssertionError for another."""
    har = json.loads(text)
    _check(har, {"$ref": "har"}, "har")
    entries: list[dict[str, Any]] = har["log"]["entries"]
    for entry in entries:
        timings = entry["timings"]
        parts = [timings[name] for name in ("blocked", "dns", "connect", "send", "wait", "receive")]
        assert sum(part for part in parts if part >= 0) == pytest.approx(entry["time"], abs=1e-5)
        assert all(part >= 0 or part == -1 for part in parts)
    assert [entry["startedDateTime"] for entry in entries] == sorted(entry["startedDateTime"] for entry in entries)
    return entries


def _check(value: Any, schema: dict[str, Any], where: str) -> None:
    schema = SCHEMA[schema["$ref"]] if "$ref" in schema else schema
    kind = schema.get("type")
    if "properties" in schema:
        assert isinstance(value, dict), where
        assert set(schema.get("required", ())) <= value.keys(), where
        for name, member in value.items():
            if not name.startswith("_"):
                assert name in schema["properties"], f"{where}.{name}"
                _check(member, schema["properties"][name], f"{where}.{name}")
    elif kind in _TYPES:
        assert isinstance(value, _TYPES[kind]), where
        for at, item in enumerate(value if kind == "array" else ()):
            _check(item, schema["items"], f"{where}[{at}]")
        assert "pattern" not in schema or re.search(schema["pattern"], value), f"{where}: {value}"
    elif kind in ("number", "integer"):
        assert isinstance(value, int if kind == "integer" else (int, float)), where
        assert not isinstance(value, bool), where
        assert value >= schema.get("minimum", value), where
