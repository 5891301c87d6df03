"""The explanation of one packet: what it is, what its verdict means, what it changes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from tcptui.findings.icmp_quote import read_quote
from tcptui.model.finding import Severity
from tcptui.model.packet_store import DecodeIssue, RowKind
from tcptui.model.resend_cause import ResendCause
from tcptui.model.seq import ahead
from tcptui.model.tcp_flags import ACK, FIN, RST, SYN
from tcptui.model.tcp_state import TcpState, state_of
from tcptui.model.verdict import Verdict, leading_verdict
from tcptui.words.correction_text import (
    SIDES,
    RowCorrection,
    correction_at,
    full_text,
    proved_by,
    short_text,
    state_name,
)
from tcptui.words.explanation import Explanation, Section, SectionKind
from tcptui.words.finding_text import finding_name, finding_sections, finding_title, section, spoken, what_happened
from tcptui.words.kernel_text import says_lines
from tcptui.words.packet_facts import (
    PacketContext,
    acknowledges_fin,
    newly_acknowledged,
    option_names,
    read_context,
    segment_facts,
)
from tcptui.words.resend_text import meaning_of, misleading

if TYPE_CHECKING:
    from tcptui.access.open_capture import JudgedCapture
    from tcptui.model.finding import Fact, Finding
    from tcptui.words.catalogue import Words

#: Causes of segments that only probe the peer: what they carry is not meant to be delivered, so it is not described.
_PROBE_CAUSES: Final = frozenset({ResendCause.KEEP_ALIVE, ResendCause.ZERO_WINDOW_PROBE})
#: Ends of the keys of short names, by kind, where that is not the first part of the kind.
_SHORT: Final = {"syn-ack": "syn-ack", "syn-ack-data": "syn-ack", "no-ack": "other"}
#: Corrections by one packet that get a sentence each; of further ones only the packet numbers are listed.
_NAMED_CORRECTIONS: Final = 8
#: Catalogue key of the separator in lists, of verdicts beside the leading one for example.
_SEPARATOR: Final = "narrative.join"


def explain_packet(capture: JudgedCapture, row: int, words: Words) -> Explanation:
    """The explanation of the packet in ``row``: a TCP segment, an ICMP error, or anything else."""
    kind = int(capture.store.kind[row])
    if kind == RowKind.TCP:
        return _explain_segment(capture, row, words)
    frame = int(capture.store.frame[row])
    if kind == RowKind.ICMP_QUOTE:
        return _explain_quote(capture, row, words)
    key = "cut" if kind == RowKind.TCP_CUT else "other"
    issues = int(capture.store.issues[row])
    if kind == RowKind.OTHER and issues & DecodeIssue.FRAGMENT:
        key = "fragment"
    elif kind == RowKind.OTHER and issues & DecodeIssue.MALFORMED:
        key = "short" if issues & DecodeIssue.TRUNCATED else "malformed"
    facts = {"n": frame, "captured": int(capture.store.captured[row]), "size": int(capture.store.wire_length[row])}
    title, text = (words(f"narrative.packet.{key}.{part}", **facts) for part in ("title", "text"))
    return Explanation(title, None, text, (), (frame,))


def _explain_quote(capture: JudgedCapture, row: int, words: Words) -> Explanation:
    frame = int(capture.store.frame[row])
    error = read_quote(capture.reader.packet(row))
    if error is None:
        title, text = (words(f"narrative.packet.icmp-unread.{part}") for part in ("title", "text"))
        return Explanation(title, None, text, (), (frame,))
    facts = {
        "address": error.sender,
        "reason": words(f"narrative.reason.{error.reason}"),
        "type": error.type,
        "code": error.code,
    }
    kind = "icmp-too-big" if error.too_big else "icmp"
    found = _findings_with(capture, row)
    sections = _finding_parts(found, words)
    return Explanation(
        words(f"narrative.packet.{kind}.title"),
        _worst(found),
        words(f"narrative.packet.{kind}.text", **facts),
        sections,
        (frame,),
    )


def _explain_segment(capture: JudgedCapture, row: int, words: Words) -> Explanation:
    context = read_context(capture, row)
    facts = segment_facts(capture, context)
    said = spoken(facts, words)
    window = "known" if context.scaled else "unscaled"
    said["window"] = words(f"narrative.window.{window}", n=said["window_bytes"])
    said["unscaled"] = "" if context.scaled else words("narrative.unscaled")
    bits = int(capture.store.verdict[row])
    verdict = leading_verdict(bits)
    found = _findings_with(capture, row)
    kind = _ordinary_kind(context)
    plain = _Plain(
        kind, words(f"narrative.packet.{kind}.title", **said), _plain_text(kind, context, facts, said, words)
    )
    title, meaning = plain.title, plain.text
    sections: list[Section] = []
    if verdict is not None:
        title = words(f"verdicts.{verdict.field_name}.title", **said)
        meaning = meaning_of(context, verdict, bits, facts, said, words)
        sections += _beside_part(context, verdict, bits, said, words)
    worst = _worst(found)
    if worst is not None and worst >= Severity.WARNING:
        title = _with_finding(title if verdict else "", kind, finding_name(found[0].id, words), words)
    sections += _corrected_part(capture, row, words)
    if lines := says_lines(capture, row, words):
        sections.append(section(SectionKind.KERNEL, words, lines))
    sections += _finding_parts(found, words)
    sections += _corrects_part(capture, row, words)
    if verdict is not None:
        sections += _verdict_parts(context, verdict, bits, plain, said, words)
    sections += _options_part(capture, row, words)
    sections += _states_part(capture, context, words)
    packets = dict.fromkeys((context.segment.frame, *(frame for finding in found for frame in finding.packets)))
    return Explanation(title, worst, meaning, tuple(sections), tuple(packets))


def _with_finding(verdict_title: str, kind: str, finding: str, words: Words) -> str:
    """The packet's title with its finding's name, whose numbers are of more packets than this one.

    A packet without a verdict is named as a part of the finding.
    """
    if not verdict_title:
        first = words(f"narrative.short.{_SHORT.get(kind, kind.split('-')[0])}")
        return words("narrative.title.part", first=first, second=finding)
    if verdict_title.casefold().startswith(finding.casefold()):
        return verdict_title
    return words("narrative.title.both", first=verdict_title, second=finding)


def _findings_with(capture: JudgedCapture, row: int) -> list[Finding]:
    """Findings whose evidence includes this packet, the most severe first."""
    frame = int(capture.store.frame[row])
    found = [finding for finding in capture.findings(int(capture.store.stream[row])) if frame in finding.packets]
    return sorted(found, key=lambda finding: -finding.severity)


def _worst(found: list[Finding]) -> Severity | None:
    return max((finding.severity for finding in found), default=None)


def _finding_parts(found: list[Finding], words: Words) -> tuple[Section, ...]:
    """Sections on the findings: the first, most severe one in full, the others in one line each."""
    parts: list[Section] = []
    for position, finding in enumerate(found):
        line = words("narrative.titled", title=finding_title(finding, words), text=what_happened(finding, words))
        parts.append(section(SectionKind.FINDING, words, (line,), finding.packets))
        if not position:
            parts += finding_sections(finding, words)
    return tuple(parts)


def _beside_part(
    context: PacketContext, verdict: Verdict, bits: int, facts: dict[str, object], words: Words
) -> list[Section]:
    """A section on how Wireshark's verdict name misleads or is incomplete; empty where it does not."""
    wrong = misleading(context, verdict, bits)
    if not wrong:
        return []
    packets = tuple(p.frame for p in (context.original,) if p is not None)
    return [section(SectionKind.WHAT_HAPPENED, words, (words(f"verdicts.beside.{wrong}", **facts),), packets)]


