"""A wrapper that an open session asks as well: its other callers can batch, the wrapper itself cannot."""

import pytest

from .verdicts import verdict

LLM = """
    from openai import OpenAI

    client = OpenAI()

    def ask(text):
        return client.chat.completions.create(model="gpt-5", messages=[{"role": "user", "content": text}])<sdk>
    """
MAIN = """
    from llm import ask
    from selenium import webdriver

    def fill(driver, question):
        field = driver.find_element("name", question)
        answer = ask(question).choices[0].message.content<session>
        <use>

    def main():
        driver = webdriver.Chrome()
        for line in open("forms.txt"):
            driver.get(line)
            print(ask(line))<loop>
            fill(driver, line)

    if __name__ == "__main__":
        main()
    """


def program(mark: str, use: str) -> dict[str, str]:
    files = {"llm.py": LLM, "main.py": MAIN.replace("<use>", use)}
    for each in ("sdk", "session", "loop"):
        files = {path: text.replace(f"<{each}>", "  # !" if each == mark else "") for path, text in files.items()}
    return files


@pytest.mark.parametrize(
    ("mark", "use", "expected"),
    [
        ("session", "field.send_keys(answer)", "realtime"),
        ("sdk", "field.send_keys(answer)", "realtime"),
        ("loop", "field.send_keys(answer)", "batchable"),
        ("session", "print(field, answer)", "batchable"),
        ("sdk", "print(field, answer)", "batchable"),
    ],
)
def test_what_an_open_session_asks_as_well_waits(mark: str, use: str, expected: str) -> None:
    assert verdict(program(mark, use)) == expected
