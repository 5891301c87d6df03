"""A talk as packets, and what may become of a recording: packets missing, cut, in another order, begun later."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from captures import ACK, CLIENT, PSH, SERVER, Tape

if TYPE_CHECKING:
    from random import Random

    from tests.campaigns.pairing.talks import Talk

#: First numbers of client and server.
FIRST: Final = (1_001, 9_001)
_MSS: Final = 1_400
_HANDSHAKE: Final = 3


@dataclass(slots=True)
class Known:
    """Which bytes of client and server, by their numbers, are those of each call."""

    tape: Tape = field(default_factory=Tape)
    asked: list[range] = field(default_factory=list)
    answered: list[range] = field(default_factory=list)


def played(talk: Talk, chance: Random) -> Known:
    """The talk as a whole recording, seen at the client."""
    known, ends = Known(), (f"{CLIENT}:40000", f"{SERVER}:{talk.port}")
    known.tape.handshake(0, *ends)
    at, sent, ms = 0, list(FIRST), 100.0

    def say(side: int, data: bytes) -> None:
        nonlocal ms
        while data:
            size = chance.choice((_MSS, _MSS, _MSS, 200, 60))
            known.tape.tcp(ms, ends[side], ends[1 - side], PSH | ACK, sent[side], sent[1 - side], data[:size])
            sent[side] += len(data[:size])
            data, ms = data[size:], ms + 0.1
            if chance.random() < 0.3:
                known.tape.tcp(ms, ends[1 - side], ends[side], ACK, sent[1 - side], sent[side])
                ms += 0.1

    while at < len(talk.calls):
        calls = talk.calls[at : at + chance.randint(1, talk.together)]
        joined = chance.random() < 0.5
        begun = sent[0]
        for call in calls:
            known.asked.append(range(begun, begun + len(call.asks)))
            begun += len(call.asks)
        for data in [b"".join(call.asks for call in calls)] if joined else [call.asks for call in calls]:
            say(0, data)
        ms += chance.choice((0.2, 5, 60))
        begun = sent[1]
        pieces: list[bytes] = []
        for call in calls:
            known.answered.append(range(begun, begun + len(call.answers)))
            begun += len(call.answers)
            borders = (0, *call.cuts, len(call.answers))
            pieces += [call.answers[one:two] for one, two in pairwise(borders)]
        for data in [b"".join(pieces)] if joined else pieces:
            say(1, data)
        ms += chance.choice((0.2, 5, 60, 1_500))
        at += len(calls)
    known.tape.tcp(ms + 5_000, "10.0.0.9:1", "10.0.0.8:2", ACK, 1, 1)  # the capture went on
    return known


def damaged(tape: Tape, chance: Random) -> tuple[str, bytes]:
    """What was done, and the recording that it left."""
    records, said = list(tape.records), []
    for _ in range(chance.randint(1, 3)):
        way = chance.choice(("lose", "lose", "burst", "cut", "cut-some", "swap", "late", "side"))
        said.append(way)
        last = len(records) - 1
        if way == "lose":
            gone = {chance.randrange(last) for _ in range(chance.randint(1, 4))}
            records = [one for n, one in enumerate(records) if n not in gone]
        elif way == "burst":
            begin = chance.randrange(last)
            del records[begin : min(begin + chance.randint(2, 12), last)]
        elif way == "cut":
            most = chance.choice((40, 41, 44, 48, 56, 66, 96, 128, 300, 600))
            records = [(ns, data[:most]) for ns, data in records]
        elif way == "cut-some":
            most = chance.choice((40, 48, 66, 128))
            records = [(ns, data[: most if chance.random() < 0.1 else None]) for ns, data in records]
        elif way == "swap":
            for _ in range(chance.randint(1, 5)):
                n = chance.randrange(max(last - 1, 1))
                (one, first), (two, second) = records[n], records[n + 1]
                records[n : n + 2] = [(one, second), (two, first)]
        elif way == "late":
            del records[: chance.randint(1, max(last // 2, 1))]
        elif way == "side":
            source = chance.choice((CLIENT, SERVER))
            octets = bytes(int(one) for one in source.split("."))
            begin = chance.randrange(last)
            stop = begin + chance.randint(3, 30)
            records = [one for n, one in enumerate(records) if not (begin <= n < stop and one[1][12:16] == octets)]
        if len(records) < _HANDSHAKE:
            break
    return "+".join(said), _pcap(records)


def _pcap(records: list[tuple[int, bytes]]) -> bytes:
    """The file; what was cut off a packet is known by its own length field."""
    blocks = [Tape().pcap()]
    for ns, data in records:
        length = int.from_bytes(data[2:4]) if len(data) >= 4 else len(data)
        blocks.append(b"".join(n.to_bytes(4, "little") for n in (ns // 10**9, ns % 10**9, len(data), length)) + data)
    return b"".join(blocks)
