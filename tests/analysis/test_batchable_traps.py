"""What looks realtime, or is hard to see, and is batchable, each next to the twin that is realtime."""

import pytest

from batchlint.findings import Latency, Step
from batchlint.graph import ManifestTarget

from .verdicts import cases, verdict

BATCHABLE = {
    "litellm_batch_completion": """
        import litellm

        if __name__ == "__main__":
            messages = [[{"role": "user", "content": line}] for line in open("products.txt")]
            print(litellm.batch_completion(model="m", messages=messages))  # !
        """,
    "langchain_batch": """
        from langchain_openai import ChatOpenAI

        if __name__ == "__main__":
            print(ChatOpenAI(model="m").batch(open("products.txt").readlines()))  # !
        """,
    "langchain_chain_batch": """
        from langchain_core.output_parsers import StrOutputParser
        from langchain_core.prompts import ChatPromptTemplate
        from langchain_openai import ChatOpenAI

        chain = ChatPromptTemplate.from_template("{text}") | ChatOpenAI(model="m") | StrOutputParser()

        if __name__ == "__main__":
            print(chain.batch([{"text": line} for line in open("products.txt")]))  # !
        """,
    "langchain_method_below_invoke": """
        import asyncio
        from langchain_openai import ChatOpenAI

        async def label(line):
            answer = await ChatOpenAI(model="m")._agenerate([line])  # !
            return answer.generations[0].text

        async def main():
            print(await asyncio.gather(*[label(line) for line in open("products.txt")]))

        asyncio.run(main())
        """,
    "dspy_batch": """
        import dspy

        label = dspy.ChainOfThought("text -> label")

        if __name__ == "__main__":
            print(label.batch([dspy.Example(text=line) for line in open("products.txt")]))  # !
        """,
    "llama_index_embedding_batch": """
        from llama_index.embeddings.openai import OpenAIEmbedding

        if __name__ == "__main__":
            print(OpenAIEmbedding().get_text_embedding_batch(open("corpus.txt").readlines()))  # !
        """,
    "one_request_that_a_batch_takes_beside_a_nearer_one_that_none_does": """
        from openai import OpenAI

        from llm import ask

        def listen(path):
            return OpenAI().audio.transcriptions.create(model="m", file=open(path, "rb"))

        def digest(path):
            return summarize(listen(path).text)

        def summarize(text):
            return ask(text)

        if __name__ == "__main__":
            for line in open("recordings.txt"):
                print(digest(line.strip()))  # !
        """,
    "own_batch_process": """
        from llm import ask

        def batch_process(texts):
            return [ask(text) for text in texts]  # !

        if __name__ == "__main__":
            batch_process(open("products.txt"))
        """,
    "embed_query_on_documents": """
        from langchain_openai import OpenAIEmbeddings

        embeddings = OpenAIEmbeddings()

        if __name__ == "__main__":
            for line in open("corpus.txt"):
                print(embeddings.embed_query(line))  # !
        """,
    "gather_of_a_map": """
        import asyncio
        from llm import aask

        async def main(requests):
            return await asyncio.gather(*list(map(aask, requests)))  # !

        asyncio.run(main(open("products.txt").readlines()))
        """,
    "coroutine_returned_unawaited": """
        import asyncio
        from openai import AsyncOpenAI

        client = AsyncOpenAI()

        def complete(text):
            return client.chat.completions.create(model="m", messages=[{"role": "user", "content": text}])  # !

        async def main():
            await asyncio.gather(*[complete(line) for line in open("products.txt")])

        asyncio.run(main())
        """,
    "bound_method_stored_first": """
        from openai import OpenAI

        create = OpenAI().chat.completions.create

        if __name__ == "__main__":
            for line in open("products.txt"):
                print(create(model="m", messages=[{"role": "user", "content": line}]))  # !
        """,
    "fan_out_five_frames_above": {
        "call.py": """
            from openai import OpenAI

            client = OpenAI()

            def send(messages):
                return client.chat.completions.create(model="m", messages=messages)  # !
            """,
        "prompt.py": """
            from call import send

            def complete(text):
                return send([{"role": "user", "content": text}])
            """,
        "label.py": """
            from prompt import complete

            def label(product):
                return complete(product.strip())

            def checked(product):
                return label(product) or "unknown"
            """,
        "job.py": """
            from concurrent.futures import ThreadPoolExecutor
            from label import checked

            def work(products):
                with ThreadPoolExecutor() as pool:
                    return list(pool.map(checked, products))

            if __name__ == "__main__":
                work(open("products.txt"))
            """,
    },
    "partial": """
        from functools import partial
        from multiprocessing import Pool
        from llm import ask

        def label(style, text):
            return ask(style + text)  # !

        if __name__ == "__main__":
            with Pool() as pool:
                print(pool.map(partial(label, "short"), open("products.txt")))
        """,
    "function_or_partial_that_is_chosen_and_handed_on": """
        import sys
        from concurrent.futures import ThreadPoolExecutor
        from functools import partial
        from llm import ask

        def judge(text, style="long"):
            print(ask(style + text))  # !

        def work(lines, judge_one):
            for line in lines:
                judge_one(line)

        def main():
            chosen = partial(judge, style="short") if "--short" in sys.argv else judge
            with ThreadPoolExecutor() as pool:
                pool.submit(work, open("answers.txt"), chosen)

        if __name__ == "__main__":
            main()
        """,
    "run_in_executor": """
        import asyncio
        from llm import ask

        def label(text):
            return ask(text)  # !

        async def main():
            loop = asyncio.get_running_loop()
            tasks = [loop.run_in_executor(None, label, line) for line in open("products.txt")]
            print(await asyncio.gather(*tasks))

        asyncio.run(main())
        """,
    "to_thread": """
        import asyncio
        from llm import ask

        def label(text):
            return ask(text)  # !

        async def main():
            print(await asyncio.gather(*(asyncio.to_thread(label, line) for line in open("products.txt"))))

        asyncio.run(main())
        """,
    "the_method_in_a_thread": """
        import asyncio
        from anthropic import Anthropic

        client = Anthropic()

        async def label(text):
            message = await asyncio.to_thread(  # !
                client.messages.create, model="m", max_tokens=9, messages=[{"role": "user", "content": text}]
            )
            return message.content

        async def main():
            print(await asyncio.gather(*(label(line) for line in open("products.txt"))))

        asyncio.run(main())
        """,
    "the_method_in_a_partial_in_a_thread": """
        import asyncio
        from functools import partial
        from openai import OpenAI

        client = OpenAI()

        async def main():
            loop = asyncio.get_running_loop()
            for line in open("products.txt"):
                print(await loop.run_in_executor(None, partial(client.responses.create, model="m", input=line)))  # !

        asyncio.run(main())
        """,
    "dict_of_functions": """
        from llm import ask

        def label(text):
            return ask(text)  # !

        def shorten(text):
            return text[:10]

        STEPS = {"label": label, "shorten": shorten}

        if __name__ == "__main__":
            for line in open("products.txt"):
                for name in ["label", "shorten"]:
                    print(STEPS[name](line))
        """,
    "import_module_of_a_string": {
        "steps/label.py": """
            from llm import ask

            def run(text):
                return ask(text)  # !
            """,
        "job.py": """
            import importlib

            if __name__ == "__main__":
                step = importlib.import_module("steps.label")
                for line in open("products.txt"):
                    print(step.run(line))
            """,
    },
    "method_of_a_base_class": """
        from abc import ABC, abstractmethod
        from llm import ask

        class Step(ABC):
            def run(self, items):
                return [self.one(item) for item in items]

            @abstractmethod
            def one(self, item): ...

        class Label(Step):
            def one(self, item):
                return ask(item)  # !

        if __name__ == "__main__":
            Label().run(open("products.txt"))
        """,
    "engine_chosen_at_run_time": """
        import sys
        from llm import ask

        class Short:
            def label(self, text):
                return text[:5]

        class Model:
            def label(self, text):
                return ask(text)  # !

        ENGINES = {"short": Short, "model": Model}

        def engine():
            return ENGINES[sys.argv[1]]()

        if __name__ == "__main__":
            chosen = engine()
            for line in open("products.txt"):
                print(chosen.label(line))
        """,
    "plugin_registry": """
        from llm import ask

        REGISTRY = {}

        def register(function):
            REGISTRY[function.__name__] = function
            return function

        @register
        def label(text):
            return ask(text)  # !

        if __name__ == "__main__":
            for line in open("products.txt"):
                for step in REGISTRY.values():
                    print(step(line))
        """,
    "tenacity": """
        from openai import OpenAI
        from tenacity import retry, stop_after_attempt

        client = OpenAI()

        @retry(stop=stop_after_attempt(3))
        def complete(text):
            return client.chat.completions.create(model="m", messages=[{"role": "user", "content": text}])  # !

        if __name__ == "__main__":
            for line in open("products.txt"):
                print(complete(line))
        """,
    "own_decorator": """
        import functools
        from llm import ask

        def logged(function):
            @functools.wraps(function)
            def wrapper(*args, **kwargs):
                print(function.__name__)
                return function(*args, **kwargs)

            return wrapper

        @logged
        def label(text):
            return ask(text)  # !

        if __name__ == "__main__":
            for line in open("products.txt"):
                print(label(line))
        """,
    "client_as_an_argument": """
        from openai import OpenAI

        def label(client, text):
            return client.chat.completions.create(model="m", messages=[{"role": "user", "content": text}])  # !

        if __name__ == "__main__":
            client = OpenAI()
            for line in open("products.txt"):
                print(label(client, line))
        """,
    "client_from_a_cached_factory": {
        "clients.py": """
            from functools import lru_cache
            from openai import OpenAI

            @lru_cache
            def get_client():
                return OpenAI()
            """,
        "job.py": """
            from clients import get_client

            def label(text):
                client = get_client()
                return client.chat.completions.create(model="m", messages=[{"role": "user", "content": text}])  # !

            if __name__ == "__main__":
                for line in open("products.txt"):
                    print(label(line))
            """,
    },
    "client_in_a_dataclass": """
        from dataclasses import dataclass
        from openai import OpenAI

        @dataclass
        class Labeller:
            client: OpenAI

            def label(self, text):
                return self.client.chat.completions.create(model="m", messages=[{"role": "user", "content": text}])  # !

        if __name__ == "__main__":
            labeller = Labeller(OpenAI())
            for line in open("products.txt"):
                print(labeller.label(line))
        """,
    "client_as_a_property": """
        from openai import OpenAI

        class Labeller:
            @property
            def client(self):
                return OpenAI()

            def label(self, text):
                return self.client.chat.completions.create(model="m", messages=[{"role": "user", "content": text}])  # !

        if __name__ == "__main__":
            for line in open("products.txt"):
                print(Labeller().label(line))
        """,
    "re_export": {
        "shop/__init__.py": "from .labels import *\n",
        "shop/labels/__init__.py": "from .model import label\n\n__all__ = ['label']\n",
        "shop/labels/model.py": """
            from llm import ask

            def label(text):
                return ask(text)  # !
            """,
        "job.py": """
            import shop

            if __name__ == "__main__":
                for line in open("products.txt"):
                    print(shop.label(line))
            """,
    },
    "src_layout": {
        "src/shop/labels.py": """
            from llm import ask

            def label(text):
                return ask(text)  # !
            """,
        "src/shop/__init__.py": "",
        "scripts/relabel.py": """
            from shop.labels import label

            for line in open("products.txt"):
                print(label(line))
            """,
    },
    "async_for_with_a_semaphore": """
        import asyncio
        from llm import aask

        async def one(limit, text):
            async with limit:
                return await aask(text)  # !

        async def main():
            limit = asyncio.Semaphore(8)
            tasks = [asyncio.create_task(one(limit, line)) for line in open("products.txt")]
            for task in asyncio.as_completed(tasks):
                print(await task)

        asyncio.run(main())
        """,
    "task_group": """
        import asyncio
        from llm import aask

        async def main():
            async with asyncio.TaskGroup() as group:
                for line in open("products.txt"):
                    group.create_task(aask(line))  # !

        asyncio.run(main())
        """,
    "work_queue": """
        import queue
        import threading
        from llm import ask

        todo = queue.Queue()

        def work():
            while not todo.empty():
                print(ask(todo.get()))  # !

        if __name__ == "__main__":
            for line in open("products.txt"):
                todo.put(line)
            for _ in range(8):
                threading.Thread(target=work).start()
        """,
}

