"""Whoever asks, and how: the findings of a connection, their weight and their confidence are the same."""

from __future__ import annotations

import asyncio
import json
import shutil
from contextlib import closing
from html import escape
from random import Random
from typing import TYPE_CHECKING, Any, Final

import pytest
import run_command
from growth import Growth
from resized import pcap_of, resized, tcp_frames
from traces import write_trace
from web_captures import GET, closed, record

from tcptui.cli.main import main
from tcptui.findings.catalog import FAMILIES
from tcptui.findings.rules import registry
from tcptui.findings.spec import Family
from tcptui.lessons.loader import load_cases
from tcptui.model.finding import Confidence, FindingId, Severity
from tcptui.session.session import open_file
from tcptui.ui.app import TcptuiApp
from tcptui.ui.overview.screen import OverviewScreen
from tcptui.ui.view_options import ViewOptions
from tcptui.words.catalogue import Words
from tcptui.words.finding_text import finding_title
from tcptui.words.language import Language
from tests.ui.conftest import until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from tcptui.findings.facts import ConnectionFacts
    from tcptui.model.finding import Finding

    Run = Callable[..., str]
    #: Id, severity, confidence and evidence.
    Said = tuple[str, str, str, tuple[int, ...]]

CAPTURES: Final = [capture for case in load_cases() for capture in case.captures]
LOUD: Final = {"warning", "error"}
ASKED: Final = 12
FROM_PAYLOAD: Final = {str(each) for each in FAMILIES[Family.APPLICATION]}
#: Longer cases make no mix.
FRAMES: Final = 1_000


