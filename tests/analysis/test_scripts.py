"""Scripts and command lines: over a collection nobody watches each answer, at a prompt somebody does."""

import pytest

from batchlint.findings import Latency, Step
from batchlint.graph import ManifestTarget

from .verdicts import cases, is_waited_for, marked, verdict

OFFLINE = {
    "asked_whether_to_overwrite_in_a_line_above": """
        import os
        from llm import ask

        def label(path):
            found = [ask(line) for line in open(path)]  # !
            decision = ""
            while decision not in ("y", "n"):
                print("labels.json exists. Overwrite it? [Y/N]")
                decision = input()
            if decision == "y":
                os.remove("labels.json")
            print(found)

        label("notes.txt")
        """,
    "task_named_on_the_command_line": """
        import fire
        from llm import ask

        def label(path):
            print([ask(line) for line in open(path)])  # !

        def main(task, **options):
            globals()[task](**options)

        if __name__ == "__main__":
            fire.Fire(main)
        """,
    "option_for_what_to_search": """
        import argparse
        from llm import ask
        from shop import search

        if __name__ == "__main__":
            parser = argparse.ArgumentParser()
            parser.add_argument("--query", "-q")
            for note in search(parser.parse_args().query):
                print(ask(note))  # !
        """,
    "command_that_searches": """
        import click
        from llm import ask
        from shop import search

        @click.command()
        @click.option("--query")
        def label(query):
            print([ask(note) for note in search(query)])  # !
        """,
    "command_that_takes_a_file": """
        import click
        from llm import ask

        @click.command()
        @click.argument("notes")
        def answer(notes):
            print([ask(line) for line in open(notes)])  # !
        """,
    "main_block": """
        from llm import ask

        if __name__ == "__main__":
            for line in open("products.txt"):
                print(ask(line))  # !
        """,
    "top_level": """
        from llm import ask

        labels = [ask(line) for line in open("products.txt")]  # !
        """,
    "argparse_subcommand": """
        import argparse
        from llm import ask

        def label(arguments):
            for line in open(arguments.path):
                print(ask(line))  # !

        def main():
            parser = argparse.ArgumentParser()
            command = parser.add_subparsers().add_parser("label")
            command.set_defaults(func=label)
            arguments = parser.parse_args()
            arguments.func(arguments)
        """,
    "argparse_subcommands_by_another_name": """
        import argparse
        from llm import ask

        def label(arguments):
            for line in open(arguments.path):
                print(ask(line))  # !

        def show(arguments):
            print(open(arguments.path).read())

        def main():
            parser = argparse.ArgumentParser()
            commands = parser.add_subparsers()
            for name, function in (("label", label), ("show", show)):
                commands.add_parser(name).set_defaults(function=function, verbose=False)
            arguments = parser.parse_args()
            arguments.function(arguments)
        """,
    "click": """
        import click
        from llm import ask

        @click.command()
        @click.argument("path")
        def label(path):
            for line in open(path):
                click.echo(ask(line))  # !
        """,
    "click_for_django": """
        import djclick as click
        from llm import ask

        @click.group()
        def main():
            pass

        @main.group()
        def texts():
            pass

        @texts.command(name="all")
        @click.option("--kind", default="note")
        def label(kind):
            for line in open(f"{kind}.txt"):
                click.echo(ask(line))  # !
        """,
    "runscript": {
        "shop/scripts/label.py": """
            from llm import ask
            from shop.models import Text

            def run(year):
                for text in Text.objects.filter(year=year):
                    text.label = ask(text.body)  # !
                    text.save()
            """
    },
    "click_group_with_a_question_first": """
        import click
        from llm import ask

        @click.group()
        def main():
            pass

        @main.command()
        @click.argument("path")
        def label(path):
            if click.confirm("This costs money. Continue?"):
                for line in open(path):
                    click.echo(ask(line))  # !
        """,
    "click_group_with_a_yes_or_no_first": """
        import click
        from llm import ask

        @click.command()
        @click.argument("path")
        def label(path):
            if click.confirm("Label them all?"):
                for line in open(path):
                    click.echo(ask(line))  # !
        """,
    "typer": """
        import typer
        from llm import ask

        app = typer.Typer()

        @app.command()
        def label(path: str):
            for line in open(path):
                print(ask(line))  # !
        """,
    "typer_registered": """
        import typer
        from llm import ask

        app = typer.Typer()

        def label(path: str):
            for line in open(path):
                print(ask(line))  # !

        app.command("label")(label)
        """,
    "fire_class": """
        import fire
        from llm import ask

        class Labels:
            def write(self, path):
                for line in open(path):
                    print(ask(line))  # !

        if __name__ == "__main__":
            fire.Fire(Labels)
        """,
    "fire_module": """
        import fire
        from llm import ask

        def write(path):
            for line in open(path):
                print(ask(line))  # !

        if __name__ == "__main__":
            fire.Fire()
        """,
    "fire": """
        import fire
        from llm import ask

        def label(path):
            for line in open(path):
                print(ask(line))  # !

        if __name__ == "__main__":
            fire.Fire(label)
        """,
    "hydra": """
        import hydra
        from llm import ask

        @hydra.main(config_path=None)
        def main(config):
            for line in open(config.path):
                print(ask(line))  # !

        if __name__ == "__main__":
            main()
        """,
    "asyncio_run": """
        import asyncio
        from llm import aask

        async def main():
            print(await asyncio.gather(*[aask(line) for line in open("products.txt")]))  # !

        asyncio.run(main())
        """,
    "confirmed_with_input": """
        from llm import ask

        def main():
            if input("Label all products? [y/N] ") == "y":
                for line in open("products.txt"):
                    print(ask(line))  # !

        if __name__ == "__main__":
            main()
        """,
    "asked_once_for_a_folder": """
        from pathlib import Path
        from llm import ask

        def main():
            folder = Path(input("Which folder? "))
            for path in folder.glob("*.txt"):
                print(ask(path.read_text()))  # !

        main()
        """,
    "option_for_a_file_of_questions_at_home": """
        import argparse
        import os
        from llm import ask

        if __name__ == "__main__":
            parser = argparse.ArgumentParser()
            parser.add_argument("-q", "--question")
            args = parser.parse_args()
            with open(os.path.expanduser(args.question)) as lines:
                for line in lines:
                    print(ask(line))  # !
        """,
    "option_for_a_file_of_questions_that_a_helper_loads": {
        "files.py": """
            import json

            def load(path):
                with open(path) as lines:
                    return [json.loads(line) for line in lines]
            """,
        "app.py": """
            import argparse
            from files import load
            from llm import ask

            if __name__ == "__main__":
                parser = argparse.ArgumentParser()
                parser.add_argument("--question", required=True)
                args = parser.parse_args()
                for row in load(args.question):
                    print(ask(row["text"]))  # !
            """,
    },
    "exported_notebook": """
        # In[1]:
        get_ipython().run_line_magic("pip", "install openai")
        from llm import ask

        # In[2]:
        for line in open("products.txt"):
            print(ask(line))  # !
        """,
}

