"""Names and types: what the grammar allows, and Wireshark 4.0.17 still refuses.

The rules are those of its semantic check.  A word is first a field; only what is none is a value, of the type of the
other side.  A value on the right takes the type of the leftmost field, function or slice on the left.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tcptui.dfilter import expression, syntax, types
from tcptui.dfilter.errors import FilterError, Mistake, Span
from tcptui.dfilter.hints import for_constant_first, for_incompatible, for_unknown, for_value
from tcptui.dfilter.literals import from_character, from_string, from_word, negated, number
from tcptui.dfilter.names import has_value_strings, is_foreign, nearest, value_string
from tcptui.dfilter.operators import LATER_FUNCTIONS, Arithmetic, Function, Quantifier
from tcptui.dfilter.regex import PatternError, Refusal, compile_pattern
from tcptui.dfilter.remarks import Remark, RemarkKey
from tcptui.model.field import FieldType as T
from tcptui.model.field import Owner
from tcptui.model.fields import FIELDS

if TYPE_CHECKING:
    from tcptui.dfilter.literals import Parsed
    from tcptui.model.field import Field

Allowed = frozenset[T]
_CAN: Final[dict[Arithmetic, Allowed]] = {
    Arithmetic.AND: types.BITS, Arithmetic.ADD: types.SUM, Arithmetic.SUBTRACT: types.SUM,
    Arithmetic.MULTIPLY: types.PRODUCT, Arithmetic.DIVIDE: types.PRODUCT, Arithmetic.MODULO: types.MODULO,
}  # fmt: skip
_FUNCTIONS: Final = {function.value: function for function in Function}
_DEFAULT_BOOLEANS: Final = {"true": 1, "false": 0}


@dataclass(frozen=True, slots=True)
class _Typed:
    """A value, its type, and the field whose value strings its constants may use."""

    value: expression.Value
    type: T
    field: Field | None = None
    is_slice: bool = False
    """Slices are compared with the bytes of whatever stands on the other side."""


class Checker:
    """Checks one filter; ``remarks`` grows meanwhile."""

    def __init__(self, text: str) -> None:
        self._text = text
        self.remarks: list[Remark] = []

    def test(self, node: syntax.Test) -> expression.Test:
        """The checked ``node``.  Raises FilterError."""
        match node:
            case syntax.And():
                return expression.And(self._flat(node.of, expression.And))
            case syntax.Or():
                return expression.Or(self._flat(node.of, expression.Or))
            case syntax.Xor():
                self._remark(RemarkKey.LATER, Span(0, len(self._text)), what="xor", version="4.6")
                return expression.Xor(self._flat(node.of, expression.Xor))
            case syntax.Not():
                inner = self.test(node.of)
                return inner.of if isinstance(inner, expression.Not) else expression.Not(inner)
            case syntax.Truth():
                return self._truth(node.value)
            case syntax.Compare():
                return self._compare(node)
            case syntax.Search():
                return self._matches(node) if node.is_pattern else self._contains(node)
            case syntax.Member():
                return self._member(node)

    def _flat(
        self, nodes: tuple[syntax.Test, ...], kind: type[expression.And | expression.Or | expression.Xor]
    ) -> tuple[expression.Test, ...]:
        """The checked nodes, those of the same kind dissolved: ``(a and b) and c`` is ``a and b and c``."""
        tests: list[expression.Test] = []
        for node in nodes:
            checked = self.test(node)
            tests += checked.of if isinstance(checked, kind) else (checked,)
        return tuple(tests)

    def _remark(self, key: RemarkKey, span: Span, **facts: object) -> None:
        self.remarks.append(Remark(key, span, facts))

    # ---- single values

    def _field(self, node: syntax.Word | syntax.Literal) -> Field | None:
        """The field that ``node`` names; None for a value.  Raises FilterError for a field that tshark alone has."""
        field = FIELDS.get(node.text)
        if field is None and isinstance(node, syntax.Word):
            if is_foreign(node.text):
                raise FilterError(Mistake.FOREIGN_FIELD, node.span, for_unknown(self._text, node.text), name=node.text)
            if node.must_be_field:
                raise self._unknown(node)
        if field is not None and field.owner is Owner.NEWER_WIRESHARK:
            self._remark(RemarkKey.LATER_FIELD, node.span, name=field.name)
        return field

    def _unknown(self, node: syntax.Value) -> FilterError:
        """What stands where a field must: an unknown name, or a value."""
        if isinstance(node, syntax.Word) and not node.text[0].isdigit():
            near = nearest(node.text)
            hint = for_unknown(self._text, node.text)
            return FilterError(Mistake.UNKNOWN_FIELD, node.span, hint, name=node.text, near=", ".join(near))
        shown = self._text[node.span.offset : node.span.end]
        return FilterError(Mistake.NOT_A_FIELD, node.span, for_unknown(self._text, shown), text=shown)

    def _named(self, node: syntax.Word | syntax.Literal | syntax.Layer) -> _Typed | None:
        """A field with or without layers; None for a value."""
        if isinstance(node, syntax.Layer):
            field = self._field(node.word)
            if field is None:
                raise self._unknown(node.word)
            if node.is_raw:
                self._remark(RemarkKey.LATER, node.span, what="@", version="4.2")
            value = expression.FieldValue(field, node.ranges, node.is_raw, node.span)
            return _Typed(value, T.BYTES, None) if node.is_raw else _Typed(value, types.type_of(field), field)
        field = self._field(node)
        if field is None:
            return None
        return _Typed(expression.FieldValue(field, span=node.span), types.type_of(field), field)

    def _is_constant(self, node: syntax.Value) -> bool:
        if isinstance(node, syntax.Word):
            return self._field(node) is None
        return isinstance(node, syntax.Literal | syntax.String | syntax.Character)

    def _constant(self, node: syntax.Value, kind: T, field: Field | None, *, is_part: bool = False) -> _Typed:
        """A word, string or character as a value of ``kind``.  Raises FilterError."""
        parsed: Parsed | None = None
        match node:
            case syntax.Word() | syntax.Literal():
                found = from_word(kind, node.text, is_part=is_part)
                if found is not None:
                    kind, parsed = found
                    self._remark_word(node, kind)
                parsed = parsed or self._from_value_string(node.text, kind, field, node.span)
            case syntax.String():
                kind = types.quoted_type(field, kind)
                parsed = from_string(kind, node.value)
                parsed = parsed or self._from_value_string(node.value.decode("latin-1"), kind, field, node.span)
            case syntax.Character():
                parsed = from_character(kind, node.code)
            case _:
                raise FilterError(Mistake.ARGUMENT, node.span, text=self._shown(node))
        if parsed is None:
            raise self._not_a_value(node, kind, field)
        value, prefix = parsed
        return _Typed(expression.Constant(kind, value, prefix, self._shown(node), node.span), kind)

    def _remark_word(self, node: syntax.Word | syntax.Literal, kind: T) -> None:
        text = node.text
        if kind in (T.BYTES, T.PROTOCOL) and text.isdecimal():
            self._remark(RemarkKey.HEXADECIMAL, node.span, text=text)
        elif kind in types.INTEGERS and len(text) > 1 and text[0] == "0" and text.isdecimal():
            self._remark(RemarkKey.OCTAL, node.span, text=text, value=int(text, 8))
        elif kind is T.STRING and isinstance(node, syntax.Word):
            self._remark(RemarkKey.UNQUOTED, node.span, text=text)

    def _from_value_string(self, text: str, kind: T, field: Field | None, span: Span) -> Parsed | None:
        if field is None or kind not in types.INTEGERS | {T.BOOLEAN} or kind is T.FRAMENUM:
            return None
        value = value_string(field.name, text)
        if value is None and kind is T.BOOLEAN:
            value = _DEFAULT_BOOLEANS.get(text.lower())
            if value is not None and has_value_strings(field.name):
                if self._text[span.offset : span.offset + 1] in ('"', "r", "R"):
                    return None  # later versions take the word, not the string
                self._remark(RemarkKey.LATER, span, what=text, version="4.6")
        return None if value is None else (value, None)

    def _not_a_value(self, node: syntax.Value, kind: T, field: Field | None) -> FilterError:
        shown = self._shown(node)
        hint = for_value(self._text, node, kind, field)
        if kind is T.ABSOLUTE_TIME:
            return FilterError(Mistake.TIME, node.span, hint, text=shown)
        most = types.largest(kind)
        if most is not None and isinstance(node, syntax.Word) and number(node.text) is not None:
            return FilterError(Mistake.VALUE_TOO_BIG, node.span, hint, text=shown, most=most, type=kind.value)
        if field is None:
            return FilterError(Mistake.VALUE_OF_TYPE, node.span, hint, text=shown, type=kind.value)
        return FilterError(Mistake.VALUE, node.span, hint, text=shown, type=kind.value, name=field.name)

    def _shown(self, node: syntax.Value) -> str:
        return self._text[node.span.offset : node.span.end]

    # ---- compound values

    def _slice(self, node: syntax.Slice) -> _Typed:
        of = node.of
        match of:
            case syntax.Slice():
                inner = self._slice(of)
            case syntax.Call():
                inner = self._call(of, None)
            case syntax.Word() | syntax.Literal() | syntax.Layer():
                named = self._named(of)
                if named is None:
                    raise self._unknown(of)
                inner = named
            case _:
                raise self._unknown(of)
        if inner.type not in types.SLICE:
            raise FilterError(Mistake.SLICE, of.span, text=self._shown(of), type=inner.type.value)
        return _Typed(expression.SliceValue(inner.value, node.ranges, node.span), T.BYTES, None, is_slice=True)

    def _call(self, node: syntax.Call, wanted: T | None) -> _Typed:
        """A function's call; constants among its arguments take the type ``wanted`` on the other side."""
        function = _FUNCTIONS.get(node.name)
        if function is None:
            mistake = Mistake.LATER_FUNCTION if node.name in LATER_FUNCTIONS else Mistake.UNKNOWN_FUNCTION
            raise FilterError(mistake, node.name_span, name=node.name, known=", ".join(_FUNCTIONS))
        if not node.arguments or (len(node.arguments) > 1 and not function.takes_many):
            raise FilterError(Mistake.ARGUMENT_COUNT, node.span, name=node.name, count=len(node.arguments))
        match function:
            case Function.MAX | Function.MIN:
                return self._extreme(node, function, wanted)
            case Function.ABS:
                argument = self._operand_of(node, node.arguments[0], wanted)
                self._require(argument.type in types.SIGN, node, node.arguments[0])
                return _Typed(expression.CallValue(function, (argument.value,), node.span), argument.type)
            case Function.LOWER | Function.UPPER:
                return self._of_field(node, function, frozenset({T.STRING}), T.STRING)
            case Function.STRING:
                return self._of_field(node, function, types.AS_STRING, T.STRING)
            case Function.LEN | Function.COUNT:
                return self._of_field(node, function, frozenset(T), T.UINT32)

    def _require(self, is_right: bool, node: syntax.Call, argument: syntax.Value) -> None:
        if not is_right:
            raise FilterError(Mistake.ARGUMENT, argument.span, text=self._shown(argument), name=node.name)

    def _of_field(self, node: syntax.Call, function: Function, allowed: Allowed, result: T) -> _Typed:
        argument = node.arguments[0]
        named = None
        if isinstance(argument, syntax.Word | syntax.Literal | syntax.Layer):
            named = self._named(argument)
            if named is None and isinstance(argument, syntax.Word) and not argument.text[0].isdigit():
                raise self._unknown(argument)
        if named is None or named.type not in allowed:
            raise FilterError(Mistake.ARGUMENT, argument.span, text=self._shown(argument), name=node.name)
        return _Typed(expression.CallValue(function, (named.value,), node.span), result)

    def _operand_of(self, node: syntax.Call, argument: syntax.Value, wanted: T | None) -> _Typed:
        """An argument of `max`, `min` or `abs`: a field, a number, something computed."""
        match argument:
            case syntax.Computed() | syntax.Negative():
                return self._arithmetic(argument, wanted)
            case syntax.Call():
                return self._call(argument, wanted)
            case syntax.Word() | syntax.Literal() | syntax.Layer():
                named = self._named(argument)
                if named is not None:
                    return named
                if wanted is not None:
                    return self._constant(argument, wanted, None)
            case _:
                pass
        raise FilterError(Mistake.ARGUMENT, argument.span, text=self._shown(argument), name=node.name)

    def _extreme(self, node: syntax.Call, function: Function, wanted: T | None) -> _Typed:
        leading, *others = node.arguments
        first = self._operand_of(node, leading, wanted)
        if first.type is T.NONE and others:
            # 4.0.17 takes the type of the next argument; nothing without a value is the largest or the smallest.
            leading, *others = others
            first = self._operand_of(node, leading, wanted)
            self._require(first.type in types.ORDER, node, leading)
        self._require(first.type is not T.NONE, node, leading)
        values = [first.value]
        for argument in others:
            other = self._operand_of(node, argument, first.type)
            self._require(other.type is first.type and other.type in types.ORDER, node, argument)
            values.append(other.value)
        return _Typed(expression.CallValue(function, tuple(values), node.span), first.type)

    def _arithmetic(self, node: syntax.Value, wanted: T | None) -> _Typed:
        """A value that is computed; ``wanted``: the type of its constants, None on the left, where they come later."""
        match node:
            case syntax.Computed():
                return self._computed(node, wanted)
            case syntax.Negative():
                of = self._arithmetic(node.of, wanted)
                if of.type not in types.NEGATE:
                    raise FilterError(Mistake.TYPE_HAS_NO, node.span, text=self._shown(node.of), sign="-",
                                      type=of.type.value)  # fmt: skip
                if isinstance(of.value, expression.Constant) and not isinstance(of.value.value, bytes):
                    value = negated(of.type, of.value.value)
                    if value is None:
                        raise self._not_a_value(node, of.type, None)
                    constant = expression.Constant(of.type, value, None, self._shown(node), node.span)
                    return _Typed(constant, of.type)
                return _Typed(expression.NegativeValue(of.value, node.span), of.type, of.field)
            case syntax.Call():
                return self._call(node, wanted)
            case syntax.Slice():
                return self._slice(node)
            case syntax.Word() | syntax.Literal() | syntax.Layer():
                named = self._named(node)
                if named is not None:
                    return named
                if wanted is None:
                    raise FilterError(Mistake.CONSTANT_FIRST, node.span, for_constant_first(), text=self._shown(node))
                return self._constant(node, wanted, None)
            case _:
                raise FilterError(Mistake.ARGUMENT, node.span, text=self._shown(node), name="")

    def _computed(self, node: syntax.Computed, wanted: T | None) -> _Typed:
        if "bitand" in self._text[node.left.span.end : node.right.span.offset]:
            self._remark(RemarkKey.LATER, node.span, what="bitand", version="4.4")
        left = self._arithmetic(node.left, wanted)
        can = _CAN[node.operator]
        # Each side is looked at before they are compared, so the message names the one that cannot.
        self._require_can(left, node.left, can, node.operator)
        right = self._arithmetic(node.right, left.type)
        self._require_can(right, node.right, can, node.operator)
        if not types.compatible(left.type, right.type):
            raise self._incompatible(node.left, node.right, left, right)
        value = expression.ComputedValue(node.operator, left.value, right.value, node.span)
        return _Typed(value, left.type, left.field, left.is_slice)

    def _require_can(self, typed: _Typed, node: syntax.Value, can: Allowed, operator: Arithmetic) -> None:
        if typed.type not in can:
            raise FilterError(Mistake.TYPE_HAS_NO, node.span, text=self._shown(node), sign=operator.value,
                              type=typed.type.value)  # fmt: skip

    def _incompatible(self, left: syntax.Value, right: syntax.Value, one: _Typed, other: _Typed) -> FilterError:
        hint = for_incompatible(self._text, right, one.field)
        return FilterError(Mistake.INCOMPATIBLE, right.span, hint, left=self._shown(left), right=self._shown(right),
                           left_type=one.type.value, right_type=other.type.value)  # fmt: skip

    # ---- tests

    def _truth(self, node: syntax.Value) -> expression.Test:
        match node:
            case syntax.Word() | syntax.Literal() | syntax.Layer():
                named = self._named(node)
                if named is None or not isinstance(named.value, expression.FieldValue):
                    raise self._unknown(node)
                return expression.Exists(named.value)
            case syntax.String() | syntax.Character():
                raise self._unknown(node)
            case syntax.Call():
                self._remark(RemarkKey.LATER, node.span, what=f"{node.name}()", version="4.4")
                return expression.Nonzero(self._call(node, None).value)
            case _:
                return expression.Nonzero(self._arithmetic(node, None).value)

    def _compare(self, node: syntax.Compare) -> expression.Test:
        """One comparison, or all of a chain's; before a chain ``any`` and ``all`` do nothing, as in Wireshark 4.0."""
        tests: list[expression.Test] = []
        is_chain = len(node.relations) > 1
        pairs = zip(node.values, node.relations, node.values[1:], strict=False)
        for left, (relation, implied), right in pairs:
            allowed = types.ORDER if relation.orders else types.EQUAL
            if self._is_constant(left):
                one, other = self._constant_first(left, right, allowed)
            else:
                first = self._left(left, allowed, relation.value)
                one, other = first.value, self._right(left, first, right, allowed).value
            quantifier = implied if is_chain else node.quantifier or implied
            tests.append(expression.Comparison(relation, quantifier, one, other, left.span.to(right.span)))
        if is_chain and node.quantifier is not None:
            self._remark(RemarkKey.CHAIN, node.span, word=node.quantifier.value)
        return expression.And(tuple(tests)) if is_chain else tests[0]

    def _constant_first(
        self, left: syntax.Value, right: syntax.Value, allowed: Allowed
    ) -> tuple[expression.Value, expression.Value]:
        """A constant before the relation: an error in 4.0."""
        if self._is_constant(right):
            if isinstance(left, syntax.Word) and not left.text[0].isdigit():
                raise self._unknown(left)
            raise FilterError(Mistake.CONSTANT, left.span.to(right.span), for_unknown(self._text, self._shown(left)))
        other = self._left(right, allowed, "")
        self._remark(RemarkKey.LATER_CONSTANT, left.span, value=self._shown(left))
        kind = T.BYTES if other.is_slice else other.type
        return self._constant(left, kind, other.field).value, other.value

    def _left(self, node: syntax.Value, allowed: Allowed, sign: str) -> _Typed:
        """What stands before a relation; its type must be ``allowed``."""
        match node:
            case syntax.String() | syntax.Character():
                raise self._unknown(node)
            case syntax.Word() | syntax.Literal():
                named = self._named(node)
                if named is None:
                    raise self._unknown(node)
                left = named
            case _:
                left = self._arithmetic(node, None)
        if left.type not in allowed and not left.is_slice:
            raise FilterError(Mistake.TYPE_HAS_NO, node.span, text=self._shown(node), sign=sign, type=left.type.value)
        return left

    def _right(
        self, left_node: syntax.Value, left: _Typed, node: syntax.Value, allowed: Allowed, *, is_part: bool = False
    ) -> _Typed:
        """What stands behind a relation, of the type that the left asks for."""
        kind = T.BYTES if left.is_slice else left.type
        right: _Typed | None
        match node:
            case syntax.Word() | syntax.Literal() | syntax.Layer():
                right = self._named(node)
            case syntax.Call():
                right = self._call(node, kind)
            case syntax.Slice():
                right = self._slice(node)
            case syntax.Computed() | syntax.Negative():
                right = self._arithmetic(node, kind)
                if not types.compatible(kind, right.type) or right.type not in allowed:
                    raise self._incompatible(left_node, node, left, right)
                return right
            case _:
                right = None
        if right is None:
            return self._constant(node, kind, left.field, is_part=is_part)
        if right.is_slice:
            if kind not in types.BYTES | types.SLICE:
                raise FilterError(Mistake.SLICE, left_node.span, text=self._shown(left_node), type=kind.value)
        elif left.is_slice:
            if right.type not in types.BYTES | types.SLICE:
                raise FilterError(Mistake.SLICE, node.span, text=self._shown(node), type=right.type.value)
        elif not types.compatible(kind, right.type) or right.type not in allowed:
            raise self._incompatible(left_node, node, left, right)
        return right

    def _contains(self, node: syntax.Search) -> expression.Test:
        left = self._left(node.value, types.CONTAINS, "contains")
        right = self._right(node.value, left, node.what, types.CONTAINS, is_part=True)
        return expression.Contains(node.quantifier or Quantifier.ANY, left.value, right.value, node.span)

    def _matches(self, node: syntax.Search) -> expression.Test:
        if not isinstance(node.what, syntax.String):
            raise FilterError(Mistake.PATTERN_QUOTED, node.what.span, for_value(self._text, node.what, T.STRING, None),
                              text=self._shown(node.what))  # fmt: skip
        left = self._left(node.value, types.MATCHES, "matches")
        pattern = node.what.value
        try:
            compiled = compile_pattern(pattern)
        except PatternError as error:
            is_invalid = error.refusal is Refusal.INVALID
            mistake = Mistake.PATTERN if is_invalid else Mistake.PATTERN_UNSUPPORTED
            raise FilterError(mistake, node.what.span, text=error.text) from None
        quantifier = node.quantifier or Quantifier.ANY
        return expression.Matches(quantifier, left.value, pattern, compiled, node.span)

    def _member(self, node: syntax.Member) -> expression.Test:
        named = None
        if isinstance(node.value, syntax.Word | syntax.Literal | syntax.Layer):
            named = self._named(node.value)
        if named is None or not isinstance(named.value, expression.FieldValue):
            if isinstance(node.value, syntax.Word):
                raise self._unknown(node.value)
            raise FilterError(Mistake.SET_OF_FIELD, node.value.span, text=self._shown(node.value))
        field = named
        if field.type not in types.EQUAL:
            raise FilterError(Mistake.TYPE_HAS_NO, node.value.span, text=self._shown(node.value), sign="in",
                              type=field.type.value)  # fmt: skip
        elements = tuple(self._element(node.value, field, element) for element in node.elements)
        quantifier = node.quantifier or Quantifier.ANY
        return expression.Membership(quantifier, named.value, elements, node.is_negated, node.span)

    def _element(
        self, of: syntax.Value, field: _Typed, element: syntax.Value | syntax.Interval
    ) -> expression.Value | expression.Interval:
        if not isinstance(element, syntax.Interval):
            return self._in_set(of, field, element, types.EQUAL)
        if field.type not in types.ORDER:
            raise FilterError(Mistake.TYPE_HAS_NO, of.span, text=self._shown(of), sign="..", type=field.type.value)
        low = self._in_set(of, field, element.low, types.ORDER)
        return expression.Interval(low, self._in_set(of, field, element.high, types.ORDER))

    def _in_set(self, of: syntax.Value, field: _Typed, node: syntax.Value, allowed: Allowed) -> expression.Value:
        if isinstance(node, syntax.Slice):
            raise FilterError(Mistake.SET_SLICE, node.span, text=self._shown(node))
        return self._right(of, field, node, allowed).value
