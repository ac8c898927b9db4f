"""Programs that begin with a menu or a form, and twins that come back to it or ask for what somebody says."""

import pytest

from .verdicts import cases, verdict

MENU = """
    import sys
    from llm import ask

    def label():
        for line in open("products.txt"):
            print(ask(line))  # !

    def translate():
        for line in open("texts.txt"):
            print(ask(line))

    def main():
        {body}

    if __name__ == "__main__":
        main()
    """
ONCE = {
    "until_valid": """
        while True:
            choice = input("1 to label, 2 to translate, n to stop: ").strip().lower()
            if choice == "1":
                label()
                break
            elif choice == "2":
                translate()
                break
            elif choice == "n":
                sys.exit(1)
            else:
                print(f"no such way: {choice}")""",
    "match": """
        way = input("1. label 2. translate: ")
        match way:
            case "1":
                label()
            case "2":
                translate()""",
    "number": """
        way = input("How? ")
        if way == "1":
            translate()
        if way in ("2", "3"):
            label()""",
}
NOT_ONCE = {
    "comes_back": """
        while True:
            choice = input("1 to label, 2 to translate: ")
            if choice == "1":
                label()
            elif choice == "2":
                translate()
                break""",
    "comes_back_to_a_pool": """
        from concurrent.futures import ThreadPoolExecutor
        while True:
            choice = input("1 to label, 2 to stop: ")
            if choice == "1":
                with ThreadPoolExecutor() as pool:
                    pool.submit(label)
            elif choice == "2":
                break""",
    "says_something": """
        choice = input("1 to label, or a text: ")
        if choice == "1" or choice == "2":
            label()
        else:
            print(ask(choice))
        label()""",
    "between": """
        translate()
        choice = input("1 to label as well, 2 to stop, 3 to see: ")
        if choice == "2" or choice == "3":
            return
        label()""",
    "after": """
        label()
        choice = input("1 to keep, 2 to throw away: ")
        if choice == "2":
            return
        print("kept" if choice == "1" else "?")""",
}
FORM = """
    import os
    import click
    import questionary
    from rich.prompt import Prompt
    from llm import ask

    def form():
        {questions}
        return {{"path": path, "language": language}}

    def work(path, language):
        for name in os.listdir(path):
            print(ask(language + open(name).read()))  # !

    def main():
        given = form()
        work(given["path"], given["language"])

    if __name__ == "__main__":
        main()
    """
SETTINGS = {
    "questionary": """
        path = questionary.text("Path to the mods folder:").ask()
        language = questionary.select("Language:", choices=["de", "fr"]).ask()""",
    "rich": """
        path = Prompt.ask("Folder")
        language = Prompt.ask("Language", choices=["de", "fr"])""",
    "click": """
        path = click.prompt("Folder")
        language = click.prompt("Language", type=click.Choice(["de", "fr"]))""",
}
WORDS = {
    "questionary": """
        path = questionary.text("Path to the mods folder:").ask()
        language = questionary.text("What shall I look for?").ask()""",
    "rich": """
        path = Prompt.ask("Folder")
        language = Prompt.ask("What do you want to know?")""",
    "first_from_a_list": """
        language = questionary.select("Language:", choices=["de", "fr"]).ask()
        path = questionary.text("What shall I look for?").ask()""",
}


@pytest.mark.parametrize("body", cases(ONCE))
def test_who_picks_once_from_a_menu_does_not_wait(body: str):
    assert verdict(MENU.format(body=body.strip())) == "batchable"


@pytest.mark.parametrize("body", cases(NOT_ONCE))
def test_who_comes_back_to_the_menu_may_wait(body: str):
    assert verdict(MENU.format(body=body.strip())) != "batchable"


def test_a_loop_that_asks_the_model_itself_comes_back():
    program = """
        from openai import OpenAI
        client = OpenAI()
        while True:
            way = input("1 to label, 2 to stop: ")
            if way == "2":
                break
            elif way == "1":
                for line in open("products.txt"):
                    print(client.responses.create(model="gpt-5", input=line))  # !
        """
    assert verdict(program) == "realtime"


@pytest.mark.parametrize("questions", cases(SETTINGS))
def test_a_form_of_settings_is_like_a_command_line(questions: str):
    assert verdict(FORM.format(questions=questions.strip())) == "batchable"


@pytest.mark.parametrize("questions", cases(WORDS))
def test_a_form_for_what_somebody_wants_to_know_is_not(questions: str):
    assert verdict(FORM.format(questions=questions.strip())) == "unclear"


@pytest.mark.parametrize(("before", "expected"), [("pass", "batchable"), ("work('.', 'en')", "unclear")])
def test_a_form_between_two_pieces_of_work(before: str, expected: str):
    program = FORM.format(questions=SETTINGS["rich"].strip())
    assert verdict(program.replace("given = form()", f"{before}; given = form()")) == expected
