"""Threads that are started and joined, and workers in threads that take items from a queue."""

from __future__ import annotations

from pathlib import Path

import pytest
from fake_provider import Failure, Faults

from .programs import check_noop, check_runs_alike

HEAD = """\
import queue
import threading

import openai
from openai import OpenAI

client = OpenAI(max_retries=0)
TEXTS = ["tea", "cup", "refuse jam", "bun", "tea"]
found = {}
lock = threading.Lock()


def ask(text):
    return client.responses.create(model="gpt-5-mini", input=text).output_text


def look(number, text, words=3):
    try:
        answer = ask(f"{text} in {words} words")
    except openai.BadRequestError as error:
        answer = error.code
    with lock:
        found[number] = answer


"""
SHOW = """
for number in sorted(found):
    print(number, found[number])
"""
THREADS = "threads = [threading.Thread(target=look, args=(n, text){more}) for n, text in enumerate(TEXTS)]\n"
START = "for thread in threads:\n    thread.start()\n"
JOIN = "for thread in threads:\n    thread.join()\n"
WORKER = """
items = queue.Queue({size})


def work():
    while True:
        {take}
        if item is None:
            items.task_done()
            break
        look(*item)
        items.task_done()


threads = [threading.Thread(target=work, daemon=True) for _ in range(3)]
for thread in threads:
    thread.start()
for item in enumerate(TEXTS):
    items.put(item)
{end}"""
SENTINELS = "for _ in threads:\n    items.put(None)\n" + JOIN
CLASS = """
class Pool:
    def __init__(self):
        self.items = queue.Queue()

    def work(self):
        while True:
            try:
                number, text = self.items.get_nowait()
            except queue.Empty:
                return
            look(number, text)

    def run(self):
        for item in enumerate(TEXTS):
            self.items.put(item)
        threads = [threading.Thread(target=self.work) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()


Pool().run()
"""
ALIKE = {
    "a list of threads": THREADS.format(more="") + START + JOIN,
    "keyword arguments": THREADS.format(more=", kwargs={'words': n}") + START + JOIN,
    "two by name": (
        "a = threading.Thread(target=look, args=(1, 'tea'))\nb = threading.Thread(target=look, args=(2, 'cup'))\n"
        "a.start()\nb.start()\na.join()\nb.join()\n"
    ),
    "workers with sentinels": WORKER.format(take="item = items.get()", size="", end=SENTINELS),
    "workers whose queue is joined": WORKER.format(take="item = items.get()", size="", end="items.join()\n"),
    "workers until the queue is empty": CLASS,
    "a queue that is handed over": """
def work(waiting, out):
    while not waiting.empty():
        number, text = waiting.get()
        look(number, text)


waiting = queue.Queue()
for item in enumerate(TEXTS):
    waiting.put(item)
threads = [threading.Thread(target=work, args=(waiting, found)) for _ in range(2)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
""",
}
LEFT = {
    "a variable of the loop that is read late": (
        "threads = []\nfor text in TEXTS:\n    threads.append(threading.Thread(target=lambda: ask(text)))\n"
        + START
        + JOIN
    ),
    "nothing joins": THREADS.format(more="") + START,
    "one after the other": (
        "for n, text in enumerate(TEXTS):\n    thread = threading.Thread(target=look, args=(n, text))\n"
        "    thread.start()\n    thread.join()\n"
    ),
    "a loop that waits": THREADS.format(more="") + START + "while len(found) < 5:\n    pass\n" + JOIN,
    "another thread beside them": (
        THREADS.format(more="") + "other = threading.Thread(target=print)\nother.start()\n" + START + JOIN
    ),
    "a queue of limited size": WORKER.format(take="item = items.get()", size="2", end=SENTINELS),
    "workers that tell of their start": WORKER.format(take="item = items.get()", size="", end=SENTINELS).replace(
        "    while True", "    print('ready')\n    while True"
    ),
}


@pytest.mark.parametrize("name", ALIKE)
def test_programs_run_alike(name: str, tmp_path: Path) -> None:
    check_runs_alike(HEAD + ALIKE[name] + SHOW, tmp_path, faults=Faults(failures=[Failure("refuse")]))


def test_workers_are_told_of_their_queue(tmp_path: Path) -> None:
    source = HEAD + WORKER.format(take="item = items.get()", size="", end=SENTINELS) + SHOW
    text = check_runs_alike(source, tmp_path).rewritten.files["app.py"]
    assert "items=items" in text and "item = next_item(items)" in text


@pytest.mark.parametrize("name", LEFT)
def test_what_shows_when_threads_run_is_left(name: str) -> None:
    assert check_noop(HEAD + LEFT[name] + SHOW) is None
