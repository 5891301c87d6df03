"""Packets that are no TCP segments, in words: one line of a list, and how many there are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tcptui.model.datagram_pair import Role
from tcptui.model.other_protocol import Space, protocol_name, space_of
from tcptui.words.quantities import Count, duration

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Protocol

    from tcptui.model.datagram_pair import Pair
    from tcptui.protocols.other.line import Line
    from tcptui.words.catalogue import Words

    class Counted(Protocol):
        """A protocol with its packets."""

        @property
        def protocol(self) -> int:
            """Its code."""

        @property
        def packets(self) -> int:
            """How many."""


_NS: Final = 1e9
#: Protocols, and protocols within UDP, that are named in one line at most.
_NAMED: Final = 6
_NAMED_IN_UDP: Final = 4


def line_text(line: Line, protocol: int, words: Words) -> str:
    """The packet in one line, its protocol first."""
    facts = dict(line.facts)
    if "quoted" in facts:
        quoted = str(facts["quoted"])
        facts["about"] = words("other.about", quoted=quoted) if quoted else ""
    if "size" in facts:
        facts["size"] = Count(int(str(facts["size"])))
    return words(f"other.line.{line.kind}", protocol=protocol_name(protocol), **facts)


def pair_text(pair: Pair | None, words: Words, *, is_brief: bool = False) -> str:
    """What stands behind the line of a packet that asks or answers; empty where nothing is known of the other half.

    ``is_brief``: the number of the other packet and the time alone.
    """
    if pair is None or pair.role is Role.REPEATED or (pair.role is Role.ANSWER and not pair.other):
        return ""
    if pair.role is Role.AGAIN:
        return words("other.pair.again")
    if not pair.other:
        return words("other.pair.unanswered")
    form = "brief" if is_brief else "question" if pair.role is Role.QUESTION else "answer"
    return words(f"other.pair.{form}", frame=pair.other, time=duration(pair.taken_ns / _NS, words))


def counts_texts(counts: Sequence[Counted], words: Words) -> list[str]:
    """As `counts_text`, and shorter forms in which fewer protocols are named, the longest first."""
    forms = [counts_text(counts, words, most) for most in range(_NAMED, 0, -1)]
    return list(dict.fromkeys(forms))


def counts_text(counts: Sequence[Counted], words: Words, most: int = _NAMED) -> str:
    """How many packets each protocol has, the most first, ``most`` of them; those within UDP in brackets behind it."""
    join = words("other.counts.join").join
    within = [each for each in counts if space_of(each.protocol) is Space.UDP]
    parts = [(each.packets, words("other.count", name=protocol_name(each.protocol), n=Count(each.packets)))
             for each in counts if space_of(each.protocol) is not Space.UDP]  # fmt: skip
    if within:
        total = sum(each.packets for each in within)
        named = [words("other.count.within", name=protocol_name(each.protocol), n=Count(each.packets))
                 for each in within[:_NAMED_IN_UDP] if each.protocol & 0xFFFF]  # fmt: skip
        text = words("other.count", name="UDP", n=Count(total))
        if named:
            rest = len(within) - len(named)
            more = words("other.count.more") if rest else ""
            text = words("other.count.udp", text=text, within=join(named) + more)
        parts.append((total, text))
    parts.sort(key=lambda part: -part[0])
    texts = [text for _packets, text in parts[:most]]
    if len(parts) > most:
        rest = sum(packets for packets, _text in parts[most:])
        texts.append(words("other.counts.rest", n=Count(rest)))
    return join(texts)
