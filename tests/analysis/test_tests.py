"""Tests and examples: their calls are nobody's bill to cut, and they say nothing about the code that they try out."""

import json
import subprocess
import sys
import textwrap

import pytest

from batchlint.findings import Step
from batchlint.graph import GraphSettings, ManifestTarget

from .verdicts import call_sites, cases, files, verdict

LIVE = {
    "pytest_function": {
        "tests/test_labels.py": """
            from llm import ask

            def test_labels():
                for text in ["a", "b"]:
                    assert ask(text)  # !
            """
    },
    "pytest_fixture": {
        "tests/conftest.py": """
            import pytest
            from llm import ask

            @pytest.fixture(scope="session")
            def labels():
                return [ask(text) for text in ["a", "b"]]  # !
            """
    },
    "unittest": {
        "checks.py": """
            import unittest
            from llm import ask

            class Labels(unittest.TestCase):
                def test_labels(self):
                    for text in ["a", "b"]:
                        self.assertTrue(ask(text))  # !
            """
    },
    "django_test_case": {
        "shop/tests.py": """
            from django.test import TestCase
            from llm import ask

            class Labels(TestCase):
                def setUp(self):
                    self.labels = [ask(text) for text in ["a", "b"]]  # !
            """
    },
    "folder_by_its_name": {
        "simulator_tests/conversation.py": """
            from llm import ask

            def converse():
                for text in ["a", "b"]:
                    assert ask(text)  # !
            """
    },
    "locust": {
        "load.py": """
            from locust import HttpUser, task
            from llm import ask

            class Customer(HttpUser):
                @task
                def label(self):
                    for text in ["a", "b"]:
                        ask(text)  # !
            """
    },
    "smoke_test": {
        "scripts/smoke_labels.py": """
            from llm import ask

            if __name__ == "__main__":
                for text in open("texts.txt"):
                    print(ask(text))  # !
            """
    },
    "helper_of_tests": {
        "tests/helpers.py": """
            from llm import ask

            def labels(texts):
                return [ask(text) for text in texts]  # !
            """,
        "tests/test_labels.py": """
            from tests.helpers import labels

            def test_labels():
                assert labels(["a", "b"])
            """,
    },
    "test_run_as_a_script": {
        "tests/test_live.py": """
            from llm import ask

            def test_labels():
                for text in ["a", "b"]:
                    assert ask(text)  # !

            if __name__ == "__main__":
                test_labels()
            """
    },
}

OFFLINE = {
    "tried_out_by_a_test": {
        "labels.py": """
            from llm import ask

            def label(texts):
                return [ask(text) for text in texts]  # !

            if __name__ == "__main__":
                label(open("products.txt"))
            """,
        "tests/test_labels.py": """
            from labels import label

            def test_label():
                assert label(["a"])
            """,
    },
    "a_folder_of_features": {
        "shop/features/labels.py": """
            from llm import ask

            if __name__ == "__main__":
                for line in open("products.txt"):
                    print(ask(line))  # !
            """
    },
    "a_product_named_tests": {
        "shop/tests_report.py": """
            from llm import ask

            if __name__ == "__main__":
                for line in open("lab_results.csv"):
                    print(ask(line))  # !
            """
    },
}

ONCE = {
    "a_test_that_tries_several": {
        "labels.py": """
            import sys
            from llm import ask

            def label(text):
                return ask(text)  # !

            if __name__ == "__main__":
                print(label(sys.argv[1]))
            """,
        "tests/test_labels.py": """
            from labels import label

            def test_label():
                for text in open("samples.txt"):
                    assert label(text)
            """,
    },
}

UNCLEAR = {
    "example": {
        "examples/label.py": """
            from llm import ask

            for text in open("products.txt"):
                print(ask(text))  # !
            """
    },
    "examples_by_name": {
        "examples_of_labels.py": """
            from llm import ask

            for text in open("products.txt"):
                print(ask(text))  # !
            """
    },
    "documentation": {
        "docs/snippets/label.py": """
            from llm import ask

            def main():
                for text in open("products.txt"):
                    print(ask(text))  # !

            if __name__ == "__main__":
                main()
            """
    },
}


@pytest.mark.parametrize("program", cases(LIVE))
def test_the_calls_of_tests_are_left_alone(program):
    assert verdict(program) == "realtime"


