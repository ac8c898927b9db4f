"""Libraries that put the SDKs behind calls and decorators of their own."""

import ast

import pytest

from batchlint import callsites, extraction, graph, scoring

from .verdicts import cases, marked, verdict

PER_ITEM = {
    "ragas_experimental_metric": """
        import pandas as pd
        from ragas_experimental.metrics import DiscreteMetric
        from texts import llm

        def judge():
            return DiscreteMetric(name="fits", prompt="Does {answer} fit {question}?")

        if __name__ == "__main__":
            rows = pd.read_csv("answers.csv").to_dict("records")
            metric = judge()
            pd.DataFrame([metric.score(llm=llm, **row).value for row in rows]).to_csv("scores.csv")  # !
        """,
    "ragas_prompt_with_examples": """
        import json
        from ragas_experimental.prompt import DynamicFewShotPrompt, Prompt
        from texts import embedder

        prompt = DynamicFewShotPrompt.from_prompt(Prompt("Label {text}"), embedder)
        for row in json.load(open("examples.json")):
            prompt.add_example(row["given"], row["label"])  # !
        """,
    "trustcall_extractor": """
        import sys
        from langchain_openai import ChatOpenAI
        from pydantic import BaseModel
        from trustcall import create_extractor

        class Recipe(BaseModel):
            name: str

        extractor = create_extractor(ChatOpenAI(model="gpt-5"), tools=[Recipe], tool_choice="Recipe")
        for line in open(sys.argv[1]):
            print(extractor.invoke({"messages": [("user", line)]})["responses"])  # !
        """,
    "langfun_query": """
        import sys
        import langfun as lf

        if __name__ == "__main__":
            for line in open(sys.argv[1]):
                print(lf.query("Label {{line}}", line=line, lm=lf.llms.Claude45Haiku_20251001()))  # !
        """,
    "langfun_model": """
        import sys
        import langfun as lf

        if __name__ == "__main__":
            lm = lf.llms.Gpt41()
            for line in open(sys.argv[1]):
                print(lm(line).text)  # !
        """,
    "torchllms_provider": """
        import json, sys

        def judge(provider, rows):
            return provider.generate(conversations=[[{"role": "user", "content": row}] for row in rows])  # !

        if __name__ == "__main__":
            from torchllms.inference import providers

            judged = judge(providers.OpenAI(model="gpt-5", concurrency=100), open(sys.argv[1]).readlines())
            json.dump(judged, open(sys.argv[2], "w"))
        """,
    "claudette_client": """
        import sys
        from claudette import *

        if __name__ == "__main__":
            client = Client("claude-haiku-4-5")
            for line in open(sys.argv[1]):
                print(client(line))  # !
        """,
    "pipecat_inference_outside_of_a_pipeline": """
        import asyncio, sys
        from pipecat.services.google.llm import GoogleLLMService

        class Quiet(GoogleLLMService):
            pass

        async def main():
            llm = Quiet(api_key="k")
            for line in open(sys.argv[1]):
                print(await llm.run_inference(line))  # !

        if __name__ == "__main__":
            asyncio.run(main())
        """,
    "safetytooling_object": """
        import asyncio, sys
        from safetytooling.apis import InferenceAPI

        async def main(api):
            asked = [api(model_id="claude-haiku-4-5", prompt=line) for line in open(sys.argv[1])]  # !
            print(await asyncio.gather(*asked))

        if __name__ == "__main__":
            asyncio.run(main(InferenceAPI()))
        """,
    "claudette_structured": """
        import sys
        from claudette import Client

        if __name__ == "__main__":
            client = Client("claude-haiku-4-5")
            for line in open(sys.argv[1]):
                print(client.structured(line, tools=[Label])[0])  # !
        """,
    "cosette_client": """
        import sys
        from cosette import Client

        if __name__ == "__main__":
            client = Client("gpt-5-mini")
            print([client(line) for line in open(sys.argv[1])])  # !
        """,
    "instructor_completions": """
        import sys
        import instructor

        if __name__ == "__main__":
            client = instructor.from_provider("anthropic/claude-haiku-4-5")
            for line in open(sys.argv[1]):
                asked = [{"role": "user", "content": line}]
                print(client.completions.create(messages=asked, response_model=Label))  # !
        """,
    "gigachat": """
        import sys
        from gigachat import GigaChat

        if __name__ == "__main__":
            with GigaChat(model="GigaChat-2") as client:
                for line in open(sys.argv[1]):
                    print(client.chat(line).choices[0].message.content)  # !
        """,
    "gigachat_embeddings": """
        import sys
        from gigachat import GigaChat

        if __name__ == "__main__":
            for line in open(sys.argv[1]):
                print(GigaChat().embeddings([line]).data)  # !
        """,
    "decorated_function": """
        import sys
        from mirascope import llm

        @llm.call(provider="openai", model="gpt-5-mini")
        def label(text):
            return f"Label {text}"

        if __name__ == "__main__":
            for line in open(sys.argv[1]):
                print(label(line))  # !
        """,
    "mapped_task": """
        from airflow.sdk import dag, task

        @task.llm(llm_conn_id="openai", system_prompt="Label the ticket")
        def label(ticket):
            return ticket

        @dag(schedule="@daily")
        def tickets():
            label.expand(ticket=read())  # !
        """,
    "task_of_a_scheduled_dag": """
        from airflow.decorators import dag, task

        @dag(schedule="@daily")
        def changelog():
            @task.llm(model="gpt-5-mini", system_prompt="Summarize the commits")
            def summarize(commits):
                return commits

            publish(summarize(commits()))  # !
        """,
    "mapped_operator": """
        from airflow.providers.common.ai.operators.llm import LLMOperator
        from airflow.sdk import dag

        @dag(schedule="@daily")
        def tickets():
            LLMOperator.partial(task_id="label", llm_conn_id="openai").expand(prompt=read())  # !
        """,
    "fastcore_command": """
        from fastcore.script import *
        from llm import ask

        @call_parse
        def main(path: str):
            for line in open(path):
                print(ask(line))  # !
        """,
}
OTHERS = {
    "branch_of_a_run": """
        from airflow.sdk import dag, task

        @task.llm_branch(llm_conn_id="openai", system_prompt="Route the ticket")
        def route(ticket):
            return ticket

        @dag(schedule=None)
        def ticket():
            route(read())  # !
        """,
    "agent_task": """
        from airflow.sdk import dag, task

        @task.agent(agent=researcher)
        def research(topic):
            return topic

        @dag(schedule=None)
        def report():
            research.expand(topic=read())  # !
        """,
}
NONE = {
    "ragas_prompt_with_examples_by_chance": """
        import json
        from ragas_experimental.prompt import Prompt
        from ragas_experimental.prompt.random_few_shot import RandomFewShotPrompt

        prompt = RandomFewShotPrompt.from_prompt(Prompt("Label {text}"), num_examples=3)
        for row in json.load(open("examples.json")):
            prompt.add_example(row["given"], row["label"])  # !
        """,
    "langfun_on_this_machine": """
        import sys
        import langfun as lf

        if __name__ == "__main__":
            for line in open(sys.argv[1]):
                print(lf.query("Label {{line}}", line=line, lm=lf.llms.LlamaCppRemote("http://localhost:8080")))  # !
        """,
    "torchllms_on_this_machine": """
        import sys
        from torchllms.inference import providers

        if __name__ == "__main__":
            provider = providers.vLLM(model_path="llama")
            rows = [[{"role": "user", "content": row}] for row in open(sys.argv[1])]
            print(provider.generate(conversations=rows))  # !
        """,
    "safetytooling_batches": """
        import asyncio, sys
        from safetytooling.apis.batch_api import BatchInferenceAPI

        if __name__ == "__main__":
            for path in sys.argv[1:]:
                print(asyncio.run(BatchInferenceAPI()(model_id="gpt-5", prompts=list(open(path)))))  # !
        """,
    "pipecat_on_this_machine": """
        import asyncio, sys
        from pipecat.services.ollama.llm import OLLamaLLMService

        async def main():
            llm = OLLamaLLMService(model="m")
            for line in open(sys.argv[1]):
                print(await llm.run_inference(line))  # !

        if __name__ == "__main__":
            asyncio.run(main())
        """,
    "task_with_a_local_model": """
        from airflow.decorators import dag, task
        from pydantic_ai.models.openai import OpenAIModel
        from pydantic_ai.providers.openai import OpenAIProvider

        model = OpenAIModel("llama3.2", provider=OpenAIProvider(base_url="http://localhost:11434/v1"))

        @task.llm(model=model, system_prompt="Label the ticket")
        def label(ticket):
            return ticket

        @dag(schedule="@daily")
        def tickets():
            label.expand(ticket=read())  # !
        """,
    "task_that_is_a_batch": """
        from airflow.sdk import dag, task

        @task.llm_batch(llm_conn_id="openai", result_path="s3://answers")
        def label(tickets):
            return tickets

        @dag(schedule="@daily")
        def tickets():
            label(read())  # !
        """,
    "gigachat_on_this_machine": """
        import sys
        from gigachat import GigaChat

        if __name__ == "__main__":
            for line in open(sys.argv[1]):
                print(GigaChat(base_url="http://localhost:8090").chat(line))  # !
        """,
    "gigachat_tokens": """
        import sys
        from gigachat import GigaChat

        if __name__ == "__main__":
            for line in open(sys.argv[1]):
                print(GigaChat().tokens_count([line]))  # !
        """,
    "plain_task": """
        from airflow.sdk import dag, task

        @task
        def label(ticket):
            return ticket.upper()

        @dag(schedule="@daily")
        def tickets():
            label.expand(ticket=read())  # !
        """,
}


