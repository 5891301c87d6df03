"""One packet in words: what it is, what the verdict on it means, what it changes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tcptui.explain.icmp_quote import read_quote
from tcptui.explain.narrative import (
    Explanation,
    Section,
    SectionKind,
    finding_sections,
    finding_title,
    section,
    spoken,
    what_happened,
)
from tcptui.explain.packet_facts import Context, option_names, read_context, segment_facts
from tcptui.explain.signs import ACK, FIN, RST, SYN
from tcptui.model.cause import Cause
from tcptui.model.finding import Severity
from tcptui.model.packet_store import DecodeIssue, RowKind
from tcptui.model.tcp_state import TcpState, state_of
from tcptui.model.verdict import Verdict, leading_verdict

if TYPE_CHECKING:
    from tcptui.explain.narrative import Source
    from tcptui.explain.words import Words
    from tcptui.model.finding import Finding

_RESENT: Final = int(Verdict.RETRANSMISSION | Verdict.FAST_RETRANSMISSION | Verdict.SPURIOUS_RETRANSMISSION)
#: Verdicts that count several things: the leading one names the packet, the rest are listed.
_SEPARATOR: Final = "narrative.join"


def explain_row(source: Source, row: int, words: Words) -> Explanation:
    """The explanation of the packet in ``row``, whatever it is."""
    kind = int(source.store.kind[row])
    if kind == RowKind.TCP:
        return _explain_segment(source, row, words)
    frame = int(source.store.frame[row])
    if kind == RowKind.ICMP_QUOTE:
        return _explain_quote(source, row, words)
    key = "cut" if kind == RowKind.TCP_CUT else "other"
    issues = int(source.store.issues[row])
    if kind == RowKind.OTHER and issues & DecodeIssue.FRAGMENT:
        key = "fragment"
    elif kind == RowKind.OTHER and issues & DecodeIssue.MALFORMED:
        key = "malformed"
    facts = {"n": frame, "captured": int(source.store.captured[row]), "size": int(source.store.wire_length[row])}
    title, text = (words(f"narrative.packet.{key}.{part}", **facts) for part in ("title", "text"))
    return Explanation(title, None, text, (), (frame,))


def _explain_quote(source: Source, row: int, words: Words) -> Explanation:
    frame = int(source.store.frame[row])
    error = read_quote(source.packet(row))
    if error is None:
        title, text = (words(f"narrative.packet.icmp-unread.{part}") for part in ("title", "text"))
        return Explanation(title, None, text, (), (frame,))
    facts = {
        "address": error.sender,
        "reason": words(f"narrative.reason.{error.reason}"),
        "type": error.type,
        "code": error.code,
    }
    found = _findings_with(source, row)
    sections = _finding_parts(found, words)
    return Explanation(
        words("narrative.packet.icmp.title"),
        _worst(found),
        words("narrative.packet.icmp.text", **facts),
        sections,
        (frame,),
    )


def _explain_segment(source: Source, row: int, words: Words) -> Explanation:
    context = read_context(source, row)
    facts = segment_facts(source, context)
    said = spoken(facts, words)
    bits = int(source.store.verdict[row])
    verdict = leading_verdict(bits)
    found = _findings_with(source, row)
    kind = ordinary_kind(context)
    plain_title = words(f"narrative.packet.{kind}.title", **said)
    plain = words(f"narrative.packet.{kind}.text", **said)
    title, meaning = plain_title, plain
    sections: list[Section] = []
    if verdict is not None:
        title = words(f"verdicts.{verdict.field_name}.title", **said)
        meaning = words(f"verdicts.{verdict.field_name}.meaning", **said)
        sections += _cause_part(context, verdict, bits, said, words)
    worst = _worst(found)
    if found and worst is not None and worst >= Severity.WARNING:
        title = words("narrative.title.both", first=title, second=finding_title(found[0], words))
    sections += _finding_parts(found, words)
    if verdict is not None:
        sections += _verdict_part(verdict, bits, words("narrative.titled", title=plain_title, text=plain), said, words)
    sections += _options_part(source, row, words)
    sections += _states_part(source, context, words)
    packets = dict.fromkeys((context.segment.frame, *(frame for finding in found for frame in finding.packets)))
    return Explanation(title, worst, meaning, tuple(sections), tuple(packets))


def ordinary_kind(context: Context) -> str:
    """What a segment is by its flags and place, verdicts apart: a key of the catalogue."""
    segment = context.segment
    flags = segment.flags
    if flags & RST:
        return "rst-ack" if flags & ACK else "rst"
    if flags & SYN:
        kind = "syn-ack" if flags & ACK else "syn"
        return f"{kind}-data" if segment.length else kind
    if flags & FIN:
        return "fin-data" if segment.length else "fin"
    peer = context.peer_previous
    if peer is not None and peer.flags & (SYN | ACK) == SYN | ACK and not segment.side and segment.seq == 1:
        first = context.own_previous is not None and bool(context.own_previous.flags & SYN)
        if first:
            return "third-data" if segment.length else "third"
    if segment.length:
        return "data"
    if not flags & ACK:
        return "no-ack"
    return "ack" if context.own_previous is None or _acks_more(context) else "ack-same"


def _acks_more(context: Context) -> bool:
    own = context.own_previous
    return own is None or own.ack != context.segment.ack


def _findings_with(source: Source, row: int) -> list[Finding]:
    """Findings whose evidence includes this packet, the gravest first."""
    frame = int(source.store.frame[row])
    found = [finding for finding in source.findings(int(source.store.stream[row])) if frame in finding.packets]
    return sorted(found, key=lambda finding: -finding.severity)


def _worst(found: list[Finding]) -> Severity | None:
    return max((finding.severity for finding in found), default=None)


def _finding_parts(found: list[Finding], words: Words) -> tuple[Section, ...]:
    """The gravest finding in full, the others in one line each."""
    parts: list[Section] = []
    for position, finding in enumerate(found):
        line = words("narrative.titled", title=finding_title(finding, words), text=what_happened(finding, words))
        parts.append(section(SectionKind.FINDING, words, (line,), finding.packets))
        if not position:
            parts += finding_sections(finding, words)
    return tuple(parts)


def _cause_part(context: Context, verdict: Verdict, bits: int, said: dict[str, object], words: Words) -> list[Section]:
    """Why the segment really was sent, and where Wireshark's name for it misleads."""
    resend = context.resend
    lines: list[str] = []
    if resend is not None:
        shape = ""
        if resend.copy:
            shape = ".copy"
        elif resend.lone:
            shape = ".lone"
        elif not context.detailed:
            shape = ".brief"
        elif context.original is None:
            shape = ".unseen"
        key = f"verdicts.cause.{resend.cause.label}"
        lines.append(words(key + shape if words.has(key + shape) else key, **said))
        wrong = misleading(context, verdict, bits)
        if wrong:
            lines.append(words(f"verdicts.beside.{wrong}", **said))
    elif verdict is Verdict.DUPLICATE_ACK and _answers_syn_ack(context):
        lines.append(words("verdicts.beside.third-ack", **said))
    packets = tuple(p.frame for p in (context.original,) if p is not None)
    return [section(SectionKind.WHAT_HAPPENED, words, tuple(lines), packets)] if lines else []