def _verdict_parts(
    context: PacketContext, verdict: Verdict, bits: int, plain: _Plain, facts: dict[str, object], words: Words
) -> list[Section]:
    """Sections on the verdict's rule, the packet's further verdicts, and what it does regardless of them."""
    lines = [words(f"verdicts.{verdict.field_name}.rule")]
    others = [
        other for other in Verdict if bits & other and other is not verdict and other is not Verdict.RETRANSMISSION
    ]
    if others:
        names = words(_SEPARATOR).join(words(f"verdicts.{other.field_name}.title", **facts) for other in others)
        lines.append(words("verdicts.also", names=names))
    parts = [section(SectionKind.VERDICT, words, tuple(lines))]
    if context.resend is None or context.resend.cause not in _PROBE_CAUSES:
        parts.append(section(SectionKind.PACKET, words, (plain.text,)))
    return parts


def _options_part(capture: JudgedCapture, row: int, words: Words) -> list[Section]:
    """A section on the options of a SYN or SYN-ACK, which this end offers for the whole connection."""
    if not int(capture.store.flags[row]) & SYN:
        return []
    named = option_names(capture, row)
    if not named:
        text = words("narrative.options.none")
    else:
        text = words(
            "narrative.options.some",
            list=words(_SEPARATOR).join(words(f"narrative.option.{key}", n=n) for key, n in named),
        )
    return [section(SectionKind.OPTIONS, words, (text,))]