def without_helpers(source):
    """The verdict on a program that has no other file."""
    linked = graph.build([extraction.extract("app.py", source, ast.parse(source))])
    return str(scoring.score(linked, callsites.find(linked))[0].verdict)


@pytest.mark.parametrize("program", cases(PER_ITEM))
def test_nobody_waits_for_what_it_asks(program):
    assert verdict(program) == "batchable"


@pytest.mark.parametrize("program", cases(OTHERS))
def test_what_the_rest_of_a_run_is_decided_by_is_left_alone(program):
    assert verdict(program) == "realtime"


@pytest.mark.parametrize("program", cases(NONE))
def test_it_is_no_realtime_request_to_a_hosted_model(program):
    assert verdict(program) == "none"


@pytest.mark.parametrize(
    "call",
    [
        "llm.get_model('gpt-5-mini').prompt(line)",
        "llm.get_model().conversation().prompt(line)",
        "llm.get_embedding_model('3-small').embed(line)",
    ],
)
def test_a_module_of_the_project_comes_before_a_library_with_its_name(call):
    source = f"import sys\nimport llm\n\nfor line in open(sys.argv[1]):\n    print({call})  # !\n"
    assert verdict({"llm.py": "def get_model(name=None): ...", "app.py": source}) == "none"
    assert verdict({"llm.py": "", "old/llm.py": "", "app.py": source}) == "none"
    assert without_helpers(source) == "batchable"


