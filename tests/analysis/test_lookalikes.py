"""Look-alikes: calls with the name or the shape of a model call that reach no hosted model."""

import pytest

from .verdicts import call_sites, cases, verdict

NO_MODEL = {
    "key_for_later_requests": """
        import requests

        for line in open("products.txt"):
            url = f"https://aip.baidubce.com/oauth/2.0/token?grant_type=client_credentials&client_id={line}"
            print(requests.post(url, headers={"Accept": "application/json"}).json())  # !
        """,
    "transforms_that_are_only_chosen": """
        from ragas.testset.graph import KnowledgeGraph
        from ragas.testset.transforms import default_transforms, rollback_transforms

        graph = KnowledgeGraph.load("graph.json")
        rollback_transforms(graph, default_transforms([], None, None))
        """,
    "collection_that_embeds_on_this_machine": """
        import chromadb
        from chromadb.utils.embedding_functions import OpenAIEmbeddingFunction, SentenceTransformerEmbeddingFunction

        notes = chromadb.Client().create_collection("notes", embedding_function=SentenceTransformerEmbeddingFunction())

        for line in open("products.txt"):
            notes.add(ids=[line], documents=[line])  # !
        """,
    "collection_with_its_default": """
        import chromadb

        notes = chromadb.Client().get_or_create_collection("notes")

        for line in open("products.txt"):
            notes.add(ids=[line], documents=[line])  # !
        """,
    "collection_that_is_given_vectors": """
        import chromadb
        from chromadb.utils import embedding_functions
        from shop import vectors

        hosted = embedding_functions.OpenAIEmbeddingFunction(model_name="m")
        notes = chromadb.Client().get_or_create_collection("notes", embedding_function=hosted)

        for name, vector in vectors():
            notes.upsert(ids=[name], embeddings=[vector])  # !
        """,
    "set_beside_a_collection": """
        import chromadb
        from chromadb.utils import embedding_functions

        hosted = embedding_functions.OpenAIEmbeddingFunction(model_name="m")
        seen = set()

        for line in open("products.txt"):
            seen.add(line)  # !
        """,
    "messages_for_judges": """
        from ragas.integrations.llama_index import convert_to_ragas_messages
        from shop import answers

        print([convert_to_ragas_messages(answer.events) for answer in answers()])  # !
        """,
    "twilio_messages": """
        from twilio.rest import Client

        client = Client("sid", "token")

        for line in open("customers.txt"):
            client.messages.create(to=line, body="hello")
        """,
    "twilio_messages_in_a_thread": """
        import asyncio
        from twilio.rest import Client

        client = Client("sid", "token")

        async def main():
            for line in open("customers.txt"):
                await asyncio.to_thread(client.messages.create, to=line, body="hello")

        asyncio.run(main())
        """,
    "orm_create": """
        from shop.models import Message

        for line in open("messages.txt"):
            Message.objects.create(role="user", content=line)
        """,
    "sqlalchemy_and_own_responses": """
        from shop.db import session

        for line in open("answers.txt"):
            session.responses.create(answer=line)
        """,
    "aws_batch": """
        import boto3

        batch = boto3.client("batch")

        for line in open("jobs.txt"):
            batch.submit_job(jobName=line, jobQueue="q", jobDefinition="d")
        """,
    "click_runner": """
        from click.testing import CliRunner
        from shop.cli import main

        for line in open("arguments.txt"):
            CliRunner().invoke(main, [line])
        """,
    "lambda_invoke": """
        import boto3

        client = boto3.client("lambda")

        for line in open("events.txt"):
            client.invoke(FunctionName="label", Payload=line)
        """,
    "own_class_with_the_names_of_the_sdk": """
        class Completions:
            def create(self, **kwargs):
                return kwargs

        class Chat:
            completions = Completions()

        class Client:
            chat = Chat()

        client = Client()

        for line in open("products.txt"):
            client.chat.completions.create(model="m", messages=[line])
        """,
    "mock": """
        from unittest.mock import MagicMock

        client = MagicMock()

        for line in open("products.txt"):
            client.chat.completions.create(model="m", messages=[line])
        """,
    "ollama": """
        import ollama

        for line in open("products.txt"):
            ollama.chat(model="llama3", messages=[{"role": "user", "content": line}])
        """,
    "localhost_base_url": """
        from openai import OpenAI

        client = OpenAI(base_url="http://localhost:8000/v1", api_key="none")

        for line in open("products.txt"):
            client.chat.completions.create(model="m", messages=[{"role": "user", "content": line}])
        """,
    "server_by_the_name_of_a_class": """
        import sys
        from openai import OpenAI

        class VLLMModel:
            def __init__(self, base_url):
                self.client = OpenAI(base_url=base_url, api_key="none")

            def ask(self, text):
                return self.client.chat.completions.create(model="m", messages=[{"role": "user", "content": text}])

        model = VLLMModel(sys.argv[1])
        for line in open("products.txt"):
            model.ask(line)
        """,
    "server_by_the_name_of_a_setting": """
        import os
        from openai import OpenAI

        client = OpenAI(base_url=os.environ["LM_STUDIO_URL"], api_key="none")

        for line in open("products.txt"):
            client.chat.completions.create(model="m", messages=[{"role": "user", "content": line}])
        """,
    "vllm": """
        from vllm import LLM

        llm = LLM("meta-llama/Llama-3")

        for line in open("products.txt"):
            llm.generate(line)
        """,
    "llama_cpp": """
        from llama_cpp import Llama

        llm = Llama("model.gguf")

        for line in open("products.txt"):
            llm.create_chat_completion(messages=[{"role": "user", "content": line}])
        """,
    "transformers": """
        from transformers import pipeline

        generate = pipeline("text-generation")

        for line in open("products.txt"):
            generate(line)
        """,
    "local_langchain_model": """
        from langchain_ollama import ChatOllama

        llm = ChatOllama(model="llama3")

        for line in open("products.txt"):
            llm.invoke(line)
        """,
    "own_method_named_as_that_of_a_model": """
        from langchain_core.prompts import PromptTemplate

        class Page:
            def _generate(self, line):
                return PromptTemplate.from_template("{line}").format(line=line)

        for line in open("products.txt"):
            Page()._generate(line)
        """,
    "sentence_transformers": """
        from sentence_transformers import SentenceTransformer

        model = SentenceTransformer("all-MiniLM-L6-v2")

        for line in open("products.txt"):
            model.encode(line)
        """,
    "some_other_http_api": """
        import requests

        for line in open("products.txt"):
            requests.post("https://api.example.com/v1/messages", json={"text": line})
        """,
    "messages_to_a_back_end_of_its_own": """
        import requests
        from django.conf import settings

        for line in open("products.txt"):
            requests.post(settings.CHAT_URL, json={"messages": [line], "conversation_id": 1})
        """,
    "system_message_to_a_model_on_this_machine": """
        import requests

        URL = "http://localhost:8000/chat"

        for line in open("products.txt"):
            requests.post(URL, json={"messages": [{"role": "user", "content": line}], "system_message": "Label it"})
        """,
    "batch_api_itself": """
        from openai import OpenAI

        client = OpenAI()

        for line in open("batches.txt"):
            client.batches.create(input_file_id=line, endpoint="/v1/chat/completions", completion_window="24h")
        """,
    "files_and_models": """
        import anthropic

        client = anthropic.Anthropic()

        for line in open("models.txt"):
            client.models.retrieve(line)
            client.messages.count_tokens(model=line, messages=[])
        """,
    "store_of_local_embeddings": """
        from langchain_community.vectorstores import Chroma
        from langchain_huggingface import HuggingFaceEmbeddings

        def embeddings():
            return HuggingFaceEmbeddings(model_name="all-MiniLM-L6-v2")

        store = Chroma(persist_directory="db", embedding_function=embeddings())

        for line in open("products.txt"):
            store.add_texts([line])
        """,
    "texts_given_with_local_embeddings": """
        from langchain_community.document_loaders import TextLoader
        from langchain_community.vectorstores import FAISS
        from langchain_ollama import OllamaEmbeddings

        FAISS.from_documents(TextLoader("products.txt").load(), OllamaEmbeddings(model="nomic-embed-text"))
        """,
    "chain_of_local_parts": """
        from langchain.chains import create_retrieval_chain
        from langchain.chains.combine_documents import create_stuff_documents_chain
        from langchain_chroma import Chroma
        from langchain_ollama import ChatOllama, OllamaEmbeddings

        store = Chroma(embedding_function=OllamaEmbeddings(model="nomic-embed-text"))
        answer = create_stuff_documents_chain(ChatOllama(model="llama3"), "Answer.")
        chain = create_retrieval_chain(store.as_retriever(), answer)

        for line in open("questions.txt"):
            chain.invoke({"input": line})
        """,
    "index_of_local_embeddings": """
        from llama_index.core import SimpleDirectoryReader, VectorStoreIndex
        from llama_index.embeddings.huggingface import HuggingFaceEmbedding

        documents = SimpleDirectoryReader("docs").load_data()
        VectorStoreIndex.from_documents(documents, embed_model=HuggingFaceEmbedding())
        """,
    "index_by_settings_for_local_embeddings": """
        from llama_index.core import Settings, SimpleDirectoryReader, VectorStoreIndex
        from llama_index.embeddings.huggingface import HuggingFaceEmbedding

        def configure():
            embed_model = HuggingFaceEmbedding(model_name="BAAI/bge-small-en-v1.5")
            Settings.embed_model = embed_model

        configure()
        VectorStoreIndex.from_documents(SimpleDirectoryReader("docs").load_data())
        """,
    "index_that_is_empty_at_first": """
        from llama_index.core import StorageContext, VectorStoreIndex

        VectorStoreIndex(nodes=[], storage_context=StorageContext.from_defaults())
        """,
    "model_by_settings_for_a_local_one": """
        from llama_index.core import Settings
        from llama_index.llms.ollama import Ollama

        Settings.llm = Ollama(model="llama3")

        for line in open("questions.txt"):
            Settings.llm.complete(line)
        """,
    "pipeline_of_a_local_model": """
        from distilabel.models import vLLM
        from distilabel.pipeline import Pipeline
        from distilabel.steps.tasks import TextGeneration

        with Pipeline(name="labels") as pipeline:
            TextGeneration(llm=vLLM(model="llama"))

        pipeline.run()
        """,
}

