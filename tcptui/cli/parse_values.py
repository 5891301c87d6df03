"""Parses and checks single option values, for all parts of the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcptui.model.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence


class CommandLineError(UsageError):
    """The command line is wrong; the message is in the catalogue's ``cli`` module."""

    hint = "cli.try-help"

    def __init__(self, key: str, /, **facts: object) -> None:
        super().__init__(key, **facts)
        self.key = f"cli.{key}"


def file_name(option: str, value: str) -> str:
    """``value`` of ``option``, a name; raises CommandLineError when it is empty."""
    if not value:
        raise CommandLineError("error.no-value", option=option)
    return value


def filter_words(words: Sequence[str]) -> str:
    """The filter expression made of ``words``."""
    return " ".join(word for word in words if word)


def number(options: Mapping[str, str], name: str, least: int, most: int) -> int | None:
    """The integer value of option ``name``, None without it; raises CommandLineError outside ``least`` to ``most``."""
    text = options.get(name)
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 20 and least <= int(text) <= most):
        raise CommandLineError("error.number", option=name, value=text, least=least, most=most)
    return int(text)


def only_one(given: Sequence[str]) -> str | None:
    """The one of ``given``, options that exclude one another; None: none.  Raises CommandLineError for several."""
    if len(given) > 1:
        raise CommandLineError("error.exclusive", first=given[0], second=given[1])
    return given[0] if given else None


def near_words(word: str, known: Iterable[str]) -> list[str]:
    """Those of ``known`` that somebody probably meant who wrote ``word``, the nearest first; at most three."""
    from difflib import get_close_matches  # 10 ms, and only who mistyped something waits for it

    return get_close_matches(word, list(known), n=3, cutoff=0.7)