def test_the_provider_behind_a_wrapper_is_named():
    site = marked(PER_ITEM["claudette_client"])
    assert (site.provider, site.endpoint) == ("anthropic", "/v1/messages")


MENDING = """
    from langchain.output_parsers import OutputFixingParser, PydanticOutputParser, RetryWithErrorOutputParser
    from langchain_core.runnables import RunnableLambda
    from langchain_openai import ChatOpenAI

    plain = PydanticOutputParser(pydantic_object=dict)
    fixing = OutputFixingParser.from_llm(parser=plain, llm=ChatOpenAI())
    retrying = RetryWithErrorOutputParser.from_llm(parser=plain, llm=ChatOpenAI())

    def read(line):
        return {call}  # !

    for line in open("lines.txt"):
        print(read(line))
    """


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        ("fixing.parse(line)", "batchable"),
        ("retrying.parse_with_prompt(completion=line, prompt_value=line)", "batchable"),
        ("plain.parse(line)", "none"),
    ],
)
def test_a_parser_that_has_a_model_asks_it(call: str, expected: str):
    assert verdict(MENDING.replace("{call}", call)) == expected


def test_a_step_of_a_chain_is_no_call_where_it_is_made():
    program = MENDING.replace("return {call}  # !", "return RunnableLambda(mend).invoke(line)") + (
        "\n    def mend(line):\n        return fixing.parse(line)\n\n    step = RunnableLambda(mend)  # !\n"
    )
    assert verdict(program) == "none"


def test_the_first_sdk_of_reka():
    program = """
        import reka

        for line in open("lines.txt"):
            print(reka.chat(line, model_name="reka-core"){read})  # !
        """
    assert verdict(program.replace("{read}", "['text']")) == "batchable"
    assert verdict(program.replace("{read}", "['text']").replace("reka.chat", "reka.list_models")) == "none"


POE = """
    import fastapi_poe as fp

    def answered(text):
        message = fp.ProtocolMessage(role="user", content=text)
        whole = ""
        for part in fp.get_bot_response_sync(messages=[message], bot_name="GPT-5", api_key=KEY):  # !
            {taken}
        return whole

    if __name__ == "__main__":
        with open("answers.txt", "w") as out:
            for line in open("lines.txt"):
                out.write(answered(line))
    """
POE_BOT = """
    import fastapi_poe as fp

    class Bot(fp.PoeBot):
        async def get_response(self, request):
            yield fp.PartialResponse(text=await fp.get_final_response(request, "GPT-5", request.access_key))  # !
    """


def test_a_bot_of_poe_is_asked():
    assert verdict(POE.format(taken="whole += part.text")) == "batchable"
    assert verdict(POE.format(taken="whole += part.text; print(part.text)")) == "realtime"
    assert verdict(POE_BOT) == "realtime"
