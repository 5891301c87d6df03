"""Runs all rules about the capture as a whole."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final

from tcptui.findings.rules.whole_capture.dns_detour import dns_detour
from tcptui.findings.rules.whole_capture.dns_differ import dns_answers_differ
from tcptui.findings.rules.whole_capture.dns_lookup import dns_lookup
from tcptui.findings.rules.whole_capture.goaway_storm import goaway_storm
from tcptui.findings.rules.whole_capture.icmp_error import icmp_error
from tcptui.findings.rules.whole_capture.neighbour_silent import neighbour_silent
from tcptui.findings.rules.whole_capture.never_opened import never_opened
from tcptui.findings.rules.whole_capture.repeated_resets import repeated_resets
from tcptui.findings.rules.whole_capture.restart import server_restarted
from tcptui.findings.rules.whole_capture.selective_syns import selective_syns
from tcptui.findings.rules.whole_capture.sessions import connection_churn, logins_refused
from tcptui.findings.rules.whole_capture.shared_fault import (
    idle_flows_dropped,
    listener_overflow,
    lossy_host,
    path_mtu_shared,
    slow_server,
)
from tcptui.findings.rules.whole_capture.slowloris import slowloris
from tcptui.findings.rules.whole_capture.stall import common_stall
from tcptui.model.finding import FindingId

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tcptui.findings.rules.whole_capture.capture_facts import CaptureFacts
    from tcptui.model.finding import AnyId, CaptureFinding

    CaptureRule = Callable[[CaptureFacts], Iterator[CaptureFinding]]

#: All rules.
RULES: Final[tuple[CaptureRule, ...]] = (
    common_stall,
    never_opened,
    selective_syns,
    server_restarted,
    repeated_resets,
    listener_overflow,
    slow_server,
    lossy_host,
    idle_flows_dropped,
    path_mtu_shared,
    slowloris,
    connection_churn,
    logins_refused,
    goaway_storm,
    dns_detour,
    dns_lookup,
    dns_answers_differ,
    neighbour_silent,
    icmp_error,
)
#: Where all of their connections show nothing but the echo of a common stall, these are its echo, too.
EXPLAINED_BY_STALL: Final = (FindingId.LISTENER_OVERFLOW, FindingId.SLOW_SERVER, FindingId.LOSSY_HOST)
#: Where a neighbour was silent when all of their connections were tried, these say it once more.
EXPLAINED_BY_NEIGHBOUR: Final = (FindingId.HOST_SILENT, FindingId.PORT_SILENT)
#: So many are told, those that weigh most: more stories than anybody reads are no diagnosis.
FINDINGS_MOST: Final = 100


@dataclass(frozen=True)
class CaptureDiagnosis:
    """What can be said of the capture as a whole."""

    findings: tuple[CaptureFinding, ...] = ()
    """The errors first, then what cost most seconds, then what concerns most connections."""

    @cached_property
    def echoes(self) -> frozenset[int]:
        """Connections whose trouble is told by `findings` already."""
        return frozenset(stream for finding in self.findings for stream in finding.echoes)

    @cached_property
    def repeated(self) -> dict[int, frozenset[AnyId]]:
        """By connection that has other trouble, too: its warnings and errors that are told by `findings` already."""
        found: dict[int, frozenset[AnyId]] = {}
        for finding in self.findings:
            for stream, names in finding.repeated.items():
                found[stream] = found.get(stream, frozenset()) | names
        return found


def diagnose(capture: CaptureFacts) -> CaptureDiagnosis:
    """The findings of all rules about ``capture``."""
    found = [finding for rule in RULES for finding in rule(capture)]
    told = found
    for cause, symptoms in (
        (FindingId.COMMON_STALL, EXPLAINED_BY_STALL), (FindingId.NEIGHBOUR_SILENT, EXPLAINED_BY_NEIGHBOUR),
    ):  # fmt: skip
        echoes = {stream for one in found if one.finding.id is cause for stream in one.echoes}
        told = [one for one in told if one.finding.id not in symptoms or not echoes.issuperset(one.streams)]
    return CaptureDiagnosis(tuple(sorted(told, key=_rank)[:FINDINGS_MOST]))


def _rank(found: CaptureFinding) -> tuple[int, float, int, int]:
    return -found.finding.severity, -found.seconds_lost, -len(found.streams), found.since_ns