@pytest.mark.parametrize("program", cases(OFFLINE))
def test_a_test_of_a_job_does_not_make_it_a_test(program):
    assert verdict(program) == "batchable"


@pytest.mark.parametrize("program", cases(UNCLEAR))
def test_an_example_is_nobodys_job(program):
    assert verdict(program) == "unclear"


@pytest.mark.parametrize(("path", "expected"), [("tests/test_labels.py", "realtime"), ("jobs/labels.py", "batchable")])
def test_a_test_that_a_workflow_runs_as_a_program_is_a_test(path, expected):
    program = {
        path: """
            from llm import ask

            def main():
                for text in open("texts.txt"):
                    print(ask(text))  # !

            if __name__ == "__main__":
                main()
            """
    }
    step = Step(".github/workflows/checks.yml", 9, "job checks, on pull_request")
    assert verdict(program, [ManifestTarget(path, "script", None, step)]) == expected


@pytest.mark.parametrize(
    ("folder", "name", "expected"),
    [
        ("tests", "test_labels", "realtime"),
        ("testing", "labels", "batchable"),
    ],
)
def test_a_script_runs_tests_where_the_file_is_one_by_its_name_and_folder(folder, name, expected):
    program = {
        f"{folder}/{name}.py": """
            from llm import ask

            def try_labels():
                for text in open("texts.txt"):
                    print(ask(text))  # !
            """,
        "run.py": f"""
            from {folder}.{name} import try_labels

            if __name__ == "__main__":
                try_labels()
            """,
    }
    assert verdict(program) == expected


@pytest.mark.parametrize("program", cases(ONCE))
def test_a_loop_of_a_test_does_not_make_one_call_many(program):
    assert verdict(program) == "realtime"


def reported(folder, program):
    """The verdict and the first way in of each call site, by its place, as `check` reports them."""
    for path, text in files(program).items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(textwrap.dedent(text))
    command = [sys.executable, "-m", "batchlint", "check", "--all-calls", "--output-format", "json", "-e", "."]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    return {
        (site["path"], site["line"]): (site["verdict"], site["contexts"][0]["chain"][0]["what"])
        for site in json.loads(done.stdout)["call_sites"]
    }


HELPER = """
    from llm import ask

    def label(text):
        return ask(text.strip())
    """


def test_what_only_a_test_calls_is_a_tests(tmp_path):
    sites = reported(tmp_path, {"labels.py": HELPER, "tests/test_labels.py": "import labels\nlabels.label('a')\n"})
    assert sites["labels.py", 5] == ("realtime", "tests/test_labels.py calls label")
    assert not any(path.startswith("tests/") for path, _ in sites)


@pytest.mark.parametrize(
    "test",
    [
        "import labels\nassert labels.label is not None\n",
        "import labels\ndef label(text): ...\n",
        "import shop.prices\nshop.prices.label('a')\n",
    ],
    ids=["named only", "another of its name", "of another module"],
)
def test_what_no_test_calls_is_not(tmp_path, test):
    sites = reported(tmp_path, {"labels.py": HELPER, "shop/prices.py": "import llm\n", "tests/test_labels.py": test})
    assert sites["labels.py", 5] == ("unclear", "label, which nothing here calls")


LABELLER = """
    from llm import ask

    class Labeller:
        def label(self, text):
            return self._ask(text.strip())

        def _ask(self, text):
            return ask(text)
    """
LABELLING = """
    from labels import Labeller

    for line in open("texts.txt"):
        print(Labeller().label(line))
    """
TRYING = """
    from labels import Labeller

    def test_label():
        assert Labeller().label("a")
    """


@pytest.mark.parametrize(("test", "is_shown"), [("", False), (TRYING, True)], ids=["a job alone", "a test as well"])
def test_a_call_that_only_leads_on_is_shown_where_its_callers_differ(test, is_shown):
    sites = call_sites({"labels.py": LABELLER, "app.py": LABELLING, "tests/test_labels.py": test})
    verdicts = {(site.path, site.call): str(site.verdict) for site in sites}
    assert verdicts["app.py", "Labeller().label"] == "batchable"
    assert (verdicts.get(("labels.py", "self._ask")) == "batchable") is is_shown


