"""A wrapper that a probe asks as well: the probe waits, so it is the other callers that can batch."""

import re

import pytest

from .verdicts import cases, verdict

SDK = """
    from openai import OpenAI

    client = OpenAI()

    def send(text):
        message = {"role": "user", "content": text}
        return client.chat.completions.create(model="gpt-5", messages=[message])  {sdk}
    """
PROBE = """
    from send import send

    def validate_provider():
        prompt = "Reply with 'ok'"
        return bool(send(prompt)){probe}
    """
MAIN = """
    from check import validate_provider
    from send import send

    def main():
        if not {asked}:
            raise SystemExit("no connection")
        for line in open("lines.txt"):
            print(send(line)){loop}

    if __name__ == "__main__":
        main()
    """


def program(mark: str, asked: str = "validate_provider()") -> dict[str, str]:
    marks = dict.fromkeys(("sdk", "probe", "loop"), "") | {mark: "  # !"}
    files = {"send.py": SDK, "check.py": PROBE, "main.py": MAIN}
    filled = {**marks, "asked": asked}
    return {path: re.sub(r"\{(sdk|probe|loop|asked)\}", lambda m: filled[m[1]], files[path]) for path in files}


def test_the_probe_and_what_it_shares_wait():
    assert verdict(program("probe")) == "realtime"
    assert verdict(program("sdk")) == "realtime"


def test_the_loop_beside_the_probe_is_batchable():
    assert verdict(program("loop")) == "batchable"


def test_without_a_probe_the_shared_call_is_batchable():
    assert verdict(program("sdk", asked="open('lines.txt')")) == "batchable"


ALONE = {
    "a probe in a test": {
        **program("sdk", asked="open('lines.txt')"),
        "check.py": "def validate_provider(): pass",
        "tests/test_send.py": """
            from send import send

            def test_connection():
                assert send("Reply with ok")
            """,
    },
    "a question that is no probe": {
        **program("sdk"),
        "check.py": """
            from send import send

            def validate_provider():
                prompt = "Which of the providers is the best one for this?"
                return bool(send(prompt))
            """,
    },
}


ALONE["a harness that tries it and asks more by itself"] = {
    **program("sdk", asked="open('lines.txt')"),
    "harness.py": """
        from check import validate_provider
        from send import send

        if __name__ == "__main__":
            validate_provider()
            for line in open("lines.txt"):
                print(send(line))
        """,
}
ALONE["a harness that tries it apart from the runs"] = {
    **program("sdk", asked="open('lines.txt')"),
    "harness.py": """
        from check import validate_provider
        from main import main

        validate_provider()
        main()
        """,
}


@pytest.mark.parametrize("files", cases(ALONE))
def test_what_is_no_probe_of_the_program(files):
    assert verdict(files) == "batchable"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("check_provider_connection", "realtime"),
        ("_probe_embedding", "realtime"),
        ("describe_connection", "batchable"),
        ("probe_model_knowledge", "batchable"),
    ],
)
def test_a_probe_by_its_name(name, expected):
    source = f"""
        from llm import ask

        def {name}(model):
            return ask(f"Tell something about {{model}}")  # !

        for line in open("models.txt"):
            print({name}(line))
        """
    assert verdict(source) == expected


EMBEDDER = """
    import sys
    from openai import OpenAI

    client = OpenAI()

    def embed(texts):
        if len(texts) <= 100:
            return send(texts)
        vectors = []
        for i in range(0, len(texts), 100):
            vectors += send(texts[i:i + 100])
        return vectors

    def send(texts):
        return client.embeddings.create(model="text-embedding-3-small", input=texts).data

    if __name__ == "__main__":
        print(len(embed({texts})))  # !
    """


@pytest.mark.parametrize(
    ("texts", "expected"), [('["Hello, world!"] * 2000', "realtime"), ("list(open(sys.argv[1]))", "batchable")]
)
def test_the_same_greeting_many_times_is_a_probe(texts, expected):
    assert verdict(EMBEDDER.replace("{texts}", texts)) == expected


