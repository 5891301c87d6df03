"""Which connections to MySQL are judged before a user opens them."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from tcptui.protocols.command_prefilter import CommandPrefilter
from tcptui.protocols.mysql.command_rows import MysqlRows

if TYPE_CHECKING:
    from tcptui.protocols.command_rows import CommandRows


class MysqlPrefilter(CommandPrefilter):
    """The `StreamPrefilter` of MySQL."""

    kind: ClassVar[type[CommandRows]] = MysqlRows
