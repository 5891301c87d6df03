"""Lists of the protocols whose requests are read, by the rows of the registry."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcptui.protocols.registry import DATABASE_NAMES, LISTED

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tcptui.words.catalogue import Words


def all_protocols(words: Words, *prefixes: str) -> str:
    """All of them with commas between, each as the first key ``<prefix>.<name>`` that there is calls it, else its row.

    ``requests.protocol`` says over which transport protocol, ``cli.protocol`` all versions, too.
    """
    return words("requests.list.comma").join(_names(words, prefixes))


def any_protocol(words: Words, *prefixes: str) -> str:
    """``A, B or C``, each called as in `all_protocols`."""
    return _any(words, _names(words, prefixes))


def any_database(words: Words) -> str:
    """The databases among them, as `any_protocol`."""
    return _any(words, sorted(DATABASE_NAMES.values()))


def _names(words: Words, prefixes: Iterable[str]) -> list[str]:
    def name(protocol: str, title: str) -> str:
        keys = (f"{prefix}.{protocol}" for prefix in prefixes)
        return next((words(key) for key in keys if words.has(key)), title)

    return [name(row.name, row.title) for row in LISTED]


def _any(words: Words, names: list[str]) -> str:
    *before, last = names
    return words("requests.list.or", before=words("requests.list.comma").join(before), last=last)