@pytest.mark.parametrize(("text", "expected"), [('"test"', "realtime"), ('"Test the label of a shoe"', "batchable")])
def test_a_message_of_a_word_that_asks_nothing_is_a_probe(text, expected):
    source = f"""
        from openai import OpenAI

        client = OpenAI()
        for model in open("models.txt"):
            print(client.chat.completions.create(model=model, messages=[{{"role": "user", "content": {text}}}]))  # !
        """
    assert verdict(source) == expected


TRIED = """
    import os
    import requests

    URL = "https://api.openai.com/v1/chat/completions"

    def use(models):
        for model in models:
            body = {"model": model, "messages": [{"role": "user", "content": "Count to three, please."}]}
            reply = requests.post(URL, json=body, headers={"Authorization": os.environ["KEY"]})  # !
            {then}

    if __name__ == "__main__":
        use(open("models.txt").read().split())
    """


@pytest.mark.parametrize(
    ("then", "expected"),
    [
        ("assert reply.status_code == 200", "realtime"),
        ("reply.raise_for_status()", "realtime"),
        ("if not reply.ok: raise SystemExit(f'{model}: {reply.reason}')", "realtime"),
        ("if reply.ok: print(reply.json())", "batchable"),
        ("print(reply)", "batchable"),
    ],
)
def test_a_request_of_which_only_counts_whether_it_went_well_is_a_probe(then, expected):
    assert verdict(TRIED.replace("{then}", then)) == expected


@pytest.mark.parametrize(("name", "expected"), [("run_heartbeat", "batchable"), ("health_check", "realtime")])
def test_what_beats_every_night_may_do_the_work(name, expected):
    source = """
        import schedule
        from llm import ask

        def {name}():
            for path in open("days.txt"):
                text = ask(open(path.strip()).read())  # !
                open(path.strip() + ".out", "w").write(str(text))

        schedule.every().day.at("01:00").do({name})
        """
    assert verdict(source.replace("{name}", name)) == expected


CLOCKED = """
    import csv
    import sys
    import time
    from llm import ask

    def run(path):
        rows = csv.writer(sys.stdout)
        for line in open(path):
            started = time.perf_counter()
            answer = ask(line)  # !
            {keep}

    if __name__ == "__main__":
        run(sys.argv[1])
    """
KEPT = "rows.writerow([answer, time.perf_counter() - started])"


@pytest.mark.parametrize(
    ("path", "keep", "expected"),
    [
        ("benchmark_models.py", KEPT, "realtime"),
        ("benchmarks/models.py", KEPT, "batchable"),
        ("latency_of_models.py", "self.record_answer(answer, time.perf_counter() - started)", "realtime"),
        ("benchmark_models.py", "print(answer, time.perf_counter() - started)", "batchable"),
        ("benchmark_models.py", "rows.writerow([answer])", "batchable"),
        ("run_bench.py", KEPT, "batchable"),
        ("models.py", KEPT, "batchable"),
    ],
)
def test_what_a_benchmark_measures_is_how_long_an_answer_takes(path, keep, expected):
    assert verdict({path: CLOCKED.replace("{keep}", keep)}) == expected


SENT = """
    import requests

    MODELS = [line.strip() for line in open("models.txt")]

    def try_out(model, key):
        payload = {"model": model, "messages": [{"role": "user", "content": "{prompt}"}]}
        return requests.post({arguments})  # !

    for model in MODELS:
        print(model, try_out(model, "key").json())
    """
URL = '"https://api.openai.com/v1/chat/completions"'


@pytest.mark.parametrize(
    ("prompt", "arguments", "expected"),
    [
        ("Say OK.", "URL, json=payload", "realtime"),
        ("Say OK.", "URL, data=json.dumps(payload)", "batchable"),
        ("Say OK.", 'URL, json={"model": model, "messages": payload["messages"]}', "batchable"),
        ("Say what is wrong with the word of the day.", "URL, json=payload", "batchable"),
    ],
)
def test_the_prompt_of_a_probe_in_the_body_of_a_plain_request(prompt: str, arguments: str, expected: str):
    given = arguments.replace("URL", URL)
    assert verdict(SENT.replace("{prompt}", prompt).replace("{arguments}", given)) == expected