def _answers_syn_ack(context: Context) -> bool:
    """Whether the client repeats its ACK because the SYN-ACK came again."""
    peer = context.peer_previous
    return peer is not None and bool(peer.flags & SYN) and not context.segment.side


def misleading(context: Context, verdict: Verdict, bits: int) -> str:
    """Where Wireshark's verdict is not what happened (tcp-analysis.md, section 12); empty when it is right."""
    resend = context.resend
    if resend is None:
        return ""
    cause = resend.cause
    syn_ack = context.segment.flags & (SYN | ACK) == SYN | ACK
    if cause is Cause.NONE and syn_ack and bits & _RESENT:
        return "simultaneous-open"
    if resend.copy:
        return "copy"
    if cause is Cause.ZERO_WINDOW_PROBE and not bits & Verdict.ZERO_WINDOW_PROBE:
        return "probe"
    if cause is Cause.FAST_RECOVERY and not bits & Verdict.FAST_RETRANSMISSION:
        return "late-recovery" if verdict is not Verdict.OUT_OF_ORDER else "not-out-of-order"
    if verdict is Verdict.OUT_OF_ORDER and cause in {Cause.RTO, Cause.TAIL_LOSS_PROBE}:
        return "not-out-of-order"
    if cause is Cause.NONE and bits & _RESENT:
        return "not-resent"
    if cause in {Cause.RTO, Cause.TAIL_LOSS_PROBE} and bits & Verdict.FAST_RETRANSMISSION:
        return "not-fast"
    return ""


def _verdict_part(verdict: Verdict, bits: int, plain: str, said: dict[str, object], words: Words) -> list[Section]:
    """How Wireshark decides, what else it says, and what the packet does besides."""
    lines = [words(f"verdicts.{verdict.field_name}.rule")]
    others = [
        other for other in Verdict if bits & other and other is not verdict and other is not Verdict.RETRANSMISSION
    ]
    if others:
        names = words(_SEPARATOR).join(words(f"verdicts.{other.field_name}.title", **said) for other in others)
        lines.append(words("verdicts.also", names=names))
    lines.append(plain)
    return [section(SectionKind.VERDICT, words, tuple(lines))]


def _options_part(source: Source, row: int, words: Words) -> list[Section]:
    """The options of a SYN or SYN-ACK: what this end offers for the whole connection."""
    if not int(source.store.flags[row]) & SYN:
        return []
    named = option_names(source, row)
    if not named:
        text = words("narrative.options.none")
    else:
        text = words(
            "narrative.options.some",
            list=words(_SEPARATOR).join(words(f"narrative.option.{key}", n=n) for key, n in named),
        )
    return [section(SectionKind.OPTIONS, words, (text,))]


def _states_part(source: Source, context: Context, words: Words) -> list[Section]:
    """The states of both ends after this packet, what changed, and what the new state means."""
    store, row = source.store, context.segment.row
    stream = int(store.stream[row])
    client_is_b = int(source.streams.client_is_b[stream])
    columns = (store.state_a, store.state_b)
    ordered = (columns[client_is_b], columns[1 - client_is_b])
    earlier = int(store.previous[row])
    while earlier >= 0 and store.kind[earlier] != RowKind.TCP:
        earlier = int(store.previous[earlier])
    lines = []
    for side, column in zip(("client", "server"), ordered, strict=True):
        state, known = state_of(int(column[row]))
        before = state_of(int(column[earlier]))[0] if earlier >= 0 else TcpState.UNSEEN
        if state is TcpState.UNSEEN:
            lines.append(words("narrative.state.unseen", side=words(f"narrative.side.{side}")))
            continue
        key = "same" if state is before else "first" if before is TcpState.UNSEEN else "changed"
        lines.append(
            words(
                f"narrative.state.{key}",
                side=words(f"narrative.side.{side}"),
                state=state.label,
                before=before.label,
                sure=words("narrative.state.known" if known else "narrative.state.assumed"),
                meaning=words(f"narrative.state-meaning.{state.label.lower()}") if key != "same" else "",
            ).strip()
        )
    return [section(SectionKind.STATES, words, tuple(lines))]
