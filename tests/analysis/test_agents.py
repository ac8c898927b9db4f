"""Agents: a tool or a node runs while its agent waits; the same function in a script over a collection does not."""

import pytest

from .verdicts import cases, is_waited_for, verdict

LIVE = {
    "langchain_middleware_before_the_agent": """
        from langchain.agents.middleware import AgentMiddleware
        from llm import aask

        class Guard(AgentMiddleware):
            async def abefore_agent(self, state, runtime):
                return {"verdict": await aask(state["messages"][-1].content)}  # !
        """,
    "mcp_fastmcp": """
        from mcp.server.fastmcp import FastMCP
        from llm import ask

        mcp = FastMCP("labels")

        @mcp.tool()
        def label(texts: list[str]) -> list[str]:
            return [ask(text) for text in texts]  # !
        """,
    "mcp_standalone_fastmcp": """
        from fastmcp import FastMCP
        from llm import ask

        mcp = FastMCP("labels")

        @mcp.tool
        def label(texts: list[str]) -> list[str]:
            return [ask(text) for text in texts]  # !
        """,
    "mcp_registered_in_a_function": """
        from fastmcp import FastMCP
        from llm import ask

        def register(app: FastMCP):
            @app.tool(name="label")
            def label(texts: list[str]) -> list[str]:
                return [ask(text) for text in texts]  # !
        """,
    "mcp_low_level": """
        from mcp.server import Server
        from llm import aask

        server = Server("labels")

        @server.call_tool()
        async def call(name, arguments):
            return [await aask(text) for text in arguments["texts"]]  # !
        """,
    "langchain_tool": """
        from langchain_core.tools import tool
        from llm import ask

        @tool
        def label(texts: list[str]) -> list[str]:
            "Label texts."
            return [ask(text) for text in texts]  # !
        """,
    "langchain_base_tool": """
        from langchain.tools import BaseTool
        from llm import ask

        class Label(BaseTool):
            def _run(self, texts):
                return [ask(text) for text in texts]  # !
        """,
    "langchain_structured_tool": """
        from langchain_core.tools import StructuredTool
        from llm import ask

        def label(texts):
            return [ask(text) for text in texts]  # !

        tool = StructuredTool.from_function(func=label, name="label")
        """,
    "langgraph_node": """
        from langgraph.graph import StateGraph
        from llm import ask

        def label(state):
            return {"labels": [ask(text) for text in state["texts"]]}  # !

        graph = StateGraph(dict)
        graph.add_node("label", label)
        """,
    "langgraph_route": """
        from langgraph.graph import START, StateGraph
        from llm import ask

        class Workflow:
            def build(self):
                graph = StateGraph(dict)
                graph.add_conditional_edges(START, self.choose)
                return graph.compile()

            def choose(self, state):
                return [ask(text) for text in state["texts"]]  # !
        """,
    "langgraph_loop_in_a_script": """
        from langgraph.graph import END, START, StateGraph
        from llm import ask

        def draft(state):
            return {"draft": ask(state["text"] + state["review"])}  # !

        def review(state):
            return {"review": state["draft"][:80]}

        def after(state):
            return END if state["review"] else "draft"

        builder = StateGraph(dict)
        builder.add_node("draft", draft)
        builder.add_node("review", review)
        builder.add_edge(START, "draft")
        builder.add_edge("draft", "review")
        builder.add_conditional_edges("review", after)
        graph = builder.compile()

        if __name__ == "__main__":
            for line in open("products.txt"):
                graph.invoke({"text": line, "review": ""})
        """,
    "langgraph_step_says_where_to_go": """
        from langgraph.graph import START, StateGraph
        from langgraph.types import Command
        from llm import ask

        def draft(state):
            return {"draft": ask(state["text"])}  # !

        def review(state):
            return Command(goto="draft" if not state["draft"] else "__end__")

        builder = StateGraph(dict)
        builder.add_node(draft)
        builder.add_node(review)
        builder.add_edge(START, "draft")
        builder.add_edge("draft", "review")
        graph = builder.compile()

        if __name__ == "__main__":
            for line in open("products.txt"):
                graph.invoke({"text": line})
        """,
    "langgraph_pipeline_behind_a_route": """
        from fastapi import FastAPI
        from langgraph.graph import END, START, StateGraph
        from llm import ask

        app = FastAPI()

        def label(state):
            return {"labels": [ask(text) for text in state["texts"]]}  # !

        def build():
            builder = StateGraph(dict)
            builder.add_node("label", label)
            builder.add_edge(START, "label")
            builder.add_edge("label", END)
            return builder.compile()

        @app.post("/labels")
        def labels(texts: list[str]):
            return build().invoke({"texts": texts})
        """,
    "crewai_tool": """
        from crewai.tools import BaseTool
        from llm import ask

        class Label(BaseTool):
            def _run(self, texts: list) -> list:
                return [ask(text) for text in texts]  # !
        """,
    "pydantic_ai_tool": """
        from pydantic_ai import Agent
        from llm import ask

        agent = Agent("openai:gpt-5")

        @agent.tool_plain
        def label(texts: list[str]) -> list[str]:
            return [ask(text) for text in texts]  # !
        """,
    "openai_agents_tool": """
        from agents import function_tool
        from llm import ask

        @function_tool
        def label(texts: list[str]) -> list[str]:
            return [ask(text) for text in texts]  # !
        """,
    "autogen_tool": """
        from autogen import AssistantAgent, register_function
        from llm import ask

        def label(texts: list[str]) -> list[str]:
            return [ask(text) for text in texts]  # !

        caller, executor = AssistantAgent("a"), AssistantAgent("b")
        register_function(label, caller=caller, executor=executor, description="label")
        """,
    "semantic_kernel": """
        from semantic_kernel.functions import kernel_function
        from llm import ask

        class Plugin:
            @kernel_function(name="label")
            def label(self, texts: list[str]) -> list[str]:
                return [ask(text) for text in texts]  # !
        """,
    "smolagents": """
        from smolagents import Tool
        from llm import ask

        class Label(Tool):
            def forward(self, texts):
                return [ask(text) for text in texts]  # !
        """,
    "llama_index_tool": """
        from llama_index.core.tools import FunctionTool
        from llm import ask

        def label(texts: list[str]) -> list[str]:
            return [ask(text) for text in texts]  # !

        tool = FunctionTool.from_defaults(fn=label)
        """,
    "adk_tool": """
        from google.adk.agents import Agent
        from llm import ask

        def label(texts: list[str]) -> list[str]:
            return [ask(text) for text in texts]  # !

        root_agent = Agent(name="labels", model="gemini", tools=[label])
        """,
    "claude_agent_tool": """
        from claude_agent_sdk import tool
        from llm import aask

        @tool("label", "Labels texts", {"texts": list})
        async def label(args):
            return [await aask(text) for text in args["texts"]]  # !
        """,
    "dspy_react": """
        import dspy
        from llm import ask

        def label(texts: list[str]) -> list[str]:
            return [ask(text) for text in texts]  # !

        agent = dspy.ReAct("question -> answer", tools=[label])
        """,
    "a2a_executor": """
        from a2a.server.agent_execution import AgentExecutor
        from llm import aask

        class Labels(AgentExecutor):
            async def execute(self, context, event_queue):
                for line in context.lines:
                    await event_queue.enqueue_event(await aask(line))  # !
        """,
}

