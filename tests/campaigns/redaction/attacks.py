"""Known attacks on a redacted capture, and how many hosts each names: ``python -m tests.campaigns.redaction.attacks``.

Whoever gets the copy may know the network: which hosts were busy yesterday, what they sent today, or packets of their
own that the capture has.  A network is drawn twice, yesterday as the attacker knows it, today as it is redacted; what
the attacks say is compared with the truth.  Published attacks: Brekne et al. 2005 (injected packets, prefixes), Coull
et al. 2007 (behaviour), Kohno et al. 2005 (clock skew).
"""

from __future__ import annotations

import argparse
import struct
import subprocess
import sys
import tempfile
from collections import defaultdict
from dataclasses import dataclass, field
from ipaddress import IPv4Address
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[2] / "support"))

from captures import ACK, FIN, PSH, SYN, Tape

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

_ROOT: Final = Path(__file__).parents[3]
_TIMESTAMPS: Final = b"\x01\x01\x08\x0a"
_DAY_MS: Final = 3_600_000.0
#: The attacker's own address, and the first port that its probes come from.
_PROBER: Final = "9.9.9.9"
_PROBE_PORT: Final = 33_000
#: Samples of a clock that an estimate of its skew needs.
_SAMPLES_LEAST: Final = 12


@dataclass(frozen=True)
class Size:
    """How large a network is, and how busy."""

    clients: int = 240
    servers: int = 16
    networks: int = 12
    """Networks of 24 bits that clients are in."""
    connections: int = 1_500


@dataclass
class Network:
    """Hosts that stay the same from day to day."""

    clients: list[str]
    servers: list[str]
    busy: NDArray[np.float64]
    """How busy each client usually is."""
    favourites: list[NDArray[np.int64]]
    skew: NDArray[np.float64]
    """How fast each client's clock is, as a share of a second a second."""


