"""Findings that are alike, written from their columns: what each would be written as by itself."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tcptui.cli.report.json_findings import Telling, TemplatedFindings, finding_text
from tcptui.cli.report.json_text import REMEMBERED, CachedTexts, seconds, utf8
from tcptui.findings.bulk import BulkFinding
from tcptui.model.finding import Confidence, FindingId
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


def test_remembered_texts_make_room() -> None:
    remembered = CachedTexts(seconds)
    for begin in range(0, 3 * REMEMBERED, REMEMBERED // 4):
        numbers = list(range(begin, begin + REMEMBERED // 4))
        assert remembered.texts(numbers) == [seconds(number).encode() for number in numbers]
        assert len(remembered) <= 2 * REMEMBERED
