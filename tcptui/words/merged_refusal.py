"""Why two captures cannot be merged, as an error with its message."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import numpy as np

from tcptui.model.safe_text import safe_text
from tcptui.words.errors import CommandFailedError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tcptui.points.merge import Hop


def require_two_files(descriptors: Sequence[int | None], names: Sequence[str]) -> None:
    """Raise CommandFailedError where both descriptors are of one file; None: a pipe, which is not read twice."""
    first, second = descriptors
    if first is not None and second is not None and os.path.sameopenfile(first, second):
        raise CommandFailedError("error.merge-itself", **_facts(names))


def require_shared(hop: Hop, names: Sequence[str]) -> None:
    """Raise CommandFailedError where the captures have no connection in common, or are one capture."""
    if not len(hop.pairs):
        raise CommandFailedError("error.merge-nothing", **_facts(names))
    require_no_copy(hop, names)


def require_no_copy(hop: Hop, names: Sequence[str]) -> None:
    """Raise CommandFailedError where both captures are one."""
    a, b = hop.sides
    everything = len(hop.links.a) == len(a) == len(b) == hop.a.store.count == hop.b.store.count
    if everything and np.array_equal(a.time_ns[hop.links.a], b.time_ns[hop.links.b]):
        raise CommandFailedError("error.merge-copy", **_facts(names))


def _facts(names: Sequence[str]) -> dict[str, str]:
    return {"a": safe_text(names[0]), "b": safe_text(names[1])}
