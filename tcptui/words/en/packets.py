"""Words of lists of packets."""

from typing import Final

WORDS: Final[dict[str, str]] = {
    "packets.column.number": "No.",
    "packets.column.time": "Time",
    "packets.column.source": "Source",
    "packets.column.destination": "Destination",
    "packets.column.protocol": "Protocol",
    "packets.column.length": "Length",
    "packets.column.info": "Info",
    "packets.unread": "{connections:connection has|connections have} more messages than tcptui reads: fields of {n:packet|packets} may be missing",
    "packets.cut": "{n:value is|values are} cut at {kib} KiB: a few captured bytes would expand to more than {most} MiB",
}
