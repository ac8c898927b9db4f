"""What a call is given: its prompt, and whether an argument is there, by itself, by default or in a dict."""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterator

from batchlint.facts import FunctionFacts, FunctionId
from batchlint.flow import parameter_of, request_arguments
from batchlint.graph import Graph, ModelCall
from batchlint.symbols import last_name
from batchlint.symbols.names import is_partial
from batchlint.trees import walk
from batchlint.values import Cls, Ext

_PROMPTS = frozenset({"prompt", "messages", "contents", "input", "text", "query", "question"})
_PROMPTING = re.compile(r"^\w*(prompt|template)", re.IGNORECASE)
"""How a step of a chain begins that says what is asked."""
_LITERALS = (ast.Constant, ast.List, ast.Tuple, ast.Dict, ast.BinOp, ast.Mult)
_SHORT_PROMPT = 120
"""Characters of a prompt that is written out as a whole, beyond which it asks for more than a sign of life."""
_UNQUOTED = str.maketrans(dict.fromkeys("'\"`"))


def whole_prompt(model: ModelCall, call: ast.Call, function: FunctionFacts, bodies: Collection[str] = ()) -> str:
    """What a call asks, where all of it is written out, at once or in a variable of the function; "" elsewhere.

    `bodies`: the arguments that hold the body of the model's request, where this is sent over plain HTTP.
    """
    given = _in_body(model, function, bodies) if call is model.node else []
    asked = [_written(function, argument) for argument in given or prompts(model, call)]
    if not all(isinstance(node, _LITERALS) for argument in asked for node in walk(argument)):
        return ""
    nodes = [node for argument in asked for node in walk(argument)]
    keys = {id(key) for node in nodes if isinstance(node, ast.Dict) for key in node.keys}
    words = (node.value for node in nodes if isinstance(node, ast.Constant) and id(node) not in keys)
    texts = [word for word in words if isinstance(word, str)]
    whole = " ".join(texts).lower() if sum(map(len, texts)) <= _SHORT_PROMPT else ""
    return whole.translate(_UNQUOTED)


def _in_body(model: ModelCall, function: FunctionFacts, names: Collection[str]) -> list[ast.expr]:
    found: list[ast.expr] = []
    for keyword in model.node.keywords:
        body = keyword.value if keyword.arg in names else None
        made = [each.value for each in function.bindings.get(body.id, ())] if isinstance(body, ast.Name) else [body]
        found += [entry for each in made for key in sorted(_PROMPTS) for entry in entries_of(each, key)]
    return found


def _written(function: FunctionFacts, node: ast.expr) -> ast.expr:
    """What the variable that an argument is holds, where that is one text or an object that is made of what is said."""
    value = function.only_value(node.id) if isinstance(node, ast.Name) else node
    return _opened(value) if isinstance(value, ast.Constant | ast.Call) else _opened(node)


def _opened(node: ast.expr) -> ast.expr:
    """The node with what objects are made of in their place: the text of `[HumanMessage(content=text)]`."""
    if isinstance(node, ast.Call) and last_name(node.func)[:1].isupper():
        return ast.Tuple([_opened(each) for each in (*node.args, *(k.value for k in node.keywords))], ast.Load())
    if isinstance(node, ast.List | ast.Tuple):
        return ast.Tuple([_opened(each) for each in node.elts], ast.Load())
    return node


def prompts(model: ModelCall, call: ast.Call) -> list[ast.expr]:
    """The arguments that say what is asked, rather than how."""
    return [*call.args, *(k.value for k in call.keywords if k.arg in model.prompts or k.arg in _PROMPTS)]


def chained(model: ModelCall, function: FunctionFacts) -> list[ast.expr]:
    """The prompts of the chain that is asked, where the function makes it: `LLMChain(llm=llm, prompt=p)`, `p | llm`."""
    func = model.node.func
    chain = func.value if isinstance(func, ast.Attribute) else None
    if isinstance(chain, ast.Name):
        chain = function.only_value(chain.id)
    if isinstance(chain, ast.Call):
        return [keyword.value for keyword in chain.keywords if keyword.arg == "prompt"]
    return [each for each in _piped(chain) if _PROMPTING.search(ast.unparse(each))]


