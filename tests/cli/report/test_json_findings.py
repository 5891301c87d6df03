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
from tcptui.model.batched import member_values
from tcptui.model.finding import Confidence, Finding, FindingId, Severity
from tcptui.words.catalogue import Words
from tcptui.words.language import Language

TIMES = st.floats(0, 1e6)
CLOSES = st.lists(st.tuples(st.integers(1, 2**32 - 1), TIMES), min_size=2)


@pytest.mark.parametrize("language", Language)
@given(closes=CLOSES)
def test_written_together_as_one_by_one(language: Language, closes: list[tuple[int, float]]) -> None:
    facts = {"shape": "no-last-ack", "closer": "server", "other": "client", "position": "%d", "odd": 'a "%s" \x1b'}
    alone = [
        Finding(
            FindingId.THREE_PACKET_CLOSE,
            3,
            (frame, frame + 1),
            Severity.NOTE,
            Confidence.LIKELY,
            {**facts, "fin_frame": frame, "second_frame": frame + 1, "gap_s": passed, "took_s": passed},
            ("last-ack-unseen",),
        )
        for frame, passed in closes
    ]
    frames, times = (member_values(np.array(column)) for column in zip(*closes, strict=True))
    differing = {"fin_frame": frames, "second_frame": frames + 1, "gap_s": times, "took_s": times}
    together = replace(alone[0], packets=(frames, frames + 1), facts={**facts, **differing})
    tell = Telling(Words(language))

    found = TemplatedFindings(tell).of_members(together, [b"%%d%d" % number for number in range(len(closes))])

    texts = [finding_text(finding, tell) for finding in alone]
    assert found == [utf8(f"%d{number}, {text}") for number, text in enumerate(texts)]
    assert [json.loads(text)["packets"] for text in texts] == [[frame, frame + 1] for frame, _passed in closes]


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
    together = replace(alone[0], facts={**facts, "late_s": member_values(np.array(late))})
    tell = Telling(Words(language))

    found = TemplatedFindings(tell).of_members(together, [b""] * len(late))

    assert found == [utf8(finding_text(each, tell)) for each in alone]


def test_remembered_texts_make_room() -> None:
    remembered = CachedTexts(seconds)
    for begin in range(0, 3 * REMEMBERED, REMEMBERED // 4):
        numbers = list(range(begin, begin + REMEMBERED // 4))
        assert remembered.texts(numbers) == [seconds(number).encode() for number in numbers]
        assert len(remembered) <= 2 * REMEMBERED