LIVE = {
    "prompt_in_a_line_above": """
        from llm import ask

        while True:
            print("What do you want to know?")
            question = input()
            print(ask(question))  # !
        """,
    "question_below_a_loop": """
        from llm import ask

        def question():
            return input("> ")

        def turn():
            for text in question().splitlines():
                print(ask(text))  # !

        def main():
            while True:
                turn()

        main()
        """,
    "input_loop": """
        from llm import ask

        def main():
            while True:
                print(ask(input("> ")))  # !

        if __name__ == "__main__":
            main()
        """,
    "asked_for_one_folder_after_the_other": """
        from pathlib import Path
        from llm import ask

        def main():
            while True:
                folder = Path(input("Which folder? "))
                for path in folder.glob("*.txt"):
                    print(ask(path.read_text()))  # !

        main()
        """,
    "input_in_a_helper": """
        from llm import ask

        def question():
            return input("> ").strip()

        def main():
            while True:
                text = question()
                print(ask(text))  # !

        main()
        """,
    "click_prompt": """
        import click
        from llm import ask

        @click.command()
        def chat():
            while True:
                for line in click.prompt("you").splitlines():
                    click.echo(ask(line))  # !
        """,
    "rich_prompt": """
        import typer
        from rich.prompt import Prompt
        from llm import ask

        app = typer.Typer()

        @app.command()
        def chat():
            for _ in range(100):
                print(ask(Prompt.ask("you")))  # !
        """,
    "prompt_toolkit": """
        from prompt_toolkit import PromptSession
        from llm import ask

        def main():
            session = PromptSession()
            while True:
                print(ask(session.prompt("> ")))  # !

        main()
        """,
    "questionary": """
        import questionary
        from llm import ask

        def main():
            while questionary.confirm("another?").ask():
                print(ask(questionary.text("you").ask()))  # !

        main()
        """,
    "cmd": """
        import cmd
        from llm import ask

        class Shell(cmd.Cmd):
            def do_label(self, line):
                for text in line.split():
                    print(ask(text))  # !

        Shell().cmdloop()
        """,
    "magic": """
        from IPython.core.magic import register_line_magic
        from llm import ask

        @register_line_magic
        def label(line):
            for text in line.split():
                print(ask(text))  # !
        """,
}

