"""``tcptui compare``: two captures, or parts of one, as text, as JSON, as a page; and what is refused."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from forked_commands import ROOT
from traces import write_trace

from tcptui.api import Capture, CaptureError, FilterError
from tcptui.api import compare as compare_captures
from tcptui.cli.commands import CompareCommand
from tcptui.cli.parse import parse
from tcptui.cli.parse_values import CommandLineError
from tcptui.cli.run.compare import write_comparison
from tcptui.model.errors import TcptuiError
from tcptui.words.catalogue import Words
from tcptui.words.errors import error_line
from tcptui.words.language import Language
from tests.campaigns.compare.captures import World, write_capture

if TYPE_CHECKING:
    from collections.abc import Sequence

WORLD = World(connections=80, clients=24)
OTHER = replace(WORLD, refused=0.3, sack=False, rtt_s=0.06, extra_think_s=0.2)


@pytest.fixture(autouse=True)
def _root_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """The command gives up root for good: here that would be the tests'."""
    monkeypatch.setattr("tcptui.cli.inputs.drop_root", lambda _identity: None)


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("pair")
    return write_capture(folder / "a.pcap", WORLD, 7, 0), write_capture(folder / "b.pcap", OTHER, 7, 1)


def run(
    capfd: pytest.CaptureFixture[str], files: Sequence[Path], *words: str, language: Language = Language.EN
) -> tuple[int, str, str]:
    command = parse(["compare", *map(str, files), "--workers", "1", *words], {})
    assert isinstance(command, CompareCommand)
    try:
        code = write_comparison(command, Words(language))
    except TcptuiError as error:
        print(error_line(error, Words(language)), file=sys.stderr)
        code = error.exit_code
    return (code, *capfd.readouterr())


def compared(capfd: pytest.CaptureFixture[str], files: Sequence[Path], *words: str) -> dict[str, Any]:
    code, out, _ = run(capfd, files, "--json", *words)
    assert code == 0
    found: dict[str, Any] = json.loads(out)
    return found


def test_two_captures_as_json(capfd: pytest.CaptureFixture[str], pair: tuple[Path, Path]) -> None:
    found = compared(capfd, pair)

    assert found["schema"] == 1
    assert found["comparable"] is True
    assert found["a"] == {"files": [str(pair[0])], "connections": 80, "clients": found["a"]["clients"]}
    told = {one["measure"]: one for one in found["differences"]}
    assert {"rtt", "think", "option:sack", "option:sack:offered", "finding:connection-refused"} <= set(told)
    assert told["rtt"]["effect"]["unit"] == "ratio"
    assert told["rtt"]["effect"]["low"] < 3 < told["rtt"]["effect"]["high"]
    assert told["rtt"]["worse"] == "b"
    assert told["think"]["effect"]["low"] < 0.2 < told["think"]["effect"]["high"]
    assert any(name.startswith("statement:http GET /orders") for name in told)
    assert {one["name"] for one in found["only_in_b"]} >= {"connection-refused"}
    assert {one["name"] for one in found["only_in_a"]} >= {"sack"}
    with Capture.open(pair[1]) as b:
        refused = [one.streams[0] for one in b.findings(named="connection-refused") if len(one.streams) == 1]
    assert told["finding:connection-refused"]["streams_b"] == sorted(refused)


@pytest.mark.parametrize("language", list(Language))
def test_two_captures_as_text(
    capfd: pytest.CaptureFixture[str], pair: tuple[Path, Path], language: Language
) -> None:  # fmt: skip
    code, out, _ = run(capfd, pair, language=language)

    assert code == 0
    words = Words(language)
    assert out.startswith("A  ")
    assert words("compare.worse.b") in out
    assert words("compare.measure.rtt") in out
    assert words("compare.only", letter="A") in out
    assert "−1,000" in out
    assert "{" not in out


def test_ascii_has_nothing_else(pair: tuple[Path, Path]) -> None:
    """A process of its own: signs are written as ASCII by its standard output."""
    words = [sys.executable, "-m", "tcptui", "--ascii", "compare", *map(str, pair), "--workers", "1"]
    out = subprocess.run(words, cwd=ROOT, check=True, capture_output=True).stdout

    assert b"only in B" in out or b"Only in B" in out
    assert out.isascii()
    assert b"?" not in out


