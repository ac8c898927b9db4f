"""One finding per decision that a person can take, on programs of several hops."""

from pathlib import Path
from textwrap import dedent

from batchlint import config, engine

CLIENT = """
from openai import OpenAI

client = OpenAI()


def ask(text):
    return client.embeddings.create(model="m", input=text)
"""


def findings(folder: Path, **files: str) -> set[str]:
    """`file:function` of each finding in a program of these files, with the crontab that starts `job.py`."""
    (folder / ".git").mkdir()
    for name, text in files.items():
        (folder / f"{name}.py").write_text(dedent(text))
    (folder / "crontab").write_text("0 3 * * * python job.py\n")
    report = engine.analyze([folder], config.load([folder]))
    assert not report.errors
    return {f"{f.path}:{f.site.function}" for f in report.findings}


def test_a_loop_over_a_helper_is_one_finding_where_the_call_stands(tmp_path):
    job = """
        from llm import ask

        for line in open("lines.txt"):
            print(len(ask(line).data))
    """
    assert findings(tmp_path, llm=CLIENT, job=job) == {"llm.py:ask"}


def test_a_chain_of_helpers_under_one_loop_is_one_finding(tmp_path):
    job = """
        from llm import ask

        def vector(text):
            return ask(text).data[0].embedding

        def row(text):
            return [text, vector(text)]

        for line in open("lines.txt"):
            print(row(line))
    """
    assert findings(tmp_path, llm=CLIENT, job=job) == {"llm.py:ask"}


def test_a_helper_under_several_loops_is_a_finding_at_each(tmp_path):
    job = """
        from llm import ask

        def titles():
            for line in open("titles.txt"):
                print(len(ask(line).data))

        def reviews():
            for line in open("reviews.txt"):
                print(len(ask(line).data))

        titles()
        reviews()
    """
    assert findings(tmp_path, llm=CLIENT, job=job) == {"job.py:titles", "job.py:reviews"}


def test_two_starters_of_one_loop_are_one_finding(tmp_path):
    jobs = """
        from llm import ask

        def all_lines(name):
            for line in open(name):
                print(len(ask(line).data))
    """
    job = """
        from lines import all_lines

        def titles():
            all_lines("titles.txt")

        def reviews():
            all_lines("reviews.txt")

        titles()
        reviews()
    """
    assert findings(tmp_path, llm=CLIENT, lines=jobs, job=job) == {"llm.py:ask"}


def test_a_helper_that_a_route_uses_too_is_a_finding_at_the_offline_caller(tmp_path):
    job = """
        from llm import ask

        def titles():
            for line in open("titles.txt"):
                print(len(ask(line).data))

        titles()
    """
    web = """
        from fastapi import FastAPI
        from llm import ask

        app = FastAPI()

        @app.get("/search")
        def search(query: str):
            return ask(query).data[0].embedding
    """
    assert findings(tmp_path, llm=CLIENT, job=job, web=web) == {"job.py:titles"}


def test_a_file_alone_has_the_findings_that_it_has_in_its_project(tmp_path):
    job = """
        from llm import ask

        for line in open("lines.txt"):
            print(len(ask(line).data))
    """
    findings(tmp_path, llm=CLIENT, job=job)
    for name, expected in {"job.py": [], "llm.py": ["ask"]}.items():
        report = engine.analyze([tmp_path / name], config.load([tmp_path / name]))
        assert [f.site.function for f in report.findings] == expected


def test_a_stated_budget_is_told_of_once_where_the_call_and_what_asks_share_a_line(tmp_path):
    budget = '[tool.batchlint]\n[[tool.batchlint.latency]]\npath = "*.py"\nlatency = "hours"\n'
    (tmp_path / "pyproject.toml").write_text(budget)
    job = """
        import heapq

        from llm import ask

        best = heapq.nlargest(2, open("lines.txt"), key=lambda line: len(ask(line).data))
    """
    assert findings(tmp_path, llm=CLIENT, job=job) == {"job.py:lambda in line 6"}


def test_a_stated_budget_is_told_of_where_requests_are_gathered(tmp_path):
    budget = '[tool.batchlint]\n[[tool.batchlint.latency]]\npath = "*.py"\nlatency = "hours"\n'
    (tmp_path / "pyproject.toml").write_text(budget)
    job = """
        import asyncio

        from openai import AsyncOpenAI

        client = AsyncOpenAI()

        async def ask(text):
            return await client.embeddings.create(model="text-embedding-3-small", input=text)

        async def ask_all():
            async with asyncio.TaskGroup() as group:
                for text in open("lines.txt"):
                    group.create_task(ask(text))

        def main():
            asyncio.run(ask_all())

        if __name__ == "__main__":
            main()
    """
    assert findings(tmp_path, job=job) == {"job.py:ask_all"}
    (tmp_path / "pyproject.toml").write_text(budget.replace("hours", "realtime"))
    report = engine.analyze([tmp_path], config.load([tmp_path]))
    assert not report.findings


def test_what_only_leads_to_a_loop_is_no_finding_beside_one_that_repeats_it(tmp_path):
    job = """
        from llm import ask

        def vectors(lines):
            return [ask(line).data for line in lines]

        def titles():
            print(len(vectors(open("titles.txt"))))

        def texts():
            for number in range(40):
                print(len(vectors(open(f"{number}.txt"))))

        titles()
        texts()
    """
    assert findings(tmp_path, llm=CLIENT, job=job) == {"job.py:vectors", "job.py:texts"}


def test_loops_that_share_a_helper_are_findings_each(tmp_path):
    job = """
        from llm import ask

        texts = open("texts.txt").read().split()
        print(any(ask(text).data for text in texts))


        def lengths():
            print(all(ask(text).data for text in texts))


        lengths()
    """
    assert findings(tmp_path, llm=CLIENT, job=job) == {"job.py:job.py", "job.py:lengths"}
