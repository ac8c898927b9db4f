"""Loops over a few things, loops that only count, and loops that end where a limit is given."""

import pytest

from .verdicts import cases, verdict

STORED = {
    "a few whose answers are stored": """
        import json
        from llm import ask

        CITIES = ["Oslo", "Lyon", "Porto"]
        found = {}
        for city in CITIES:
            found[city] = ask(city)  # !
        with open("cities.json", "w") as file:
            json.dump(found, file)
        """,
    "a number that is used": """
        from llm import ask

        def main():
            for i in range(1, 6):
                print(ask(f"chapter-{i}.txt"))  # !

        main()
        """,
    "a client that takes its turn": """
        import itertools
        from openai import OpenAI

        pool = itertools.cycle([OpenAI(api_key=key) for key in open("keys.txt")])
        for text in open("texts.txt"):
            print(next(pool).responses.create(model="gpt-5-mini", input=text))  # !
        """,
    "as many as a limit allows, one a turn": """
        import json
        from llm import ask

        limit = 100
        answers = []
        for line in open("texts.txt"):
            if len(answers) >= limit:
                break
            answers.append(ask(line))  # !
        with open("answers.json", "w") as file:
            json.dump(answers, file)
        """,
}
LEFT = {
    "as many as a limit allows, of those that fit": """
        import json
        from llm import ask

        limit = 100
        answers = []
        for line in open("texts.txt"):
            if len(answers) >= limit:
                break
            answer = ask(line)  # !
            if "yes" in answer:
                answers.append(answer)
        with open("answers.json", "w") as file:
            json.dump(answers, file)
        """,
    "as many as a limit allows, without those that do not fit": """
        import json
        from llm import ask

        limit = 100
        answers = []
        for line in open("texts.txt"):
            answer = ask(line)  # !
            if "no" in answer:
                continue
            answers.append(answer)
            if len(answers) == limit:
                break
        with open("answers.json", "w") as file:
            json.dump(answers, file)
        """,
    "as many as a limit allows, several an answer": """
        import json
        from llm import ask

        limit = 100
        answers = []
        for line in open("texts.txt"):
            if len(answers) >= limit:
                break
            answers.extend(json.loads(ask(line)))  # !
        with open("answers.json", "w") as file:
            json.dump(answers, file)
        """,
    "until one of them is the last": """
        from llm import ask

        answers = []
        for line in open("texts.txt"):
            answers.append(ask(line))  # !
            if answers[-1] == "stop":
                break
        """,
    "a few that are looked at": """
        from llm import ask

        CITIES = ["Oslo", "Lyon", "Porto"]
        for city in CITIES:
            print(ask(city))  # !
        """,
    "a number that is only told": """
        import time
        from llm import ask

        def main(text):
            for i in range(5):
                print("turn", i)
                print(ask(text))  # !
                time.sleep(i)

        main("tea")
        """,
    "a loop that a limit ends": """
        import sys
        import time
        from llm import ask

        limit = int(sys.argv[1]) if len(sys.argv) > 1 else None
        turns = 0

        def poll():
            for line in open("inbox.txt"):
                print(ask(line))  # !

        while limit is None or turns < limit:
            poll()
            turns += 1
            time.sleep(1)
        """,
}


@pytest.mark.parametrize("program", cases(STORED))
def test_what_is_worth_a_batch(program):
    assert verdict(program) == "batchable"


@pytest.mark.parametrize("program", cases(LEFT))
def test_what_is_not(program):
    assert verdict(program) != "batchable"


EMBEDDED = """
    import sys
    from openai import OpenAI

    client = OpenAI()

    def embed(texts):
        {cleaned}
        vectors = []
        for start in range(0, len(texts), 100):
            answer = client.embeddings.create(model="m", input=texts[start : start + 100])
            vectors += [each.embedding for each in answer.data]
        return vectors

    def search(question: str):
        return embed({given})

    def main():
        {run}  # !

    if __name__ == "__main__":
        main()
"""
ONCE = "print(search(sys.argv[1]))"


@pytest.mark.parametrize(
    ("cleaned", "given", "run", "expected"),
    [
        ("", "[question]", ONCE, "realtime"),
        ("texts = [text.strip() for text in texts]", "texts=[question]", ONCE, "realtime"),
        ("texts = [texts] if isinstance(texts, str) else texts", "question", ONCE, "batchable"),
        ("texts = [texts]", "question", ONCE, "realtime"),
        ("", "question.splitlines()", ONCE, "batchable"),
        ("", "[question, sys.argv[2]]", ONCE, "realtime"),
        ("", "[question, *sys.argv[2:]]", ONCE, "batchable"),
        ("texts = read(texts)", "[question]", ONCE, "batchable"),
        ("", "[question]", "print([search(line) for line in open('lines.txt')])", "batchable"),
    ],
)
def test_a_collection_of_one_is_a_single_request(cleaned, given, run, expected):
    assert verdict(EMBEDDED.format(cleaned=cleaned, given=given, run=run)) == expected


