"""The trouble of a capture in words: the verdict on it, and a headline and a line of numbers for each group."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tcptui.words.finding_text import STATEMENT_TITLED, finding_title, group_name
from tcptui.words.quantities import Count, time_of_day, unbroken_duration

if TYPE_CHECKING:
    from tcptui.analysis.stream.table import StreamTable
    from tcptui.findings.trouble import Symptom, Trouble, TroubleGroup
    from tcptui.words.catalogue import Words

#: So many groups are named in the verdict.
VERDICT_GROUPS: Final = 2
_NS_PER_S: Final = 1_000_000_000


def headline(group: TroubleGroup, words: Words, most: int = STATEMENT_TITLED) -> str:
    """What the group is: the finding's title, or its name and how many connections have it.

    ``most``: as of `finding_title`.
    """
    if group.is_whole or len(group.streams) == 1:
        return finding_title(group.finding, words, most)
    return words("trouble.many", name=group_name(group.finding, words), n=Count(len(group.streams)))


def verdict(
    trouble: Trouble,
    connections: int,
    words: Words,
    most: int = STATEMENT_TITLED,
    *,
    is_part: bool = False,
    chosen_by: str | None = None,
) -> str:
    """One sentence on a capture of ``connections``: how many are in trouble, what they lost, and the worst.

    ``most``: as of `headline`.  ``is_part``: not all of the capture was read, so nobody can say that it is sound.
    ``chosen_by``: what chose the connections, ``filter`` or ``program``, where the capture has others; None: all.
    """
    form = "trouble.verdict.part" if is_part else "trouble.verdict"
    if not connections and chosen_by is not None:
        return words(f"{form}.empty.{chosen_by}")
    if not connections:
        said = "outside" if trouble.above_note else "empty"
        return words(f"{form}.{said}", worst=_worst(trouble, words, most))
    if not trouble.groups:
        return words(f"{form}.none", all=Count(connections))
    worst = _worst(trouble, words, most)
    if not trouble.above_note:
        return words(f"{form}.noted", all=Count(connections), worst=worst)
    return _counted(trouble, connections, worst, words)


def _worst(trouble: Trouble, words: Words, most: int) -> str:
    told = (trouble.above_note or trouble.groups)[:VERDICT_GROUPS]
    return words("trouble.join").join(headline(group, words, most) for group in told)


def _counted(trouble: Trouble, connections: int, worst: str, words: Words) -> str:
    said = {"n": Count(len(trouble.streams)), "all": Count(connections), "worst": worst}
    if not trouble.streams:
        return words("trouble.verdict.beside", **said)
    lost_ns = round(trouble.seconds_lost * _NS_PER_S)
    if lost_ns:
        return words("trouble.verdict.lost", lost=unbroken_duration(lost_ns, words), **said)
    return words("trouble.verdict", **said)


def brief_verdicts(trouble: Trouble, connections: int, words: Words) -> tuple[str, ...]:
    """Shorter forms of the `verdict` on a capture with groups, the longest first; each is a whole sentence."""
    said = {"n": Count(len(trouble.streams)), "all": Count(connections)}
    worst = headline(trouble.groups[0], words)
    if not trouble.above_note:
        return (words("trouble.verdict.worst", worst=worst),)
    if not trouble.streams:
        beside = "trouble.verdict.beside" if connections else "trouble.verdict.outside"
        return words(beside, worst=worst, **said), words("trouble.verdict.worst", worst=worst)
    return (
        _counted(trouble, connections, worst, words),
        words("trouble.verdict", worst=worst, **said),
        words("trouble.verdict.brief", worst=worst, **said),
        words("trouble.verdict.worst", worst=worst),
        words("trouble.verdict.count", **said),
    )


def symptoms_text(group: TroubleGroup, words: Words) -> str:
    """What only follows from the trouble of ``group``, and what that cost; empty: nothing."""
    return words("trouble.join").join(
        _symptom(symptom, words, is_one=len(group.streams) == 1) for symptom in group.symptoms
    )


def _symptom(symptom: Symptom, words: Words, *, is_one: bool) -> str:
    said: dict[str, str | Count] = {"name": group_name(symptom.finding, words)}
    form = "trouble.symptom"
    if not is_one:
        form, said["n"] = f"{form}.many", Count(symptom.connections)
    if lost_ns := round(symptom.seconds_lost * _NS_PER_S):
        form, said["lost"] = f"{form}.lost", unbroken_duration(lost_ns, words)
    return words(form, **said)


def group_numbers(group: TroubleGroup, streams: StreamTable, words: Words) -> str:
    """How many connections, what they lost, when it began, and which is the worst: as far as it can be said."""
    parts = [words("trouble.connections" if group.streams else "trouble.no-connection", n=Count(len(group.streams)))]
    if lost_ns := round(group.seconds_lost * _NS_PER_S):
        parts.append(words("trouble.lost", lost=unbroken_duration(lost_ns, words)))
    if group.since_ns:
        parts.append(words("trouble.since", time=time_of_day(group.since_ns)))
    if not group.streams:
        return words("trouble.comma").join(parts)
    worst = group.streams[0]
    ends = {"stream": worst, "client": streams.client(worst), "server": streams.server(worst)}
    parts.append(words("trouble.worst" if len(group.streams) > 1 else "trouble.only", **ends))
    return words("trouble.comma").join(parts)