REALTIME = {
    "langchain_batch_in_a_route": """
        from fastapi import FastAPI
        from langchain_openai import ChatOpenAI

        app = FastAPI()

        @app.post("/label")
        def label(texts: list[str]):
            return ChatOpenAI(model="m").batch(texts)  # !
        """,
    "langchain_method_below_invoke_in_a_route": """
        from fastapi import FastAPI
        from langchain_openai import ChatOpenAI

        app = FastAPI()

        @app.post("/label")
        def label(texts: list[str]):
            return [ChatOpenAI(model="m")._generate([text]) for text in texts]  # !
        """,
    "litellm_batch_completion_in_a_bot": """
        import discord
        import litellm

        class Bot(discord.Client):
            async def on_message(self, message):
                messages = [[{"role": "user", "content": line}] for line in message.content.splitlines()]
                await message.reply(litellm.batch_completion(model="m", messages=messages))  # !
        """,
    "own_batch_process_in_a_view": """
        from django.http import JsonResponse
        from django.views import View
        from llm import ask

        def batch_process(texts):
            return [ask(text) for text in texts]  # !

        class Label(View):
            def post(self, request):
                return JsonResponse(batch_process(request.POST.getlist("texts")), safe=False)
        """,
    "embed_query_of_a_search": """
        from fastapi import FastAPI
        from langchain_openai import OpenAIEmbeddings

        app = FastAPI()
        embeddings = OpenAIEmbeddings()

        @app.get("/search")
        def search(query: str):
            return [embeddings.embed_query(word) for word in query.split()]  # !
        """,
    "bound_method_in_a_route": """
        from flask import Flask, request
        from openai import OpenAI

        app = Flask(__name__)
        create = OpenAI().chat.completions.create

        @app.post("/label")
        def label():
            return [create(model="m", messages=[{"role": "user", "content": text}]) for text in request.json]  # !
        """,
    "registry_called_by_a_route": """
        from flask import Flask, request
        from llm import ask

        app = Flask(__name__)

        def label(text):
            return [ask(line) for line in text.splitlines()]  # !

        STEPS = {"label": label}

        @app.post("/<step>")
        def run(step):
            return STEPS[step](request.data)
        """,
    "executor_in_a_route": """
        import asyncio
        from fastapi import FastAPI
        from llm import ask

        app = FastAPI()

        def label(text):
            return ask(text)  # !

        @app.post("/label")
        async def labels(texts: list[str]):
            loop = asyncio.get_running_loop()
            return await asyncio.gather(*[loop.run_in_executor(None, label, text) for text in texts])
        """,
}

