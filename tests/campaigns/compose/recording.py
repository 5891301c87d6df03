"""Records compositions: the scenario that a composition is, and many of them side by side, each in a process."""

from __future__ import annotations

import json
import os
import sys
import time
import traceback
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from cases.recorder.account import RecordingError
from cases.recorder.bench import ABOUT, record
from cases.recorder.namespaces import die_with_parent
from cases.recorder.scenario import Scenario
from cases.recorder.tracing import TracingError
from tests.campaigns.compose.acting import play_client, play_server
from tests.campaigns.compose.capture_faults import SHOWN, faulty
from tests.campaigns.compose.draw import compose
from tests.campaigns.compose.faults import Bottleneck
from tests.campaigns.compose.plan import CLOSED_PORT

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from tests.campaigns.compose.plan import Composition

LIMIT_S: Final = 30.0
TRIES: Final = 2
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


@dataclass(slots=True)
class _Job:
    seed: int
    folder: Path
    tries: int
    began: float


def record_many(seeds: Sequence[int], out: Path, jobs: int, until: float = float("inf")) -> list[int]:
    """Records ``seeds`` into ``out``/SEED, so many at once; returns those that were refused twice.

    None begins after the monotonic second ``until``.  Recordings that exist are kept.
    """
    waiting = [
        _Job(seed, out / str(seed), 0, 0.0) for seed in reversed(seeds) if not (out / str(seed) / ABOUT).exists()
    ]
    running: dict[int, _Job] = {}
    refused: list[int] = []
    while waiting or running:
        while waiting and len(running) < jobs and time.monotonic() < until:
            job = waiting.pop()
            running[_begin(job)] = job
        if not running:
            break
        child, status = os.waitpid(-1, 0)
        ended = running.pop(child)
        if status:
            ended.tries += 1
            if ended.tries < TRIES:
                waiting.append(ended)
            else:
                refused.append(ended.seed)
    return refused


def _begin(job: _Job) -> int:
    """Forks a process that records: namespaces are taken over for good."""
    sys.stdout.flush()
    child = os.fork()
    if child:
        return child
    status = 1
    try:
        die_with_parent()
        record_seed(job.seed, job.folder)
        status = 0
    except (RecordingError, TracingError, OSError) as problem:
        job.folder.mkdir(parents=True, exist_ok=True)
        (job.folder / "problem.txt").write_text(f"{type(problem).__name__}: {problem}\n")
    except BaseException:  # noqa: BLE001 - a forked child must end here
        traceback.print_exc()
    finally:
        os._exit(status)


def seeds_below(folder: Path) -> list[Path]:
    """The composed recordings in or below ``folder``."""
    found = [about.parent for about in folder.rglob(ABOUT) if json.loads(about.read_text())["scenario"] == "composed"]
    return sorted(found, key=lambda path: (len(path.name), path.name))
