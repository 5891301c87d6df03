"""Connections whose requests nobody could read, because nothing opened what they encrypted, as a sentence."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from tcptui.words.quantities import Count

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tcptui.access.requests import Closed
    from tcptui.words.catalogue import Words

#: Hosts that are named.
_HOSTS: Final = 3


def closed_text(closed: Sequence[Closed], words: Words) -> str:
    """How many ``closed`` there are, to whom, and what would open them; empty where there are none."""
    if not closed:
        return ""
    hosts = Counter(one.host for one in closed)
    unnamed = hosts.pop("", 0)
    named = hosts.most_common()
    texts = [
        host if count == 1 else words("requests.closed.host", host=host, n=Count(count))
        for host, count in named[:_HOSTS]
    ]
    left = sum(count for _, count in named[_HOSTS:]) + unnamed
    shown = words("requests.list.comma").join(texts)
    if texts and left:
        shown = words("requests.closed.others", hosts=shown, n=Count(left))
    key = "requests.closed.named" if texts else "requests.closed"
    return words(key, n=Count(len(closed)), hosts=shown)
