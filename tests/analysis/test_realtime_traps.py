"""What looks batchable and is realtime, each next to the twin that is batchable."""

import pytest

from .verdicts import cases, verdict

HEALTH_CHECK = """
        from celery import Celery
        from llm import ask

        app = Celery("shop")
        app.conf.beat_schedule = {"check": {"task": "app.model_health_check", "schedule": 3600.0}}

        def answer(name):
            return ask(f"{name}: are you there?")  # !

        @app.task
        def model_health_check():
            for name in open("models.txt"):
                answer(name)
        """

REALTIME = {
    "helper_of_a_health_check": HEALTH_CHECK,
    "health_check_of_a_schedule": """
        from celery import Celery
        from llm import ask

        app = Celery("shop")
        app.conf.beat_schedule = {"check": {"task": "app.model_health_check", "schedule": 3600.0}}

        @app.task
        def model_health_check():
            for name in open("models.txt"):
                ask(f"{name}: are you there?")  # !
        """,
    "readiness_check_of_each_model": """
        from llm import ask

        def run_readiness_check(name):
            return bool(ask(name))  # !

        if __name__ == "__main__":
            print([run_readiness_check(line) for line in open("models.txt")])
        """,
    "gather_in_a_route": """
        import asyncio
        from fastapi import FastAPI
        from llm import aask

        app = FastAPI()

        @app.post("/summary")
        async def summary(chunks: list[str]):
            return await asyncio.gather(*[aask(chunk) for chunk in chunks])  # !
        """,
    "thread_per_upload_joined": """
        import threading
        import streamlit as st
        from llm import ask

        def read(document, found):
            found.append(ask(document))  # !

        found = []
        threads = [threading.Thread(target=read, args=(d, found)) for d in st.file_uploader("documents")]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        st.write(found)
        """,
    "chunked_embedding_of_an_upload": """
        import streamlit as st
        from openai import OpenAI

        client = OpenAI()

        def embed(chunks):
            vectors = []
            for start in range(0, len(chunks), 100):
                answer = client.embeddings.create(model="small", input=chunks[start : start + 100])  # !
                vectors += [row.embedding for row in answer.data]
            return vectors

        uploaded = st.file_uploader("document")
        if uploaded:
            with st.spinner("Reading"):
                st.session_state.index = embed(uploaded.read().split())
        """,
    "pool_in_a_websocket": """
        from concurrent.futures import ThreadPoolExecutor
        from fastapi import FastAPI, WebSocket
        from llm import ask

        app = FastAPI()

        @app.websocket("/ws")
        async def talk(socket: WebSocket):
            chunks = await socket.receive_json()
            with ThreadPoolExecutor() as pool:
                await socket.send_json(list(pool.map(ask, chunks)))  # !
        """,
    "retry_by_range": """
        import sys
        from openai import OpenAI

        client = OpenAI()

        def complete(text):
            for attempt in range(3):
                try:
                    return client.chat.completions.create(model="m", messages=[{"role": "user", "content": text}])  # !
                except Exception:
                    print("again", attempt)

        if __name__ == "__main__":
            print(complete(sys.argv[1]))
        """,
    "fallback_models": """
        import sys
        from openai import OpenAI

        client = OpenAI()

        def complete(text):
            for model in ["m", "gpt-5-mini"]:
                try:
                    prompt = [{"role": "user", "content": text}]
                    answer = client.chat.completions.create(model=model, messages=prompt)  # !
                    break
                except Exception:
                    continue
            return answer

        if __name__ == "__main__":
            print(complete(sys.argv[1]))
        """,
    "recursion_as_retry": """
        import sys
        from openai import OpenAI

        client = OpenAI()

        def complete(text, left=3):
            try:
                return client.chat.completions.create(model="m", messages=[{"role": "user", "content": text}])  # !
            except Exception:
                return complete(text, left - 1) if left else None

        if __name__ == "__main__":
            print(complete(sys.argv[1]))
        """,
    "next_prompt_holds_the_last_answer": """
        from llm import ask

        if __name__ == "__main__":
            story = ""
            for line in open("plot.txt"):
                story = ask(f"{story} Continue with {line}")  # !
            print(story)
        """,
    "history_in_a_list": """
        from openai import OpenAI

        client = OpenAI()

        if __name__ == "__main__":
            messages = []
            for line in open("questions.txt"):
                messages.append({"role": "user", "content": line})
                answer = client.chat.completions.create(model="m", messages=messages)  # !
                messages.append({"role": "assistant", "content": answer.choices[0].message.content})
        """,
    "speech_that_no_batch_takes": """
        from openai import OpenAI

        if __name__ == "__main__":
            for line in open("lines.txt"):
                OpenAI().audio.speech.create(model="m", voice="v", input=line)  # !
        """,
    "requests_none_of_which_a_batch_takes": """
        from openai import OpenAI

        client = OpenAI()

        def speak(path):
            text = client.audio.transcriptions.create(model="m", file=open(path, "rb")).text
            return client.audio.speech.create(model="m", voice="v", input=text)

        if __name__ == "__main__":
            for line in open("recordings.txt"):
                speak(line.strip())  # !
        """,
    "speech_by_plain_http": """
        import json
        import urllib.request

        class Voice:
            ENDPOINT = "https://api.openai.com/v1/audio/speech"

            def speak(self, text):
                payload = {"model": "m", "input": text, "voice": "v"}
                request = urllib.request.Request(self.ENDPOINT, data=json.dumps(payload).encode(), method="POST")
                with urllib.request.urlopen(request, timeout=9) as response:  # !
                    return response.read()

        if __name__ == "__main__":
            for line in open("lines.txt"):
                print(Voice().speak(line))
        """,
    "speech_by_the_plain_http_of_another_provider": """
        import requests

        BASE = "https://api.elevenlabs.io/v1"

        def speak(text, voice):
            url = f"{BASE}/text-to-speech/{voice}"
            return requests.post(url, json={"text": text})  # !

        if __name__ == "__main__":
            for line in open("lines.txt"):
                print(speak(line, "v").content)
        """,
    "samples_at_the_end_of_a_module": """
        from llm import ask

        def label(text):
            return ask(text)  # !

        if __name__ == "__main__":
            samples = ["Hello", "Cancel my order", "Where is it?"]
            for number, sample in enumerate(samples):
                print(number, label(sample))
        """,
    "early_stop": """
        from llm import ask

        if __name__ == "__main__":
            for line in open("candidates.txt"):
                if ask(line) == "yes":  # !
                    print(line)
                    break
        """,
    "captcha_in_a_weekly_crawler": """
        import schedule
        from selenium import webdriver
        from llm import ask

        def crawl():
            browser = webdriver.Chrome()
            for url in open("sites.txt"):
                browser.get(url)
                browser.find_element("id", "captcha").send_keys(ask(browser.page_source))  # !

        schedule.every().week.do(crawl)
        """,
    "cache_kept_warm": """
        import schedule
        from llm import ask

        def ping():
            for prompt in ["support", "sales"]:
                ask(prompt)  # !

        schedule.every(5).minutes.do(ping)
        """,
    "race_of_two_back_ends": """
        import asyncio
        from fastapi import FastAPI
        from llm import aask

        app = FastAPI()

        async def backend(prefix, query):
            return await aask(prefix + query)  # !

        @app.get("/answer")
        async def answer(query: str):
            done, _ = await asyncio.wait(
                [asyncio.create_task(backend(p, query)) for p in ("a", "b")], return_when=asyncio.FIRST_COMPLETED
            )
            return done.pop().result()
        """,
    "evaluation_from_a_chat_page": """
        import chainlit as cl
        from llm import aask

        async def evaluate(cases):
            return [await aask(case) for case in cases]  # !

        @cl.on_message
        async def message(text):
            if text.content == "evaluate":
                await cl.Message(str(await evaluate(["a", "b"]))).send()
        """,
    "thread_that_summarises_the_history": """
        import threading
        from llm import ask

        class Chat:
            def __init__(self):
                self.summary = ""
                self.turns = []

            def summarise(self):
                for turn in self.turns:
                    self.summary = ask(self.summary + turn)  # !

            def run(self):
                while True:
                    self.turns.append(input("> "))
                    threading.Thread(target=self.summarise).start()

        Chat().run()
        """,
    "streamed": """
        from openai import OpenAI

        client = OpenAI()

        if __name__ == "__main__":
            for line in open("questions.txt"):
                for part in client.chat.completions.create(  # !
                    model="m", messages=[{"role": "user", "content": line}], stream=True
                ):
                    print(part, end="")
        """,
    "tool_loop": """
        from openai import OpenAI

        client = OpenAI()

        def run(task):
            messages = [{"role": "user", "content": task}]
            while True:
                answer = client.chat.completions.create(model="m", messages=messages, tools=[])  # !
                message = answer.choices[0].message
                messages.append(message)
                if not message.tool_calls:
                    return message.content
                messages += [{"role": "tool", "content": str(call)} for call in message.tool_calls]

        if __name__ == "__main__":
            for line in open("tasks.txt"):
                print(run(line))
        """,
    "shared_by_a_route_and_a_job": """
        import schedule
        from fastapi import FastAPI
        from openai import OpenAI

        app = FastAPI()
        client = OpenAI()

        def label(text):
            return client.chat.completions.create(model="m", messages=[{"role": "user", "content": text}])  # !

        @app.get("/label")
        def now(text: str):
            return label(text)

        def nightly():
            for line in open("products.txt"):
                print(label(line))

        schedule.every().day.do(nightly)
        """,
}

