"""Programs that were once rewritten wrongly, as small as they could be made: refused now, or the same."""

from __future__ import annotations

import pytest

from . import stub
from .programs import dedented, rewrite
from .test_grammar import check_alike

HEAD = """\
import openai
from openai import OpenAI

client = OpenAI()


def ask(text):
    return client.chat.completions.create(
        model="m", messages=[{"role": "user", "content": text}]
    ).choices[0].message.content


"""
PROGRAMS = {
    "functions that outlive the item see the last one": (
        """
        def main():
            calls = []
            for item in ["a", "b"]:
                calls.append(lambda: item)
                print(ask(item))
            print([call() for call in calls])


        main()
        """,
        "unsupported-shape",
    ),
    "so do those of a comprehension": (
        """
        calls = [(ask(item), lambda: item) for item in ["a", "b"]]
        print([call() for _, call in calls])
        """,
        "unsupported-shape",
    ),
    "a function that is only called at once is no trap": (
        """
        def main():
            for item in ["bb", "a"]:
                def shown():
                    return item.upper()

                words = sorted([item, "b"], key=lambda word: (len(word), item))
                print(ask(item), shown(), words)


        main()
        """,
        "rewritten",
    ),
    "a loop around a loop that makes batches already": (
        """
        from llm_batch import request, run_batch

        log = []


        def inner(part):
            answer = yield request(client.chat.completions.create, model="m", messages=[{"content": part}])
            log.append(answer.choices[0].message.content)


        for item in ["a", "b"]:
            print(ask(item))
            run_batch(inner(item + part) for part in "xy")
        print(log)
        """,
        "unsupported-shape",
    ),
    "a method is called on an object whose state another method changes": (
        """
        class Writer:
            def __init__(self):
                self.count = 0

            def improve(self, text):
                answer = ask(ask(text))
                self.count += 1
                return answer


        writer = Writer()
        print([writer.improve(item) for item in ["a", "b", "c"]])
        print(writer.count)
        """,
        "rewritten",
    ),
    "the second item of a key must see what the first one stored": (
        """
        CACHE = {}


        def remember(key, value):
            CACHE[key] = value


        def main():
            for item in ["a", "A", "b"]:
                key = item.lower()
                if key in CACHE:
                    print("known", key)
                    continue
                remember(item.lower(), ask(item))


        main()
        """,
        "",
    ),
    "a helper's parameter has the name of another key": (
        """
        CACHE = {}


        def store(item, value):
            CACHE[item] = value


        def main():
            for item in ["a", "b", "ab"]:
                if item in CACHE:
                    print("known", item)
                    continue
                store(item + "b", ask(item))


        main()
        """,
        "dependent-iterations",
    ),
    "an item that waits for one of an equal key goes on when later ones have begun": (
        """
        CACHE = {}


        def main():
            names = set()
            for item in ["a", "a", "b"]:
                names.add(item)
                if item in CACHE:
                    print("again")
                CACHE[item] = ask(str(len(names)))
            print(CACHE)


        main()
        """,
        "dependent-iterations",
    ),
    "and its answer comes later than theirs": (
        """
        CACHE = {}


        def main():
            out = []
            for item in ["a", "a", "b"]:
                if item in CACHE and len(CACHE[item]) > 9:
                    continue
                CACHE[item] = ask(item)
                out.append(CACHE[item])
            print(out, CACHE)


        main()
        """,
        "",
    ),
    "a loop whose helper makes batches already": (
        """
        from llm_batch import request, run_batch


        def inner(part):
            yield request(client.chat.completions.create, model="m", messages=[{"content": part}])


        def both(item):
            run_batch(inner(item + part) for part in "xy")
            return ask(item)


        print([both(item) for item in ["a", "b"]])
        """,
        "unsupported-shape",
    ),
    "a counter has its keys in the order in which the items bring them": (
        """
        from collections import Counter


        def main():
            seen = Counter()
            for item in ["a", "", "bad", "b"]:
                seen["all"] += 1
                if not item:
                    seen["empty"] += 1
                    continue
                try:
                    print(ask(item))
                    seen["asked"] += 1
                except openai.BadRequestError:
                    seen["refused"] += 1
            print(list(seen))


        main()
        """,
        "rewritten",
    ),
    "a mapping has its keys in the order of the items, also of those that ask nothing": (
        """
        def main():
            answers = {}
            for number, item in enumerate(["a", "", "b"]):
                answers[number] = [ask(part) for part in item]
            print(answers)


        main()
        """,
        "rewritten",
    ),
    "keys that only some items bring before they ask": (
        """
        from collections import defaultdict


        def main():
            seen = defaultdict(int)
            for item in ["a", "b", "bb"]:
                if len(item) > 1:
                    seen["long"] += 1
                print(ask(item))
                seen["asked"] += 1
            print(list(seen))


        main()
        """,
        "dependent-iterations",
    ),
    "keys that were there before bring no order": (
        """
        def main():
            seen = {"asked": 0, "long": 0}
            for item in ["a", "b", "bb"]:
                if len(item) > 1:
                    seen["long"] += 1
                print(ask(item))
                seen["asked"] += 1
            print(list(seen))


        main()
        """,
        "rewritten",
    ),
    "a variable that only the loop binds, and that is read after it": (
        """
        def main():
            for item in ["a", "b"]:
                last = ask(item)
            print(last)


        main()
        """,
        "rewritten",
    ),
    "a variable that two loops bind, and that is read after them": (
        """
        def main():
            for item in ["a", "b"]:
                last = ask(item)
                print(last)
            for item in ["c", "d"]:
                last = ask(item)
            print(last)


        main()
        """,
        "",
    ),
    "a variable that is bound where the program goes on": (
        """
        import sys


        def main():
            last = None
            for item in ["a", "b"]:
                try:
                    answer = ask(item)
                except openai.RateLimitError:
                    print("no quota")
                    sys.exit(2)
                last = answer
                print(answer)
            print(last)


        main()
        """,
        "rewritten",
    ),
    "an answer for which it is tried until it is there": (
        """
        def main():
            for item in ["a", "b"]:
                while True:
                    try:
                        answer = ask(item)
                        break
                    except openai.RateLimitError:
                        print("again")
                for number in range(2):
                    try:
                        longer = ask(item + item)
                    except openai.RateLimitError:
                        continue
                    break
                else:
                    continue
                print(answer, longer)


        main()
        """,
        "rewritten",
    ),
    "an answer that may be that of the item before": (
        """
        def main():
            for item in ["a", "bad", "b"]:
                try:
                    answer = ask(item)
                except openai.BadRequestError:
                    pass
                print(item, answer)


        main()
        """,
        "rewritten",
    ),
    "what drawing an item prints comes before what the item prints": (
        """
        def drawn():
            for item in ["a", "b"]:
                print("drawing", item)
                yield item


        def main():
            for item in drawn():
                print("asking", item)
                print(ask(item))


        main()
        """,
        "rewritten",
    ),
}


@pytest.mark.parametrize(("program", "expected"), PROGRAMS.values(), ids=PROGRAMS)
def test_it_is_refused_or_does_the_same(program: str, expected: str) -> None:
    text = HEAD + dedented(program)["app.py"]
    assert check_alike(text) == expected or not expected


def test_the_stub_shows_a_rewrite_that_is_wrong() -> None:
    """What all of this rests on: another order of requests or output is seen."""
    text = HEAD + "seen = ''\nfor item in ['a', 'b']:\n    seen = ask(seen + item)\nprint(seen)\n"
    wrong = text.replace("ask(seen + item)", "ask(item)")
    assert rewrite(text).planned == 0
    before, after = stub.run(text), stub.run(wrong)
    assert before.output != after.output
    assert before.asked != after.asked
