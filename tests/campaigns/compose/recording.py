"""Records compositions: the scenario that a composition is."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from cases.recorder.bench import ABOUT, record
from cases.recorder.scenario import Scenario
from tests.campaigns.compose.acting import play_client, play_server
from tests.campaigns.compose.capture_faults import SHOWN, faulty
from tests.campaigns.compose.draw import compose
from tests.campaigns.compose.faults import Bottleneck
from tests.campaigns.compose.plan import CLOSED_PORT

if TYPE_CHECKING:
    from pathlib import Path

    from tests.campaigns.compose.plan import Composition

LIMIT_S: Final = 30.0
MAY_FAIL: Final = frozenset(
    {
        *(
            "ECONNRESET",
            "EPIPE",
            "ENOTCONN",
            "ETIMEDOUT",
            "ECONNREFUSED",
            "ECONNABORTED",
            "EHOSTUNREACH",
            "ENETUNREACH",
        ),
        *("EACCES", "EPERM", "EAGAIN", "EINPROGRESS", "EADDRINUSE", "EADDRNOTAVAIL", "EMSGSIZE", "EBADF", "EINVAL"),
    }
)
"""What programs meet on such links; what they do then is to end."""


def scenario_of(composition: Composition) -> Scenario:
    """The composition as the bench plays it."""
    values = composition.as_values()
    bottlenecks = {fault.sender: fault for fault in composition.faults if isinstance(fault, Bottleneck)}
    return Scenario(
        id="composed",
        shows=f"Composed from seed {composition.seed}.",
        client=lambda me: play_client(me, composition),
        server=lambda me: play_server(me, composition),
        draw=lambda _: {
            "delay_ms": composition.delay_ms,
            "delay_back_ms": composition.delay_back_ms,
            "composition": values,  # type: ignore[dict-item]
        },
        rules=lambda _: [rule for fault in composition.faults for rule in fault.rules()],
        rates=lambda _: [fault.rate() for fault in bottlenecks.values()],
        sysctls=composition.sysctls,
        client_sysctls=composition.client_sysctls,
        server_sysctls=composition.server_sysctls,
        may_fail=MAY_FAIL,
        quiet=composition.quiet_s,
        limit=LIMIT_S,
        more_ports=(CLOSED_PORT,),
        hops=composition.hops,
        ipv6=composition.ipv6,
        congestion=composition.congestion,
    )


def record_seed(seed: int, folder: Path) -> None:
    """Records one composition, with the faulty capture if it has one; raises as `record` does."""
    composition = compose(seed)
    record(scenario_of(composition), seed, folder)
    fault = composition.capture_fault
    if fault is not None:
        faulty(folder / f"{fault.end}.pcapng", fault, folder / SHOWN)


def seeds_below(folder: Path) -> list[Path]:
    """The composed recordings in or below ``folder``."""
    found = [about.parent for about in folder.rglob(ABOUT) if json.loads(about.read_text())["scenario"] == "composed"]
    return sorted(found, key=lambda path: (len(path.name), path.name))
