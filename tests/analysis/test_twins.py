"""What something from outside starts, and a job of the project calls as well: each way in is judged alone."""

import pytest

from batchlint.findings import Verdict

from .verdicts import call_sites, cases, marked, verdict

JOB = """
    import sys
    from labels import label

    for line in open(sys.argv[1]):
        print(label(line))  # !
    """
LIVE_JOB = """
    from flask import Flask, request
    from labels import label

    app = Flask(__name__)

    @app.post("/labels")
    def labels():
        return [label(line) for line in request.json]  # !
    """
PLAIN = """
    from llm import client

    def label(text):
        return client.responses.create(model="gpt-5", input=text).output_text
    """

# The files besides the job: who else starts the function, and waits.
LIVE = {
    "route": {
        "labels.py": """
            from fastapi import FastAPI
            from llm import client

            app = FastAPI()

            @app.post("/label")
            def label(text: str) -> str:
                return client.responses.create(model="gpt-5", input=text).output_text
            """,
    },
    "tool_of_a_server": {
        "labels.py": """
            from fastmcp import FastMCP
            from llm import client

            mcp = FastMCP("labels")

            @mcp.tool
            def label(text: str) -> str:
                return client.responses.create(model="gpt-5", input=text).output_text
            """,
    },
    "handed_to_a_form": {
        "labels.py": PLAIN,
        "form.py": """
            import gradio as gr
            from labels import label

            gr.Interface(fn=label, inputs="text", outputs="text").launch()
            """,
    },
    "handed_to_an_agent": {
        "labels.py": PLAIN,
        "chat.py": """
            from langchain_core.tools import StructuredTool
            from labels import label

            tools = [StructuredTool.from_function(label)]
            """,
    },
    "method_behind_a_route_of_a_chain": {
        "labels.py": """
            from llm import client

            class Labels:
                def label(self, text):
                    return client.responses.create(model="gpt-5", input=text).output_text

            label = Labels().label
            """,
        "server.py": """
            from fastapi import FastAPI
            from langchain_core.runnables import RunnableLambda
            from langserve import add_routes
            from labels import Labels

            add_routes(FastAPI(), RunnableLambda(Labels().label), path="/label")
            """,
    },
    "task_that_a_route_calls": {
        "labels.py": """
            from celery import shared_task
            from llm import client

            @shared_task
            def label(text):
                return client.responses.create(model="gpt-5", input=text).output_text
            """,
        "web.py": """
            from flask import Flask, request
            from labels import label

            web = Flask(__name__)

            @web.get("/label")
            def preview():
                return label(request.args["text"])
            """,
    },
}


@pytest.mark.parametrize("files", cases(LIVE))
def test_the_job_is_reported_and_whoever_waits_is_not(files):
    program = {**files, "job.py": JOB}
    assert verdict(program) == "batchable"
    assert [site.path for site in call_sites(program) if site.verdict is Verdict.BATCHABLE] == ["job.py"]


@pytest.mark.parametrize("files", cases(LIVE))
def test_a_second_way_in_that_somebody_waits_for_is_silent(files):
    assert verdict({**files, "job.py": LIVE_JOB}) == "realtime"


@pytest.mark.parametrize(
    ("step", "expected"),
    [("frame.text.map(label)", "batchable"), ("menu.add(label)", "none")],
    ids=["called_per_item", "registered_once_more"],
)
def test_handing_an_entry_point_over_is_no_call_unless_it_is_called_per_item(step, expected):
    job = f"""
        import menu
        import pandas as pd
        from labels import label

        frame = pd.read_csv("lines.csv")
        shown = {step}  # !
        """
    assert verdict({**LIVE["route"], "job.py": job}) == expected


def test_wrapping_an_entry_point_is_no_call():
    guarded = {
        "guards.py": """
            from functools import wraps

            def guarded(view):
                def checked(*args):
                    return view(*args)

                return wraps(view)(checked)  # !
            """,
        "labels.py": """
            from flask import Flask
            from guards import guarded
            from llm import client

            app = Flask(__name__)

            @app.post("/label/<text>")
            @guarded
            def label(text):
                return client.responses.create(model="gpt-5", input=text).output_text
            """,
    }
    assert verdict(guarded) == "none"


def test_a_task_that_nobody_waits_for_is_reported_once_where_it_asks():
    program = {
        "labels.py": """
            from celery import shared_task
            from llm import client

            @shared_task
            def label(text):
                return client.responses.create(model="gpt-5", input=text).output_text  # !
            """,
        "web.py": """
            from flask import Flask, request
            from labels import label

            web = Flask(__name__)

            @web.post("/label")
            def later():
                label.delay(request.json["text"])
                return "thanks"
            """,
        "job.py": """
            from labels import label

            for line in open("lines.txt"):
                label(line)
            """,
    }
    assert verdict(program) == "batchable"
    assert [site.path for site in call_sites(program) if site.verdict is Verdict.BATCHABLE] == ["labels.py"]


KEEPING = """
    from llm import client

    def label(row):
        row.label = client.responses.create(model="gpt-5", input=row.text).output_text
        row.save()
    """
KEPT_JOB = """
    from labels import label
    from rows import all_rows

    for row in all_rows():
        label(row)  # !
    """
ALL_KEPT = """
    from labels import label

    def label_all(rows):
        for row in rows:
            label(row)
    """
