"""Programs with a loop around a model call, drawn from a grammar of what real loops do around it."""

from __future__ import annotations

import textwrap
from collections.abc import Callable

from hypothesis import strategies as st

from .grammar_retries import in_coroutines, retry

Draw = Callable[[st.SearchStrategy], object]

HEAD = """\
import sqlite3
from concurrent.futures import ThreadPoolExecutor
import openai
from openai import OpenAI

client = OpenAI()
ITEMS = {items}
CACHE = {{}}
LOG = []
COUNT = 0


class Box:
    def __init__(self):
        self.value = ""
        self.items = []
        self.count = 0


BOX = Box()


def keep(values, value):
    values.append(value)


def known(values, value):
    return value in values
"""
STATE = """\
out = []
seen = {}
total = 0
last = ""
names = set()
rows = []
callbacks = []
box = Box()
db = sqlite3.connect(":memory:")
db.execute("create table answers (item, answer)")
"""
SHOW = """\
print(out, sorted(seen.items()), total, last, sorted(names), rows)
print(box.value, box.items, box.count, [call() for call in callbacks])
print(db.execute("select * from answers").fetchall())
print(sorted(CACHE.items()), LOG, COUNT, BOX.value, BOX.items, BOX.count)
"""
ASK = (
    'client.chat.completions.create(model="m", messages=[{{"role": "user", "content": {0}}}])'
    ".choices[0].message.content"
)
HANDED = {
    "cached": f"""\
def cached(store, text):
    hit = store.get(text)
    if hit is None:
        hit = {ASK.format("text")}
        store[text] = hit
    return hit
""",
    "noted": f"""\
def noted(values, text):
    values.append({ASK.format("text")})
    return values[-1]
""",
}
"""Helpers that fill what they are handed."""
HELPERS = ("ask", "tool.ask", "polished")
ITEM_LISTS = (
    '["a", "bb", "c"]',
    '["a", "a"]',
    '["a", "bb", "a", "bad", "ccc"]',
    '["bb", "bb", "bad", "a", "dddd", "bb"]',
    "[]",
)


