"""What this host's kernel said about packets, as sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tcptui.access.kernel_events.tied_events import CAUSED, KernelEvents, agrees
from tcptui.access.kernel_events.ties import Untied
from tcptui.model.kernel_event import KernelEventKind
from tcptui.model.resend_cause import ResendCause
from tcptui.words.quantities import Count

if TYPE_CHECKING:
    from tcptui.access.kernel_events.tied_events import KernelSummary, TiedEvent
    from tcptui.access.open_capture import JudgedCapture, OpenCapture
    from tcptui.words.catalogue import Words

#: Reasons of an event that a report names; of more there is only the number of all.
_NAMED: Final = 6


def says_lines(capture: JudgedCapture, row: int, words: Words) -> tuple[str, ...]:
    """What the kernel said about the packet in ``row``, and whether the packets show the same."""
    sayings = KernelEvents.of(capture).about_row(capture, row)
    return tuple(_line(saying, ResendCause(int(capture.store.cause[row])), words) for saying in sayings)


def _line(saying: TiedEvent, ours: ResendCause, words: Words) -> str:
    key = f"kernel.says.{saying.kind.label}"
    if saying.kind is KernelEventKind.RETRANSMIT:
        key += f".{saying.cause.label}"
    elif saying.kind is KernelEventKind.RESET_SENT and not saying.reason:
        key += ".plain"
    said = words(key, reason=reason_words(saying.reason, words))
    same = agrees(saying.cause, ours) if saying.kind in CAUSED else None
    if same is None:
        return said
    compared = words("kernel.says.agrees") if same else words("kernel.says.differs", ours=ours.label)
    return words("kernel.says.compared", said=said, compared=compared)


def short_lines(capture: OpenCapture, row: int, words: Words) -> list[str]:
    """What the kernel said about the packet in ``row``, in a few words each."""
    said = KernelEvents.of(capture).about_row(capture, row)
    lines = []
    for one in said:
        if one.kind in CAUSED:
            lines.append(words("kernel.short.resent", cause=one.cause.label))
        elif one.kind in (KernelEventKind.DROP, KernelEventKind.BAD_CHECKSUM):
            lines.append(words("kernel.short.drop", reason=one.reason or one.kind.label))
        elif one.reason:
            lines.append(words("kernel.short.reset", reason=one.reason))
    return lines


def reason_words(reason: str, words: Words) -> str:
    """A reason by the kernel's name, and what that means where it is a known one."""
    key = f"kernel.reason.{reason.lower().replace('_', '-')}"
    return words("kernel.reason.named", name=reason, meaning=words(key)) if words.has(key) else reason


def summary_lines(summary: KernelSummary, words: Words) -> list[str]:
    """What the kernel said about a whole capture."""
    lines = [words("kernel.report.tied", n=Count(summary.tied))]
    counted = summary.agreement
    if counted.pairs:
        counts = {"agree": counted.agree, "differ": counted.differ, "undecided": counted.undecided}
        lines.append(words("kernel.report.agreement", **{name: Count(n) for name, n in counts.items()}))
    for kind in (KernelEventKind.DROP, KernelEventKind.RESET_SENT):
        named = [(n, reason) for (of, reason), n in summary.reasons.items() if of is kind]
        if named:
            listed = [
                words("kernel.report.reason", reason=reason_words(reason, words), n=Count(n))
                for n, reason in sorted(named, reverse=True)[:_NAMED]
            ]
            event = words(f"kernel.report.event.{kind.label}")
            lines.append(words("kernel.report.reasons", event=event, reasons=_joined(listed, words)))
    if summary.untied:
        why = [
            words("kernel.report.why", why=words(f"kernel.report.why.{each.value}"), n=Count(n))
            for each in Untied
            if (n := summary.untied.get(each))
        ]
        lines.append(words("kernel.report.untied", n=Count(sum(summary.untied.values())), why=_joined(why, words)))
    if summary.elsewhere:
        lines.append(words("kernel.report.elsewhere", n=Count(summary.elsewhere)))
    if summary.lost:
        lines.append(words("kernel.report.lost", n=Count(summary.lost)))
    if summary.began_late:
        lines.append(words("kernel.report.late"))
    return lines


def _joined(parts: list[str], words: Words) -> str:
    return words("report.list-comma").join(parts)
