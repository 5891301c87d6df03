"""Every error that capture raises has its sentence in both languages, with just the facts it is given."""

from __future__ import annotations

import ast
import string
from pathlib import Path

import pytest

import tcptui.capture
from tcptui.words.catalogue import catalogue
from tcptui.words.language import Language

ERRORS = {"InputError", "OutputError", "CaptureError", "CaptureDeniedError", "UsageError", "TerminalError"}


def raised() -> list[tuple[str, frozenset[str]]]:
    found = []
    for path in sorted(Path(tcptui.capture.__file__).parent.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ERRORS:
                key = node.args[0]
                assert isinstance(key, ast.Constant), f"{path.name}:{node.lineno}: the key is not a literal"
                found.append((str(key.value), frozenset(word.arg or "**" for word in node.keywords)))
    return found


def test_the_search_finds_them() -> None:
    assert len(raised()) > 20


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize(("key", "facts"), raised())
def test_error_has_its_sentence(language: Language, key: str, facts: frozenset[str]) -> None:
    sentence = catalogue(language)[f"messages.{key}"]

    assert {name for _, name, _, _ in string.Formatter().parse(sentence) if name} == facts
    assert "\n" not in sentence
