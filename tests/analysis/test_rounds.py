"""Loops around what has a loop of its own, and functions that stand in the function that calls them."""

import pytest

from batchlint import engine, metrics
from batchlint.config import load
from batchlint.entrypoints.manifests import ManifestTarget
from batchlint.findings import Latency, Step

from .verdicts import call_sites, files, marked, verdict

SUBJECTS = """
    import json
    from llm import ask

    def answer_all(subject):
        rows = json.load(open(f"{{subject}}.json"))
        answers = [ask(row["question"]) for row in rows]
        json.dump(answers, open(f"{{subject}}-answers.json", "w"))

    def main(subjects):
        {outer}

    if __name__ == "__main__":
        main(["maths", "history", "physics", "biology"])
    """
OUTER = [
    "for subject in subjects: answer_all(subject)  # !",
    "from multiprocessing import Pool; Pool(4).map(answer_all, subjects)  # !",
    "print([answer_all(subject) for subject in subjects])  # !",
]


@pytest.mark.parametrize("outer", OUTER)
def test_a_loop_around_the_loop_is_a_place_to_look_at(outer: str) -> None:
    site = marked(SUBJECTS.format(outer=outer))
    assert site is not None
    assert (str(site.verdict), site.rounds) == ("batchable", True)


@pytest.mark.parametrize("outer", OUTER)
def test_so_it_is_where_the_loop_asks_the_provider_itself(outer: str) -> None:
    source = SUBJECTS.replace("import ask", "import client").replace(
        'ask(row["question"])', 'client.responses.create(model="gpt-5", input=row["question"])'
    )
    site = marked(source.format(outer=outer))
    assert site is not None
    assert (str(site.verdict), site.rounds) == ("batchable", True)


def test_who_calls_it_once_has_nothing_to_decide() -> None:
    site = marked(SUBJECTS.format(outer="answer_all(subjects[0])  # !"))
    assert site is not None
    assert (str(site.verdict), site.rounds) == ("batchable", True)


JOB = """
    import sys
    from llm import ask

    def digest():
        {digest}

    def main():
        {start}

    if __name__ == "__main__":
        main()
    """
ALL = "open('digest.txt', 'w').write(str([ask(line) for line in open('news.txt')]))"
TIMER = [ManifestTarget("app.py", "schedule", Latency.HOURS, Step("crontab", 1, "0 4 * * * python app.py"))]


@pytest.mark.parametrize(
    ("digest", "start", "manifest", "listed"),
    [
        (ALL, "digest()  # !", [], True),
        (ALL, "print(input('> ')); digest()  # !", [], False),
        (f"while True: print(input('> ')); {ALL}", "digest()  # !", [], False),
        ("open('digest.txt', 'w').write(ask('the news'))", "digest()  # !", TIMER, True),
        ("open('digest.txt', 'w').write(ask('the news'))", "digest()  # !", [], False),
    ],
    ids=["loop", "somebody is asked", "dialogue", "the one request of a timer", "one request by hand"],
)
def test_the_calls_up_to_the_start_are_places_to_look_at(digest: str, start: str, manifest, listed: bool) -> None:
    site = marked(JOB.replace("{digest}", digest).replace("{start}", start), manifest)
    assert (site is not None and site.rounds and str(site.verdict) == "batchable") == listed


def test_what_others_do_for_each_of_many_is_one_of_them_by_hand() -> None:
    source = """
        import sys
        from llm import ask

        def index(path):
            open(path + ".index", "w").write(str([ask(line) for line in open(path)]))

        def main():
            if len(sys.argv) == 2:
                index(sys.argv[1]){one}
            for path in sys.argv:
                index(path){each}

        main()
        """
    one = marked(source.replace("{one}", "  # !").replace("{each}", ""))
    each = marked(source.replace("{one}", "").replace("{each}", "  # !"))
    assert one is None
    assert each is not None and each.rounds


