"""How far a capture can be trusted, as a list or as one line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tcptui.words.quantities import Count

if TYPE_CHECKING:
    from tcptui.analysis.capture_point import CapturePlace
    from tcptui.analysis.capture_trust import CaptureTrust
    from tcptui.words.catalogue import Words

#: What casts doubt on everything, whatever its number.
_GRAVE: Final = ("unread", "claimed-dropped", "kernel-dropped", "headers-cut", "time-went-back", "conflicts")
#: What casts doubt on a capture when at least this share of its connections has it, in percent.
DOUBTFUL_PERCENT: Final = 10
_PER_CONNECTION: Final = frozenset({"twice", "gaps", "one-sided"})


def _doubts(trust: CaptureTrust) -> dict[str, int]:
    """The doubts that a capture raises, by the end of their catalogue key; how many packets or connections have it."""
    quality = trust.quality
    counts = {
        "unread": int(bool(quality.unread)),
        "kernel-dropped": quality.kernel_dropped,
        "claimed-dropped": quality.claimed_dropped,
        "truncated": quality.truncated,
        "headers-cut": quality.headers_cut,
        "forgotten": quality.forgotten,
        "time-went-back": quality.time_went_back,
        "offloaded": quality.offloaded,
        "twice": trust.twice,
        "gaps": trust.gaps,
        "mid-stream": trust.mid_stream,
        "one-sided": trust.one_sided,
        "conflicts": trust.conflicts,
    }
    return {name: count for name, count in counts.items() if count}


def _captured_at(place: CapturePlace, words: Words) -> str:
    """Where the capture was made: at one host, which may be client here and server there, or at one kind of end."""
    if place.own_host is not None:
        return words("report.position.host", host=place.own_host)
    return words(f"report.position.{place.position.value}")


def trust_items(trust: CaptureTrust, words: Words) -> tuple[str, ...]:
    """Each doubt in a sentence, and where the capture was made."""
    items = [words(f"report.trust.{name}", n=Count(n)) for name, n in _doubts(trust).items()]
    if not items:
        items.append(words("report.trust.sound"))
    items.append(_captured_at(trust.place, words))
    return tuple(items)


def trust_line(trust: CaptureTrust, connections: int, words: Words) -> str:
    """Where the capture was made, and `doubts_line`."""
    parts = (
        _captured_at(trust.place, words),
        doubts_line(trust, connections, words, minor="report.trust.minor"),
    )
    return words("report.list-semicolon").join(parts)


def doubts_line(trust: CaptureTrust, connections: int, words: Words, *, minor: str) -> str:
    """The sentences of those doubts that matter to everything, and by the catalogue key ``minor`` how many others."""
    doubts = _doubts(trust)
    bad = [name for name in doubts if name in _GRAVE]
    share = max(connections, 1) * DOUBTFUL_PERCENT
    bad += [name for name, count in doubts.items() if name in _PER_CONNECTION and count * 100 >= share]
    parts = [words(f"report.trust.{name}", n=Count(doubts[name])) for name in bad]
    rest = len(doubts) - len(bad)
    if not doubts:
        parts.append(words("report.trust.sound"))
    elif rest:
        parts.append(words(minor, n=Count(rest)))
    return words("report.list-semicolon").join(parts)
