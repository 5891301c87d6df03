"""The Python interface: captures in notebooks, scripts and tests.

    from tcptui.api import Capture

    with Capture.open("a.pcap") as capture:
        assert not capture.findings("error")

What is named here stays as it is: keys, attributes and units are changed only with a version that says so.  Times are
nanoseconds since the epoch, durations nanoseconds, both int; packets are named by their number in the file, from 1.
"""

from __future__ import annotations

from tcptui.api.capture import Capture
from tcptui.api.comparing import compare
from tcptui.api.errors import CaptureError, CollisionError, FilterError
from tcptui.api.lessons import Case, Step, cases, check_filter, finding_name
from tcptui.api.records import Connection, Endpoint, Finding, Message, Request

__all__ = [
    "Capture", "CaptureError", "Case", "CollisionError", "Connection", "Endpoint", "FilterError", "Finding", "Message",
    "Request", "Step", "cases", "check_filter", "compare", "finding_name",
]  # fmt: skip
