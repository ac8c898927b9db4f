"""`while` loops that empty a collection: the same before and after, and what is left as it is."""

from __future__ import annotations

import textwrap

import pytest

from .programs import check_noop, check_rewritten, check_runs_alike

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
        "dependent-iterations",
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
            number = 0
            while number < len(texts):
                print(ask(texts[number]))
                number += 1
        """,
        "unsupported-shape",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_loops_that_the_answers_steer_are_left_as_they_are(name: str) -> None:
    program, refusal = REFUSED[name]
    check_noop(HEAD + textwrap.dedent(program), refusal)
