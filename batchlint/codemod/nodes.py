"""Small LibCST building blocks of the rewriter."""

from __future__ import annotations

import ast
import itertools
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar, cast

import libcst as cst
import libcst.matchers as m

from batchlint.codemod.changes import Phased

WIDTH = 88
ASKS_NOTHING = "yield from ()  # asks nothing, but is run like what asks"
TWO_LINES = [cst.EmptyLine(indent=False)] * 2
"""The gap between functions of a module."""
_Decorated = TypeVar("_Decorated", cst.FunctionDef, cst.FunctionDef | cst.ClassDef)


def line(text: str) -> cst.SimpleStatementLine:
    statement = cst.parse_statement(text)
    assert isinstance(statement, cst.SimpleStatementLine)
    return statement


def name_expression(dotted: str) -> cst.BaseExpression:
    return cst.parse_expression(dotted)


def def_statement(
    name: str, parameters: Sequence[str], body: cst.BaseSuite, *, is_async: bool = False
) -> cst.FunctionDef:
    return cst.FunctionDef(
        name=cst.Name(name),
        params=cst.Parameters([cst.Param(cst.Name(p)) for p in parameters]),
        body=body,
        asynchronous=cst.Asynchronous() if is_async else None,
        leading_lines=[],
    )


def indented(body: cst.BaseSuite) -> cst.IndentedBlock:
    """The suite as lines of its own."""
    if isinstance(body, cst.IndentedBlock):
        return body
    return cst.IndentedBlock([cst.SimpleStatementLine(cast(list[cst.BaseSmallStatement], list(body.body)))])


def arguments_like(call: cst.Call, first: cst.BaseExpression) -> list[cst.Arg]:
    """The call's arguments behind `first`, laid out as they are."""
    if not call.args:
        return [cst.Arg(first)]
    spread = call.whitespace_before_args
    after = spread if isinstance(spread, cst.ParenthesizedWhitespace) else cst.SimpleWhitespace(" ")
    return [cst.Arg(first, comma=cst.Comma(whitespace_after=after)), *call.args]


def own_parens(value: cst.BaseExpression, original: cst.BaseExpression | None) -> cst.BaseExpression:
    """A `yield` or `await` that fills the right-hand side needs no parentheses of its own."""
    if isinstance(value, cst.Yield | cst.Await) and not isinstance(original, cst.Yield | cst.Await):
        return value.with_changes(lpar=[], rpar=[])
    return value


def drawable(over: cst.BaseExpression) -> cst.BaseExpression:
    """What a `for` statement goes over, as a comprehension can go over it."""
    if isinstance(over, cst.Tuple | cst.IfExp | cst.Lambda) and not over.lpar:
        return over.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()])
    return over


def standalone(value: cst.BaseExpression) -> cst.BaseExpression:
    """The expression in parentheses where it spans lines that only the brackets around it held together."""
    code = cst.Module([]).code_for_node(value)
    if "\n" not in code:
        return value
    try:
        cst.parse_statement(f"return {code}")
    except cst.ParserSyntaxError:
        inner = cst.ParenthesizedWhitespace(
            cst.TrailingWhitespace(), [], indent=True, last_line=cst.SimpleWhitespace("    ")
        )
        outer = cst.ParenthesizedWhitespace(
            cst.TrailingWhitespace(), [], indent=True, last_line=cst.SimpleWhitespace("")
        )
        return value.with_changes(
            lpar=[cst.LeftParen(whitespace_after=inner)], rpar=[cst.RightParen(whitespace_before=outer)]
        )
    return value


def long_call(func: cst.BaseExpression, argument: cst.BaseExpression, column: int, indent: str) -> cst.Call:
    """`func(argument)`, on several lines where one does not hold it."""
    call = cst.Call(func, [cst.Arg(argument)])
    code = cst.Module([]).code_for_node(call)
    if not isinstance(argument, cst.GeneratorExp) or (column + len(code) <= WIDTH and "\n" not in code):
        return call
    return spread_drawing(func, argument, indent)


def spread_drawing(func: cst.BaseExpression, drawn: cst.GeneratorExp, indent: str, margin: str = "") -> cst.Call:
    """`func(element for ...)` with the element and the loops on a line each."""
    inner, outer = _spread(margin + indent), _spread(margin)
    moved = drawn.for_in.visit(Moved(lambda margin: margin + indent))
    assert isinstance(moved, cst.CompFor)
    drawn = drawn.with_changes(for_in=moved.with_changes(whitespace_before=inner))
    return cst.Call(func, [cst.Arg(drawn, whitespace_after_arg=outer)], whitespace_before_args=inner)


