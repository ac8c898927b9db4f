"""Pipelines and evaluations: their readers see the finished table or score."""

import pytest

from .verdicts import cases, is_waited_for, marked, verdict

OFFLINE = {
    "airflow_taskflow": {
        "dags/labels.py": """
            from airflow.decorators import dag, task
            from llm import ask

            @dag(schedule="@daily")
            def labels():
                @task
                def label(texts):
                    return [ask(text) for text in texts]  # !

                label(["a", "b"])

            labels()
            """
    },
    "airflow_operator": {
        "dags/labels.py": """
            from airflow import DAG
            from airflow.operators.python import PythonOperator
            from llm import ask

            def label():
                for line in open("products.txt"):
                    print(ask(line))  # !

            with DAG("labels") as dag:
                PythonOperator(task_id="label", python_callable=label)
            """
    },
    "airflow_own_operator": """
        from airflow.models import BaseOperator
        from llm import ask

        class Label(BaseOperator):
            def execute(self, context):
                return [ask(text) for text in self.texts]  # !
        """,
    "prefect": """
        from prefect import flow, task
        from llm import ask

        @task
        def label(text):
            return ask(text)  # !

        @flow
        def labels():
            return label.map(open("products.txt"))
        """,
    "dagster": """
        from dagster import asset
        from llm import ask

        @asset
        def labels(products):
            return [ask(product) for product in products]  # !
        """,
    "luigi": """
        import luigi
        from llm import ask

        class Labels(luigi.Task):
            def run(self):
                for line in self.input().open():
                    print(ask(line))  # !
        """,
    "metaflow": """
        from metaflow import FlowSpec, step
        from llm import ask

        class Labels(FlowSpec):
            @step
            def start(self):
                self.labels = [ask(text) for text in self.texts]  # !
                self.next(self.end)
        """,
    "kedro": """
        from kedro.pipeline import node, pipeline
        from llm import ask

        def label(products):
            return [ask(product) for product in products]  # !

        def create_pipeline(**kwargs):
            return pipeline([node(label, "products", "labels")])
        """,
    "zenml": """
        from zenml import pipeline, step
        from llm import ask

        @step
        def label(products: list) -> list:
            return [ask(product) for product in products]  # !

        @pipeline
        def labels():
            label(["a"])
        """,
    "spark_udf": """
        from pyspark.sql.functions import udf
        from llm import ask

        @udf("string")
        def label(text):
            return ask(text)  # !
        """,
    "beam": """
        import apache_beam as beam
        from llm import ask

        class Label(beam.DoFn):
            def process(self, element):
                yield ask(element)  # !
        """,
    "ray_data": """
        import ray
        from llm import ask

        def label(row):
            return {"label": ask(row["text"])}  # !

        if __name__ == "__main__":
            ray.data.read_text("products.txt").map(label).write_json("labels")
        """,
    "ray_remote": """
        import ray
        from llm import ask

        @ray.remote
        def label(text):
            return ask(text)  # !

        if __name__ == "__main__":
            print(ray.get([label.remote(line) for line in open("products.txt")]))
        """,
    "modal_map": """
        import modal
        from llm import ask

        app = modal.App("labels")

        @app.function()
        def label(text):
            return ask(text)  # !

        @app.local_entrypoint()
        def main():
            print(list(label.map(open("products.txt"))))
        """,
    "spark_map_partitions": """
        from pyspark.sql import SparkSession
        from llm import ask

        def label(rows):
            for row in rows:
                yield ask(row.text)  # !

        if __name__ == "__main__":
            spark = SparkSession.builder.getOrCreate()
            spark.read.csv("products.csv").rdd.mapPartitions(label).saveAsTextFile("labels")
        """,
    "joblib": """
        from joblib import Parallel, delayed
        from llm import ask

        def label(text):
            return ask(text)  # !

        if __name__ == "__main__":
            print(Parallel(n_jobs=8)(delayed(label)(line) for line in open("products.txt")))
        """,
    "polars_map_elements": """
        import polars as pl
        from llm import ask

        def label(text):
            return ask(text)  # !

        if __name__ == "__main__":
            print(pl.read_csv("products.csv").with_columns(pl.col("text").map_elements(label)))
        """,
    "dask": """
        import dask.dataframe as dd
        from llm import ask

        def label(text):
            return ask(text)  # !

        if __name__ == "__main__":
            products = dd.read_csv("products.csv")
            products["label"] = products["text"].map(label)
        """,
    "pandas_apply": """
        import pandas as pd
        from llm import ask

        def label(text):
            return ask(text)  # !

        if __name__ == "__main__":
            products = pd.read_csv("products.csv")
            products["label"] = products["text"].apply(label)
        """,
    "pandas_progress_apply_lambda": """
        import pandas as pd
        from tqdm import tqdm
        from llm import ask

        tqdm.pandas()

        def main():
            products = pd.read_csv("products.csv")
            products["label"] = products.progress_apply(lambda row: ask(row["text"]), axis=1)  # !

        main()
        """,
    "datasets_map": """
        from datasets import load_dataset
        from llm import ask

        def label(row):
            return {"label": ask(row["text"])}  # !

        if __name__ == "__main__":
            load_dataset("products")["train"].map(label, num_proc=8)
        """,
    "scrapy": """
        import scrapy
        from llm import ask

        class Products(scrapy.Spider):
            def parse(self, response):
                for text in response.css("p::text").getall():
                    yield {"label": ask(text)}  # !
        """,
    "langsmith_evaluation": """
        from langsmith import evaluate
        from llm import ask

        def label(inputs):
            return ask(inputs["text"])  # !

        evaluate(label, data="products")
        """,
    "deepeval_metric": """
        from deepeval.metrics import BaseMetric
        from llm import ask

        class Politeness(BaseMetric):
            def measure(self, test_case):
                return [ask(line) for line in test_case.lines]  # !
        """,
    "promptfoo_provider": """
        from llm import ask

        def call_api(prompt, options, context):
            return {"output": ask(context["vars"]["text"])}  # !
        """,
    "promptfoo_assertion": """
        from llm import ask

        def get_assert(output, context):
            return "yes" in ask(f"Is this polite? {output}")  # !
        """,
    "opik_metric_with_its_own_model": """
        from opik.evaluation.metrics import base_metric
        from opik.evaluation.models import LiteLLMChatModel

        class Density(base_metric.BaseMetric):
            def __init__(self):
                self.model = LiteLLMChatModel(model_name="gpt-5-mini")

            def score(self, output, **ignored):
                return self.model.generate_string(input=output)  # !
        """,
    "autoevals_judge": """
        import json
        from autoevals import Factuality

        judge = Factuality()

        if __name__ == "__main__":
            for case in json.load(open("cases.json")):
                print(judge(case["answer"], case["expected"], input=case["question"]))  # !
        """,
    "evaluator_chosen_by_its_name": """
        import json
        import sys
        from azure.ai.evaluation import F1ScoreEvaluator, RelevanceEvaluator

        class Relevance:
            NAME = "relevance"

            @classmethod
            def evaluator(cls, config):
                return RelevanceEvaluator(config)

        by_name = {each.NAME: each for each in [Relevance]}

        if __name__ == "__main__":
            chosen = [by_name[name] for name in sys.argv[1:]]
            for case in json.load(open("cases.json")):
                print([each.evaluator({})(query=case["q"], response=case["a"]) for each in chosen])  # !
        """,
    "flow_of_a_prompt_file": """
        import json
        from promptflow.client import load_flow

        class Judge:
            def __init__(self, path):
                self._flow = load_flow(source=path)

            def __call__(self, **case):
                return self._flow(**case)  # !

        if __name__ == "__main__":
            judge = Judge("judge.prompty")
            print([judge(**case) for case in json.load(open("cases.json"))])
        """,
    "phoenix_classification": """
        import pandas as pd
        from phoenix.evals import OpenAIModel, llm_classify

        if __name__ == "__main__":
            llm_classify(pd.read_csv("answers.csv"), OpenAIModel(), "Is {answer} right?", ["yes", "no"])  # !
        """,
    "evaluation_script": {
        "eval/run.py": """
            import json
            from llm import ask

            def judge(case):
                return ask(case["question"])  # !

            def main():
                return [judge(case) for case in json.load(open("cases.json"))]

            if __name__ == "__main__":
                print(main())
            """
    },
    "data_set_builder": """
        import argparse
        from llm import ask

        def build(path, n):
            for line in open(path):
                print(ask(line))  # !

        if __name__ == "__main__":
            parser = argparse.ArgumentParser()
            parser.add_argument("path")
            parser.add_argument("-n", type=int)
            arguments = parser.parse_args()
            build(arguments.path, arguments.n)
        """,
}

