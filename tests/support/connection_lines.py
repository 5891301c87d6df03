"""Lines of `traces` for whole connections, to be mixed into captures of many."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def stream(start_ms: float, steps: Sequence[tuple[float, str]], **ends: int) -> list[str]:
    """Lines of one connection that begins at ``start_ms``; ``ends``: ``port``, ``server`` … of `traces`."""
    fields = " ".join(f"{name}={value}" for name, value in ends.items())
    return [f"{start_ms + ms:.3f} {words} {fields}" for ms, words in steps]


def in_order(*groups: Sequence[str]) -> list[str]:
    """The lines of all ``groups`` by their time."""
    return sorted((line for group in groups for line in group), key=lambda line: float(line.split()[0]))


def served(start_ms: float, rtt_ms: float = 10, answer_ms: float = 1, **ends: int) -> list[str]:
    """A request and its answer, seen at the client, closed by the client."""
    asked, answered = rtt_ms + 0.2, 2 * rtt_ms + 0.2 + answer_ms
    return stream(
        start_ms,
        [
            (0, "C S 0 0"), (rtt_ms, "S SA 0 1"), (rtt_ms + 0.1, "C A 1 1"), (asked, "C PA 1 1 100"),
            (asked + rtt_ms, "S A 1 101"), (answered, "S PA 1 101 300"), (answered + 0.1, "C FA 101 301"),
            (answered + rtt_ms, "S FA 301 102"), (answered + rtt_ms + 0.1, "C A 102 302"),
        ],
        **ends,
    )  # fmt: skip