def _piped(node: ast.expr | None) -> Iterator[ast.expr]:
    """The steps of `prompt | llm | parser`."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        for side in (node.left, node.right):
            yield from _piped(side) if isinstance(side, ast.BinOp) else (side,)


def arguments(
    graph: Graph, scope: FunctionId, call: ast.Call, function: FunctionFacts
) -> Iterator[tuple[str | None, ast.AST]]:
    """The arguments of the call, each with the parameter of the function that it becomes.

    Also of a call that has the function called: `asyncio.to_thread(function, 1)`, `to_thread(partial(function, 1))`.
    """
    first = _handed_at(graph, scope, call) + 1
    yield from ((parameter_of(function, call, each, first), each) for each in request_arguments(call))
    bound = call.args[first - 1] if first else None
    if is_partial(bound):
        yield from ((parameter_of(function, bound, each, 1), each) for each in request_arguments(bound))


def _handed_at(graph: Graph, scope: FunctionId, call: ast.Call) -> int:
    """Where the call has the function whose answer it waits for; -1 where it has none."""
    handovers = graph.program.registry.handovers
    values = graph.program.eval(scope, call.func) if last_name(call.func) in handovers.by_last else ()
    rows = (row for value in values if isinstance(value, Ext) for row in handovers.find(value.path))
    at = next((row.argument for row in rows if row.gives and row.argument is not None), -1)
    return at if at < len(call.args) else -1


def construction(graph: Graph, scope: FunctionId, call: ast.expr) -> ast.Call | None:
    """What makes the object whose method is called, where the calling function makes it for itself, in one place."""
    made = constructions(graph, scope, call)
    return made[0] if len(made) == 1 else None


def constructions(graph: Graph, scope: FunctionId, call: ast.expr) -> list[ast.Call]:
    """All that make the object whose method is called, where the calling function makes it for itself.

    That is one for each kind where it picks one: `app = Claude(key) if is_claude else Gemini(key)`.
    """
    func = call.func if isinstance(call, ast.Call) else None
    holder = func.value if isinstance(func, ast.Attribute) else None
    made: list[ast.expr | None] = [holder]
    if isinstance(holder, ast.Name):
        function = graph.function(scope)
        bindings = function.bindings.get(holder.id, ()) if holder.id not in function.outer else ()
        made = [binding.value if binding.how == "value" else None for binding in bindings]
    made = [each for value in made for each in _choices(value)]
    calls = [each for each in made if isinstance(each, ast.Call)]
    values = [graph.program.eval(scope, each.func) for each in calls]
    are_classes = all(found and all(isinstance(value, Cls) for value in found) for found in values)
    return calls if are_classes and len(calls) == len(made) else []


def _choices(node: ast.expr | None) -> Iterator[ast.expr | None]:
    """What a condition chooses from; else the expression itself."""
    if isinstance(node, ast.IfExp):
        yield from _choices(node.body)
        yield from _choices(node.orelse)
    else:
        yield node


def is_given(node: ast.expr, function: FunctionFacts) -> bool:
    """Whether an argument is there for sure, rather than one that the caller may have left out."""
    is_own = isinstance(node, ast.Name) and node.id in function.parameter_names
    return not is_own and not (isinstance(node, ast.Constant) and not node.value)


def is_true(node: ast.expr | None) -> bool:
    return isinstance(node, ast.Constant) and node.value is True


def given_for(function: FunctionFacts, call: ast.Call, name: str) -> Iterator[ast.expr | None]:
    """What the call gives for the argument: itself, by a parameter's default, or in a dict that it spreads."""
    for keyword in call.keywords:
        value = keyword.value
        if keyword.arg == name:
            yield function.default(value.id) if isinstance(value, ast.Name) else value
        elif keyword.arg is None and isinstance(value, ast.Name):
            for binding in function.bindings.get(value.id, ()):
                yield from entries_of(binding.value, name)
            yield from function.item_keys.get((value.id, name), ())


def entries_of(node: ast.expr | None, key: str) -> Iterator[ast.expr]:
    """What a dict that is written out holds under the key."""
    if isinstance(node, ast.Dict):
        yield from (
            v for k, v in zip(node.keys, node.values, strict=True) if isinstance(k, ast.Constant) and k.value == key
        )
    elif isinstance(node, ast.Call) and last_name(node.func) == "dict":
        yield from (keyword.value for keyword in node.keywords if keyword.arg == key)