def is_spread(node: Any) -> bool:
    """Whether the loops of a generator expression stand on lines of their own, without a comment in front."""
    gap = node.for_in.whitespace_before
    is_broken = isinstance(gap, cst.ParenthesizedWhitespace) and not m.findall(gap, m.Comment())
    return isinstance(node, cst.GeneratorExp) and is_broken


def gathered_call(func: cst.BaseExpression, items: cst.BaseExpression, column: int, indent: str) -> cst.Call:
    """`func(*[item for ...])`, awaited, on several lines where one does not hold it."""
    code = cst.Module([]).code_for_node(cst.Await(cst.Call(func, [cst.Arg(items, star="*")])))
    if column + len(code.split("\n")[0]) > WIDTH and isinstance(items, cst.ListComp):
        items = spread_list(items, indent)
    return cst.Call(func, [cst.Arg(items, star="*")])


def phased_call(
    func: cst.BaseExpression, drawn: cst.BaseExpression, phased: Phased, column: int, indent: str
) -> cst.Call:
    """`func((generator), job=..., wait=...)`, on several lines where one does not hold it."""
    if isinstance(drawn, cst.GeneratorExp):
        drawn = drawn.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()])
    call = with_phase(cst.Call(func, [cst.Arg(drawn)]), phased)
    if column + len(cst.Module([]).code_for_node(call).split("\n")[0]) <= WIDTH:
        return call
    return spread(call, indent, 0)


def with_phase(call: cst.Call, phased: Phased) -> cst.Call:
    """The call with `job=...`, `wait=...` and `rounds=...`."""
    for name, value in (("job", f'"{phased.job}"'), ("wait", str(phased.wait)), ("rounds", str(phased.rounds))):
        if value not in {"0", "False"}:
            call = with_keyword(call, name, value)
    return call


def is_indented(call: cst.Call) -> bool:
    """Whether the arguments stand together on one line of their own."""
    if not isinstance(call.whitespace_before_args, cst.ParenthesizedWhitespace) or m.findall(call, m.Comment()):
        return False
    return all("\n" not in cst.Module([]).code_for_node(arg) for arg in call.args[:-1])


def spread(call: cst.Call, indent: str, room: int, margin: str = "") -> cst.Call:
    """The call with its arguments on a line of their own, or on one each where `room` characters do not hold them.

    `margin`: how much further in than its statement the call's line begins.
    """
    nothing = cst.SimpleWhitespace("")
    plain = [arg.with_changes(comma=cst.MaybeSentinel.DEFAULT, whitespace_after_arg=nothing) for arg in call.args]
    code = ", ".join(cst.Module([]).code_for_node(arg) for arg in plain)
    if "\n" in code:
        return call
    inner, outer = _spread(margin + indent), _spread(margin)
    if len(code) <= room:
        between = cst.Comma(whitespace_after=cst.SimpleWhitespace(" "))
        args = [arg.with_changes(comma=between) for arg in plain[:-1]]
        args.append(plain[-1].with_changes(whitespace_after_arg=outer))
    else:
        args = [arg.with_changes(comma=cst.Comma(whitespace_after=inner)) for arg in plain[:-1]]
        args.append(plain[-1].with_changes(comma=cst.Comma(whitespace_after=outer)))
    return call.with_changes(args=args, whitespace_before_args=inner)


def spread_decorators(function: _Decorated, indent: str, limit: int) -> _Decorated:
    """The function or class, with decorators that a line of `limit` characters cannot hold spread over several."""
    decorators = []
    for each in function.decorators:
        made = each.decorator
        if isinstance(made, cst.Call) and len(cst.Module([]).code_for_node(made)) >= limit:
            each = each.with_changes(decorator=spread(made, indent, limit - len(indent)))
        decorators.append(each)
    return function.with_changes(decorators=decorators)


class Moved(cst.CSTTransformer):
    """Moves the lines of an expression: `margin` gives each, by its old margin, the new one."""

    def __init__(self, margin: Callable[[str], str]) -> None:
        super().__init__()
        self.margin = margin

    def leave_ParenthesizedWhitespace(
        self, original_node: cst.ParenthesizedWhitespace, updated_node: cst.ParenthesizedWhitespace
    ) -> cst.ParenthesizedWhitespace:
        moved = cst.SimpleWhitespace(self.margin(updated_node.last_line.value))
        return updated_node.with_changes(last_line=moved)