OFFLINE = {
    "mcp_client_in_a_script": """
        import asyncio
        from fastmcp import Client
        from llm import aask

        async def main():
            async with Client("server.py") as client:
                for resource in await client.list_resources():
                    print(await aask(resource.name))  # !

        asyncio.run(main())
        """,
    "function_that_is_no_tool": """
        from langchain_core.tools import tool
        from llm import ask

        @tool
        def look_up(name: str) -> str:
            "Look up a product."
            return open(name).read()

        def label(texts):
            return [ask(text) for text in texts]  # !

        if __name__ == "__main__":
            label(open("products.txt"))
        """,
    "chain_without_an_agent": """
        from langchain_openai import ChatOpenAI

        llm = ChatOpenAI(model="gpt-5")

        if __name__ == "__main__":
            for line in open("products.txt"):
                print(llm.invoke(line))  # !
        """,
    "langgraph_pipeline_in_a_script": {
        "steps.py": """
            from langgraph.graph import END, START, StateGraph
            from llm import ask

            class Labels:
                def __init__(self):
                    self.graph = self.build()

                def build(self):
                    builder = StateGraph(dict)
                    builder.add_node("label", self.label)
                    builder.add_node("store", self.store)
                    builder.add_edge(START, "label")
                    builder.add_conditional_edges("label", self.is_known, {True: "store", False: END})
                    return builder.compile()

                def label(self, state):
                    return {"label": ask(state["text"])}  # !

                def is_known(self, state):
                    return bool(state["label"])

                def store(self, state):
                    return {}

                def run(self, text):
                    return self.graph.invoke({"text": text})
            """,
        "job.py": """
            from steps import Labels

            if __name__ == "__main__":
                labels = Labels()
                for line in open("products.txt"):
                    print(labels.run(line))
            """,
    },
    "langgraph_branch_that_starts_a_step_per_item": """
        from langgraph.graph import START, StateGraph
        from langgraph.types import Send
        from llm import ask

        def label(state):
            return {"label": ask(state["text"])}  # !

        def spread(state):
            return [Send("label", {"text": text}) for text in state["texts"]]

        builder = StateGraph(dict)
        builder.add_node("label", label)
        builder.add_conditional_edges(START, spread)

        if __name__ == "__main__":
            builder.compile().invoke({"texts": open("products.txt").readlines()})
        """,
    "langgraph_pipeline_in_a_pipeline": """
        from langgraph.graph import START, StateGraph
        from llm import ask

        def label(state):
            return {"label": ask(state["text"])}  # !

        inner = StateGraph(dict)
        inner.add_node("label", label)
        inner.add_edge(START, "label")

        outer = StateGraph(dict)
        outer.add_node("labels", inner.compile())
        outer.add_edge(START, "labels")
        graph = outer.compile()

        if __name__ == "__main__":
            for line in open("products.txt"):
                graph.invoke({"text": line})
        """,
    "dspy_predictor_over_a_data_set": """
        import dspy

        label = dspy.Predict("text -> label")

        if __name__ == "__main__":
            for line in open("products.txt"):
                print(label(text=line))  # !
        """,
    "dspy_module_below_one_of_the_library's": """
        import dspy
        from dspy.predict.multi_chain_comparison import MultiChainComparison

        class Label(MultiChainComparison):
            def forward(self, text):
                return self.predict(text=text)

        label = Label("text -> label")

        if __name__ == "__main__":
            for line in open("products.txt"):
                print(label(text=line))  # !
        """,
}