UNCLEAR = {
    "run_in_no_folder_of_scripts": {
        "shop/label.py": """
            from llm import ask
            from shop.models import Text

            def run(year):
                for text in Text.objects.filter(year=year):
                    text.label = ask(text.body)  # !
                    text.save()
            """
    },
    "command_that_takes_a_question": """
        import click
        from llm import ask

        @click.command()
        @click.argument("question")
        def answer(question):
            parts = [ask(f"{question}: {line}") for line in open("notes.txt")]  # !
            print(parts)
        """,
    "option_for_a_question": """
        import argparse
        from llm import ask

        def options():
            parser = argparse.ArgumentParser()
            parser.add_argument("query")
            return parser.parse_args()

        def main():
            query = options().query
            print([ask(f"{query}: {line}") for line in open("notes.txt")])  # !

        if __name__ == "__main__":
            main()
        """,
    "option_for_a_question_that_goes_with_a_file": """
        import argparse
        from llm import ask

        def parts(question, path):
            return [f"{question}: {line}" for line in open(path)]

        if __name__ == "__main__":
            parser = argparse.ArgumentParser()
            parser.add_argument("--question", required=True)
            args = parser.parse_args()
            print([ask(part) for part in parts(args.question, "notes.txt")])  # !
        """,
    "asked_once_for_a_file": """
        from llm import ask

        def choose():
            while True:
                path = input("Which file? ")
                if path.endswith(".txt"):
                    return path

        def main():
            for line in open(choose()):
                print(ask(line))  # !

        main()
        """,
}


@pytest.mark.parametrize("program", cases(OFFLINE))
def test_a_script_over_a_collection_is_batchable(program):
    assert verdict(program) == "batchable"


@pytest.mark.parametrize("program", cases(LIVE))
def test_at_a_prompt_somebody_waits(program):
    assert is_waited_for(program)


FORMS = {
    "argparse": """
        import argparse
        from llm import ask

        def check():
            print(ask("ping"))  {check}

        def digest():
            print(ask(open("news.txt").read()))  {digest}

        if __name__ == "__main__":
            parser = argparse.ArgumentParser()
            commands = parser.add_subparsers(dest="command")
            commands.add_parser("check")
            commands.add_parser("digest")
            args = parser.parse_args()
            if args.command == "check":
                check()
            elif args.command == "digest":
                digest()
        """,
    "argparse_functions": """
        import argparse
        from llm import ask

        def check(args):
            print(ask("ping"))  {check}

        def digest(args):
            print(ask(open("news.txt").read()))  {digest}

        if __name__ == "__main__":
            parser = argparse.ArgumentParser()
            commands = parser.add_subparsers()
            command = commands.add_parser("check")
            command.set_defaults(func=check)
            command = commands.add_parser("digest")
            command.set_defaults(func=digest)
            args = parser.parse_args()
            args.func(args)
        """,
    "click": """
        import click
        from llm import ask

        @click.group()
        def main():
            pass

        @main.command()
        def check():
            print(ask("ping"))  {check}

        @main.command("digest")
        def make_digest():
            print(ask(open("news.txt").read()))  {digest}

        if __name__ == "__main__":
            main()
        """,
}


