"""Findings that ask for another capture are answered by name: decided, or named as what the pair cannot decide."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from captures import ACK, PSH, Tape
from run_command import run

from tcptui.words.catalogue import Words
from tcptui.words.language import Language

if TYPE_CHECKING:
    from pathlib import Path

A, B = "10.0.0.1:40000", "10.0.0.2:443"


def written(tmp_path: Path, *, arrive: bool, placed: bool = True) -> list[Path]:
    """Captures near both ends of a connection whose last request is never acknowledged: A sends it again and again.

    ``arrive``: whether the copies pass B.  ``placed``: whether times tell which of both is nearer to the client.
    """
    paths = []
    for point, late in enumerate((0, 15)):
        tape = Tape()
        client, server, back = A, B, -late if placed else late
        tape.handshake(late, client, server, at_server=bool(point) and placed)
        tape.tcp(100 + late, client, server, PSH | ACK, 1001, 9001, b"first request")
        tape.tcp(140 + back, server, client, PSH | ACK, 9001, 1014, b"first response")
        tape.tcp(141 + late, client, server, ACK, 1014, 9015)
        for wait in (0, 300, 900, 2_100, 4_500, 9_300, 18_900, 38_100):
            if arrive or not point:
                tape.tcp(1_000 + wait + late, client, server, PSH | ACK, 1014, 9015, b"second request")
        # So that either capture goes on, beside another connection.
        tape.clean(60_000 + late, "10.0.0.3:40001", "10.0.0.4:80", b"GET", b"well")
        paths.append(tmp_path / f"{point}.pcap")
        paths[-1].write_bytes(tape.pcap())
    return paths


def merged(files: list[Path]) -> list[dict[str, list[dict[str, str]]]]:
    code, out, _ = run("merge", *files, "--json")
    assert code == 0
    found: list[dict[str, list[dict[str, str]]]] = json.loads(out)["streams"]
    return found


def test_path_that_swallows_everything_between_the_points_is_known(tmp_path: Path) -> None:
    troubled, well = merged(written(tmp_path, arrive=False))

    told = {one["id"]: (one["outcome"], one["shown"]) for one in troubled["findings"]}
    assert told["path-lost"] == ("cause-known", "lost-between")
    assert "path-lost" not in {one["id"] for one in troubled["undecided"]}
    assert well["undecided"] == []


def test_path_that_goes_on_is_not_lost_between_the_points(tmp_path: Path) -> None:
    troubled, _well = merged(written(tmp_path, arrive=True))

    assert "lost-between" not in {one["shown"] for one in troubled["findings"]}
    told = {one["id"] for one in (*troubled["findings"], *troubled["undecided"])}
    assert "path-lost" in told


@pytest.mark.parametrize("language", Language)
def test_what_the_pair_cannot_decide_is_named(tmp_path: Path, language: Language) -> None:
    """Nothing shows which point is nearer to the client, so nothing shows where anything was lost."""
    files = written(tmp_path, arrive=True, placed=False)

    troubled, well = merged(files)
    text = run("merge", *files, lang=language.value)[1]

    assert troubled["findings"] == []
    assert {one["id"] for one in troubled["undecided"]} >= {"path-lost"}
    assert well["undecided"] == []
    assert Words(language)("merged.findings.undecided.heading") in text


def test_pair_that_decides_everything_names_nothing(tmp_path: Path) -> None:
    text = run("merge", *written(tmp_path, arrive=False))[1]

    assert Words(Language.EN)("merged.findings.undecided.heading") not in text