@pytest.mark.parametrize(("place", "expected"), [("tests/talk.py", "batchable"), ("talk.py", "realtime")])
def test_a_dialogue_among_the_tests_is_nobodys(place, expected):
    talk = """
        from label import label

        while True:
            print(label(input("You: ")))
        """
    job = """
        from label import label

        for line in open("products.txt"):
            print(label(line))
        """
    label = """
        from llm import ask

        def label(text):
            return ask(text)  # !
        """
    assert verdict({place: talk, "job.py": job, "label.py": label}) == expected


PROGRAM = {
    "label_tests/labels.py": """
        from llm import ask

        def label(lines):
            return [ask(line) for line in lines]  # !
        """,
    "label_tests/cli.py": """
        from label_tests.labels import label

        if __name__ == "__main__":
            print(label(open("products.txt")))
        """,
}


@pytest.mark.parametrize(("folders", "expected"), [({"label_tests"}, "batchable"), ((), "realtime")])
def test_a_program_whose_folder_is_called_as_tests_are(folders, expected):
    assert verdict(PROGRAM, settings=GraphSettings(programs=frozenset(folders))) == expected


KEEPING = """
    import argparse
    import json
    from llm import ask

    def run(path, out):
        answers = [ask(line) for line in open(path)]
        {keep}

    if __name__ == "__main__":
        parser = argparse.ArgumentParser()
        parser.add_argument("path")
        parser.add_argument("out")
        args = parser.parse_args()
        run(args.path, args.out)
    """
KEPT = 'json.dump(answers, open(out, "w"))'


@pytest.mark.parametrize(
    ("path", "keep", "more", "expected"),
    [
        ("tests/eval_labels.py", KEPT, "", "batchable"),
        ("shop/test_labels.py", KEPT, "", "batchable"),
        ("shop/test_labels.py", "print(answers)", "", "realtime"),
        ("shop/smoke_test.py", KEPT, "", "realtime"),
        ("shop/test_labels.py", KEPT, "\ndef test_labels():\n    run('a', 'b')\n", "realtime"),
    ],
    ids=["in the tests", "called as a test", "to look at", "smoke test", "a test as well"],
)
def test_a_program_with_options_that_keeps_its_answers_is_no_test(tmp_path, path, keep, more, expected):
    sites = reported(tmp_path, {path: textwrap.dedent(KEEPING).format(keep=keep) + more})
    assert sites[path, 7][0] == expected


@pytest.mark.parametrize(
    ("importer", "expected"),
    [
        ("tests/labels.py", "batchable"),
        ("test_labels.py", "batchable"),
        ("unittest_labels.py", "batchable"),
        ("labels_unittest.py", "batchable"),
        ("labels.py", "unclear"),
    ],
)
@pytest.mark.parametrize("line", ["from job import rows", "from job import *"])
def test_a_script_that_only_tests_import_is_started_by_itself(importer, expected, line):
    job = """
        import json
        from llm import ask

        rows = json.load(open("rows.json"))
        for row in rows:
            row["label"] = ask(row["text"])  # !
        json.dump(rows, open("labels.json", "w"))
        """
    assert verdict({"job.py": job, importer: line}) == expected


READING = """
    import json
    from llm import ask

    if __name__ == "__main__":
        lines = {lines}
        answers = []
        for line in lines:
            answers.append(ask(line))
        {keep}
    """
READ, KEPT_HERE = 'json.load(open("test.json"))', 'json.dump(answers, open("labels.json", "w"))'


@pytest.mark.parametrize(
    ("path", "lines", "keep", "more", "expected"),
    [
        ("shop/test_labels.py", READ, KEPT_HERE, "", "batchable"),
        ("shop/test_labels.py", 'open("test.txt").readlines()', KEPT_HERE, "", "batchable"),
        ("shop/test_labels.py", '["a", "b", "c", "d", "e", "f"]', KEPT_HERE, "", "realtime"),
        ("shop/test_labels.py", READ, "print(answers)", "", "realtime"),
        ("shop/test_labels.py", READ, KEPT_HERE, "    assert answers\n", "realtime"),
        ("shop/smoke_test.py", READ, KEPT_HERE, "", "realtime"),
        ("tests/labels.py", READ, KEPT_HERE, "", "realtime"),
    ],
)
def test_a_file_of_items_becomes_one_of_answers_in_no_test(tmp_path, path, lines, keep, more, expected):
    sites = reported(tmp_path, {path: textwrap.dedent(READING).format(lines=lines, keep=keep) + more})
    assert sites[path, 9][0] == expected
