"""Models of LangChain, alone and in chains, by batch: the same objects, errors and callbacks as in realtime."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest
from fake_provider import Failure, Faults

from .programs import check_noop, check_runs_alike, rewrite

pytest.importorskip("langchain_openai")
pytest.importorskip("langchain_anthropic")

HEAD = """\
import asyncio
from operator import itemgetter

from langchain_anthropic import ChatAnthropic
from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.messages import HumanMessage, SystemMessage
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.rate_limiters import InMemoryRateLimiter
from langchain_core.runnables import RunnablePassthrough
from langchain_openai import ChatOpenAI
from pydantic import BaseModel

WORDS = ["tea", "cup", "jam", "refuse", "tea"]
PROMPT = ChatPromptTemplate.from_messages([("system", "You are brief."), ("human", "About {word}")])


"""
ALIKE = {
    "a model": """
        llm = ChatOpenAI(model="gpt-5-mini", temperature=0.5)
        for word in WORDS:
            try:
                answer = llm.invoke([SystemMessage(content="Be brief."), HumanMessage(content=word)])
                print(word, answer.content, answer.usage_metadata, answer.response_metadata["model_name"])
            except Exception as error:
                print(word, type(error).__name__, error.status_code)
    """,
    "a model of Anthropic": """
        llm = ChatAnthropic(model="claude-haiku-4-5", max_tokens=64)
        for word in WORDS[:3]:
            print(word, llm.invoke(f"About {word}").content)
    """,
    "a chain that a function makes": """
        def chain(model):
            return PROMPT | ChatOpenAI(model=model) | StrOutputParser()

        asked = chain("gpt-5-mini")
        print([asked.invoke({"word": word}) for word in WORDS[:3]])
    """,
    "a chain of an object, in coroutines": """
        class Teller:
            def __init__(self):
                self.llm = ChatOpenAI(model="gpt-5-mini")
                self.chain = PROMPT | self.llm | StrOutputParser()

            async def tell(self, word):
                try:
                    return await self.chain.ainvoke({"word": word})
                except Exception as error:
                    return type(error).__name__

        async def main():
            teller = Teller()
            print(await asyncio.gather(*(teller.tell(word) for word in WORDS)))

        asyncio.run(main())
    """,
    "a model that is handed over by its base": """
        from langchain_core.language_models import BaseChatModel

        class Teller:
            def __init__(self, llm: BaseChatModel):
                self.llm = llm

            def tell(self, word):
                return self.llm.invoke(word).content

        teller = Teller(ChatOpenAI(model="gpt-5-mini"))
        print([teller.tell(word) for word in WORDS[:3]])
    """,
    "structured output": """
        class City(BaseModel):
            name: str
            size: int

        cities = ChatOpenAI(model="gpt-5-mini").with_structured_output(City)
        for word in WORDS[:2]:
            print(repr((PROMPT | cities).invoke({"word": word})))
    """,
    "two requests of an item": """
        llm = ChatOpenAI(model="gpt-5-mini")
        for word in WORDS[:3]:
            first = llm.invoke(f"About {word}").content
            print(word, llm.invoke(f"Shorter: {first}").content)
    """,
    "coroutines that are made here and gathered": """
        llm = ChatOpenAI(model="gpt-5-mini")
        chain = PROMPT | llm | StrOutputParser()

        async def main():
            print([answer.content for answer in await asyncio.gather(*(llm.ainvoke(word) for word in WORDS[:3]))])
            tasks = [asyncio.create_task(chain.ainvoke({"word": word})) for word in WORDS[:3]]
            print([await task for task in tasks])
            for word in WORDS[:2]:
                print(await asyncio.wait_for(chain.ainvoke({"word": word}), 30))

        asyncio.run(main())
    """,
    "a prompt with a part that is known, in a chain that is handed over": """
        def tell(chain, words):
            return [chain.invoke({"word": word}) for word in words]

        told = ChatPromptTemplate.from_template("{tone}, about {word}").partial(tone="Brief")
        print(tell(told | ChatOpenAI(model="gpt-5-mini") | StrOutputParser(), WORDS[:3]))
    """,
    "a mapping that hands on what the chain is given": """
        chain = {"word": RunnablePassthrough()} | PROMPT | ChatOpenAI(model="gpt-5-mini") | StrOutputParser()
        print([chain.invoke(word) for word in WORDS[:3]])
    """,
    "a mapping that hands on parts of it, in a chain that is handed over": """
        from langchain_core.runnables import RunnableSerializable

        def tell(chain: RunnableSerializable, words):
            return [chain.invoke({"name": word}) for word in words]

        chain = {"word": itemgetter("name"), "all": RunnablePassthrough()} | PROMPT | ChatOpenAI(model="gpt-5-mini")
        print(tell(chain | StrOutputParser(), WORDS[:3]))
    """,
    "embeddings of one text": """
        from langchain_openai import OpenAIEmbeddings

        embeddings = OpenAIEmbeddings(model="text-embedding-3-small", check_embedding_ctx_length=False)
        for word in WORDS[:3]:
            print(word, embeddings.embed_query(word)[:3])
    """,
    "a limit on how often it asks, and a pool": """
        from concurrent.futures import ThreadPoolExecutor

        llm = ChatOpenAI(model="gpt-5-mini", rate_limiter=InMemoryRateLimiter(requests_per_second=100))

        def ask(word):
            return llm.invoke(word).content

        with ThreadPoolExecutor(2) as pool:
            print(list(pool.map(ask, WORDS[:3])))
    """,
}
STAY = {
    "functions of its own": "chain = PROMPT | ChatOpenAI(model='gpt-5-mini') | (lambda answer: answer.content)\n",
    "a mapping that something fills": (
        "def upper(given):\n    return given['word'].upper()\n\n\n"
        "chain = {'word': upper} | PROMPT | ChatOpenAI(model='gpt-5-mini')\n"
    ),
    "a mapping that a model fills": (
        "llm = ChatOpenAI(model='gpt-5-mini')\n"
        "chain = {'word': PROMPT | llm | StrOutputParser()} | PROMPT | llm | StrOutputParser()\n"
    ),
    "a mapping that a function fills beside": (
        "chain = {'word': RunnablePassthrough(), 'more': lambda given: given} | PROMPT\n"
        "chain = chain | ChatOpenAI(model='gpt-5-mini')\n"
    ),
    "a mapping that is not written down": (
        "def parts(names):\n    return {name: itemgetter(name) for name in names}\n\n\n"
        "chain = parts(['word']) | PROMPT | ChatOpenAI(model='gpt-5-mini')\n"
    ),
    "a mapping that another function may fill": (
        "def fill(given):\n    given['more'] = lambda word: print(word)\n\n\n"
        "parts = {'word': itemgetter('word')}\nfill(parts)\nchain = parts | PROMPT | ChatOpenAI(model='gpt-5-mini')\n"
    ),
    "a function that is told what is handed on": (
        "chain = {'word': RunnablePassthrough(print)} | PROMPT | ChatOpenAI(model='gpt-5-mini')\n"
    ),
    "two models in turn": (
        "llm = ChatOpenAI(model='gpt-5-mini')\nfirst = PROMPT | llm | StrOutputParser()\n"
        "chain = first | ChatPromptTemplate.from_template('{word}') | llm\n"
    ),
    "a chain of a table": (
        "first = PROMPT | ChatOpenAI(model='gpt-5-mini') | StrOutputParser()\n"
        "chains = {'one': first, 'two': first | PROMPT | ChatOpenAI(model='gpt-5-mini')}\nchain = chains['two']\n"
    ),
    "a prompt that asks a function": (
        "done = []\nchain = PROMPT.partial(seen=lambda: str(done)) | ChatOpenAI(model='gpt-5-mini')\n"
    ),
    "callbacks of its own": (
        "class Heard(BaseCallbackHandler):\n    def on_llm_end(self, answer, **kwargs):\n        print(answer)\n\n\n"
        "chain = PROMPT | ChatOpenAI(model='gpt-5-mini', callbacks=[Heard()])\n"
    ),
    "a model that is changed": "llm = ChatOpenAI(model='gpt-5-mini')\nllm.temperature = 0.5\nchain = PROMPT | llm\n",
    "the method alone": (
        "ask = (PROMPT | ChatOpenAI(model='gpt-5-mini')).invoke\n\nprint([ask({'word': word}) for word in WORDS])\n"
    ),
    "a function that is called twice, by another name": (
        "from langchain_core.runnables import RunnablePassthrough as Pass\n\n"
        "chain = {'word': Pass(print)} | PROMPT | ChatOpenAI(model='gpt-5-mini')\n"
    ),
    "a model that tries again itself": "chain = PROMPT | ChatOpenAI(model='gpt-5-mini').with_retry()\n",
    "answers that are kept": "chain = PROMPT | ChatOpenAI(model='gpt-5-mini', cache=True)\n",
    "answers that are kept for all": (
        "from langchain_core.caches import InMemoryCache\nfrom langchain_core.globals import set_llm_cache\n\n"
        "set_llm_cache(InMemoryCache())\nchain = PROMPT | ChatOpenAI(model='gpt-5-mini')\n"
    ),
}
LOOP = "for word in WORDS:\n    print(chain.invoke({'word': word}))\n"


@pytest.mark.parametrize("name", ALIKE)
def test_what_langchain_asks_goes_into_a_batch(name: str, tmp_path: Path) -> None:
    faults = Faults(failures=[Failure("refuse", 400, "invalid_prompt", "No.")])
    alike = check_runs_alike(HEAD + textwrap.dedent(ALIKE[name]), tmp_path, faults=faults)
    assert alike.before.ended.code == 0, alike.before.ended


@pytest.mark.parametrize("name", STAY)
def test_what_is_more_than_one_request_stays(name: str) -> None:
    loop = LOOP if "chain =" in STAY[name] else ""
    check_noop(HEAD + STAY[name] + loop, "unsupported-shape")


def test_a_model_that_streams_stays() -> None:
    check_noop(HEAD + "chain = PROMPT | ChatOpenAI(model='gpt-5-mini', streaming=True)\n" + LOOP, "streaming")


def test_the_helper_has_what_langchain_needs_only_where_it_asks() -> None:
    chain = "chain = PROMPT | ChatOpenAI(model='gpt-5-mini')\n"
    assert "class Runnables" in rewrite(HEAD + chain + LOOP).files["llm_batch.py"]
    plain = (
        "import openai\n\nfor word in open('words'):\n    print(openai.responses.create(model='gpt-5', input=word))\n"
    )
    assert "class Runnables" not in rewrite(plain).files["llm_batch.py"]
