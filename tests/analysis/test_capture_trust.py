"""How many connections a capture shows only in part, and that eviction is no doubt about the rest."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from tcptui.analysis.capture_quality import CaptureQuality
from tcptui.analysis.capture_trust import CaptureTrust, capture_trust
from tcptui.lessons.loader import load_case
from tcptui.model.capture_point import CapturePoint
from tcptui.session.session import open_file

if TYPE_CHECKING:
    from tcptui.session.session import Session


def opened(case: str) -> Session:
    return open_file(load_case(case).captures[0])


def trust(session: Session) -> CaptureTrust:
    return capture_trust(session.store, session.streams, CaptureQuality(), CapturePoint.UNKNOWN)


def test_whole_connection_raises_no_doubt() -> None:
    assert trust(opened("hello-service")) == CaptureTrust(CaptureQuality(), 0, 0, 0, CapturePoint.UNKNOWN)


def test_connection_of_which_one_direction_is_missing_is_one_sided() -> None:
    assert trust(opened("one-sided-capture")).one_sided == 1


@pytest.mark.parametrize("case", ["connection-refused", "path-lost"])
def test_silent_and_refusing_ends_are_no_missing_direction(case: str) -> None:
    assert trust(opened(case)).one_sided == 0


def test_connection_whose_rows_were_evicted_is_not_called_one_sided() -> None:
    session = opened("one-sided-capture")
    session.streams.evicted[np.array([0])] = 1

    assert trust(session).one_sided == 0
