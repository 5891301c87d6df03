"""``tcptui merge``: two captures of the same traffic, as text and as JSON, and what is refused."""

from __future__ import annotations

import json
import shutil
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from captures import Tape
from two_points import Path, World
from two_views import TRUTH, FaultyWorld

from tcptui.cli.commands import MergeCommand
from tcptui.cli.help import help_text
from tcptui.cli.parse import parse
from tcptui.cli.parse_values import CommandLineError
from tcptui.cli.run.merge import write_merged
from tcptui.model.errors import TcptuiError
from tcptui.words.catalogue import Words
from tcptui.words.errors import error_line
from tcptui.words.language import Language

if TYPE_CHECKING:
    import pathlib
    from collections.abc import Sequence

_MS = 1_000_000
LOSSY = Path(loss=0.04, translated=True, mss=1_360, offset_ns=-1_500 * _MS)


@pytest.fixture(autouse=True)
def _root_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """The command gives up root for good: here that would be the tests'."""
    monkeypatch.setattr("tcptui.cli.inputs.drop_root", lambda _identity: None)


def merge(
    capfd: pytest.CaptureFixture[str], files: Sequence[pathlib.Path], *words: str, language: Language = Language.EN
) -> tuple[int, str, str]:
    command = parse(["merge", *map(str, files), *words], {})
    assert isinstance(command, MergeCommand)
    try:
        code = write_merged(command, Words(language))
    except TcptuiError as error:
        print(error_line(error, Words(language)), file=sys.stderr)
        code = error.exit_code
    return (code, *capfd.readouterr())


def merged(capfd: pytest.CaptureFixture[str], files: Sequence[pathlib.Path], *words: str) -> dict[str, Any]:
    code, out, _ = merge(capfd, files, "--json", *words)
    assert code == 0
    found: dict[str, Any] = json.loads(out)
    return found


def test_command_line_is_parsed() -> None:
    command = parse(["merge", "a", "b", "--json", "--assume-symmetric"], {})

    assert isinstance(command, MergeCommand)
    assert command.files == ("a", "b")
    assert command.as_json
    assert command.is_symmetric


@pytest.mark.parametrize(
    ("words", "key"),
    [(["-"], "error.merge-two"), ([*"abc", "-w", "d"], "error.merge-two-only"),
     ([*"abc", "--html", "d"], "error.merge-two-only"), ([], "error.which-file"),
     ([*"abcdefghi"], "error.too-many-words"),
     (["a", "-"], "error.stdin-alone"), (["a", "b", "--csv"], "error.not-here")],
)  # fmt: skip
def test_other_command_lines_are_refused(words: list[str], key: str) -> None:
    with pytest.raises(CommandLineError) as refused:
        parse(["merge", *words], {})

    assert refused.value.key == f"cli.{key}"


@pytest.mark.parametrize("language", Language)
def test_page_of_the_help_names_every_option(language: Language) -> None:
    page = help_text(Words(language), "merge")

    assert "--assume-symmetric" in page
    assert "--json" in page


def test_json_has_the_keys_of_the_contract_and_the_truth(
    tmp_path: pathlib.Path, capfd: pytest.CaptureFixture[str]
) -> None:
    world = World(LOSSY, 3, connections=4, rounds=12)
    files = world.write(tmp_path)

    found = merged(capfd, files)

    assert found["schema"] == 1
    first, second = found["points"]
    assert (first["name"], second["name"]) == ("A", "B")
    assert second["file"] == str(files[1])
    clock = second["clock"]
    assert clock["offset"]["low"] <= -1.5 <= clock["offset"]["high"]
    assert clock["offset"]["low"] < clock["offset"]["best"] < clock["offset"]["high"]
    assert clock["steps"] == []
    assert [(one["a"], one["b"]) for one in found["streams"]] == [(number, number) for number in range(4)]
    for key, point in (("only_a", 0), ("only_b", 1)):
        told = {row["frame"]: row["reason"] for one in found["streams"] for row in one[key]}
        assert told.keys() <= world.only(point).keys()
        assert set(told.values()) == {"lost-between"}
    for one in found["streams"]:
        assert one["joined"] == "same-connection"
        assert one["packets_a"] - one["paired"] == len(one["only_a"]) + one["outside_a"]
        assert one["offset"]["low"] <= -1.5 <= one["offset"]["high"]
        assert 0 <= one["delay_ab"]["min"] <= one["delay_ab"]["median"] <= one["delay_ab"]["max"]
        assert one["changed"] == ["ttl", "addresses", "ports", "mss", "dscp"]


