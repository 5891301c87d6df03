"""Every name of a field in the program's text is registered: one that is misspelt would find nothing, in silence."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

import tcptui
from tcptui.model.fields import FIELDS
from tcptui.protocols.registry import PROTOCOLS

if TYPE_CHECKING:
    from collections.abc import Iterator

_ROOT: Final = Path(tcptui.__file__).parent
#: The table itself puts names together from parts; sentences have keys, and other tools attributes, which look alike.
_ELSEWHERE: Final = ("model/field_rows", "words", "scan/views")
#: Those that have fields, or a row: a row whose fields were forgotten has none.
_PROTOCOLS: Final = frozenset(name.partition(".")[0] for name in FIELDS) | {
    family for row in PROTOCOLS for family in row.families
}
_NAME: Final = re.compile(r"([a-z_][a-z0-9_-]*)(?:\.[A-Za-z0-9_-]+)+")


def names_in(source: str) -> Iterator[tuple[int, str]]:
    """Line and text of each string that looks like a field of a registered protocol."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            found = _NAME.fullmatch(node.value)
            if found is not None and found[1] in _PROTOCOLS:
                yield node.lineno, node.value


def is_module(name: str) -> bool:
    """Whether ``name`` is a module, or one of `tcptui.protocols`, which its registry names so."""
    parts = name.removeprefix("tcptui.").split(".")
    return any(base.joinpath(*parts).with_suffix(".py").exists() for base in (_ROOT, _ROOT / "protocols"))


def is_registered(name: str) -> bool:
    """Whether ``name`` is a field, or what some fields begin or end with: others are put together of parts.

    What comes of the parts is seen where a test builds a tree (`registered_fields`).
    """
    return name in FIELDS or any(field.startswith(name) or field.endswith(f".{name}") for field in FIELDS)


def test_every_name_of_a_field_is_registered() -> None:
    unknown = [
        f"{path.relative_to(_ROOT)}:{line} {name}"
        for path in sorted(_ROOT.rglob("*.py"))
        if not path.relative_to(_ROOT).as_posix().startswith(_ELSEWHERE)
        for line, name in names_in(path.read_text("utf-8"))
        if not is_registered(name) and not is_module(name)
    ]
    assert unknown == []


@pytest.mark.parametrize(
    ("name", "known"),
    [("tcp.flags.syn", True), ("tcp.options.", True), ("resp.z.do", True), ("tcp.flags.sin", False),
     ("http.requst.uri", False), ("tcp.flag.syn", False), ("nosuch.field", False)],
)  # fmt: skip
def test_misspelt_name_is_none(name: str, known: bool) -> None:
    assert is_registered(name) == known


def test_names_are_found_wherever_they_stand() -> None:
    source = 'A = {"tcp.sek": ["ip.tos"]}\ndef f(x=f"{A}http.host"):\n    return "eth0.pcap", "tcptui.session", "tcp"\n'
    assert [name for _line, name in names_in(source)] == ["tcp.sek", "ip.tos", "http.host", "tcptui.session"]