@pytest.mark.parametrize("form", FORMS)
def test_a_schedule_starts_the_subcommand_that_its_command_line_names(form):
    line = Step("crontab", 1, "0 3 * * * python cli.py digest")
    crontab = [ManifestTarget("cli.py", "schedule", Latency.HOURS, line, given=("digest",))]
    assert verdict({"cli.py": FORMS[form].format(check="", digest="# !")}, crontab) == "batchable"
    assert verdict({"cli.py": FORMS[form].format(check="# !", digest="")}, crontab) == "realtime"


DISPATCH = """
    import argparse
    from llm import ask

    def main():
        parser = argparse.ArgumentParser()
        commands = parser.add_subparsers(dest="command")
        commands.add_parser("check")
        commands.add_parser("digest")
        args = parser.parse_args()
        if args.command == "check":
            print("ready")
            return
        {test}
            print(ask(open("news.txt").read()))  # !

    if __name__ == "__main__":
        main()
    """


@pytest.mark.parametrize(
    ("word", "test", "expected"),
    [
        ("digest", 'if args.command == "digest":', "batchable"),
        ("digest", 'if args.command in ("check", "digest"):', "batchable"),
        ("digest", "if args.command:", "batchable"),
        ("check", 'if args.command == "digest":', "realtime"),
        ("digest", 'if args.command == "check":', "realtime"),
    ],
)
def test_a_schedule_starts_what_stands_under_its_word(word: str, test: str, expected: str) -> None:
    line = Step("crontab", 1, f"0 3 * * * python cli.py {word}")
    crontab = [ManifestTarget("cli.py", "schedule", Latency.HOURS, line, given=(word,))]
    assert verdict({"cli.py": DISPATCH.format(test=test)}, crontab) == expected


@pytest.mark.parametrize(("word", "expected"), [("$TASK", "batchable"), ("", "realtime"), ("check", "realtime")])
def test_a_schedule_may_start_any_subcommand_that_a_variable_names(word, expected):
    line = Step("crontab", 1, '0 3 * * * python cli.py "$TASK"')
    crontab = [ManifestTarget("cli.py", "schedule", Latency.HOURS, line, given=(word,))]
    assert verdict({"cli.py": FORMS["click"].format(check="", digest="# !")}, crontab) == expected


PER_ITEM = """
    import typer
    from llm import ask

    app = typer.Typer()

    @app.command()
    def page(path: str):
        text = ask(open(path).read())  {page}
        open(path, "w").write(text)

    @app.command()
    def pages(folder: str):
        {loop}
            page(each)  {pages}

    if __name__ == "__main__":
        app()
    """


@pytest.mark.parametrize(
    ("loop", "expected"), [("for each in folder.split():", "batchable"), ("if each := folder.strip():", "none")]
)
def test_a_command_that_another_one_calls_per_item_passes_its_request_on(loop, expected):
    assert verdict({"cli.py": PER_ITEM.format(loop=loop, page="", pages="# !")}) == expected


@pytest.mark.parametrize(
    ("loop", "expected"), [("for each in sys.argv[1:]:", "batchable"), ("if each := sys.argv[1].strip():", "none")]
)
def test_so_does_what_a_workflow_calls_by_name_if_others_come_to_it_per_item(loop, expected):
    program = {
        "summaries.py": """
            from llm import ask

            def summarize(text):
                return ask(text)
            """,
        "pages.py": f"""
            import sys
            from pathlib import Path
            from summaries import summarize

            def page(path):
                Path(path).write_text(summarize(Path(path).read_text()))  # !

            if __name__ == "__main__":
                {loop}
                    page(each)
            """,
    }
    step = Step(".github/workflows/one.yml", 7, "python -c 'from summaries import summarize; ...'")
    assert verdict(program, [ManifestTarget("summaries.summarize", "schedule", Latency.HOURS, step)]) == expected


@pytest.mark.parametrize(("latency", "expected"), [(None, "batchable"), (Latency.REALTIME, "realtime")])
def test_a_script_that_a_workflow_starts_for_somebody_is_waited_for(latency, expected):
    step = Step(".github/workflows/review.yml", 9, "job review, on pull_request")
    program = """
        from llm import ask

        for patch in open("patches.txt"):
            print(ask(patch))  # !
        """
    assert verdict(program, [ManifestTarget("app.py", "script", latency, step)]) == expected


