"""Requests of a loop that say which conversation they go on with: all with one, or each with its own."""

import pytest

from .verdicts import verdict

JOB = """
    import sys
    import uuid
    from langchain_openai import ChatOpenAI
    from langgraph.checkpoint.memory import MemorySaver
    from langgraph.graph import END, START, StateGraph
    from llm import ask

    def answer(state):
        return {"said": ChatOpenAI(model="gpt-5").invoke(state["text"])}

    builder = StateGraph(dict)
    builder.add_node("answer", answer)
    builder.add_edge(START, "answer")
    builder.add_edge("answer", END)
    graph = builder.compile(checkpointer=MemorySaver())
    THREAD = "nightly"

    def chat(text, thread_id):
        return ask(text)

    def main():
        thread = str(uuid.uuid4())
        <before>
        for number, line in enumerate(open(sys.argv[1])):
            <inside>
            said = <call>  # !
            print(said, file=open(sys.argv[2], "a"))

    if __name__ == "__main__":
        main()
    """


def job(
    config: str, before: str = "pass", inside: str = "pass", call: str = 'graph.invoke({"text": line}, <config>)'
) -> str:
    source = JOB
    for name, text in {"call": call, "config": config, "before": before, "inside": inside}.items():
        source = source.replace(f"<{name}>", text)
    return verdict(source)


BY = 'config={"configurable": {"thread_id": %s}}'


@pytest.mark.parametrize("thread", ['"1"', "thread", "THREAD", 'f"run-{thread}"'])
def test_one_conversation_for_all_goes_on_with_each_answer(thread: str) -> None:
    assert job(BY % thread) == "realtime"
    assert job("config=config", before=f'config = {{"configurable": {{"thread_id": {thread}}}}}') == "realtime"
    assert job("config=config", inside=f'config = {{"configurable": {{"thread_id": {thread}}}}}') == "realtime"
    assert job("", call=f"chat(line, thread_id={thread})") == "realtime"


@pytest.mark.parametrize("thread", ["str(number)", 'f"run-{number}"', "str(uuid.uuid4())", "own", "None"])
def test_a_conversation_of_its_own_knows_of_no_other(thread: str) -> None:
    own = "own = str(uuid.uuid4())"
    assert job(BY % thread, inside=own) == "batchable"
    assert job("config=config", inside=f'{own}; config = {{"configurable": {{"thread_id": {thread}}}}}') == "batchable"
    assert job("", inside=own, call=f"chat(line, thread_id={thread})") == "batchable"


def test_a_session_may_be_that_of_a_log() -> None:
    assert job('config={"configurable": {"session_id": "1"}}') == "realtime"
    assert job('config={"metadata": {"session_id": "1"}}') == "batchable"
