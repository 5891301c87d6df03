"""Words of the time budget, in English."""

from __future__ import annotations

from typing import Final

WORDS: Final[dict[str, str]] = {
    "budget.heading": "Where the time went",
    "budget.little": "<1 %",
    "budget.share": "{part} {time} ({percent})",
    "budget.join": ", ",
    "budget.part.network": "network",
    "budget.part.server_think": "server processing",
    "budget.part.client_think": "client processing",
    "budget.part.receive_window": "receive window",
    "budget.part.flow_control": "HTTP/2 flow control",
    "budget.part.network_limited": "path or congestion window",
    "budget.part.sender": "sending program",
    "budget.part.recovery": "loss recovery",
    "budget.part.idle": "idle",
    "budget.part.asked_to_wait": "blocking command",
    "budget.part.unattributed": "unattributed",
    "budget.turns.all": "All {count:turn|turns}",
    "budget.turns.slowest": "The {shown} slowest of {count:turn|turns}",
    "budget.turn": "Turn {number}: {total} (network {network}, server {server}, transfer {transfer}), then {client} until the next",
    "budget.turn.asked": "Turn {number}: {total} (network {network}, server {server}, transfer {transfer}, blocking command {asked}), then {client} until the next",
    "budget.column.turn": "turn",
    "budget.column.packet": "packet",
    "budget.column.total": "total",
    "budget.column.network": "network",
    "budget.column.server": "server",
    "budget.column.transfer": "transfer",
    "budget.column.asked": "blocking",
    "budget.column.client": "pause after",
}
