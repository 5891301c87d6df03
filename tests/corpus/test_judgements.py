"""Each warning and error of the corpus was judged once, with the packets at hand (`judgements.py`)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests.corpus.judgements import Judgement, Row, Said, differences, read_table, said_today, updated

if TYPE_CHECKING:
    from pathlib import Path

_SAID = Said("a.pcap", "syn-timeout", "silent", "certain", "error", "4,11")
_ROW = Row(_SAID, (1, 2), Judgement.RIGHT, "five SYNs, nothing came back")
_TODAY = {("a.pcap", stream, "syn-timeout"): _SAID for stream in (1, 2)}


def test_a_table_that_says_what_is_said_has_no_difference() -> None:
    assert differences([_ROW], _TODAY) == []


@pytest.mark.parametrize(
    ("rows", "today", "told"),
    [
        ([_ROW], {key: said for key, said in _TODAY.items() if key[1] == 1}, "gone from stream 2: a.pcap 1-2"),
        ([_ROW], {key: replace(_SAID, confidence="likely") for key in _TODAY}, "stream 1, certain → likely: a.pcap"),
        ([], _TODAY, "loud and not in the table: a.pcap 1 syn-timeout silent"),
        ([replace(_ROW, judgement=Judgement.UNJUDGED)], _TODAY, "not judged yet: a.pcap 1-2"),
    ],
)
def test_what_differs_is_told_with_its_row(rows: list[Row], today: dict[tuple[str, int, str], Said], told: str) -> None:
    assert told in differences(rows, today)[0]


def test_an_unjudged_note_needs_no_row() -> None:
    assert differences([], {key: replace(said, severity="note") for key, said in _TODAY.items()}) == []


def test_an_update_leaves_what_changed_unjudged_and_keeps_the_rest() -> None:
    today = dict(_TODAY)
    today["a.pcap", 1, "syn-timeout"] = replace(_SAID, confidence="likely")

    rows = updated([_ROW], today)

    assert {(row.streams, row.judgement) for row in rows} == {((1,), Judgement.UNJUDGED), ((2,), Judgement.RIGHT)}
    assert any("was right: five SYNs" in row.reason for row in rows)


def test_rows_survive_being_written() -> None:
    assert Row.parse(_ROW.line()) == _ROW


@pytest.mark.uncounted
def test_every_loud_finding_of_the_corpus_is_judged_and_as_it_was(corpus: Path) -> None:
    found = differences(read_table(), said_today(corpus))

    assert not found, "\n".join([*found, "judge these with the packets: see tests/corpus/judgements.py"])
