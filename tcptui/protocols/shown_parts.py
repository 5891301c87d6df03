"""Decoded parts without the secrets in them: what *follow stream* shows decoded.

Bytes as they were sent, in text or hex, are another thing: who asks for these gets them.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from dataclasses import replace
from itertools import accumulate
from typing import TYPE_CHECKING, Final

from tcptui.protocols.parts import PartText, is_text
from tcptui.protocols.secret_bodies import BodySecrets, cut_at, pieces
from tcptui.protocols.secrets_out import head_without_secrets

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tcptui.protocols.parts import Part

_Clean = Callable[[str], str]
#: Characters of a line that come from one place, at most: about those of a segment.
_LINE_MOST: Final = 1_024


def without_secrets(part: Part) -> Part:
    """``part`` without what is a secret by its name or its form."""
    if part.text is PartText.HEAD:
        return replace(part, blocks=lambda: _whole(part))
    if part.text is PartText.BODY:
        media_type = str(part.label.facts.get("type", ""))
        return replace(part, blocks=lambda: shown_blocks(part.blocks(), media_type, exact=part.exact))
    return part


def _whole(part: Part) -> Iterator[tuple[int, bytes]]:
    """A head: it is bounded."""
    said = [(offset, _text(data)) for offset, data in part.blocks()]
    yield from _Said(said, exact=part.exact).shown(head_without_secrets)


def shown_blocks(
    blocks: Iterator[tuple[int, bytes]], media_type: str = "", *, exact: bool
) -> Iterator[tuple[int, bytes]]:
    """``blocks`` of a body, as `Part` has them, without secrets if they are text; the first piece of it is short.

    Who wants but a beginning does not pay for all.
    """
    body: BodySecrets | None = None
    waiting: list[tuple[int, str]] = []
    length, sizes = 0, pieces()
    size = next(sizes)
    for offset, data in blocks:
        if body is None:
            if not is_text(data):
                yield offset, data
                continue
            body = BodySecrets(media_type)
        waiting.append((offset, _text(data)))
        length += len(waiting[-1][1])
        while length >= 2 * size:
            said = _Said(waiting, exact=exact)
            stop = cut_at(said.text, size)
            now, waiting = said.split(stop)
            yield from now.shown(body.shown)
            length -= stop
            size = next(sizes)
    if body is not None and waiting:
        yield from _Said(waiting, exact=exact).shown(body.shown)


class _Said:
    """Some pieces of a part, each with its offset in the direction."""

    def __init__(self, blocks: list[tuple[int, str]], *, exact: bool) -> None:
        self._blocks = blocks
        self._exact = exact
        self._ends = list(accumulate(len(text) for _, text in blocks))
        self.text = "".join(text for _, text in blocks)

    def split(self, stop: int) -> tuple[_Said, list[tuple[int, str]]]:
        """What is before the character ``stop``, and what follows."""
        at = bisect_right(self._ends, stop)
        if at == len(self._blocks):
            return self, []
        begin = self._ends[at - 1] if at else 0
        offset, text = self._blocks[at]
        before = [*self._blocks[:at], *([(offset, text[: stop - begin])] if stop > begin else [])]
        behind = (self._offset(stop), text[stop - begin :])
        return _Said(before, exact=self._exact), [behind, *self._blocks[at + 1 :]]

    def shown(self, clean: _Clean) -> Iterator[tuple[int, bytes]]:
        """The pieces as ``clean`` makes them; where that changes them, a line at a time from where it began."""
        shown = clean(self.text)
        if shown == self.text:
            yield from ((offset, _bytes(text)) for offset, text in self._blocks)
            return
        before, after = self.text.splitlines(keepends=True), shown.splitlines(keepends=True)
        if len(before) != len(after):
            yield self._offset(0), _bytes(shown)
            return
        at = 0
        for one, other in zip(before, after, strict=True):
            if one != other:
                yield self._offset(at), _bytes(other)
            else:
                for begin in range(0, len(one), _LINE_MOST):
                    yield self._offset(at + begin), _bytes(one[begin : begin + _LINE_MOST])
            at += len(one)

    def _offset(self, at: int) -> int:
        """The offset of what the character ``at`` came from."""
        number = min(bisect_right(self._ends, at), len(self._blocks) - 1)
        offset, text = self._blocks[number]
        begin = self._ends[number - 1] if number else 0
        return offset + len(_bytes(text[: at - begin])) if self._exact else offset


def _text(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")
