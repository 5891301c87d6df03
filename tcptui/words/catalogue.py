"""Looks sentences up: plain catalogues, ``str.format`` placeholders, two languages.

A catalogue module holds ``WORDS: dict[str, str]``.  Keys are dotted and start with
the module's own name up to its first underscore: ``screen.tab.connections`` lives in
``catalogue_xx/screen.py``, ``findings.zero-window.title`` in ``catalogue_xx/findings.py`` or
``catalogue_xx/findings_speed.py``.

A module is imported when the first of its sentences is wanted: there are dozens, and a screen begins with few.
"""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache
from typing import TYPE_CHECKING

from tcptui.words.language import Language

if TYPE_CHECKING:
    from collections.abc import Mapping


@cache
def _modules(language: Language) -> dict[str, list[str]]:
    """Names of the catalogue's modules, by what the keys in them start with."""
    package = importlib.import_module(f"tcptui.words.{language.value}")
    modules: dict[str, list[str]] = {}
    for module in pkgutil.iter_modules(package.__path__):
        modules.setdefault(module.name.partition("_")[0], []).append(f"{package.__name__}.{module.name}")
    return modules


@cache
def _family(language: Language, name: str) -> dict[str, str]:
    """The sentences whose keys start with ``name``; duplicates raise ValueError."""
    words: dict[str, str] = {}
    for module in _modules(language).get(name, ()):
        part: dict[str, str] = importlib.import_module(module).WORDS
        twice = words.keys() & part.keys()
        if twice:
            raise ValueError(f"defined twice: {sorted(twice)}")
        words |= part
    return words


@cache
def catalogue(language: Language) -> dict[str, str]:
    """All sentences of ``language`` by key; duplicates raise ValueError."""
    words: dict[str, str] = {}
    for name in _modules(language):
        part = _family(language, name)
        twice = words.keys() & part.keys()
        if twice:
            raise ValueError(f"defined twice: {sorted(twice)}")
        words |= part
    return words


class Words:
    """The sentences of one language."""

    def __init__(self, language: Language) -> None:
        self.language = language
        self._known: dict[str, str] = {}
        _modules(language)  # while the folder can be read: root may be given up before the first sentence

    def _look_up(self, key: str) -> str:
        sentence = self._known[key] = _family(self.language, key.partition(".")[0])[key]
        return sentence

    def __call__(self, key: str, /, **facts: object) -> str:
        """The sentence ``key`` with its placeholders filled from ``facts``.

        Raises KeyError for a key or a placeholder that does not exist: a missing
        sentence is a bug that a test should meet, not something to paper over.
        """
        return (self._known.get(key) or self._look_up(key)).format(**facts)

    def filled(self, key: str, facts: Mapping[str, object]) -> str:
        """The same with ``facts`` that may be worked out only when a placeholder asks for them."""
        return (self._known.get(key) or self._look_up(key)).format_map(facts)

    def has(self, key: str) -> bool:
        """Whether ``key`` has a sentence."""
        return key in _family(self.language, key.partition(".")[0])
