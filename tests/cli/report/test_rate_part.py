"""What limited the rate, as reports tell it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from traces import write_trace
from transfers import Transfer

from tcptui.access.open_capture import view_of
from tcptui.analysis.rate.limit import Limit, Party
from tcptui.cli.report.as_json import json_report
from tcptui.cli.report.blocks import Paragraph
from tcptui.cli.report.compose import compose_connection
from tcptui.cli.report.json_findings import Telling
from tcptui.cli.report.summary import Summary
from tcptui.model.finding import Confidence
from tcptui.session.session import Session, open_file
from tcptui.words.catalogue import Words
from tcptui.words.language import Language
from tcptui.words.rate_text import rate_lines

if TYPE_CHECKING:
    from pathlib import Path

EN, ZH = Words(Language.EN), Words(Language.ZH)


@pytest.fixture
def session(tmp_path: Path) -> Session:
    """One connection whose receiver offers 10 kB."""
    return open_file(write_trace(tmp_path / "window.pcap", Transfer(window=lambda _now: 10_240).lines()))


def test_text_quotes_rate_shares_window_and_packets(session: Session) -> None:
    blocks = compose_connection(Summary(session), 0, EN, None)
    (told,) = [block for block in blocks if isinstance(block, Paragraph) and "What limited" in block.label]

    assert told.label == "What limited the client's data:"
    assert "receive window 1." in told.text
    assert "The server's window was full: 10.2 kB, at most 10.2 kB, over a round trip of 40 ms" in told.text.replace(
        "\N{NO-BREAK SPACE}", " "
    )
    assert "Likely." in told.text


def test_json_has_the_same_numbers(session: Session) -> None:
    text = b"".join(json_report(Summary(session), 0, Telling(EN)))
    (rate,) = json.loads(text)["streams"][0]["rates"]

    assert (rate["sender"], rate["party"], rate["limit"], rate["confidence"]) == (
        "client", "receiver", "window", "likely",
    )  # fmt: skip
    assert sum(rate["shares"].values()) == pytest.approx(rate["duration"])
    assert rate["stretches"][0]["first"] < rate["stretches"][-1]["last"]
    assert {stretch["limit"] for stretch in rate["stretches"]} == {"window"}


@pytest.mark.parametrize("words", [EN, ZH])
def test_every_limit_has_its_words(words: Words) -> None:
    for limit in Limit:
        for part in ("limit", "why", "else"):
            assert words.has(f"rate.{part}.{limit.label}")
    assert all(words.has(f"rate.party.{party.label}") for party in Party)
    assert all(words.has(f"rate.confidence.{sure.value}") for sure in (Confidence.LIKELY, Confidence.POSSIBLE))


def test_chinese_says_the_same(session: Session) -> None:
    (told,) = rate_lines(view_of(session, 0), ZH)

    assert told.heading == "客户端发送的数据受什么限制"
    assert "接收窗口" in told.shares
    assert told.sure.startswith("很可能如此")