class Program:
    """Draws one program; `given` are the names that are bound for sure where the next expression stands."""

    def __init__(self, draw: Draw, *, is_calm: bool = False, pools: bool = False) -> None:
        """`is_calm`: what is asked for never depends on what other items left. `pools`: pools ask in its turns."""
        self.draw = draw
        self.is_calm = is_calm
        self.pools = pools
        self.places = ("function", "function", "module")
        self.helpers: set[str] = set()
        self.depth = 0
        self.inside = "loop"
        self.asks = 0

    def pick(self, *choices: str) -> str:
        return str(self.draw(st.sampled_from(choices)))

    def chance(self, one_in: int) -> bool:
        return self.draw(st.integers(0, one_in - 1)) == one_in - 1

    # -- expressions
    def text(self, given: set[str], level: int = 0) -> str:
        """An expression whose value is a string."""
        choices = [n for n in ("item", "text", "answer", "error_text", "word", "part") if n in given] * 3
        if self.is_calm:
            pass
        elif self.inside == "helper":
            choices += ["BOX.value", "str(COUNT)", "str(len(LOG))", "CACHE.get(text, '')", "(LOG[-1] if LOG else '')"]
        elif self.inside == "method":
            choices += [
                "self.value",
                "str(self.count)",
                "str(len(self.items))",
                "(self.items[-1] if self.items else '')",
            ]
        else:
            choices += [
                "last",
                "box.value",
                "str(total)",
                "str(len(out))",
                "seen.get(item, '')",
                "(out[-1] if out else '')",
            ]
            choices += ["str(len(names))", "str(db.execute('select count(*) from answers').fetchone()[0])", "BOX.value"]
            choices += ["str(CACHE.get('a'))", "str(len(seen))"]
        choices.append('"k"')
        first = self.pick(*choices)
        form = self.pick("{0}", "{0}", "{0}", "{0} + {1}", "{0}.upper()", 'f"{{{0}}}-"', "{0}[:2]")
        if ("'" in first or '"' in first) and 'f"' in form:
            form = "{0} + '-'"
        second = self.text(given, level + 1) if "{1}" in form and level < 1 else '"z"'
        return form.format(first, second)

    def number(self, given: set[str]) -> str:
        return self.pick("1", f"len({self.text(given, 1)})", "len(item)" if "item" in given else "2")

    def test(self, given: set[str]) -> str:
        own = [
            f'"a" in {self.text(given)}',
            f"len({self.text(given)}) > 2",
            f"{self.text(given)} == {self.text(given)}",
        ]
        if self.is_calm:
            pass
        elif self.inside == "helper":
            own += ["text in CACHE", "COUNT > 1", "not LOG"]
        elif self.inside == "method":
            own += ["text in self.items", "self.count > 1"]
        else:
            own += ["known(seen, item)", "known(out, item)", "known(names, item)"]
            own += ["item in seen", "item in names", "total > 4", "not out", "box.count > 1", "len(seen) > 1"]
        return self.pick(*own)

    def ask(self, given: set[str]) -> str:
        self.asks += 1
        content = (
            self.pick(*[n for n in ("item", "text", "word") if n in given]) if self.chance(2) else self.text(given)
        )
        if self.inside != "loop":
            return ASK.format(content)
        name = self.pick("", "ask", *(() if self.is_calm else ("tool.ask", "polished", "cached", "noted")))
        if not name:
            return ASK.format(content)
        self.helpers.add(name)
        if name in HANDED:
            filled = self.pick("seen", "CACHE") if name == "cached" else self.pick("out", "box.items", "LOG")
            return f"{name}({filled}, {content})"
        return f"{name}({content})"

    # -- statements
    def block(self, given: set[str], least: int = 1, most: int = 3) -> list[str]:
        given = set(given)
        lines: list[str] = []
        self.depth += 1
        for _ in range(int(self.draw(st.integers(least, most)))):  # type: ignore[call-overload]
            lines += self.statement(given)
        self.depth -= 1
        return lines

    def statement(self, given: set[str]) -> list[str]:
        kinds = ["ask", "ask", "effect", "effect", "effect", "assign", "if", "print"]
        if self.is_calm:
            kinds = ["assign", "print"]
        elif self.depth < 3:
            kinds += ["try", "if", "for", "if_else", "with", "while", "retry"]
        if self.is_calm:
            pass
        elif self.inside == "loop":
            kinds += ["leave", "lambda", "nested", *(["pool"] * 4 if self.pools else [])]
        else:
            kinds += ["return"]
        return list(getattr(self, f"_{self.pick(*kinds)}")(given))

    def _ask(self, given: set[str]) -> list[str]:
        ask = self.ask(given)
        if self.inside != "loop":
            forms = ["answer = {0}", "answer = {0}", "LOG.append({0})", "CACHE[text] = {0}", "BOX.value = {0}"]
            if self.inside == "method":
                forms = ["answer = {0}", "answer = {0}", "self.items.append({0})", "self.value = {0}"]
        else:
            forms = [
                "answer = {0}",
                "answer = {0}",
                "answer = {0}",
                "out.append({0})",
                "seen[item] = {0}",
                "last = {0}",
            ]
            forms += [
                "total += len({0})",
                "print({0})",
                "box.value = {0}",
                "box.items.append({0})",
                "rows.append((item, {0}))",
            ]
            forms += [
                "answer = {0} if {1} else 'none'",
                "answer = seen.get(item) or {0}",
                "out.append({0} if {1} else item)",
                "rows.append((item, {1} or {0}, last))",
                "seen[item] = ({1} and {0}) or item",
                "print(item, {0} if {1} else {0})",
                "names.add({0})",
                "last = last + {0}",
            ]
            forms += ["answer = seen[item] if item in seen else {0}", "out = out + [{0}]", "seen.setdefault(item, {0})"]
            forms += ["db.execute('insert into answers values (?, ?)', (item, {0}))", "answer, word = {0}, {0}"]
            forms += ["answer = (last, {0})[1]", "out.extend([{0}, last])", "total = total + len({0})"]
        form = self.pick(*forms)
        line = form.format(ask, self.test(given)) if "{1}" in form else form.replace("{0}", ask)
        if form.startswith("answer"):
            given.add("answer")
        if form.startswith("answer, word"):
            given.add("word")
        return [line]

    def _pool(self, given: set[str]) -> list[str]:
        self.asks += 1
        name = self.pick("ask", "tool.ask", "polished")
        self.helpers.add(name)
        lines = ["with ThreadPoolExecutor(1) as pool:", f"    future = pool.submit({name}, {self.text(given)})"]
        given.add("answer")
        return [*lines, "answer = future.result()"]

    def _effect(self, given: set[str]) -> list[str]:
        text = self.text(given)
        if self.inside == "helper":
            return [self.pick(f"LOG.append({text})", f"CACHE[text] = {text}", "COUNT += 1", f"BOX.value = {text}",
                              "BOX.count += 1", f"BOX.items.append({text})")]  # fmt: skip
        if self.inside == "method":
            return [
                self.pick(
                    f"self.items.append({text})", "self.count += 1", f"self.value = {text}", f"LOG.append({text})"
                )
            ]
        return [
            self.pick(
                f"out.append({text})",
                f"keep(out, {text})",
                f"keep(box.items, {text})",
                "names.add(item)",
                f"seen[item] = {text}",
                "total += 1",
                f"total += {self.number(given)}",
                f"last = {text}",
                f"names.add({text})",
                f"box.value = {text}",
                "box.count += 1",
                f"box.items.append({text})",
                f"rows.append((item, {text}))",
                f"db.execute('insert into answers values (?, ?)', (item, {text}))",
                f"db.execute('update answers set answer = ?', ({text},))",
                f"last += {text}",
                f"seen[{text}] = item",
                "seen.pop(item, None)",
                "out.reverse()",
                "alias = out",
                f"LOG.append({text})",
                f"CACHE[item] = {text}",
            )
        ]

    def _assign(self, given: set[str]) -> list[str]:
        name = self.pick("word", "part", "last" if self.inside == "loop" else "word")
        line = f"{name} = {self.text(given)}"
        given.add(name)
        return [line]

    def _print(self, given: set[str]) -> list[str]:
        return [f"print({self.text(given)})"]

    def _if(self, given: set[str]) -> list[str]:
        return [f"if {self.test(given)}:", *indented(self.block(given, 1, 2))]

    def _if_else(self, given: set[str]) -> list[str]:
        test = self.test(given)
        return [f"if {test}:", *indented(self.block(given, 1, 2)), "else:", *indented(self.block(given, 1, 2))]

    def _try(self, given: set[str]) -> list[str]:
        lines = ["try:", *indented([*self._ask(set(given)), *self.block(given, 0, 2)])]
        lines += ["except openai.BadRequestError as error:", "    error_text = str(error)[:9]"]
        lines += indented(self.block({*given, "error_text"}, 1, 2))
        if self.chance(3):
            lines += ["else:", *indented(self.block(given, 1, 1))]
        if self.chance(3):
            lines += ["finally:", *indented(self.block(given, 1, 1))]
        return lines

    def _for(self, given: set[str]) -> list[str]:
        head = self.pick("for part in 'xy':", "for attempt in range(2):", "for part in 'xx':")
        inner = {*given, "part"} if "part" in head else set(given)
        body = self.block(inner, 1, 2)
        return [head, *indented(body), *(["    break"] if self.chance(4) else [])]

    def _while(self, given: set[str]) -> list[str]:
        name = f"attempts_{self.depth}"  # a loop in the loop would start it again, for ever
        lines = [f"{name} = 0", f"while {name} < 2:", f"    {name} += 1"]
        return [*lines, *indented(self.block(given, 1, 2)), *(["    break"] if self.chance(3) else [])]

    def _retry(self, given: set[str]) -> list[str]:
        return retry(self, set(given))

    def _with(self, given: set[str]) -> list[str]:
        if self.inside != "loop":
            return self._effect(given)
        return ["with db:", *indented(self.block(given, 1, 2))]

    def _leave(self, given: set[str]) -> list[str]:
        if self.chance(6):
            return [f"if {self.test(given)}:", "    break"]
        return [f"if {self.test(given)}:", "    continue"]

    def _return(self, given: set[str]) -> list[str]:
        return [f"if {self.test(given)}:", f"    return {self.text(given)}"]

    def _lambda(self, given: set[str]) -> list[str]:
        return [f"callbacks.append(lambda: {self.pick('item', 'last', 'len(out)', *(given & {'answer', 'word'}))})"]

    def _nested(self, given: set[str]) -> list[str]:
        return [f"out.append(max([part for part in (item, {self.text(given)})], key=lambda part: len(part + last)))"]

    # -- whole programs
    def helper(self, name: str) -> str:
        self.inside = "method" if name == "tool.ask" else "helper"
        body = self.block({"text"}, 0, 2)
        ask = self.ask({"text"})
        end = self.pick("return {0}", "answer = {0}\nreturn answer", "answer = {0}\n{1}\nreturn answer.lower()")
        if self.chance(4):
            retry = [
                "for attempt in range(2):",
                "    try:",
                f"        answer = {ask}",
                "        {1}",
                "        return answer",
                "    except openai.BadRequestError as error:",
                "        print(attempt, error)",
                'return "failed"',
            ]
            end = "\n".join(retry)
        effect = self._effect({"text", "answer"})[0]
        body += end.replace("{0}", ask).replace("{1}", effect).split("\n")
        if any("COUNT +=" in line for line in body):
            body.insert(0, "global COUNT")
        self.inside = "loop"
        if name == "tool.ask":
            attributes = ["self.items = []", "self.count = 0", 'self.value = ""']
            lines = ["class Tool:", "    def __init__(self):", *indented(attributes, 2), "", "    def ask(self, text):"]
            return "\n".join([*lines, *indented(body, 2), "", "", "tool = Tool()"])
        return "\n".join([f"def {name}(text):", *indented(body)])

    def program(self) -> str:
        where = self.pick(*self.places)
        head = self.pick(
            "for item in ITEMS:",
            "for item in ITEMS:",
            "for i, item in enumerate(ITEMS):",
            "for item in sorted(ITEMS):",
            "for item in list(ITEMS):",
            "for item in drawn():",
            "for item in reversed(ITEMS):",
        )
        body = self.block({"item"}, 1, 4)
        if self.is_calm:
            body += self._retry({"item"})
        elif not self.asks:
            body += self._ask({"item"})
        loop = [head, *indented(body)]
        if not self.is_calm and self.chance(6):
            ask = self.ask({"item"})
            form = self.pick(
                "out = [{0} for item in ITEMS]",
                "out = [{0} for item in ITEMS if len(item) > 1]",
                "seen = {item: {0} for item in ITEMS}",
                "total = sum(len({0}) for item in ITEMS)",
                "out += [item + {0} for item in ITEMS]",
                "out = [part for item in ITEMS for part in {0}]",
                "out = [part + last for item in ITEMS if item for part in {0} if part != 'a']",
                "out = list(map(lambda item: {0}, ITEMS))",
                "out = list(map(lambda item: {0} if len(item) > 1 else item, ITEMS))",
            )
            loop = [form.replace("{0}", ask)]
        parts = [HEAD.format(items=self.pick(*ITEM_LISTS))]
        for name in HELPERS:
            if name in self.helpers:
                parts.append(self.helper(name) + "\n")
        parts += [text for name, text in HANDED.items() if name in self.helpers]
        drawn = [
            "def drawn():",
            "    for item in ITEMS:",
            f"        {self.pick('pass', 'print(item)', 'LOG.append(item)')}",
        ]
        parts.append("\n".join([*drawn, "        yield item"]) + "\n")
        after = ["print(item)"] if self.chance(12) and "for item in" in loop[0][:12] else ["print('end')"]
        lines = [*STATE.splitlines(), *loop, *after, *SHOW.splitlines()]
        if where == "module":
            parts.append("\n".join(lines) + "\n")
        else:
            parts.append("\n".join(["def main():", *indented(lines), "", "", "main()"]) + "\n")
        if "ask" in self.helpers and self.chance(4):
            parts.append('print(ask("live"))\n')
        return "\n\n".join(parts)


def indented(lines: list[str], levels: int = 1) -> list[str]:
    return textwrap.indent("\n".join(lines), "    " * levels).split("\n") if lines else []


@st.composite
def programs(draw: Draw) -> str:
    return Program(draw).program()


@st.composite
def pooling(draw: Draw) -> str:
    """Programs whose loop has a pool ask in its turns."""
    return Program(draw, pools=True).program()


@st.composite
def retrying(draw: Draw) -> str:
    """Programs whose loop asks again where an answer fails."""
    return Program(draw, is_calm=True).program()


@st.composite
def awaiting(draw: Draw) -> str:
    """The same in coroutines."""
    program = Program(draw, is_calm=True)
    program.places = ("function",)
    return in_coroutines(program.program())
