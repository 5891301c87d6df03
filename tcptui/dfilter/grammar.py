"""The grammar of Wireshark 4.0 (loosest to tightest: or, and, not, relations, ``&``, ``+ -``, ``* / %``, sign).

Values are grouped with braces, tests with parentheses.  Later than 4.0: ``xor`` between ``and`` and ``or``, ``@field``.
The parser is LALR and builds while it reduces: neither depth nor length of a filter costs stack.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Final, cast

from lark import Lark, Token, Transformer, UnexpectedToken
from lark.lexer import Lexer

from tcptui.dfilter import syntax
from tcptui.dfilter.errors import FilterError, Hint, Mistake, Span
from tcptui.dfilter.lexer import cut
from tcptui.dfilter.operators import RELATIONS, Arithmetic, Quantifier
from tcptui.dfilter.tokens import Kind, Piece

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lark.common import LexerConf

_GRAMMAR: Final = """
start: test | -> nothing
?test: exclusive (OR exclusive)+ -> or_ | exclusive
?exclusive: both (XOR both)+ -> xor | both
?both: negated (AND negated)+ -> and_ | negated
?negated: NOT negated -> not_ | single
?single: value -> truth | relation | quantified | LPAREN test RPAREN -> grouped
quantified: (ANY | ALL) relation
?relation: value (RELATION value)+ -> compare
    | entity CONTAINS entity -> contains
    | entity MATCHES entity -> matches
    | entity IN set -> member
    | entity NOT IN set -> not_member
set: LBRACE element (COMMA element)* RBRACE
?element: member_value | member_value DOTDOT member_value -> interval
?member_value: entity | sign
?value: sum | value AMPERSAND sum -> computed
?sum: product | sum (PLUS | MINUS) product -> computed
?product: factor | product (STAR | SLASH | PERCENT) factor -> computed
?factor: entity | sign | LBRACE value RBRACE -> grouped
?sign: PLUS entity -> positive | MINUS entity -> negative
?entity: word | LITERAL -> literal | STRING -> string | CHARACTER -> character | call | layer | entity SLICE -> slice
word: WORD | NAME
layer: (WORD | NAME | LITERAL) LAYER -> layer | RAW (WORD | NAME) [LAYER] -> raw
call: (WORD | LITERAL) LPAREN [value (COMMA value)*] RPAREN
%declare WORD NAME LITERAL STRING CHARACTER SLICE LAYER RAW LPAREN RPAREN LBRACE RBRACE COMMA DOTDOT RELATION
%declare CONTAINS MATCHES IN ANY ALL NOT AND OR XOR AMPERSAND PLUS MINUS STAR SLASH PERCENT
"""

#: Operations of one computation at most that stand inside each other; tshark's parser has room for a hundred.
MAXIMUM_OPERATIONS: Final = 100


class _Token(Token):
    """Lark's token with the piece that it is made of."""

    piece: Piece


class _Pieces(Lexer):
    """Hands our tokens to lark; the text that lark wants to cut is cut already."""

    def __init__(self, lexer_conf: LexerConf) -> None:
        pass

    def lex(self, data: Any) -> Iterator[Token]:  # type: ignore[override]  # lark asks ours so
        """One lark token a piece, which it carries along."""
        for piece in data:
            token = _Token(piece.kind.value, piece.text)
            token.piece = piece
            yield token


def _piece(token: Token) -> Piece:
    assert isinstance(token, _Token)
    return token.piece


def _span(value: syntax.Value) -> Span:
    return value.span