LIVE = {
    "prefect_flow_with_options_called_by_a_bot": """
        import asyncio
        from fastapi import FastAPI
        from prefect import flow
        from llm import ask

        app = FastAPI()

        @flow
        async def answer(texts):
            return [ask(text) for text in texts]  # !

        @app.post("/events")
        async def events(texts: list[str]):
            asyncio.create_task(answer.with_options(flow_run_name="answer")(texts))
        """,
    "prefect_task_called_by_a_route": """
        from fastapi import FastAPI
        from prefect import task
        from llm import ask

        app = FastAPI()

        def label(texts):
            return [ask(text) for text in texts]  # !

        @task
        def nightly():
            label(open("products.txt"))

        @app.post("/label")
        def now(texts: list[str]):
            return label(texts)
        """,
    "ray_serve": """
        from ray import serve
        from fastapi import FastAPI
        from llm import ask

        app = FastAPI()

        @serve.deployment
        @serve.ingress(app)
        class Labels:
            @app.post("/label")
            def label(self, texts: list[str]):
                return [ask(text) for text in texts]  # !
        """,
    "ray_remote_in_a_route": """
        import ray
        from fastapi import FastAPI
        from llm import ask

        app = FastAPI()

        @ray.remote
        def label(text):
            return ask(text)  # !

        @app.post("/label")
        def labels(texts: list[str]):
            return ray.get([label.remote(text) for text in texts])
        """,
    "joblib_in_a_route": """
        from fastapi import FastAPI
        from joblib import Parallel, delayed
        from llm import ask

        app = FastAPI()

        def label(text):
            return ask(text)  # !

        @app.post("/label")
        def labels(texts: list[str]):
            return Parallel(n_jobs=8)(delayed(label)(text) for text in texts)
        """,
    "pandas_apply_in_a_route": """
        import pandas as pd
        from flask import Flask, request
        from llm import ask

        app = Flask(__name__)

        def label(text):
            return ask(text)  # !

        @app.post("/label")
        def upload():
            products = pd.read_csv(request.files["products"])
            return products["text"].apply(label).to_json()
        """,
    "evaluator_in_a_route": """
        from azure.ai.evaluation import RelevanceEvaluator
        from flask import Flask, request

        app = Flask(__name__)
        judge = RelevanceEvaluator({})

        @app.post("/judge")
        def check():
            return judge(query=request.json["q"], response=request.json["a"])  # !
        """,
    "judge_in_a_route": """
        from autoevals import Factuality
        from flask import Flask, request

        app = Flask(__name__)
        judge = Factuality()

        @app.post("/judge")
        def check():
            return judge(request.json["answer"], request.json["expected"]).as_dict()  # !
        """,
    "evaluation_started_from_a_page": """
        import streamlit as st
        from llm import ask

        def evaluate(cases):
            return [ask(case) for case in cases]  # !

        if st.button("Evaluate"):
            st.table(evaluate(st.session_state.cases))
        """,
}