MODEL = {
    "transforms_over_a_graph_of_documents": """
        from ragas.testset.graph import KnowledgeGraph
        from ragas.testset.transforms import apply_transforms
        from texts import transforms

        apply_transforms(KnowledgeGraph.load("graph.json"), transforms=transforms)  # !
        """,
    "personas_out_of_a_graph_of_documents": """
        from ragas.testset import persona
        from ragas.testset.graph import KnowledgeGraph
        from texts import llm

        print(persona.generate_personas_from_kg(KnowledgeGraph.load("graph.json"), llm))  # !
        """,
    "server_by_another_name": """
        import sys
        from openai import OpenAI

        class TextModel:
            def __init__(self, base_url):
                self.client = OpenAI(base_url=base_url, api_key="none")

            def ask(self, text):
                return self.client.chat.completions.create(model="m", messages=[{"role": "user", "content": text}])

        model = TextModel(sys.argv[1])
        for line in open("products.txt"):
            model.ask(line)  # !
        """,
    "server_that_may_be_left_out": """
        import os
        from openai import OpenAI

        client = OpenAI(base_url=os.environ["OLLAMA_URL"] if os.environ.get("OFFLINE") else None)

        for line in open("products.txt"):
            client.chat.completions.create(model="m", messages=[{"role": "user", "content": line}])  # !
        """,
    "hosted_address_beside_a_server_s_name": """
        from openai import OpenAI

        class VLLMModel:
            def __init__(self):
                self.client = OpenAI(base_url="https://api.openai.com/v1")

            def ask(self, text):
                return self.client.chat.completions.create(model="m", messages=[{"role": "user", "content": text}])

        model = VLLMModel()
        for line in open("products.txt"):
            model.ask(line)  # !
        """,
    "gateway_at_its_own_port": """
        from openai import OpenAI

        client = OpenAI(base_url="http://localhost:4000/v1", api_key="sk-proxy")

        for line in open("products.txt"):
            client.chat.completions.create(model="m", messages=[{"role": "user", "content": line}])  # !
        """,
    "session_of_home_assistant": """
        import asyncio
        from homeassistant.helpers.aiohttp_client import async_get_clientsession

        async def describe(hass, texts):
            session = async_get_clientsession(hass)
            for text in texts:
                await session.post("https://api.openai.com/v1/chat/completions", json={"messages": [text]})  # !

        if __name__ == "__main__":
            asyncio.run(describe(None, open("products.txt").readlines()))
        """,
    "openai": """
        from openai import OpenAI

        client = OpenAI()

        for line in open("products.txt"):
            client.chat.completions.create(model="m", messages=[{"role": "user", "content": line}])  # !
        """,
    "anthropic_messages": """
        import anthropic

        client = anthropic.Anthropic()

        for line in open("products.txt"):
            client.messages.create(model="m", max_tokens=9, messages=[{"role": "user", "content": line}])  # !
        """,
    "responses": """
        from openai import OpenAI

        session = OpenAI()

        for line in open("products.txt"):
            session.responses.create(model="m", input=line)  # !
        """,
    "hosted_base_url": """
        from openai import OpenAI

        client = OpenAI(base_url="https://api.together.xyz/v1")

        for line in open("products.txt"):
            client.chat.completions.create(model="m", messages=[{"role": "user", "content": line}])  # !
        """,
    "raw_http": """
        import requests

        URL = "https://api.openai.com/v1/chat/completions"

        for line in open("products.txt"):
            requests.post(URL, json={"model": "m", "messages": [{"role": "user", "content": line}]})  # !
        """,
    "esperanto": """
        from esperanto import AIFactory

        model = AIFactory.create_embedding("openai", "text-embedding-3-small")

        for line in open("products.txt"):
            model.embed([line])  # !
        """,
    "chat_of_a_configured_service": """
        import json
        import requests
        from django.conf import settings

        for line in open("products.txt"):
            body = {"messages": [{"role": "user", "content": line}], "system_message": "Label it"}
            requests.post(settings.CHAT_URL, data=json.dumps(body))  # !
        """,
    "langchain": """
        from langchain_openai import ChatOpenAI

        llm = ChatOpenAI(model="m")

        for line in open("products.txt"):
            llm.invoke(line)  # !
        """,
    "subclass_of_the_sdk_client": """
        from openai import OpenAI

        class Client(OpenAI):
            def tagged(self):
                return self.with_options(default_headers={"x": "y"})

        client = Client()

        for line in open("products.txt"):
            client.chat.completions.create(model="m", messages=[{"role": "user", "content": line}])  # !
        """,
    "store_of_either_embeddings": """
        import sys
        from langchain_community.vectorstores import Chroma
        from langchain_huggingface import HuggingFaceEmbeddings
        from langchain_openai import OpenAIEmbeddings

        embeddings = OpenAIEmbeddings() if "--hosted" in sys.argv else HuggingFaceEmbeddings()
        store = Chroma(persist_directory="db", embedding_function=embeddings)
        store.add_texts(open("products.txt").readlines())  # !
        """,
    "chain_of_a_hosted_model_over_a_local_store": """
        from langchain.chains import RetrievalQA
        from langchain_chroma import Chroma
        from langchain_huggingface import HuggingFaceEmbeddings
        from langchain_openai import ChatOpenAI

        store = Chroma(embedding_function=HuggingFaceEmbeddings())
        chain = RetrievalQA.from_chain_type(llm=ChatOpenAI(), retriever=store.as_retriever())

        for line in open("questions.txt"):
            chain.invoke(line)  # !
        """,
    "chain_of_some_model_over_a_local_store": """
        from langchain.chains import create_retrieval_chain
        from langchain_chroma import Chroma
        from langchain_huggingface import HuggingFaceEmbeddings
        from shop import answering

        store = Chroma(embedding_function=HuggingFaceEmbeddings())
        chain = create_retrieval_chain(store.as_retriever(), answering())

        for line in open("questions.txt"):
            chain.invoke({"input": line})  # !
        """,
    "index_by_settings_that_are_local_for_some": """
        import sys
        from llama_index.core import Settings, SimpleDirectoryReader, VectorStoreIndex
        from llama_index.embeddings.huggingface import HuggingFaceEmbedding
        from llama_index.embeddings.openai import OpenAIEmbedding

        if "--hosted" in sys.argv:
            Settings.embed_model = OpenAIEmbedding()
        else:
            Settings.embed_model = HuggingFaceEmbedding()

        VectorStoreIndex.from_documents(SimpleDirectoryReader("docs").load_data())  # !
        """,
    "index_of_what_was_read": """
        from llama_index.core import StorageContext, VectorStoreIndex
        from reading import parts

        VectorStoreIndex(nodes=parts("docs"), storage_context=StorageContext.from_defaults())  # !
        """,
    "index_of_its_own_model_beside_local_settings": """
        from llama_index.core import Settings, SimpleDirectoryReader, VectorStoreIndex
        from llama_index.embeddings.huggingface import HuggingFaceEmbedding
        from llama_index.embeddings.openai import OpenAIEmbedding

        Settings.embed_model = HuggingFaceEmbedding()
        documents = SimpleDirectoryReader("docs").load_data()
        VectorStoreIndex.from_documents(documents, embed_model=OpenAIEmbedding())  # !
        """,
    "index_of_local_embeddings_whose_answers_are_not": """
        from llama_index.core import VectorStoreIndex
        from llama_index.embeddings.huggingface import HuggingFaceEmbedding

        engine = VectorStoreIndex([], embed_model=HuggingFaceEmbedding()).as_query_engine()

        for line in open("questions.txt"):
            engine.query(line)  # !
        """,
    "judge_with_local_embeddings": """
        from langchain_huggingface import HuggingFaceEmbeddings
        from ragas import evaluate
        from shop import answers

        evaluate(answers(), embeddings=HuggingFaceEmbeddings())  # !
        """,
    "collection_that_asks_a_hosted_model": """
        import chromadb
        from chromadb.utils import embedding_functions

        def connect():
            hosted = embedding_functions.OpenAIEmbeddingFunction(model_name="m")
            return chromadb.PersistentClient(path="notes"), hosted

        client, hosted = connect()
        notes = client.get_or_create_collection("notes", embedding_function=hosted)

        for line in open("products.txt"):
            notes.add(ids=[line], documents=[line])  # !
        """,
    "question_to_a_collection": """
        import chromadb
        from chromadb.utils import embedding_functions

        hosted = embedding_functions.OpenAIEmbeddingFunction(model_name="m")
        notes = chromadb.Client().get_collection("notes", embedding_function=hosted)

        for line in open("questions.txt"):
            print(notes.query(query_texts=[line]))  # !
        """,
    "judges_of_a_query_engine": """
        from ragas.integrations.llama_index import evaluate
        from shop import answers, engine, metrics

        evaluate(query_engine=engine(), metrics=metrics(), dataset=answers())  # !
        """,
    "pipeline_of_a_hosted_model": """
        from distilabel.models import OpenAILLM
        from distilabel.pipeline import Pipeline
        from distilabel.steps.tasks import TextGeneration

        with Pipeline(name="labels") as pipeline:
            TextGeneration(llm=OpenAILLM(model="gpt-5"))

        pipeline.run()  # !
        """,
    "task_that_is_processed": """
        from distilabel.llms import OpenAILLM
        from distilabel.steps.tasks import TextGeneration

        task = TextGeneration(llm=OpenAILLM(model="gpt-5"))
        task.load()
        rows = [{"instruction": line} for line in open("products.txt")]
        next(task.process(rows))  # !
        """,
    "address_that_is_one_of_many": """
        import requests
        from shop import KIND

        BASES = {"a": "one", "b": "two", "c": "three", "d": "four", "e": "five", "f": "https://api.openai.com/v1"}

        def ask(base, line):
            requests.post(base + "/chat/completions", json={"text": line})  # !

        for line in open("products.txt"):
            ask(BASES[KIND], line)
        """,
}

