"""What the screens of two capture points explain: a connection, a packet; as blocks of text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcptui.points.ladder import ABSENT
from tcptui.points.listing import Kind
from tcptui.ui.merged.pair_list import ends_of, severity_of
from tcptui.ui.prose import Heading, Paragraph
from tcptui.words.merged_findings import finding_lines, undecided_lines
from tcptui.words.merged_packet import packet_lines
from tcptui.words.merged_splits import slowest_lines
from tcptui.words.merged_text import clock_lines
from tcptui.words.quantities import Count

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tcptui.points.ladder import Ladder
    from tcptui.ui.merged.merging import Merged
    from tcptui.ui.prose import Block
    from tcptui.ui.theme import Glyphs
    from tcptui.words.catalogue import Words
    from tcptui.words.merged_pairs import PairSentences

_STYLES = ("strong", "note", "warning", "error")


def connection_blocks(
    merged: Merged, row: int, sentences: PairSentences, words: Words, glyphs: Glyphs
) -> tuple[Block, ...]:
    """What there is to say of a row of the listing, then of both clocks."""
    listing = merged.listing
    pair, kind = int(listing.pair[row]), Kind(int(listing.kind[row]))
    title = connection_titles(merged, row, sentences, words, glyphs)[0]
    blocks: list[Block] = [Paragraph(title, _STYLES[severity_of(listing, row)])]
    if kind.is_alone:
        here, there = ("A", "B") if kind is Kind.ONLY_A else ("B", "A")
        blocks.append(Paragraph(words("merged.alone.why", here=here, there=there)))
    else:
        blocks += [Paragraph(_upper(line)) for line in sentences.lines(pair)]
    point, stream = (1, int(listing.b[row])) if kind is Kind.ONLY_B else (0, int(listing.a[row]))
    blocks += _findings(merged, pair, point, stream, words)
    if merged.splits is not None and not kind.is_alone:
        for number, line in enumerate(slowest_lines(merged.hop, merged.splits, words, pair)):
            blocks.append(Paragraph(line, indent=2) if number else Paragraph(line, "strong"))
    blocks += [Paragraph(""), Heading(words("merged.clocks"), rule=glyphs.rule)]
    blocks += [Paragraph(line) for line in clock_lines(merged.hop, words)]
    if merged.hop.contradicting:
        blocks.append(Paragraph(words("merged.contradicting", count=Count(merged.hop.contradicting))))
    return tuple(blocks)


def connection_titles(
    merged: Merged, row: int, sentences: PairSentences, words: Words, glyphs: Glyphs
) -> tuple[str, ...]:
    """What a row of the listing is called, the longest form first."""
    listing = merged.listing
    kind = Kind(int(listing.kind[row]))
    client, server = ends_of(merged, row)
    if kind.is_alone:
        here = "A" if kind is Kind.ONLY_A else "B"
        return (words("merged.alone", here=here, client=client, right=glyphs.right, server=server),)
    facts = {"a": int(listing.a[row]), "b": int(listing.b[row]), "client": client, "server": server}
    return sentences.heading(int(listing.pair[row])), words("merged.stream", **facts)


def _findings(merged: Merged, pair: int, point: int, stream: int, words: Words) -> Iterator[Block]:
    told = (*finding_lines(merged.findings_of(pair, point, stream), words),
            *(undecided_lines(merged.undecided_of(pair), words) if pair >= 0 else ()))  # fmt: skip
    for depth, text in told:
        yield Paragraph(text, "strong" if not depth else "plain", indent=2 * depth)


def packet_blocks(merged: Merged, ladder: Ladder, pair: int, row: int, words: Words) -> tuple[Block, ...]:
    """What there is to say of a packet of a ladder."""
    joined = () if pair == ABSENT else merged.findings_of(pair, 0, ABSENT)
    first, *rest = packet_lines(merged.hop, merged.ladders, ladder, row, joined, words)
    return (Paragraph(first, "strong"), *(Paragraph(_upper(line)) for line in rest))


def _upper(line: str) -> str:
    """``line`` as a sentence of its own."""
    return line[:1].upper() + line[1:]


def text_of_blocks(blocks: tuple[Block, ...]) -> str:
    """The blocks as text to copy."""
    return "\n".join(block.text for block in blocks if isinstance(block, Paragraph | Heading) and block.text)
