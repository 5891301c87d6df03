"""Which connections to PostgreSQL are judged before a user opens them."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from tcptui.protocols.command_prefilter import CommandPrefilter
from tcptui.protocols.postgresql.command_rows import PostgresqlRows

if TYPE_CHECKING:
    from tcptui.protocols.command_rows import CommandRows


class PostgresqlPrefilter(CommandPrefilter):
    """The `StreamPrefilter` of PostgreSQL."""

    kind: ClassVar[type[CommandRows]] = PostgresqlRows
