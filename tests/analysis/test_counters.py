"""Numbers that a loop counts up and what it calls only compares: they say how many more to ask, not what."""

import pytest

from .verdicts import verdict

PROGRAM = """
    import sys
    from llm import ask

    MOST = 100

    def label(text, asked):
        {body}

    def main(texts):
        asked = 0
        for text in texts:
            answer = label(text, asked)  # !
            if answer:
                {counted}
            print(answer)

    if __name__ == "__main__":
        main(open(sys.argv[1]))
    """
LIMIT = """
        if asked >= MOST:
            return text[:100]
        return ask(text)"""
FALLBACK = """
        if asked >= MOST:
            answer = text[:100]
        elif text:
            answer = ask(text)
        else:
            answer = None
        return answer"""
WHICH = """
        if asked >= MOST:
            return ask("a hard one: " + text)
        return ask(text)"""
ASKED = """
        prompt = text
        if asked >= MOST:
            prompt = "a hard one: " + text
        return ask(prompt)"""
TOLD = """
        if asked >= MOST:
            return None
        return ask(f"{asked} were right: {text}")"""


@pytest.mark.parametrize("body", [LIMIT, FALLBACK])
def test_a_limit_to_the_requests(body: str) -> None:
    assert verdict(PROGRAM.format(body=body, counted="asked += 1")) == "batchable"


@pytest.mark.parametrize(
    ("body", "counted"),
    [(WHICH, "asked += 1"), (ASKED, "asked += 1"), (TOLD, "asked += 1"), (LIMIT, "asked = int(answer)")],
)
def test_a_number_that_the_requests_hold(body: str, counted: str) -> None:
    assert verdict(PROGRAM.format(body=body, counted=counted)) == "realtime"
