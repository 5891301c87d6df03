"""Which connections to Redis are judged before a user opens them."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from tcptui.protocols.command_prefilter import CommandPrefilter
from tcptui.protocols.redis.command_rows import RedisRows

if TYPE_CHECKING:
    from tcptui.protocols.command_rows import CommandRows


class RedisPrefilter(CommandPrefilter):
    """The `StreamPrefilter` of Redis."""

    kind: ClassVar[type[CommandRows]] = RedisRows