TIMED = """
    import time
    from llm import ask

    def shorten(path, text):
        {body}

    def run(path, text):
        started = time.time()
        shorten(path, text)
        return {{"path": path, "seconds": time.time() - started}}

    if __name__ == "__main__":
        for line in open("products.txt"):
            print(run(line + ".txt", line))  # !
    """


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("open(path, 'w').write(ask(text))", "batchable"),
        ("return ask(text)", "realtime"),
        ("path.text = ask(text); path.save()", "batchable"),
        ("path.text = ask(text)", "realtime"),
    ],
)
def test_an_answer_that_is_kept_further_down_counts_more_than_the_time(body, expected):
    assert verdict(TIMED.format(body=body)) == expected


@pytest.mark.parametrize(
    ("made", "message", "expected"),
    [
        ("temperature=0.0, max_output_tokens=20", "Respond exactly with: OK", "realtime"),
        ("temperature=0.0", "Say what is wrong with it, or: OK", "batchable"),
        ("system_instruction=RULES", "Respond exactly with: OK", "batchable"),
    ],
)
def test_settings_in_an_object_of_their_own_say_nothing(made: str, message: str, expected: str) -> None:
    source = f"""
        from google import genai
        from google.genai import types

        client = genai.Client()
        RULES = open("rules.txt").read()

        def check(models):
            config = types.GenerateContentConfig({made})
            for model in models:
                client.models.generate_content(model=model, contents="{message}", config=config)  # !

        if __name__ == "__main__":
            check(open("models.txt"))
        """
    assert verdict(source) == expected


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ('HumanMessage(content="Reply with the word OK.")', "realtime"),
        ('HumanMessage("ping")', "realtime"),
        ('HumanMessage(content="Reply with a word.")', "batchable"),
        ('HumanMessage(content=f"Reply with the word OK: {model}")', "batchable"),
    ],
)
def test_a_message_in_an_object_is_read(message: str, expected: str) -> None:
    source = f"""
        from langchain_core.messages import HumanMessage
        from langchain_openai import ChatOpenAI

        if __name__ == "__main__":
            for model in open("models.txt"):
                print(ChatOpenAI(model=model).invoke([{message}]))  # !
        """
    assert verdict(source) == expected


@pytest.mark.parametrize(
    ("contents", "expected"),
    [
        ('[{"parts": [{"text": "hi"}]}]', "realtime"),
        ('[{"role": "user", "parts": [{"text": "Say hello"}]}]', "realtime"),
        ('[{"parts": [{"text": "hi" + model}]}]', "batchable"),
        ('[{"parts": [{"text": "What is a test?"}]}]', "batchable"),
    ],
)
def test_the_parts_of_a_message_are_read(contents: str, expected: str) -> None:
    source = f"""
        import requests

        def check(model, key):
            url = f"https://generativelanguage.googleapis.com/v1beta/models/{{model}}:generateContent?key={{key}}"
            body = {{"contents": {contents}, "generationConfig": {{"maxOutputTokens": 1}}}}
            reply = requests.post(url, json=body)  # !
            return reply.json()

        if __name__ == "__main__":
            for model in open("models.txt"):
                print(check(model, open("key.txt").read()))
        """
    assert verdict(source) == expected


WRITTEN = """
    import time
    from llm import ask

    def shorten(text, out):
        answer = ask(text)
        open(out, "w").write(answer.text)
        return answer

    def run(text):
        out = {out}
        started = time.time()
        shorten(text, out)
        seconds = time.time() - started
        return {{"seconds": seconds, "found": {found}}}

    if __name__ == "__main__":
        for line in open("products.txt"):
            print(run(line))  # !
    """


@pytest.mark.parametrize(
    ("out", "found", "expected"),
    [
        ('"answers.jsonl"', "len(open(out).readlines())", "batchable"),
        ('FOLDER / "answers.csv"', "compare(out)", "batchable"),
        ('"answers.jsonl"', "text", "realtime"),
        ('"answers"', "out", "realtime"),
    ],
)
def test_a_file_of_answers_that_is_read_then_counts_more_than_the_time(out: str, found: str, expected: str) -> None:
    assert verdict(WRITTEN.format(out=out, found=found)) == expected
