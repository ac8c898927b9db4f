"""Functions that make their requests up themselves: the job that calls one is told of it where others wait for it."""

import pytest

from batchlint.findings import Verdict

from .verdicts import call_sites, verdict

DIGEST = """
    from llm import ask
    from store import articles

    def digest(search=None):
        for article in articles():
            article.summary = ask(article.text)
    """
ROUTE = """
    from digests import digest
    from flask import Flask, request

    app = Flask(__name__)

    @app.post("/digest")
    def refresh():
        digest(request.args["q"])
        return "done"
    """
NIGHTLY = """
    from apscheduler.schedulers.blocking import BlockingScheduler
    from digests import digest

    scheduler = BlockingScheduler()

    @scheduler.scheduled_job("cron", hour=2)
    def nightly():
        digest()  # !
    """
BACKFILL = """
    import sys
    from digests import digest

    for day in sys.argv[1:]:
        digest()  # !
    """
SCRIPT = """
    from digests import digest

    digest()  # !
    """


def program(job: str, digests: str = DIGEST, route: str = ROUTE) -> dict[str, str]:
    return {"digests.py": digests, "site.py": route, "app.py": job}


@pytest.mark.parametrize("job", [NIGHTLY, BACKFILL])
def test_a_job_is_told_that_it_calls_what_a_route_waits_for(job):
    assert verdict(program(job)) == "batchable"


def test_the_route_and_the_function_itself_stay_silent():
    batchable = {site.path for site in call_sites(program(NIGHTLY)) if site.verdict is Verdict.BATCHABLE}
    assert batchable == {"app.py"}


def test_without_a_route_the_function_tells_of_it():
    assert verdict({"digests.py": DIGEST, "app.py": NIGHTLY}) == "none"


KEPT_IN_PLACE = """
    from openai import OpenAI
    from store import articles

    def digest(search=None):
        for article in articles():
            article.summary = OpenAI().responses.create(model="gpt-5", input=article.text).output_text
            article.save()
    """
GIVEN_BACK = """
    from llm import ask
    from store import articles

    def digest(search=None):
        return "".join(ask(article.text) for article in articles())
    """
ONE = """
    from llm import ask
    from store import newest

    def digest(search=None):
        article = newest()
        article.summary = ask(article.text)
    """


SERVER = """
    from digests import digest
    from flask import Flask

    app = Flask(__name__)
    digest()

    @app.get("/")
    def home():
        return "shop"

    if __name__ == "__main__":
        app.run()
    """
LISTENER = """
    from digests import digest
    from mailbox_client import Client

    client = Client()

    def renew(message):
        digest()

    client.add_event_handler("message", renew)
    """


@pytest.mark.parametrize("other", [SERVER, LISTENER])
@pytest.mark.parametrize("digests", [DIGEST, KEPT_IN_PLACE])
@pytest.mark.parametrize("job", [NIGHTLY, SCRIPT])
def test_a_job_is_told_where_nothing_says_whether_others_wait(job, digests, other):
    assert verdict(program(job, digests, route=other)) == "batchable"


@pytest.mark.parametrize("other", [SERVER, LISTENER])
def test_the_function_itself_stays_unclear_where_others_may_wait(other):
    sites = call_sites(program(SCRIPT, KEPT_IN_PLACE, route=other))
    assert {site.verdict for site in sites if site.path == "digests.py"} == {Verdict.UNCLEAR}
    assert {site.path for site in sites if site.verdict is Verdict.BATCHABLE} == {"app.py"}


@pytest.mark.parametrize(
    ("digests", "expected"),
    [(DIGEST, "batchable"), (KEPT_IN_PLACE, "batchable"), (GIVEN_BACK, "none"), (ONE, "none")],
)
def test_a_script_is_told_where_it_starts_a_whole_job(digests, expected):
    assert verdict(program(SCRIPT, digests)) == expected


def test_a_script_s_own_function_that_a_page_runs_too_is_not_told():
    page = """
        import streamlit as st
        from llm import ask
        from store import articles

        def main():
            if st.button("Go"):
                for article in articles():
                    article.summary = ask(article.text)

        if __name__ == "__main__":
            main()  # !
        """
    assert verdict(page) == "none"


@pytest.mark.parametrize(("given", "expected"), [("sys.argv[1]", "batchable"), ("", "none")])
def test_a_file_that_gives_its_own_function_options_is_a_script_of_its_own(given, expected):
    digests = f"""
        import sys
        from llm import ask
        from store import articles

        def digest(search=None):
            for article in articles():
                article.summary = ask(article.text)

        if __name__ == "__main__":
            digest({given})  # !
        """
    assert verdict({"digests.py": digests, "site.py": ROUTE}) == expected


def test_another_route_is_not_told():
    other = """
        from digests import digest
        from flask import Flask

        app = Flask(__name__)

        @app.get("/other")
        def other():
            for _ in range(3):
                digest()  # !
        """
    assert verdict(program(other)) == "none"


