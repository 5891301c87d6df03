"""Reports are the same byte for byte, however many processes judge the connections."""

from __future__ import annotations

import asyncio
import json
from contextlib import closing
from typing import TYPE_CHECKING

import numpy as np
import pytest
from captures import SERVER, Tape

from tcptui.access.open_capture import is_looked_through
from tcptui.capture.file_source import open_file as open_source
from tcptui.cli.commands import Detail
from tcptui.cli.report import as_json, verdicts
from tcptui.cli.report.as_json import json_report
from tcptui.cli.report.compose import compose_report
from tcptui.cli.report.json_findings import Telling
from tcptui.cli.report.summary import Summary
from tcptui.cli.report.verdicts import tcp_lines, tcp_rows
from tcptui.cli.run.verdicts import evidence_of
from tcptui.lessons.loader import load_cases
from tcptui.model.packet_store import CORRECTED_COLUMNS
from tcptui.session.catch_up import Compile
from tcptui.session.session import Session
from tcptui.session.sharing import ALONE, Sharing
from tcptui.words.catalogue import Words
from tcptui.words.language import Language

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from tcptui.cli.report.blocks import Block

WORKERS = (2, 3, 7)


def crowd(connections: int) -> Tape:
    """Connections that overlap: each seventh loses a segment, each eleventh is refused, each thirteenth unanswered."""
    tape = Tape()
    for number in range(connections):
        client, ms = f"10.0.{number >> 8}.{number & 255}:{20_000 + number}", 3.0 * number
        if not number % 13:
            for again in (0, 1_000, 3_000):
                tape.tcp(ms + again, client, f"{SERVER}:443", 2, 1000)
        elif not number % 11:
            tape.refused(ms, client, f"{SERVER}:8443")
        elif not number % 7:
            tape.lossy(ms, client, f"{SERVER}:80")
        else:
            tape.clean(ms, client, f"{SERVER}:80", b"GET / HTTP/1.1\r\n\r\n", b"HTTP/1.1 500 Oh\r\n\r\n")
    tape.records.sort(key=lambda record: record[0])
    return tape


def opened(paths: Iterable[Path]) -> Session:
    """The captures as one, read to its end; no connection is judged yet."""
    session = Session([open_source(path) for path in paths], compile_when=Compile.NEVER)
    session.steering.judges = False
    asyncio.run(session.run())
    return session


def report(session: Session, sharing: Sharing, language: Language = Language.EN) -> bytes:
    with closing(json_report(Summary(session), None, Telling(Words(language)), sharing)) as pieces:
        return b"".join(pieces)


def text(session: Session, sharing: Sharing) -> list[Block]:
    """The whole report for people."""
    session.judge(sharing)
    return list(compose_report(Summary(session), Words(Language.EN), None, Detail.FULL))


def frame_lines(session: Session, sharing: Sharing) -> bytes:
    """The lines of `verdicts`."""
    rows, evidence = tcp_rows(session.store), evidence_of(session.all_findings, sharing)
    return b"".join(tcp_lines(session.store, session.streams, evidence, rows, sharing))


