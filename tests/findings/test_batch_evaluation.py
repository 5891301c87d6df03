"""Streams that are alike, judged in one run: what is told of each is what is told of it alone, byte for byte."""

from __future__ import annotations

import asyncio
import json
import random
import subprocess
import sys
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from resized import pcap_of, resized, tcp_frames
from traces import write_trace

from tcptui.analysis.stream import same_shape
from tcptui.analysis.stream.same_shape import SameShape, SameShapeView
from tcptui.analysis.stream.view import gather_streams
from tcptui.capture.file_source import open_file as open_source
from tcptui.cli.report.as_json import json_report
from tcptui.cli.report.json_findings import Telling
from tcptui.cli.report.summary import Summary
from tcptui.findings import batch_evaluation
from tcptui.findings.stream_findings import DeferredFindings, cells
from tcptui.lessons.loader import load_case, load_cases
from tcptui.model.batched import Batched
from tcptui.model.packet_store import CORRECTED_COLUMNS
from tcptui.session.catch_up import Compile
from tcptui.session.session import Session, open_file
from tcptui.session.sharing import ALONE
from tcptui.words.catalogue import Words
from tcptui.words.language import Language

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from tcptui.model.finding import Finding

OPENED = ("0 C S 0 0", "40 S SA 0 1", "40.2 C A 1 1")
#: What goes wrong, connection by connection: milliseconds, side, flags, numbers, bytes.
STORIES = {
    "refused": ("0 C S 0 0", "40 S RA 0 1"),
    "unanswered": ("0 C S 0 0", "1000 C S 0 0", "3000 C S 0 0"),
    "syn again": ("0 C S 0 0", "1000 C S 0 0", "1040 S SA 0 1", "1041 C A 1 1", "1042 C RA 1 1"),
    "answer again": ("0 C S 0 0", "40 S SA 0 1", "1040 S SA 0 1", "3040 S SA 0 1", "3041 C R 1 0"),
    "reset": (*OPENED, "41 C PA 1 1 100", "81 S R 1 0"),
    "asked twice": (*OPENED, "41 C PA 1 1 100", "260 C PA 1 1 100", "300 S PA 1 101 900", "301 C A 101 901"),
    "lost": (
        *OPENED, "41 C PA 1 1 100", "81 S A 1 101 1400", "82 S PA 2801 101 1400", "83 C A 101 1401",
        "300 S A 1401 101 1400", "301 C A 101 4201",
    ),
    "slow": (*OPENED, "41 C PA 1 1 100", "81 S A 1 101", "3000 S PA 1 101 900", "3001 C A 101 901"),
    "full": (*OPENED, "41 S PA 1 1 1400", "42 C A 1 1401 win=0", "700 C A 1 1401", "740 S PA 1401 1 1400"),
    "hole": (*OPENED, "80 S PA 1 101 900", "81 C FA 101 901"),
    "half closed": (*OPENED, "41 C FA 1 1", "81 S A 1 2"),
    "transfer": (
        *OPENED,
        *(
            line
            for turn in range(4)
            for line in (
                f"{50 + 100 * turn} C PA {1 + 100 * turn} {1 + 8400 * turn} 100",
                *(
                    f"{91 + 100 * turn + place / 10:.1f} S A {1 + 8400 * turn + 1400 * place} {101 + 100 * turn} 1400"
                    for place in range(6)
                ),
                f"{92 + 100 * turn} C A {101 + 100 * turn} {8401 + 8400 * turn}",
            )
        ),
        "600 C FA 401 33601", "640 S FA 33601 402", "641 C A 402 33602",
    ),
}  # fmt: skip
COPIES = 12
#: Copies of each recorded connection, which differ in numbers alone.
RESIZED = 6
#: Of so many frames at most: longer connections are judged alone.
MOST_FRAMES = 3_000
BENCHMARKS = Path(__file__).resolve().parents[1] / "benchmarks"


def told_twice(lines: Iterable[str], number: int) -> list[str]:
    """The ``lines`` of one connection, as the one of that number: later, by other ports, by a clock that trembles."""
    found = []
    for at, line in enumerate(lines):
        time, rest = line.split(" ", 1)
        trembling = (number * 37 + at * 11) % 29 / 1000
        found.append(f"{number * 7.5 + float(time) + trembling:.4f} {rest} port={20_000 + number}")
    return found


