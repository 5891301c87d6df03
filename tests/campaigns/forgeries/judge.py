"""What is wrong with what the program says and shows of a forgery."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcptui.model.finding import Confidence, Severity
from tcptui.session.other_tables import dns_names
from tests.campaigns.forgeries.kinds import LIES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tcptui.session.session import Session
    from tests.campaigns.forgeries.kinds import Forgery

#: Ids that say that somebody else wrote, or that something was damaged.
_FORGED = frozenset({"content-conflict", "rst-injected", "checksum-error"})


def wrong_with(forgery: Forgery, session: Session) -> Iterator[str]:
    """Each thing that is wrong, in words."""
    found = {finding.id.value: finding for finding in session.findings(0)}
    loud = {name for name, finding in found.items() if finding.severity > Severity.NOTE}
    if forgery.told and not forgery.told & loud:
        yield f"silent: {sorted(found)}"
    if lies := LIES & {name for name in found if found[name].confidence is not Confidence.POSSIBLE}:
        yield f"lies: {sorted(lies)}"
    if too_much := _FORGED & set(found) - forgery.told:
        yield f"false alarm: {sorted(too_much)}"
    if forgery.healthy and loud:
        yield f"loud: {sorted(loud)}"
    for side, direction in enumerate(session.directions(0)):
        shown, true = direction.read(0, direction.length), forgery.said[side]
        versions = {overlap.start: overlap for overlap in direction.overlaps}
        differs = [at for at, (one, two) in enumerate(zip(shown, true, strict=False)) if one != two]
        is_told = not differs or min(versions, default=1 << 40) <= differs[0] or "fragments" in _shapes(found)
        if len(shown) != len(true) or not is_told:
            yield f"shown: {len(shown)} bytes, {len(true)} are true, {len(differs)} differ"
    names = dns_names(session)
    names.grow()
    known = names.name_of(bytes((10, 0, 0, 2)), 1 << 30)
    if known is not None and known.asked and known.name != "true.example":
        yield f"named {known.name}"


def _shapes(found: dict[str, object]) -> set[object]:
    return {getattr(finding, "facts", {}).get("shape") for finding in found.values()}
