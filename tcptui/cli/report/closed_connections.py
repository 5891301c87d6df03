"""Connections that `requests` could not look into, as a line of JSON (architecture.md#contracts)."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from tcptui.cli.report.json_text import to_json, utf8
from tcptui.protocols.registry import CLOSED_BY

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tcptui.access.requests import Closed


def closed_json(closed: Sequence[Closed]) -> bytes:
    """How many of ``closed`` there are, with the hosts that their clients asked for, most often first."""
    hosts = Counter(one.host for one in closed)
    unnamed = hosts.pop("", 0)
    told = {
        "connections": len(closed),
        "hosts": [{"host": host, "connections": count} for host, count in hosts.most_common()],
        "without_host": unnamed,
        "needs": "keylog",
    }
    return utf8(to_json({"stream": None, "protocol": CLOSED_BY, "operation": None, "closed": told}) + "\n")
