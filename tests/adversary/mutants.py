"""The engine's inner loop with one thing wrong at a time, to see whether the adversary notices.

Mutants are made from the source of `tcptui.analysis.kernel.segment`, so that a rule added tomorrow has its
mutants tomorrow.  `tcptui.analysis.kernel.states` has none: tshark, the judge, says nothing of states.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import tcptui.analysis.kernel.segment as original

_SOURCE: Final = Path(original.__file__).read_text()
_SUMS, _AFTER_SUMS = "        # Sums for the connection list.", "        stream[MARKS] |= marks"
#: What a statement fills that no line of rules/verdicts-format.md shows.
_NOT_SHOWN: Final = (
    "[MARKS]", "[MIN_RTT]", "[CLIENT]", "[PACKETS]", "[WIRE]", "[TROUBLED]", "[LAST_TIME]", "[FLOW]", "[PAYLOAD]",
    "[VERDICTS] |= verdict", "[VERDICTS] |= out_verdict", "out_state_a", "out_state_b", " TROUBLE ", "pool_time[",
    "if verdict != 0",
)  # fmt: skip
#: What outlives the segment in hand.
_MEMORY: Final = ("fwd[", "rev[", "stream[", "pool_", "out_marks")
#: Numbers of the rules; each is moved by one (ns, packets, bytes).
THRESHOLDS: Final = (
    "FAST_RETRANSMIT_NS", "OUT_OF_ORDER_NS", "FAST_DUPLICATES", "MAX_UNACKED", "MAX_IN_FLIGHT", "MAX_SHIFT",
    "DUPLICATES_RESET", "SEQ_HALF",
)  # fmt: skip
_NEIGHBOUR: Final[dict[type[ast.cmpop], type[ast.cmpop]]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
}  # fmt: skip

Kernel = Callable[..., Any]


@dataclass(frozen=True, slots=True)
class Mutant:
    """One wrong kernel; ``name`` says what was changed, and holds across moved lines."""

    name: str
    line: int
    code: Any

    def kernel(self) -> Kernel:
        """The inner loop, as plain Python."""
        space: dict[str, Any] = {"__name__": "mutant"}
        exec(self.code, space)
        kernel: Kernel = space["analyse"]
        return kernel


def mutants() -> Iterator[Mutant]:
    """Thresholds moved, verdicts never given, comparisons beside themselves, conditions and memories left out."""
    tree = ast.parse(_SOURCE)
    seen: dict[str, int] = {}
    for name, line, change, restore in _changes(tree):
        change()
        code = compile(ast.fix_missing_locations(tree), "mutant", "exec")
        restore()
        count = seen[name] = seen.get(name, 0) + 1
        yield Mutant(name if count == 1 else f"{name} #{count}", line, code)


_Change = tuple[str, int, Callable[[], None], Callable[[], None]]


def _changes(tree: ast.Module) -> Iterator[_Change]:
    for node in tree.body:
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.target.id in THRESHOLDS:
            for step in (-1, 1):
                yield _moved(node, step)
        elif isinstance(node, ast.ImportFrom):
            for name in [alias.name for alias in node.names if alias.name in THRESHOLDS]:
                for step in (-1, 1):
                    yield _moved_import(tree.body, node, name, step)
    function = next(node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == "analyse")
    yield from _in_body(function.body)


def _moved(node: ast.AnnAssign, step: int) -> _Change:
    value = node.value
    assert value is not None
    text = f"{ast.unparse(node.target)} {step:+d}"
    return (
        text, node.lineno,
        lambda: setattr(node, "value", ast.BinOp(value, ast.Add(), ast.Constant(step))),
        lambda: setattr(node, "value", value),
    )  # fmt: skip


def _moved_import(body: list[ast.stmt], node: ast.ImportFrom, name: str, step: int) -> _Change:
    text = f"{name} {step:+d}"
    moved = ast.parse(f"{name} = {name} {step:+d}").body[0]
    return text, node.lineno, lambda: body.insert(body.index(node) + 1, moved), lambda: body.remove(moved)


def _line_of(text: str) -> int:
    return _SOURCE[: _SOURCE.index(text)].count("\n") + 1


def _in_body(body: list[ast.stmt]) -> Iterator[_Change]:
    skipped = range(_line_of(_SUMS), _line_of(_AFTER_SUMS) + 1)
    for place, statement in enumerate(body):
        own = ast.unparse(statement).split("\n")[0]
        if statement.lineno in skipped or any(word in own for word in _NOT_SHOWN):
            continue
        for part in ("test", "value", "iter"):
            expression = getattr(statement, part, None)
            if isinstance(expression, ast.expr):
                yield from _in_expression(expression, own)
        if isinstance(statement, ast.AugAssign) and own.startswith("verdict |="):
            yield _left_out(body, place, f"rule off: {own}")
        elif isinstance(statement, ast.Assign | ast.AugAssign) and own.startswith(_MEMORY):
            yield _left_out(body, place, f"not remembered: {own}")
        for inner in ("body", "orelse"):
            yield from _in_body(getattr(statement, inner, []))


def _left_out(body: list[ast.stmt], place: int, name: str) -> _Change:
    statement = body[place]
    nothing = ast.Pass()

    def put(what: ast.stmt) -> None:
        body[place] = what

    return name, statement.lineno, lambda: put(nothing), lambda: put(statement)


def _in_expression(expression: ast.expr, statement: str) -> Iterator[_Change]:
    for node in ast.walk(expression):
        if isinstance(node, ast.Compare):
            for index, operator in enumerate(node.ops):
                yield _other_operator(node, index, operator, statement)
        elif isinstance(node, ast.BoolOp):
            for index, operand in enumerate(node.values):
                yield _without(node, index, operand, statement)


def _other_operator(node: ast.Compare, index: int, operator: ast.cmpop, statement: str) -> _Change:
    other = _NEIGHBOUR[type(operator)]()
    before = ast.unparse(node)
    name = f"{before}: {type(operator).__name__} becomes {type(other).__name__}, in: {statement}"

    def put(what: ast.cmpop) -> None:
        node.ops[index] = what

    return name, node.lineno, lambda: put(other), lambda: put(operator)


def _without(node: ast.BoolOp, index: int, operand: ast.expr, statement: str) -> _Change:
    name = f"without {ast.unparse(operand)}, in: {statement}"
    neutral = ast.Constant(isinstance(node.op, ast.And))

    def put(what: ast.expr) -> None:
        node.values[index] = what

    return name, operand.lineno, lambda: put(neutral), lambda: put(operand)