@pytest.mark.parametrize("program", cases(LIVE))
def test_an_agent_waits_for_its_tools_and_nodes(program):
    assert is_waited_for(program)


@pytest.mark.parametrize("program", cases(OFFLINE))
def test_no_agent_no_wait(program):
    assert verdict(program) == "batchable"


RUN = """
    from agents import Agent, Runner, function_tool

    @function_tool
    def weather(city):
        return "fine"

    def made(**more):
        return Agent(name="labels", instructions="Answer.", {more})

    {runner}

    if __name__ == "__main__":
        for line in open("questions.txt"):
            print(Runner.run_sync(agent, line))  # !
    """


@pytest.mark.parametrize(
    ("more", "runner", "expected"),
    [
        ("output_type=str", "agent = made()", "batchable"),
        ("tools=[]", "agent = made()", "batchable"),
        ("tools=[weather]", "agent = made()", "realtime"),
        ("handoffs=experts()", "agent = made()", "realtime"),
        ("**more", "agent = made()", "realtime"),
        ("output_type=str", "from elsewhere import agent", "realtime"),
    ],
)
def test_a_run_of_an_agent_with_tools_is_a_chain_of_answers_even_in_a_script(more, runner, expected):
    assert verdict(RUN.format(more=more, runner=runner)) == expected


