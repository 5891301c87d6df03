"""``merge --html``: the page says what the text says, draws what became of packets, and shows names as text."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path as FilePath
from typing import TYPE_CHECKING

import pytest
from page_reader import PageReader
from run_command import run
from seeds import seed
from two_points import Path, World

from tcptui.cli.report.page.merged import CONNECTIONS, LISTED
from tcptui.cli.report.page.merged_ladder import ROWS, Passage, chosen_rows, merged_ladder, passages_of
from tcptui.points.fates import Fate
from tcptui.points.ladder import Ladders
from tcptui.points.merge import merge_captures
from tcptui.session.session import open_file
from tcptui.words.catalogue import Words
from tcptui.words.language import Language

if TYPE_CHECKING:
    from collections.abc import Sequence

_MS = 1_000_000
LOSSY = Path(loss=0.05, copied=0.03, translated=True, mss=1_360, offset_ns=-1_500 * _MS, drift=20e-6)
EVIL = (
    "<style>a", "<script>alert(1)", '"><svg onload=alert(1)>', "' onmouseover='x", "<!-- ", "-->", "&lt;b&gt;",
    "\u202e", "\x1b]52;c;x\x07", "\u2028", "]]>",
)  # fmt: skip


def dense(text: str) -> str:
    return re.sub(r"\s", "", text)


@pytest.mark.parametrize("turned", [False, True], ids=["client at A", "client at B"])
@pytest.mark.parametrize("language", Language)
def test_page_has_every_sentence_of_the_text(tmp_path: FilePath, language: Language, turned: bool) -> None:
    files = World(LOSSY, seed(3), connections=4, rounds=12).write(tmp_path)
    files = files[::-1] if turned else files
    text = run("merge", *files, lang=language.value)[1]
    page = PageReader(run("merge", *files, "--html", "-", lang=language.value)[1])

    told = dense(page.text)
    for paragraphs in text.split("\n\n"):
        assert dense(paragraphs) in told
    assert page.counts["svg"] == 4


def test_page_of_points_that_cannot_be_told_apart_draws_nothing(tmp_path: FilePath) -> None:
    """Without hops, delays and losses nothing says which point is nearer to the client."""
    first, _second = World(Path(), 3, connections=2).write(tmp_path)
    moved = tmp_path / "moved.pcap"
    data = bytearray(first.read_bytes())
    position = 24
    while position < len(data):  # every packet a second later
        seconds = int.from_bytes(data[position : position + 4], "little") + 1
        data[position : position + 4] = seconds.to_bytes(4, "little")
        position += 16 + int.from_bytes(data[position + 8 : position + 12], "little")
    moved.write_bytes(data)

    page = PageReader(run("merge", first, moved, "--html", "-")[1])

    assert "svg" not in page.counts
    assert Words(Language.EN)("merged.clock.none") in page.text


@pytest.mark.parametrize("name", EVIL)
def test_names_of_files_are_text(tmp_path: FilePath, name: str) -> None:
    first, second = World(Path(), 3, connections=1, rounds=2).write(tmp_path)
    evil = tmp_path / f"{name}.pcap"
    shutil.copy(first, evil)
    out = tmp_path / "both.pcapng"
    assert run("merge", evil, second, "-w", out, "--json")[0] == 0

    for files in ((evil, second), (out,)):
        page = PageReader(run("merge", *files, "--html", "-")[1])
        assert "\u202e" not in page.text
        assert str(tmp_path) not in page.text


def test_many_connections_are_listed_and_counted(tmp_path: FilePath) -> None:
    count = CONNECTIONS + LISTED + 7
    files = World(Path(loss=0.02), 3, connections=count, rounds=1).write(tmp_path)
    found = json.loads(run("merge", *files, "--json")[1])["streams"]
    out = run("merge", *files, "--html", "-")[1]
    page = PageReader(out)

    assert page.counts["h3"] == CONNECTIONS
    assert page.counts["tr"] == min(len(found) - CONNECTIONS, LISTED) + 1
    assert len(out) < 2_000_000
    if len(found) > CONNECTIONS + LISTED:
        assert f"{len(found) - CONNECTIONS - LISTED} more connection" in page.text


# -- the drawing -------------------------------------------------------------------------------------
@pytest.mark.parametrize("turned", [False, True], ids=["client at A", "client at B"])
def test_every_packet_passes_once_and_what_was_lost_is_lost(tmp_path: FilePath, turned: bool) -> None:
    world = World(LOSSY, seed(7), connections=3, rounds=12)
    files = world.write(tmp_path)
    captures = [open_file(file) for file in (files[::-1] if turned else files)]
    hop = merge_captures(captures[0], captures[1])
    lost = [{frame for frame, number in world.frames(point).items() if number in world.lost} for point in (0, 1)]
    lost = lost[::-1] if turned else lost

    for pair in range(len(hop.pairs)):
        passages = passages_of(Ladders(hop).of(pair), hop.sides)
        assert [one.time_ns for one in passages] == sorted(one.time_ns for one in passages)
        for point in (0, 1):
            mine = [one.frames[point] for one in passages if one.frames[point]]
            assert len(mine) == len(set(mine)) == int(hop.packets[point][pair])
        for one in passages:
            assert (one.fate is Fate.SEEN) == all(one.frames)
            if one.fate is Fate.LOST_BETWEEN:
                point = int(not one.from_a)
                assert one.frames[point] in lost[point]
                assert not one.frames[1 - point]


def passage(number: int, fate: Fate = Fate.SEEN) -> Passage:
    return Passage(number * _MS, True, (number + 1, number + 1 if fate is Fate.SEEN else 0), fate, 0x10, 0)


@pytest.mark.parametrize("lost", [(), (3,), (50, 51, 70), tuple(range(20, 90)), (99,)])
def test_drawing_is_bounded_and_has_what_was_lost(lost: Sequence[int]) -> None:
    passages = [passage(number, Fate.LOST_BETWEEN if number in lost else Fate.SEEN) for number in range(100)]

    chosen = chosen_rows(passages)

    assert len(chosen) <= ROWS
    assert {0, 99} <= set(chosen)
    assert not lost or lost[0] in chosen
    for language in Language:
        drawing = merged_ladder(passages, Words(language))
        drawn = [place for place in chosen if place in lost]
        assert drawing.count("✗") == len(drawn)


def test_nothing_is_drawn_of_no_packets() -> None:
    assert merged_ladder([], Words(Language.EN)) == ""


# -- where it goes -----------------------------------------------------------------------------------
@pytest.fixture
def files(tmp_path: FilePath) -> Sequence[FilePath]:
    return World(Path(), 3, connections=2, rounds=3).write(tmp_path)


def test_page_takes_the_place_of_the_text_but_not_of_json(tmp_path: FilePath, files: Sequence[FilePath]) -> None:
    out = tmp_path / "page.html"
    assert run("merge", *files, "--html", out)[:2] == (0, "")
    code, printed, _said = run("merge", *files, "--html", out, "--json", "--overwrite")

    assert code == 0
    assert json.loads(printed)["streams"]
    PageReader(out.read_text())


def test_nothing_is_written_over_unasked_and_never_an_input(tmp_path: FilePath, files: Sequence[FilePath]) -> None:
    out = tmp_path / "page.html"
    out.write_bytes(b"old")
    before = files[0].read_bytes()

    assert run("merge", *files, "--html", out)[0] == 1
    assert out.read_bytes() == b"old"
    assert run("merge", *files, "--html", files[0], "--overwrite")[0] == 1
    assert files[0].read_bytes() == before
    assert run("merge", *files, "--html", "-", "--json")[0] == 2
    assert run("merge", *files, "--html", out, "-w", out, "--overwrite")[0] == 2
    assert out.read_bytes() == b"old"