ENCODERS = """
    from django.conf import settings
    from django.utils.module_loading import import_string
    from llm import ask

    class Hosted:
        def embed_products(self, text):
            return ask(text)

    {name} = import_string(settings.ENCODER)()

    for line in open("products.txt"):
        {name}.embed_products(line)  # !
    """


@pytest.mark.parametrize(("name", "expected"), [("dense_encoder", "batchable"), ("sparse_encoder", "none")])
def test_an_object_of_unknown_class_is_no_client_if_its_name_says_so(name, expected):
    assert verdict(ENCODERS.format(name=name)) == expected


@pytest.mark.parametrize("program", cases(NO_MODEL))
def test_it_is_no_model_call(program):
    assert [site.call for site in call_sites({"app.py": program, "llm.py": ""})] == []


@pytest.mark.parametrize("program", cases(MODEL))
def test_it_is_a_model_call(program):
    assert verdict(program) == "batchable"


HANDED_IN = """
    import plugins

    def label(client, text):
        return client.{call}  # !

    if __name__ == "__main__":
        for line in open("products.txt"):
            label(plugins.make(), line)
    """


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        ('chat.completions.create(model="m", messages=[text])', "batchable"),
        ('messages.create(model="m", max_tokens=9, messages=[text])', "batchable"),
        ('chat.complete(model="m", messages=[text])', "batchable"),
        ('chat.complete_async(model="m", messages=[text])', "batchable"),
        ('embeddings.create(model="m", inputs=[text])', "batchable"),
        ("chat.complete(text)", "none"),
        ('embeddings.create(text, collection="m")', "none"),
        ('messages.create(body=text, from_="+1", to="+2")', "none"),
        ("messages.create(**text)", "none"),
        ("responses.create(name=text)", "none"),
    ],
)
def test_a_request_is_known_by_its_method_and_arguments_where_the_client_is_not(call, expected):
    assert (
        verdict({"app.py": HANDED_IN.format(call=call), "plugins.py": "def make():\n    return load()\n"}) == expected
    )