@pytest.fixture
def run(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command in this process; what it writes to standard output."""
    monkeypatch.setattr("tcptui.cli.inputs.drop_root", lambda _identity: None)  # of this very process

    def running(*words: object) -> str:
        code = main(["--lang", "en", *map(str, words)])
        written = capfd.readouterr()
        assert code in (0, None), written.err
        return written.out

    return running


def said_by(findings: Iterable[dict[str, Any]]) -> list[Said]:
    return [(one["id"], one["severity"], one["confidence"], tuple(one["packets"])) for one in findings]


def above_note(said: Iterable[Said]) -> list[Said]:
    return [one for one in said if one[1] in LOUD]


def watched(path: Path) -> dict[int, list[Said]]:
    """The findings that stand at the end of ``--no-screen``, by stream."""
    standing: dict[int, dict[str, Any]] = {}
    code, written, complaint = run_command.run("-r", path, "--no-screen")
    assert code == 0, complaint
    for event in map(json.loads, written.splitlines()):
        if event["event"] == "gone":
            del standing[event["finding"]]
        elif event.get("stream") is not None:
            standing[event["finding"]] = event
    found: dict[int, list[Said]] = {}
    for event in standing.values():
        found.setdefault(event["stream"], []).extend(said_by([event]))
    return {stream: sorted(said) for stream, said in found.items()}


def live(path: Path) -> dict[int, list[Said]]:
    """The findings of a capture that grew to what is in the file and was judged meanwhile, by stream."""
    growth = Growth(path.read_bytes())
    for parts in range(1, 3):
        growth.to(max(1, growth.packets * parts // 3))
    growth.end()
    session = growth.session
    found = session.each_findings(range(session.streams.count))
    return {
        stream: sorted(
            (str(one.id), one.severity.name.lower(), one.confidence.name.lower(), one.packets) for one in findings
        )
        for stream, findings in found
        if findings
    }


async def in_trouble_on_the_screen(path: Path) -> frozenset[int]:
    """The connections with more than a note, as the overview of the screen knows them."""
    app = TcptuiApp(open_file(path), options=ViewOptions(language=Language.EN, numeric=True))
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("0")
        await until(lambda: isinstance(app.screen, OverviewScreen) and app.screen.settled)
        screen = app.screen
        assert isinstance(screen, OverviewScreen)
        return frozenset(stream for group in screen.groups.groups for stream in group.streams)


def as_one_line(text: str) -> str:
    return " ".join(text.split())


def assert_all_ways_say_the_same(run: Run, path: Path, *, watches: bool = True) -> list[Said]:
    """Returns what they say of all connections that is more than a note.

    Of many connections, or ids, `ASKED` each are asked for by themselves.  ``watches``: ``--no-screen``, too, which is
    a process of its own, the screen, and a capture that grows.
    """
    rng = Random(0)
    report = run("report", path, "--json")
    for workers in (1, 2, 3):
        assert run("report", path, "--json", "--workers", workers) == report
    streams = {each["stream"]: said_by(each["findings"]) for each in json.loads(report)["streams"]}
    more = {stream: above_note(said) for stream, said in streams.items() if above_note(said)}

    if watches:
        found = {stream: sorted(said) for stream, said in streams.items() if said}
        assert watched(path) == found
        assert asyncio.run(in_trouble_on_the_screen(path)) >= set(more)
        if path.suffix == ".pcap":
            assert live(path) == found
    for stream, said in rng.sample(list(streams.items()), min(ASKED, len(streams))):
        (one,) = json.loads(run("report", path, "--json", "--stream", stream))["streams"]
        opened = said_by(one["findings"])
        # Of one all payload is read; of all only that of connections that look suspect, or are among the first.
        is_read = {each for each, *_ in opened} & FROM_PAYLOAD <= {each for each, *_ in said}
        assert opened == said or not is_read, stream
    frames: dict[str, set[int]] = {}
    for each, _severity, _confidence, packets in (one for said in streams.values() for one in said):
        frames.setdefault(each, set()).update(packets)
    for each, evidence in rng.sample(list(frames.items()), min(ASKED, len(frames))):
        chosen = run("packets", path, "-Y", f'tcptui.finding == "{each}"', "-e", "frame.number")
        assert evidence == set(map(int, chosen.split())), each
    marked: dict[str, set[int]] = {}
    for line in map(json.loads, run("verdicts", path, "--jsonl").splitlines()):
        for each in line.get("findings", ()):
            marked.setdefault(each, set()).add(line["frame"])
    assert marked == {each: evidence for each, evidence in frames.items() if evidence}
    words, text, page = Words(Language.EN), as_one_line(run("report", path, "--full")), path.with_suffix(".html")
    run("report", path, "--html", page, "--overwrite")
    shown = as_one_line(page.read_text(encoding="utf-8"))
    with closing(open_file(path)) as session:
        for stream in more:
            for finding in (one for one in session.findings(stream) if one.severity > Severity.NOTE):
                title = as_one_line(finding_title(finding, words))
                assert title in text, title
                assert escape(title) in shown, title
    return [one for said in more.values() for one in said]


def mix(path: Path, seed: int, cases: int) -> Path:
    """A capture of the packets of some cases, with other lengths and times, mingled."""
    rng = Random(seed)
    recorded = [
        frames for capture in rng.sample(CAPTURES, len(CAPTURES)) if 0 < len(frames := tcp_frames(capture)) < FRAMES
    ]
    mingled = []
    for frames in recorded[:cases]:
        made = list(resized(frames, rng.randrange(64)))
        begin = 1.7e9 + 60 * rng.random() - min(time for time, _frame in made)
        mingled += [(begin + time, frame) for time, frame in made]
    path.write_bytes(pcap_of(mingled))
    return path


@pytest.mark.parametrize("capture", CAPTURES[::60], ids=lambda path: path.parent.name)
def test_of_a_case(run: Run, tmp_path: Path, capture: Path) -> None:
    assert_all_ways_say_the_same(run, shutil.copy(capture, tmp_path / capture.name))


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2))
def test_of_a_mix_of_cases(run: Run, tmp_path: Path, seed: int) -> None:
    assert len(assert_all_ways_say_the_same(run, mix(tmp_path / "mix.pcap", seed, 60))) > 20


def test_of_a_response_whose_head_begins_in_one_segment_and_ends_in_the_next(run: Run, tmp_path: Path) -> None:
    head = b"HTTP/1.1 200 OK\r\nX: " + b"x" * 1400 + b"\r\nContent-Length: %d\r\n\r\n"
    for length, is_healthy in ((5, True), (500, False)):
        path = record(tmp_path, closed([(0, "C", GET), (30, "S", head % length + b"hello")]))

        said = assert_all_ways_say_the_same(run, path)

        assert [one[0] for one in said] == ([] if is_healthy else ["http-length-mismatch"])


def test_of_a_note_that_a_new_rule_makes_of_connections_in_which_all_is_well(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rule is one that somebody adds as contributing.md says: the stream table has no mark of what it finds."""

    def closed_soon(connection: ConnectionFacts) -> Finding | None:
        if not connection.fins:
            return None
        return connection.finding(
            FindingId.PROBE_CONNECTION, [connection.fins[0]], Severity.NOTE, Confidence.CERTAIN,
            shape="closed", client="a", server="b", port=80, syn_frame=1, end_frame=2, closer="client", lasted_s=0.5,
        )  # fmt: skip

    monkeypatch.setattr("tcptui.findings.annotate.RULES", (*registry.RULES, (~0, closed_soon)))
    lines = ["0 C S 0 0", "40 S SA 0 1", "40.1 C A 1 1", "41 C PA 1 1 100", "81 S PA 1 101 200"]
    lines += ["82 C FA 101 201", "122 S FA 201 102", "122.1 C A 102 202"]
    each = [f"{float(line.split()[0]) + 1000 * number} {line.split(' ', 1)[1]} port={40_000 + number}"
            for number in range(9) for line in lines]  # fmt: skip
    path = write_trace(tmp_path / "well.pcap", each)

    assert_all_ways_say_the_same(run, path, watches=False)

    streams = json.loads(run("report", path, "--json"))["streams"]
    assert ["probe-connection" in [one["id"] for one in stream["findings"]] for stream in streams] == [True] * 9
