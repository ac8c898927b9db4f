"""`while` loops that empty a collection: the same before and after, and what is left as it is."""

from __future__ import annotations

import textwrap

import pytest

from .programs import check_noop, check_rewritten, check_runs_alike, rewrite

HEAD = """\
import heapq
from collections import deque

from openai import OpenAI

client = OpenAI()


def ask(text):
    return client.responses.create(model="gpt-5", input=text).output_text


"""


def test_collections_are_emptied_in_the_same_order(tmp_path) -> None:
    program = """
        class Job:
            def __init__(self, texts):
                self.waiting = deque(texts)
                self.done = {}

            def run(self):
                while self.waiting:
                    text = self.waiting.popleft()
                    if text == "skip":
                        print("skipped")
                        continue
                    self.done[text] = ask(text)
                    print(len(self.done), text)


        def main():
            job = Job(["a", "b", "skip", "c", "a"])
            job.run()
            print(job.done, job.waiting)
            heap = [(2, "two"), (1, "one"), (3, "three")]
            heapq.heapify(heap)
            while heap:
                # the smallest first
                rank, text = heapq.heappop(heap)
                try:
                    print(rank, ask(text))
                except Exception as error:
                    print(error)
            stack, seen = ["x", "y", "stop", "z"], 0
            while len(stack) > 0:
                text = stack.pop(0)
                if text == "stop":
                    break
                seen += 1
                print(ask(text))
            print(stack, seen)


        main()
        """
    alike = check_runs_alike(HEAD + textwrap.dedent(program), tmp_path)
    assert alike.before.ended.code == 0, alike.before.ended


def test_what_takes_an_item_stays_a_loop() -> None:
    before = HEAD + textwrap.dedent(
        """
        def main(texts):
            waiting = list(texts)
            # the newest first
            while waiting:
                text = waiting.pop()  # no order
                print(ask(text))


        main(["a", "b"])
        """
    )
    after = before.replace(
        """\
    # the newest first
    while waiting:
        text = waiting.pop()  # no order
        print(ask(text))
""",
        """\

    # the newest first
    def handle_text(text):
        print((yield from ask(text)))

    def each_text():
        while waiting:
            text = waiting.pop()  # no order
            yield handle_text(text)

    run_batch(each_text())
""",
    )
    after = after.replace(
        'return client.responses.create(model="gpt-5", input=text).output_text',
        """\
return (yield request(
        client.responses.create, model="gpt-5", input=text
    )).output_text""",
    )
    after = after.replace("import OpenAI\n", "import OpenAI\n\nfrom llm_batch import request, run_batch\n")
    check_rewritten(before, after)


def test_loops_that_count_do_the_same_by_batch(tmp_path) -> None:
    program = """
        def chunks(texts):
            start = 0
            # two at a time
            while start < len(texts):
                chunk = texts[start : start + 2]
                print(chunk, ask(str(chunk)))
                # to the next
                start += 2
            return start


        def first(texts):
            number, total = 0, len(texts)
            while number < total:
                text = texts[number]
                number += 1
                if not text:
                    continue
                print(f"{number} of {total}", ask(text))
            print(number)


        print(chunks(["a", "b", "c", "d", "e"]))
        first(["x", "", "y"])
        left = 3
        while left > 0:
            if left == 1:
                break
            print(ask(f"{left} left"))
            left -= 1
        print(left)
        """
    alike = check_runs_alike(HEAD + textwrap.dedent(program), tmp_path)
    assert alike.before.ended.code == 0, alike.before.ended


GUARDED = """
    def labels(texts):
        place, found = 0, {}
        while place < len(texts):
            text = texts[place].strip()
            if not text:
                place += 1
                continue
            # what is left
            found[place] = ask(f"{place} {text}")
            print(place, text, found[place])
            place += 1
        return place, found


    print(labels(["a", "", "b ", " ", "c"]))
"""


def test_loops_that_count_what_they_leave_out_too(tmp_path) -> None:
    check_runs_alike(HEAD + textwrap.dedent(GUARDED), tmp_path)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("if not text:", "if not text or text in str(found):"),
        ("text = texts[place].strip()\n", "if texts[place] != 'b ':\n                text = texts[place].strip()\n"),
        ("                continue", "                break"),
        ("            place += 1\n        return", "            place += len(found[place])\n        return"),
    ],
    ids=["answers decide", "one of before", "it ends", "an answer counts"],
)
def test_loops_whose_turns_need_each_other(old: str, new: str) -> None:
    text = HEAD + textwrap.dedent(GUARDED)
    changed = textwrap.dedent(GUARDED.replace(old, new))
    assert HEAD + changed != text
    check_noop(HEAD + changed)


