"""The packets of a connection between its two ends, as SVG: the opening, what the findings rest on, the end.

Each row is a packet as in the capture: time since the connection began, an arrow with what it says, its number.  Rows
that are left out are counted where they would stand.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tcptui.cli.report.page.markup import Markup, element
from tcptui.model.finding import Severity
from tcptui.model.tcp_flags import ACK, RST, flag_names
from tcptui.model.verdict import leading_verdict
from tcptui.words.quantities import Count, unbroken_duration

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tcptui.analysis.stream.view import StreamView
    from tcptui.model.finding import Finding
    from tcptui.model.packet_store import PacketStore
    from tcptui.words.catalogue import Words

#: Rows at most; of them from the beginning, …
ROWS: Final = 36
_FIRST: Final = 5
#: … and from the end.
_LAST: Final = 3
#: Packets before and after one that a finding rests on.
_AROUND: Final = 1
_WIDTH: Final = 960
_ROW: Final = 22
_TOP: Final = 34
#: Where the lanes of client and server are, and where numbers stand.
_CLIENT: Final = 150
_SERVER: Final = 800
_HEAD: Final = 9


def ladder(view: StreamView, store: PacketStore, findings: Sequence[Finding], words: Words) -> Markup:
    """The drawing of ``view``; ``findings`` above a note, the worst first.  Empty for a stream without segments."""
    if not len(view):
        return Markup()
    chosen = chosen_rows(view, findings)
    above_note = {frame: finding.severity for finding in reversed(findings) for frame in finding.packets}
    client, server = str(view.client), str(view.server)
    drawn = [
        element("text", client, cls="end client", x=_CLIENT, y=16, text_anchor="middle"),
        element("text", server, cls="end server", x=_SERVER, y=16, text_anchor="middle"),
    ]
    y, before = _TOP, -1
    for i in chosen:
        if i > before + 1:
            left_out = words("page.ladder.left-out", n=Count(i - before - 1))
            drawn.append(
                element("text", left_out, cls="soft", x=(_CLIENT + _SERVER) / 2, y=y + 4, text_anchor="middle")
            )
            y += _ROW
        drawn += _row(view, store, i, y, above_note.get(int(view.frame[i])), words)
        y, before = y + _ROW, i
    if before < len(view) - 1:
        left_out = words("page.ladder.left-out", n=Count(len(view) - 1 - before))
        drawn.append(element("text", left_out, cls="soft", x=(_CLIENT + _SERVER) / 2, y=y + 4, text_anchor="middle"))
        y += _ROW
    lanes = [element("line", x1=x, y1=_TOP - 12, x2=x, y2=y - 8) for x in (_CLIENT, _SERVER)]
    label = words("page.ladder.label", client=client, server=server, n=Count(len(chosen)))
    whole = element(
        "svg", *lanes, *drawn, cls="ladder", role="img", aria_label=label, viewBox=f"0 0 {_WIDTH} {y}"
    )  # fmt: skip
    return element("div", whole, cls="wide")


def chosen_rows(view: StreamView, findings: Sequence[Finding]) -> list[int]:
    """Which segments are drawn, at most `ROWS`: evidence of the worst findings first, then both ends."""
    count = len(view)
    if count <= ROWS:
        return list(range(count))
    chosen = {*range(_FIRST), *range(count - _LAST, count)}
    place = {int(frame): i for i, frame in enumerate(view.frame.tolist())} if findings else {}
    for finding in findings:
        for frame in finding.packets:
            i = place.get(frame)
            if i is None:
                continue
            near = {k for k in range(i - _AROUND, i + _AROUND + 1) if 0 <= k < count}
            if len(chosen | near) > ROWS:
                return sorted(chosen)
            chosen |= near
    return sorted(chosen)


def _row(view: StreamView, store: PacketStore, i: int, y: int, severity: Severity | None, words: Words) -> list[Markup]:
    from_server = bool(view.from_server[i])
    verdict = leading_verdict(int(view.verdict[i]))
    side = "server" if from_server else "client"
    shade = severity.name.lower() if severity is not None and severity > Severity.NOTE else ""
    begin, end = (_SERVER, _CLIENT) if from_server else (_CLIENT, _SERVER)
    step = -_HEAD if end > begin else _HEAD
    label = _says(view, i)
    if verdict is not None:
        duplicate = int(store.dup_ack_number[int(view.rows[i])])
        label = f"{words(f'verdicts.{verdict.field_name}.title', duplicate=duplicate)}  {label}"
    since = unbroken_duration(max(int(view.time_ns[i]) - int(view.time_ns[0]), 0), words)
    tip = f"M{end} {y + 5}L{end + step} {y + 1}L{end + step} {y + 9}Z"
    return [
        element("text", since, cls="soft", x=_CLIENT - 14, y=y + 8, text_anchor="end"),
        element("line", cls=shade or side, x1=begin, y1=y + 5, x2=end + step, y2=y + 5),
        element("path", cls=shade or side, d=tip),
        element("text", label, cls=shade, x=(_CLIENT + _SERVER) / 2, y=y + 1, text_anchor="middle"),
        element("text", f"#{int(view.frame[i])}", cls="soft", x=_SERVER + 14, y=y + 8),
    ]


def _says(view: StreamView, i: int) -> str:
    """Flags, numbers and length of a segment, relative as in the timeline."""
    flags, length = int(view.flags[i]), int(view.length[i])
    parts = [flag_names(flags)]
    seq = int(view.seq[i])
    if length:
        parts.append(f"{seq}:{(seq + length) & 0xFFFF_FFFF} len {length}")
    elif flags & ACK:
        parts.append(f"ack {int(view.ack[i])}")
    if not int(view.window[i]) and not flags & RST:
        parts.append("win 0")
    return "  ".join(part for part in parts if part)