def test_a_fake_that_a_test_hands_in_does_not_stand_for_the_client():
    program = {
        "app.py": HANDED_IN.format(call='chat.completions.create(model="m", messages=[text])'),
        "plugins.py": "def make():\n    return load()\n",
        "tests/test_app.py": """
            from unittest.mock import MagicMock
            from app import label

            def test_label():
                assert label(MagicMock(), "a")
            """,
    }
    assert verdict(program) == "batchable"


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        ('OpenAI(base_url=os.environ.get("HOST", "http://localhost:11434") + "/v1")', "none"),
        ("OpenAI()", "batchable"),
        ('OpenAI(base_url="http://localhost:11434/v1") if os.environ.get("HOST") else OpenAI()', "batchable"),
    ],
)
def test_a_client_that_is_given_says_more_than_its_class(made: str, expected: str) -> None:
    program = f"""
        import os
        from openai import OpenAI

        def label(client: OpenAI, text: str) -> str:
            return client.responses.create(model="m", input=text).output_text  # !

        def main() -> None:
            client = {made}
            for line in open("lines.txt"):
                print(label(client, line))

        if __name__ == "__main__":
            main()
        """
    assert verdict(program) == expected


SERVERS = """
    import json
    import sys
    from urllib.request import Request, urlopen

    class Server:
        def __init__(self, url, key=None, **options):
            self.url, self.key, self.options = (url or "").rstrip("/"), key, options

        def post(self, url, body):
            request = Request(url, data=json.dumps(body).encode(), method="POST")
            with urlopen(request) as answer:  {shared}
                return json.load(answer)

    class Hosted(Server):
        def __init__(self, url={hosted}, **options):
            super().__init__(url=url, **options)

        def ask(self, text):
            return self.post(f"{{self.url}}/messages", {{"messages": text}})

    class Own(Server):
        def __init__(self, url="http://localhost:11434", **options):
            super().__init__(url=url, **options)

        def ask(self, text):
            return self.post(f"{{self.url}}/api/generate", {{"prompt": text}})  {own}

    def main():
        server = Hosted() if len(sys.argv) > 2 else Own()
        for line in open(sys.argv[1]):
            print(server.ask(line))

    main()
    """