def of_other_size(lines: Iterable[str], number: int) -> list[str]:
    """The ``lines`` of one connection with other lengths, windows and hops, by its ``number``."""
    percent, ends = 50 + number * 7 % 50, [0, 0]
    for line in lines:
        _, side, _, seq, _, *more = line.split()
        if more and more[0].isdigit():
            ends[side == "S"] = max(ends[side == "S"], int(seq) + int(more[0]))

    def scaled(number: int, end: int) -> int:
        inside = min(number, end) if end else number
        return 1 + (inside - 1) * percent // 100 + number - inside if number else 0

    found = []
    for line in lines:
        time, side, flags, seq, ack, *more = line.split()
        own, other = ends[::-1] if side == "S" else ends
        if more and more[0].isdigit():
            more[0] = str(int(more[0]) * percent // 100)
        if "win=0" not in more:
            more.append(f"win={30_000 + 10 * number}")
        words = (time, side, flags, str(scaled(int(seq), own)), str(scaled(int(ack), other)), *more)
        found.append(" ".join((*words, f"ttl={50 + number % 7}")))
    return found


def opened(path: Path) -> Session:
    session = Session([open_source(path)], compile_when=Compile.NEVER)
    session.steering.judges = False
    asyncio.run(session.run())
    return session


def report(session: Session, language: Language) -> list[str]:
    return b"".join(json_report(Summary(session), None, Telling(Words(language)))).decode().splitlines()


def written(session: Session) -> list[NDArray[Any]]:
    """What judging wrote to the store."""
    return [getattr(session.store, name)[: session.store.count].copy() for name in CORRECTED_COLUMNS]


def one_by_one(session: Session, language: Language, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    with monkeypatch.context() as patch:
        for module in (same_shape, batch_evaluation):
            patch.setattr(module, "FEWEST", 1 << 30)
        return report(session, language)


@pytest.fixture(params=["equal", "of one shape", "of one shape, cut"])
def crowd(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    """Every story some times over, with the same bytes or with other ones, of which all or 64 bytes were captured."""
    lines = [
        line
        for place, story in enumerate(STORIES.values())
        for copy in range(COPIES)
        for line in told_twice(story if request.param == "equal" else of_other_size(story, copy), place * COPIES + copy)
    ]
    lines.sort(key=lambda line: float(line.split(" ", 1)[0]))
    if request.param.endswith("cut"):
        lines = [f"{line} keep=64" for line in lines]
    return write_trace(tmp_path / "crowd.pcap", lines)


@pytest.mark.parametrize("language", Language)
def test_what_is_told_of_many_is_what_is_told_of_each(
    crowd: Path, language: Language, monkeypatch: pytest.MonkeyPatch
) -> None:
    with closing(opened(crowd)) as one, closing(opened(crowd)) as other:
        lines, alone = report(one, language), one_by_one(other, language, monkeypatch)
        columns = list(zip(written(one), written(other), strict=True))

    assert lines == alone
    assert len(json.loads("".join(lines))["streams"]) == len(STORIES) * COPIES
    for column, expected in columns:
        assert (column == expected).all()
        assert column.any()


def test_most_of_what_is_alike_is_judged_together(crowd: Path) -> None:
    with closing(opened(crowd)) as session:
        (told,) = session.all_findings.judged()

    together = sum(len(kind) for kind in told.kinds)
    assert together > 0.8 * (together + len(told.others))
    assert len(told.kinds) < together / 4
    assert max(len(kind) for kind in told.kinds) >= COPIES // 2
    assert {finding.id.value for kind in told.kinds for finding in kind.findings} >= {
        "syn-retransmission", "connection-refused", "retransmission-timeout", "server-think-time", "zero-window",
    }  # fmt: skip


def test_what_the_text_report_judges_is_what_is_found_of_each(crowd: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is cached of all streams, and what follows for the capture as a whole."""
    with closing(opened(crowd)) as one, closing(opened(crowd)) as other:
        one.judge(ALONE)
        for module in (same_shape, batch_evaluation):
            monkeypatch.setattr(module, "FEWEST", 1 << 30)
        other.judge(ALONE)
        above_note, expected = one.above_note(), other.above_note()

        assert dict(above_note) == dict(expected)
        assert (one.severity == other.severity).all()
        assert (one.lost_ns == other.lost_ns).all()
        assert one.trouble == other.trouble
        assert one.diagnosis == other.diagnosis
        for column, columns in zip(written(one), written(other), strict=True):
            assert (column == columns).all()
    held = [above_note.held(stream) for stream in above_note]
    assert sum(isinstance(one, DeferredFindings) for one in held) > 0.8 * len(held)
    assert not any(isinstance(expected.held(stream), DeferredFindings) for stream in expected)


def test_what_cannot_be_asked_of_all_lanes_is_asked_of_each(crowd: Path) -> None:
    with closing(opened(crowd)) as session:
        session.judge(ALONE)
        above_note = session.above_note()

        def first_frames(findings: tuple[Finding, ...]) -> frozenset[int]:
            return frozenset(finding.packets[0] for finding in findings)  # members cannot be hashed

        assert list(above_note.of_each(first_frames, above_note)) == [
            first_frames(above_note[stream]) for stream in above_note
        ]


@pytest.mark.parametrize("name", ["accept-queue-full", "hello-service"])
def test_addresses_of_alike_ends_are_those_of_each_stream(name: str) -> None:
    with closing(open_file(load_case(name).captures[0])) as session:
        table, count = session.streams, session.streams.count
        (gathered,) = gather_streams(session.store, table, np.arange(count))
        view = SameShapeView(gathered, SameShape(np.arange(count), equal=False))
        ends = [table.ends(stream) for stream in range(count)]

        for end, expected in ((view.client, [one for one, _ in ends]), (view.server, [other for _, other in ends])):
            assert list(islice(cells(end.address, count), count)) == [each.address for each in expected]


def test_streams_that_differ_in_one_segment_are_not_alike(tmp_path: Path) -> None:
    refused = STORIES["refused"]
    talks = [told_twice((refused[0], f"40 S RA 0 1 win={number // 4}"), number) for number in range(8)]
    lines = sorted((line for talk in talks for line in talk), key=lambda line: float(line.split(" ", 1)[0]))
    with closing(opened(write_trace(tmp_path / "two.pcap", lines))) as session:
        (told,) = session.all_findings.judged()

    assert sorted(kind.places.tolist() for kind in told.kinds) == [[0, 1, 2, 3], [4, 5, 6, 7]]


def test_streams_with_one_hash_are_alike_only_where_their_segments_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(same_shape._Segments, "hashes", lambda segments: np.zeros(len(segments._counts), np.int64))
    talks = [told_twice(STORIES["refused" if number % 3 else "reset"], number) for number in range(12)]
    lines = sorted((line for talk in talks for line in talk), key=lambda line: float(line.split(" ", 1)[0]))
    with closing(opened(write_trace(tmp_path / "one_hash.pcap", lines))) as session:
        (told,) = session.all_findings.judged()

    assert [kind.places.tolist() for kind in told.kinds] == [[0, 3, 6, 9]]
    assert len(told.others) == 8


def test_most_transfers_are_judged_together(tmp_path: Path) -> None:
    path = tmp_path / "transfers.pcap"
    words = [str(BENCHMARKS / "make_capture.py"), str(path), "transfers", "--connections", "60"]
    subprocess.run([sys.executable, *words], check=True, capture_output=True)
    with closing(opened(path)) as session:
        (told,) = session.all_findings.judged()

    assert len(told.others) <= 6


def of_other_pace(lines: Iterable[str], number: int) -> list[str]:
    """The ``lines`` of one connection, of which each gap is prolonged by its own factor."""
    chance, now, before, found = random.Random(number), 0.0, 0.0, []
    for line in lines:
        time, rest = line.split(" ", 1)
        now += (float(time) - before) * chance.uniform(0.7, 1.4)
        before = float(time)
        found.append(f"{now:.4f} {rest}")
    return found


#: Connections in which time passes: each copy at its own pace.
SLOW_STORIES = {
    "kept alive": (
        *OPENED, "41 C PA 1 1 100", "81 S PA 1 101 900", "81.2 C A 101 901",
        *(line for turn in range(8) for line in (f"{30_000 * turn + 30_000} C A 100 901 1",
                                                 f"{30_000 * turn + 30_040} S A 901 101")),
    ),
    "since before": tuple(
        line for turn in range(5) for line in (
            f"{150 * turn} C PA {5_001 + 100 * turn} {9_001 + 900 * turn} 100",
            f"{150 * turn + 60} S PA {9_001 + 900 * turn} {5_101 + 100 * turn} 900",
            f"{150 * turn + 60.2} C A {5_101 + 100 * turn} {9_901 + 900 * turn}")
    ),
    "refused twice": ("0 C S 0 0", "40 S RA 0 1", "500 C S 0 0", "540 S RA 0 1", "1010 C S 0 0", "1050 S RA 0 1"),
}  # fmt: skip


@pytest.mark.parametrize("story", SLOW_STORIES)
def test_pauses_that_differ_part_few(story: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = [
        line
        for number in range(60)
        for line in told_twice(of_other_pace(of_other_size(SLOW_STORIES[story], number), number), number)
    ]
    path = write_trace(tmp_path / "slow.pcap", sorted(lines, key=lambda line: float(line.split(" ", 1)[0])))
    with closing(opened(path)) as one, closing(opened(path)) as other, closing(opened(path)) as third:
        assert report(one, Language.EN) == one_by_one(other, Language.EN, monkeypatch)
        (told,) = third.all_findings.judged()

    assert len(told.others) <= 6
    assert len(told.kinds) <= 10


def test_few_streams_are_judged_one_by_one(tmp_path: Path) -> None:
    lines = [line for number in range(same_shape.FEWEST - 1) for line in told_twice(STORIES["refused"], number)]
    with closing(opened(write_trace(tmp_path / "few.pcap", lines))) as session:
        (told,) = session.all_findings.judged()

    assert not told.kinds
    assert len(told.others) == same_shape.FEWEST - 1


#: Columns that are members in the test below, though there is one member only.
BATCHED = frozenset({"time_ns", "frame", "ip_id", "ts_value", "ts_echo", "raw_seq", "raw_ack", "refers_to", "acked"})


@pytest.mark.uncounted
def test_cases_are_told_the_same_with_lanes_in_place_of_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    """What rules do with numbers they can do with members, or it is refused; each stream is a member of its own."""
    judged = 0

    def cut(view: same_shape.SameShapeView, name: str) -> Any:
        cells = view._block.column(name)[view._at]
        differ = name in BATCHED or bool((cells != cells[:, :1]).any())  # two streams of one case may be alike
        return Batched(cells, plain=False) if differ else cells[:, 0].copy()

    def member_values(each: NDArray[Any]) -> Batched:
        return Batched(each.astype(np.int64) if each.dtype.kind in "iu" else each, plain=True)

    captures = sorted((Path(__file__).resolve().parents[2] / "cases").glob("*/*.pcapng*"))
    for capture in captures:
        with closing(opened(capture)) as session, monkeypatch.context() as patch:
            alone = one_by_one(session, Language.EN, monkeypatch)
            for module in (same_shape, batch_evaluation):
                patch.setattr(module, "FEWEST", 1)
            patch.setattr(same_shape, "member_values", member_values)
            patch.setattr(same_shape.SameShapeView, "cut", cut)
            judged += sum(len(kind) for told in session.all_findings.judged() for kind in told.kinds)
            assert report(session, Language.EN) == alone, capture

    assert judged > len(captures) / 2


def judged_together(captures: Iterable[Path], made: Path, monkeypatch: pytest.MonkeyPatch) -> int:
    """How many connections of resized ``captures`` were judged with others; what was told of any is checked."""
    count = 0
    for path in captures:
        frames = tcp_frames(path)
        if not 0 < len(frames) <= MOST_FRAMES:
            continue
        made.write_bytes(pcap_of(frame for by in range(RESIZED) for frame in resized(frames, by)))
        with closing(opened(made)) as one, closing(opened(made)) as other, closing(opened(made)) as third:
            assert report(one, Language.EN) == one_by_one(other, Language.EN, monkeypatch), path
            for column, expected in zip(written(one), written(other), strict=True):
                assert (column == expected).all(), path
            count += sum(len(kind) for told in third.all_findings.judged() for kind in told.kinds)
    return count


def test_recorded_cases(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    captures = [path for case in load_cases()[::4] for path in case.captures]

    assert judged_together(captures, tmp_path / "resized.pcap", monkeypatch) > 50


@pytest.mark.slow
def test_all_recorded_cases_and_captures_of_others(
    corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    captures = [path for case in load_cases() for path in case.captures]
    captures += sorted(path for path in (corpus / "dev").iterdir() if path.suffix in {".pcap", ".pcapng"})

    assert judged_together(captures, tmp_path / "resized.pcap", monkeypatch) > 1_000