SUMMARY = """
    import sys
    from llm import ask

    if __name__ == "__main__":
        print(ask(open(sys.argv[1]).read()))  # !
    """
DAG = """
    from airflow import DAG
    from airflow.operators.bash import BashOperator
    from airflow.providers.cncf.kubernetes.operators.pod import KubernetesPodOperator

    with DAG("news", schedule="@daily"):
        {}
    """
COMMANDS = {
    "by its path": 'BashOperator(task_id="sum", bash_command="cd /srv && python scripts/summary.py {{ ds }}")',
    "by its path on another machine": 'BashOperator(bash_command=f"python3 /opt/airflow/scripts/summary.py")',
    "as a module": 'BashOperator(bash_command="python -m scripts.summary")',
    "in a pod": 'KubernetesPodOperator(cmds=["python"], arguments=["/app/scripts/summary.py", "--all"])',
}
OTHER_COMMANDS = {
    "another script": 'BashOperator(bash_command="python scripts/report.py")',
    "a file of that name elsewhere": 'BashOperator(bash_command="python summaries/summary.py")',
    "a text that names it": 'print("python scripts/summary.py")',
}


def commanded(call):
    return {"scripts/summary.py": SUMMARY, "summaries/summary.py": "print(1)", "dags/news.py": DAG.format(call)}


