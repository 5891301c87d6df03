"""`@pytest.mark.rerun_on_race(reason="…", reruns=1)`: run a failed test again, because of a race outside of our hands.

Nothing else is rerun: a free rerun hides races that are ours.  The summary (-rR) lists what was rerun.
"""

from __future__ import annotations

import pytest


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker."""
    config.addinivalue_line(
        "markers", "rerun_on_race(reason, reruns=1): run again when it fails, for a race that no test can rule out"
    )


def pytest_itemcollected(item: pytest.Item) -> None:
    """Give ``item`` the reruns that its marker asks for; raises UsageError where it gives no reason."""
    marker = item.get_closest_marker("rerun_on_race")
    if marker is None:
        return
    options = dict(marker.kwargs)
    reason, reruns = options.pop("reason", ""), options.pop("reruns", 1)
    if marker.args or options or not reason.strip():
        raise pytest.UsageError(f"{item.nodeid}: rerun_on_race needs a reason=, and takes reruns= besides")
    item.add_marker(pytest.mark.flaky(reruns=reruns, reruns_delay=1))