def test_symmetric_delays_share_the_round_trip(tmp_path: pathlib.Path, capfd: pytest.CaptureFixture[str]) -> None:
    files = World(Path(), 3).write(tmp_path)

    found, plain = merged(capfd, files, "--assume-symmetric"), merged(capfd, files)

    assert found["assumed_symmetric"]
    assert not plain["assumed_symmetric"]
    least = min(one["delay_ab"]["min"] for one in found["streams"])
    assert least == pytest.approx(0.0125, abs=0.002)
    assert min(one["delay_ab"]["min"] for one in plain["streams"]) < 0.001


def test_json_splits_every_wait_for_an_answer(tmp_path: pathlib.Path, capfd: pytest.CaptureFixture[str]) -> None:
    world = World(replace(LOSSY, loss=0.0), 3, connections=2)

    found = merged(capfd, world.write(tmp_path))

    for stream in found["streams"]:
        kinds = [wait["kind"] for wait in stream["waits"]]
        assert kinds == ["opening"] + ["response"] * world.rounds
        for wait in stream["waits"]:
            assert wait["near"] == "A"
            assert wait["total"] == pytest.approx(wait["beyond"] + wait["between"])
            assert wait["there"]["low"] < wait["there"]["high"]
            assert wait["there"]["low"] + wait["back"]["high"] == pytest.approx(wait["between"])
            assert wait["asked"]["a"] < wait["answered"]["a"]
            assert wait["asked"]["b"] < wait["answered"]["b"]
            assert not wait["retransmitted"]


def test_json_has_what_both_captures_decide_of_findings(
    tmp_path: pathlib.Path, capfd: pytest.CaptureFixture[str]
) -> None:
    world = FaultyWorld(Path(), 3, connections=3, fault="third ack lost")

    found = merged(capfd, world.write(tmp_path))

    told = [finding for stream in found["streams"] for finding in stream["findings"]]
    (one,) = (finding for finding in told if finding["id"] == "syn-ack-retransmission")
    assert (one["outcome"], one["shown"]) == ("cause-known", "third-ack-lost")
    assert one["packets"][one["point"].lower()]
    assert one["shown_by"]["a"]
    assert one["shown_by"]["b"] == []
    assert "syn-ack-lost" in one["refuted"]
    assert found["unpaired"]["findings"] == []


def test_packet_that_was_overtaken_is_listed_with_its_direction(
    tmp_path: pathlib.Path, capfd: pytest.CaptureFixture[str]
) -> None:
    files = FaultyWorld(Path(jitter_ns=0), 3, connections=3, fault="reordered").write(tmp_path)

    found = merged(capfd, files)
    _, out, _ = merge(capfd, files)

    (frame,) = (frame for stream in found["streams"] for frame in stream["reordered_ba"])
    assert not any(stream["reordered_ab"] for stream in found["streams"])
    assert f"reordered from B to A: 1 packet overtaken by later ones (A: {frame})" in " ".join(out.split())


def test_json_has_attempts_that_never_reached_the_other_point(
    tmp_path: pathlib.Path, capfd: pytest.CaptureFixture[str]
) -> None:
    world = FaultyWorld(Path(), 3, connections=3, fault="syns lost")

    found = merged(capfd, world.write(tmp_path))

    (one,) = found["unpaired"]["findings"]
    assert (one["id"], one["shown"], one["outcome"]) == ("syn-timeout", "syn-lost", "cause-known")
    assert one["stream"] in found["unpaired"]["a"]


