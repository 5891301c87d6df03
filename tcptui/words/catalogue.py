"""Looks sentences up in the catalogues of two languages and fills their ``str.format`` placeholders.

A catalogue module holds ``WORDS: dict[str, str]``.  Keys are dotted and start with
the module's own name up to its first underscore: ``screen.key.narrow`` is in
``en/screen.py``, ``findings.zero-window.title`` in ``en/findings.py`` or a module like
``en/findings_speed.py``.

Modules are imported when the first sentence of their prefix is needed: there are dozens, and a screen starts with few.
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
    """Names of the catalogue's modules, by the prefix of their keys."""
    package = importlib.import_module(f"tcptui.words.{language.value}")
    modules: dict[str, list[str]] = {}
    for module in pkgutil.iter_modules(package.__path__):
        modules.setdefault(module.name.partition("_")[0], []).append(f"{package.__name__}.{module.name}")
    return modules


@cache
def _family(language: Language, name: str) -> dict[str, str]:
    """The sentences whose keys have the prefix ``name``.  Raises ValueError for a key that is defined twice."""
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
    """All sentences of ``language`` by key.  Raises ValueError for a key that is defined twice."""
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
        _modules(language)  # now: once root privileges are dropped, the folder may no longer be readable

    def _look_up(self, key: str) -> str:
        sentence = self._known[key] = _family(self.language, key.partition(".")[0])[key]
        return sentence

    def __call__(self, key: str, /, **facts: object) -> str:
        """The sentence ``key`` with its placeholders filled from ``facts``.

        Raises KeyError for a key or a placeholder that does not exist: a missing
        sentence is a bug that a test should find, so there is no fallback.
        """
        return self.template(key).format(**facts)

    def filled(self, key: str, facts: Mapping[str, object]) -> str:
        """The text of ``key`` with ``facts`` in a mapping, which may compute a value when a placeholder needs it."""
        return self.template(key).format_map(facts)

    def template(self, key: str) -> str:
        """The sentence ``key`` with its placeholders.  Raises KeyError as `__call__`."""
        return self._known.get(key) or self._look_up(key)

    def has(self, key: str) -> bool:
        """Whether there is a sentence for ``key``."""
        return key in _family(self.language, key.partition(".")[0])
