"""A report whose filter matches nothing says so, and not that the capture has no connection."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from run_command import run
from traces import write_trace

from tcptui.findings.trouble import Trouble
from tcptui.words.catalogue import Words
from tcptui.words.language import Language
from tcptui.words.trouble_text import verdict

if TYPE_CHECKING:
    from pathlib import Path

TALK = ["0 C S 0 0", "1 S SA 0 1", "2 C A 1 1", "3 C PA 1 1 10", "4 S PA 1 11 10", "5 C A 11 11"]
SAID = {"en": "No connection matches the filter.", "zh": "没有连接匹配过滤器。"}
FALSE = {"en": "The capture has no TCP connection", "zh": "没有 TCP 连接"}


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("form", ["", "--markdown", "--html"])
def test_filter_that_matches_nothing_is_what_the_report_names(tmp_path: Path, form: str, lang: str) -> None:
    capture, page = write_trace(tmp_path / "trace.pcap", TALK), tmp_path / "page.html"
    how = (form, page) if form == "--html" else (form,) * bool(form)

    code, out, _ = run("report", capture, "-Y", "tcp.port == 9", *how, lang=lang)
    text = page.read_text("utf-8") if form == "--html" else out

    assert code == 0
    assert SAID[lang] in text
    assert FALSE[lang] not in text


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_capture_without_connections_has_none_whatever_the_filter_asks(tmp_path: Path, lang: str) -> None:
    lines = [f"{ms} C . 0 0 4 udp=1" for ms in range(3)]
    code, out, _ = run("report", write_trace(tmp_path / "trace.pcap", lines), "-Y", "tcp.port == 9", lang=lang)

    assert code == 0
    assert FALSE[lang] in out
    assert SAID[lang] not in out


@pytest.mark.parametrize("language", Language)
def test_program_without_connections_is_no_filter(language: Language) -> None:
    words = Words(language)
    said = {verdict(Trouble((), frozenset(), 0.0), 0, words, is_part=part, chosen_by=chooser)
            for part in (False, True) for chooser in ("filter", "program", None)}  # fmt: skip

    assert len(said) == 6
