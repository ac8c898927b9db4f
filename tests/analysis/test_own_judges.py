"""A harness that is only given the project's own judges, or such as count words, asks no model itself."""

import pytest

from .verdicts import call_sites, verdict

AZURE = """
from azure.ai.evaluation import F1ScoreEvaluator, RelevanceEvaluator, evaluate

def exact(*, response, ground_truth):
    return {{"exact": response == ground_truth}}

class Length:
    def __call__(self, *, response, **more):
        return {{"length": len(response)}}

JUDGES = {judges}

if __name__ == "__main__":
    evaluate(data="cases.jsonl", evaluators={given})  # !
"""
OPIK = """
from opik import Opik
from opik.evaluation import evaluate
from opik.evaluation.metrics import Contains, Equals, Hallucination

if __name__ == "__main__":
    dataset = Opik().get_dataset("cases")
    evaluate(dataset=dataset, task=lambda case: case, scoring_metrics={metrics})  # !
"""


@pytest.mark.parametrize(
    ("judges", "given", "expected"),
    [
        ("{}", '{"exact": exact}', "none"),
        ("{}", '{"exact": exact, "length": Length(), "f1": F1ScoreEvaluator()}', "none"),
        ('{"exact": exact}', "JUDGES", "none"),
        ("{}", '{"exact": exact, "relevance": RelevanceEvaluator({})}', "batchable"),
        ('{"relevance": RelevanceEvaluator({})}', "JUDGES", "batchable"),
        ("load()", "JUDGES", "batchable"),
        ("load()", '{"exact": exact, **JUDGES}', "batchable"),
    ],
)
def test_a_harness_asks_where_one_of_its_judges_does(judges: str, given: str, expected: str) -> None:
    assert verdict(AZURE.format(judges=judges, given=given)) == expected


@pytest.mark.parametrize(
    ("metrics", "expected"),
    [("[Equals(), Contains()]", "none"), ("[Equals(), Hallucination()]", "batchable"), ("metrics()", "batchable")],
)
def test_metrics_that_compare_texts_ask_nothing(metrics: str, expected: str) -> None:
    assert verdict(OPIK.format(metrics=metrics)) == expected


def test_a_judge_of_the_project_s_own_that_asks_is_told_itself() -> None:
    program = """
        from azure.ai.evaluation import evaluate
        from llm import ask

        def kind(*, response):
            return ask(response)  # !

        if __name__ == "__main__":
            evaluate(data="cases.jsonl", evaluators={"kind": kind})
        """
    assert {site.path for site in call_sites(program)} == {"app.py", "llm.py"}
