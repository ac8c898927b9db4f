"""A factory whose returns depend on what the call gives it, or leaves to a default."""

import pytest

from .verdicts import verdict

FACTORY = """
    from langchain.agents import AgentType, initialize_agent
    from langchain_ollama import ChatOllama
    from langchain_openai import ChatOpenAI

    class Models:
        def __init__(self, tools=()):
            self.plain = ChatOpenAI(model="gpt-5")
            self.agent = initialize_agent(tools, self.plain, agent=AgentType.ZERO_SHOT_REACT_DESCRIPTION)

        def get(self, search: bool = False):
            if search:
                return self.agent
            return self.plain

        def pick(self, search=False):
            return self.agent if search else self.plain

    def model(kind, local=None):
        if local is not None:
            return ChatOllama(model=local)
        if kind.lower() in ("openai", "gpt"):
            return ChatOpenAI(model="gpt-5")
        elif kind == "agent":
            return Models().agent
        else:
            with open(kind) as file:
                return ChatOllama(model=file.read())

    def main(options):
        llm = {made}
        with open("answers.txt", "a") as out:
            for line in open("questions.txt"):
                out.write(llm.invoke(line).content)  # !

    if __name__ == "__main__":
        import sys
        main(sys.argv)
    """


@pytest.mark.parametrize("made", ["Models().get()", "Models().get(search=False)", "Models().pick()", 'model("OpenAI")'])
def test_what_the_call_leaves_out_is_not_what_it_gets(made: str) -> None:
    assert verdict(FACTORY.format(made=made)) == "batchable"


@pytest.mark.parametrize(
    "made",
    ["Models().get(True)", "Models().pick(search=True)", 'model("agent")', "Models().get(search=options[1])"],
)
def test_what_it_asks_for_or_may_ask_for_counts(made: str) -> None:
    assert verdict(FACTORY.format(made=made)) == "realtime"


@pytest.mark.parametrize("made", ['model("path.txt")', 'model("openai", "llama")', 'model("openai", local="llama")'])
def test_what_is_local_is_no_hosted_model(made: str) -> None:
    assert verdict(FACTORY.format(made=made)) == "none"


def test_a_parameter_that_is_bound_again_tells_nothing() -> None:
    source = FACTORY.replace(
        "            if search:", "            search = search or self.wanted\n            if search:"
    )
    assert verdict(source.format(made="Models().get()")) == "realtime"
