"""Loggers that write to stdout: their lines stay where they were among those that are printed."""

from __future__ import annotations

from pathlib import Path

import pytest

from .programs import check_runs_alike, rewrite

ASK = """\
for name in ("httpx", "httpx2", "asyncio"):
    logging.getLogger(name).setLevel(logging.WARNING)
log = logging.getLogger("job")
client = OpenAI()


def ask(text):
    log.info("asking %s", text)
    answer = client.responses.create(model="gpt-5-mini", input=text)
    log.warning("answered %s", text)
    return answer.output_text


"""
LOOP = """\
def main(texts):
    for text in texts:
        print("begin", text)
        log.info("got %s", ask(text))
        print("end", text)
    log.info("done")


main(["a", "b", "c", "b"])
"""
SET_UP = {
    "basicConfig": 'logging.basicConfig(level=logging.INFO, stream=sys.stdout, format="%(levelname)s %(message)s")\n',
    "a handler of the root": (
        "logging.getLogger().addHandler(logging.StreamHandler(sys.stdout))\nlogging.getLogger().setLevel(logging.INFO)\n"
    ),
    "a handler of one logger": (
        'handler = logging.StreamHandler(stream=sys.stdout)\nhandler.setFormatter(logging.Formatter("> %(message)s"))\n'
        'logging.getLogger("job").addHandler(handler)\nlogging.getLogger("job").setLevel("INFO")\n'
    ),
    "a mapping": (
        "import logging.config\n\nlogging.config.dictConfig({'version': 1, 'handlers': {'out': {'class': "
        "'logging.StreamHandler', 'stream': 'ext://sys.stdout'}}, 'root': {'level': 'INFO', 'handlers': ['out']}})\n"
    ),
}
COROUTINES = """\
asking = AsyncOpenAI()


async def told(text):
    log.info("asking %s", text)
    answer = await asking.responses.create(model="gpt-5-mini", input=text)
    return answer.output_text


async def main(texts):
    for text in texts:
        print("begin", text)
        log.info("got %s", await told(text))


asyncio.run(main(["a", "b", "c"]))
"""


def program(name: str, body: str) -> str:
    imports = "import asyncio\nimport logging\nimport sys\n\nfrom openai import AsyncOpenAI, OpenAI\n\n"
    return imports + SET_UP[name] + ASK + body


@pytest.mark.parametrize("body", [LOOP, COROUTINES], ids=["a loop", "a loop of a coroutine"])
@pytest.mark.parametrize("name", SET_UP)
def test_lines_of_loggers_stay_where_they_were(name: str, body: str, tmp_path: Path) -> None:
    alike = check_runs_alike(program(name, body), tmp_path)
    assert alike.before.ended.code == 0, alike.before.ended
    assert "logs_in_turn" in alike.rewritten.files["llm_batch.py"]


def test_the_helper_knows_of_loggers_only_where_they_write_to_stdout() -> None:
    quiet = program("basicConfig", LOOP).replace("stream=sys.stdout, ", "")
    assert "logs_in_turn" not in rewrite(quiet).files["llm_batch.py"]