ALL_JOB = """
    from rows import label_all
    from tables import tables

    for table in tables():
        label_all(table.rows)  # !
    """


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"web.py": LIVE_JOB.replace("[label(line) for line in request.json]", "label(request.json)")}, "batchable"),
        ({}, "batchable"),
        ({"rows.py": ALL_KEPT}, None),  # the loop in it is the one to tell of
    ],
)
def test_whoever_goes_through_rows_that_keep_their_answers_is_told(files, expected):
    files = {path: text.replace("# !", "") for path, text in files.items()}
    job = KEPT_JOB if "rows.py" not in files else ALL_JOB
    site = marked({"app.py": job, "labels.py": KEEPING, **files})
    assert site is not None
    assert (None if site.rounds else str(site.verdict)) == expected


OBJECT = """
    from llm import client

    class Labeller:
        def __init__(self, text="", model="gpt-5"):
            self.text, self.model = text, model

        def set_text(self, text):
            self.text = text
            return self

        def label(self):
            return client.responses.create(model=self.model, input=self.text).output_text

        def first(self):
            return client.responses.create(model=self.model, input="one label").output_text
    """
LIVE_OBJECT = LIVE_JOB.replace("labels import label", "labels import Labeller").replace("# !", "")
OBJECT_JOB = """
    import sys
    from labels import Labeller

    def main(lines):
        {made}
        for line in lines:
            {asked}

    main(open(sys.argv[1]))
    """


@pytest.mark.parametrize(
    ("made", "asked", "live", "expected"),
    [
        ("pass", "print(Labeller(line).label())  # !", "Labeller(line).label()", "batchable"),
        ("one = Labeller()", "one.set_text(line); print(one.label())  # !", "Labeller(line).label()", "batchable"),
        ("one = Labeller()", "print(one.set_text(line).label())  # !", "Labeller(line).label()", "batchable"),
        ("one = Labeller()", "one.set_text(line); print(one.label())  # !", "line", "batchable"),
        # The same is asked again and again.
        ("one = Labeller(lines.read())", "print(one.label())  # !", "line", "none"),
        # How it asks is no part of what is asked: once by hand is not worth it.
        ("one = Labeller(model=sys.argv[2]); print(one.first())  # !", "print(line)", "Labeller().first()", "none"),
    ],
)
def test_an_object_that_is_told_what_to_ask_passes_it_on(made, asked, live, expected):
    files = {"labels.py": OBJECT, "web.py": LIVE_OBJECT.replace("label(line)", live)}
    assert verdict({"app.py": OBJECT_JOB.format(made=made, asked=asked), **files}) == expected


ROWS = {
    "rows.py": """
        from llm import ask

        class Row:
            def __init__(self, title, length):
                self.title, self.length = title, length

            def fill(self):
                {asked}
                self.save()

            def save(self):
                store(self)

        class Page(Row):
            def save(self):
                self.fill()
        """,
    "prompts.py": """
        from llm import ask

        class Prompt:
            def __init__(self, model="gpt-5"):
                self.model = model

            def about(self, text):
                self.text = text
                return self

            def within(self, length):
                self.length = length
                return self

            def send(self):
                return ask(f"{self.text}, in {self.length} words")
        """,
    "app.py": """
        from rows import Page, Row

        def rows():
            return [Row(line, 20) for line in open("rows.txt")]

        def work():
            {work}

        if __name__ == "__main__":
            work()
        """,
}
BY_ITSELF = "self.label = ask(self.title)"
BY_PROMPT = "from prompts import Prompt; one = Prompt(); one.about(self.title).within(9); self.label = one.send()"


@pytest.mark.parametrize(
    ("asked", "work", "expected"),
    [
        (BY_ITSELF, "for row in rows(): row.fill()  # !", "batchable"),
        (BY_PROMPT, "for row in rows(): row.fill()  # !", "batchable"),
        # Nothing of the row is asked about.
        ("self.label = ask('one more')", "for row in rows(): row.fill()  # !", "none"),
        # It is one row.
        (BY_ITSELF, "for _ in open('turns.txt'): ROW.fill()  # !", "none"),
        # Who saves a row does not decide on what its saving asks.
        (BY_ITSELF, "for line in open('rows.txt'): Page(line, 20).save()  # !", "none"),
    ],
)
def test_whoever_goes_through_rows_that_ask_about_themselves_is_told(asked, work, expected):
    files = {path: text.replace("{asked}", asked).replace("{work}", work) for path, text in ROWS.items()}
    assert verdict(files) == expected


OWN_NAMED = """
    from llm import ask

    class Row:
        title = ""

        def fill(row, again=False):
            row.label = ask(row.title)

    def work(rows):
        for row in rows:
            {call}  # !

    if __name__ == "__main__":
        work([Row() for _ in open("rows.txt")])
    """


@pytest.mark.parametrize(
    ("call", "expected"), [("row.fill(again=True)", "batchable"), ("Row().fill(again=True)", "none")]
)
def test_a_method_may_call_its_own_object_what_it_likes(call, expected):
    assert verdict(OWN_NAMED.format(call=call)) == expected


KINDS = """
    from llm import ask

    class Trained:
        def __init__(self, text):
            self.text = text

        def fit(self):
            self.words = self.text.split()

    class Asked(Trained):
        def fit(self):
            self.words = ask(self.text)

    if __name__ == "__main__":
        for line in open("lines.txt"):
            {made}.fit()  # !
    """


@pytest.mark.parametrize(
    ("made", "expected"), [("Asked(line)", "batchable"), ("(Asked(line) if line else Trained(line))", "none")]
)
def test_objects_of_which_only_some_ask_are_no_requests(made, expected):
    assert verdict(KINDS.format(made=made)) == expected
