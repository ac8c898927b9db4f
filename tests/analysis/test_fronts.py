"""Programs that ask somebody in one branch and work through a list in another: only the first one is waited for."""

import pytest

from .verdicts import verdict

PROGRAM = """
    import sys
    from llm import ask

    def review():
        while True:
            text = input("> ")
            {reviewed}

    def label():
        for line in open("products.txt"):
            print(ask(line)){mark}

    def run(command):
        {body}

    {start}
    """
ONCE = "run(sys.argv[1])"


def program(body: str, start: str = ONCE, reviewed: str = "print(text)", mark: str = "  # !") -> str:
    lines = "\n        ".join(body.split("; "))
    return PROGRAM.format(body=lines, start=start, reviewed=reviewed, mark=mark)


@pytest.mark.parametrize(
    ("body", "start", "expected"),
    [
        ("if command == 'label':;     label();     return; review()", ONCE, "batchable"),
        ("if command == 'label':;     label(); elif command == 'review':;     review()", ONCE, "batchable"),
        ("review() if command == 'review' else label()", ONCE, "batchable"),
        ("{'label': label, 'review': review}[command]()", ONCE, "batchable"),
        ("{'label': label, 'review': review}[command]()", "for word in sys.argv: run(word)", "realtime"),
        ("for each in command.split():;     {'label': label, 'review': review}[each]()", ONCE, "realtime"),
        ("{'label': label, 'review': review}[command](); label()", ONCE, "unclear"),
        ("if command == 'review':;     review(); label()", ONCE, "unclear"),
        ("review(); label()", ONCE, "unclear"),
        (
            "if command == 'label':;     label(); elif command == 'review':;     review()",
            "for word in sys.argv: run(word)",
            "realtime",
        ),
        (
            "while command:;     if command == 'label':;         label();     else:;         review()",
            ONCE,
            "realtime",
        ),
    ],
)
def test_who_is_asked_in_another_branch_does_not_wait(body: str, start: str, expected: str):
    assert verdict(program(body, start)) == expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("if command == 'label':;     label(); else:;     review()", "realtime"),
        ("if command == 'label':;     label();     return; review()", "realtime"),
    ],
)
def test_who_is_asked_waits_for_the_same_helper(body: str, expected: str):
    helper = """
        from openai import OpenAI
        client = OpenAI()
        def ask(text):
            return client.responses.create(model="gpt-5", input=text)  # !
        """
    assert verdict({"app.py": program(body, reviewed="print(ask(text))", mark=""), "llm.py": helper}) == expected


@pytest.mark.parametrize(("text", "expected"), [("text = line", "batchable"), ("text = input()", "realtime")])
def test_branches_of_one_function(text: str, expected: str):
    code = f"""
        import sys
        from llm import ask

        if len(sys.argv) > 1:
            for line in open(sys.argv[1]):
                {text}
                print(ask(text))  # !
        else:
            while True:
                print(ask(input("> ")))
        """
    assert verdict(code) == expected


def test_a_function_that_is_only_returned_runs_for_who_is_asked():
    code = """
        from llm import ask

        def make():
            def answer(text):
                return ask(text)  # !
            while True:
                print(input("> "))
                return answer
        """
    assert verdict(code) != "batchable"


INGESTION = """
    import sys
    from pathlib import Path
    from llm import ask

    def how():
        while True:
            choice = input("[s]kip, [o]verwrite or [k]eep both? ").strip().lower()
            if choice == "s":
                return "skip"
            if choice == "o":
                return "overwrite"
            if choice == "k":
                return "keep"

    def topic():
        return input("Which topic? ")

    def ingest(path, replaced):
        {first}
        for line in open(path):
            Path("out.txt").open("a").write(ask(line + str(replaced))){mark}

    def main(path, force):
        action = None
        {asked}
        ingest(path, {given})

    if __name__ == "__main__":
        main(sys.argv[1], "--force" in sys.argv)
    """
WAY = """if Path("out.txt").exists() and not force:
            action = {question}
            if action == "skip":
                {leave}
            elif action == "overwrite":
                Path("out.txt").unlink()"""
DIRECT = 'input("[s]kip or overwrite? ").strip()'


def ingestion(asked: str, given: str = "None", first: str = "pass") -> str:
    return verdict(INGESTION.format(asked=asked, given=given, first=first, mark="  # !"))


@pytest.mark.parametrize(
    ("asked", "given", "expected"),
    [
        (WAY.format(question="how()", leave="return"), "None", "batchable"),
        (WAY.format(question="how()", leave="sys.exit(0)"), "None", "batchable"),
        (WAY.format(question=DIRECT, leave="return"), "None", "batchable"),
        # The answer goes into the requests: one of a few is a setting, as an option is.
        (WAY.format(question="how()", leave="return"), "action", "batchable"),
        (WAY.format(question="topic()", leave="return"), "action", "unclear"),
        (WAY.format(question=DIRECT, leave="return"), "action", "unclear"),
        # No choice ends the run, or every run asks: a menu.
        (WAY.format(question="how()", leave="print(action)"), "None", "batchable"),
        (WAY.format(question=DIRECT, leave="print('skipped')"), "None", "batchable"),
        ("action = how()\n        if action == 'skip': return", "None", "batchable"),
        (f"action = {DIRECT}\n        if action == 's': return", "None", "unclear"),
    ],
)
def test_who_only_chooses_how_to_go_on_where_something_is_in_the_way_does_not_wait(
    asked: str, given: str, expected: str
) -> None:
    assert ingestion(asked, given) == expected


