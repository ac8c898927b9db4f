"""Chains that a function puts together: the prompt that goes into one is what is asked, as an argument is."""

import pytest

from .verdicts import verdict

JOB = """
    import sys
    from langchain.chains import LLMChain
    from langchain_core.output_parsers import StrOutputParser
    from langchain_core.prompts import PromptTemplate
    from langchain_openai import ChatOpenAI

    def answer(prompt, model, retriever):
        llm = ChatOpenAI(model=model)
        chain = {chain}
        return {asked}

    def main():
        for line in open(sys.argv[1]):
            print({call}, file=open(sys.argv[2], "a"))  # !

    if __name__ == "__main__":
        main()
    """
CHAINS = [
    "LLMChain(llm=llm, prompt=prompt)",
    "LLMChain(llm=llm, prompt=PromptTemplate.from_template(prompt))",
    "prompt | llm",
    "prompt | llm | StrOutputParser()",
    "PromptTemplate.from_template(prompt) | llm | StrOutputParser()",
    '{"context": retriever} | PromptTemplate.from_template(prompt) | llm',
]


def job(chain: str, call: str, asked: str = "chain.invoke({'style': 'brief'})") -> str:
    return verdict(JOB.replace("{chain}", chain).replace("{asked}", asked).replace("{call}", call))


@pytest.mark.parametrize("chain", CHAINS)
def test_who_gives_the_prompt_asks(chain: str) -> None:
    assert job(chain, "answer(line, 'gpt-5', None)") == "batchable"


def test_a_chain_that_is_asked_where_it_is_made_has_its_prompt_too() -> None:
    assert job("None", "answer(line, 'm', None)", "(prompt | llm).invoke({'style': 'brief'})") == "batchable"


@pytest.mark.parametrize(
    "chain",
    [
        "LLMChain(llm=llm, prompt=PromptTemplate.from_template('Tell a story.'))",
        "PromptTemplate.from_template('Tell a story.') | llm",
        '{"context": retriever} | PromptTemplate.from_template("Tell a story.") | llm',
    ],
)
def test_who_gives_only_the_model_or_where_to_look_passes_no_prompt_on(chain: str) -> None:
    assert job(chain, "answer(None, 'gpt-5', line)") == "none"


def test_who_waits_for_a_chain_waits() -> None:
    page = JOB.replace("{chain}", CHAINS[2]).replace("{asked}", "chain.invoke({'style': 'brief'})")
    page = page.replace("{call}", "answer(line, 'gpt-5', None)").replace("import sys", "import sys, streamlit as st")
    assert verdict(page.replace("print(", "st.write(")) == "realtime"
