"""The certificate of a redacted capture: what was replaced, compared, searched for, and what remains (JSON)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from tcptui.redact.search import WINDOW
from tcptui.redact.search_notations import NOTATIONS
from tcptui.redact.unique_hosts import BY

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from tcptui.redact.proof import Comparison
    from tcptui.redact.search import Searched
    from tcptui.redact.unique_hosts import UniqueHosts

#: What every redacted capture still tells.
REMAINS: Final = (
    "lengths", "times", "directions", "ports", "hop limits", "sequence numbers", "TCP options and windows",
    "identification numbers moved by a constant of each host", "timestamps moved by a constant of each host",
    "VLAN and tunnel identifiers", "leading bits that an address shares with a special range",
    "framing of HTTP/1, TLS and DNS", "cipher suites and extensions that a TLS client offers",
)  # fmt: skip


class Proved(NamedTuple):
    """A redacted capture and what was found about it."""

    input_sha256: str | None
    packets: int
    output_sha256: str
    replaced: Mapping[str, int]
    kept: Collection[str]
    compared: Comparison
    searched: Searched
    hosts: UniqueHosts
    shift_s: int


def as_json(proved: Proved) -> dict[str, Any]:
    """The certificate, schema 1."""
    compared, searched = proved.compared, proved.searched
    return {
        "schema": 1,
        "input": {"sha256": proved.input_sha256, "packets": proved.packets},
        "output": {"sha256": proved.output_sha256},
        "replaced": dict(sorted(proved.replaced.items())),
        "kept": sorted(proved.kept),
        "compared": {
            "verdicts": compared.verdicts, "states": compared.states, "findings": compared.findings,
            "budgets": compared.budgets, "requests": compared.requests, "equal": compared.difference is None,
        },
        "requests_gone": dict(sorted(compared.gone.items())),
        "searched": {
            "values": searched.values, "windows": searched.windows, "window_bytes": WINDOW,
            "notations": list(NOTATIONS), "found": searched.found,
        },
        "remains": [*REMAINS, *([f"times, moved by {proved.shift_s} s"] if proved.shift_s else [])],
        "unique_hosts": {"of": proved.hosts.of, "unique": proved.hosts.unique, "by": BY},
    }  # fmt: skip
