"""Questions for the file that a command line or a setting left out: whoever answers starts the program, no more."""

import pytest

from .verdicts import verdict

PROGRAM = """
    import argparse
    import os
    import sys
    from llm import ask

    def choose(args=None, path=None):
        {asked}
        return path

    def main(args):
        for line in open(choose(args)):
            print(ask(line))  # !

    if __name__ == "__main__":
        parser = argparse.ArgumentParser()
        parser.add_argument("path", nargs="?")
        main(parser.parse_args())
    """
ANSWER = 'input("Path of the file: ")'


@pytest.mark.parametrize(
    "asked",
    [
        f"path = args.path or {ANSWER}",
        f"path = args.path if args.path else {ANSWER}",
        f"path = {ANSWER}.strip() if not args.path else args.path",
        f"""if args.path:
            path = args.path
        elif os.getenv("SOURCE"):
            path = os.getenv("SOURCE")
        else:
            path = {ANSWER}.strip()""",
        f"""path = args.path
        if path is None:
            path = {ANSWER}""",
        f"""if args.path is not None:
            return args.path
        return {ANSWER}""",
        f"""if not args.path:
            args.path = {ANSWER}
        path = args.path""",
        """if len(sys.argv) > 1:
            path = sys.argv[1]
        else:
            path = input("Which file? ")""",
    ],
)
def test_who_names_the_file_that_nothing_else_names_starts_the_program(asked: str):
    assert verdict(PROGRAM.format(asked=asked)) == "batchable"


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        # It is always asked for.
        (f"path = {ANSWER}", "unclear"),
        # What is tested is something else.
        (f"if args.verbose: path = {ANSWER}", "unclear"),
        (f"path = {ANSWER} if args.verbose else 'lines.txt'", "unclear"),
        (f"if args.verbose: args.path = {ANSWER}", "unclear"),
        # What is asked for is no file.
        ('path = args.path or input("Which question? ")', "unclear"),
    ],
)
def test_who_is_asked_something_else_may_wait(asked: str, expected: str):
    assert verdict(PROGRAM.format(asked=asked)) == expected


def test_who_is_asked_again_and_again_waits():
    program = """
        from llm import ask

        def choose(path):
            return path or input("Which file? ")

        while True:
            path = choose("")
            print([ask(line) for line in open(path)])  # !
        """
    assert verdict(program) == "realtime"


CHOOSING = """
    import argparse
    from llm import client

    def choose():
        while True:
            chosen = input("{asked}")
            if chosen in open("names.txt").read().split():
                return chosen
            print("There is no such one.")

    def main(args):
        {chosen}
        for line in open("lines.txt"):
            print(client.responses.create(model=model, input=line))  # !

    if __name__ == "__main__":
        parser = argparse.ArgumentParser()
        parser.add_argument("--model")
        parser.add_argument("--quick", action="store_true")
        main(parser.parse_args())
    """


@pytest.mark.parametrize(
    ("asked", "chosen", "expected"),
    [
        ("Name of the model: ", "model = args.model if args.model else choose()", "batchable"),
        ("Name of the model: ", "model = args.model or choose()", "batchable"),
        ("Which language? ", "model = args.model or choose()", "batchable"),
        ("Which model? ", "if args.model is None: args.model = choose()\n        model = args.model", "batchable"),
        # It is always asked for, here or elsewhere.
        ("Name of the model: ", "model = choose()", "unclear"),
        ("Name of the model: ", "model = args.model or choose(); print(choose())", "unclear"),
        # What is tested is something else.
        ("Name of the model: ", "model = 'small' if args.quick else choose()", "unclear"),
        # What is asked for is what the model is to be told.
        ("Question for the model: ", "model = args.model or choose()", "unclear"),
        ("What do you want? ", "model = args.model or choose()", "unclear"),
    ],
)
def test_who_names_the_model_that_the_command_line_left_out_starts_the_program(asked: str, chosen: str, expected: str):
    assert verdict(CHOOSING.format(asked=asked, chosen=chosen)) == expected


NUMBER = """
    import argparse
    from llm import ask

    def choose(names):
        while True:
            picked = input("Your choice? ")
            if picked == "":
                return names[-1]
            if picked.isdigit() and int(picked) <= len(names):
                return names[int(picked) - 1]
            print(f"No such one: {{picked}}")

    def say(names):
        return names[0] + input("Your choice? ")

    def main(args):
        version = {version}
        {count}
        for line in list(open("lines.txt"))[:count]:
            print(ask(version + line))  # !

    if __name__ == "__main__":
        parser = argparse.ArgumentParser()
        parser.add_argument("--version")
        parser.add_argument("--count", type=int)
        main(parser.parse_args())
    """
COUNTED = """if args.count:
            count = args.count
        else:
            while True:
                given = input("Lines to label, all by default? ")
                if given == "":
                    count = 1000
                    break
                if given.isdigit():
                    count = int(given)
                    break"""


@pytest.mark.parametrize(
    ("version", "count", "expected"),
    [
        ("args.version if args.version else choose(['v1: ', 'v2: '])", "count = args.count", "batchable"),
        ("args.version", COUNTED, "batchable"),
        # It is asked for whatever the command line says.
        ("choose(['v1: ', 'v2: '])", "count = args.count", "unclear"),
        ("args.version", COUNTED.replace("count = args.count", "count = 10"), "unclear"),
        # The answer is more than a number.
        ("args.version if args.version else say(['v1: ', 'v2: '])", "count = args.count", "unclear"),
    ],
)
def test_a_number_that_the_command_line_left_out_is_a_setting(version: str, count: str, expected: str):
    assert verdict(NUMBER.format(version=version, count=count)) == expected
