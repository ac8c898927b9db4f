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


AGENT = """
    from concurrent.futures import ThreadPoolExecutor
    from openai import OpenAI
    from tools import SCHEMAS, run

    client = OpenAI()

    def create(**kwargs):
        return client.chat.completions.create(model="gpt-5", **kwargs)  # !

    def answer(question):
        messages = [{"role": "user", "content": question}]
        message = create(messages=messages, tools=SCHEMAS).choices[0].message
        messages.append(message)
        rounds = 0
        while message.tool_calls and rounds < 5:
            for each in message.tool_calls:
                messages.append({"role": "<role>", "content": run(each), "<key>": each.id})
            message = create(messages=messages, tools=SCHEMAS).choices[0].message
            messages.append(message)
            rounds += 1
        return messages

    def main():
        with ThreadPoolExecutor(4) as pool:
            for future in [pool.submit(answer, line) for line in open("questions.txt")]:
                print(future.result())

    if __name__ == "__main__":
        main()
    """
TOOLS = """
    SCHEMAS = []

    def run(call):
        return str(call)
    """


@pytest.mark.parametrize(
    ("role", "key", "expected"), [("tool", "tool_call_id", "realtime"), ("user", "name", "batchable")]
)
def test_a_wrapper_that_only_an_agent_asks_waits(role: str, key: str, expected: str) -> None:
    program = AGENT.replace("<role>", role).replace("<key>", key)
    assert verdict({"app.py": program, "tools.py": TOOLS}) == expected


IN_TURN = """
    import json
    from openai import OpenAI

    client = OpenAI()

    def ask(text):
        return client.chat.completions.create(model="gpt-5", messages=[{"role": "user", "content": text}])<sdk>

    def label(rows):
        return [ask(row).choices[0].message.content for row in rows]<loop>

    def story(rows):
        told = ""
        for row in rows:
            told = ask(<asked>).choices[0].message.content<story>
        return told

    def main():
        rows = open("rows.txt").readlines()
        json.dump([label(rows), <started>], open("labels.json", "w"))

    if __name__ == "__main__":
        main()
    """


@pytest.mark.parametrize(
    ("mark", "asked", "started", "expected"),
    [
        ("story", "told + row", "story(rows)", "realtime"),
        ("sdk", "told + row", "story(rows)", "realtime"),
        ("loop", "told + row", "story(rows)", "batchable"),
        ("sdk", "row", "story(rows)", "batchable"),
        ("sdk", "told + row", "len(rows)", "batchable"),
    ],
)
def test_what_one_answer_after_the_other_asks_as_well_waits(mark: str, asked: str, started: str, expected: str) -> None:
    text = IN_TURN.replace("<asked>", asked).replace("<started>", started)
    for each in ("sdk", "loop", "story"):
        text = text.replace(f"<{each}>", "  # !" if each == mark else "")
    assert verdict(text) == expected