@pytest.mark.parametrize("call", COMMANDS.values(), ids=COMMANDS)
def test_a_script_that_an_operator_runs_is_a_step(call):
    assert verdict(commanded(call)) == "batchable"


@pytest.mark.parametrize("call", OTHER_COMMANDS.values(), ids=OTHER_COMMANDS)
def test_a_script_that_no_operator_runs_is_run_by_hand(call):
    assert verdict(commanded(call)) == "realtime"


@pytest.mark.parametrize("program", cases(OFFLINE))
def test_a_step_of_a_pipeline_is_batchable(program):
    assert verdict(program) == "batchable"


@pytest.mark.parametrize("program", cases(LIVE))
def test_a_step_that_a_request_takes_is_waited_for(program):
    assert is_waited_for(program)


@pytest.mark.parametrize(
    ("name", "factor"),
    [("simple_evals.py", "evaluation"), ("rag_benchmark.py", "evaluation"), ("medieval.py", "script")],
)
def test_a_script_that_is_named_for_an_evaluation_is_one(name, factor):
    site = marked(
        {
            name: """
                from llm import ask

                if __name__ == "__main__":
                    for line in open("cases.txt"):
                        print(ask(line))  # !
                """
        }
    )
    assert site is not None
    assert site.factors[0].name == factor


@pytest.mark.parametrize(
    ("package", "resource", "call", "expected"),
    [
        ("dagster_anthropic", "AnthropicResource", "messages.create", "batchable"),
        ("dagster_openai", "OpenAIResource", "chat.completions.create", "batchable"),
        ("dagster_slack", "SlackResource", "messages.create", "none"),
    ],
)
def test_a_resource_of_dagster_gives_its_sdk_s_client(package, resource, call, expected):
    program = f"""
        import dagster as dg
        from {package} import {resource}

        @dg.asset
        def labels(context: dg.AssetExecutionContext, source: {resource}):
            with source.get_client(context) as client:
                return [client.{call}(model="m", messages=[line]) for line in open("lines.txt")]  # !
        """
    assert verdict(program) == expected


HELD = {
    "label.py": """
        import dspy

        class Label(dspy.Module):
            def __init__(self):
                super().__init__()
                self.predict = dspy.Predict("text -> label")

            def forward(self, text):
                return self.predict(text=text)  # !
        """,
    "run.py": """
        from dspy.evaluate import Evaluate
        from label import Label

        def measure(program: dspy.Module, rows):
            {held} = Evaluate(devset=rows, metric=print)
            {called}(program)

        measure(Label(), [])
        """,
}


