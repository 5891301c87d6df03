"""Draws what befalls the frames: none, one, or some of the faults."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tests.campaigns.compose import faults, meddling
from tests.campaigns.compose.faults import Concerned

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Sequence

    from tests.campaigns.compose.faults import Fault
    from tests.campaigns.compose.plan import Conversation

HOW_MANY: Final = {0: 25, 1: 45, 2: 20, 3: 10}


def draw_faults(chance: random.Random, talks: Sequence[Conversation], ipv6: bool) -> tuple[Fault, ...]:
    """The faults of one composition."""
    count = chance.choices(list(HOW_MANY), list(HOW_MANY.values()))[0]
    makers = chance.choices(list(_MAKERS), list(_MAKERS.values()), k=count)
    drawn = [maker(chance, talks) for maker in makers]
    # ICMP is crafted for IPv4 only.
    return tuple(fault for fault in drawn if not (ipv6 and getattr(fault, "tells", False)))


def _about(chance: random.Random, talks: Sequence[Conversation]) -> Concerned:
    sender = chance.choice(("client", "server", "client", "server", ""))
    one = len(talks) > 1 and chance.random() < 0.5
    return Concerned(sender, (chance.choice(talks).source_port,) if one else ())


def _one_way(chance: random.Random, talks: Sequence[Conversation]) -> Concerned:
    about = _about(chance, talks)
    return about if about.sender else Concerned(chance.choice(("client", "server")), about.ports)


def _random_loss(chance: random.Random, talks: Sequence[Conversation]) -> Fault:
    return faults.RandomLoss(_about(chance, talks), round(chance.choice((0.5, 2, 5, 15)), 1), chance.getrandbits(30))


def _chosen_loss(chance: random.Random, talks: Sequence[Conversation]) -> Fault:
    which = chance.choice(("data", "data", "data", "again", "ack_only", "fin"))
    count = chance.choice((1, 1, 2, 3)) if which != "data" else chance.choice((1, 1, 1, 2, 4, 20))
    return faults.ChosenLoss(_one_way(chance, talks), which, chance.choice((1, 2, 3, 5, 8, 13, 30)), count)


def _handshake_loss(chance: random.Random, _: Sequence[Conversation]) -> Fault:
    which = chance.choice(("syn", "syn_ack", "third"))
    return faults.ChosenLoss(Concerned(), which, 1, chance.choice((1, 1, 2, 6)))


def _tail_loss(chance: random.Random, talks: Sequence[Conversation]) -> Fault:
    return faults.ChosenLoss(_one_way(chance, talks), "data", chance.choice((1, 1, 2, 3)), chance.choice((1, 1, 2)))


def _outage(chance: random.Random, talks: Sequence[Conversation]) -> Fault:
    length = chance.choice((0.0, 0.3, 0.8, 2.0, 0.0))
    return faults.Outage(_about(chance, talks), round(chance.uniform(0.05, 2.0), 2), length)


def _stall(chance: random.Random, talks: Sequence[Conversation]) -> Fault:
    return faults.Stall(_about(chance, talks), round(chance.uniform(0.0, 1.5), 2), round(chance.uniform(0.1, 1.5), 2))


def _jitter(chance: random.Random, talks: Sequence[Conversation]) -> Fault:
    return faults.Jitter(
        _about(chance, talks), chance.choice((2.0, 10.0, 60.0)), chance.random() < 0.7, chance.getrandbits(30)
    )


def _bottleneck(chance: random.Random, _: Sequence[Conversation]) -> Fault:
    return faults.Bottleneck(
        chance.choice(("client", "server")), chance.choice((600, 2_000, 8_000)), chance.choice((6_000, 20_000, 100_000))
    )


def _reordering(chance: random.Random, talks: Sequence[Conversation]) -> Fault:
    return faults.Reordering(
        _one_way(chance, talks), chance.choice((1.0, 4.0, 15.0)), chance.choice((1, 2, 4, 12)), chance.getrandbits(30)
    )


def _duplication(chance: random.Random, talks: Sequence[Conversation]) -> Fault:
    return faults.Duplication(
        _about(chance, talks), chance.choice((1.0, 5.0)), chance.choice((0.0, 0.5, 10.0)), chance.getrandbits(30)
    )


def _corruption(chance: random.Random, talks: Sequence[Conversation]) -> Fault:
    return faults.Corruption(_one_way(chance, talks), chance.choice((1, 2, 4, 8)), chance.choice((1, 1, 3)))


def _small_mtu(chance: random.Random, talks: Sequence[Conversation]) -> Fault:
    until = chance.choice((0.0, 0.0, 1.5))
    return faults.SmallMtu(_one_way(chance, talks), chance.choice((600, 1_280, 1_400)), chance.random() < 0.4, until)


def _small_mss(chance: random.Random, _: Sequence[Conversation]) -> Fault:
    return meddling.SmallMss(chance.choice((536, 1_220, 1_400)))


def _stripped(chance: random.Random, _: Sequence[Conversation]) -> Fault:
    return meddling.StrippedOption(Concerned(), chance.choice((3, 4, 8)))


def _forgetting(chance: random.Random, _: Sequence[Conversation]) -> Fault:
    return meddling.Forgetting(chance.choice((0.4, 0.9, 2.0)), chance.random() < 0.5)


def _reset(chance: random.Random, talks: Sequence[Conversation]) -> Fault:
    ports = (chance.choice(talks).source_port,) if chance.random() < 0.5 else ()
    toward = chance.choice(("client", "server", "both"))
    return meddling.InjectedReset(Concerned("", ports), chance.choice((1, 2, 4)), toward, chance.choice((58, 64, 121)))


def _unreachable(chance: random.Random, talks: Sequence[Conversation]) -> Fault:
    ports = (chance.choice(talks).source_port,) if len(talks) > 1 and chance.random() < 0.7 else ()
    return meddling.Unreachable(ports, chance.random() < 0.5, chance.random() < 0.5)


def _rewritten(chance: random.Random, _: Sequence[Conversation]) -> Fault:
    return meddling.RewrittenNumbers(chance.getrandbits(32))


def _marks(chance: random.Random, talks: Sequence[Conversation]) -> Fault:
    return meddling.CongestionMarks(_about(chance, talks), chance.choice((2.0, 20.0)), chance.getrandbits(30))


_MAKERS: Final[dict[Callable[[random.Random, Sequence[Conversation]], Fault], int]] = {
    _random_loss: 14,
    _chosen_loss: 16,
    _tail_loss: 6,
    _handshake_loss: 8,
    _outage: 8,
    _stall: 6,
    _jitter: 5,
    _bottleneck: 8,
    _reordering: 6,
    _duplication: 4,
    _corruption: 3,
    _small_mtu: 6,
    _small_mss: 2,
    _stripped: 3,
    _forgetting: 5,
    _reset: 4,
    _unreachable: 3,
    _rewritten: 4,
    _marks: 2,
}
