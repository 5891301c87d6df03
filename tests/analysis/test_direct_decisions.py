"""States are looked up in the transition table; what is decided without it is listed, and drawn where it is an edge."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator

from tcptui.analysis.kernel import columns, states
from tcptui.analysis.kernel.direct_decisions import DIRECT_DECISIONS, End, edges_beside_the_table
from tcptui.analysis.kernel.transitions import TRANSITIONS, Event
from tcptui.model.packet_store import RowKind
from tcptui.model.tcp_flags import TcpFlag
from tcptui.model.tcp_state import TcpState
from tcptui.model.verdict import Verdict

ENDS = {"sender": End.SENDER, "receiver": End.RECEIVER}
#: Of `kernel.columns`: a state's name that a column of one direction has already.
SPELLED = {"LAST_ACK_STATE": "LAST_ACK"}


def _assigned(node: ast.expr) -> Iterator[ast.expr]:
    """What an expression may give, its branches apart."""
    if isinstance(node, ast.IfExp):
        yield from _assigned(node.body)
        yield from _assigned(node.orelse)
    else:
        yield node


def _direct() -> Iterator[tuple[End, TcpState | None]]:
    """The states that `kernel.states` assigns without the table, in the order of its source."""
    function = ast.parse(inspect.getsource(states.follow_states)).body[0]
    assignments = [node for node in ast.walk(function) if isinstance(node, ast.Assign)]
    for node in sorted(assignments, key=lambda node: node.lineno):
        target = ast.unparse(node.targets[0])
        if target not in ENDS:
            assert target == "moved" or not ast.unparse(node.value).startswith("next_state["), ast.unparse(node)
            continue
        for value in _assigned(node.value):
            text = ast.unparse(value)
            if text.startswith("next_state[") or text in ("moved", "fwd[STATE]", "rev[STATE]"):
                continue
            if text == "fwd[BEFORE_RST]":
                yield ENDS[target], None
            else:
                yield ENDS[target], TcpState[SPELLED.get(text, text)]


def test_every_state_decided_without_the_table_is_listed_in_order() -> None:
    assert list(_direct()) == [(decision.end, decision.to) for decision in DIRECT_DECISIONS]


def test_every_listed_decision_says_why_and_where_it_is_written() -> None:
    assert all(decision.reason and decision.source.startswith("RFC ") for decision in DIRECT_DECISIONS)


def test_edges_beside_the_table_are_second_ways_out_of_a_state() -> None:
    beside = edges_beside_the_table()

    assert beside == [(TcpState.SYN_RECEIVED, Event.RECEIVE_RST, TcpState.CLOSED)]
    assert all(TRANSITIONS[start, event] is not to for start, event, to in beside)


def test_kernels_integers_are_the_members_they_are_named_after() -> None:
    kernel = vars(columns)
    named = {
        **{f"{'LAST_ACK_STATE' if state is TcpState.LAST_ACK else state.name}": state for state in TcpState},
        **columns.DirectionColumn.__members__,
        **columns.StreamColumn.__members__,
        **{name: TcpFlag[name] for name in ("SYN", "FIN", "RST", "PSH", "ACK")},
        "RETRANSMISSION": Verdict.RETRANSMISSION, "FAST": Verdict.FAST_RETRANSMISSION,
        "SPURIOUS": Verdict.SPURIOUS_RETRANSMISSION, "LOST": Verdict.LOST_SEGMENT, "ACK_LOST": Verdict.ACK_LOST_SEGMENT,
        "DUP_ACK": Verdict.DUPLICATE_ACK, "ZERO_PROBE": Verdict.ZERO_WINDOW_PROBE,
        "ZERO_PROBE_ACK": Verdict.ZERO_WINDOW_PROBE_ACK, "REUSED": Verdict.REUSED_PORTS,
        "KEEP_ALIVE": Verdict.KEEP_ALIVE, "WINDOW_FULL": Verdict.WINDOW_FULL, "TFO_IGNORED": Verdict.TFO_IGNORED,
        "EVENT_SYN": Event.SEND_SYN, "EVENT_GOT_FIN": Event.RECEIVE_FIN, "EVENT_GOT_RST": Event.RECEIVE_RST,
        "EVENT_GOT_ACK_OF_FIN": Event.RECEIVE_ACK_OF_FIN, "TCP": RowKind.TCP, "QUOTE": RowKind.ICMP_QUOTE,
    }  # fmt: skip

    assert {name: kernel[name] for name in named} == {name: int(member) for name, member in named.items()}