def test_what_counts_stays_a_loop() -> None:
    before = HEAD + textwrap.dedent(
        """
        def main(texts):
            start = 0
            # two at a time
            while start < len(texts):
                chunk = texts[start : start + 2]
                start += 2  # to the next
                for text in chunk:
                    print(start, ask(text))


        main(["a", "b"])
        """
    )
    done = rewrite(before)
    assert """\
    def each_batch():
        nonlocal start
        while start < len(texts):
            yield handle_batch(start)
            start += 2

    run_batch(each_batch())
""" in done.files["app.py"]
    assert "        start += 2  # to the next\n" in done.files["app.py"], "as it is printed"


def test_rows_that_are_there_already_are_counted_through() -> None:
    program = """
        def main():
            rows = list(Product.objects.filter(text=""))
            start = 0
            while start < len(rows):
                print(ask(str(rows[start : start + 10])))
                start += 10
        """
    assert rewrite(HEAD + textwrap.dedent(program)).planned


REFUSED = {
    "answers bring further items": (
        """
        def main(waiting):
            while waiting:
                text = waiting.pop()
                waiting.extend(ask(text).split())
        """,
        "dependent-iterations",
    ),
    "an answer ends it": (
        """
        def main(waiting):
            while waiting:
                text = waiting.pop()
                if "stop" in ask(text):
                    break
        """,
        "early-stop",
    ),
    "a condition that answers change": (
        """
        def main(waiting):
            found = []
            while waiting and len(found) < 3:
                text = waiting.pop()
                if ask(text):
                    found.append(text)
            return found
        """,
        "early-stop",
    ),
    "a variable that answers change": (
        """
        def main(waiting):
            is_done = False
            while not is_done:
                text = waiting.pop()
                is_done = ask(text) == "done"
        """,
        "dependent-iterations",
    ),
    "what an error leaves is read": (
        """
        def main(waiting):
            try:
                while waiting:
                    text = waiting.pop()
                    print(ask(text))
            finally:
                print(waiting)
        """,
        "unsupported-shape",
    ),
    "a loop that takes no item": (
        """
        def main(texts):
            number = 1
            while number < len(texts):
                print(ask(texts[number]))
                number = 2 * number
        """,
        "unsupported-shape",
    ),
    "an answer says how far to go": (
        """
        def main(texts):
            number = 0
            while number < len(texts):
                answer = ask(texts[number])
                number += len(answer)
        """,
        "unsupported-shape",
    ),
    "answers bring further items to count": (
        """
        def main(texts):
            number = 0
            while number < len(texts):
                texts.append(ask(texts[number]))
                number += 1
        """,
        "dependent-iterations",
    ),
    "some rounds do not count": (
        """
        def main(texts):
            number = 0
            while number < len(texts):
                if not ask(texts[number]):
                    continue
                number += 1
        """,
        "unsupported-shape",
    ),
    "rows of a query by their numbers, counted": (
        """
        def main():
            rows = Product.objects.filter(text="")
            start, total = 0, rows.count()
            while start < total:
                part = rows.all()[start : start + 10]
                Product.objects.bulk_update(part, text=ask(str(part)))
                start += 10
        """,
        "external-read-back",
    ),
    "rows of a query by their numbers": (
        """
        def main():
            rows = Product.objects.filter(text="")
            for start in range(0, rows.count(), 10):
                answer = ask(str(rows[start : start + 10]))
                Product.objects.update(text=answer)
        """,
        "external-read-back",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_loops_that_the_answers_steer_are_left_as_they_are(name: str) -> None:
    program, refusal = REFUSED[name]
    check_noop(HEAD + textwrap.dedent(program), refusal)


SLICES = {
    "both at once": "part, todo = todo[:2], todo[2:]",
    "one after the other": "part = todo[:2]\n        todo = todo[2:]",
    "deleted": "part = todo[:2]\n        del todo[:2]",
}
SLICED = """
def main(todo):
    total = 0
    while todo:
        {taking}
        # a batch of texts
        for text, item in zip(part, client.embeddings.create(model="text-embedding-3-small", input=part).data):
            total += len(text)
            print(text, len(item.embedding))
        {behind}
    print(total, todo)


main(["a", "b", "c", "d", "e"])
"""


@pytest.mark.parametrize("name", SLICES)
def test_parts_are_cut_off(name: str, tmp_path) -> None:
    source = HEAD + SLICED.format(taking=SLICES[name], behind="print(total)")
    assert "each_part" in check_runs_alike(source, tmp_path).rewritten.files["app.py"]


def test_what_is_left_is_told_of_as_it_was(tmp_path) -> None:
    source = HEAD + SLICED.format(taking=SLICES["both at once"], behind="print(len(todo), 'left')")
    check_runs_alike(source, tmp_path)


def test_parts_are_cut_off_when_they_are_handled(tmp_path) -> None:
    check_runs_alike(HEAD + SLICED.format(taking="part = todo[:2]", behind="todo = todo[2:]"), tmp_path)


def test_parts_of_a_list_that_is_looked_at_stay() -> None:
    check_noop(HEAD + SLICED.format(taking=SLICES["deleted"], behind="print(len(todo), 'left')"))
    check_noop(HEAD + SLICED.format(taking="part = todo[:2]", behind="todo = todo[total:]"))