BATCHABLE = {
    "readiness_of_each_text": """
        from llm import ask

        def readiness(text):
            return ask(f"Can it be printed? {text}")  # !

        if __name__ == "__main__":
            print([readiness(line) for line in open("texts.txt")])
        """,
    "helper_of_a_health_check_and_another_task": HEALTH_CHECK
    + """
        @app.task
        def introduce():
            for name in open("models.txt"):
                print(answer(name))
        """,
    "check_of_the_health_of_products": """
        from celery import Celery
        from llm import ask

        app = Celery("shop")
        app.conf.beat_schedule = {"check": {"task": "app.check_shipping_health", "schedule": 3600.0}}

        @app.task
        def check_shipping_health():
            for name in open("products.txt"):
                ask(f"{name}: is it healthy?")  # !
        """,
    "gather_in_a_job": """
        import asyncio
        from llm import aask

        async def summary(chunks):
            return await asyncio.gather(*[aask(chunk) for chunk in chunks])  # !

        asyncio.run(summary(open("book.txt").readlines()))
        """,
    "thread_per_file_of_a_folder": """
        import threading
        from pathlib import Path
        from llm import ask

        def read(path, found):
            found.append(ask(path.read_text()))  # !

        if __name__ == "__main__":
            found = []
            threads = [threading.Thread(target=read, args=(p, found)) for p in Path("docs").glob("*.md")]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        """,
    "chunked_embedding_of_a_corpus": """
        from openai import OpenAI

        client = OpenAI()

        def embed(chunks):
            vectors = []
            for start in range(0, len(chunks), 100):
                answer = client.embeddings.create(model="small", input=chunks[start : start + 100])  # !
                vectors += [row.embedding for row in answer.data]
            return vectors

        if __name__ == "__main__":
            embed(open("corpus.txt").readlines())
        """,
    "pool_in_a_job": """
        from concurrent.futures import ThreadPoolExecutor
        from llm import ask

        if __name__ == "__main__":
            with ThreadPoolExecutor(8) as pool:
                print(list(pool.map(ask, open("products.txt"))))  # !
        """,
    "retry_inside_a_loop_over_items": """
        from openai import OpenAI

        client = OpenAI()

        def complete(text):
            for attempt in range(3):
                try:
                    return client.chat.completions.create(model="m", messages=[{"role": "user", "content": text}])  # !
                except Exception:
                    print("again", attempt)

        if __name__ == "__main__":
            for line in open("products.txt"):
                print(complete(line))
        """,
    "range_over_items": """
        from llm import ask

        if __name__ == "__main__":
            products = open("products.txt").readlines()
            for i in range(len(products)):
                print(ask(products[i]))  # !
        """,
    "answers_collected_but_not_fed_back": """
        from llm import ask

        if __name__ == "__main__":
            report = ""
            for line in open("products.txt"):
                report += str(ask(line))  # !
            print(report)
        """,
    "continue_on_an_answer": """
        from llm import ask

        if __name__ == "__main__":
            for line in open("candidates.txt"):
                if ask(line) != "yes":  # !
                    continue
                print(line)
        """,
    "two_dependent_calls_per_item": """
        from llm import ask

        if __name__ == "__main__":
            for line in open("products.txt"):
                draft = ask(line)
                print(ask(f"Improve {draft}"))  # !
        """,
    "crawler_that_labels_pages_afterwards": """
        import requests
        import schedule
        from llm import ask

        def crawl():
            for url in open("sites.txt"):
                print(ask(requests.get(url).text))  # !

        schedule.every().week.do(crawl)
        """,
    "history_built_per_item": """
        from openai import OpenAI

        client = OpenAI()

        if __name__ == "__main__":
            for line in open("questions.txt"):
                messages = [{"role": "system", "content": "Answer."}]
                messages.append({"role": "user", "content": line})
                answer = client.chat.completions.create(model="m", messages=messages)  # !
                print(answer.choices[0].message.content)
        """,
    "offline_caller_of_a_shared_wrapper": """
        import schedule
        from fastapi import FastAPI
        from llm import ask

        app = FastAPI()

        def label(text):
            return ask(text)

        @app.get("/label")
        def now(text: str):
            return label(text)

        def nightly():
            for line in open("products.txt"):
                print(label(line))  # !

        schedule.every().day.do(nightly)
        """,
}