def test_a_helper_that_others_give_more_to_is_asked_for_many():
    more = f"embed(open('lines.txt').readlines())\n        {ONCE}"
    program = EMBEDDED.format(cleaned="", given="[question]", run=more)
    call = 'answer = client.embeddings.create(model="m", input=texts[start : start + 100])'
    below = program.replace("  # !", "").replace(call, f"{call}  # !")
    assert (verdict(program), verdict(below)) == ("realtime", "batchable")


PASSED = """
    import sys
    from concurrent.futures import ThreadPoolExecutor
    from llm import ask
    from store import Note, keep

    def label(note):
        keep(note.id, ask(note.text))  # !

    def run(notes):
        with ThreadPoolExecutor(8) as pool:
            for future in [pool.submit(label, note) for note in notes]:
                future.result()

    def in_portions(notes):
        amount = len(notes)
        for start in range(0, amount, 8):
            portion = notes[start : start + 8]
            run(portion)

    def get_unfinished_notes(notes):
        return [note for note in notes if note.label is None]

    def parts_of(notes):
        return [part for note in notes for part in note.parts]

    def until_done(notes):
        left = {copied}
        while left:
            in_portions(left)
            {more}
            left = {rest}(notes)

    if __name__ == "__main__":
        until_done({given})
    """


@pytest.mark.parametrize(
    ("given", "copied", "rest", "expected"),
    [
        ("[Note.get(sys.argv[1])]", "notes.copy()", "get_unfinished_notes", "realtime"),
        ("[Note.get(sys.argv[1])]", "list(notes)", "get_unfinished_notes", "realtime"),
        ("Note.all()", "notes.copy()", "get_unfinished_notes", "batchable"),
        ("[Note.get(sys.argv[1])]", "parts_of(notes)", "get_unfinished_notes", "batchable"),
        ("[Note.get(sys.argv[1])]", "notes.copy()", "parts_of", "batchable"),
        ("[Note.get(sys.argv[1])]", "notes + Note.all()", "get_unfinished_notes", "batchable"),
    ],
)
def test_a_list_of_one_is_one_however_far_it_is_passed_on(given: str, copied: str, rest: str, expected: str) -> None:
    program = PASSED.replace("{given}", given).replace("{copied}", copied).replace("{rest}", rest)
    assert verdict(program.replace("{more}", "")) == expected
    grown = program.replace("{more}", "left.extend(notes[0].children)")
    assert verdict(grown) == "batchable"


PARTS = """
    import sys
    from chunks import chunk_text, read_pages
    from llm import ask

    SAMPLE = "The mill by the river has been closed since the winter, and nobody knows who owns it."

    def check(source, parts=None):
        if not parts:
            parts = {made}
        return [ask(part) for part in parts]

    if __name__ == "__main__":
        print(check({given}))  # !
    """


@pytest.mark.parametrize(
    ("made", "given", "expected"),
    [
        ("chunk_text(source, 400)", "SAMPLE", "realtime"),
        ("source.split('. ')", '"The mill is closed. Nobody knows who owns it."', "realtime"),
        ("chunk_text(source, 400)", "open(sys.argv[1]).read()", "batchable"),
        ("chunk_text(source, 400)", "'mill.txt'", "batchable"),
        ("read_pages(source)", "SAMPLE", "batchable"),
        ("chunk_text(source, 400)", "SAMPLE, open('parts.txt')", "batchable"),
    ],
)
def test_the_parts_of_a_sample_that_stands_in_the_code_are_few(made: str, given: str, expected: str):
    assert verdict(PARTS.replace("{made}", made).replace("{given}", given)) == expected


TEXTS = """
    import json
    from langchain_openai import OpenAIEmbeddings

    texts = {texts}
    print(OpenAIEmbeddings().embed_documents(texts))  # !
    """


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        ('["The mill is closed.", "Nobody knows who owns it."]', "realtime"),
        ("json.load(open('texts.json'))", "batchable"),
        ("[row['text'] for row in json.load(open('texts.json'))]", "batchable"),
    ],
)
def test_a_few_texts_that_are_written_out_are_no_collection(texts: str, expected: str):
    assert verdict(TEXTS.format(texts=texts)) == expected


SECTIONS = """
    import asyncio
    import sys
    from llm import aask

    TITLES = ["overview", "features", "slogan"]
    KINDS = [{{"kind": kind}} for kind in TITLES]
    GROWN = ["overview"]
    GROWN.extend(open("a.txt"))
    FILLED = []
    for line in open("b.txt"):
        FILLED.append(line)

    def sections(source):
        return [{{"kind": kind, "source": source}} for kind in ("overview", "features", "slogan")]

    def lines(source):
        return [{{"kind": "line", "source": line}} for line in source.splitlines()]

    def some(source):
        if not source:
            return []
        return sections(source)

    def in_batches(prompts, size=10):
        for start in range(0, len(prompts), size):
            yield prompts[start : start + size]

    async def write(prompts):
        found = []
        for batch in in_batches(prompts):
            found += await asyncio.gather(*[aask(str(prompt)) for prompt in batch])  # !
        {kept}

    async def main():
        prompts = sections("...")
        await write({given})
        {more}

    if __name__ == "__main__":
        asyncio.run(main())
    """