class _Builder(Transformer[Token, Any]):
    """Makes `syntax` nodes of what the parser reduces."""

    def start(self, children: list[Any]) -> syntax.Test:
        return _test(children[0])

    def nothing(self, _children: list[Any]) -> None:
        return None

    def or_(self, children: list[Any]) -> syntax.Or:
        return syntax.Or(tuple(_test(child) for child in children[::2]))

    def xor(self, children: list[Any]) -> syntax.Xor:
        return syntax.Xor(tuple(_test(child) for child in children[::2]))

    def and_(self, children: list[Any]) -> syntax.And:
        return syntax.And(tuple(_test(child) for child in children[::2]))

    def not_(self, children: list[Any]) -> syntax.Test:
        inner = _test(children[1])
        return inner.of if isinstance(inner, syntax.Not) else syntax.Not(inner)

    def truth(self, children: list[Any]) -> syntax.Truth:
        return syntax.Truth(children[0])

    def grouped(self, children: list[Any]) -> Any:
        return children[1]

    def quantified(self, children: list[Any]) -> Any:
        word, relation = children
        return _with(relation, Quantifier(str(word)))

    def compare(self, children: list[Any]) -> syntax.Compare:
        values = tuple(children[::2])
        relations = tuple(RELATIONS[str(token)] for token in children[1::2])
        return syntax.Compare(values, relations, None, _span(values[0]).to(_span(values[-1])))

    def contains(self, children: list[Any]) -> syntax.Search:
        value, _, what = children
        return syntax.Search(value, what, False, None, _span(value).to(_span(what)))

    def matches(self, children: list[Any]) -> syntax.Search:
        value, _, what = children
        return syntax.Search(value, what, True, None, _span(value).to(_span(what)))

    def member(self, children: list[Any]) -> syntax.Member:
        (elements, end) = children[-1]
        return syntax.Member(children[0], elements, False, None, _span(children[0]).to(end))

    def not_member(self, children: list[Any]) -> syntax.Member:
        (elements, end) = children[-1]
        return syntax.Member(children[0], elements, True, None, _span(children[0]).to(end))

    def set(self, children: list[Any]) -> tuple[tuple[Any, ...], Span]:
        return tuple(children[1:-1:2]), _piece(children[-1]).span

    def interval(self, children: list[Any]) -> syntax.Interval:
        return syntax.Interval(children[0], children[2])

    def computed(self, children: list[Any]) -> syntax.Computed:
        left, sign, right = children
        depth = 1 + max(side.depth if isinstance(side, syntax.Computed) else 0 for side in (left, right))
        span = _span(left).to(_span(right))
        if depth > MAXIMUM_OPERATIONS:
            raise FilterError(Mistake.TOO_DEEP, span, most=MAXIMUM_OPERATIONS)
        operator = Arithmetic.AND if sign.type == Kind.AMPERSAND.value else Arithmetic(str(sign))
        return syntax.Computed(operator, left, right, depth, span)

    def positive(self, children: list[Any]) -> syntax.Value:
        value: syntax.Value = children[1]
        return value

    def negative(self, children: list[Any]) -> syntax.Negative:
        return syntax.Negative(children[1], _piece(children[0]).span.to(_span(children[1])))

    def word(self, children: list[Any]) -> syntax.Word | syntax.Literal:
        return _word(_piece(children[0]))

    def literal(self, children: list[Any]) -> syntax.Literal:
        return syntax.Literal(str(children[0]), _piece(children[0]).span)

    def string(self, children: list[Any]) -> syntax.String:
        piece = _piece(children[0])
        assert isinstance(piece.value, bytes)
        return syntax.String(piece.text, piece.value, piece.span)

    def character(self, children: list[Any]) -> syntax.Character:
        piece = _piece(children[0])
        assert isinstance(piece.value, int)
        return syntax.Character(piece.text, piece.value, piece.span)

    def layer(self, children: list[Any]) -> syntax.Layer:
        name, layer = (_piece(child) for child in children)
        return _layer(name, layer, name.span, is_raw=False)

    def raw(self, children: list[Any]) -> syntax.Layer:
        sign, name = _piece(children[0]), _piece(children[1])
        layer = None if children[2] is None else _piece(children[2])
        return _layer(name, layer, sign.span, is_raw=True)

    def slice(self, children: list[Any]) -> syntax.Slice:
        of, piece = children[0], _piece(children[1])
        assert isinstance(piece.value, tuple)
        depth = 1 + (of.depth if isinstance(of, syntax.Slice) else 0)
        if depth > MAXIMUM_OPERATIONS:
            raise FilterError(Mistake.TOO_DEEP, piece.span, most=MAXIMUM_OPERATIONS)
        return syntax.Slice(of, piece.value, depth, _span(of).to(piece.span))

    def call(self, children: list[Any]) -> syntax.Call:
        name, end = _piece(children[0]), _piece(children[-1])
        arguments = tuple(child for child in children[2:-1:2] if child is not None)
        return syntax.Call(name.text, name.span, arguments, name.span.to(end.span))


def _word(piece: Piece) -> syntax.Word | syntax.Literal:
    if piece.kind is Kind.LITERAL:
        return syntax.Literal(piece.text, piece.span)
    return syntax.Word(piece.text.removeprefix("."), piece.span, piece.kind is Kind.NAME)


def _layer(name: Piece, layer: Piece | None, start: Span, *, is_raw: bool) -> syntax.Layer:
    ranges = None if layer is None else layer.value
    assert ranges is None or isinstance(ranges, tuple)
    return syntax.Layer(_word(name), ranges, is_raw, start.to((layer or name).span))


def _test(node: Any) -> syntax.Test:
    """A test of what stands where one is wanted."""
    test: syntax.Test = node
    return test


def _with(relation: syntax.Compare | syntax.Search | syntax.Member, quantifier: Quantifier) -> Any:
    if isinstance(relation, syntax.Compare):
        return syntax.Compare(relation.values, relation.relations, quantifier, relation.span)
    if isinstance(relation, syntax.Search):
        return syntax.Search(relation.value, relation.what, relation.is_pattern, quantifier, relation.span)
    return syntax.Member(relation.value, relation.elements, relation.is_negated, quantifier, relation.span)


@cache
def _parser() -> Lark:
    return Lark(_GRAMMAR, parser="lalr", lexer=_Pieces, transformer=_Builder(), maybe_placeholders=True)


def parse(text: str) -> syntax.Test | None:
    """The shape of ``text``; None for a filter of blanks, which every packet passes.  Raises FilterError."""
    pieces = cut(text)
    if not pieces:
        return None  # who filters nothing needs no parser, which takes a tenth of a second to make
    try:
        # Our lexer takes pieces, and our builder makes no lark trees.
        tree = cast("syntax.Test | None", cast("Any", _parser()).parse(pieces))
    except UnexpectedToken as error:
        raise _syntax_error(text, pieces, error) from None
    return tree


def _syntax_error(text: str, pieces: list[Piece], error: UnexpectedToken) -> FilterError:
    if error.token.type == "$END":
        return FilterError(Mistake.UNEXPECTED_END, Span(len(text), 0), _end_hint(text, pieces))
    piece = _piece(error.token)
    return FilterError(Mistake.UNEXPECTED, piece.span, text=piece.text)


def _end_hint(text: str, pieces: list[Piece]) -> Hint | None:
    """A parenthesis or brace that was opened and never closed."""
    for opened, closed, sign in ((Kind.LPAREN, Kind.RPAREN, ")"), (Kind.LBRACE, Kind.RBRACE, "}")):
        missing = sum(piece.kind is opened for piece in pieces) - sum(piece.kind is closed for piece in pieces)
        if missing > 0:
            return Hint("close", {"sign": sign}, text + sign * missing)
    return None
