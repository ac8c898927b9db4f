"""Loops that fill a list and ask when it is full: each list is an item, also what is left over behind the loop."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest
from fake_provider import Failure, Faults

from .programs import check_noop, check_rewritten, check_runs_alike

HEAD = """\
from openai import OpenAI

client = OpenAI(max_retries=0)
WORDS = ["tea", "cup", "", "jam", "pot", "pan", "lid", "mug"]


def embed(texts):
    response = client.embeddings.create(model="text-embedding-3-small", input=texts, encoding_format="float")
    return [round(item.embedding[0], 3) for item in response.data]


"""
ALIKE = {
    "a function's list, with a count": """
        def main():
            found, total = [], 0
            for word in WORDS:
                if not word:
                    continue
                found.append(word)
                if len(found) >= 3:
                    for text, number in zip(found, embed(found)):
                        print(text, number)
                    total += len(found)
                    found = []
            if found:
                for text, number in zip(found, embed(found)):
                    print(text, number)
                total += len(found)
            return total


        print(main())
        """,
    "a helper that is given the list, which is cleared": """
        def flush(found, out):
            for text, number in zip(found, embed([text for text in found])):
                out[text] = number


        def main(out):
            found = []
            for number, word in enumerate(WORDS):
                found.append(word or str(number))
                if len(found) == 3:
                    flush(found, out)
                    found.clear()
            # what is left over
            if len(found) > 0:
                # the last ones
                flush(found, out)


        out = {}
        main(out)
        print(out)
        """,
    "variables of the module": """
        found = []
        for word in WORDS:
            found.append(word or "none")
            if len(found) > 3:
                print(word, embed(found))
                del found[:]
        if found:
            print(word, embed(found))
            del found[:]
        print(found, word)
        """,
    "two lists": """
        def main():
            texts, places = [], []
            for place, word in enumerate(WORDS):
                text = f"{place} {word}"
                texts.append(text)
                places.append(place)
                if len(texts) >= 3:
                    print(dict(zip(places, embed(texts))), text)
                    texts, places = [], []
            if texts:
                print(dict(zip(places, embed(texts))), text)


        main()
        """,
    "loops in loops": """
        def main():
            found, count = [], 0
            for word in WORDS:
                for letter in word:
                    count += 1
                    found.append(f"{letter}{count}")
                    if len(found) >= 5:
                        print(embed(found))
                        found = []
            if found:
                print(embed(found))
            print(count)


        main()
        """,
    "nothing is left over": """
        def main():
            found = []
            for word in WORDS:
                found.append(f"{word}.")
                if len(found) == 4:
                    print(embed(found))
                    found = []
            print(found)


        main()
        """,
    "the same list for other loops": """
        def main(groups):
            found, size = [], 0
            for name, words in groups.items():
                for word in words:
                    found.append(word or name)
                    size += len(word)
                    if size > 5:
                        print(name, size, embed(found))
                        size = 0
                        found = []
                if found:
                    print(name, size, embed(found))
                    found = []
            print(found, size)


        main({"a": WORDS[:5], "b": WORDS[5:]})
        """,
    "rows that are filled": """
        def main():
            found = []
            for word in WORDS:
                row = {"word": word}
                row["text"] = word.upper() or "none"
                found.append(row)
                if len(found) >= 3:
                    for each, number in zip(found, embed([each["text"] for each in found])):
                        each["number"] = number
                        print(each)
                    found = []
            if found:
                for each, number in zip(found, embed([each["text"] for each in found])):
                    each["number"] = number
                    print(each)


        main()
        """,
    "an error of one list": """
        def main():
            found = []
            for word in [*WORDS, "refuse"]:
                found.append(word or "none")
                if len(found) == 2:
                    try:
                        print(embed(found))
                    except Exception as error:
                        print(type(error).__name__, found)
                    found = []
            if found:
                try:
                    print(embed(found))
                except Exception as error:
                    print(type(error).__name__, found)
                found = []


        main()
        """,
    "an error that ends all": """
        def main():
            found = []
            for word in ["tea", "cup", "jam", "refuse"]:
                found.append(word)
                if len(found) == 2:
                    print(embed(found))
                    found = []
            if found:
                print(embed(found))


        main()
        """,
}
LEFT = {
    "an error shows what is in the list": """
        def main():
            found = []
            try:
                for word in [*WORDS, "refuse"]:
                    found.append(word)
                    if len(found) >= 2:
                        print(embed(found))
                        found = []
            except Exception:
                print(found)


        main()
        """,
    "something that goes on to change is told": """
        def main():
            found, header = [], []
            for word in WORDS:
                if not word:
                    header = [word]
                    continue
                header.append(word)
                found.append(word)
                if len(found) >= 2:
                    print(embed(found), header)
                    found = []


        main()
        """,
    "objects of the list are changed later": """
        def main():
            found, known = [], {}
            for word in WORDS:
                row = known.setdefault(len(word), {"count": 0})
                row["count"] += 1
                found.append(row)
                if len(found) >= 2:
                    print(embed([str(each) for each in found]), found)
                    found = []


        main()
        """,
    "objects of the list are asked about again": """
        def main():
            found, known = [], {}
            for word in WORDS:
                found.append(known.setdefault(len(word), {"label": word}))
                if len(found) >= 2:
                    for each, number in zip(found, embed([each["label"] for each in found])):
                        each["label"] = str(number)
                    found = []
            print(known)


        main()
        """,
    "a method of the list is kept": """
        def main():
            found = []
            add = found.append
            for word in WORDS:
                add(word)
                if len(found) >= 3:
                    print(embed(found))
                    found.clear()


        main()
        """,
    "another name may be the list": """
        def main(shows):
            found = []
            shown = found if shows else []
            for word in WORDS:
                found.append(word)
                if len(found) >= 3:
                    print(embed(found))
                    found.clear()
            print(shown)


        main(True)
        """,
    "what is asked with stays for the next ones": """
        def main():
            found, history = [], []
            for word in WORDS:
                if not word:
                    history = []
                    continue
                found.append(word)
                if len(found) >= 2:
                    history.append(str(embed([*history, *found])))
                    found = []


        main()
        """,
    "how far it has been read is told": """
        import csv


        def main():
            reader = csv.reader(WORDS)
            found = []
            for row in reader:
                found.append(str(row))
                if len(found) >= 2:
                    print(reader.line_num, embed(found))
                    found = []


        main()
        """,
    "the last ones stay": """
        def main():
            found = []
            for word in WORDS:
                found.append(word)
                if len(found) >= 3:
                    print(embed(found))
                    found = found[-1:]


        main()
        """,
    "an answer says how many": """
        def main():
            found, most = [], 3
            for word in WORDS:
                found.append(word)
                if len(found) >= most:
                    most = len(str(embed(found))) % 4
                    found = []


        main()
        """,
    "an answer decides on the next": """
        def main():
            found, seen = [], set()
            for word in WORDS:
                if word in seen:
                    continue
                found.append(word)
                if len(found) >= 3:
                    seen.update(map(str, embed(found)))
                    found = []


        main()
        """,
    "the list stands elsewhere too": """
        def main():
            found, all_of_them = [], []
            for word in WORDS:
                found.append(word)
                if len(found) >= 3:
                    print(embed(found))
                    all_of_them.append(found)
                    found.clear()
            print(all_of_them)


        main()
        """,
    "a helper keeps the list": """
        last = []


        def flush(found):
            last.append(found)
            print(embed(found))


        def main():
            found = []
            for word in WORDS:
                found.append(word)
                if len(found) >= 3:
                    flush(found)
                    found.clear()


        main()
        print(last)
        """,
    "the loop may be left": """
        def main():
            found = []
            for word in WORDS:
                if word == "pot":
                    return
                found.append(word)
                if len(found) >= 3:
                    print(embed(found))
                    found = []


        main()
        """,
}


@pytest.mark.parametrize("name", ALIKE)
def test_lists_are_items_of_one_batch(name: str, tmp_path: Path) -> None:
    program = HEAD + textwrap.dedent(ALIKE[name]).lstrip("\n")
    alike = check_runs_alike(program, tmp_path, faults=Faults(failures=[Failure("refuse")]))
    batches = [line for line in alike.after.ended.errors.splitlines() if " requests to " in line]
    assert len(batches) == (2 if "groups" in program else 1), alike.after.ended.errors


@pytest.mark.parametrize("name", LEFT)
def test_lists_that_have_to_do_with_each_other(name: str) -> None:
    check_noop(HEAD + textwrap.dedent(LEFT[name]).lstrip("\n"))


def test_what_asks_otherwise_for_the_rest_stays(tmp_path: Path) -> None:
    program = """
    def main():
        found = []
        for word in WORDS:
            found.append(f"{word}.")
            if len(found) == 3:
                print(embed(found))
                found = []
        if found:
            print("the rest", embed(found))


    main()
    """
    check_runs_alike(HEAD + textwrap.dedent(program).lstrip("\n"), tmp_path, realtime=1)


def test_comments_stay() -> None:
    before = """
        from openai import OpenAI

        client = OpenAI()


        def main(rows):
            texts = []
            # one text a row
            for row in rows:
                texts.append(row)
                # full
                if len(texts) >= 100:  # a hundred
                    # ask for all
                    print(client.embeddings.create(model="m", input=texts).data)
                    texts.clear()  # again
            # the rest
            if texts:  # some
                # the last ones
                print(client.embeddings.create(model="m", input=texts).data)  # at last
                texts = []
        """
    after = """
        from openai import OpenAI

        from llm_batch import request, run_batch

        client = OpenAI()


        def main(rows):
            texts = []

            # one text a row
            def handle_texts(texts):
                # ask for all
                print((yield request(
                    client.embeddings.create, model="m", input=texts
                )).data)

            def each_texts():
                nonlocal texts
                for row in rows:
                    texts.append(row)
                    # full
                    if len(texts) >= 100:  # a hundred
                        yield handle_texts(texts)
                        texts = []  # again
                # the rest
                if texts:  # some
                    # the last ones
                    # at last
                    yield handle_texts(texts)
                    texts = []

            run_batch(each_texts())
        """
    check_rewritten(before, after)
