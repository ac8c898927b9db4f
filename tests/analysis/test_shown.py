"""Programs that open on the screen what they made of the answers, and twins that only do so for who asks for it."""

import pytest

from .verdicts import cases, verdict

PROGRAM = """
    import argparse
    import os
    import webbrowser
    import click
    from pathlib import Path
    from llm import ask

    def analyze():
        for line in open("commits.txt"):
            Path("notes.html").write_text(ask(line))  # !

    def show(path):
        webbrowser.open(path)

    def main({parameters}):
        {body}

    if __name__ == "__main__":
        main()
    """
SHOWN = {
    "browser": """
        analyze()
        webbrowser.open("notes.html")""",
    "file": """
        analyze()
        os.startfile("notes.html")""",
    "launched": """
        analyze()
        click.launch("notes.html")""",
    "helper": """
        analyze()
        show("notes.html")""",
    "unless_told_not_to": """
        analyze()
        if not quiet:
            webbrowser.open("notes.html")""",
    "where_there_is_something": """
        analyze()
        path = Path("notes.html")
        if path.exists():
            webbrowser.open(path.as_uri())""",
}
NOT_SHOWN = {
    "before": """
        webbrowser.open("https://example.com/login")
        analyze()""",
    "instead": """
        if Path("notes.html").exists():
            webbrowser.open("notes.html")
            return
        analyze()""",
    "if_wanted": """
        analyze()
        if show_it:
            webbrowser.open("notes.html")""",
    "option": """
        args = argparse.ArgumentParser().parse_args()
        analyze()
        if args.open:
            webbrowser.open("notes.html")""",
    "option_among_others": """
        args = argparse.ArgumentParser().parse_args()
        analyze()
        if args.open and Path("notes.html").exists():
            show("notes.html")
            webbrowser.open("notes.html")""",
}


@pytest.mark.parametrize("body", cases(SHOWN))
def test_who_is_shown_what_came_out_may_wait(body: str):
    assert verdict(PROGRAM.format(body=body.strip(), parameters="quiet=False")) == "unclear"


@pytest.mark.parametrize("body", [case for case in cases(NOT_SHOWN) if case.id != "option_among_others"])
def test_what_is_opened_before_or_only_if_wanted_says_nothing(body: str):
    assert verdict(PROGRAM.format(body=body.strip(), parameters="show_it=False")) == "batchable"


def test_a_helper_opens_whatever_the_caller_tests():
    """The test around the helper's call is not looked at."""
    body = NOT_SHOWN["option_among_others"].strip()
    assert verdict(PROGRAM.format(body=body, parameters="")) == "unclear"


@pytest.mark.parametrize(
    ("default", "expected"), [("True", "unclear"), ("False", "batchable"), ("click.Option(True)", "unclear")]
)
def test_a_parameter_is_a_switch_unless_it_is_on_by_itself(default: str, expected: str):
    body = """analyze()
        if show_it:
            webbrowser.open("notes.html")"""
    assert verdict(PROGRAM.format(body=body, parameters=f"show_it={default}")) == expected