HOSTED = '"https://api.anthropic.com/v1"'


@pytest.mark.parametrize(
    ("marks", "hosted", "expected"),
    [
        ({"shared": "# !"}, HOSTED, "batchable"),
        ({"shared": "# !"}, f'{HOSTED} if sys.argv[3:] else "https://api.openai.com/v1"', "batchable"),
        ({"own": "# !"}, HOSTED, "none"),
        ({"shared": "# !"}, '"http://localhost:8000"', "none"),
    ],
)
def test_a_class_tells_its_base_which_server_to_ask(marks: dict[str, str], hosted: str, expected: str) -> None:
    program = SERVERS.format(**{"shared": "", "own": "", **marks}, hosted=hosted)
    assert verdict(program) == expected


LEFT_OUT = """
    import sys
    from openai import OpenAI

    class Labels:
        def __init__(self, url=None):
            self.client = OpenAI(base_url=url)

        def label(self, text):
            return self.client.responses.create(model="m", input=text).output_text  # !

    class OwnLabels(Labels):
        def __init__(self, url="http://localhost:8000/v1"):
            super().__init__(url=url)

    if __name__ == "__main__":
        labels = {made}
        for line in open(sys.argv[1]):
            print(labels.label(line))
    """


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        ("OwnLabels() if sys.argv[2:] else Labels()", "batchable"),
        ('OwnLabels() if sys.argv[2:] else Labels("http://localhost:9000/v1")', "none"),
    ],
)
def test_the_class_above_one_for_an_own_server_may_ask_a_hosted_one(made: str, expected: str) -> None:
    assert verdict(LEFT_OUT.format(made=made)) == expected


