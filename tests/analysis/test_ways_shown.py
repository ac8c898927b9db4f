"""Which way in, and which of several models, a call site tells of first."""

from .verdicts import marked

SHORT_AND_LONG = {
    "llm.py": """
        from openai import OpenAI

        client = OpenAI()

        def ask(text):
            return client.responses.create(model="gpt-5", input=text)  # !
        """,
    "a_probe.py": """
        from llm import ask

        if __name__ == "__main__":
            print(ask("Which of these topics matter? " + open("topics.txt").read()))
        """,
    "z_labels.py": """
        from llm import ask

        def label(row):
            return clean(ask(row))

        def clean(answer):
            return answer.output_text.strip()

        def run():
            with open("labels.txt", "w") as out:
                for row in open("rows.txt"):
                    out.write(label(row))

        if __name__ == "__main__":
            run()
        """,
}


def test_the_way_through_the_loop_is_told_before_a_shorter_one() -> None:
    site = marked(SHORT_AND_LONG)
    assert site is not None
    assert [context.chain[0].path for context in site.contexts] == ["z_labels.py", "a_probe.py"]
    many = next(factor for factor in site.factors if factor.name == "many")
    assert (many.path, many.line) in {(step.path, step.line) for step in site.contexts[0].chain}
    assert next(f for f in site.factors if f.name == "script").path == "z_labels.py"


MODELS = """
    import sys
    from anthropic import Anthropic
    from openai import OpenAI

    class First:
        def __init__(self):
            self.client = {first}

        def ask(self, text):
            return self.client.chat.completions.create(model="m", messages=[{{"role": "user", "content": text}}])

    class Second:
        def __init__(self):
            self.client = {second}

        def ask(self, text):
            return self.client.chat.completions.create(model="m", messages=[{{"role": "user", "content": text}}])

    MODELS = {{"first": First, "second": Second}}

    def main(name):
        model = MODELS[name]()
        with open("answers.txt", "w") as out:
            for line in open("questions.txt"):
                out.write(str(model.ask(line)))  # !

    if __name__ == "__main__":
        main(sys.argv[1])
    """
NO_TIER = 'OpenAI(base_url="https://api.deepseek.com/v1")'


def test_a_model_with_a_batch_tier_speaks_before_one_without() -> None:
    for first, second in (("OpenAI()", NO_TIER), (NO_TIER, "OpenAI()")):
        site = marked(MODELS.format(first=first, second=second))
        assert site is not None
        assert (site.provider, str(site.verdict)) == ("openai", "batchable")


def test_where_none_has_one_the_first_speaks() -> None:
    site = marked(MODELS.format(first=NO_TIER, second='OpenAI(base_url="https://openrouter.ai/api/v1")'))
    assert site is not None
    assert site.provider == "deepseek"


EVALUATION = """
    from llm import ask

    def evaluate(dataset):
        return [ask(row) for row in dataset]  # !
    """


def test_a_habit_of_naming_is_told_in_words() -> None:
    site = marked(EVALUATION)
    assert site is not None
    assert [context.chain[0].what for context in site.contexts] == ["evaluate (an evaluation by its name and data set)"]
    site = marked({"run_eval.py": "from llm import ask\nfor row in open('rows.txt'):\n    print(ask(row))  # !"})
    assert site is not None
    assert "run_eval.py (an evaluation by its name)" in {context.chain[0].what for context in site.contexts}