def outdented(element: Any, by: str) -> Any:
    """The expression with its lines moved to the left, where all of them stand so far to the right."""
    breaks = m.findall(element, m.ParenthesizedWhitespace())
    is_deep = all(isinstance(b, cst.ParenthesizedWhitespace) and b.last_line.value.startswith(by) for b in breaks)
    return element.visit(Moved(lambda margin: margin.removeprefix(by))) if by and is_deep else element


def spread_list(node: cst.ListComp, indent: str, margin: str = "") -> cst.ListComp:
    """The comprehension with its element and its loops on a line each; `margin` as for `spread`."""
    inner, outer = _spread(margin + indent), _spread(margin)
    return node.with_changes(
        lbracket=node.lbracket.with_changes(whitespace_after=inner),
        for_in=node.for_in.with_changes(
            whitespace_before=inner, ifs=[test.with_changes(whitespace_before=inner) for test in node.for_in.ifs]
        ),
        rbracket=node.rbracket.with_changes(whitespace_before=outer),
    )


def _spread(indent: str) -> cst.ParenthesizedWhitespace:
    return cst.ParenthesizedWhitespace(
        cst.TrailingWhitespace(), [], indent=True, last_line=cst.SimpleWhitespace(indent)
    )


def spread_header(function: cst.FunctionDef, indent: str, room: int) -> cst.FunctionDef:
    """The function, with its parameters on lines of their own where `room` characters do not hold its first line."""
    bare = function.with_changes(
        decorators=[], leading_lines=[], body=cst.SimpleStatementSuite([cst.Expr(cst.Ellipsis())])
    )
    code = cst.Module([]).code_for_node(bare).strip()
    given = cst.Module([]).code_for_node(function.params)
    if len(code.removesuffix("...")) - 1 <= room or "\n" in code or not given:
        return function
    if len(given) + len(indent) > room:
        given = given.rstrip(", ") + ","
        parts = ast.parse(f"def f({given}): ...").body[0].args  # type: ignore[attr-defined]
        starts = sorted(n.col_offset for n in ast.walk(parts) if isinstance(n, ast.arg))
        lines = [given[a - 6 : b - 6 if b else None] for a, b in itertools.pairwise([6, *starts[1:], 0])]
        given = f"\n{indent}".join(line.rstrip() for line in lines)
    text = f"{code.partition('(')[0]}(\n{indent}{given}\n): ..."
    made = cst.parse_statement(text)
    assert isinstance(made, cst.FunctionDef)
    return function.with_changes(params=made.params, whitespace_before_params=made.whitespace_before_params)


def forwarded(
    function: cst.FunctionDef,
    twin: str,
    driver: cst.Name,
    *,
    is_batch: bool = False,
    is_task: bool = False,
    indent: str = "    ",
    room: int = WIDTH - 4,
) -> cst.FunctionDef:
    """The function as it was called, with a body that runs its twin now, or in a batch of its own.

    `is_task`: whether the twin is handed the task's object like any other argument. `room`: the characters
    that a line of the body may have.
    """
    parameters = function.params
    is_method = _is_method(function) and not is_task
    arguments: list[cst.Arg] = []
    positional = [*parameters.posonly_params, *parameters.params]
    receiver = positional[0].name if is_method and positional else None
    for parameter in positional[1:] if receiver is not None else positional:
        arguments.append(cst.Arg(cst.Name(parameter.name.value)))
    if isinstance(parameters.star_arg, cst.Param):
        arguments.append(cst.Arg(cst.Name(parameters.star_arg.name.value), star="*"))
    equal = cst.AssignEqual(whitespace_before=cst.SimpleWhitespace(""), whitespace_after=cst.SimpleWhitespace(""))
    for parameter in parameters.kwonly_params:
        name = parameter.name.value
        arguments.append(cst.Arg(cst.Name(name), keyword=cst.Name(name), equal=equal))
    if parameters.star_kwarg is not None:
        arguments.append(cst.Arg(cst.Name(parameters.star_kwarg.name.value), star="**"))
    callee: cst.BaseExpression = cst.Name(twin)
    if receiver is not None:
        callee = cst.Attribute(cst.Name(receiver.value), cst.Name(twin))
    body: list[Any] = []
    if function.get_docstring() is not None and isinstance(function.body, cst.IndentedBlock):
        body.append(function.body.body[0])
    steps: cst.BaseExpression = cst.Call(callee, arguments)
    if is_batch:
        steps = cst.List([cst.Element(steps)])
    result: cst.BaseExpression = cst.Call(driver, [cst.Arg(steps)])
    if len(cst.Module([]).code_for_node(result)) + len("return ") > room and not is_batch:
        if len(cst.Module([]).code_for_node(steps)) + len(indent) > room:
            steps = spread(cst.Call(callee, arguments), indent, room - 2 * len(indent), indent)
        inner, outer = _spread(indent), _spread("")
        result = cst.Call(driver, [cst.Arg(steps, whitespace_after_arg=outer)], whitespace_before_args=inner)
    if is_batch:
        result = cst.Subscript(result, [cst.SubscriptElement(cst.Index(cst.Integer("0")))])
    body.append(cst.SimpleStatementLine([cst.Return(result)]))
    return function.with_changes(body=cst.IndentedBlock(body))


