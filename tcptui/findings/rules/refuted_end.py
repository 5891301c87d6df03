"""RSTs and FINs that ended nothing, for their alleged sender goes on (rules/findings.md#rst-injected)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tcptui.analysis.correction.refuted import refuted_ends
from tcptui.findings.facts import SIDES
from tcptui.findings.gates import CLOSED, RESET
from tcptui.findings.rules.checksum import states_of
from tcptui.findings.rules.reset_injected import of_two_machines
from tcptui.model.batched import NotBatchableError, integer
from tcptui.model.finding import Confidence, Finding, FindingId, Severity
from tcptui.model.tcp_flags import RST
from tcptui.wire.checksum import ChecksumState

if TYPE_CHECKING:
    from tcptui.analysis.correction.refuted import Refuted
    from tcptui.findings.facts import ConnectionFacts

#: RSTs and FINs whose packets are named; all are counted.
PROVED: Final = 32


def refuted(connection: ConnectionFacts) -> list[Refuted]:
    """The RSTs and FINs that the connection went on behind.  Raises NotBatchableError for several streams at once."""
    if not connection.signs & (RESET | CLOSED) or not all(connection.packets_by_side):
        return []
    found = refuted_ends(connection.view)
    if found and len(connection.view.streams) > 1:
        raise NotBatchableError
    return found


def end_refuted(connection: ConnectionFacts) -> Finding | None:
    """`rst-injected`, shape ``went-on`` or ``fin``: a RST or FIN in the name of an end that goes on as before.

    Shape ``duplicate`` where another machine of this link sent the RST.
    """
    found = refuted(connection)
    states = states_of(connection, [each.at for each in found])
    # One whose checksum is wrong was damaged on its way, or is of a file that was edited.
    found = [each for each, state in zip(found, states, strict=True) if state != ChecksumState.BAD]
    if not found:
        return None
    first = found[0]
    view, side = connection.view, connection.side[first.at]
    before = integer(connection.space.latest[side][first.at - 1]) if first.at else -1
    is_reset = bool(connection.flags[first.at] & RST)
    if is_reset and before >= 0:
        two = of_two_machines(connection, before, first.at, first.witness)
        if two is not None:
            return two
    return connection.finding(
        FindingId.RST_INJECTED,
        [i for each in found[:PROVED] for i in (each.at, each.data, each.witness)],
        Severity.WARNING,
        Confidence.LIKELY,
        ("middlebox", "two-hosts"),
        shape="went-on" if is_reset else "fin",
        sender=SIDES[side],
        other=SIDES[1 - side],
        count=len(found),
        end_frame=connection.frame[first.at],
        data_frame=connection.frame[first.data],
        later_frame=connection.frame[first.witness],
        ttl=integer(view.ttl[first.at]),
        usual_ttl=integer(view.ttl[before if before >= 0 else first.witness]),
    )
