"""Hypothesis strategies: display filters over fields of every type, most of them right, some of them nearly."""

from __future__ import annotations

from typing import Final

from hypothesis import strategies as st

from tcptui.model.field import FieldType as T
from tcptui.model.field import Owner
from tcptui.model.fields import ROWS

_BY_TYPE: Final[dict[T, list[str]]] = {}
for _row in ROWS:
    if _row.owner is Owner.WIRESHARK:
        _BY_TYPE.setdefault(_row.type, []).append(_row.name)

_WORDS: Final = st.sampled_from(
    ["a", "GET", "TCP", "set", "True", "TRUE", "true", "Good", "x-y", "a.b", "tcp", "ff", "Error"]
)
_NUMBERS: Final = st.one_of(
    st.integers(0, 300).map(str), st.sampled_from(["65535", "65536", "0x1f", "010", "08", "0b101", "-1", "4294967296"]),
)  # fmt: skip
_BYTES: Final = st.sampled_from(
    ["01:02", "0102", "1", "ff:00:11:22:33:44", "01-02", "0011.2233.4455", ":aa", "0x41", "xy"]
)
_ADDRESSES: Final = st.sampled_from([
    "10.0.0.1", "10.0.0.0/8", "10.0.0.1/33", "::1", "fe80::/10", "1:2:3:4:5:6:7:8", "::ffff:1.2.3.4", "256.0.0.1",
    "10.0.0",
])  # fmt: skip
_TIMES: Final = st.sampled_from([
    "1.5", "0.000001", "-2", "5s", '"2023-11-14 22:13:20"', '"2023-11-14T22:13:20.5Z"', '"2023-02-30"',
    '"Nov 14, 2023 1:2:3"',
    "2023-11-14", '"2023-13-01"', '"2023-11-14 22:13 UTC"',
])  # fmt: skip
_STRINGS: Final = st.sampled_from(['"a"', '"\\x41b"', 'r"\\d+"', '""', '"Set"', '"TCP"', '"("', "'a'", "'\\n'", "'ab'"])
_ANYTHING: Final = st.one_of(_WORDS, _NUMBERS, _BYTES, _ADDRESSES, _TIMES, _STRINGS)
_FITTING: Final = {
    **{kind: _NUMBERS for kind in T if kind.value.startswith(("FT_UINT", "FT_INT", "FT_FRAMENUM"))},
    T.BOOLEAN: st.one_of(_NUMBERS, st.sampled_from(["True", "FALSE", "Set", '"Not set"'])),
    T.BYTES: st.one_of(_BYTES, _STRINGS), T.PROTOCOL: st.one_of(_BYTES, _STRINGS), T.ETHER: _BYTES,
    T.IPV4: _ADDRESSES, T.IPV6: _ADDRESSES, T.STRING: st.one_of(_STRINGS, _WORDS),
    T.ABSOLUTE_TIME: _TIMES, T.RELATIVE_TIME: _TIMES, T.NONE: _ANYTHING, T.DOUBLE: st.one_of(_NUMBERS, _TIMES),
    T.FLOAT: st.one_of(_NUMBERS, _TIMES),
}  # fmt: skip
_RELATIONS: Final = st.sampled_from(
    ["==", "!=", "===", "!==", ">", ">=", "<", "<=", "eq", "ne", "gt", "le", "any_eq", "all_ne"]
)
_RANGES: Final = st.sampled_from(["[0]", "[0:2]", "[1-3]", "[-2:]", "[:3]", "[0,2:1]", "[2-1]", "[0:0]"])
_LAYERS: Final = st.sampled_from(["#1", "#2", "#[1-2]", "#[-1]", "#-1"])


@st.composite
def _field(draw: st.DrawFn) -> tuple[str, T]:
    kind = draw(st.sampled_from(sorted(_BY_TYPE, key=lambda one: one.value)))
    return draw(st.sampled_from(_BY_TYPE[kind])), kind


@st.composite
def _value(draw: st.DrawFn, depth: int = 2) -> tuple[str, T]:
    """Something with a type on the left of a relation."""
    name, kind = draw(_field())
    shape = draw(st.integers(0, 11))
    if shape < 5 or not depth:
        return name, kind
    if shape == 5:
        return f"{name}{draw(_LAYERS)}", kind
    if shape == 6:
        return f"{name}{draw(_RANGES)}", T.BYTES
    if shape in (7, 8):
        function = draw(st.sampled_from(["len", "count", "lower", "upper", "string", "max", "min", "abs"]))
        result = T.UINT32 if function in ("len", "count") else kind if function in ("max", "min", "abs") else T.STRING
        more = f", {draw(_value(depth - 1))[0]}" if draw(st.integers(0, 4)) == 0 else ""
        return f"{function}({name}{more})", result
    if shape == 9:
        return f"-{name}", kind
    operator = draw(st.sampled_from(["&", "+", "-", "*", "/", "%"]))
    other = draw(st.one_of(_FITTING[kind], _value(depth - 1).map(lambda value: value[0])))
    text = f"{name} {operator} {other}"
    return (f"{{{text}}}" if draw(st.booleans()) else text), kind


@st.composite
def _relation(draw: st.DrawFn) -> str:
    left, kind = draw(_value())
    right = st.one_of(_FITTING[kind], _FITTING[kind], _value().map(lambda value: value[0]), _ANYTHING)
    shape = draw(st.integers(0, 9))
    before = draw(st.sampled_from(["", "", "", "any ", "all "]))
    if shape < 5:
        chain = f" {draw(_RELATIONS)} {draw(right)}" if draw(st.integers(0, 9)) == 0 else ""
        return f"{before}{left} {draw(_RELATIONS)} {draw(right)}{chain}"
    if shape == 5:
        return f"{before}{left} contains {draw(right)}"
    if shape == 6:
        return f"{before}{left} matches {draw(_STRINGS)}"
    if shape == 7:
        element = st.one_of(_FITTING[kind], st.tuples(_FITTING[kind], _FITTING[kind]).map(" .. ".join))
        members = ", ".join(draw(st.lists(element, min_size=1, max_size=3)))
        return f"{before}{left} {draw(st.sampled_from(['in', 'not in']))} {{{members}}}"
    return left if shape == 8 else draw(_field())[0]


@st.composite
def filters(draw: st.DrawFn) -> str:
    """One filter of up to three tests."""
    tests = draw(st.lists(_relation(), min_size=1, max_size=3))
    text = tests[0]
    for test in tests[1:]:
        join = draw(st.sampled_from(["and", "or", "&&", "||"]))
        text = f"({text}) {join} {test}" if draw(st.booleans()) else f"{text} {join} {test}"
    return draw(st.sampled_from(["", "", "", "not ", "!"])) + text
