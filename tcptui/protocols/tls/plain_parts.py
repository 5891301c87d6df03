"""A decrypted connection as *follow stream* tells it: the handshake, and what the protocol inside says.

Parts say which bytes of the encrypted direction they were made from, as all parts of a TLS connection do.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from tcptui.protocols.parts import Label, Part, PartText, exact_part, once
from tcptui.protocols.stream.conversation import Conversation
from tcptui.protocols.tls.codes import name_of, version_name
from tcptui.protocols.tls.plain_stream import PlainStream

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from tcptui.protocols.stream.reassembly import ByteStream
    from tcptui.protocols.tls.conversation import TlsConversation
    from tcptui.protocols.tls.tls_stream import TlsStream

#: Parts whose bytes are shown decrypted instead.
_OPENED: Final = frozenset({"tls-data", "tls-handshake-encrypted"})
#: Parts of the handshake.
_HANDSHAKE: Final = frozenset({"tls-handshake", "tls-change-cipher-spec"})
#: Messages of a run that are named.
_NAMED_MOST: Final = 2
#: Stretches of plain bytes of a protocol that is not parsed.
_STRETCHES: Final = 5_000


def opened_parts(parts: Iterator[Part], stream: TlsStream) -> Iterator[Part]:
    """``parts`` of the TLS ``stream``, with plain bytes in place of the encrypted ones; else with the reason."""
    decryption, plain = stream.decryption, stream.plain
    found = list(parts)
    if decryption is None:
        return iter(found)
    if plain is not None:
        found = list(_handshake_parts(found, stream.conversation))
        inside = _unparsed(plain) if stream.inner is None else stream.inner.parts()
        found += [_sealed(part, direction) for part in inside if isinstance(direction := plain[part.side], PlainStream)]
        found.sort(key=lambda part: (part.time_ns, part.side, part.start))
    for side, obstacle in enumerate(decryption.obstacles):
        if obstacle is None or (side and obstacle is decryption.obstacles[0]):
            continue
        direction = stream.directions[side]
        label = Label(f"tls-sealed-{obstacle.value}")
        found.append(
            Part(
                side,
                direction.length,
                direction.length,
                0,
                direction.delivered_ns(direction.length),
                label,
                once(0, b""),
            )
        )
    return iter(found)


def _handshake_parts(parts: Sequence[Part], conversation: TlsConversation) -> Iterator[Part]:
    """What TLS itself says, each run of one side in a line and without its bytes: what was sealed is read instead."""
    own = [part for part in parts if part.label.name not in _OPENED]
    agreed = ""
    if conversation.version is not None and conversation.suite is not None:
        suite = name_of("tls.handshake.ciphersuite", conversation.suite) or f"0x{conversation.suite:04x}"
        agreed = f"{version_name(conversation.version)}, {suite}"
    for group in _runs(own):
        first, last = group[0], group[-1]
        if first.label.name not in _HANDSHAKE:
            yield replace(first, blocks=once(first.start, b""), exact=False)
            continue
        facts: dict[str, object] = {"what": _messages(group), "bytes": f"{last.stop - first.start:,}"}
        name = "tls-handshake-done"
        if first.side == conversation.server_side and agreed:
            name, facts["agreed"], agreed = "tls-handshake-agreed", agreed, ""
        yield replace(first, stop=last.stop, label=Label(name, facts), blocks=once(first.start, b""), exact=False)


def _messages(group: Sequence[Part]) -> str:
    """The messages of a run; of many the first and the last."""
    named = list(dict.fromkeys(str(part.label.facts["what"]) for part in group if "what" in part.label.facts))
    if not named:
        return "Change Cipher Spec"
    return ", ".join(named) if len(named) <= _NAMED_MOST else f"{named[0]} … {named[-1]}"


def _runs(parts: Sequence[Part]) -> list[list[Part]]:
    """Parts of the handshake that follow each other byte by byte together, others alone."""
    runs: list[list[Part]] = []
    for part in parts:
        last = runs[-1][-1] if runs else None
        if (
            last is not None
            and {part.label.name, last.label.name} <= _HANDSHAKE
            and (part.side, part.start) == (last.side, last.stop)
        ):
            runs[-1].append(part)
        else:
            runs.append([part])
    return runs


def _unparsed(plain: Sequence[ByteStream]) -> Iterator[Part]:
    """The plain bytes of a protocol that nobody here parses."""
    talk = Conversation(plain)
    for index in range(min(len(talk), _STRETCHES)):
        stretch = talk[index]
        if stretch.gap is None:
            direction = plain[stretch.side]
            label = Label("tls-plain", {"bytes": f"{stretch.stop - stretch.start:,}"})
            yield exact_part(direction, stretch.start, stretch.stop, label, PartText.BODY)


def _sealed(part: Part, direction: PlainStream) -> Part:
    """``part`` of the plain direction, with the places that its bytes have in the encrypted one."""
    return replace(
        part, start=direction.sealed_offset(part.start), stop=direction.sealed_offset(part.stop), exact=False,
        blocks=_blocks(part, direction),
    )  # fmt: skip


def _blocks(part: Part, direction: PlainStream) -> Callable[[], Iterator[tuple[int, bytes]]]:
    def blocks() -> Iterator[tuple[int, bytes]]:
        for offset, data in part.blocks():
            if not part.exact:
                yield direction.sealed_offset(offset), data
                continue
            # Between records are bytes that stand for none.
            edges = [offset, *direction.record_ends(offset, offset + len(data)), offset + len(data)]
            for begin, end in pairwise(edges):
                yield direction.sealed_offset(begin), data[begin - offset : end - offset]

    return blocks
