"""Questions of which of the items a run is to go through: who may say "all" starts it, and goes; and their twins."""

import pytest

from .verdicts import cases, verdict

PICKING = """
    from llm import ask

    def load():
        return {str(n): line for n, line in enumerate(open("lines.txt"))}

    def save(lines):
        open("picked.txt", "w").write(str(lines))

    def label(lines):
        with open("labels.txt", "w") as out:
            for line in lines:
                out.write(ask(line))  # !

    def main():
        lines = load()
        {body}

    if __name__ == "__main__":
        main()
    """
PICKED = {
    "compared": """
        picked = input("Which? ").strip()
        label(lines.values() if picked == "all" else [lines[picked]])""",
    "offered_in_the_prompt": """
        picked = input("Numbers, or 'all': ")
        label(lines[each] for each in picked.split(",") if each in lines)""",
    "offered_above": """
        print("0. All")
        for number, line in lines.items():
            print(number, line)
        picked = int(input("Which? "))
        label(lines.values() if not picked else [lines[str(picked)]])""",
    "until_it_fits": """
        while True:
            picked = input("Which? ")
            if picked == "cancel":
                save([])
                return
            if picked == "all":
                chosen = list(lines.values())
                break
            if picked in lines:
                chosen = [lines[picked]]
                save(chosen)
                break
            print("No such line.")
        label(chosen)""",
    "after_the_model": """
        shown = [ask(line) for line in lines.values()]
        picked = input(f"{shown} Which, or 'all'? ")
        label(lines.values() if picked == "all" else [lines[picked]])""",
}
NOT_PICKED = {
    "words": """
        said = input("Your question about all of it: ")
        label(line + said for line in lines.values())""",
    "words_for_one_or_all": """
        said = input("What do you want to know of one or all of them? ")
        label([line + said for line in lines.values()])""",
    "words_unless_all": """
        said = input("What about them? ")
        label(lines.values() if said == "all" else [line + said for line in lines.values()])""",
    "handed_on": """
        said = input("A topic, or 'all': ")
        label(filtered(lines, said))""",
    "one": """
        picked = input("Which? ").strip()
        label([lines[picked]])""",
    "again": """
        while True:
            picked = input("Which, or 'all'? ")
            if picked == "stop":
                break
            label(lines.values() if picked == "all" else [lines[picked]])""",
    "within_the_loop": """
        while True:
            picked = input("Which, or 'all'? ")
            if picked in lines:
                label([lines[picked]])
                break""",
    "another_question": """
        picked = input("Which, or 'all'? ")
        said = input("What about it? ")
        label(lines[each] + said for each in picked.split(","))""",
}


@pytest.mark.parametrize("body", cases(PICKED))
def test_who_picks_items_where_all_is_an_answer_does_not_wait(body: str) -> None:
    assert verdict(PICKING.replace("{body}", body.strip())) == "batchable"


@pytest.mark.parametrize("body", cases(NOT_PICKED))
def test_who_says_something_else_or_comes_back_may(body: str) -> None:
    assert verdict(PICKING.replace("{body}", body.strip())) in {"realtime", "unclear"}


def test_who_is_to_pick_from_what_the_model_says_waits_for_that() -> None:
    body = """
        shown = [ask(line) for line in lines.values()]  # !
        picked = input(f"{shown} Which, or 'all'? ")
        label(lines.values() if picked == "all" else [lines[picked]])"""
    assert verdict(PICKING.replace("  # !", "").replace("{body}", body.strip())) == "unclear"