WRITING = """
    from llm import ask

    def review(paper):
        open("reviews.txt", "w").write(str([ask(paper + each) for each in open("questions.txt")]))

    def revise(paper):
        for remark in open("remarks.txt"):
            paper = ask(paper + remark)
        return paper

    def work(paper):
        {body}

    def main():
        work("a paper")  # !

    if __name__ == "__main__":
        main()
    """


@pytest.mark.parametrize(
    ("body", "listed"), [("review(paper)", True), ("review(revise(paper))", False)], ids=["all at once", "some in turn"]
)
def test_a_call_that_leads_to_requests_in_turn_does_not_speak_for_the_others(body: str, listed: bool) -> None:
    site = marked(WRITING.replace("{body}", body))
    assert (site is not None and site.rounds and str(site.verdict) == "batchable") == listed


def test_in_a_route_somebody_waits_for_all_the_rounds() -> None:
    source = SUBJECTS.format(outer=OUTER[0]).partition("    if __name__")[0]
    route = """
    from fastapi import FastAPI

    app = FastAPI()

    @app.post("/answers")
    def answers(subjects: list[str]):
        main(subjects)
    """
    assert verdict(source + route) in {"none", "realtime"}


def test_the_finding_is_the_loop_that_has_the_requests(tmp_path) -> None:
    for path, text in files(SUBJECTS.format(outer=OUTER[0])).items():
        (tmp_path / path).write_text(text)
    report = engine.analyze([tmp_path], load([tmp_path]))
    rounds = [site for site in report.call_sites if site.rounds]
    assert [site.function for site in rounds] == ["main", "app.py"]
    assert {finding.site.function for finding in (*report.findings, *report.covered)} == {"answer_all", "ask"}


def test_the_calls_below_a_loop_around_the_loop_are_counted_once(tmp_path) -> None:
    numbers = []
    for outer in (OUTER[0], "answer_all(subjects[0])"):
        for path, text in files(SUBJECTS.format(outer=outer)).items():
            (tmp_path / path).write_text(text)
        numbers.append(metrics.measure(engine.analyze([tmp_path], load([tmp_path]))))
    assert [each["value"] for each in numbers] == [2, 2]
    assert numbers[0]["rules"] == numbers[1]["rules"]


INNER = """
    from llm import ask

    def sample(text, times):
        def once():
            return ask(f"Another title: {{text}}")

        {calls}

    def main():
        for line in open("texts.txt"):
            print(sample(line, 8))

    main()
    """


@pytest.mark.parametrize(
    ("calls", "expected"),
    [("return [once() for number in range(times)]  # !", "batchable"), ("return once()  # !", "none")],
)
def test_a_loop_decides_also_on_what_stands_beside_it(calls: str, expected: str) -> None:
    assert verdict(INNER.format(calls=calls)) == expected


def test_the_way_down_tells_where_a_function_is_called_that_was_handed_over() -> None:
    source = """
        from llm import ask

        def grade(rows, teacher):
            for row in rows:
                print(teacher(row))

        if __name__ == "__main__":
            grade(open("rows.txt"), ask)
        """
    site = next(each for each in call_sites(source) if each.call == "grade")
    assert [(step.path, step.line, step.what) for step in site.via[:1]] == [("app.py", 6, "teacher")]


@pytest.mark.parametrize(
    ("start", "expected"),
    [("pool.map(work, rows)", "batchable"), ("pool.schedule(work, args=[rows[0]])", "realtime")],
)
def test_a_pool_of_pebble_goes_over_what_it_maps(start: str, expected: str) -> None:
    source = f"""
        from llm import ask
        from pebble import ProcessPool

        def work(row):
            return ask(row)  # !

        def main(rows):
            with ProcessPool(max_workers=4) as pool:
                {start}

        main(open("rows.txt").readlines())
        """
    assert verdict(source) == expected


