"""Text of *follow stream* is the same however its bytes arrive."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tcptui.cli.report.follow import Marks, TextWriter
from tcptui.words.catalogue import Words
from tcptui.words.language import Language


def written(chunks: list[bytes]) -> bytes:
    writer = TextWriter(Words(Language.EN), Marks("> ", "< "))
    return b"".join([writer.data(0, 0, chunk) for chunk in chunks] + [writer.finish()])


def test_a_tab_reaches_the_same_column_in_whatever_piece_it_comes() -> None:
    assert written([b"abc\tdef\n"]) == b"> abc     def\n"
    assert written([b"abc", b"\tdef", b"\n"]) == b"> abc     def\n"


@given(
    st.lists(st.sampled_from([b"a", b"\t", b"\r", b"\n", b"\xc3", b"\xa9", b"\x1b", "数".encode(), b" "])), st.data()
)
def test_text_does_not_depend_on_where_it_is_cut(pieces: list[bytes], data: st.DataObject) -> None:
    whole = b"".join(pieces)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(whole)), max_size=6)))
    chunks = [whole[a:b] for a, b in zip([0, *cuts], [*cuts, len(whole)], strict=True)]

    assert written(chunks) == written([whole])
