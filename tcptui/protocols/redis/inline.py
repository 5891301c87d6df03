"""The words of an inline command, as Redis takes them apart (sdssplitargs in its sds.c)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from tcptui.protocols.redis.value import Item

if TYPE_CHECKING:
    from collections.abc import Iterator

#: A word: pieces without blanks, or in quotes.  A quote ends a word.
_WORD: Final = re.compile(
    rb"""(?P<bare>[^\s"']*)(?:"(?P<double>(?:[^"\\]|\\.)*)"|'(?P<single>(?:[^'\\]|\\'|\\(?!'))*)')?(?=\s|$)""",
    re.DOTALL,
)
_BLANKS: Final = re.compile(rb"\s*")
_ESCAPE: Final = re.compile(rb"\\(?:x([0-9A-Fa-f]{2})|(.))", re.DOTALL)
_NAMED: Final = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"a": b"\a"}


def inline_words(line: bytes, start: int, most: int, kept: int) -> list[Item]:
    """The first ``most`` words of ``line``, which begins at offset ``start``, and the rest as one; ``kept`` bytes each.

    In double quotes ``\\n``, ``\\xFF`` and the like stand for a byte, in single ones ``\\'`` for a quote.  A line whose
    quotes do not match, to which Redis answers with an error, is taken apart at its blanks.
    """
    words = list(_quoted(line, most)) if b'"' in line or b"'" in line else None
    if words is None or None in words:
        words = list(_plain(line, most))
    return [Item(start + begin, start + end, data[:kept]) for begin, end, data in filter(None, words)]


def _plain(line: bytes, most: int) -> Iterator[tuple[int, int, bytes]]:
    at = 0
    for word in line.split(None, most):
        at = line.index(word, at)
        yield at, at + len(word), word
        at += len(word)


def _quoted(line: bytes, most: int) -> Iterator[tuple[int, int, bytes] | None]:
    """The words; None where the line cannot be read on."""
    at = _after_blanks(line, 0)
    for _ in range(most):
        if at >= len(line):
            return
        found = _WORD.match(line, at)
        if found is None or found.end() == at:
            yield None
            return
        yield _word(found)
        at = _after_blanks(line, found.end())
    if at < len(line):
        yield at, len(line), line[at:]


def _after_blanks(line: bytes, at: int) -> int:
    found = _BLANKS.match(line, at)
    return at if found is None else found.end()


def _word(found: re.Match[bytes]) -> tuple[int, int, bytes]:
    """Where the word is, without quotes around it, and what it means."""
    bare, double, single = found["bare"], found["double"], found["single"]
    begin, end = found.span()
    if not bare and (double is not None or single is not None):
        begin, end = begin + 1, end - 1
    if double is not None:
        return begin, end, bare + _ESCAPE.sub(_meant, double)
    return begin, end, bare + (b"" if single is None else single.replace(b"\\'", b"'"))


def _meant(found: re.Match[bytes]) -> bytes:
    if found[1] is not None:
        return bytes([int(found[1], 16)])
    return _NAMED.get(found[2], found[2])
