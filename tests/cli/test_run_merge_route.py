"""``tcptui merge A B C``: hop by hop, as text and as JSON, and what is refused."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

import pytest
from captures import Tape
from three_points import Triple
from two_points import Path, World
from two_views import FaultyWorld

from tcptui.cli.commands import MOST_POINTS, MergeCommand
from tcptui.cli.parse import parse
from tcptui.cli.parse_values import CommandLineError
from tcptui.cli.run.merge import write_merged
from tcptui.words.catalogue import Words
from tcptui.words.errors import CommandFailedError
from tcptui.words.language import Language

if TYPE_CHECKING:
    import pathlib
    from collections.abc import Sequence

_MS = 1_000_000


@pytest.fixture(autouse=True)
def _root_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """The command gives up root for good: here that would be the tests'."""
    monkeypatch.setattr("tcptui.cli.inputs.drop_root", lambda _identity: None)


def merge(
    capfd: pytest.CaptureFixture[str], files: Sequence[pathlib.Path], *options: str, language: Language = Language.EN
) -> str:
    command = parse(["merge", *map(str, files), *options], {})
    assert isinstance(command, MergeCommand)
    assert write_merged(command, Words(language)) == 0
    return capfd.readouterr().out


def merged(capfd: pytest.CaptureFixture[str], files: Sequence[pathlib.Path], *options: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(merge(capfd, files, "--json", *options))
    return found


def test_more_points_than_can_be_compared_are_refused() -> None:
    files = [f"{number}.pcap" for number in range(MOST_POINTS + 1)]

    with pytest.raises(CommandLineError):
        parse(["merge", *files], {})
    assert isinstance(parse(["merge", *files[1:]], {}), MergeCommand)


def test_each_hop_of_a_stream_has_the_keys_of_two_captures(
    tmp_path: pathlib.Path, capfd: pytest.CaptureFixture[str]
) -> None:
    triple = Triple(World(Path(loss=0.05, translated=True), 3, connections=3), 3, offset_ns=2_000 * _MS)
    client, middle, server = triple.write(tmp_path)

    found = merged(capfd, (server, client, middle))
    (of_two, *_) = merged(capfd, (client, middle))["streams"]

    assert [(one["name"], one["order"]) for one in found["points"]] == [("B", "first"), ("C", "shown"), ("A", "shown")]
    assert [one["file"] for one in found["points"]] == [str(client), str(middle), str(server)]
    clock = found["points"][1]["clock"]["offset"]
    assert clock["low"] <= 2.0 <= clock["high"]
    assert len(found["streams"]) == 3
    numbers = {"B": triple.world.frames(0), "C": triple.frames(), "A": triple.world.frames(1)}
    for stream in found["streams"]:
        assert stream["points"].keys() == {"A", "B", "C"}
        assert [(hop["from"], hop["to"]) for hop in stream["hops"]] == [("B", "C"), ("C", "A")]
        for hop in stream["hops"]:
            assert hop.keys() == {"from", "to", *of_two} - {"undecided"}
            assert {wait["near"] for wait in hop["waits"]} == {hop["from"]}
            for key, point in (("only_a", hop["from"]), ("only_b", hop["to"])):
                for row in hop[key]:
                    assert row["reason"] == "lost-between"
                    assert numbers[point][row["frame"]] in triple.world.lost
    assert found["unpaired"] == {"A": [], "B": [], "C": [], "findings": []}


@pytest.mark.parametrize(("lost_first", "hop"), [(1.0, 0), (0.0, 1)])
def test_finding_is_decided_on_the_hop_where_it_happened(
    tmp_path: pathlib.Path, capfd: pytest.CaptureFixture[str], lost_first: float, hop: int
) -> None:
    world = FaultyWorld(Path(), 3, connections=3, fault="third ack lost")

    found = merged(capfd, Triple(world, 3, lost_first=lost_first).write(tmp_path))

    told = [
        (number, one["outcome"], one["shown"])
        for stream in found["streams"]
        for number, each in enumerate(stream["hops"])
        for one in each["findings"]
        if one["id"] == "syn-ack-retransmission"
    ]
    assert told == [(hop, "cause-known", "third-ack-lost")]


@pytest.mark.parametrize("lost_first", [1.0, 0.0])
def test_attempt_that_never_arrived_is_told_on_the_hop_that_lost_it(
    tmp_path: pathlib.Path, capfd: pytest.CaptureFixture[str], lost_first: float
) -> None:
    world = FaultyWorld(Path(), 3, connections=3, fault="syns lost")

    found = merged(capfd, Triple(world, 3, lost_first=lost_first).write(tmp_path))

    alone = [(one["from"], one["to"], one["shown"]) for one in found["unpaired"]["findings"]]
    assert alone == [("A", "B", "syn-lost") if lost_first else ("B", "C", "syn-lost")]


def test_connection_that_passes_beside_a_point_is_not_lost_there(
    tmp_path: pathlib.Path, capfd: pytest.CaptureFixture[str]
) -> None:
    world = FaultyWorld(Path(), 3, connections=3, fault="syns lost beyond")

    found = merged(capfd, Triple(world, 3, without=frozenset({40_000})).write(tmp_path))

    assert found["unpaired"]["findings"] == []
    beside = [stream for stream in found["streams"] if "B" not in stream["points"]]
    assert [[(hop["from"], hop["to"]) for hop in stream["hops"]] for stream in beside] == [[("A", "C")]]


@pytest.mark.parametrize("language", Language)
def test_text_names_the_hop_of_every_loss(
    tmp_path: pathlib.Path, capfd: pytest.CaptureFixture[str], language: Language
) -> None:
    path = Path(loss=0.05, translated=True, step_ns=900 * _MS, step_at_ns=800 * _MS)
    triple = Triple(World(path, 3, connections=3, rounds=12), 3, missed=0.04)
    files = triple.write(tmp_path)

    out = " ".join(merge(capfd, files, language=language).split())
    symmetric = merge(capfd, files, "--assume-symmetric", language=language)

    english = ("Order along the path: A, B, C.", "lost between A and B", "lost between B and C", "not captured at B",
               "changed between B and C", "at B: 198.51.100.7", "by A's clock", "Clock of C")  # fmt: skip
    chinese = ("沿路径的顺序：A、B、C", "在 A 与 B 之间丢失", "在 B 与 C 之间丢失", "B 处漏抓", "在 B 与 C 之间被改动",
               "在 B 处：198.51.100.7", "按 A 的时钟", "C 的时钟")  # fmt: skip
    for text in english if language is Language.EN else chinese:
        assert text in out
    assert "{" not in out
    assert "--assume-symmetric" in symmetric


@pytest.mark.parametrize("language", Language)
def test_what_findings_are_decided_to_be_names_the_points(
    tmp_path: pathlib.Path, capfd: pytest.CaptureFixture[str], language: Language
) -> None:
    beyond, between = (
        " ".join(merge(capfd, Triple(world, 3).write(tmp_path), language=language).split())
        for world in (FaultyWorld(Path(), 3, 3, fault=fault) for fault in ("syns lost beyond", "reset between"))
    )

    words = Words(language)
    assert words("route.findings.heading") in beyond
    assert words("merged.findings.outcome.narrowed") in beyond
    for near, far in ("AB", "BC"):
        assert words("route.findings.not-between", near=near, far=far, other="").strip() in beyond
    # What one hop decides, the other hop does not merely narrow down.
    assert words("merged.findings.outcome.cause-known") in between
    assert words("merged.findings.outcome.narrowed") not in between


@pytest.mark.parametrize("language", Language)
def test_legs_of_a_proxy_are_no_connection_and_tell_no_order(
    tmp_path: pathlib.Path, capfd: pytest.CaptureFixture[str], language: Language
) -> None:
    request, answer = b"GET /a/long/enough/path HTTP/1.1\r\n\r\n", b"HTTP/1.1 200 OK\r\n\r\nwhatever it is"
    files = [tmp_path / name for name in ("a.pcap", "b.pcap", "c.pcap")]
    for file, client, isn in zip(
        files, ("10.0.0.1:4000", "10.0.0.2:5000", "10.0.0.2:5000"), (77_000, 1_234, 1_234), strict=True
    ):
        late = 5 if file is files[2] else 0
        tape = Tape()
        tape.tcp(1 + late, client, "10.0.0.3:80", 24, isn, isn + 5, request)
        tape.tcp(20 - late, "10.0.0.3:80", client, 24, isn + 5, isn + len(request), answer)
        file.write_bytes(tape.pcap())

    found = merged(capfd, files)
    out = merge(capfd, files, language=language)

    assert [one["order"] for one in found["points"]] == ["first", "given", "shown"]
    (stream,) = found["streams"]
    assert [(hop["from"], hop["to"], hop["joined"]) for hop in stream["hops"]] == [
        ("A", "B", "legs"), ("B", "C", "same-connection"),
    ]  # fmt: skip
    assert found["points"][2]["clock"]["offset"] is None
    assert "A 0 ~ B 0 = C 0" in out
    assert Words(language)("route.order.given", near="A", far="B") in " ".join(out.split())


def test_captures_that_do_not_belong_together_are_refused(
    tmp_path: pathlib.Path, capfd: pytest.CaptureFixture[str]
) -> None:
    files = Triple(World(Path(), 3), 3).write(tmp_path)
    others = [World(Path(), seed).write(tmp_path)[0] for seed in (4, 5)]
    copy = shutil.copy(files[1], tmp_path / "copy.pcap")

    for given, key in (
        ((files[0], *others), "error.merge-nowhere"), ((*files[:2], files[0]), "error.merge-itself"),
        ((*files, copy), "error.merge-copy"),
    ):  # fmt: skip
        with pytest.raises(CommandFailedError) as refused:
            merge(capfd, given)
        assert refused.value.key.endswith(key)
