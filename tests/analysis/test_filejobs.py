"""Functions of a library that go from files to files: jobs, whoever starts them, unless the program serves somebody."""

import pytest

from .verdicts import cases, marked, verdict

FILES = """
    import json

    def load(path):
        with open(path) as file:
            return json.load(file)

    def save(rows, path):
        with open(path, "w") as file:
            json.dump(rows, file)
    """
JUDGE = """
    import os
    from concurrent.futures import ThreadPoolExecutor
    from files import save
    from llm import ask

    class Judge:
        def __init__(self, folder="judged"):
            self.folder = folder

        def judge(self, rows):
            with ThreadPoolExecutor() as pool:
                rows = list(pool.map(ask, rows))  {here}
            {keep}
            return rows
    """
KEEP = 'save(rows, os.path.join(self.folder, "all.json"))'
TASKS = """
    from files import load
    from judge import Judge

    def run_safety(folder=None, jailbreaks=None):
        if folder:
            jailbreaks = folder + "/jailbreaks.json"
        {rows}
        judged = Judge().judge(rows)  {here}
        return sum("no" in row for row in judged) / len(rows)
    """
ROWS = "rows = load(jailbreaks)"
ROUTE = {
    "web.py": """
        from flask import Flask
        from llm import ask

        app = Flask(__name__)

        @app.post("/ask")
        def answer():
            return ask("Hello")
        """
}


def library(*, keep: str = KEEP, rows: str = ROWS, here: str = "judge") -> dict[str, str]:
    mark = {"judge": ("# !", ""), "tasks": ("", "# !")}[here]
    return {
        "files.py": FILES,
        "judge.py": JUDGE.format(keep=keep, here=mark[0]),
        "tasks.py": TASKS.format(rows=rows, here=mark[1]),
    }


@pytest.mark.parametrize("here", ["judge", "tasks"])
def test_what_goes_from_files_to_files_is_a_job(here: str) -> None:
    site = marked(library(here=here))
    assert site is not None
    assert str(site.verdict) == "batchable"
    assert "from files to files" in site.factors[0].reason


UNCLEAR = {
    "nothing_is_kept": library(keep="pass"),
    "rows_are_handed_in": library(rows="rows = jailbreaks"),
    "a_file_of_its_own": library(rows='rows = load("settings.json")'),
    "the_program_serves_somebody": library() | ROUTE,
    "it_may_serve_somebody": library()
    | {
        "handler.py": """
            from llm import ask

            def lambda_handler(event, context):
                return ask(str(event))
            """
    },
    "one_request": {
        "files.py": FILES,
        "summary.py": """
            from files import load, save
            from llm import ask

            def summarise(path, target):
                save(ask(str(load(path))), target)  # !
            """,
    },
}


@pytest.mark.parametrize("program", cases(UNCLEAR))
def test_other_functions_that_nothing_calls_stay_unclear(program: dict[str, str]) -> None:
    assert verdict(program) == "unclear"


def test_a_route_that_calls_it_waits_for_it() -> None:
    page = """
        from flask import Flask, request
        from tasks import run_safety

        app = Flask(__name__)

        @app.post("/safety")
        def safety():
            return {"share": run_safety(request.json["folder"])}
        """
    assert verdict(library() | {"web.py": page}) == "realtime"


HANDLER = """
    import boto3
    import pandas as pd
    from llm import ask

    s3 = boto3.client("s3")

    def handler(event, context):
        try:
            bucket = event.get("bucket")
            rows = {read}
            answers = []
            for text in {loop}:
                answers.append(ask(text))  # !
            keep(event, answers)
            summary = {{"job": context.aws_request_id, "count": len(answers), "at": f"s3://{{bucket}}/"}}
            return {given}
        except Exception as error:
            return {{"status": "failed", "error": str(error)}}

    def keep(event, answers):
        {keep}
    """
PUT = 's3.put_object(Bucket=event["bucket"], Key=event["target"], Body="".join(answers))'


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({}, "batchable"),
        ({"given": "None"}, "batchable"),
        ({"given": "answers"}, "unclear"),
        ({"given": '{"answers": answers}'}, "unclear"),
        ({"given": '{"answers": [each for each in answers]}'}, "unclear"),
        ({"given": '{"statusCode": 200}'}, "unclear"),
        ({"keep": "print(answers)"}, "unclear"),
        ({"read": "s3.get_paginator('list_objects_v2').paginate(Bucket=bucket)"}, "batchable"),
        ({"read": "s3.get_paginator('list_objects_v2').paginate(Bucket='settings')"}, "unclear"),
        ({"read": "pd.read_csv('settings.csv')"}, "unclear"),
        ({"loop": "(event['question'] + text for text in rows['text'])"}, "unclear"),
        ({"read": "answers_of()", "loop": 'event["texts"]'}, "unclear"),
    ],
)
def test_a_handler_that_goes_through_the_table_its_event_names_is_a_job(changed: dict[str, str], expected: str) -> None:
    parts = {"read": 'pd.read_csv(event["source"])', "loop": 'rows["text"]', "given": "summary", "keep": PUT} | changed
    assert verdict(HANDLER.format(**parts)) == expected


def test_a_handler_beside_another_may_serve_it() -> None:
    job = HANDLER.format(read='pd.read_csv(event["source"])', loop='rows["text"]', given="summary", keep=PUT)
    assert verdict({"app.py": job} | {"web.py": ROUTE["web.py"]}) == "unclear"


BLIND = """
    import json
    from llm import ask
    from store import new_articles, save

    def lambda_handler(event, context):
        count = 0
        summary = ""
        for article in {items}:
            summary = ask(article)  # !
            save(summary)
            count += 1
        return {given}
    """


@pytest.mark.parametrize(
    "given",
    [
        "None",
        '{"statusCode": 200}',
        '{"statusCode": 200, "body": json.dumps("done")}',
        '{"statusCode": 200, "body": json.dumps({"summarized": count})}',
        "count",
    ],
)
def test_a_handler_that_looks_at_nothing_of_its_event_is_a_job(given: str) -> None:
    assert verdict(BLIND.format(items="new_articles()", given=given)) == "batchable"


@pytest.mark.parametrize(
    ("items", "given"),
    [
        ("new_articles(event)", "None"),
        ("event['articles']", "count"),
        ("new_articles(context.tenant)", "None"),
        ("new_articles()", "summary"),
        ("new_articles()", '{"statusCode": 200, "body": json.dumps({"summary": summary})}'),
    ],
)
def test_a_handler_that_looks_at_its_event_or_answers_may_serve_somebody(items: str, given: str) -> None:
    assert verdict(BLIND.format(items=items, given=given)) == "unclear"


def test_one_request_of_such_a_handler_is_a_single_one() -> None:
    program = """
        from llm import ask

        def lambda_handler(event, context):
            open("/tmp/said", "w").write(ask("Write something."))  # !
        """
    assert verdict(program) != "batchable"
