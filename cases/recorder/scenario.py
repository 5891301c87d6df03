"""A scenario: what both programs do, what happens on the way, and what it is good for.

The files in ``cases/recorder/scenarios`` each hold a list ``SCENARIOS``; `all_scenarios` finds them.
"""

from __future__ import annotations

import importlib
import pkgutil
import random
import runpy
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Final

from cases.recorder.capturing import RIGHT, Capturing
from cases.recorder.namespaces import End
from cases.recorder.program import Program
from cases.recorder.rules import Rate, Rule

Script = Callable[[Program], None]
Parameters = SimpleNamespace

DEFAULT_SYSCTLS: Final[Mapping[str, str]] = {
    # Each recording on its own: nothing is remembered of earlier connections.
    "net.ipv4.tcp_no_metrics_save": "1",
}


def round_trip(low_ms: int, high_ms: int) -> Callable[[random.Random], dict[str, float]]:
    """Draws the delay of each direction so that both sum to this round trip."""

    def draw(chance: random.Random) -> dict[str, float]:
        return {"delay_ms": chance.randint(low_ms, high_ms) / 2}

    return draw


def no_rules(_: Parameters) -> list[Rule]:
    """The link only delays."""
    return []


@dataclass(frozen=True)
class Scenario:
    """One story that two kernels act out.

    ``draw`` gives the parameters from a seeded generator, as a dictionary; ``delay_ms`` (one way)
    must be among them, ``delay_back_ms`` may be for another delay from server to client.  Scripts
    read them as ``me.p.name``, rules and rates get them as an argument.
    """

    id: str
    shows: str
    """One sentence: what happens, not what a capture shows of it."""
    client: Script
    server: Script
    draw: Callable[[random.Random], dict[str, float]] = field(default=round_trip(20, 120))
    rules: Callable[[Parameters], Sequence[Rule]] = no_rules
    rates: Callable[[Parameters], Sequence[Rate]] = lambda _: ()
    capturing: Callable[[Parameters], Capturing] = lambda _: RIGHT
    """How the recorders at both ends write."""
    twin: str = ""
    """Id of the scenario with the same picture and another cause."""
    sysctls: Mapping[str, str] = field(default_factory=dict)
    """Of both hosts, on top of `DEFAULT_SYSCTLS`."""
    client_sysctls: Mapping[str, str] = field(default_factory=dict)
    server_sysctls: Mapping[str, str] = field(default_factory=dict)
    may_fail: frozenset[str] = frozenset()
    """Errors (``ECONNRESET`` …) that calls of the programs may meet; any other one spoils the recording."""
    quiet: float = 0.5
    """Seconds to go on after both programs have ended: the kernels may have more to say."""
    limit: float = 30.0
    """Seconds from its start after which the recording is given up."""
    port: int = 8080
    more_ports: tuple[int, ...] = ()
    """Other ports at which the server listens, or is asked; the kernels report their connections, too."""
    client_hosts: int = 1
    server_hosts: int = 1
    """How many hosts stand at each end (`cases.recorder.namespaces.Address.at`)."""
    hops: int = 6
    """Routers between the hosts: what arrives has that much less TTL."""
    ipv6: bool = False
    congestion: str = "cubic"
    """Congestion control of all sockets: what most servers run, whatever this machine prefers."""
    findings_client: tuple[str, ...] = ()
    """Ids of the findings that must be made from the client's capture, at any confidence."""
    findings_server: tuple[str, ...] = ()
    """… from the server's capture: what one end shows the other may not (rules/findings.md#capture-point)."""
    findings_perhaps: tuple[str, ...] = ()
    """Ids that either capture may show or not, by the drawn parameters: neither missed nor false."""
    never: tuple[str, ...] = ()
    """Ids that neither capture may lead to: above all, what the scenario is the near-twin of."""

    def parameters(self, seed: int) -> Parameters:
        """The parameters of this seed; ``source_ports`` is added for the client's connections."""
        chance = random.Random(f"{self.id} {seed}")
        drawn = self.draw(chance)
        return Parameters(**drawn, source_ports=chance.sample(range(32768, 61000), 64))

    def hosts_of(self, end: End) -> int:
        """How many hosts stand at one end."""
        return self.client_hosts if end is End.CLIENT else self.server_hosts

    def delays(self, parameters: Parameters) -> dict[End, float]:
        """Seconds that a frame of each sender travels."""
        there = float(parameters.delay_ms) / 1000
        back = float(getattr(parameters, "delay_back_ms", parameters.delay_ms)) / 1000
        return {End.CLIENT: there, End.SERVER: back}

    @property
    def declares_findings(self) -> bool:
        """Whether anything is said of its findings; if so, findings that are not named are false ones."""
        return bool(self.findings_client or self.findings_server or self.findings_perhaps or self.never)

    def findings_at(self, end: End) -> frozenset[str]:
        """Ids of the findings that must be made from the capture at ``end``."""
        return frozenset(self.findings_client if end is End.CLIENT else self.findings_server)

    def sysctls_of(self, end: End) -> dict[str, str]:
        """All sysctls of one host."""
        own = self.client_sysctls if end is End.CLIENT else self.server_sysctls
        return {**DEFAULT_SYSCTLS, **self.sysctls, **own}


def all_scenarios(file: Path | None = None) -> dict[str, Scenario]:
    """Every scenario by its id: the bench's own, or those of another Python file.

    Raises ValueError when an id is used twice, a twin is missing, or a finding is both asked for and forbidden.
    """
    found: dict[str, Scenario] = {}
    for scenario in [*_own()] if file is None else runpy.run_path(str(file))["SCENARIOS"]:
        if scenario.id in found:
            raise ValueError(f"two scenarios are called {scenario.id}")
        found[scenario.id] = scenario
    for scenario in found.values():
        if scenario.twin and scenario.twin not in found:
            raise ValueError(f"{scenario.id}: no scenario is called {scenario.twin}")
        asked = {*scenario.findings_client, *scenario.findings_server, *scenario.findings_perhaps}
        if both := asked.intersection(scenario.never):
            raise ValueError(f"{scenario.id}: {', '.join(sorted(both))} is asked for and forbidden")
    return found


def _own() -> Iterator[Scenario]:
    package = importlib.import_module("cases.recorder.scenarios")
    for module in sorted(pkgutil.iter_modules(package.__path__), key=lambda module: module.name):
        yield from importlib.import_module(f"{package.__name__}.{module.name}").SCENARIOS
