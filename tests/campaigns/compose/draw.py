"""Draws a composition: weights so that every family is met, and most compositions have one fault or none."""

from __future__ import annotations

import math
import random
from typing import TYPE_CHECKING, Final, TypeVar

from tests.campaigns.compose import conversations
from tests.campaigns.compose.capture_faults import CaptureFault, CaptureFaultKind
from tests.campaigns.compose.draw_faults import draw_faults
from tests.campaigns.compose.plan import PORT, Composition, Conversation, Serving

if TYPE_CHECKING:
    from collections.abc import Sequence

T = TypeVar("T")

SHORTEST_MS: Final = 0.3
LONGEST_MS: Final = 90.0
IPV6_SHARE: Final = 0.08
CAPTURE_FAULT_SHARE: Final = 0.35


def compose(seed: int) -> Composition:
    """The composition of this seed."""
    chance = random.Random(f"compose {seed}")
    delay_ms = round(_log_uniform(chance, SHORTEST_MS, LONGEST_MS), 3)
    talks = _conversations(chance)
    serving = _serving(chance, talks)
    ipv6 = chance.random() < IPV6_SHARE
    client, server, both = _sysctls(chance)
    return Composition(
        seed=seed,
        delay_ms=delay_ms,
        delay_back_ms=delay_ms if chance.random() < 0.8 else round(_log_uniform(chance, SHORTEST_MS, LONGEST_MS), 3),
        conversations=talks,
        serving=serving,
        faults=draw_faults(chance, talks, ipv6),
        capture_fault=_capture_fault(chance),
        sysctls=both,
        client_sysctls=client,
        server_sysctls=server,
        congestion=chance.choices(("cubic", "reno", "bbr"), (7, 2, 1))[0],
        hops=chance.choice((0, 3, 6, 12)),
        ipv6=ipv6,
        quiet_s=round(chance.choice((0.3, 0.6, 1.0, 2.5)), 2),
    )


def _log_uniform(chance: random.Random, low: float, high: float) -> float:
    return math.exp(chance.uniform(math.log(low), math.log(high)))


def _conversations(chance: random.Random) -> tuple[Conversation, ...]:
    count = chance.choices((1, 2, 3, 5, 8), (50, 18, 14, 12, 6))[0]
    at_once = chance.random() < 0.5
    alike = chance.random() < 0.4
    ports = chance.sample(range(32768, 61000), count)
    kinds = (
        [conversations.draw_kind(chance)] * count if alike else [conversations.draw_kind(chance) for _ in range(count)]
    )
    made = []
    start_s = 0.0
    for number, (kind, port) in enumerate(zip(kinds, ports, strict=True)):
        # Ports are used again now and then: the next connection is the same to whoever looks at addresses.
        reused = ports[number - 1] if number and not at_once and chance.random() < 0.1 else port
        made.append(conversations.draw(chance, kind, round(start_s, 3), reused, small=count > 3))
        start_s += chance.uniform(0, 0.15) if at_once else chance.uniform(0.2, 1.5)
    return tuple(made)


def _serving(chance: random.Random, talks: Sequence[Conversation]) -> Serving:
    if len(talks) >= 3 and chance.random() < 0.3:
        style = chance.random()
        if style < 0.5:
            return Serving(backlog=1, accepts_after_s=round(chance.uniform(0.5, 4.0), 2))
        return Serving(backlog=chance.choice((0, 1, 2)), never_accepts=True)
    if any(talk.port == PORT for talk in talks) and chance.random() < 0.05:
        return Serving(dies_after_s=round(chance.uniform(0.1, 2.0), 2))
    return Serving(backlog=chance.choice((16, 128)))


def _sysctls(chance: random.Random) -> tuple[dict[str, str], dict[str, str], dict[str, str]]:
    """Of the client, of the server, of both: mostly the defaults, now and then a few that hosts differ in."""
    odd: Sequence[tuple[str, tuple[str, ...]]] = (
        ("net.ipv4.tcp_sack", ("0",)),
        ("net.ipv4.tcp_timestamps", ("0", "2")),
        ("net.ipv4.tcp_window_scaling", ("0",)),
        ("net.ipv4.tcp_ecn", ("1",)),
        ("net.ipv4.tcp_early_retrans", ("0",)),
        ("net.ipv4.tcp_recovery", ("0",)),
        ("net.ipv4.tcp_dsack", ("0",)),
        ("net.ipv4.tcp_frto", ("0",)),
        ("net.ipv4.tcp_shrink_window", ("1",)),
        ("net.ipv4.tcp_rmem", ("4096 8192 16384", "4096 32768 65536")),
        ("net.ipv4.tcp_wmem", ("4096 8192 16384", "4096 16384 65536")),
        ("net.ipv4.tcp_slow_start_after_idle", ("0",)),
        ("net.ipv4.tcp_retries2", ("3", "4")),
        ("net.ipv4.tcp_mtu_probing", ("1",)),
        ("net.ipv4.tcp_comp_sack_nr", ("0",)),
        ("net.ipv4.tcp_autocorking", ("0",)),
        ("net.ipv4.tcp_thin_linear_timeouts", ("1",)),
    )
    of_client = (("net.ipv4.tcp_syn_retries", ("1", "2")), ("net.ipv4.tcp_syn_linear_timeouts", ("0",)))
    of_server = (
        ("net.ipv4.tcp_syncookies", ("0", "2")),
        ("net.ipv4.tcp_abort_on_overflow", ("1",)),
        ("net.ipv4.tcp_synack_retries", ("1", "2")),
    )

    def some(choices: Sequence[tuple[str, tuple[str, ...]]], share: float) -> dict[str, str]:
        return {name: chance.choice(values) for name, values in choices if chance.random() < share}

    both = some(odd, 0.12) if chance.random() < 0.4 else {}
    client = some((*odd, *of_client), 0.08) if chance.random() < 0.4 else {}
    server = some((*odd, *of_server), 0.08) if chance.random() < 0.4 else {}
    if chance.random() < 0.1:
        server["net.ipv4.tcp_syncookies"] = chance.choice(("0", "2"))
    # Fast Open only shows where a conversation uses it; a server without it is the commoner one.
    client["net.ipv4.tcp_fastopen"] = "5"
    server["net.ipv4.tcp_fastopen"] = chance.choice(("0", "519"))
    return client, server, both


def _capture_fault(chance: random.Random) -> CaptureFault | None:
    if chance.random() > CAPTURE_FAULT_SHARE:
        return None
    kind = chance.choice(list(CaptureFaultKind))
    share = chance.uniform(0.005, 0.08) if kind is CaptureFaultKind.LOSES else chance.uniform(0.1, 0.9)
    return CaptureFault(
        kind=kind,
        end=chance.choice(("client", "server")),
        share=round(share, 4),
        seconds=round(chance.choice((0.02, 0.5, 3.0)), 2),
        reported=kind in (CaptureFaultKind.LOSES, CaptureFaultKind.LOSES_BURST) and chance.random() < 0.5,
        salt=chance.getrandbits(30),
    )