WRAPPED_RUN = """
    from agents import Agent, Runner, function_tool

    @function_tool
    def weather(city):
        return "fine"

    class Wrapper:
        def __init__(self, instructions, tools=None, model="m"):
            {changed}
            self.agent = Agent(name="labels", instructions=instructions, tools=tools or [], model=model)

    def labeller(tools=()):
        return {labeller}

    def other():
        return {other}

    if __name__ == "__main__":
        wrapper = labeller()
        for line in open("questions.txt"):
            print(Runner.run_sync(wrapper.agent, line))  # !
    """


@pytest.mark.parametrize(
    ("labeller", "other", "changed", "expected"),
    [
        ("Wrapper('Label.')", "Wrapper('Sort.', [])", "pass", "batchable"),
        ("Wrapper('Label.', tools=[], model='n')", "Wrapper('Sort.', None)", "pass", "batchable"),
        ("Wrapper('Label.', tools)", "None", "pass", "batchable"),
        ("Wrapper('Label.', [weather])", "None", "pass", "realtime"),
        ("Wrapper('Label.')", "Wrapper('Sort.', tools=[weather])", "pass", "realtime"),
        ("Wrapper('Label.')", "Wrapper('Sort.', **options())", "pass", "realtime"),
        ("Wrapper('Label.', [])", "None", "tools.append(weather)", "realtime"),
        ("Wrapper('Label.')", "None", "tools = [weather]", "realtime"),
    ],
)
def test_a_class_around_an_agent_gives_it_the_tools_that_its_own_makers_give(labeller, other, changed, expected):
    assert verdict(WRAPPED_RUN.format(labeller=labeller, other=other, changed=changed)) == expected


ADK_RUN = """
    import asyncio
    {imported}

    runner = Runner(agent=agent, app_name="labels", session_service=sessions)

    async def label(line):
        async for event in runner.run_async(user_id="me", session_id="one", new_message=line):  # !
            print(event)

    for line in open("questions.txt"):
        asyncio.run(label(line))
    """


@pytest.mark.parametrize(
    ("imported", "expected"),
    [
        ("from google.adk.runners import Runner", "realtime"),
        ("from google.adk import Runner", "realtime"),
        ("from pipelines import Runner", "none"),
    ],
)
def test_a_runner_keeps_what_was_said(imported, expected):
    assert verdict(ADK_RUN.format(imported=imported)) == expected


CLAUDE_CODE = """
    import anyio
    {imported}

    async def fix(line):
        async for message in query(prompt=line):  # !
            print(message)

    for line in open("bugs.txt"):
        anyio.run(fix, line)
    """


@pytest.mark.parametrize(
    ("imported", "expected"),
    [("from claude_agent_sdk import query", "realtime"), ("from database import query", "none")],
)
def test_claude_code_is_an_agent(imported, expected):
    assert verdict(CLAUDE_CODE.format(imported=imported)) == expected


OWN_RUN = """
    from pydantic_ai import Agent

    agent = Agent("openai:gpt-5", instructions="Answer."{more})
    other = Agent("openai:gpt-5", tools=[print])

    {decorator}
    def weather(context, city):
        return "fine"

    if __name__ == "__main__":
        for line in open("questions.txt"):
            print(agent.run_sync(line))  # !
    """


@pytest.mark.parametrize(
    ("more", "decorator", "expected"),
    [
        ("", "@other.tool", "batchable"),
        ("", "@agent.tool", "realtime"),
        ("", "@agent.tool_plain(retries=2)", "realtime"),
        (", tools=[print]", "@other.tool", "realtime"),
    ],
)
def test_an_agent_that_is_given_tools_asks_again_with_what_they_gave(more, decorator, expected):
    assert verdict(OWN_RUN.format(more=more, decorator=decorator)) == expected