def test_who_is_asked_between_two_pieces_of_work_sits_through_it() -> None:
    asked = 'print(ask("a plan for " + path))\n        ' + WAY.format(question="how()", leave="return")
    assert ingestion(asked) == "unclear"


COMMANDS = """
    import argparse
    from llm import ask

    def build_parser():
        parser = argparse.ArgumentParser()
        commands = parser.add_subparsers(dest="command")
        index = commands.add_parser("index")
        {index}
        one = commands.add_parser("one")
        one.add_argument("query")
        rows = commands.add_parser("rows")
        {rows}
        return parser

    def label(lines):
        return [ask(line) for line in lines]  # !

    def main():
        args = build_parser().parse_args()
        if args.command == "one":
            print("asked", args.query)
            return
        if {test}:
            print(label(open("lines.txt")))

    if __name__ == "__main__":
        main()
    """


@pytest.mark.parametrize(
    ("index", "test", "expected"),
    [
        ('index.add_argument("--force")', 'args.command == "index"', "batchable"),
        ('index.add_argument("query")', 'args.command == "index"', "unclear"),
        ('index.add_argument("--force")', 'args.command in ("index", "one")', "unclear"),
        ('parser.add_argument("query")', 'args.command == "index"', "unclear"),
    ],
)
def test_the_question_of_one_subcommand_is_none_of_another(index: str, test: str, expected: str) -> None:
    assert verdict(COMMANDS.format(index=index, rows="rows.add_argument('--days')", test=test)) == expected


def test_a_subcommand_of_a_subcommand_may_be_asked_something() -> None:
    rows = 'rows.add_subparsers(dest="what").add_parser("say").add_argument("query")'
    index = 'index.add_argument("--force")'
    assert verdict(COMMANDS.format(index=index, rows=rows, test='args.command == "rows"')) == "unclear"


NAMED = """
    from llm import ask

    def told():
        return input("{prompt}")

    def main():
        who = told()
        for line in open("lines.txt"):
            {more}
            print(ask(f"{{who}}: {{line}}"))  # !

    if __name__ == "__main__":
        main()
    """


@pytest.mark.parametrize(
    ("prompt", "more", "expected"),
    [
        ("Enter your first name: ", "print(who)", "batchable"),
        ("API key: ", "print(who)", "batchable"),
        ("The company's name: ", "print(who)", "unclear"),
        ("Which topic? ", "print(who)", "unclear"),
        ("Enter your first name: ", "who = told()", "realtime"),
    ],
)
def test_who_only_says_who_he_is_does_not_wait(prompt: str, more: str, expected: str) -> None:
    assert verdict(NAMED.format(prompt=prompt, more=more)) == expected


EITHER = """
    import argparse
    from llm import ask

    def answer(question):
        for name in open("models.txt"):
            print(ask(name + question)){one}

    def label(path):
        for line in open(path):
            print(ask(line)){each}

    def main():
        parser = argparse.ArgumentParser()
        parser.add_argument({question})
        parser.add_argument("--file")
        args = parser.parse_args()
        {first}
        if args.file:
            label(args.file)
        else:
            answer({asked})

    if __name__ == "__main__":
        main()
    """


@pytest.mark.parametrize(
    ("question", "first", "asked", "expected"),
    [
        ('"--question"', "pass", "args.question", ("unclear", "batchable")),
        ('"question", nargs="?"', "pass", "args.question", ("unclear", "batchable")),
        ('"prompt", nargs="?"', "pass", "args.prompt", ("unclear", "batchable")),
        ('"--question"', "print(args.question)", "args.question", ("unclear", "unclear")),
        ('"question"', "pass", "args.question", ("unclear", "unclear")),
        ('"--question", required=True', "pass", "args.question", ("unclear", "unclear")),
        # May tell how to treat each line.
        ('"--prompt"', "pass", "args.prompt", ("batchable", "batchable")),
    ],
)
def test_who_may_ask_a_question_waits_where_the_program_turns_to_it(
    question: str, first: str, asked: str, expected: tuple[str, str]
) -> None:
    code = EITHER.replace("{question}", question).replace("{first}", first).replace("{asked}", asked)
    one = verdict(code.replace("{one}", "  # !").replace("{each}", ""))
    each = verdict(code.replace("{one}", "").replace("{each}", "  # !"))
    assert (one, each) == expected


DRILL = """
    import sys
    from openai import OpenAI

    class Marker:
        def __init__(self):
            self.client = OpenAI()

        def mark(self, text):
            return self.client.responses.create(model="gpt-5", input=text)

    def drill(phrases, marker):
        marks = []
        for phrase in phrases:
            {asked}
            marks.append(marker.mark(phrase + attempt))
        return marks

    def main():
        print(drill(open(sys.argv[1]), Marker()))  # !

    main()
    """


@pytest.mark.parametrize(
    ("asked", "expected"),
    [("attempt = input('> ')", "none"), ("attempt = phrase.upper()", "batchable")],
)
def test_who_calls_what_asks_for_each_item_sits_in_front_of_it_as_well(asked: str, expected: str):
    assert verdict(DRILL.format(asked=asked)) == expected
