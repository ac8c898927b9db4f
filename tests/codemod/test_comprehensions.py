"""Comprehensions whose condition asks: they keep the same items by batch, or stay as they are."""

from __future__ import annotations

import textwrap

import pytest
from fake_provider import Failure, Faults

from .programs import check_noop, check_rewritten, check_runs_alike, rewrite

HEAD = """\
from openai import OpenAI

client = OpenAI()


def rate(text):
    answer = client.chat.completions.create(model="gpt-5", messages=[{"role": "user", "content": text}])
    return len(answer.choices[0].message.content + text) % 3


"""


def test_items_are_kept_by_their_answers(tmp_path) -> None:
    program = """
        TEXTS = ["a", "bb", "", "ccc", "a", "dddd"]
        PAIRS = list(enumerate(TEXTS))


        def chosen(texts):
            return [text for text in texts if rate(f"inner {text}")]


        def main():
            print([text for text in TEXTS if text and rate(text)])
            print({text: grade for text in TEXTS if (grade := rate(f"grade {text}"))})
            print([high for text in iter(TEXTS) if (high := rate(text)) > 1])
            print([low for text in TEXTS if (low := rate(f"low {text}")) < 2], sum(low for low in range(3)))
            print({number for number, text in PAIRS if not rate(f"{number} {text}") if number})
            print(sum(1 for number, text in PAIRS if number and rate(f"sum {text}") == 1))
            print([text.upper() for text in TEXTS if client.responses.create(model="gpt-5", input=text).output_text])
            print([last for text in TEXTS if (last := rate(f"last {text}"))])
            for last in (len(text) for text in TEXTS):
                print(last)
            for part in ("x", "y"):
                print(part, chosen([part + text for text in TEXTS]))


        main()
        """
    alike = check_runs_alike(HEAD + textwrap.dedent(program), tmp_path)
    assert alike.before.ended.code == 0, alike.before.ended


def test_a_name_that_the_same_expression_binds_first_is_the_items_own(tmp_path) -> None:
    program = """
        def main(texts):
            total = 0
            for text in texts:
                grade = rate(text)
                parts = [part * grade for c in text if c and (part := c.upper()) != "B"]
                if (size := len(parts)) and size > grade:
                    total += size
                print(text, parts)
            print(total)


        main(["ab", "b", "ccc", "ddd"])
        """
    alike = check_runs_alike(HEAD + textwrap.dedent(program), tmp_path)
    assert "nonlocal total\n" in alike.rewritten.files["app.py"]
    assert "nonlocal part" not in alike.rewritten.files["app.py"]


def test_the_item_comes_with_its_answer() -> None:
    before = HEAD + textwrap.dedent(
        """
        def main(texts):
            named = {text: grade for text in texts if (grade := rate(text))}
            return named, [text for text in texts if len(text) > 1 if not rate(f"again {text}")]


        main(["a", "b"])
        """
    )
    after = before[before.index("def rate") :].replace(
        """\
    answer = client.chat.completions.create(model="gpt-5", messages=[{"role": "user", "content": text}])
""",
        """\
    answer = yield request(
        client.chat.completions.create, model="gpt-5", messages=[{"role": "user", "content": text}]
    )
""",
    )
    after = after.replace(
        """\
    named = {text: grade for text in texts if (grade := rate(text))}
    return named, [text for text in texts if len(text) > 1 if not rate(f"again {text}")]
""",
        """\
    def handle_text(text):
        return text, (yield from rate(text))

    named = {text: grade for text, grade in run_batch(handle_text(text) for text in texts) if grade}

    def handle_text_2(text):
        return text, not (yield from rate(f"again {text}"))

    return named, [
        text
        for text, keep in run_batch(handle_text_2(text) for text in texts if len(text) > 1)
        if keep
    ]
""",
    )
    head = "from openai import OpenAI\n\nfrom llm_batch import request, run_batch\n\nclient = OpenAI()\n\n\n"
    check_rewritten(before, head + after)