SOME_SERVER = """
    import os
    import requests

    class Server:
        def __init__(self, url):
            self.url = url

        def ask(self, text):
            body = {{"model": "m", "messages": [{{"role": "user", "content": text}}]}}
            return requests.post(f"{{self.url}}/chat/completions", json=body).json()  # !

    def server(name):
        if name == "own":
            return Server("http://localhost:8080/v1")
        return Server({url})

    if __name__ == "__main__":
        for line in open("lines.txt"):
            print(server(os.environ["NAME"]).ask(line))
    """


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ('"https://api.openai.com/v1"', "batchable"),
        ('"https://models.example.com/v1"', "batchable"),
        ('"http://localhost:8080/v1"', "none"),
    ],
)
def test_an_address_that_begins_at_one_of_several_servers(url: str, expected: str) -> None:
    assert verdict(SOME_SERVER.format(url=url)) == expected


ENUMERATED = """
    from enum import Enum
    import requests

    class Server(str, Enum):
        LABELS = "{url}"

    class Client:
        def __init__(self, url):
            self.url = url

        def label(self, line):
            return requests.post(self.url, json={{"inputs": line}})  # !

    for line in open("products.txt"):
        print(Client(f"{{Server.LABELS.value}}/labels").label(line))
    """


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://api-inference.huggingface.co/models", "batchable"),
        ("https://labels.example.com/models", "none"),
        ("http://localhost:8080/models", "none"),
    ],
)
def test_an_address_among_the_members_of_an_enumeration(url: str, expected: str) -> None:
    assert verdict(ENUMERATED.format(url=url)) == expected


