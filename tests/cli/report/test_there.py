"""The capture at another place, as every form of the report has it, of connections that ask for it and no others."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from captures import SYN, Tape
from run_command import run

from tcptui.lessons.loader import load_case
from tcptui.words.catalogue import Words
from tcptui.words.language import Language

if TYPE_CHECKING:
    from pathlib import Path

FILTER = "host 10.0.0.3 and host 10.0.0.4 and port 443"


@pytest.fixture
def unanswered(tmp_path: Path) -> Path:
    """SYNs without an answer, and a connection that is well."""
    tape = Tape()
    for seconds in (0, 1, 3, 7, 15, 31):
        tape.tcp(seconds * 1_000, "10.0.0.3:40001", "10.0.0.4:443", SYN, 1, 0)
    tape.handshake(40_000, "10.0.0.1:40002", "10.0.0.2:80")
    path = tmp_path / "unanswered.pcap"
    path.write_bytes(tape.pcap())
    return path


@pytest.mark.parametrize("language", Language)
def test_text_markdown_and_page_have_the_command(unanswered: Path, language: Language) -> None:
    words = Words(language)
    for options in (["--explain"], ["--full"], ["--stream", "0"], ["--stream", "0", "--markdown"], ["--html", "-"]):
        told = run("report", unanswered, *options, lang=language.value)[1].replace("&#x27;", "'")
        lines = told.replace("<p ", "\n<p ").splitlines()

        assert any("tcpdump" in line and f"'{FILTER}'" in line for line in lines), options
        assert any("tcptui -i any" in line and f"'{FILTER}'" in line for line in lines), options
        assert words("there.place.server") in told
        assert "10.0.0.2 and" not in told


def test_json_has_it_of_the_group_and_of_the_connection(unanswered: Path) -> None:
    group = json.loads(run("report", unanswered, "--json")[1])["capture"]["trouble"][0]["capture_there"]
    mine = json.loads(run("report", unanswered, "--json", "--stream", "0")[1])["streams"][0]["capture_there"]
    other = json.loads(run("report", unanswered, "--json", "--stream", "1")[1])["streams"][0]["capture_there"]

    assert mine == group
    assert mine["at"] == ["client", "server"]
    assert mine["filter"] == FILTER
    assert mine["seconds"] == 120
    assert other is None


def test_query_without_a_response_is_looked_for_at_the_name_server() -> None:
    capture = load_case("dns-lookup").captures[0]
    told = json.loads(run("report", capture, "--json")[1])["capture"]["trouble"]
    there = [group["capture_there"] for group in told if group["id"] == "dns-lookup"]

    assert there
    assert all(one is None or one["filter"].endswith("and port 53") for one in there)