def _is_method(function: cst.FunctionDef) -> bool:
    """By the name of the first parameter, as everybody reads it."""
    positional = [*function.params.posonly_params, *function.params.params]
    static = any(isinstance(d.decorator, cst.Name) and d.decorator.value == "staticmethod" for d in function.decorators)
    return bool(positional) and positional[0].name.value in {"self", "cls"} and not static


def parenthesised(node: cst.Yield) -> cst.Yield:
    return node.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()])


def renamed(func: cst.BaseExpression, name: str) -> cst.BaseExpression:
    """The callee with another last step; with one more for a name behind a dot."""
    if name.startswith("."):
        is_written = isinstance(func, cst.Attribute) and func.attr.value == "__call__"
        return cst.Attribute(func.value if is_written else func, cst.Name(name[1:]))  # type: ignore[attr-defined]
    if isinstance(func, cst.Attribute):
        return func.with_changes(attr=cst.Name(name))
    return func.with_changes(value=name) if isinstance(func, cst.Name) else func


def with_keyword(call: cst.Call, keyword: str, value: str) -> cst.Call:
    argument = cst.Arg(
        cst.parse_expression(value),
        keyword=cst.Name(keyword),
        equal=cst.AssignEqual(whitespace_before=cst.SimpleWhitespace(""), whitespace_after=cst.SimpleWhitespace("")),
    )
    args = list(call.args)
    if args and isinstance(args[-1].comma, cst.Comma):
        last = args[-1].comma
        between = args[0].comma if len(args) > 1 else cst.Comma(whitespace_after=call.whitespace_before_args)
        if isinstance(between, cst.Comma) and isinstance(between.whitespace_after, cst.ParenthesizedWhitespace):
            # A comment behind the last argument stays behind it.
            end = last.whitespace_after
            first_line = end.first_line if isinstance(end, cst.ParenthesizedWhitespace) else cst.TrailingWhitespace()
            spread = between.whitespace_after.with_changes(first_line=first_line, empty_lines=[])
            between = between.with_changes(whitespace_after=spread)
            if isinstance(end, cst.ParenthesizedWhitespace):
                last = last.with_changes(whitespace_after=end.with_changes(first_line=cst.TrailingWhitespace()))
        argument = argument.with_changes(comma=last)
        args[-1] = args[-1].with_changes(comma=between)
    return call.with_changes(args=[*args, argument])


def spread_like(call: cst.Call, comprehension: Any) -> cst.Call:
    """The line breaks of the comprehension's brackets, on the call's parentheses."""
    left = comprehension.lbracket if isinstance(comprehension, cst.ListComp) else comprehension.lbrace
    right = comprehension.rbracket if isinstance(comprehension, cst.ListComp) else comprehension.rbrace
    return call.with_changes(
        whitespace_before_args=left.whitespace_after,
        args=[call.args[0].with_changes(whitespace_after_arg=right.whitespace_before)],
    )


def gap(function: cst.FunctionDef) -> list[cst.EmptyLine]:
    """The empty lines between two functions of this file, as in front of this one."""
    runs = itertools.groupby(function.leading_lines, lambda each: each.comment is None)
    empty = max((len(list(run)) for is_empty, run in runs if is_empty), default=1 if _is_method(function) else 2)
    return [cst.EmptyLine(indent=False)] * empty


class _DrawnAs(cst.CSTTransformer):
    def __init__(self, names: Mapping[str, str]) -> None:
        self.names = names

    def leave_Name(self, original_node: cst.Name, updated_node: cst.Name) -> cst.Name:
        return updated_node.with_changes(value=self.names.get(updated_node.value, updated_node.value))


def drawn_as(target: cst.BaseAssignTargetExpression, names: Mapping[str, str]) -> cst.BaseAssignTargetExpression:
    """The target of a loop with other names in it."""
    return cast("cst.BaseAssignTargetExpression", target.visit(_DrawnAs(names)))