PROBE = {
    "settings.py": "MODELS = {models}",
    "app.py": """
        from settings import MODELS
        from llm import ask

        if __name__ == "__main__":
            for model in MODELS:
                print(ask(f"{model}: do you answer?"))  # !
        """,
}


@pytest.mark.parametrize(
    ("models", "expected"),
    [('["small", "large"]', "realtime"), ('{"small": 1, LARGE: 2}', "realtime"), ("list_models()", "batchable")],
)
def test_a_try_of_two_or_three_constants_from_another_module_is_no_collection(models, expected):
    assert verdict({**PROBE, "settings.py": f"MODELS = {models}"}) == expected


@pytest.mark.parametrize("program", cases(REALTIME))
def test_it_only_looks_batchable(program):
    assert verdict(program) == "realtime"


@pytest.mark.parametrize("program", cases(BATCHABLE))
def test_its_twin_is_batchable(program):
    assert verdict(program) == "batchable"


@pytest.mark.parametrize(
    ("default", "test", "expected"),
    [
        ("=None", "enough is not None and found >= enough", "batchable"),
        ("=0", "enough and found >= enough", "batchable"),
        ("=None", "found >= (enough or 10)", "realtime"),
        ("=10", "enough is not None and found >= enough", "realtime"),
        ("", "enough is not None and found >= enough", "batchable"),
        ("", "enough and found >= enough", "realtime"),
        ("=None", "enough is None and found >= 10", "realtime"),
        ("=None", "isinstance(enough, int) and found >= enough", "batchable"),
        ("=10", "isinstance(enough, int) and found >= enough", "realtime"),
    ],
)
def test_an_early_stop_counts_unless_an_option_switches_it_on(default, test, expected):
    program = f"""
        from prefect import flow
        from llm import ask

        @flow
        def label(path, enough{default}):
            found = 0
            for line in open(path):
                found += ask(line) == "yes"  # !
                if {test}:
                    break
        """
    assert verdict(program) == expected


