"""A decrypted connection as *follow stream* tells it: the handshake, and what the protocol inside says.

Parts say which bytes of the encrypted direction they were made from, as all parts of a TLS connection do.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from tcptui.protocols.parts import Label, Part, exact_part, once
from tcptui.protocols.stream.conversation import Conversation
from tcptui.protocols.tls.plain_stream import PlainStream

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from tcptui.protocols.stream.reassembly import ByteStream
    from tcptui.protocols.tls.tls_stream import TlsStream

#: Parts whose bytes are shown decrypted instead.
_OPENED: Final = frozenset({"tls-data", "tls-handshake-encrypted"})
#: Stretches of plain bytes of a protocol that is not parsed.
_STRETCHES: Final = 5_000


def opened_parts(parts: Iterator[Part], stream: TlsStream) -> Iterator[Part]:
    """``parts`` of the TLS ``stream``, with plain bytes in place of the encrypted ones; else with the reason."""
    decryption, plain = stream.decryption, stream.plain
    found = list(parts)
    if decryption is None:
        return iter(found)
    if plain is not None:
        found = [part for part in found if part.label.name not in _OPENED]
        inside = _unparsed(plain) if stream.inner is None else stream.inner.parts()
        found += [_sealed(part, half) for part in inside if isinstance(half := plain[part.side], PlainStream)]
        found.sort(key=lambda part: (part.time_ns, part.side, part.start))
    for side, obstacle in enumerate(decryption.obstacles):
        if obstacle is None or (side and obstacle is decryption.obstacles[0]):
            continue
        half = stream.halves[side]
        label = Label(f"tls-sealed-{obstacle.value}")
        found.append(Part(side, half.length, half.length, 0, half.delivered_ns(half.length), label, once(0, b"")))
    return iter(found)


def _unparsed(plain: Sequence[ByteStream]) -> Iterator[Part]:
    """The plain bytes of a protocol that nobody here parses."""
    talk = Conversation(plain)
    for index in range(min(len(talk), _STRETCHES)):
        stretch = talk[index]
        if stretch.gap is None:
            half = plain[stretch.side]
            label = Label("tls-plain", {"bytes": f"{stretch.stop - stretch.start:,}"})
            yield exact_part(half, stretch.start, stretch.stop, label)


def _sealed(part: Part, half: PlainStream) -> Part:
    """``part`` of the plain direction, with the places that its bytes have in the encrypted one."""
    return replace(
        part, start=half.sealed_offset(part.start), stop=half.sealed_offset(part.stop), exact=False,
        blocks=_blocks(part, half),
    )  # fmt: skip


def _blocks(part: Part, half: PlainStream) -> Callable[[], Iterator[tuple[int, bytes]]]:
    def blocks() -> Iterator[tuple[int, bytes]]:
        for offset, data in part.blocks():
            if not part.exact:
                yield half.sealed_offset(offset), data
                continue
            # Between records are bytes that stand for none.
            edges = [offset, *half.record_ends(offset, offset + len(data)), offset + len(data)]
            for begin, end in pairwise(edges):
                yield half.sealed_offset(begin), data[begin - offset : end - offset]

    return blocks
