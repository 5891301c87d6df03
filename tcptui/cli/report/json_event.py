"""``--no-screen``: formats one event of a finding as a JSON line, with the keys of ``report --json``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcptui.access.owners import owners_of
from tcptui.cli.report.json_owner import owner_key
from tcptui.cli.report.json_text import Seconds, to_json
from tcptui.model.packet_store import NO_ROW
from tcptui.words.finding_text import title_and_happened

if TYPE_CHECKING:
    from tcptui.access.open_capture import OpenCapture
    from tcptui.session.watch.finding_log import FindingEvent
    from tcptui.words.catalogue import Words


def finding_line(session: OpenCapture, told: FindingEvent, words: Words, event: str | None = None) -> str:
    """``told`` as one line of JSON, without the line end; ``event`` replaces its own event name.

    ``time`` is that of the first packet of the evidence; null if that was evicted.  An event of the capture as a whole
    has ``streams`` and ``since`` in place of ``stream``, ``client`` and ``server``.
    """
    finding, store = told.finding, session.store
    row = store.row_of_frame(finding.packets[0]) if finding.packets else NO_ROW
    title, happened = title_and_happened(finding, words)
    return to_json({
        "event": event or told.event.value,
        "finding": told.number,
        "time": None if row == NO_ROW else Seconds(int(store.time_ns[row])),
        **_where(session, told),
        "id": str(finding.id),
        "severity": finding.severity.name.lower(),
        "confidence": finding.confidence.value,
        "packets": finding.packets,
        "facts": finding.facts,
        "alternatives": finding.alternatives,
        "text": words("report.finding.sentence", title=title, happened=happened),
    })  # fmt: skip


def _where(session: OpenCapture, event: FindingEvent) -> dict[str, object]:
    """The stream of an event and its ends, or the streams of an event of the whole capture and when it began."""
    if event.whole is not None:
        return {"streams": event.whole.streams, "since": Seconds(event.whole.since_ns)}
    stream = event.finding.stream
    client, server = session.streams.client(stream), session.streams.server(stream)
    owners = owners_of(session).of(stream)
    return {
        "stream": stream,
        "client": {"address": client.host, "port": client.port, **owner_key(owners[0])},
        "server": {"address": server.host, "port": server.port, **owner_key(owners[1])},
    }