@pytest.mark.parametrize(("called", "expected"), [("scored", "batchable"), ("print", "unclear")])
def test_what_a_variable_holds_starts_the_program_that_it_is_called_with(called: str, expected: str) -> None:
    program = {path: source.format(held="scored", called=called) for path, source in HELD.items()}
    assert verdict(program) == expected


MEASURED = {
    **HELD,
    "label.py": HELD["label.py"].replace("  # !", ""),
    "run.py": """
        import sys
        from dspy.evaluate import Evaluate
        from label import Label

        def measure(rows):
            label = Label()
            {measured}
            {labels}

        if __name__ == "__main__":
            measure(list(open(sys.argv[1])))
        """,
}


@pytest.mark.parametrize("measured", ["Evaluate(devset=rows, metric=print)(label)", "pass"])
def test_what_a_harness_runs_per_example_is_asked_by_a_loop_as_well(measured: str) -> None:
    labels = "print([label(text=row) for row in rows])  # !"
    program = {path: source.format(measured=measured, labels=labels) for path, source in MEASURED.items()}
    assert verdict(program) == "batchable"


def test_one_call_of_what_a_harness_runs_per_example_is_the_harness_s() -> None:
    measured, labels = "Evaluate(devset=rows, metric=print)(label)", "print(label(text=rows[0]))  # !"
    program = {path: source.format(measured=measured, labels=labels) for path, source in MEASURED.items()}
    assert verdict(program) == "none"


LIBRARY = """
    from llm import ask

    def {name}({rows}, key=None):
        return [ask(str(row)) for row in {rows}]  # !
    """


@pytest.mark.parametrize(
    ("name", "rows", "expected"),
    [
        ("run_evaluation", "qa_dataset", "batchable"),
        ("evaluate", "dataset", "batchable"),
        ("evaluate", "parts", "unclear"),
        ("translate", "dataset", "unclear"),
    ],
)
def test_a_library_evaluates_a_data_set_for_whoever_calls_it(name: str, rows: str, expected: str) -> None:
    program = {"rates/run.py": LIBRARY.format(name=name, rows=rows)}
    assert verdict(program) == expected


def test_a_page_may_show_what_it_evaluates() -> None:
    page = """
        from fastapi import FastAPI
        from rates.run import evaluate

        app = FastAPI()

        @app.post("/rates")
        def rates(rows: list[str]):
            return evaluate(rows)
        """
    program = {"rates/run.py": LIBRARY.format(name="evaluate", rows="dataset"), "page.py": page}
    assert verdict(program) == "realtime"


STEPS = """
from prefect import flow, task
from llm import ask

class Labels:
    @classmethod
    def all(cls, text):
        return [cls.one(part) for part in text.split()]  # inner

    @classmethod
    @task
    def one(cls, text):
        return ask(text)

@task
def label(text):
    return Labels.all(text)

@flow
def labels(path):
    for line in open(path):
        print(label(line))  # flow

if __name__ == "__main__":
    labels("products.txt")  # main
"""


@pytest.mark.parametrize(("place", "expected"), [("inner", "batchable"), ("flow", "batchable"), ("main", "none")])
def test_a_step_that_other_steps_call_passes_on_what_they_ask(place: str, expected: str) -> None:
    """What starts the flow makes none of its requests up."""
    assert verdict(STEPS.replace(f"# {place}", "# !")) == expected


def test_a_step_that_a_request_calls_as_well_is_waited_for() -> None:
    route = """

from fastapi import FastAPI

app = FastAPI()

@app.post("/labels")
def now(text: str):
    return label(text)  # !
"""
    assert is_waited_for(STEPS + route)


@pytest.mark.parametrize(
    ("taken", "expected"), [("prompt, options, context", "batchable"), ("prompt, options", "unclear")]
)
def test_a_harness_knows_its_functions_by_what_they_take(taken: str, expected: str) -> None:
    assert verdict(f"from llm import ask\n\ndef call_api({taken}):\n    return ask(prompt)  # !\n") == expected