class _Page(HTMLParser):
    """The page's tags."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        assert not any(name.startswith("on") or name == "src" for name, _ in attrs)


def test_a_page_is_written_whole_and_nothing_is_replaced(
    capfd: pytest.CaptureFixture[str], pair: tuple[Path, Path], tmp_path: Path
) -> None:
    out = tmp_path / "page.html"

    code, text, _ = run(capfd, pair, "--html", str(out))
    page = _Page()
    page.feed(out.read_text("utf-8"))

    assert (code, text) == (0, "")
    assert page.tags.count("circle") >= 4
    assert "script" not in page.tags
    before = out.read_bytes()
    assert run(capfd, pair, "--html", str(out))[0] == 1
    assert run(capfd, pair, "--html", str(pair[0]), "--overwrite")[0] == 1
    assert out.read_bytes() == before
    assert run(capfd, pair, "--html", str(out), "--overwrite")[0] == 0


def test_one_capture_divided(capfd: pytest.CaptureFixture[str], pair: tuple[Path, Path]) -> None:
    whole = pair[0]

    split = compared(capfd, [whole], "--split", "300")
    clock = compared(capfd, [whole], "--split", "2026-11-30T09:05:00")
    zone = compared(capfd, [whole], "--split", "2026-11-30T10:05:00+01:00")
    halves = compared(
        capfd, [whole], "--a", "tcptui.server == 10.2.0.1", "--b", "tcptui.server == 10.2.0.2"
    )  # fmt: skip

    for found in (split, clock, zone, halves):
        assert found["a"]["connections"] + found["b"]["connections"] == 80
        assert min(found["a"]["connections"], found["b"]["connections"]) > 20
    assert clock == zone


def test_a_filter_holds_on_both_sides_and_groups_are_named(
    capfd: pytest.CaptureFixture[str], pair: tuple[Path, Path]
) -> None:
    filtered = compared(capfd, pair, "-Y", "tcptui.server == 10.2.0.1")
    grouped = compared(capfd, pair, "--group", "tcptui.server")

    assert filtered["a"]["connections"] < 60
    assert {(one["group"]["field"], one["group"]["value"]) for one in grouped["differences"]} <= {
        ("tcptui.server", "10.2.0.1"),
        ("tcptui.server", "10.2.0.2"),
    }
    assert grouped["differences"]


def test_python_gets_the_same(capfd: pytest.CaptureFixture[str], pair: tuple[Path, Path]) -> None:
    told = compared(capfd, pair)

    with Capture.open(pair[0]) as a, Capture.open(pair[1]) as b:
        assert compare_captures(a, b) == told
        same = compare_captures(a, a, a_where="tcptui.server == 10.2.0.1", b_where="tcptui.server == 10.2.0.2")
        assert same["a"]["connections"] + same["b"]["connections"] == 80
        assert compare_captures(a, b, group="tcptui.server")["differences"][0]["group"]
        with pytest.raises(CaptureError, match="one of both has none"):
            compare_captures(a, b, a_where="tcp.port == 9")
        with pytest.raises(FilterError):
            compare_captures(a, b, group="tcp.nonsense")
        with pytest.raises(CaptureError):
            compare_captures(a, a)


def test_bad_input_is_refused_in_one_line(
    capfd: pytest.CaptureFixture[str], pair: tuple[Path, Path], tmp_path: Path
) -> None:
    a, b = pair
    empty = write_trace(tmp_path / "empty.pcap", [])
    datagrams = write_trace(tmp_path / "udp.pcap", [f"{time} C . 0 0 10 udp=1" for time in range(5)])
    nothing = tmp_path / "nothing.pcap"
    nothing.write_bytes(b"no capture")
    copy = tmp_path / "copy.pcap"
    copy.write_bytes(a.read_bytes())
    cases: list[tuple[list[Path], list[str], str]] = [
        ([a, a], [], "the same file"),
        ([a, copy], [], "a copy of the other"),
        ([a, empty], [], "no TCP connection"),
        ([a, datagrams], [], "no TCP connection"),
        ([a, nothing], [], "nothing.pcap"),
        ([a, tmp_path / "absent.pcap"], [], "absent.pcap"),
        ([a, b], ["-Y", "tcp.port == 9"], "matches -Y"),
        ([a], ["--a", "tcp.port == 9", "--b", "tcp"], "matches --a"),
        ([a], ["--a", "tcp", "--b", "tcp"], "one of both has none"),
        ([a], ["--split", "100000"], "leaves a side"),
        ([a], ["--split", "2020-01-01T00:00:00"], "leaves a side"),
    ]
    for files, words, message in cases:
        code, out, said = run(capfd, files, *words)
        assert (code, out) == (1, ""), words
        assert message in said
        assert said.count("\n") == 1


def test_one_connection_is_too_few(capfd: pytest.CaptureFixture[str], pair: tuple[Path, Path], tmp_path: Path) -> None:
    one = write_trace(tmp_path / "one.pcap", ["0 C S 0 0", "1 S SA 0 1", "2 C A 1 1"])

    found = compared(capfd, [pair[0], one])

    assert found["comparable"] is False
    assert found["compared"] == 0
    assert "few-connections" in {caution["id"] for caution in found["cautions"]}


@pytest.mark.parametrize(
    ("words", "key"),
    [
        ([], "which-file"),
        (["a"], "compare-two"),
        (["a", "b", "c"], "too-many-words"),
        (["a", "b", "--split", "3"], "compare-one"),
        (["a", "--a", "tcp"], "compare-both"),
        (["a", "--a", "tcp", "--b", "tcp", "--split", "3"], "exclusive"),
        (["a", "--split", "yesterday"], "compare-split-form"),
        (["a", "--split", "-3"], "compare-split-form"),
        (["-", "-"], "stdin-alone"),
        (["a", "b", "--json", "--html", "-"], "exclusive"),
        (["a", "b", "--overwrite"], "keep-where"),
        (["a", "b", "--workers", "0"], "number"),
    ],
)
def test_wrong_command_lines(words: list[str], key: str) -> None:
    with pytest.raises(CommandLineError) as error:
        parse(["compare", *words], {})

    assert key in error.value.key
    assert error.value.exit_code == 2


def test_wrong_filters_and_fields_are_wrong_usage(capfd: pytest.CaptureFixture[str], pair: tuple[Path, Path]) -> None:
    for words in (["-Y", "tcp.prt == 1"], ["--group", "tcp.prt"], ["-Y", "tcp =="]):
        code, _, said = run(capfd, pair, *words)
        assert code == 2, words
        assert said.count("\n") == 1
