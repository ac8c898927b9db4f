"""Loops whose variables are read when they have ended: their last values are known when all items are drawn."""

from __future__ import annotations

from pathlib import Path

import pytest

from .programs import check_noop, check_rewritten, check_runs_alike

HEAD = """\
from openai import OpenAI

client = OpenAI()
WORDS = ["tea", "cup", "jam"]


def ask(text):
    return client.responses.create(model="gpt-5-mini", input=text).output_text


"""
ALIKE = {
    "how many there were": """
        def main():
            for number, word in enumerate(WORDS, 1):
                print(number, ask(word))
            print(f"{number} words")


        main()
        """,
    "an else that a break before the request skips": """
        def main(words):
            count = kind = 0
            for word in words:
                kind = len(word)
                if word == "END":
                    print("ends here")
                    break
                if word == "cup":
                    continue
                print(ask(word))
                count += 1
            # With all of them.
            else:
                print("no end", kind)
                return count, kind
            return count


        print(main(WORDS), main([*WORDS, "END", "bee"]), main(["END"]), main([]))
        """,
    "an else, in a loop that goes on": """
        for words in [WORDS, ["END", "bee"], []]:
            for word in words:
                if word == "END": break
                print(ask(word))
            else: print("all"); continue
            print("not all")
        """,
    "an else that reads what the loop binds": """
        def main(words):
            for word in words:
                upper = word.upper()
                print(ask(upper))
            else:
                print(upper)


        main(WORDS)
        """,
    "a starred rest": """
        for number, (first, *rest) in enumerate(WORDS):
            rest.append(first)
            for last, *others in [rest, WORDS]:
                print(number, ask(first + last), others)
            print("".join(rest))
        print(number, rest)
        """,
    "a name that is bound twice": """
        for _, _, word in zip(WORDS, "abc", WORDS):
            print(ask(word), _)
        print(_)
        """,
    "the item, in a module": """
        for word in WORDS:
            print(ask(word))
        print("the last was", word)
        """,
    "both, in an open file": """
        def main():
            with open("out.txt", "w") as file:
                for number, (first, rest) in enumerate(zip(WORDS, WORDS)):
                    file.write(ask(first))
            return number, rest


        print(main())
        """,
    "what it was before, where there are no items": """
        def main(words, number=0):
            for number, word in enumerate(words, 1):
                print(number, ask(word))
            return number


        print(main([]), main(WORDS), main([], 7))
        """,
    "some items skipped": """
        def main():
            for number, word in enumerate(WORDS):
                if word == "jam":
                    continue
                print(ask(word))
            print(number, word)


        main()
        """,
    "a round of the loop around": """
        def main():
            count = 0
            for words in (WORDS, [], WORDS[:1]):
                for count, word in enumerate(words, count + 1):
                    print(ask(word))
            print(count)


        main()
        """,
}
LEFT = {
    "changed in the loop": """
        def main():
            for number, word in enumerate(WORDS):
                print(ask(word))
                number += 1
            print(number)
        """,
    "behind an error": """
        def main():
            try:
                for number, word in enumerate(WORDS):
                    print(ask(word))
            finally:
                print(number)
        """,
    "where the loop ends early": """
        def main():
            for number, word in enumerate(WORDS):
                if word == "jam":
                    break
                print(ask(word))
            print(number)
        """,
    "by a function": """
        def main():
            def report():
                print(number)

            for number, word in enumerate(WORDS):
                print(ask(word))
                report()
            print(number)
        """,
}


def placed(body: str) -> str:
    return HEAD + body.replace("\n        ", "\n").lstrip("\n")


@pytest.mark.parametrize("name", ALIKE)
def test_the_last_value_is_kept(name: str, tmp_path: Path) -> None:
    check_runs_alike(placed(ALIKE[name]), tmp_path)


@pytest.mark.parametrize("name", LEFT)
def test_a_value_that_items_change_is_not(name: str) -> None:
    check_noop(placed(LEFT[name]), "unsupported-shape")


def test_the_name_is_bound_where_an_item_is_drawn() -> None:
    before = """
        from openai import OpenAI

        client = OpenAI()


        def main(words):
            for number, word in enumerate(words, 1):
                answer = client.responses.create(model="gpt-5-mini", input=word)
                print(answer.output_text)
            print(f"{number} words")
        """
    after = """
        from openai import OpenAI

        from llm_batch import request, run_batch

        client = OpenAI()


        def main(words):
            def handle_word(number, word):
                answer = yield request(
                    client.responses.create, model="gpt-5-mini", input=word
                )
                print(answer.output_text)

            run_batch(
                handle_word(number := each_number, word)
                for each_number, word in enumerate(words, 1)
            )
            print(f"{number} words")
        """
    check_rewritten(before, after)