OWN_SERVER = """
    import os
    import requests

    URL = os.environ["{setting}"]

    def {name}(text):
        url = os.path.join({address}, "chat/completions")
        body = {{"model": "m", "messages": [{{"role": "user", "content": text}}]}}
        return requests.post(url, json=body).json()  # !

    for line in open("lines.txt"):
        print({name}(line))
    """


@pytest.mark.parametrize(
    ("setting", "name", "address", "expected"),
    [
        ("URL", "label", 'os.getenv("VLLM_HOST")', "none"),
        ("OLLAMA_URL", "label", "URL", "none"),
        ("URL", "ask_ollama", "URL", "none"),
        ("URL", "label", "URL", "batchable"),
        ("URL", "ask_openai", 'os.getenv("VLLM_HOST")', "batchable"),
    ],
)
def test_a_setting_or_a_function_names_an_own_server(setting: str, name: str, address: str, expected: str) -> None:
    assert verdict(OWN_SERVER.format(setting=setting, name=name, address=address)) == expected


SEVERAL = """
    from langchain_community.embeddings import OllamaEmbeddings, OpenAIEmbeddings

    class Embedder:
        def __init__(self, kind):
            self.kind = kind
            self.model = OllamaEmbeddings() if kind == "ollama" else OpenAIEmbeddings()

        def embed(self, texts):
            if {test}:
                return self.model.embed_documents(texts)  # !
            return None

    if __name__ == "__main__":
        print(Embedder("openai").embed(open("texts.txt").readlines()))
    """


@pytest.mark.parametrize(
    ("test", "expected"),
    [
        ('self.kind == "ollama"', "none"),
        ('texts and self.kind == "LM-Studio"', "none"),
        ("self.kind == Kinds.OLLAMA", "none"),
        ('self.kind == "openai"', "batchable"),
        ('self.kind != "ollama"', "batchable"),
        ('texts or self.kind == "ollama"', "batchable"),
        ('self.kind in ("ollama", "openai")', "batchable"),
    ],
)
def test_what_is_asked_only_of_a_server_of_ones_own(test: str, expected: str):
    assert verdict(SEVERAL.format(test=test)) == expected
