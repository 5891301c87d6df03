"""Sentences are found by their keys, and a catalogue's module is imported with its first sentence."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tcptui.words.catalogue import Words, catalogue
from tcptui.words.language import Language


@pytest.mark.parametrize("language", Language)
def test_every_sentence_is_found_by_its_key(language: Language) -> None:
    words = Words(language)
    everything = catalogue(language)
    assert [key for key in everything if not words.has(key)] == []
    assert words.filled("screen.list.none", {}) == everything["screen.list.none"]


def test_key_that_does_not_exist_is_an_error() -> None:
    words = Words(Language.EN)
    assert not words.has("screen.no-such-thing")
    assert not words.has("nothing")
    for key in ("screen.no-such-thing", "nothing"):
        with pytest.raises(KeyError):
            words(key)


SCREEN = [
    f"tcptui.words.en.{name}" for name in ("screen", "screen_export", "screen_filter", "screen_learning", "screen_live")
]


def test_only_the_family_of_a_key_is_imported() -> None:
    program = """\
import sys
from tcptui.words.language import Language
from tcptui.words.catalogue import Words
Words(Language.EN)("screen.list.none")
print(sorted(name for name in sys.modules if name.startswith(("tcptui.words.en.", "tcptui.words.zh."))))
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=600)
    assert done.stdout.strip() == str(
        [
            f"tcptui.words.en.{name}"
            for name in ("screen", "screen_export", "screen_filter", "screen_learning", "screen_live")
        ]
    )