STREAM = """
    from openai import OpenAI

    client = OpenAI()

    def ask(text, stream={default}):
        options = {{"model": "m", "messages": [text], "stream": {value}}}
        options["stream"] = {assigned}
        return client.chat.completions.create({arguments})  # !

    if __name__ == "__main__":
        for line in open("questions.txt"):
            print("".join(ask(line)))
    """


@pytest.mark.parametrize("value", ["True", "False"])
@pytest.mark.parametrize("place", ["value", "assigned", "default"])
def test_a_stream_is_asked_for_in_a_dict_or_by_default(place, value):
    given = {"default": "False", "value": "False", "assigned": "False", place: value}
    arguments = "model='m', messages=[text], stream=stream" if place == "default" else "**options"
    expected = "realtime" if value == "True" else "batchable"
    assert verdict(STREAM.format(**given, arguments=arguments)) == expected


PARTS = """
    import anthropic
    import openai

    client = openai.OpenAI()
    claude = anthropic.Anthropic()

    class Writer:
        def write(self, prompt):
            message, text, parts = [{{"role": "user", "content": prompt}}], "", []
            {taken}
            return text or "".join(parts)

    if __name__ == "__main__":
        for line in open("topics.txt"):
            print(Writer().write(line))
    """
CREATE = 'client.chat.completions.create(model="gpt-5", messages=message, stream=True)'
OPEN = 'claude.messages.stream(model="claude-opus-4-5", max_tokens=9, messages=message)'