def test_one_call_of_a_script_is_no_batch():
    program = """
        import sys
        from llm import ask

        if __name__ == "__main__":
            print(ask(sys.argv[1]))  # !
        """
    assert verdict(program) == "realtime"


SEARCH = """
    import sys
    from langchain_chroma import Chroma

    stores = {name: Chroma(name) for name in ("laws", "news")}

    def find(query):
        found = []
        for name, store in stores.items():
            found += store.similarity_search({asked})  # !
        return found

    if __name__ == "__main__":
        {start}
    """


@pytest.mark.parametrize(
    ("asked", "start", "expected"),
    [
        ("query", "print(find(sys.argv[1]))", "realtime"),
        ("query, k=3", "print(find(sys.argv[1]))", "realtime"),
        ("f'{name}: {query}'", "print(find(sys.argv[1]))", "batchable"),
        ("query", "print([find(line) for line in open('queries.txt')])", "batchable"),
    ],
)
def test_one_question_to_several_stores_is_one(asked: str, start: str, expected: str):
    assert verdict(SEARCH.replace("{asked}", asked).replace("{start}", start)) == expected


def test_who_says_yes_or_no_to_each_item_may_wait_for_it():
    source = """
        import click
        from llm import ask

        @click.command()
        @click.argument("path")
        def label(path):
            for line in open(path):
                if click.confirm(f"Label {line}?"):
                    click.echo(ask(line))  # !
        """
    assert verdict(source) == "unclear"


@pytest.mark.parametrize("program", cases(UNCLEAR))
def test_whoever_answers_one_question_may_wait_or_not(program):
    assert verdict(program) == "unclear"


ARGUMENT = """
    import argparse
    from pathlib import Path
    from llm import ask

    def answer(question):
        for line in open("notes.txt"):
            print(ask(f"{question}: {line}"))  # !

    if __name__ == "__main__":
        parser = argparse.ArgumentParser()
        parser.add_argument("--question"{options})
        answer(parser.parse_args().question)
    """
COMMAND = """
    import click
    from pathlib import Path
    from llm import ask

    @click.command()
    @click.option("--question"{options})
    def answer(question{kind}):
        for line in open("notes.txt"):
            print(ask(f"{question}: {line}"))  # !
    """


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ("", "unclear"),
        (", type=str", "unclear"),
        (', help="what to ask", required=True', "unclear"),
        (", type=int, default=None", "batchable"),
        (", type=float", "batchable"),
        (", type=Path", "batchable"),
        (', type=argparse.FileType("r")', "batchable"),
        (', action="store_true"', "batchable"),
        (', action="append"', "unclear"),
        (', choices=["one", "two"]', "batchable"),
    ],
)
def test_nobody_types_a_number_or_a_choice_as_a_question(options: str, expected: str):
    assert verdict(ARGUMENT.replace("{options}", options)) == expected


@pytest.mark.parametrize(
    ("options", "kind", "expected"),
    [
        ("", "", "unclear"),
        ("", ": str", "unclear"),
        (", type=int", "", "batchable"),
        (", is_flag=True", "", "batchable"),
        (', type=click.Choice(["one", "two"])', "", "batchable"),
        (", type=click.Path()", "", "batchable"),
        ("", ": int", "batchable"),
        ("", ": int | None = None", "batchable"),
        ("", ": str | None = None", "unclear"),
    ],
)
def test_no_command_takes_one_as_a_question(options: str, kind: str, expected: str):
    assert verdict(COMMAND.replace("{options}", options).replace("{kind}", kind)) == expected


FOLDER = """
    import argparse
    import json
    import os
    from pathlib import Path
    from llm import ask

    if __name__ == "__main__":
        parser = argparse.ArgumentParser()
        parser.add_argument("--question", type=str)
        args = parser.parse_args()
        {given}
        for line in open("notes.txt"):
            print(ask(f"{asked}: {line}"))  # !
    """


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("asked = json.load(open(args.question))", "batchable"),
        ("asked = open(os.path.join(args.question, 'first.txt')).read()", "batchable"),
        ("asked = ' '.join(args.question)", "unclear"),
        ("asked = open(args.question).read() if os.path.isfile(args.question) else args.question", "unclear"),
        ("asked = open(args.question).read() if Path(args.question).exists() else args.question", "unclear"),
    ],
)
def test_nobody_waits_for_what_a_file_asks(given: str, expected: str):
    assert verdict(FOLDER.replace("{given}", given)) == expected


