"""Every regular expression of the package takes time linear in the text, whatever the text is.

Bytes of packets and files are chosen by others.  A pattern is fed what it nearly matches; where two of its repeats can
share a text in many ways, or a search begins anew at each place, the time grows with the square of the length.
Possessive repeats (``*+``), atomic groups, a look behind before the first repeat, or splitting mend that.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
import re
from collections import defaultdict
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest
from near_matches import slow_shapes

import tcptui

if TYPE_CHECKING:
    from collections.abc import Iterator

_ROOT: Final = Path(tcptui.__file__).parent
_METHODS: Final = frozenset({"match", "fullmatch", "search", "finditer", "findall", "sub", "subn", "split"})
_MAY_APPLY: Final = re.compile(r"^import re$|\.(?:match|fullmatch|search|finditer|findall|subn?)\(", re.MULTILINE)
#: Modules that are programs of their own.
_APART: Final = ("tcptui.__main__", "tcptui.capture.child.main", "tcptui.protocols.scapy_child")
#: How often it is measured whether a pattern that is not linear is found.
_MEASURED_AGAIN: Final = 10
#: What an inserted value stands for in a pattern that is written as an f-string.
_INSERTED: Final = "x"


@dataclass(frozen=True)
class Used:
    """A pattern, where it is, and how it is applied."""

    place: str
    pattern: re.Pattern[Any]
    methods: frozenset[str]


@cache
def patterns_of(package: str) -> tuple[Used, ...]:
    """The patterns in modules of a package right below `tcptui`, as objects and as calls of `re`."""
    found: dict[tuple[str | bytes, int], Used] = {}
    for place, pattern, methods in (*_objects(package), *_calls(package)):
        before = found.get((pattern.pattern, pattern.flags))
        known = methods if before is None else before.methods | methods
        found[pattern.pattern, pattern.flags] = Used(place if before is None else before.place, pattern, known)
    return tuple(used if used.methods else replace(used, methods=_METHODS) for used in found.values())


def _objects(package: str) -> Iterator[tuple[str, re.Pattern[Any], frozenset[str]]]:
    """Patterns among the values of modules and classes, also in containers."""
    for name in _modules(package):
        if "re.compile(" not in _source(name):
            continue
        module = importlib.import_module(name)
        uses = _uses_in(name)
        owners = [module, *(each for each in vars(module).values() if inspect.isclass(each))]
        for owner in owners:
            if getattr(owner, "__module__", name) != name:
                continue
            for key, value in list(vars(owner).items()):
                for pattern in _within(value) if key in _assigned_in(name) else ():  # others are imported
                    everywhere = uses.get(key) if key.startswith("_") else _uses_of(key)
                    # One that is applied under another name: as its module applies any.
                    yield f"{name}.{key}", pattern, everywhere or frozenset().union(*uses.values())


def _within(value: object, depth: int = 0) -> Iterator[re.Pattern[Any]]:
    if isinstance(value, re.Pattern):
        yield value
    elif depth < 3 and isinstance(value, dict):
        yield from _within([*value.keys(), *value.values()], depth + 1)
    elif depth < 3 and isinstance(value, (list, tuple, set, frozenset)):
        for each in value:
            yield from _within(each, depth + 1)


def _calls(package: str) -> Iterator[tuple[str, re.Pattern[Any], frozenset[str]]]:
    """Patterns that are written where they are applied."""
    for name in _modules(package):
        for call in _calls_in(name):
            assert isinstance(call.func, ast.Attribute)
            applied = call.func.attr
            if _name_of(call.func.value) != "re" or applied not in _METHODS | {"compile"} or not call.args:
                continue
            text = _written(call.args[0])
            if text is not None:
                methods = frozenset({applied}) if applied in _METHODS else _chained(name, call) or frozenset()
                if methods:
                    yield f"{name}:{call.lineno}", re.compile(text), methods


def _chained(name: str, made: ast.Call) -> frozenset[str]:
    """How ``re.compile(…)`` is applied right where it is made."""
    return frozenset(
        call.func.attr for call in _calls_in(name) if isinstance(call.func, ast.Attribute) and call.func.value is made
    )


def _written(node: ast.expr) -> Any:
    if isinstance(node, ast.Constant) and isinstance(node.value, str | bytes):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(part.value if isinstance(part, ast.Constant) else _INSERTED for part in node.values)
    return None


@cache
def _modules(package: str) -> tuple[str, ...]:
    """Those that import `re`, or may apply a pattern of another."""
    found = [module.name for module in pkgutil.walk_packages([str(_ROOT / package)], f"tcptui.{package}.")]
    return tuple(name for name in found if not name.startswith(_APART) and _MAY_APPLY.search(_source(name)))


@cache
def _source(name: str) -> str:
    path = _ROOT.parent / Path(*name.split("."))
    return (path / "__init__.py" if path.is_dir() else path.with_suffix(".py")).read_text("utf-8")


@cache
def _nodes(name: str) -> tuple[ast.AST, ...]:
    kinds = (ast.Call, ast.Assign, ast.AnnAssign)
    return tuple(node for node in ast.walk(ast.parse(_source(name))) if isinstance(node, kinds))


@cache
def _calls_in(name: str) -> tuple[ast.Call, ...]:
    return tuple(node for node in _nodes(name) if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute))


@cache
def _assigned_in(name: str) -> frozenset[str]:
    """The names that a module gives values to."""
    targets: list[ast.expr] = []
    for node in _nodes(name):
        if isinstance(node, ast.Assign):
            targets += node.targets
        elif isinstance(node, ast.AnnAssign):
            targets.append(node.target)
    return frozenset(target.id for target in targets if isinstance(target, ast.Name))


@cache
def _uses_in(name: str) -> dict[str, frozenset[str]]:
    """By name, the methods of `re.Pattern` that a module calls of it."""
    uses: dict[str, set[str]] = defaultdict(set)
    for call in _calls_in(name):
        assert isinstance(call.func, ast.Attribute)
        applied = _name_of(call.func.value)
        if applied not in ("", "re") and call.func.attr in _METHODS:
            uses[applied].add(call.func.attr)
    return {applied: frozenset(methods) for applied, methods in uses.items()}


@cache
def _uses_of(key: str) -> frozenset[str]:
    """The methods that any module calls of a public name."""
    return frozenset().union(*(_uses_in(name).get(key, ()) for package in PACKAGES for name in _modules(package)))


def _name_of(node: ast.expr) -> str:
    if isinstance(node, ast.Subscript):
        return _name_of(node.value)
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""


PACKAGES: Final = sorted(each.name for each in _ROOT.iterdir() if (each / "__init__.py").exists())


def test_patterns_are_found() -> None:
    found = {used.place for package in PACKAGES for used in patterns_of(package)}
    assert len(found) > 150
    assert {"tcptui.protocols.http.head._REQUEST", "tcptui.protocols.redis.tokens._LINES"} <= found


@pytest.mark.slow
@pytest.mark.parametrize("package", PACKAGES)
def test_every_pattern_is_linear(package: str) -> None:
    slow = [
        f"{used.place} {used.pattern.pattern!r}: {found}"
        for used in patterns_of(package)
        if (found := next(slow_shapes(used.pattern, used.methods), None)) is not None
    ]
    assert not slow, "\n".join(slow)


@pytest.mark.parametrize(
    ("pattern", "method"),
    [
        (r'\s*([A-Za-z0-9_-]+)\s*(?:=\s*"?([^";]*?)"?\s*)?', "fullmatch"),
        (r"\s*=", "search"),
        (r"\d+ packets", "finditer"),
        (r"(?:a+)+b", "match"),
        (r"'(?:[^'\\]|\\.)*'", "sub"),
        (rb"a:[ \t]*([^\r\n]*)\r\n", "match"),
        (r"\{[^}]*$", "search"),
        (r"/\*.*?\*/", "search"),
    ],
)
def test_patterns_that_are_not_linear_are_found(pattern: str | bytes, method: str) -> None:
    # On a busy machine, whose caches others have, short texts take long now and then, which hides growth.
    found = (next(slow_shapes(re.compile(pattern), frozenset({method})), None) for _ in range(_MEASURED_AGAIN))
    assert any(found)
