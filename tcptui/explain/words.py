"""Looks sentences up: plain catalogues, ``str.format`` placeholders, two languages.

A catalogue module holds ``WORDS: dict[str, str]``.  Keys are dotted and start with
the module's own name up to its first underscore: ``screen.tab.connections`` lives in
``catalogue_xx/screen.py``, ``findings.zero-window.title`` in ``catalogue_xx/findings.py`` or
``catalogue_xx/findings_speed.py``.
"""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache
from typing import TYPE_CHECKING

from tcptui.explain.language import Language

if TYPE_CHECKING:
    from collections.abc import Mapping


@cache
def catalogue(language: Language) -> dict[str, str]:
    """All sentences of ``language`` by key; KeyError-proof duplicates raise ValueError."""
    package = importlib.import_module(f"tcptui.explain.catalogue_{language.value}")
    words: dict[str, str] = {}
    for module in pkgutil.iter_modules(package.__path__):
        part: dict[str, str] = importlib.import_module(f"{package.__name__}.{module.name}").WORDS
        twice = words.keys() & part.keys()
        if twice:
            raise ValueError(f"defined twice: {sorted(twice)}")
        words |= part
    return words


class Words:
    """The sentences of one language."""

    def __init__(self, language: Language) -> None:
        self.language = language
        self._catalogue = catalogue(language)

    def __call__(self, key: str, /, **facts: object) -> str:
        """The sentence ``key`` with its placeholders filled from ``facts``.

        Raises KeyError for a key or a placeholder that does not exist: a missing
        sentence is a bug that a test should meet, not something to paper over.
        """
        return self._catalogue[key].format(**facts)

    def filled(self, key: str, facts: Mapping[str, object]) -> str:
        """The same with ``facts`` that may be worked out only when a placeholder asks for them."""
        return self._catalogue[key].format_map(facts)

    def has(self, key: str) -> bool:
        """Whether ``key`` has a sentence."""
        return key in self._catalogue
