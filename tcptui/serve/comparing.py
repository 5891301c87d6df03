"""The answer of ``compare``: what two captures of different traffic differ in."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from tcptui.serve.answers import Item

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tcptui.api import Capture

#: Connections that an item names of each side.
_STREAMS_MOST: Final = 5
#: Measures whose names have a text from packets behind the colon.
_QUOTING: Final = frozenset({"statement", "statement-errors"})
_DIFFERENCES: Final = {"differences": "difference", "undecided": "undecided", "unchanged": "unchanged"}
_SIDES: Final = ("b", "a")


def items_of(told: Mapping[str, Any], a: Capture, b: Capture) -> list[Item]:
    """The items of an answer: differences of ``a`` and ``b``, as `tcptui.api.compare` has ``told``, worst first.

    Each cites the first packets of the connections that it names.
    """
    first = {side: _first_packets(capture, _streams(told, side)) for side, capture in (("a", a), ("b", b))}

    def cited(item: dict[str, Any], streams: Mapping[str, Sequence[int]]) -> Item:
        chosen = {side: list(numbers[:_STREAMS_MOST]) for side, numbers in streams.items()}
        packets = {side: [first[side][one] for one in numbers] for side, numbers in chosen.items()}
        named = {f"streams_{side}": numbers for side, numbers in chosen.items()}
        return Item({**item, **named}, packets.get("a", ()), packets.get("b", ()))

    of_both = {
        part: [cited({"part": part, **_difference(one)}, {side: one[f"streams_{side}"] for side in _SIDES})
               for one in told[among]]
        for among, part in _DIFFERENCES.items()
    }  # fmt: skip
    of_one = [
        cited({"part": f"only_in_{side}", "kind": one["kind"], "untrusted_name": one["name"], "count": one["count"],
               "of": one["of"], "sure": one["sure"]}, {side: one["streams"]})
        for side in _SIDES
        for one in told[f"only_in_{side}"]
    ]  # fmt: skip
    cautions = [Item({"part": "caution", "id": one["id"], "untrusted_text": one["text"]}) for one in told["cautions"]]
    return [*cautions, *of_both["difference"], *of_one, *of_both["undecided"], *of_both["unchanged"]]


def _difference(one: Mapping[str, Any]) -> dict[str, Any]:
    kind, _, detail = one["measure"].partition(":")
    measure = {"measure": kind, "untrusted_statement": detail} if kind in _QUOTING else {"measure": one["measure"]}
    group = {} if one["group"] is None else {"untrusted_group": one["group"]}
    return {**measure, **group, **{key: _short(one[key]) for key in ("a", "b", "effect", "worse")}}


def _short(value: Any) -> Any:
    """Numbers with as many digits as anyone reads."""
    if isinstance(value, float):
        return float(f"{value:.4g}")
    return {key: _short(of) for key, of in value.items()} if isinstance(value, dict) else value


def _streams(told: Mapping[str, Any], side: str) -> set[int]:
    """The connections of ``side`` that items name."""
    of_both = (one[f"streams_{side}"] for among in _DIFFERENCES for one in told[among])
    of_one = (one["streams"] for one in told[f"only_in_{side}"])
    return {stream for streams in chain(of_both, of_one) for stream in streams[:_STREAMS_MOST]}


def _first_packets(capture: Capture, streams: set[int]) -> dict[int, int]:
    """The number of each connection's first packet."""
    if not streams:
        return {}
    found = capture.packets(f"tcp.stream in {{{', '.join(map(str, sorted(streams)))}}}")
    stream, at = np.unique(found["stream"], return_index=True)
    return dict(zip(stream.tolist(), found["frame"][at].tolist(), strict=True))
