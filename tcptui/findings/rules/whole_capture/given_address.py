"""Whether DNS gave clients an address that never answers, beside another one of the same name that does."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tcptui.model.arrays import sorted_unique

if TYPE_CHECKING:
    from tcptui.findings.rules.whole_capture.capture_facts import CaptureFacts
    from tcptui.model.finding import Fact
    from tcptui.model.packet_store import I64


def given_by_dns(capture: CaptureFacts, places: I64) -> dict[str, Fact]:
    """Facts ``asked_name`` and ``working_host`` for the attempts at ``places``, all in vain and to one server.

    A DNS answer gave its address to one of the clients before the last attempt; another address of that name and
    family, in any answer, opened a connection with one of these clients on the same port.  Empty where not so.
    """
    server = capture.host_name(int(capture.server[places[0]]))
    clients = sorted_unique(capture.client[places])
    names = {capture.host_name(int(client)) for client in clients}
    latest_ns = int(capture.began_ns[places].max())
    given = {
        answer.name
        for answer in capture.dns_answers
        if server in answer.addresses and answer.client in names and answer.time_ns <= latest_ns
    }
    if not given:
        return {}
    reached = capture.opened & np.isin(capture.client, clients) & np.isin(capture.port, capture.port[places])
    reached &= capture.is_ipv6 == capture.is_ipv6[places[0]]
    working = {capture.host_name(int(host)) for host in sorted_unique(capture.server[reached])}
    for answer in capture.dns_answers:
        others = sorted(working & answer.addresses - {server})
        if answer.name in given and others:
            return {"asked_name": answer.name, "working_host": others[0]}
    return {}