HARNESS = """
    from opik.evaluation import evaluate
    from llm import ask

    def review(paper):
        open("reviews.txt", "w").write(str([ask(paper + each) for each in open("questions.txt")]))

    def measure(paper):
        def revise(remarks):
            found = paper
            for remark in remarks:
                {turn}
            return found

        review(paper)
        evaluate(dataset="remarks", task=revise)

    def main():
        measure("a paper")  # !

    if __name__ == "__main__":
        main()
    """


@pytest.mark.parametrize(
    ("turn", "listed"), [("found = ask(found + remark)", False), ("print(ask(remark))", True)], ids=["turns", "none"]
)
def test_so_it_is_where_a_harness_runs_them(turn: str, listed: bool) -> None:
    site = marked(HARNESS.replace("{turn}", turn))
    assert (site is not None and site.rounds and str(site.verdict) == "batchable") == listed


ENQUEUED = """
    from celery import Celery
    from fastapi import FastAPI
    from db import documents
    from llm import ask

    app, api = Celery(), FastAPI()

    @app.task
    def label(pk):
        documents.store(pk, ask(documents.get(pk).text))

    {starts}
    def sweep({given}):
        {sweep}
    """
EACH = "for pk in documents.unlabelled(): label.delay(pk)  # !"


@pytest.mark.parametrize(
    ("starts", "given", "sweep", "listed"),
    [
        ("@app.task", "", EACH, True),
        ("@app.on_after_configure.connect", "sender, **kwargs", EACH, True),
        ("@app.task", "", "for pk in documents.unlabelled(): label.apply_async(args=[pk])  # !", True),
        # Somebody sent the items in, and may look for their labels.
        ('@api.post("/labels")', "pks: list[int]", "for pk in pks: label.delay(pk)  # !", False),
        # One item is no collection.
        ("@app.task", "", "label.delay(documents.newest())  # !", False),
    ],
)
def test_the_loop_that_enqueues_a_task_per_item_is_a_place_to_look_at(
    starts: str, given: str, sweep: str, listed: bool
) -> None:
    site = marked(ENQUEUED.format(starts=starts, given=given, sweep=sweep))
    assert (site is not None and str(site.verdict) == "batchable" and site.rounds) is listed


def test_so_it_is_where_somebody_else_waits_for_the_same_task() -> None:
    route = """
    @api.post("/labels/{pk}")
    def one(pk: int):
        return {"label": label.delay(pk).get()}
    """
    site = marked(ENQUEUED.format(starts="@app.task", given="", sweep=EACH) + route)
    assert site is not None
    assert (str(site.verdict), site.rounds) == ("batchable", True)


def test_so_it_is_where_a_task_of_rq_enqueues_itself() -> None:
    source = """
        from django_rq import job
        from db import documents
        from llm import ask

        @job("low")
        def label(pk):
            documents.store(pk, ask(documents.get(pk).text))

        @job("low")
        def sweep():
            for pk in documents.unlabelled():
                label.enqueue(pk)  # !
        """
    site = marked(source)
    assert (site is not None and str(site.verdict) == "batchable" and site.rounds) is True


@pytest.mark.parametrize(
    ("starts", "listed"),
    [("@app.task", True), ("", False)],
    ids=["somebody waits for the task that enqueues", "somebody waits where it enqueues"],
)
def test_who_waits_for_a_task_does_not_wait_for_what_it_enqueues(starts: str, listed: bool) -> None:
    call = "sweep.delay().get()" if listed else "sweep()"
    route = f"""
    @api.post("/sweep")
    def all():
        return {{"swept": {call}}}
    """
    site = marked(ENQUEUED.format(starts=starts, given="", sweep=EACH) + route)
    assert (site is not None and str(site.verdict) == "batchable" and site.rounds) is listed


INDEX = """
    from llm import ask

    class Index:
        def __init__(self, build=False):
            if build:
                open("labels.txt", "w").writelines([ask(line) for line in open("lines.txt")])

    def rebuild():
        print(Index({given}))  # !

    def main():
        rebuild()
        print(Index(build=True))

    if __name__ == "__main__":
        main()
    """


