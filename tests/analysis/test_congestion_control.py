"""Which congestion control sent: by what was left of flights, and in recordings of kernels of which it is known."""

from __future__ import annotations

from pathlib import Path

import pytest
from traces import write_trace
from transfers import Transfer

from tcptui.access.open_capture import view_of
from tcptui.analysis.rate.congestion_control import Algorithm, Control, by_shares, congestion_control
from tcptui.analysis.rate.limits import rate_limits
from tcptui.model.finding import Confidence
from tcptui.session.session import open_file
from tcptui.words.catalogue import Words
from tcptui.words.language import Language
from tcptui.words.rate_text import rate_lines

CASES = Path(__file__).parents[2] / "cases"
LIKELY, POSSIBLE = Confidence.LIKELY, Confidence.POSSIBLE
CANNOT = "The sender's congestion control cannot be determined."


@pytest.mark.parametrize(
    ("shares", "expected"),
    [
        ([50, 49, 52, 51], (Algorithm.RENO, LIKELY)),
        ([68, 71, 70], (Algorithm.CUBIC, LIKELY)),
        ([69, 70, 40, 71, 69], (Algorithm.CUBIC, LIKELY)),
        ([50, 49], (Algorithm.RENO, POSSIBLE)),
        ([71, 66], (Algorithm.CUBIC, POSSIBLE)),
        ([], None),
        ([50], None),
        ([50, 70], None),
        ([30, 31, 29], None),
        ([95, 100, 98, 97], None),
        ([60, 61, 60], None),
        ([50, 70, 50, 90, 20], None),
    ],
)
def test_what_losses_leave_names_it_only_where_they_agree(
    shares: list[int], expected: tuple[Algorithm, Confidence] | None
) -> None:
    assert by_shares(shares) == expected


def said(path: Path, language: Language = Language.EN) -> tuple[Control | None, str]:
    """What is told of the client's congestion control, as a value and in words."""
    view = view_of(open_file(path), 0)
    limits = rate_limits(view)[0]
    assert limits is not None
    (lines,) = rate_lines(view, Words(language))
    return congestion_control(view, limits), lines.control


def test_a_recorded_kernel_with_cubic_is_told_by_two_losses() -> None:
    capture = CASES / "89-path-limited" / "client.pcapng.gz"
    found, text = said(capture)

    assert found is not None
    assert (found.algorithm, found.confidence, found.losses) == (Algorithm.CUBIC, POSSIBLE, 2)
    assert text.startswith("Congestion control: CUBIC. After 2 losses 66 % of the flight was left")
    assert f"packets {found.before_frame} and {found.after_frame}" in text
    assert "CUBIC" in said(capture, Language.ZH)[1]


@pytest.mark.parametrize(
    ("transfer", "text"),
    [
        (Transfer(segments=600, rtt_ms=90), CANNOT),
        (Transfer(segments=600, rtt_ms=90, drops=lambda number, _now: number == 300), CANNOT),
        (Transfer(segments=500, pace_ms=6.5), CANNOT),
        (Transfer(segments=400, window=lambda _now: 10_240), ""),
    ],
    ids=["no loss", "one loss", "a pace that was set", "a small window"],
)
def test_without_a_sign_it_cannot_be_told(tmp_path: Path, transfer: Transfer, text: str) -> None:
    assert said(write_trace(tmp_path / "transfer.pcap", transfer.lines())) == (None, text)
