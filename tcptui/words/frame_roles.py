"""What each packet of a finding's evidence is, in a word: "SYN 461, again 488"."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Final

from tcptui.model.packet_store import RowKind
from tcptui.model.tcp_flags import ACK, FIN, RST, SYN
from tcptui.model.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tcptui.model.packet_store import PacketStore
    from tcptui.words.catalogue import Words

#: Verdicts that say more than the flags, the first that applies; the role's catalogue key without its prefix.
_BY_VERDICT: Final = (
    (Verdict.KEEP_ALIVE, "keep-alive"),
    (Verdict.KEEP_ALIVE_ACK, "keep-alive-ack"),
    (Verdict.ZERO_WINDOW_PROBE, "probe"),
    (Verdict.ZERO_WINDOW_PROBE_ACK, "probe-ack"),
)
_RESENT: Final = int(Verdict.RETRANSMISSION | Verdict.FAST_RETRANSMISSION | Verdict.SPURIOUS_RETRANSMISSION)
#: Verdicts of segments without data.
_BY_ACK_VERDICT: Final = (
    (Verdict.ZERO_WINDOW, "window-closed"),
    (Verdict.DUPLICATE_ACK, "duplicate-ack"),
    (Verdict.WINDOW_UPDATE, "window-update"),
)


def frames_with_roles(store: PacketStore, frames: Sequence[int], most: int, words: Words) -> str:
    """``frames`` (1-based), each run of the same role after its name; of more than ``most`` the rest is counted."""
    told = [
        words("report.role.with-frames", role=role, frames=", ".join(map(str, some)))
        for role, some in role_runs(store, frames[:most], words)
    ]
    text = words("report.list-comma").join(told)
    more = len(frames) - most
    return words("report.frames-more", frames=text, n=more) if more > 0 else text


def role_runs(store: PacketStore, frames: Sequence[int], words: Words) -> Iterator[tuple[str, tuple[int, ...]]]:
    """``frames`` (1-based) in their order, split into runs of the same role: its name, and the frames."""
    for role, members in groupby(frames, lambda frame: _role(store, frame)):
        yield words(f"report.role.{role}"), tuple(members)


def _role(store: PacketStore, frame: int) -> str:
    """The role of one frame; ``packet`` where it is gone or not TCP."""
    row = store.row_of_frame(frame)
    if row < 0:
        return "packet"
    if store.kind[row] == RowKind.ICMP_QUOTE:
        return "icmp"
    if store.kind[row] != RowKind.TCP:
        return "packet"
    flags, verdict = int(store.flags[row]), int(store.verdict[row])
    if flags & RST:
        return "rst"
    if verdict & _RESENT:
        return "again"
    if flags & SYN:
        return "syn-ack" if flags & ACK else "syn"
    role = next((name for bit, name in _BY_VERDICT if verdict & bit), "")
    if role:
        return role
    if flags & FIN:
        return "fin"
    if store.length[row] > 0:
        return "data"
    return next((name for bit, name in _BY_ACK_VERDICT if verdict & bit), "ack")