def network(draw: np.random.Generator, size: Size) -> Network:
    """Draw the hosts."""
    sites = [f"{draw.integers(20, 99)}.{draw.integers(256)}" for _ in range(max(size.networks // 3, 1))]
    nets = [f"{sites[at % len(sites)]}.{draw.integers(256)}" for at in range(size.networks)]
    places = draw.choice(len(nets) * 254, size.clients + size.servers, replace=False)
    hosts = [f"{nets[place // 254]}.{1 + place % 254}" for place in places.tolist()]
    return Network(
        hosts[: size.clients], hosts[size.clients :],
        np.exp(draw.normal(0, 1.5, size.clients)),
        [draw.choice(size.servers, draw.integers(1, 5), replace=False) for _ in range(size.clients)],
        draw.normal(0, 40e-6, size.clients),
    )  # fmt: skip


def day(draw: np.random.Generator, hosts: Network, size: Size, probed: Sequence[str] = ()) -> Tape:
    """A day's traffic; ``probed``: hosts to which the attacker sends one packet each."""
    tape = Tape()
    today = hosts.busy * np.exp(draw.normal(0, 0.4, size.clients))
    chosen = draw.choice(size.clients, size.connections, p=today / today.sum())
    begins = np.sort(draw.random(size.connections)) * _DAY_MS
    clocks = draw.integers(2**31, size=size.clients)
    for number, (client, begin) in enumerate(zip(chosen.tolist(), begins.tolist(), strict=True)):
        server = int(draw.choice(hosts.favourites[client]))
        _connection(tape, draw, hosts, number, client, server, begin, int(clocks[client]))
    for number, host in enumerate(probed):
        tape.tcp(float(draw.random() * _DAY_MS), f"{_PROBER}:{_PROBE_PORT + number}", f"{host}:80", SYN, 7)
    tape.records.sort(key=lambda record: record[0])
    return tape


def _connection(
    tape: Tape, draw: np.random.Generator, hosts: Network, number: int, client: int, server: int, begin: float,
    clock: int,
) -> None:  # fmt: skip
    here = f"{hosts.clients[client]}:{20_000 + number % 40_000}"
    there = f"{hosts.servers[server]}:{(80, 443, 5432, 6379)[server % 4]}"
    rate, size = 1 + hosts.skew[client], int(draw.integers(40, 1_400))

    def stamp(ms: float) -> bytes:
        return _TIMESTAMPS + struct.pack("!II", int(clock + ms * rate + draw.exponential(0.5)) % 2**32, 0)

    told = bytes(size)
    tape.tcp(begin, here, there, SYN, 100, options=stamp(begin))
    tape.tcp(begin + 20, there, here, SYN | ACK, 900, 101)
    tape.tcp(begin + 20.1, here, there, ACK, 101, 901, options=stamp(begin + 20.1))
    tape.tcp(begin + 21, here, there, PSH | ACK, 101, 901, bytes(100), options=stamp(begin + 21))
    tape.tcp(begin + 60, there, here, PSH | ACK, 901, 201, told)
    tape.tcp(begin + 80, here, there, FIN | ACK, 201, 901 + size, options=stamp(begin + 80))
    tape.tcp(begin + 100, there, here, FIN | ACK, 901 + size, 202)
    tape.tcp(begin + 100.1, here, there, ACK, 202, 902 + size, options=stamp(begin + 100.1))


class Packet(NamedTuple):
    """What of a packet anyone can read."""

    seconds: float
    source: str
    target: str
    source_port: int
    target_port: int
    size: int
    clock: int | None
    """The sender's timestamp."""


def packets_of(data: bytes) -> list[Packet]:
    """The packets of a pcap of raw IPv4 with TCP, nanoseconds or microseconds."""
    scale = 1e9 if data[:4] == struct.pack("<I", 0xA1B23C4D) else 1e6
    at, found = 24, []
    while at < len(data):
        seconds, part, held, _ = struct.unpack_from("<IIII", data, at)
        packet = data[at + 16 : at + 16 + held]
        source, target = struct.unpack_from("!HH", packet, 20)
        options = packet[40 : 20 + (packet[32] >> 4) * 4]
        clock = struct.unpack_from("!I", options, 4)[0] if options[:4] == _TIMESTAMPS else None
        ends = str(IPv4Address(packet[12:16])), str(IPv4Address(packet[16:20]))
        found.append(Packet(seconds + part / scale, *ends, source, target, held, clock))
        at += 16 + held
    return found


@dataclass
class Behaviour:
    """What a host does in a capture."""

    sent: int = 0
    received: int = 0
    packets: int = 0
    peers: set[str] = field(default_factory=set)
    ports: set[int] = field(default_factory=set)
    """Of services that it offers or uses."""

    @property
    def exact(self) -> tuple[Any, ...]:
        """All of it, but who the peers are."""
        return self.sent, self.received, self.packets, len(self.peers), frozenset(self.ports)


def behaviours(packets: Iterable[Packet]) -> dict[str, Behaviour]:
    """The hosts of a capture."""
    found: dict[str, Behaviour] = defaultdict(Behaviour)
    for one in packets:
        if _PROBE_PORT <= one.source_port < _PROBE_PORT + 1_000:
            continue
        source, target = found[one.source], found[one.target]
        source.sent += one.size
        target.received += one.size
        source.packets += 1
        source.peers.add(one.target)
        target.peers.add(one.source)
        port = min(one.source_port, one.target_port)
        source.ports.add(port)
        target.ports.add(port)
    return dict(found)


def by_behaviour(
    known: Mapping[str, Behaviour], copied: Mapping[str, Behaviour], *, prefixes: bool
) -> dict[str, str]:  # fmt: skip
    """Hosts of the copy by their likeness to those of yesterday; ``prefixes``: also by how full their networks are."""
    old, new = list(known), list(copied)
    cost = np.zeros((len(new), len(old)))
    for measure in (
        lambda one: np.log1p(one.sent), lambda one: np.log1p(one.received), lambda one: np.log1p(len(one.peers)),
    ):  # fmt: skip
        here, there = ([measure(of[host]) for host in hosts] for of, hosts in ((copied, new), (known, old)))
        cost += np.abs(np.array(here)[:, None] - np.array(there)[None, :])
    cost += np.array([[len(copied[here].ports ^ known[there].ports) for there in old] for here in new])
    for bits in (8, 16, 24) if prefixes else ():
        full = [_fullness(hosts, bits) for hosts in (new, old)]
        cost += np.abs(np.log(full[0])[:, None] - np.log(full[1])[None, :])
    return _paired(cost, new, old)


def _fullness(hosts: Sequence[str], bits: int) -> NDArray[np.float64]:
    nets = [int(IPv4Address(host)) >> (32 - bits) for host in hosts]
    return np.array([nets.count(net) for net in nets], np.float64)


def _paired(cost: NDArray[np.float64], new: Sequence[str], old: Sequence[str]) -> dict[str, str]:
    """The likeliest pair first, each host once."""
    found: dict[str, str] = {}
    taken: set[str] = set()
    for place in np.argsort(cost, axis=None).tolist():
        here, there = new[place // len(old)], old[place % len(old)]
        if here not in found and there not in taken:
            found[here] = there
            taken.add(there)
    return found


def by_exact_counts(known: Mapping[str, Behaviour], copied: Mapping[str, Behaviour]) -> dict[str, str]:
    """Hosts of the copy whose counts of today only one host has: for whoever has the counts, as from NetFlow."""
    of: dict[tuple[Any, ...], list[str]] = defaultdict(list)
    for host, one in known.items():
        of[one.exact].append(host)
    return {host: of[one.exact][0] for host, one in copied.items() if len(of[one.exact]) == 1}


def by_probes(probed: Sequence[str], copy: Iterable[Packet]) -> dict[str, str]:
    """Hosts to which the attacker's own packets went: ports stay."""
    at = {_PROBE_PORT + number: host for number, host in enumerate(probed)}
    return {one.target: at[one.source_port] for one in copy if one.source_port in at}


def bits_known(hosts: Iterable[str], named: Iterable[str]) -> list[int]:
    """Of each host, how many of its first bits follow from those that are ``named``: prefixes are kept."""
    numbers = [int(IPv4Address(host)) for host in named]
    return [max((32 - (int(IPv4Address(host)) ^ one).bit_length() + 1 for one in numbers), default=0) for host in hosts]


def skews(packets: Iterable[Packet]) -> dict[str, float]:
    """The skew of each sender's clock, in millionths; of those with enough samples between the same two hosts."""
    samples: dict[tuple[str, str], list[tuple[float, int]]] = defaultdict(list)
    for one in packets:
        if one.clock is not None:
            samples[one.source, one.target].append((one.seconds, one.clock))
    parts: dict[str, list[tuple[NDArray[np.float64], NDArray[np.float64]]]] = defaultdict(list)
    for (source, _), pairs in samples.items():
        seconds, clock = np.array([pair[0] for pair in pairs]), np.array([pair[1] for pair in pairs], np.int64)
        late = ((clock - clock[0] + 2**31) % 2**32 - 2**31) / 1e3 - (seconds - seconds[0])
        parts[source].append((seconds - seconds.mean(), late - late.mean()))
    found = {}
    for source, each in parts.items():
        seconds, late = (np.concatenate([part[at] for part in each]) for at in range(2))
        if len(seconds) >= _SAMPLES_LEAST and seconds.std() > 60:
            found[source] = float((seconds * late).sum() / (seconds**2).sum() * 1e6)
    return found


def by_skew(known: Mapping[str, float], copied: Mapping[str, float]) -> dict[str, str]:
    """Hosts of the copy whose clocks are as fast as those of yesterday."""
    new, old = list(copied), list(known)
    cost = np.abs(np.array(list(copied.values()))[:, None] - np.array(list(known.values()))[None, :])
    return _paired(cost, new, old)


def redacted(tape: Tape, folder: Path) -> bytes:
    """What ``tcptui redact`` makes of ``tape``, under a key of its own."""
    before, after = folder / "before.pcap", folder / "after.pcap"
    before.write_bytes(tape.pcap())
    words = [sys.executable, "-m", "tcptui", "redact", str(before), "-w", str(after), "--overwrite"]
    subprocess.run(words, check=True, cwd=_ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return after.read_bytes()


class Outcome(NamedTuple):
    """What an attack came to."""

    attack: str
    named: int
    """Hosts that it names rightly."""
    of: int
    """Hosts that it was tried on."""


def attacked(
    hosts: Network, yesterday: Sequence[Packet], today: Sequence[Packet], copy: Sequence[Packet], probed: Sequence[str]
) -> list[Outcome]:
    """All attacks on ``copy``, which was ``today``."""
    truth: dict[str, str] = {}
    for one, same in zip(today, copy, strict=True):
        truth |= {same.source: one.source, same.target: one.target}
    known, exact, seen = behaviours(yesterday), behaviours(today), behaviours(copy)

    def right(guess: Mapping[str, str]) -> int:
        return sum(truth[host] == named for host, named in guess.items())

    fast = skews(yesterday), skews(copy)
    busiest = sorted(seen, key=lambda host: -seen[host].packets)[:10]
    likely = by_behaviour(known, seen, prefixes=True)
    outcomes = [
        Outcome("behaviour of yesterday", right(by_behaviour(known, seen, prefixes=False)), len(seen)),
        Outcome("… and how full networks are", right(likely), len(seen)),
        Outcome("… of the ten busiest", right({host: likely[host] for host in busiest if host in likely}), 10),
        Outcome("counts of today", right(by_exact_counts(exact, seen)), len(seen)),
        Outcome("clock skew", right(by_skew(*fast)), len(fast[1])),
        Outcome("a packet sent to each host", right(by_probes(probed, copy)), len(probed)),
    ]
    others = [host for host in (*hosts.clients, *hosts.servers) if host not in probed]
    known_bits = bits_known(others, probed)
    return [*outcomes, Outcome("… names the /24 of others", sum(bits >= 24 for bits in known_bits), len(others))]


def run(seed: int, size: Size, folder: Path, probes: int) -> list[Outcome]:
    """One network."""
    draw = np.random.default_rng(seed)
    hosts = network(draw, size)
    probed = [str(host) for host in draw.choice([*hosts.clients, *hosts.servers], probes, replace=False)]
    yesterday, today = day(draw, hosts, size), day(draw, hosts, size, probed)
    copy = redacted(today, folder)
    return attacked(hosts, packets_of(yesterday.pcap()), packets_of(today.pcap()), packets_of(copy), probed)


def main() -> int:
    """Attack as many networks as asked, and print the sums."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--networks", type=int, default=10)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--probes", type=int, default=10)
    asked = parser.parse_args()
    sums: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    with tempfile.TemporaryDirectory() as folder:
        for number in range(asked.networks):
            for one in run(asked.seed + number, Size(), Path(folder), asked.probes):
                sums[one.attack][0] += one.named
                sums[one.attack][1] += one.of
    for attack, (named, of) in sums.items():
        print(f"{attack:32} {named:6} of {of:6}  {named / max(of, 1):6.1%}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
