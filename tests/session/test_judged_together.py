"""Short connections, healthy ones and others that look like them: judged together they are judged as one by one."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

import pytest
from captures import ACK, CLIENT, FIN, PSH, SERVER, SYN, Tape
from traces import write_trace

from tcptui.access.open_capture import view_of
from tcptui.analysis.timing.budget import time_budget
from tcptui.analysis.timing.budget_parts import Part
from tcptui.session.session import Session, open_file

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tcptui.model.finding import Finding

STREAMS = 120
KINDS = 20


class Talk:
    """Lines of one connection: opened, some messages, closed."""

    def __init__(self, port: int, start: float, way: float, third: str = "A", length: int = 0) -> None:
        self.port, self.now, self.way = port, start, way
        self.lines: list[str] = []
        self.sent = {"C": 0, "S": 0}
        self.had = {"C": 0, "S": 0}
        """What each end has acknowledged."""
        self.say("C", "S", 0.0)
        self.say("S", "SA", way)
        self.say("C", third, 0.1, length)

    def say(self, sender: str, flags: str, after: float, length: int = 0, more: str = "") -> None:
        other = "S" if sender == "C" else "C"
        self.now += after
        seq, ack = self.sent[sender], self.sent[other] if "A" in flags else 0
        self.lines.append(f"{self.now:.3f} {sender} {flags} {seq} {ack} {length} port={self.port} {more}".strip())
        self.sent[sender] = seq + length + ("S" in flags) + ("F" in flags)

    def close(self, first: str, *, three: bool) -> None:
        second = "S" if first == "C" else "C"
        self.say(first, "FA", 1)
        if not three:
            self.say(second, "A", self.way)
        self.say(second, "FA", 1)
        self.say(first, "A", self.way)


def ordinary(port: int, start: float, rng: Random) -> Talk:
    """A connection in which nothing goes wrong."""
    talk = Talk(port, start, rng.choice((0.2, 3, 45)))
    for turn in range(rng.randint(1, 3)):
        asks, answers = ("S", "C") if rng.random() < 0.2 and not turn else ("C", "S")
        talk.say(asks, "PA", rng.choice((0.1, 2, 60)), rng.choice((1, 90, 700)))
        if rng.random() < 0.5:
            talk.say(answers, "A", talk.way)
        talk.say(answers, "PA", rng.choice((0.5, 20, 90)), rng.choice((1, 500)))
        if rng.random() < 0.6:
            talk.say(asks, "A", 0.2)
    talk.close(rng.choice("CS"), three=rng.random() < 0.6)
    return talk


def unused(port: int, start: float, rng: Random) -> Talk:
    """One that is opened and closed without a byte; after more than five seconds nobody calls that a probe."""
    talk = Talk(port, start, rng.choice((0.2, 3, 45)))
    talk.now += rng.choice((0, 0, 20, 4_900, 5_100))
    talk.close(rng.choice("CS"), three=rng.random() < 0.6)
    if rng.random() < 0.4:
        del talk.lines[-1]
    return talk


def hasty(port: int, start: float, rng: Random) -> Talk:
    """One whose third packet brings the request, or closes, or both."""
    talk = Talk(port, start, rng.choice((0.2, 3, 45)), *rng.choice((("PA", 70), ("FA", 0), ("PFA", 70))))
    if "F" in talk.lines[-1].split()[2]:
        if rng.random() < 0.4:
            talk.say("S", "A", talk.way)
        talk.say("S", "FA", 1)
        talk.say("C", "A", talk.way)
        return talk
    talk.say("S", "PA", rng.choice((0.5, 20, 90)), 500)
    talk.close(rng.choice("CS"), three=rng.random() < 0.6)
    return talk


def one_way(port: int, start: float, rng: Random) -> Talk:
    """One in which only one end says anything, once or more often."""
    talk = Talk(port, start, rng.choice((0.2, 3, 45)))
    says, hears = rng.choice(("CS", "SC"))
    for _ in range(rng.choice((1, 1, 2, 3))):
        talk.say(says, "PA", rng.choice((0.1, 60, 600)), 90)
        if rng.random() < 0.5:
            talk.say(hears, "A", rng.choice((talk.way, 700)))
    talk.close(rng.choice("CS"), three=rng.random() < 0.6)
    return talk


def odd(port: int, start: float, rng: Random) -> Talk:
    """One that looks ordinary, or like one that was not used, but for something."""
    talk = rng.choice((ordinary, hasty, one_way, unused))(port, start, rng)
    lines, at = talk.lines, rng.randrange(len(talk.lines))
    words = lines[at].split()
    match rng.randrange(12):
        case 0:
            del lines[at]
        case 1:
            lines.insert(at, lines[at])
        case 2:
            del lines[at:]
        case 3:
            lines[at:] = [f"{float(line.split()[0]) + 5500:.3f} {line.split(' ', 1)[1]}" for line in lines[at:]]
        case change:
            lines[at] = " ".join(changed(words, change, rng))
    return talk


def changed(words: list[str], change: int, rng: Random) -> list[str]:
    """A line with something odd about it."""
    match change:
        case 4:
            words[4] = str(int(words[4]) + rng.choice((-1, 1, 50)))
        case 5:
            words[3] = str(int(words[3]) + rng.choice((-1, 1, 50)))
        case 6:
            words[2] = f"R{words[2]}"
        case 7:
            words[2] += "E"
        case 8:
            words[2] = words[2].replace("F", "") if "F" in words[2] else f"F{words[2]}"
        case 9:
            words[5] = str(int(words[5]) + 300)
        case _:
            words.append(rng.choice(("win=0", "sack=5:9+5:9")))
    return words


def opened(path: Path, talks: list[Talk]) -> Session:
    lines = [line for talk in talks for line in talk.lines]
    return open_file(write_trace(path, sorted(lines, key=lambda line: float(line.split()[0]))))


def each_judged(session: Session) -> Iterator[tuple[int, tuple[Finding, ...], tuple[int, ...]]]:
    """Every stream with its findings and the parts of its time budget, as a report has them."""
    for batch in session.all_findings.judged():
        for (stream, findings), parts in zip(batch.each(), batch.parts.tolist(), strict=True):
            yield stream, findings, tuple(parts)


@pytest.mark.parametrize("seed", range(6))
def test_told_together_as_one_by_one(tmp_path: Path, seed: int) -> None:
    talks = []
    for number in range(STREAMS):
        rng = Random(1000 * seed + number % KINDS)  # several of each kind
        make = rng.choice((ordinary, hasty, one_way, unused, odd))
        talks.append(make(40_000 + number, 300.0 * number, rng))
    together, alone = opened(tmp_path / "a.pcap", talks), open_file(tmp_path / "a.pcap")

    told = list(each_judged(together))

    assert [stream for stream, _findings, _parts in told] == list(range(together.streams.count))
    assert list(together.each_findings(range(len(told)))) == [(stream, findings) for stream, findings, _parts in told]
    for stream, findings, parts in told:
        assert findings == alone.findings(stream)
        view = view_of(alone, stream)
        assert parts == time_budget(view).parts
    for name in ("state_a", "state_b", "marks"):
        assert (getattr(together.store, name) == getattr(alone.store, name)).all(), name
    assert sum(len(kind) for batch in together.all_findings.judged() for kind in batch.kinds) > STREAMS // 3


@pytest.mark.parametrize(("third", "length"), [("PFA", 70), ("FA", 0), ("PA", 70)])
def test_connection_whose_third_packet_says_all_is_judged_as_alone(tmp_path: Path, third: str, length: int) -> None:
    beside = Talk(40_001, 1_000, 3)
    beside.close("C", three=True)
    talk = Talk(40_000, 0, 3, third, length)
    if "F" not in third:
        talk.say("C", "FA", 1)
    talk.say("S", "FA", 3)
    talk.say("C", "A", 0.1)
    session, alone = opened(tmp_path / "f.pcap", [talk, beside]), open_file(tmp_path / "f.pcap")

    assert [findings for _stream, findings, _parts in each_judged(session)] == [alone.findings(0), alone.findings(1)]


@pytest.mark.parametrize(("held_ms", "is_probe"), [(4_990, True), (5_010, False)])
def test_connection_that_was_not_used_is_called_a_probe_while_it_may_have_been_one(
    tmp_path: Path, held_ms: float, is_probe: bool
) -> None:
    talks = []
    for number in range(8):
        talk = Talk(40_000 + number, 10_000.0 * number, 3)
        talk.now += held_ms
        talk.close("CS"[number % 2], three=number > 3)
        talks.append(talk)
    session = opened(tmp_path / "e.pcap", talks)

    told = [{finding.id for finding in findings} for _stream, findings, _parts in each_judged(session)]

    assert all(("probe-connection" in ids) == is_probe for ids in told)


def test_close_without_its_last_acknowledgment_is_told_as_such(tmp_path: Path) -> None:
    talk = Talk(40_000, 0, 3)
    talk.say("C", "PA", 1, 100)
    talk.close("S", three=True)
    del talk.lines[-1]
    session = opened(tmp_path / "d.pcap", [talk])
    (told,) = each_judged(session)

    assert told[1] == open_file(tmp_path / "d.pcap").findings(0)
    assert told[1][1].facts["shape"] == "no-last-ack"


def test_request_that_was_never_answered_waits_until_somebody_closes(tmp_path: Path) -> None:
    talk = Talk(40_000, 0, 3)
    talk.say("C", "PA", 1, 100)
    talk.say("S", "A", 3)
    talk.close("C", three=False)
    session = opened(tmp_path / "c.pcap", [talk])
    (told,) = each_judged(session)

    assert told[2] == time_budget(view_of(session, 0)).parts
    assert told[2][Part.UNATTRIBUTED] > 0


def test_port_that_is_used_again_is_told_too(tmp_path: Path) -> None:
    tape = Tape()
    ends = f"{CLIENT}:40001", f"{SERVER}:8080"
    for start, first in ((0, 1000), (400, 900_000)):
        for ms, side, flags, seq, ack, payload in (
            (0, 0, SYN, 0, 0, b""), (3, 1, SYN | ACK, 0, 1, b""), (3.1, 0, ACK, 1, 1, b""),
            (4, 0, PSH | ACK, 1, 1, b"hello"), (8, 1, PSH | ACK, 1, 6, b"you"),
            (9, 0, FIN | ACK, 6, 4, b""), (12, 1, FIN | ACK, 4, 7, b""), (12.1, 0, ACK, 7, 5, b""),
        ):  # fmt: skip
            numbers = first + seq, first + ack if flags & ACK else 0
            tape.tcp(start + ms, ends[side], ends[1 - side], flags, *numbers, payload)
    path = tmp_path / "again.pcap"
    path.write_bytes(tape.pcap())
    session, alone = open_file(path), open_file(path)

    assert "port-reused" in {finding.id for finding in alone.findings(1)}
    assert [findings for _stream, findings, _parts in each_judged(session)] == [alone.findings(0), alone.findings(1)]