@pytest.mark.parametrize(("given", "listed"), [("build=True", True), ("", False)])
def test_an_object_that_does_it_all_as_it_is_made_is_a_place_to_look_at(given: str, listed: bool) -> None:
    site = marked(INDEX.format(given=given))
    assert (site is not None and site.rounds and str(site.verdict) == "batchable") == listed


@pytest.mark.parametrize(
    ("start", "listed"),
    [
        ("work(argv[1])  # !", True),
        ("asyncio.run(work(file=argv[1]))  # !", True),
        ("if argv[1] == 'label': work()  # !", True),
        ("args = ArgumentParser().parse_args(); work(args.file)  # !", True),
        # Only starts what stands in it.
        ("work()  # !", False),
        ("work(ArgumentParser().parse_args())  # !", False),
        ("args = ArgumentParser().parse_args(); asyncio.run(work(args))  # !", False),
        ("print(input('> ')); work(argv[1])  # !", False),
    ],
)
def test_a_file_s_own_call_is_a_place_to_look_at_where_it_says_what_to_do(start: str, listed: bool) -> None:
    source = f"""
        import asyncio
        from argparse import ArgumentParser
        from sys import argv
        from llm import ask

        def work(file="texts.txt"):
            open(file + ".out", "w").writelines([ask(line) for line in open(file)])

        if __name__ == "__main__":
            {start}
        """
    site = marked(source)
    assert (site is not None and site.rounds and str(site.verdict) == "batchable") == listed


COMMANDS = """
    import sys
    from llm import ask

    def add(word):
        print(ask(word))

    def label():
        open("labels.txt", "w").writelines([ask(line) for line in open("words.txt")])

    def main():
        {asks_first}
        if sys.argv[1] == "add":
            {asks}
        elif sys.argv[1] == "label":
            label()  # !

    if __name__ == "__main__":
        main()
    """


@pytest.mark.parametrize(
    ("asks_first", "asks", "listed"),
    [("pass", "add(input('word: '))", True), ("word = input('word: ')", "add(word)", False)],
    ids=["in another command", "before both"],
)
def test_who_is_asked_by_another_command_does_not_wait_for_this_one(asks_first: str, asks: str, listed: bool) -> None:
    site = marked(COMMANDS.replace("{asks_first}", asks_first).replace("{asks}", asks))
    assert (site is not None and site.rounds and str(site.verdict) == "batchable") == listed


SHARED = """
    from llm import ask

    class Model:
        def invoke(self, prompt):
            return ask(prompt)

    def write(topics):
        model, story = Model(), ""
        for topic in topics:
            story = model.invoke(story + topic)
        open("story.txt", "w").write(story)

    def label(texts):
        model = Model()
        open("labels.txt", "w").writelines([model.invoke(text) for text in texts])

    def main(texts):
        {body}

    if __name__ == "__main__":
        main(open("texts.txt").readlines())  # !
        {other}
    """


@pytest.mark.parametrize(
    ("body", "other", "listed"),
    [("label(texts)", "write(open('topics.txt'))", True), ("label(texts); write(texts)", "", False)],
)
def test_requests_in_turn_that_another_makes_by_the_same_helper_are_none_of_a_job_s(
    body: str, other: str, listed: bool
) -> None:
    site = marked(SHARED.replace("{body}", body).replace("{other}", other))
    assert (site is not None and site.rounds and str(site.verdict) == "batchable") == listed


TABLE = """
    import sys, time
    from llm import ask

    def titles(texts):
        open("titles.txt", "w").writelines([ask("title: " + text) for text in texts])

    def labels(texts):
        open("labels.txt", "w").writelines([ask("label: " + text) for text in texts])

    def counts(texts):
        print(len(texts))

    JOBS = {{"titles": titles, "labels": {other}}}

    def main():
        start = time.time()
        job = JOBS[sys.argv[1]]
        job(open("texts.txt").readlines())  # !
        {kept}

    if __name__ == "__main__":
        main()
    """