@pytest.mark.parametrize("count", WORKERS)
def test_lines_of_frames_with_states_causes_and_findings(
    tmp_path: Path, count: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "crowd.pcap"
    path.write_bytes(crowd(60).pcap())
    monkeypatch.setattr(verdicts, "BLOCK_ROWS", 50)

    with closing(opened([path])) as one, closing(opened([path])) as other:
        lines = frame_lines(one, ALONE)
        assert lines == frame_lines(other, Sharing(count, 0, 100))

    told = [json.loads(line) for line in lines.splitlines()]
    assert len(told) > 50 * count
    assert any("cause" in line for line in told)
    assert {name for line in told for name in line.get("findings", ())} >= {
        "fast-retransmission", "connection-refused",
    }  # fmt: skip


@pytest.mark.parametrize("count", WORKERS)
def test_text_and_what_judging_writes_down(tmp_path: Path, count: int) -> None:
    path = tmp_path / "crowd.pcap"
    path.write_bytes(crowd(60).pcap())

    with closing(opened([path])) as one, closing(opened([path])) as other:
        assert text(one, ALONE) == text(other, Sharing(count, 0, 100))
        assert one.trouble == other.trouble
        assert one.unjudged == other.unjudged == 0
        assert is_looked_through(other)
        for name in CORRECTED_COLUMNS:
            column = getattr(one.store, name)[: one.store.count]
            assert column.any()
            assert (column == getattr(other.store, name)[: other.store.count]).all()
        assert (one.severity == other.severity).all()
        assert (one.lost_ns == other.lost_ns).all()


def test_many_connections_alike_and_in_trouble(tmp_path: Path) -> None:
    path = tmp_path / "crowd.pcap"
    path.write_bytes(crowd(150).pcap())

    with closing(opened([path])) as session:
        alone = report(session, ALONE, Language.ZH)
        shared = [report(session, Sharing(count, 0, 100), Language.ZH) for count in WORKERS]

    told = json.loads(alone)
    assert len(told["streams"]) == 150
    assert told["capture"]["findings"]  # what follows from the connections of all shares
    assert shared == [alone] * len(WORKERS)


@pytest.mark.parametrize("most", [1, 7, 50, 149])
def test_texts_are_the_same_however_many_are_made_together(
    tmp_path: Path, most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "crowd.pcap"
    path.write_bytes(crowd(150).pcap())

    with closing(opened([path])) as session:
        together = report(session, ALONE)
        monkeypatch.setattr(as_json, "MOST_AT_ONCE", most)
        assert report(session, ALONE) == report(session, Sharing(2, 0, 100)) == together


@pytest.mark.slow
def test_the_captures_of_cases_and_corpus_as_one(corpus: Path) -> None:
    captures = sorted(path for path in (corpus / "dev").iterdir() if path.suffix in {".pcap", ".pcapng"})
    captures += [path for case in load_cases() for path in case.captures]

    with closing(opened(captures)) as session:
        alone = report(session, ALONE)
        shared = [report(session, Sharing(count, 0, 500)) for count in WORKERS]

    assert len(json.loads(alone)["streams"]) > 800
    assert shared == [alone] * len(WORKERS)


def test_a_small_capture_is_one_share() -> None:
    assert Sharing(2).cut(np.full(500, 10)) == [(0, 500)]
    assert len(Sharing(2).cut(np.full(5_000, 10))) > 2
    assert Sharing(2, 0).cut(np.zeros(0, np.int64)) == []


@pytest.mark.parametrize("workers", [2, 40])
def test_a_long_connection_is_a_share_alone(workers: int) -> None:
    segments = np.array([10, 10, 10, 10, 5_000, 10, 10])

    assert (4, 5) in Sharing(workers, 0, 40).cut(segments)


def test_two_workers_have_larger_shares_of_a_large_capture() -> None:
    segments = np.array([10, 10, 10, 10, 5_000, 10, 10])

    assert Sharing(2, 0, 40).cut(segments) == [(0, 4), (4, 5), (5, 7)]
    assert len(Sharing(2).cut(np.full(10_000_000, 10))) == 230


@pytest.mark.parametrize("workers", [2, 3, 7, 16])
@pytest.mark.parametrize("connections", [25_000, 100_000, 199_999, 1_000_000])
@pytest.mark.parametrize("first", [0, 5_000])
def test_workers_end_together_and_their_shares_by_turns(workers: int, connections: int, first: int) -> None:
    segments = np.random.default_rng(connections).integers(1, 20, connections)
    cuts = Sharing(workers).cut(segments, first)
    weights = [int(segments[begin:end].sum()) + 8 * (end - begin) for begin, end in cuts]
    assert (cuts[0][0], cuts[-1][1]) == (0, connections)
    assert [end for _, end in cuts[:-1]] == [begin for begin, _ in cuts[1:]]

    ends = [first] + [0] * (workers - 1)
    for weight in weights:  # whoever is done first takes the next one
        ends[ends.index(min(ends))] += weight

    assert max(ends) <= 1.03 * sum(ends) / workers
    assert weights[:workers] == sorted(weights[:workers])
    assert weights[0] < 0.7 * max(weights)
