"""What somebody typed where both a display filter and plain words may go."""

from __future__ import annotations

import re
from typing import Final

#: In front of a text: these are words, whatever they look like.
FORCE_WORDS: Final = "'"
#: Operators between two values or tests; brackets, braces and signs of arithmetic stand in addresses and states, too.
_OPERATOR: Final = re.compile(
    r"===?|!==?|~=|[<>]=?|&&?|\|\||\^\^|~"
    r"|(?<=\s)(?:and|or|xor|any_eq|all_eq|any_ne|all_ne|eq|ne|gt|lt|ge|le|contains|matches|in|bitwise_and)(?!\S)"
)
_QUOTED: Final = re.compile(r'"(?:[^"\\]|\\.)*"?')
_BEFORE: Final = re.compile(r"(?:\s|!|\(|(?:not|any|all)(?!\S))*")
_WORD: Final = re.compile(r"[A-Za-z_][\w.-]*", re.ASCII)


def is_filter(text: str) -> bool:
    """Whether ``text`` is meant as a display filter, right or wrong; else it is plain words.

    It is when it holds an operator, or its first word after ``not``, ``!`` and ``(`` is a field.
    """
    if text.lstrip().startswith(FORCE_WORDS):
        return False
    from tcptui.model.fields import FIELDS  # no start waits for it

    bare = _QUOTED.sub('""', text)
    begin = _BEFORE.match(bare)
    first = _WORD.match(bare, begin.end() if begin is not None else 0)
    if first is not None and first[0] in FIELDS:
        return True
    return _OPERATOR.search(bare.lstrip()) is not None


def meant_filter(text: str) -> str:
    """The display filter that ``text`` stands for, which is words of a capture filter; empty where it is not."""
    from tcptui.dfilter.capture_words import translate

    if text.lstrip().startswith(FORCE_WORDS):
        return ""
    return translate(text) or ""


def plain_words(text: str) -> str:
    """The words of a ``text`` that is no filter."""
    return text.lstrip().removeprefix(FORCE_WORDS)


def is_beginning(text: str) -> bool:
    """Whether ``text`` may become a filter: its one word begins the dotted name of a field, or is a mistaken one."""
    word = _only_word(text)
    return "." in word and (bool(beginning_fields(text)) or is_mistaken_field(text))


def is_mistaken_field(text: str) -> bool:
    """Whether the one word of ``text`` looks like a field that there is not: a protocol's, as ``tcp.prot``."""
    from tcptui.model.fields import FIELDS

    protocol, dot, _ = _only_word(text).partition(".")
    return bool(dot) and protocol in FIELDS and not beginning_fields(text)


def beginning_fields(text: str) -> list[str]:
    """The fields whose names begin with the one word of ``text``, the shortest first; none for several words."""
    from tcptui.model.fields import FIELDS

    word = _only_word(text)
    return (
        sorted((name for name in FIELDS if name.startswith(word)), key=lambda name: (len(name), name)) if word else []
    )


def _only_word(text: str) -> str:
    begin = _BEFORE.match(text)
    found = _WORD.fullmatch(text.rstrip(), begin.end() if begin is not None else 0)
    return "" if found is None or text.startswith(FORCE_WORDS) else found[0]