@pytest.mark.parametrize(
    ("given", "more", "kept", "expected"),
    [
        ("sections(open('a.txt').read())", "", "return found", "realtime"),
        ("prompts", "", "return found", "realtime"),
        ("KINDS", "", "return found", "realtime"),
        ("[prompt for prompt in prompts]", "", "return found", "realtime"),
        ("lines(open('a.txt').read())", "", "return found", "batchable"),
        ("some(open('a.txt').read())", "", "return found", "batchable"),
        ("[*prompts, *lines('a')]", "", "return found", "batchable"),
        ("prompts * 100", "", "return found", "batchable"),
        ("GROWN", "", "return found", "batchable"),
        ("FILLED", "", "return found", "batchable"),
        ("prompts", "await write(lines('a'))", "return found", "batchable"),
        # What is asked a few times and stored is done for good.
        ("prompts", "", "open('found.txt', 'w').write(str(found))", "batchable"),
    ],
)
def test_a_few_prompts_that_the_caller_writes_out_are_no_collection(given: str, more: str, kept: str, expected: str):
    assert verdict(SECTIONS.format(given=given, more=more, kept=kept)) == expected


ROUNDS = """
    import sys
    import time
    from llm import ask
    from settings import MODELS, ROUNDS

    def complete(text):
        said = []
        for turn in range(ROUNDS):
            for model in MODELS:
                try:
                    answer = ask(f"{{model}}: {{text}}")  # !
                    {then}
                except TimeoutError as error:
                    print(model, turn, error)
            time.sleep(turn)
        return said

    if __name__ == "__main__":
        print(complete(sys.argv[1]))
    """


@pytest.mark.parametrize(
    ("then", "expected"),
    [
        ("return answer", "realtime"),
        ("print(answer)\n                    return answer", "realtime"),
        ("said.append(answer)", "batchable"),
        ("said.append(answer)\n                    break", "batchable"),
    ],
)
def test_rounds_over_models_that_end_at_the_first_answer_are_tries(then: str, expected: str) -> None:
    assert verdict(ROUNDS.format(then=then)) == expected


SEEDED = """
    from openai import OpenAI
    from store import put, questions

    client = OpenAI()

    def embed(texts):
        return client.embeddings.create(model="text-embedding-3-small", input=texts)

    def seed({taken}):
        put({made})  # !

    if __name__ == "__main__":
        for question in questions():
            seed({given})
            print(put(question))
    """


@pytest.mark.parametrize(
    ("taken", "given", "made", "expected"),
    [
        ("", "", "embed([PLANS])", "realtime"),
        ("name", "question", "embed([PLANS[:9]])", "batchable"),
        ("", "", "[embed([part]) for part in PLANS.splitlines()]", "batchable"),
    ],
)
def test_what_takes_nothing_of_the_item_embeds_the_same_each_time(
    taken: str, given: str, made: str, expected: str
) -> None:
    source = SEEDED.format(taken=taken, given=given, made=made)
    assert verdict(source.replace("from store", "PLANS = open('plans.md').read()\n    from store")) == expected


TALKS = """
    import json
    from llm import ask

    def talk(topic):
        said = []
        for {loop}:
            {turn}
        return said

    def main():
        json.dump([talk(topic) for topic in open("topics.txt")], open("talks.json", "w"))

    if __name__ == "__main__":
        main()
    """
SAY = "said.append(ask(f'Answer {said}'))  # !"
REPLY = "said.append(ask(f'Reply to {said}'))"


@pytest.mark.parametrize(
    ("loop", "turn", "expected"),
    [
        ("_ in range(5)", [SAY, REPLY], "realtime"),
        ("_ in range(5)", [SAY], "batchable"),
        ("_ in range(2)", [SAY, REPLY], "batchable"),
        ("text in list(topic)", [SAY, REPLY], "batchable"),
        ("n in range(5)", ["if n % 2:", f"    {SAY}", f"else: {REPLY}"], "batchable"),
        ("_ in range(5)", ["try:", f"    {SAY}", f"except OSError: {REPLY}"], "batchable"),
        ("_ in range(5)", [SAY, "print(ask(topic))"], "batchable"),
    ],
    ids=["two sides", "one side", "a reply or two", "items", "in turn", "where it fails", "an answer of its own"],
)
def test_the_requests_of_a_few_turns_that_follow_each_other_are_counted(loop: str, turn: list[str], expected: str):
    source = TALKS.replace("{loop}", loop).replace("{turn}", ("\n" + " " * 12).join(turn))
    assert verdict(source) == expected