@pytest.mark.parametrize("language", Language)
def test_text_tells_what_both_captures_decide(
    tmp_path: pathlib.Path, capfd: pytest.CaptureFixture[str], language: Language
) -> None:
    outputs = [
        " ".join(merge(capfd, FaultyWorld(Path(), 3, 3, fault=fault).write(tmp_path), language=language)[1].split())
        for fault in TRUTH
    ]

    for out, fault in zip(outputs, TRUTH, strict=True):
        heading = Words(language)("merged.findings.heading")
        assert (heading in out) is (fault not in {"nothing", "slow path"})  # timestamps tell of the delay
    assert any(Words(language)("merged.findings.outcome.cause-known") in out for out in outputs)
    ruled_out = Words(language)("merged.findings.refuted", other="").strip()
    assert any(ruled_out in out for out in outputs)


@pytest.mark.parametrize("language", Language)
def test_text_splits_the_slowest_answers(
    tmp_path: pathlib.Path, capfd: pytest.CaptureFixture[str], language: Language
) -> None:
    request, answer = b"GET /slow HTTP/1.1\r\nHost: a\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
    client, server = "10.0.0.1:4000", "10.0.0.3:80"
    files = [tmp_path / name for name in ("a.pcap", "b.pcap")]
    for file, late in zip(files, (0, 10), strict=True):
        tape = Tape()
        tape.tcp(late, client, server, 2, 77_000)
        tape.tcp(40 - late, server, client, 18, 5_000, 77_001)
        tape.tcp(50 + late, client, server, 24, 77_001, 5_001, request)
        tape.tcp(950 - late, server, client, 24, 5_001, 77_001 + len(request), answer)
        file.write_bytes(tape.pcap())

    plain, symmetric = (merge(capfd, files, *words, language=language)[1] for words in ((), ("--assume-symmetric",)))

    told = " ".join(plain.split())
    assert "GET /slow" in told
    for number in ("900", "880", "20 "):
        assert number in told
    assert "--assume-symmetric" not in told
    assert symmetric.count("--assume-symmetric") == 3  # the clocks, and each sentence that rests on it
    assert "SYN" in told


@pytest.mark.parametrize("language", Language)
def test_text_tells_points_clock_and_losses(
    tmp_path: pathlib.Path, capfd: pytest.CaptureFixture[str], language: Language
) -> None:
    files = World(LOSSY, 3, connections=4).write(tmp_path)

    code, out, said = merge(capfd, files, language=language)

    assert code == 0
    assert said == ""
    assert "a3.pcap" in out
    assert "MSS 1460 → 1360" in out
    assert "TTL 64 → 61" in out
    lost = {Language.EN: "lost between ", Language.ZH: "之间丢失"}
    assert lost[language] in out
    assert "-1.51" in out
    assert "-1.48" in out
    assert "{" not in out


def test_only_the_worst_connections_are_told_one_by_one(
    tmp_path: pathlib.Path, capfd: pytest.CaptureFixture[str]
) -> None:
    files = World(LOSSY, 5, connections=23, rounds=1).write(tmp_path)

    _, out, _ = merge(capfd, files)

    assert out.count(" = B ") == 20
    assert "3 more connections" in out


def test_result_that_rests_on_symmetry_says_so(tmp_path: pathlib.Path, capfd: pytest.CaptureFixture[str]) -> None:
    files = World(Path(), 3).write(tmp_path)

    _, out, _ = merge(capfd, files, "--assume-symmetric")

    assert "--assume-symmetric" in out
    assert "shortest" in out


@pytest.mark.parametrize("language", Language)
def test_step_drift_and_one_direction_are_told(
    tmp_path: pathlib.Path, capfd: pytest.CaptureFixture[str], language: Language
) -> None:
    stepped = World(Path(step_ns=900 * _MS, step_at_ns=800 * _MS), 7).write(tmp_path)
    drifting = World(Path(there_ns=20_000, back_ns=20_000, jitter_ns=2_000, drift=80e-6), 8, rounds=60).write(tmp_path)
    world = World(Path(), 9)
    for records in world.records:
        records[:] = [record for record in records if record[1][12] == 10]
    one_way = world.write(tmp_path)

    outputs = [merge(capfd, files, language=language)[1] for files in (stepped, drifting, one_way)]

    english = ("jumped at", "+80", "There is no upper bound")
    chinese = ("时钟跳变", "+80", "没有上限")
    for out, expected in zip(outputs, english if language is Language.EN else chinese, strict=True):
        assert expected in out


