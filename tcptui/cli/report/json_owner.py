"""Whose end of a connection it is, in JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tcptui.model.socket_owner import SocketOwner


def owner_key(owner: SocketOwner | None) -> dict[str, object]:
    """The key ``owner`` of an end, with what is known; nothing where nobody is known."""
    if owner is None:
        return {}
    told = {
        "process": owner.program, "pid": owner.pid, "command": owner.command, "user": owner.user,
        "parents": [{"pid": pid, "process": name} for pid, name in owner.parents],
        "unit": owner.unit, "container": owner.container, "pod": owner.pod,
    }  # fmt: skip
    return {"owner": {"known_by": owner.certainty.value, **{name: value for name, value in told.items() if value}}}
