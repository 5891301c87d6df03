"""The packets that break "all packets …": those that a filter can judge, and that it does not pass.

A test of a field that a packet lacks says nothing about it and is left out; a packet that all tests leave out is not
judged.  So ``tcp.analysis.ack_rtt < 0.2`` judges the packets that have a round trip only, while ``tcp``, which asks
whether there is something, judges every packet.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcptui.dfilter.expression import And, Exists, FieldValue, Membership, Not, Or, Xor
from tcptui.dfilter.traps import values_of

if TYPE_CHECKING:
    from tcptui.dfilter.expression import Test


def breaking(test: Test) -> Test:
    """The test that passes the packets that break ``test``."""
    judged = _judged(test)
    broken = Not(_passed(test))
    return broken if judged is None else And((judged, broken))


def _judged(test: Test) -> Test | None:
    """The test of whether ``test`` says anything about a packet; None: it does about each."""
    match test:
        case Not():
            return _judged(test.of)
        case And() | Or() | Xor():
            parts = [_judged(part) for part in test.of]
            return None if None in parts else Or(tuple(part for part in parts if part is not None))
        case Exists():
            return None
        case Membership() if test.is_negated:
            return Exists(test.value)
    fields = {value: Exists(value) for value in values_of(test) if isinstance(value, FieldValue)}
    return And(tuple(fields.values())) if len(fields) > 1 else next(iter(fields.values()))


def _passed(test: Test) -> Test:
    """``test`` with what it does not judge left out."""
    match test:
        case Not():
            return Not(_passed(test.of))
        case And():
            return And(tuple(_or_left_out(part) for part in test.of))
        case Or():
            return Or(tuple(_and_judged(part) for part in test.of))
        case Xor():
            return Xor(tuple(_and_judged(part) for part in test.of))
    return test


def _or_left_out(test: Test) -> Test:
    judged = _judged(test)
    return _passed(test) if judged is None else Or((Not(judged), _passed(test)))


def _and_judged(test: Test) -> Test:
    judged = _judged(test)
    return _passed(test) if judged is None else And((judged, _passed(test)))