def test_nobody_waits_for_what_the_file_of_a_command_asks():
    program = COMMAND.replace("{options}", "").replace("{kind}", "")
    assert verdict(program) == "unclear"
    assert verdict(program.replace("for line", "question = open(question).read()\n        for line")) == "batchable"


LABEL = """
    from llm import ask

    for line in open("products.txt"):
        print(ask(line))  # !
    """
LABEL_WITH_MAIN = """
    from llm import ask

    if __name__ == "__main__":
        for line in open("products.txt"):
            print(ask(line))  # !
    """
LABEL_IN_RUN = """
    from llm import ask

    def run():
        for line in open("products.txt"):
            print(ask(line))  # !
    """
MAIN_THAT_RUNS = """
    if __name__ == "__main__":
        run()
    """
LABEL_AS_COMMAND = """
    from django.core.management.base import BaseCommand
    from llm import ask

    class Command(BaseCommand):
        def handle(self, *args, **options):
            for line in open("products.txt"):
                self.stdout.write(ask(line))  # !
    """


@pytest.mark.parametrize(
    ("path", "source", "what"),
    [
        ("scripts/label.py", LABEL_WITH_MAIN, 'scripts/label.py: if __name__ == "__main__"'),
        ("scripts/label.py", LABEL, "label.py (folder of scripts)"),
        ("scripts/label.py", LABEL_IN_RUN, "run (runscript)"),
        ("scripts/label.py", LABEL_IN_RUN + MAIN_THAT_RUNS, 'scripts/label.py: if __name__ == "__main__"'),
        ("shop/__main__.py", LABEL, "__main__.py (main-block)"),
        ("shop/management/commands/label.py", LABEL_AS_COMMAND, "manage.py label (Command.handle)"),
    ],
)
def test_one_entry_point_is_told_once(path: str, source: str, what: str):
    site = marked({path: source})
    assert site is not None
    assert [context.chain[0].what for context in site.contexts] == [what]


def test_what_else_starts_it_is_told_too():
    line = Step("crontab", 1, "0 3 * * * python scripts/label.py")
    crontab = [ManifestTarget("scripts/label.py", "schedule", Latency.HOURS, line)]
    site = marked({"scripts/label.py": LABEL_WITH_MAIN, "other.py": "import scripts.label"}, crontab)
    assert site is not None
    assert {context.kind for context in site.contexts} == {"schedule", "script"}


RECIPE = """
    import json
    import prodigy
    from llm import ask

    def rows(path):
        return [json.loads(line) for line in open(path)]

    @prodigy.recipe("notes.label", path=("notes", "positional", None, str))
    def label(path):
        labelled = [{"text": row["text"], "label": ask(row["text"])} for row in rows(path)]  # !
        {end}
    """


@pytest.mark.parametrize(
    ("end", "expected"),
    [
        ('return {"dataset": "notes", "stream": labelled, "view_id": "text"}', "realtime"),
        ('json.dump(labelled, open("labels.json", "w"))', "batchable"),
    ],
)
def test_a_recipe_that_serves_nothing_is_a_command(end, expected):
    assert verdict(RECIPE.replace("{end}", end)) == expected


PROMPTED = """
    import click
    from llm import ask

    @click.command()
    @click.option("--prompt")
    @click.option("--path")
    def answer(prompt, path):
{body}

    @click.command()
    @click.argument("path")
    def answers(path):
        for line in open(path):
            print(said(line))

    def said(text):
        return ask(text)  # !
    """


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("        click.echo(said(prompt))", "unclear"),
        ("        for line in open(path):\n            click.echo(said(prompt + line))", "batchable"),
        ("        click.echo([said(prompt + line) for line in open(path)])", "batchable"),
        ("        open(path, 'w').write(said(prompt))", "batchable"),
    ],
)
def test_a_command_that_prints_what_its_prompt_gives_is_asked_by_somebody(body: str, expected: str) -> None:
    assert verdict(PROMPTED.replace("{body}", body)) == expected