AGENT_OF_ITS_OWN = """
    from openai import OpenAI

    client = OpenAI()

    def complete(messages, tool_executor=None):
        answer = client.chat.completions.create(model="gpt-5", messages=messages)
        return answer if tool_executor is None else follow(messages, answer, tool_executor)

    def follow(messages, answer, tool_executor):
        while answer.choices[0].message.tool_calls:
            messages = [*messages, tool_executor(answer)]
            answer = client.chat.completions.create(model="gpt-5", messages=messages)
        return answer

    def look_up(answer):
        return {{"role": "tool", "content": "none"}}

    if __name__ == "__main__":
        for line in open("questions.txt"):
            complete([{{"role": "user", "content": line}}]{tools})  # !
    """


@pytest.mark.parametrize(
    ("tools", "expected"),
    [("", "batchable"), (", tool_executor=None", "batchable"), (", tool_executor=look_up", "realtime")],
)
def test_a_project_s_own_agent_is_known_by_what_runs_its_tools(tools, expected):
    assert verdict(AGENT_OF_ITS_OWN.format(tools=tools)) == expected


ROUNDS = """
    from llm import ask

    def answered(question, run):
        messages = [{{"role": "user", "content": question}}]
        for _ in range(4):
            answer = ask(messages)  # !
            if not answer.tool_calls:
                break
            messages.append({{"role": "{role}", {mark}"content": run(answer)}})
        return answer

    if __name__ == "__main__":
        for line in open("questions.txt"):
            print(answered(line, str))
    """


@pytest.mark.parametrize(
    ("role", "mark", "expected"),
    [("tool", '"tool_call_id": answer.id, ', "realtime"), ("user", "", "batchable")],
)
def test_rounds_in_which_tools_run_are_an_agent_s(role, mark, expected):
    assert verdict(ROUNDS.format(role=role, mark=mark)) == expected


OPENED = """
    from llm import ask

    def answered(question, run):
        messages = [{{"role": "user", "content": question}}]
        answer = ask({first})  # !
        while answer.tool_calls:
            messages.append({{"role": "tool", {mark}"content": run(answer)}})
            answer = ask(messages)
        return answer

    if __name__ == "__main__":
        for line in open("questions.txt"):
            print(answered(line, str))
    """


@pytest.mark.parametrize(
    ("first", "mark", "expected"),
    [
        ("messages", '"tool_call_id": answer.id, ', "realtime"),
        ("messages", "", "batchable"),
        ("question", '"tool_call_id": answer.id, ', "batchable"),
    ],
)
def test_the_request_before_the_rounds_in_which_tools_run_is_the_agent_s_first(first, mark, expected):
    assert verdict(OPENED.format(first=first, mark=mark)) == expected


ENDED = """
    from openai import OpenAI

    client = OpenAI()

    def answered(question, run, tools):
        messages = [{{"role": "user", "content": question}}]
        for _ in range(9):
            answer = client.chat.completions.create(model="m", messages=messages{offered})
            if not answer.wants_more:
                return answer
            messages.append({{"role": "user", {mark}"content": run(answer)}})
        return client.chat.completions.create(model="m", messages={last})  # !

    if __name__ == "__main__":
        for line in open("questions.txt"):
            print(answered(line, str, []))
    """


@pytest.mark.parametrize(
    ("offered", "mark", "last", "expected"),
    [
        (", tools=tools", "", "messages", "realtime"),
        ("", '"tool_call_id": answer.id, ', "messages", "realtime"),
        ("", "", "messages", "batchable"),
        (", tools=tools", "", "[question]", "batchable"),
    ],
)
def test_the_request_after_the_rounds_in_which_tools_run_is_the_agent_s_last(offered, mark, last, expected):
    assert verdict(ENDED.format(offered=offered, mark=mark, last=last)) == expected