REFUSED = {
    "an answer that is used behind the comprehension": (
        "def main(texts):\n    kept = [text for text in texts if (grade := rate(text))]\n    return kept, grade\n",
        "unsupported-shape",
    ),
    "an answer that is used behind a loop which may not bind its name": (
        "def main(texts):\n    kept = [text for text in texts if (grade := rate(text))]\n"
        "    for grade in kept[5:]:\n        print(grade)\n    return grade\n",
        "unsupported-shape",
    ),
    "an answer that is used before a loop binds its name": (
        "def main(texts):\n    kept = [text for text in texts if (grade := rate(text))]\n"
        "    for grade in range(grade):\n        print(grade)\n    return kept\n",
        "unsupported-shape",
    ),
    "an answer that is used in the next turn of the loop around": (
        "def main(texts):\n    for grade in range(2):\n        kept = [t for t in texts if (grade := rate(t))]\n"
        "        print(grade, kept)\n",
        "unsupported-shape",
    ),
    "two conditions that ask": (
        "def main(texts):\n    return [text for text in texts if rate(text) if rate(text * 2)]\n",
        "unsupported-shape",
    ),
    "what is kept is changed by the asking": (
        """
        SEEN = []


        def check(text):
            SEEN.append(text)
            return rate(text)


        def main(texts):
            return [len(SEEN) for text in texts if check(text)]
        """,
        "unsupported-shape",
    ),
    "the first one that is kept": (
        "def main(texts):\n    return next(text for text in texts if rate(text))\n",
        "generator-consumer",
    ),
    "a condition in front that sees the answers": (
        """
        SEEN = {}


        def store(text):
            SEEN[text] = rate(text)
            return SEEN[text]


        def main(texts):
            return [store(text) for text in texts if text not in SEEN]
        """,
        "dependent-iterations",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_where_more_than_the_items_depends_on_it_nothing_is_changed(name: str) -> None:
    program, refusal = REFUSED[name]
    check_noop(HEAD + textwrap.dedent(program), refusal)


KEPT = {
    "a list": "grades = (rate(text) for text in TEXTS)\nprint(list(grades))",
    "a text": "words = (f'{text} {rate(text)}' for text in TEXTS if text)\nprint(', '.join(words))",
    "pairs with the items": (
        "names = sorted(TEXTS)\ngrades = (rate(text) for text in names)\n"
        "found = {name: grade for name, grade in zip(names, grades)}\nprint(found)"
    ),
}


@pytest.mark.parametrize("name", KEPT)
def test_a_generator_that_the_next_statement_takes_is_a_list(name: str, tmp_path) -> None:
    check_runs_alike(f'{HEAD}TEXTS = ["a", "bb", "", "ccc", "a"]\n\n\n{KEPT[name]}\n', tmp_path)


LEFT = {
    "one after the other": "grades = (rate(text) for text in TEXTS)\nfor grade in grades:\n    print(grade)",
    "later": "grades = (rate(text) for text in TEXTS)\nTEXTS.append('late')\nprint(list(grades))",
    "as many as others": (
        "names = ['x', 'y']\ngrades = (rate(text) for text in TEXTS)\nfound = [pair for pair in zip(names, grades)]"
    ),
    "twice": "grades = (rate(text) for text in TEXTS)\nprint(list(grades), list(grades))",
    "behind an effect": "grades = (rate(text) for text in TEXTS)\nprint(TEXTS.append('late'), list(grades))",
}


@pytest.mark.parametrize("name", LEFT)
def test_a_generator_that_is_taken_otherwise_stays(name: str) -> None:
    check_noop(f'{HEAD}TEXTS = ["a", "bb", "", "ccc", "a"]\n\n\n{LEFT[name]}\n', "generator-consumer")


def test_comprehensions_within_others_share_a_batch(tmp_path) -> None:
    program = """
        import openai

        PAGES = {"one": ["a", "", "bb"], "two": [], "three": ["a", "ccc d"]}
        log = []


        def noted(text, *, of=""):
            grade = rate(f"{of} {text}")
            if grade == 1:
                grade += rate(f"again {text}")
            log.append((of, text))
            print("noted", text)
            return grade


        def main():
            print({page: {text: noted(text, of=page) for text in texts if text} for page, texts in PAGES.items()})
            print([[[rate(word) for word in text.split()] for text in texts] for texts in PAGES.values()])
            print([(page, [rate(text) + len(page) for text in texts], rate(page)) for page, texts in PAGES.items()])
            print([grade + 1 for grade in [rate(text) for text in PAGES["one"]] if grade])
            print({page: grade for page, grade in zip(PAGES, [rate(page) for page in PAGES])})
            print([page for page, texts in PAGES.items() if all([rate(text) for text in texts])])
            print(sum(len({rate(text) for text in texts}) for texts in PAGES.values()))
            for size in (1, 2):
                print(size, [[rate(f"{size} {text}") for text in texts[:size]] for texts in PAGES.values()])
            try:
                print([[noted(text) for text in texts] for texts in (["x"], ["y", "refuse"])])
            except openai.BadRequestError as error:
                print(error.code)
            print(log)


        main()
        """
    alike = check_runs_alike(HEAD + textwrap.dedent(program), tmp_path, faults=Faults(failures=[Failure("refuse")]))
    assert alike.before.ended.code == 0, alike.before.ended
    assert alike.after.cost == alike.before.cost / 2


def test_the_inner_comprehension_gets_what_it_reads_of_the_outer_item() -> None:
    before = HEAD + textwrap.dedent(
        """
        def main(pages):
            return {
                name: [
                    (line, rate(f"{name} {line}"))
                    for line in lines  # as printed
                ]
                for name, lines in pages.items()
            }


        main({"cover": ["title"], "back": ["price", "code"]})
        """
    )
    after = """
        def main(pages):
            def answer_line(line, name):
                return (line, (yield from rate(f"{name} {line}")))

            def handle_page(name, lines):
                return (name, (yield each(
                    answer_line(line, name)
                    for line in lines  # as printed
                )))

            return dict(run_batch(
                handle_page(name, lines)
                for name, lines in pages.items()
            ))
        """
    assert textwrap.dedent(after) in rewrite(before).files["app.py"]


def test_an_inner_comprehension_that_needs_earlier_answers_is_left() -> None:
    program = """
        seen = []


        def told(text):
            seen.append(rate(f"{text} after {seen}"))
            return seen[-1]


        def main(pages):
            return [[told(text) for text in page] for page in pages]
        """
    check_noop(HEAD + textwrap.dedent(program), "dependent-iterations")


@pytest.mark.parametrize(
    ("taker", "read"),
    [("texts.extend", "texts[-1]"), ("seen.update", "len(seen)"), ("seen.update", "'tea' in seen")],
)
def test_a_generator_that_reads_what_takes_its_items(taker: str, read: str, tmp_path) -> None:
    program = """texts, seen = ["none"], set()
{taker}(str(rate(f"{{text}} {{{read}}}")) for text in ["a", "b"])
print(texts, sorted(seen))
"""
    check_noop(HEAD + program.format(taker=taker, read=read), "dependent-iterations")
    check_runs_alike(HEAD + program.format(taker=taker, read="len('none')"), tmp_path)