PLAIN = {
    "shop/refresh.py": """
        from llm import ask

        def main():
            return ask("Write the deal of the day.")  # !

        main()
        """
}


@pytest.mark.parametrize("program", cases(BATCHABLE))
def test_it_only_looks_realtime(program):
    assert verdict(program) == "batchable"


@pytest.mark.parametrize("program", cases(REALTIME))
def test_its_twin_is_realtime(program):
    assert verdict(program) == "realtime"


def test_a_parameter_separates_the_live_from_the_offline_callers_of_one_function():
    def program(live, offline):
        return f"""
            from fastapi import FastAPI
            from openai import OpenAI

            app = FastAPI()
            client = OpenAI()

            def embed(texts, task="document"):
                return client.embeddings.create(model="small", input=[task + t for t in texts])

            @app.get("/search")
            def search(query: str):
                return embed([query], task="query")  {live}

            if __name__ == "__main__":
                for line in open("corpus.txt"):
                    embed([line], task="document")  {offline}
            """

    assert verdict(program("# !", "")) == "realtime"
    assert verdict(program("", "# !")) == "batchable"


def test_a_plain_script_is_a_job_once_a_manifest_schedules_it():
    line = Step(".github/workflows/deal.yml", 4, "on: schedule, 0 3 * * *")
    assert verdict(PLAIN) == "realtime"
    assert verdict(PLAIN, [ManifestTarget("shop/refresh.py", "schedule", Latency.HOURS, line)]) == "batchable"
