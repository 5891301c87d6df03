"""Inlines the functions that a kernel calls into the kernel's source, before numba compiles it.

A call, also one that numba inlines, changes the reference count of every array argument by an atomic instruction.
That takes a quarter of the kernel's time.
"""

from __future__ import annotations

import ast
import inspect
from types import FunctionType


def inlined(kernel: FunctionType) -> FunctionType:
    """``kernel`` with each statement ``targets = function(names)`` replaced by the body of that function.

    Raises TypeError where a call cannot be replaced: arguments must have the parameters' names, parameters are not
    assigned to, and the only ``return`` comes last.
    """
    called = {
        name: function
        for name in kernel.__code__.co_names
        if isinstance(function := kernel.__globals__.get(name), FunctionType)
    }
    if not called:
        return kernel
    module = ast.Module([_Inliner(called).visit(_definition(kernel))], [])
    space: dict[str, object] = {}
    for function in (*called.values(), kernel):
        space |= function.__globals__
    exec(compile(ast.fix_missing_locations(module), kernel.__code__.co_filename, "exec"), space)
    made = space[kernel.__name__]
    assert isinstance(made, FunctionType)
    return made


def _definition(function: FunctionType) -> ast.FunctionDef:
    definition = ast.parse(inspect.getsource(function)).body[0]
    assert isinstance(definition, ast.FunctionDef)
    # numba's cache identifies a function by its first line.
    ast.increment_lineno(definition, function.__code__.co_firstlineno - definition.lineno)
    return definition


class _Inliner(ast.NodeTransformer):
    def __init__(self, called: dict[str, FunctionType]) -> None:
        self._called = called

    def visit_Assign(self, node: ast.Assign) -> ast.stmt | list[ast.stmt]:
        call = node.value
        if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in self._called):
            return node
        definition = _definition(self._called[call.func.id])
        names = {each for each in ast.walk(definition) if isinstance(each, ast.Name)}
        assigned = {each.id for each in names if isinstance(each.ctx, ast.Store)}
        parameters = [each.arg for each in definition.args.args]
        returns = [each for each in ast.walk(definition) if isinstance(each, ast.Return)]
        last = definition.body[-1]
        if (
            [ast.unparse(argument) for argument in call.args] != parameters
            or assigned & set(parameters)
            or returns != [last]
            or not isinstance(last, ast.Return)
            or last.value is None
        ):
            raise TypeError(f"{call.func.id} cannot be inlined")
        for each in names:  # local names must not clash with the kernel's
            if each.id in assigned:
                each.id = f"{definition.name}_{each.id}"
        return [*definition.body[:-1], ast.copy_location(ast.Assign(node.targets, last.value), node)]