@pytest.mark.parametrize(("other", "listed"), [("labels", True), ("counts", False)])
def test_a_call_out_of_a_table_of_jobs_that_all_ask_is_a_place_to_look_at(other: str, listed: bool) -> None:
    site = marked(TABLE.format(other=other, kept="pass"))
    assert (site is not None and site.rounds and str(site.verdict) == "batchable") == listed


def test_a_place_to_look_at_that_only_itself_speaks_against_its_requests_is_none() -> None:
    source = TABLE.format(other="labels", kept="sys.seconds = time.time() - start").replace("main()", "benchmark()")
    sites = call_sites(source)
    assert [str(site.verdict) for site in sites if site.rounds] == []
    assert {str(site.verdict) for site in sites if site.path == "app.py"} == {"batchable"}


@pytest.mark.parametrize(("deep", "listed"), [(10, True), (30, False)])
def test_a_start_may_be_many_calls_above(deep: int, listed: bool) -> None:
    steps = "\n".join(f"    def step{number}(): step{number - 1}()" for number in range(1, deep))
    source = f"""
    from llm import ask

    def step0():
        open("labels.txt", "w").writelines([ask(line) for line in open("texts.txt")])

{steps}

    def main():
        step{deep - 1}()  # !

    if __name__ == "__main__":
        main()
    """
    site = marked(source)
    assert (site is not None and site.rounds and str(site.verdict) == "batchable") == listed


HARNESSED = """
    {imports}
    from llm import ask

    def label(inputs):
        {asks}

    def check():
        {check}  # !

    def main():
        check()

    if __name__ == "__main__":
        main()
    """
ASKS = 'return {"label": ask(inputs["text"])}'
TURNS = 'found = ""\n        for part in inputs["parts"]: found = ask(found + part)\n        return {"label": found}'
LANGSMITH = "from langsmith import Client; client = Client()"


@pytest.mark.parametrize(
    ("imports", "asks", "check", "listed"),
    [
        (LANGSMITH, ASKS, 'client.evaluate(label, data="labels", evaluators=[])', True),
        ("from braintrust import Eval", ASKS, 'Eval("labels", data=rows, task=label)', True),
        ("from opik import evaluate", ASKS, 'evaluate(dataset="labels", task=label)', True),
        (LANGSMITH, TURNS, 'client.evaluate(label, data="labels", evaluators=[])', False),
        # Only keeps it.
        ("import dspy", ASKS, "dspy.Evaluate(devset=rows, metric=label)", False),
        (LANGSMITH, 'return {"label": inputs["text"]}', 'client.evaluate(label, data="labels")', False),
    ],
)
def test_a_harness_that_runs_a_function_per_example_is_a_place_to_look_at(
    imports: str, asks: str, check: str, listed: bool
) -> None:
    source = HARNESSED.replace("{imports}", imports).replace("{asks}", asks).replace("{check}", check)
    site = marked(source)
    assert (site is not None and site.rounds and str(site.verdict) == "batchable") == listed
    above = marked(source.replace("  # !", "").replace("        check()\n", "        check()  # !\n"))
    assert (above is not None and above.rounds) == listed


BEAT = """
    from celery import Celery
    from llm import ask
    from store import languages, texts

    app = Celery("shop")

    @app.task(name="translate")
    def translate():
        for text in texts():
            into_all(text)  # !

    def into_all(text):
        for language in languages():
            text.save(language, ask(f"{language}: {text}"))

    {started}
    """


@pytest.mark.parametrize(
    ("started", "is_seen"),
    [
        ('app.conf.beat_schedule = {"t": {"task": "translate", "schedule": 86400.0}}', True),
        ("def start(): translate.delay()", False),
    ],
)
def test_a_task_that_a_schedule_enqueues_is_a_job_of_its_own(started: str, is_seen: bool) -> None:
    site = marked(BEAT.replace("{started}", started))
    assert (site is not None and site.rounds and str(site.verdict) == "batchable") is is_seen
