"""The rules about payload, by protocol; imported where the first payload is judged."""

from __future__ import annotations

from typing import Final

from tcptui.findings.rules import database, http, http2, tls

#: One function for each protocol that `tcptui.protocols.registry` marks as judged; [] for streams of another protocol.
BY_PROTOCOL: Final = (http.findings, http2.findings, tls.findings, database.findings)