def test_proxy_is_told_as_two_connections(tmp_path: pathlib.Path, capfd: pytest.CaptureFixture[str]) -> None:
    request, answer = b"GET /a/long/enough/path HTTP/1.1\r\n\r\n", b"HTTP/1.1 200 OK\r\n\r\nwhatever it is"
    files = [tmp_path / name for name in ("a.pcap", "b.pcap")]
    for file, client, isn in zip(files, ("10.0.0.1:4000", "10.0.0.2:5000"), (77_000, 1_234), strict=True):
        tape = Tape()
        tape.tcp(1, client, "10.0.0.3:80", 24, isn, isn + 5, request)
        tape.tcp(2, "10.0.0.3:80", client, 24, isn + 5, isn + len(request), answer)
        file.write_bytes(tape.pcap())

    found = merged(capfd, files)
    _, out, _ = merge(capfd, files)

    (stream,) = found["streams"]
    assert stream["joined"] == "legs"
    assert stream["paired"] == 0
    assert stream["offset"] is None
    assert found["points"][1]["clock"]["offset"] is None
    assert "two TCP connections" in out


@pytest.mark.parametrize("apart_ms", [0, 4_000, 30_000])
def test_same_content_at_another_time_is_no_leg_where_the_clocks_are_known(
    tmp_path: pathlib.Path, capfd: pytest.CaptureFixture[str], apart_ms: int
) -> None:
    request, answer = b"GET /a/long/enough/path HTTP/1.1\r\n\r\n", b"HTTP/1.1 200 OK\r\n\r\nwhatever it is"
    files = [tmp_path / name for name in ("a.pcap", "b.pcap")]
    for point, (file, client, isn) in enumerate(
        zip(files, ("10.0.0.1:4000", "10.0.0.2:5000"), (77_000, 1_234), strict=True)
    ):
        tape = Tape()
        for number in range(12):  # one connection that both points see, a millisecond apart each way
            at, way = 1_000 * number, (point, 1 - point)
            tape.tcp(at + way[0], "10.0.0.8:999", "10.0.0.9:80", 24, 500 + 10 * number, 9_000, b"%010d" % number)
            tape.tcp(at + 10 + way[1], "10.0.0.9:80", "10.0.0.8:999", 16, 9_000, 510 + 10 * number)
        tape.tcp(1 + point * apart_ms, client, "10.0.0.3:80", 24, isn, isn + 5, request)
        tape.tcp(2 + point * apart_ms, "10.0.0.3:80", client, 24, isn + 5, isn + len(request), answer)
        file.write_bytes(tape.pcap())

    found = merged(capfd, files)

    assert [stream["joined"] for stream in found["streams"]].count("same-connection") == 1
    assert [stream["joined"] for stream in found["streams"]].count("legs") == (apart_ms < 10_000)
    assert found["contradicting"] == 0


def test_captures_that_do_not_belong_together_are_one_line(
    tmp_path: pathlib.Path, capfd: pytest.CaptureFixture[str]
) -> None:
    first, second = World(Path(), 3).write(tmp_path)
    other = World(Path(), 4).write(tmp_path)[1]
    copy = shutil.copy(first, tmp_path / "copy.pcap")
    link = tmp_path / "link.pcap"
    link.symlink_to(first)

    for files, said_of in (
        ((first, other), "no TCP connection in common"),
        ((first, first), "the same file"),
        ((first, link), "the same file"),
        ((first, copy), "is a copy of the other"),
        ((first, tmp_path / "none.pcap"), "none.pcap"),
    ):
        code, out, said = merge(capfd, files, "--json")
        assert code == 1
        assert out == ""
        assert said_of in said
        assert said.count("\n") == 1
    assert merge(capfd, (first, second))[0] == 0