@pytest.mark.parametrize(
    ("taken", "expected"),
    [
        (f"for part in {CREATE}: text += part.choices[0].delta.content or ''  # !", "batchable"),
        (f"parts = [part.choices[0].delta.content for part in {CREATE}]  # !", "batchable"),
        (f"with {OPEN} as stream: text = stream.get_final_text()  # !", "batchable"),
        (f"with {OPEN} as stream: parts = list(stream.text_stream)  # !", "realtime"),
        (f"with {OPEN} as stream: text = ''.join(each for each in stream.text_stream)  # !", "batchable"),
        (f"for part in {CREATE}: text += part.choices[0].delta.content; print(text)  # !", "realtime"),
        (f"for part in {CREATE}: text += part.choices[0].delta.content; self.log.info(text)  # !", "realtime"),
        (f"for part in {CREATE}: text += part.choices[0].delta.content; self.log.debug(part)  # !", "batchable"),
        (f"for part in {CREATE}: text += part.choices[0].delta.content; self.page.debug(part)  # !", "realtime"),
        (f"for part in {CREATE}: self.text = part.choices[0].delta.content  # !", "realtime"),
        (f"for part in {CREATE}: self.parts.append(part.choices[0].delta.content)  # !", "realtime"),
        (f"with {OPEN} as stream: print(*stream.text_stream); text = stream.get_final_text()  # !", "realtime"),
        (f"return (part.choices[0].delta.content for part in {CREATE})  # !", "realtime"),
    ],
)
def test_a_stream_of_which_nobody_sees_a_part_may_come_at_once(taken, expected):
    assert verdict(PARTS.format(taken=taken)) == expected


SIDE_BY_SIDE = """
    from concurrent.futures import ThreadPoolExecutor
    from fastapi import FastAPI
    from openai import OpenAI

    api = FastAPI()
    client = OpenAI()

    def write(topic):
        for part in client.responses.create(model="gpt-5", input=topic, stream=True):  # !
            print(part.delta, end="")

    {served}
    def texts(topics: list[str]):
        with ThreadPoolExecutor(8) as pool:
            pool.map(write, topics)

    if __name__ == "__main__":
        with ThreadPoolExecutor(8) as pool:
            {run}
    """


@pytest.mark.parametrize(
    ("run", "is_served", "expected"),
    [
        ("list(pool.map(write, open('topics.txt')))", False, "batchable"),
        ("[pool.submit(write, topic) for topic in open('topics.txt')]", False, "batchable"),
        ("pool.submit(write, open('topics.txt').read())", False, "realtime"),
        ("list(pool.map(write, open('topics.txt'))); write('mills')", False, "realtime"),
        ("list(pool.map(write, open('topics.txt')))", True, "realtime"),
    ],
)
def test_nobody_follows_streams_that_come_side_by_side(run: str, is_served: bool, expected: str) -> None:
    served = '@api.get("/texts")' if is_served else ""
    assert verdict(SIDE_BY_SIDE.replace("{run}", run).replace("{served}", served)) == expected


