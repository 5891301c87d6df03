"""Rules about WebSocket: the upgrade, and connections that end without a proper Close (RFC 6455, 7)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tcptui.findings.facts import SIDES
from tcptui.findings.http_facts import HttpFacts, index_of, quoted, target_of
from tcptui.model.finding import Confidence, Finding, FindingId, Severity
from tcptui.protocols.websocket.frames import Ended, Opcode

if TYPE_CHECKING:
    from tcptui.findings.facts import ConnectionFacts
    from tcptui.protocols.http.message import HttpMessage
    from tcptui.protocols.websocket.conversation import Direction, WebSocketConversation
    from tcptui.protocols.websocket.messages import Deflate

#: Status codes of an orderly close (RFC 6455, 7.4.1): normal closure, going away, no code.
_ORDERLY: Final = frozenset({1000, 1001, 1005})
#: Codes below this are defined by RFC 6455 and the IANA registry; the others belong to applications.
_REGISTERED: Final = 3000
#: Codes that have a text in the catalogues.
_CODES_WITH_TEXT: Final = frozenset({1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014})


def websocket_upgrade(connection: ConnectionFacts, app: HttpFacts) -> Finding | None:
    """`websocket-upgrade`: a 101 response whose Sec-WebSocket-Accept belongs to the request's key."""
    talk, switch = app.websocket, app.http.switch
    if talk is None or switch is None or switch.request is None:
        return None
    request = switch.request
    client, server = talk.directions
    facts: dict[str, int | float | str] = {
        "shape": _compression(talk.upgrade.deflate),
        "target": target_of(switch),
        "key": quoted(talk.upgrade.key),
        "accept": quoted(talk.upgrade.accept),
        "protocol": quoted(talk.upgrade.protocol) or "–",
        "request_frame": request.first_frame,
        "first_frame": switch.first_frame,
        "wait_s": max(switch.wait_ns or 0, 0) / 1e9,
        "client_messages": _messages(client),
        "server_messages": _messages(server),
        "controls": sum(frame.is_control for way in talk.directions for frame in way.frames),
    }
    evidence = [index_of(connection, request.first_frame), index_of(connection, switch.first_frame)]
    return connection.finding(FindingId.WEBSOCKET_UPGRADE, evidence, Severity.NOTE, Confidence.CERTAIN, (), **facts)


def _compression(deflate: tuple[Deflate | None, Deflate | None]) -> str:
    if deflate[0] is None and deflate[1] is None:
        return "plain"
    keeps = [way.takeover for way in deflate if way is not None]
    return "takeover" if all(keeps) else "no-takeover" if not any(keeps) else "mixed"


def _messages(way: Direction) -> int:
    """Number of data messages that ``way`` began."""
    return sum(frame.opcode in (Opcode.TEXT, Opcode.BINARY) for frame in way.frames)


def websocket_abnormal_close(connection: ConnectionFacts, app: HttpFacts) -> Finding | None:
    """`websocket-abnormal-close`: the connection ended without a Close frame, or with an abnormal status code."""
    talk, switch = app.websocket, app.http.switch
    if talk is None or switch is None or not app.all_captured():
        return None
    if any(way.scan.ended in (Ended.GAP, Ended.BROKEN, Ended.LIMIT) for way in talk.directions):
        return None
    coded = _odd_code(app, talk)
    if coded is not None:
        return _closed_with_code(connection, app, switch, *coded)
    ends = [*connection.rsts[:1], *connection.fins[:1]]
    if any(way.close is not None for way in talk.directions) or not ends:
        return None
    return _never_closed(connection, app, talk, switch, min(ends))


def _odd_code(app: HttpFacts, talk: WebSocketConversation) -> tuple[Direction, int] | None:
    """The direction whose Close frame first had an abnormal code, and the code (the peer only repeats it); or None."""
    coded = [
        (way, close, close.close_code)
        for way in talk.directions
        if (close := way.close) is not None and close.close_code not in _ORDERLY and close.finished
    ]
    if not coded:
        return None
    way, _, code = min(coded, key=lambda one: app.directions[one[0].side].delivered_ns(one[1].start))
    return way, code or 0


def _closed_with_code(
    connection: ConnectionFacts, app: HttpFacts, switch: HttpMessage, way: Direction, code: int
) -> Finding:
    close = way.close
    frame = app.directions[way.side].delivered_frame(close.stop - 1) if close is not None else switch.first_frame
    return connection.finding(
        FindingId.WEBSOCKET_ABNORMAL_CLOSE,
        [index_of(connection, switch.first_frame), index_of(connection, frame)],
        Severity.WARNING if code < _REGISTERED else Severity.NOTE,
        Confidence.CERTAIN,
        shape="code",
        reason=f"ws-{code}" if code in _CODES_WITH_TEXT else "ws-own" if code >= _REGISTERED else "ws-unknown",
        closer=SIDES[way.side],
        other=SIDES[1 - way.side],
        code_seq=code,
        text=quoted(close.close_reason) if close is not None and close.close_reason else "–",
        close_frame=frame,
        first_frame=switch.first_frame,
        target=target_of(switch),
    )


def _never_closed(
    connection: ConnectionFacts, app: HttpFacts, talk: WebSocketConversation, switch: HttpMessage, end: int
) -> Finding:
    closer = connection.side[end]
    reset = end in connection.rsts
    cut = next((way for way in talk.directions if way.scan.ended is Ended.CUT), None)
    shape = "mid-message" if cut is not None else "reset" if reset else "fin"
    last_frame = max((_last_frame(app, way) for way in talk.directions), default=0) or switch.first_frame
    silent_ns = connection.time[end] - connection.time[max(index_of(connection, last_frame), 0)]
    return connection.finding(
        FindingId.WEBSOCKET_ABNORMAL_CLOSE,
        [index_of(connection, switch.first_frame), index_of(connection, last_frame), end],
        Severity.WARNING if reset and cut is not None else Severity.NOTE,
        Confidence.CERTAIN,
        ("tab-closed", "program-ended", "proxy-idle-timeout"),
        shape=shape,
        closer=SIDES[closer],
        other=SIDES[1 - closer],
        ending="RST" if reset else "FIN",
        first_frame=switch.first_frame,
        last_frame=last_frame,
        close_frame=connection.frame[end],
        silent_s=max(silent_ns, 0) / 1e9,
        missing=cut.frames[-1].stop - cut.direction.length if cut is not None and cut.frames else 0,
        sender=SIDES[cut.side] if cut is not None else SIDES[closer],
        target=target_of(switch),
    )


def _last_frame(app: HttpFacts, way: Direction) -> int:
    """Frame number of the packet that brought the last byte of its WebSocket frames; 0 when it sent none."""
    direction = app.directions[way.side]
    return direction.delivered_frame(min(way.frames[-1].stop, direction.length) - 1) if way.frames else 0
