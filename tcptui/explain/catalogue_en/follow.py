"""Words of *follow stream*: the command and the screen."""

from typing import Final

WORDS: Final[dict[str, str]] = {
    "follow.side.client": "client",
    "follow.side.server": "server",
    "follow.head": "{side} {end}  #{frame}  {seconds} s",
    "follow.head-unseen": "{side} {end}  in no captured packet",
    "follow.gap.not-captured.one": "{count} byte not captured here",
    "follow.gap.not-captured.many": "{count} bytes not captured here",
    "follow.gap.truncated.one": "{count} byte cut off by the capture's snaplen",
    "follow.gap.truncated.many": "{count} bytes cut off by the capture's snaplen",
    "follow.gap.pending.one": "{count} byte not here yet",
    "follow.gap.pending.many": "{count} bytes not here yet",
    "follow.raw-gaps": "{count} bytes in {gaps} places are missing from the capture and were left out",
}