TOOL_OUTPUTS = """
    from openai import OpenAI

    client = {client}

    for run in open("runs.txt"):
        client.beta.threads.runs.submit_tool_outputs_and_poll(thread_id="t", run_id=run, tool_outputs=[])  # !
    """


@pytest.mark.parametrize(("client", "expected"), [("OpenAI()", "realtime"), ("Threads()", "none")])
def test_what_a_tool_gave_goes_into_the_next_request(client, expected):
    assert verdict(TOOL_OUTPUTS.format(client=client)) == expected


ADAPTERS = """
    import sys
    from claude_agent_sdk import query
    from openai import OpenAI

    class Chat:
        def ask(self, line):
            return self.send(line)

        def send(self, line):
            {chat}

    class Agent:
        def ask(self, line):
            return query(prompt=line)

    adapter = {"chat": Chat, "agent": Agent}[sys.argv[1]]()
    for line in open("lines.txt"):
        print(adapter.ask(line))  # !
    """


@pytest.mark.parametrize(
    ("chat", "expected"),
    [
        ("return OpenAI().responses.create(model='gpt-5', input=line)", "batchable"),
        ("return query(prompt=line)", "realtime"),
    ],
)
def test_of_several_adapters_that_a_loop_may_call_one_that_can_wait_decides(chat, expected):
    assert verdict(ADAPTERS.replace("{chat}", chat)) == expected


GIVEN_FUNCTIONS = """
from google import genai
from google.genai import types

client = genai.Client()

def look_up(name: str) -> str:
    return open(name).read()

if __name__ == "__main__":
    for line in open("products.txt"):
        options = {options}
        print(client.models.generate_content(model="gemini", contents=line, config=options))  # !
"""


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ("types.GenerateContentConfig(tools=[look_up])", "realtime"),
        ('{"tools": [look_up]}', "realtime"),
        (
            "types.GenerateContentConfig(tools=[look_up], "
            "automatic_function_calling=types.AutomaticFunctionCallingConfig(maximum_remote_calls=5))",
            "realtime",
        ),
        (
            "types.GenerateContentConfig(tools=[look_up], "
            "automatic_function_calling=types.AutomaticFunctionCallingConfig(disable=True))",
            "batchable",
        ),
        ("types.GenerateContentConfig(tools=[types.Tool(google_search=types.GoogleSearch())])", "batchable"),
        ("types.GenerateContentConfig(tools=[])", "batchable"),
        ("types.GenerateContentConfig(temperature=0)", "batchable"),
    ],
)
def test_an_sdk_that_runs_the_functions_it_is_given_asks_again_with_what_they_gave(options, expected):
    assert verdict(GIVEN_FUNCTIONS.format(options=options)) == expected


OPTIMIZED = """
    import json
    import dspy
    from dspy.teleprompt import {optimizer}
    from texts import score

    def read(path):
        return [dspy.Example(**row) for row in json.load(open(path))]

    if __name__ == "__main__":
        label = {optimizer}(metric=score).compile(dspy.Predict("text -> label"), trainset=read("train.json")){compiled}
        print([{called}(text=each.text) for each in read("test.json")]){used}
    """


@pytest.mark.parametrize(("optimizer", "expected"), [("MIPROv2", "realtime"), ("BootstrapFewShot", "batchable")])
def test_an_optimizer_that_searches_needs_the_scores_of_the_last_trials(optimizer: str, expected: str) -> None:
    source = OPTIMIZED.format(optimizer=optimizer, called="label", compiled="  # !", used="")
    assert verdict(source) == expected


@pytest.mark.parametrize(("called", "expected"), [("label", "batchable"), ("dict", "none")])
def test_what_an_optimizer_gives_asks_as_what_it_was_given(called: str, expected: str) -> None:
    assert verdict(OPTIMIZED.format(optimizer="MIPROv2", called=called, compiled="", used="  # !")) == expected