HANDED_ON = {
    "models.py": """
        import openai

        client = openai.OpenAI()

        def opened(prompt):
            message = [{"role": "user", "content": prompt}]
            return client.chat.completions.create(model="gpt-5", messages=message, stream=True)  # !

        def whole(stream):
            text = ""
            for part in stream:
                text += part.choices[0].delta.content or ""
            return text

        def shown(stream):
            for part in stream:
                print(part.choices[0].delta.content)
        """,
    "app.py": """
        from models import opened, shown, whole

        def write(prompt):
            stream = opened(prompt)
            if stream:
                {taken}

        if __name__ == "__main__":
            for line in open("topics.txt"):
                write(line)
        """,
}


@pytest.mark.parametrize(
    ("taken", "expected"),
    [("print(whole(stream))", "batchable"), ("shown(stream)", "realtime"), ("yield from stream", "realtime")],
)
def test_a_stream_may_be_opened_and_put_together_by_others(taken: str, expected: str) -> None:
    program = {**HANDED_ON, "app.py": HANDED_ON["app.py"].format(taken=taken)}
    assert verdict(program) == expected


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ('"This is a connectivity test."', "realtime"),
        ('f"Is {name} a connectivity test?"', "batchable"),
        ('"Hello!"', "realtime"),
        ('"In French: Hello!"', "batchable"),
    ],
)
def test_a_prompt_that_only_asks_for_a_sign_of_life_is_a_probe(prompt, expected):
    program = f"""
        import yaml
        from llm import ask

        if __name__ == "__main__":
            for name in yaml.safe_load(open("models.yaml")):
                print(name, ask({prompt}))  # !
        """
    assert verdict(program) == expected


@pytest.mark.parametrize(
    ("name", "expected"), [("validate_gemini_key", "realtime"), ("validate_answer_key", "batchable")]
)
def test_who_validates_a_key_of_a_provider_only_asks_whether_it_answers(name: str, expected: str):
    program = f"""
        from llm import ask

        def {name}(text):
            return ask(text)

        if __name__ == "__main__":
            for line in open("keys.txt"):
                print({name}(line))  # !
        """
    assert verdict(program) == expected


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        # Each round asks about all that is left, and the answers only decide what is asked again.
        ("found = {text: ask(text) for text in left}", "batchable"),
        ("found = {text: ask(f'{text}, not one of {left}') for text in left}", "realtime"),
        ("found = {ask(f'Which of {left} is best?')}", "realtime"),
    ],
)
def test_rounds_over_what_is_left_are_batches(request_, expected):
    program = f"""
        from llm import ask

        if __name__ == "__main__":
            left = open("lines.txt").readlines()
            while left:
                {request_}  # !
                left = [text for text in left if text not in found]
                if not left:
                    break
        """
    assert verdict(program) == expected


@pytest.mark.parametrize(
    ("show", "expected"),
    [
        ("return print(textwrap.fill(text, 40))", "batchable"),
        ("return print(fill(text, 40))", "batchable"),
        ("return page.fill(text)", "realtime"),
        ("return type_into(page, text)", "batchable"),
        ("return Form(page).fill(text)", "realtime"),
        ("return Template().fill(text)", "batchable"),
    ],
)
def test_what_fills_no_form_of_a_session_lets_nobody_wait(show: str, expected: str):
    program = f"""
        import textwrap
        from textwrap import fill
        from llm import ask

        class Form:
            def __init__(self, page):
                self.page = page

            def fill(self, text):
                self.page.fill(text)

        class Template:
            def fill(self, text):
                print(text.strip())

        def type_into(page, text):
            print(page, text)

        def show(page, topic):
            text = ask(topic)  # !
            {show}

        if __name__ == "__main__":
            page = open_page()
            for topic in open("topics.txt"):
                show(page, topic)
        """
    assert verdict(program) == expected


