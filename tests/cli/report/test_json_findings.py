"""Findings that are alike, written from their columns: what each would be written as by itself."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tcptui.cli.report.json_findings import Telling, TemplatedFindings, finding_text
from tcptui.cli.report.json_text import REMEMBERED, CachedTexts, seconds, utf8
from tcptui.findings.bulk import BulkFinding
from tcptui.model.finding import Confidence, Finding, FindingId, Severity
from tcptui.model.lanes import lanes_of
from tcptui.words.catalogue import Words
from tcptui.words.language import Language

TIMES = st.integers(0, 10**6) | st.integers(-(10**6), 2**62)
CLOSES = st.lists(st.tuples(st.integers(1, 2**32 - 1), TIMES, st.sampled_from(["client", "server", 'a "%s" \x1b'])))


@pytest.mark.parametrize("language", Language)
@given(closes=CLOSES)
def test_written_together_as_one_by_one(language: Language, closes: list[tuple[int, int, str]]) -> None:
    frames, times, names = (list(column) for column in zip(*closes, strict=True)) if closes else ([], [], [])
    alike = BulkFinding(
        FindingId.THREE_PACKET_CLOSE,
        Confidence.LIKELY,
        np.arange(len(closes)),
        {
            "shape": "no-last-ack", "closer": "server", "other": "client",
            "fin_frame": np.array(frames, np.uint32), "second_frame": np.array(frames, np.int64) + 1,
            "gap_s": np.array(times, np.int64), "took_s": np.array(times, np.int64), "position": names, "odd": "%d",
        },
        ("fin_frame", "second_frame"),
        ("last-ack-unseen",),
    )  # fmt: skip
    tell = Telling(Words(language))

    together = TemplatedFindings(tell).texts(alike, [b"%%d%d, " % number for number in range(len(closes))])

    alone = [finding_text(finding, tell) for finding in alike.each(range(len(closes)))]
    assert together == [utf8(f"%d{number}, {text}") for number, text in enumerate(alone)]
    assert [json.loads(text)["packets"] for text in alone] == [[frame, frame + 1] for frame in frames]


@pytest.mark.parametrize("language", Language)
@given(late=st.lists(st.sampled_from([0.0, 0.0004, 1.5]), min_size=2, max_size=6))
def test_what_is_nothing_in_some_lanes_is_told_as_nothing_there(language: Language, late: list[float]) -> None:
    facts = {
        "shape": "proved", "count": 1, "segments": 20, "overtaker_frame": 7, "sender": "client", "first_seq": 1,
        "last_seq": 100, "bytes": 100, "first_frame": 8, "last_frame": 8,
    }  # fmt: skip
    alone = [
        Finding(FindingId.OUT_OF_ORDER, 3, (7, 8), Severity.NOTE, Confidence.CERTAIN, {**facts, "late_s": each})
        for each in late
    ]
    together = replace(alone[0], facts={**facts, "late_s": lanes_of(np.array(late))})
    tell = Telling(Words(language))

    found = TemplatedFindings(tell).of_lanes(together, [b""] * len(late))

    assert found == [utf8(finding_text(each, tell)) for each in alone]


def test_remembered_texts_make_room() -> None:
    remembered = CachedTexts(seconds)
    for begin in range(0, 3 * REMEMBERED, REMEMBERED // 4):
        numbers = list(range(begin, begin + REMEMBERED // 4))
        assert remembered.texts(numbers) == [seconds(number).encode() for number in numbers]
        assert len(remembered) <= 2 * REMEMBERED
