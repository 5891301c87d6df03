"""Two hosts with a wire between them, and a terminal on the one where the capture is made."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from live_link import Link
from tmux_terminal import Terminal

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

#: A module that needs another width says COLUMNS.
WIDTH = 120
#: What other runs of the program left in /var/tmp is not to be found: there our own folder stands in its place.
ALONE = ("sh", "-c", 'mount --bind "$0" /var/tmp && exec "$@"')


@pytest.fixture
def link() -> Iterator[Link]:
    """The wire, and a server at its far end."""
    with Link() as joined:
        joined.serve()
        yield joined


@pytest.fixture
def spools(tmp_path: Path) -> Path:
    """Where the program under test keeps its temporary files."""
    folder = tmp_path / "spools"
    folder.mkdir()
    return folder


@pytest.fixture
def terminal(request: pytest.FixtureRequest, link: Link, tmp_path: Path, spools: Path) -> Iterator[Terminal]:
    """A shell where the server is."""
    environ = {"XDG_STATE_HOME": str(tmp_path / "state"), "TMPDIR": str(spools)}
    columns = getattr(request.module, "COLUMNS", WIDTH)
    opened = Terminal(columns, 40, environ, prefix=(*link.inside, *ALONE, str(spools)))
    yield opened
    opened.close()