@pytest.mark.parametrize("test", ["if search:", "if search is not None:"])
@pytest.mark.parametrize(("given", "expected"), [("", "none"), ("'all'", "batchable"), ("None", "none")])
def test_what_only_an_option_switches_on_is_asked_of_who_gives_it(test, given, expected):
    digests = f"""
        from llm import ask

        def digest(search=None):
            {test}
                ask("What is new?")
        """
    assert verdict(program(NIGHTLY.replace("digest()", f"digest({given})"), digests)) == expected


def test_what_leads_a_dialogue_leads_it_for_a_benchmark_too():
    digests = """
        from llm import ask

        def digest(search=None):
            line = "hello"
            while line:
                print(ask(line))
                line = input("> ")
        """
    terminal = """
        from digests import digest

        while True:
            input("ready?")
            digest()
        """
    assert verdict({**program(BACKFILL, digests), "terminal.py": terminal}) != "batchable"


def test_a_function_that_is_kept_for_later_does_not_run_here():
    job = """
        from apscheduler.schedulers.blocking import BlockingScheduler
        from digests import digest
        from langchain_core.runnables import RunnableLambda

        scheduler = BlockingScheduler()

        @scheduler.scheduled_job("cron", hour=2)
        def nightly():
            return RunnableLambda(digest)  # !
        """
    assert verdict(program(job)) == "none"


def test_a_function_that_a_thread_runs_meanwhile_runs_here():
    job = """
        import asyncio
        from apscheduler.schedulers.asyncio import AsyncIOScheduler
        from digests import digest

        scheduler = AsyncIOScheduler()

        @scheduler.scheduled_job("cron", hour=2)
        async def nightly():
            await asyncio.to_thread(digest)  # !
        """
    assert verdict(program(job)) == "batchable"


def test_what_makes_a_function_asks_nothing_yet():
    digests = """
        from langchain_core.runnables import RunnableLambda
        from llm import ask

        def digest():
            def run(line):
                return ask(line)

            return RunnableLambda(run)
        """
    route = """
        from digests import digest
        from flask import Flask, request

        app = Flask(__name__)

        @app.post("/digest")
        def refresh():
            return digest().invoke(request.args["q"])
        """
    assert verdict(program(NIGHTLY, digests, route)) == "none"


WATCH = """
    import signal
    import threading
    from llm import ask
    from store import articles

    class Watcher:
        def __init__(self):
            self._stop_event = threading.Event()

        def watch(self):
            {begins}
                self._round()

        def _round(self):
            for article in articles():
                article.summary = ask(article.text)

    def start():
        Watcher().watch()
    """
CONTROL = """
    from flask import Flask
    from watcher import start

    app = Flask(__name__)

    @app.post("/watch")
    def watch():
        start()
        return "done"
    """
STARTED = """
    from watcher import start

    if __name__ == "__main__":
        start()  # !
    """


@pytest.mark.parametrize(
    ("begins", "expected"),
    [("for _ in range(3):", "batchable"), ("while not self._stop_event.is_set():", "none")],
)
def test_who_starts_what_goes_on_without_an_end_only_begins_it(begins, expected):
    program = {"watcher.py": WATCH.format(begins=begins), "site.py": CONTROL, "app.py": STARTED}
    assert verdict(program) == expected


TOOL = """
    from langchain_core.tools import tool
    from llm import ask
    from store import newest

    @tool
    def summarize():
        \"\"\"Keep a summary of the newest article.\"\"\"
        article = newest()
        article.summary = ask(article.text)
        return article.summary
    """
TOOLS_IN_ORDER = """
    import sys
    from digests import summarize

    for path in sys.argv[1:]:
        summarize.<call>({})  # !
    """


@pytest.mark.parametrize("call", ["invoke", "ainvoke", "batch"])
def test_a_job_that_calls_a_tool_itself_is_told(call):
    assert verdict({"digests.py": TOOL, "app.py": TOOLS_IN_ORDER.replace("<call>", call)}) == "batchable"


def test_a_route_that_calls_a_tool_itself_is_not():
    page = """
        import streamlit as st
        from digests import summarize

        for _ in range(3):
            st.write(summarize.invoke({}))  # !
        """
    assert verdict({"digests.py": TOOL, "app.py": page}) == "none"


@pytest.mark.parametrize("name", ["refresh", "digest"])
def test_a_job_may_call_the_function_by_another_name(name):
    job = NIGHTLY.replace("import digest", f"import digest as {name}").replace("digest()", f"{name}()")
    assert verdict(program(job)) == "batchable"


def test_a_name_that_stands_for_one_of_two_functions_tells_neither():
    job = """
        import sys
        from digests import digest
        from others import other

        run = other if sys.argv[1] == "other" else digest
        for day in sys.argv[2:]:
            run()  # !
        """
    others = """
        def other(search=None):
            print("nothing to do")
        """
    assert verdict({**program(job), "others.py": others}) == "none"