YIELDED = {
    "models.py": """
        import openai
        from pydantic import BaseModel

        client = openai.AsyncOpenAI()

        class Part(BaseModel):
            text: str
            number: int

        async def parts(text):
            message = [{{"role": "user", "content": text}}]
            stream = await client.chat.completions.create(model="gpt-5", messages=message, stream=True)
            async for part in stream:
                if part.choices:
                    yield part.choices[0].delta.content

        async def numbered(text):
            number = 0
            try:
                found = parts(text)
                async for part in found:
                    number += 1
                    {seen}yield Part(text=part, number=number)
            except openai.RateLimitError as error:
                raise RuntimeError from error
        """,
    "web.py": """
        from fastapi import FastAPI
        from fastapi.responses import StreamingResponse
        from models import parts

        app = FastAPI()

        @app.get("/answer")
        async def answer(question: str):
            return StreamingResponse(parts(question))
        """,
    "app.py": """
        import asyncio
        from models import numbered

        async def write(topic):
            whole = ""
            for attempt in range(2):
                found = numbered(topic)
                break
            async for part in found:
                {taken}
            return whole

        async def main():
            for line in open("topics.txt"):
                print(await write(line))  # !

        if __name__ == "__main__":
            asyncio.run(main())
        """,
}


@pytest.mark.parametrize(
    ("seen", "taken", "expected"),
    [
        ("", "whole += part.text", "batchable"),
        ("", "whole += part.text; print(part.text)", "realtime"),
        ("print(part); ", "whole += part.text", "realtime"),
    ],
)
def test_a_stream_that_generators_pass_on_may_be_put_together_later(seen: str, taken: str, expected: str) -> None:
    program = {
        path: text.format(seen=seen, taken=taken) if path != "web.py" else text for path, text in YIELDED.items()
    }
    assert verdict(program) == expected


def test_a_stream_that_a_page_is_sent_part_by_part_is_live_there() -> None:
    program = {path: text.format(seen="", taken="whole += part.text") for path, text in YIELDED.items()}
    program["app.py"] = program["app.py"].replace("  # !", "")
    program["web.py"] = program["web.py"].replace("(question))", "(question))  # !")
    assert verdict(program) == "realtime"


LINES = """
    import json
    import requests

    def write(prompt):
        body = {{"model": "gpt-5", "messages": [{{"role": "user", "content": prompt}}], "stream": True}}
        response = requests.post("https://api.openai.com/v1/chat/completions", json=body, stream=True)  # !
        if response.status_code != 200:
            raise RuntimeError(response.text)
        text = ""
        for line in response.iter_lines():
            line = line.decode("utf-8").removeprefix("data: ")
            if {end}:
                break
            try:
                part = json.loads(line)
            except json.JSONDecodeError:
                print("not read:", line)
                continue
            {taken}
        return text

    if __name__ == "__main__":
        for line in open("topics.txt"):
            print(write(line))
    """


@pytest.mark.parametrize(
    ("end", "taken", "expected"),
    [
        ('line == "[DONE]"', 'text += part["choices"][0]["delta"].get("content", "")', "batchable"),
        ('line == "[DONE]"', 'text += part["choices"][0]["delta"]["content"]; print(line)', "realtime"),
        ("len(text) > 80", 'text += part["choices"][0]["delta"].get("content", "")', "realtime"),
    ],
)
def test_a_stream_of_lines_may_come_at_once_as_well(end: str, taken: str, expected: str) -> None:
    assert verdict(LINES.format(end=end, taken=taken)) == expected


REPLICATED = """
    import os
    import replicate

    MODEL = {model}

    def run(each):
        return replicate.run(MODEL, input={{"prompt": each}})  # !

    if __name__ == "__main__":
        for line in open("lines.txt"):
            run(line)
    """


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        ('"meta/meta-llama-3-70b-instruct"', "batchable"),
        ('os.environ["MODEL"]', "batchable"),
        ('"black-forest-labs/flux-schnell"', "realtime"),
        ('"vaibhavs10/incredibly-fast-whisper:3ab8"', "realtime"),
        ('"meta/meta-llama-3-70b-instruct:flux"', "batchable"),
    ],
)
def test_a_models_name_tells_that_it_gives_no_text(model: str, expected: str) -> None:
    assert verdict(REPLICATED.format(model=model)) == expected
