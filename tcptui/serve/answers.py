"""The one way out: an answer as JSON of bounded size, with the packets that it cites and a cursor where it was cut."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from tcptui.model.safe_text import LIMIT, safe_text
from tcptui.serve.refusal import Refusal

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

#: An answer has at most 2,000 tokens, taken as four bytes each.
TOKENS_MOST: Final = 2_000
BYTES_OF_TOKEN: Final = 4
_BYTES: Final = TOKENS_MOST * BYTES_OF_TOKEN
#: Of an answer that cites packets: how many it names, and what it keeps room for besides items.
_CITED_MOST: Final = 200
_BESIDES: Final = 300
#: What a single item that is too long is cut to, step by step: characters of a text, values of a list.
_SHORTER: Final = ((600, 60), (240, 24), (80, 8), (30, 3))
_CURSOR: Final = re.compile(r"n([0-9]{1,9})")


class Item(NamedTuple):
    """One thing that is said."""

    told: dict[str, Any]
    packets: Sequence[int] = ()
    """The packets that show it, …"""
    of_other: Sequence[int] = ()
    """… and those of the other file."""


@dataclass
class Answer:
    """An answer of a tool: items, of which as many are told as fit."""

    file: str = ""
    items: Iterable[Item] = ()
    besides: dict[str, Any] = field(default_factory=dict)
    """Short facts about all of it: counts, what was left out."""
    other: str = ""
    """The second of two files."""


def place_of(cursor: str) -> int:
    """How many items are behind ``cursor``; 0: from the beginning.  Raises Refusal."""
    if not cursor:
        return 0
    found = _CURSOR.fullmatch(cursor)
    if found is None:
        raise Refusal("cursor", "cursor is not one that an answer gave")
    return int(found[1])


def rendered(answer: Answer, cursor: str = "") -> str:
    """``answer`` from ``cursor`` on, as JSON of at most `TOKENS_MOST` tokens."""
    first = place_of(cursor)
    items = iter(answer.items)
    for _ in range(first):
        next(items, None)
    chosen: list[Item] = []
    size = len(_json(_harmless(answer.besides))) + _BESIDES
    cut = False
    for item in items:
        told = item._replace(told=_harmless(item.told))
        cited = sum(len(set(frames[:_CITED_MOST])) for frames in (item.packets, item.of_other))
        step = len(_json(told.told)) + 7 * cited + 1
        if chosen and size + step > _BYTES:
            cut = True
            break
        chosen.append(told)
        size += step
    while True:
        text = _json(_whole(answer, chosen, first, cut=cut))
        if len(text) <= _BYTES:
            return text.decode()
        if len(chosen) > 1:
            chosen.pop()
            cut = True
            continue
        return _shortened(answer, chosen, first, cut=cut)


def _shortened(answer: Answer, chosen: list[Item], first: int, *, cut: bool) -> str:
    for characters, values in _SHORTER:
        short = [
            Item(_cut(one.told, characters, values), one.packets[:values], one.of_other[:values]) for one in chosen
        ]
        text = _json({**_whole(answer, short, first, cut=cut), "shortened": True})
        if len(text) <= _BYTES:
            return text.decode()
    raise Refusal("too-long", "this cannot be said in an answer of bounded size; ask for less of it")


def _whole(answer: Answer, chosen: list[Item], first: int, *, cut: bool) -> dict[str, Any]:
    told: dict[str, Any] = {"file": safe_text(answer.file)} if answer.file else {}
    told |= _harmless(answer.besides)
    told["items"] = [item.told for item in chosen]
    named: dict[str, set[int]] = {}  # by file, of which there may be one alone
    for name, frames in (
        (answer.file, [item.packets for item in chosen]),
        (answer.other, [item.of_other for item in chosen]),
    ):
        if name:
            named.setdefault(safe_text(name), set()).update(int(frame) for of in frames for frame in of if frame > 0)
    told["cites"] = {name: sorted(frames)[:_CITED_MOST] for name, frames in named.items()}
    if left := sum(max(len(frames) - _CITED_MOST, 0) for frames in named.values()):
        told["cites_left_out"] = left
    if cut:
        told["cursor"] = f"n{first + len(chosen)}"
    return told


def _harmless(value: Any) -> Any:
    """``value`` without anything that a terminal or a reader of lines would obey."""
    if isinstance(value, str):
        return safe_text(value) + "…" * (len(value) > LIMIT)
    if isinstance(value, dict):
        return {safe_text(str(key)): _harmless(of) for key, of in value.items()}
    if isinstance(value, list | tuple):
        return [_harmless(of) for of in value]
    return value


def _cut(value: Any, characters: int, values: int) -> Any:
    if isinstance(value, str) and len(value) > characters:
        return f"{value[:characters]}…"
    if isinstance(value, dict):
        return {key: _cut(of, characters, values) for key, of in value.items()}
    if isinstance(value, list):
        return [_cut(of, characters, values) for of in value[:values]]
    return value


def refused(refusal: Refusal) -> str:
    """``refusal`` as JSON of bounded size."""
    return _json(_cut(_harmless(refusal.told), 600, 20)).decode()


def _json(told: Any) -> bytes:
    return json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()