def _corrected_part(capture: JudgedCapture, row: int, words: Words) -> list[Section]:
    """A section on the correction of this packet: what it did not do though it seemed to, and which packet shows it."""
    correction = correction_at(capture, row)
    if correction is None:
        return []
    line = full_text(correction, _state_after(capture, row, correction), words)
    proofs = (correction.proof_frame,) if correction.proof_frame and not correction.own else ()
    return [section(SectionKind.CORRECTED, words, (line,), proofs)]


def _corrects_part(capture: JudgedCapture, row: int, words: Words) -> list[Section]:
    """A section on the earlier packets that this packet corrects."""
    corrected = proved_by(capture, row)
    if not corrected:
        return []
    lines = []
    for other, correction in list(corrected.items())[:_NAMED_CORRECTIONS]:
        short = short_text(replace(correction, proof_frame=0), words)
        state = state_name(_state_after(capture, other, correction), words)
        end = words(f"narrative.side.{SIDES[correction.side]}")
        lines.append(words("correction.shows", n=int(capture.store.frame[other]), short=short, end=end, state=state))
    frames = tuple(int(capture.store.frame[other]) for other in corrected)
    return [section(SectionKind.CORRECTS, words, tuple(lines), frames)]


def _state_after(capture: JudgedCapture, row: int, correction: RowCorrection) -> TcpState:
    """The state of the corrected end after ``row``, by what is known now."""
    of_b = correction.side != int(capture.streams.client_is_b[int(capture.store.stream[row])])
    return state_of(int((capture.store.state_b if of_b else capture.store.state_a)[row]))[0]


def _states_part(capture: JudgedCapture, context: PacketContext, words: Words) -> list[Section]:
    """A section on the states of both ends after this packet, what changed, and what a new state means."""
    store, row = capture.store, context.segment.row
    stream = int(store.stream[row])
    client_is_b = int(capture.streams.client_is_b[stream])
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


@dataclass(frozen=True, slots=True)
class _Plain:
    """The description of a segment regardless of its verdict: kind (part of the catalogue keys), title and text."""

    kind: str
    title: str
    text: str


#: Kinds for which a sentence says what they newly acknowledge besides their data.
_WITH_DATA: Final = frozenset({"data", "fin-data", "third-data"})
_FINS: Final = frozenset({"fin", "fin-data"})


def _ordinary_kind(context: PacketContext) -> str:
    """The kind of a segment by its flags and place, as part of a catalogue key (``narrative.packet.<kind>.…``)."""
    segment = context.segment
    flags = segment.flags
    if flags & RST:
        return _reset_kind(context)
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
    return _ack_kind(context) if flags & ACK else "no-ack"


def _reset_kind(context: PacketContext) -> str:
    peer = context.peer_previous
    if not context.segment.flags & ACK:
        return "rst" if context.asked is not None else "rst-other"
    refused = context.own_previous is None or bool(context.own_previous.flags & RST)
    if refused and peer is not None and peer.flags & (SYN | ACK) == SYN and context.segment.ack == peer.end:
        return "rst-refusal"
    return "rst-ack"


def _ack_kind(context: PacketContext) -> str:
    own = context.own_previous
    if own is None or not own.flags & ACK:
        return "ack-first"
    moved = newly_acknowledged(context)
    if moved < 0:
        return "ack-late"
    if acknowledges_fin(context):
        return "ack-fin"
    return "ack" if moved else "ack-same"


def _plain_text(
    kind: str, context: PacketContext, facts: Mapping[str, Fact], said: Mapping[str, object], words: Words
) -> str:
    """The sentences on what the segment does, with those of its side effects that matter for its kind."""
    keys = [f"{kind}.text"]
    segment, peer = context.segment, context.peer_previous
    if kind == "syn-ack" and peer is not None and peer.flags & (SYN | ACK) == SYN:
        keys.append("syn-ack.delay")
    elif kind == "third" and facts["irtt_s"]:
        keys.append("third.rtt")
    elif kind == "data":
        if context.own_highest is None or ahead(segment.end, context.own_highest) > 0:
            keys.append("data.next")
        in_flight = facts["in_flight"]
        if isinstance(in_flight, int) and in_flight > segment.length and peer is not None:
            keys.append("data.flight")
    elif kind in _FINS:
        keys.append("fin.both" if context.peer_fin is not None else "fin.half")
    if kind in _WITH_DATA and facts["new_bytes"]:
        keys.append("data.acks")
    return words("narrative.space").join(words(f"narrative.packet.{key}", **said) for key in keys)
