"""What generators and pools do between their requests comes out as the loop or the pool would have done it."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from fake_provider import Failure, FakeProvider, Faults

from runtime.programs import Program

HEAD = """
from openai import OpenAI, BadRequestError
from llm_batch import each, in_turn, realtime, request, run_batch

client = OpenAI()
def ask(text):
    answer = yield request(
        client.chat.completions.create, model="gpt-4o-mini", messages=[{"role": "user", "content": text}]
    )
    return answer.choices[0].message.content.split(" ", 1)[1]
"""


def run(folder: Path, body: str, provider: FakeProvider) -> str:
    result = Program(folder, HEAD + body).run(provider)
    assert result.code == 0, result
    assert not (folder / ".llm_batch").exists()
    return result.output


def test_output_comes_in_the_loops_order_whatever_the_rounds(tmp_path: Path) -> None:
    body = """
def item(name):
    print("begin", name)
    if name == "c":
        print("skipped")
        return
    got = yield from ask(name)
    print("got", got)
    if name == "a":
        print("again", (yield from ask("more")))

def names():
    for name in "abcd":
        print("next", name)
        yield item(name)
    print("no more")

run_batch(names())
"""
    with FakeProvider() as provider:
        assert run(tmp_path, body, provider).splitlines() == [
            *("next a", "begin a", "got a", "again more"),
            *("next b", "begin b", "got b"),
            *("next c", "begin c", "skipped"),
            *("next d", "begin d", "got d"),
            "no more",
        ]
        assert len(provider.batches) == 2


def test_what_an_item_sees_of_stdout_before_its_turn_is_stdouts_own(tmp_path: Path) -> None:
    body = """
import os
import sys

def item(name):
    sys.stdout.reconfigure(line_buffering=True)
    width = 9 if os.isatty(sys.stdout.fileno()) or sys.stdout.isatty() else 2
    print(name.encode(sys.stdout.encoding).decode() * width)
    sys.stdout.buffer.write(f"{name}é: ".encode(sys.stdout.encoding))
    sys.stdout.buffer.flush()
    print((yield from ask(name)), flush=True)

run_batch(item(name) for name in "abc")
"""
    with FakeProvider() as provider:
        assert run(tmp_path, body, provider).splitlines() == ["aa", "aé: a", "bb", "bé: b", "cc", "cé: c"]
        assert len(provider.batches) == 1


def test_an_error_drops_what_a_loop_would_not_have_printed(tmp_path: Path) -> None:
    body = """
def item(name):
    got = yield from ask(name)
    print(got)

def fails(name):
    print("before", name)
    yield from item(name)

try:
    run_batch(fails(name) for name in ["a", "bad", "c"])
except BadRequestError as error:
    print(type(error).__name__)
"""
    with FakeProvider(Faults(failures=[Failure("bad")])) as provider:
        assert run(tmp_path, body, provider).splitlines() == ["before a", "a", "before bad", "BadRequestError"]


def test_a_flag_set_before_the_first_request_stops_the_drawing(tmp_path: Path) -> None:
    body = """
stop = False
def item(name):
    global stop
    if name == "c":
        stop = True
        return
    print((yield from ask(name)))

def drawing():
    for name in "abcd":
        yield item(name)
        if stop:
            break

run_batch(drawing())
"""
    with FakeProvider() as provider:
        assert run(tmp_path, body, provider) == "a\nb\n"
        assert sum(provider.answered().values()) == 2


def test_effects_in_turn_see_what_earlier_items_did(tmp_path: Path) -> None:
    body = """
done = []
def item(name, rounds):
    for number in range(rounds):
        yield from ask(f"{name}{number}")
    yield in_turn()
    done.append(name)

run_batch(item(name, rounds) for name, rounds in [("a", 3), ("b", 1), ("c", 2)])
print(done)
"""
    with FakeProvider() as provider:
        assert run(tmp_path, body, provider) == "['a', 'b', 'c']\n"
        assert len(provider.batches) == 3


def test_equal_keys_wait_for_each_other_and_others_do_not(tmp_path: Path) -> None:
    body = """
cache = {}
def item(name):
    yield in_turn(name)
    if name not in cache:
        cache[name] = yield from ask(name)
    return cache[name]

print(run_batch(item(name) for name in ["a", "b", "a", "c", "a"]))
"""
    with FakeProvider() as provider:
        assert run(tmp_path, body, provider) == "['a', 'b', 'a', 'c', 'a']\n"
        assert sum(provider.answered().values()) == 3
        assert len(provider.batches) == 1


def test_inner_loops_share_the_batches_of_the_outer_one(tmp_path: Path) -> None:
    body = """
def leaf(name):
    print("ask", name)
    return (yield from ask(name))

def outer(name):
    print("open", name)
    got = yield each(leaf(f"{name}{number}") for number in range(2))
    print("close", name, got, (yield from ask("sum " + name)))
    return len(got)

print(run_batch(outer(name) for name in "ab"))
"""
    with FakeProvider() as provider:
        assert run(tmp_path, body, provider).splitlines() == [
            *("open a", "ask a0", "ask a1", "close a ['a0', 'a1'] sum a"),
            *("open b", "ask b0", "ask b1", "close b ['b0', 'b1'] sum b"),
            "[2, 2]",
        ]
        assert len(provider.batches) == 2


def test_an_error_of_an_inner_loop_reaches_the_outer_item(tmp_path: Path) -> None:
    body = """
def leaf(name):
    got = yield from ask(name)
    print(got)
    return got

def outer(names):
    try:
        return (yield each(leaf(name) for name in names))
    except BadRequestError as error:
        return error.code

print(run_batch(outer(names) for names in [["a", "bad", "c"], ["d"]]))
"""
    with FakeProvider(Faults(failures=[Failure("bad")])) as provider:
        assert run(tmp_path, body, provider).splitlines() == ["a", "d", "['invalid_prompt', ['d']]"]


def test_live_callers_of_a_twin_get_realtime_answers(tmp_path: Path) -> None:
    body = """
def both(name):
    yield in_turn()
    first = yield from ask(name)
    rest = yield each(ask(first + str(number)) for number in range(2))
    try:
        yield from ask("bad")
    except BadRequestError as error:
        rest.append(error.code)
    return rest

print(realtime(both("a")))
"""
    with FakeProvider(Faults(failures=[Failure("bad")])) as provider:
        assert run(tmp_path, body, provider) == "['a0', 'a1', 'invalid_prompt']\n"
        assert (provider.realtime_calls, len(provider.batches)) == (4, 0)


def test_a_realtime_call_within_a_batch_stays_realtime(tmp_path: Path) -> None:
    body = """
def item(name):
    now = realtime(ask("live " + name))
    later = yield from ask(name)
    return now, later

print(run_batch(item(name) for name in "ab"))
"""
    with FakeProvider() as provider:
        assert run(tmp_path, body, provider) == "[('live a', 'a'), ('live b', 'b')]\n"
        assert (provider.realtime_calls, len(provider.batches)) == (2, 1)


POOL = """
from llm_batch import BatchExecutor, batch_as_completed, batch_wait
import threading
names = []
def work(name, suffix=""):
    names.append(threading.current_thread().name)
    if name == "boom":
        raise KeyError(name)
    return (yield from ask(name + suffix))
def plain(number):
    return number * 2
"""


def test_an_executor_runs_what_was_submitted_in_one_batch(tmp_path: Path) -> None:
    body = """
with BatchExecutor(max_workers=4) as pool:
    futures = {pool.submit(work, name, suffix="!"): name for name in ["a", "boom", "b", "bad"]}
    for future in batch_as_completed(futures):
        try:
            print(futures[future], future.result())
        except (KeyError, BadRequestError) as error:
            print(futures[future], type(error).__name__)
    done, left = batch_wait(futures)
    print(len(done), left, [future.done() for future in done])
print(any("MainThread" == name for name in names))
"""
    with FakeProvider(Faults(failures=[Failure("bad")])) as provider:
        lines = run(tmp_path, POOL + body, provider).splitlines()
        assert lines[:4] == ["a a!", "boom KeyError", "b b!", "bad BadRequestError"]
        assert lines[4:] == ["4 set() [True, True, True, True]", "False"]
        assert len(provider.batches) == 1


def test_an_executors_map_and_callbacks(tmp_path: Path) -> None:
    body = """
pool = BatchExecutor(2)
print(list(pool.map(plain, [1, 2, 3])))
print(list(pool.map(work, ["a", "b"], ["1", "2"])))
future = pool.submit(work, "c")
future.add_done_callback(lambda future: print("called", future.result()))
pool.shutdown()
print(future.exception())
"""
    with FakeProvider() as provider:
        assert run(tmp_path, POOL + body, provider).splitlines() == ["[2, 4, 6]", "['a1', 'b2']", "called c", "None"]
        assert len(provider.batches) == 2


def test_threads_keep_the_order_of_results_and_of_effects_in_turn(tmp_path: Path) -> None:
    body = """
from llm_batch import BatchExecutor
done = []
def item(number):
    got = yield from ask(str(number))
    yield in_turn()
    done.append(number)
    return int(got)
results = list(BatchExecutor(5).map(item, range(30)))
print(results == done == list(range(30)))
"""
    with FakeProvider() as provider:
        assert run(tmp_path, body, provider) == "True\n"
        assert max(Counter(provider.answered()).values()) == 1


def test_coroutines_as_they_complete_and_in_groups(tmp_path: Path) -> None:
    body = """
import asyncio
from openai import AsyncOpenAI
from llm_batch import BatchTaskGroup, as_completed_batch, batched
live = AsyncOpenAI()
async def work(name):
    answer = await batched(
        live.chat.completions.create, model="gpt-4o-mini", messages=[{"role": "user", "content": name}]
    )
    return answer.choices[0].message.content.split(" ", 1)[1]
async def main():
    for next_one in as_completed_batch([work("a"), work("bad"), work("b")]):
        try:
            print(await next_one)
        except BadRequestError as error:
            print(error.code)
    async with BatchTaskGroup() as group:
        tasks = [group.create_task(work(name)) for name in "cd"]
    print([task.result() for task in tasks])
    try:
        async with BatchTaskGroup() as group:
            group.create_task(work("bad"))
    except* BadRequestError as errors:
        print(len(errors.exceptions))
asyncio.run(main())
"""
    with FakeProvider(Faults(failures=[Failure("bad")])) as provider:
        assert run(tmp_path, body, provider).splitlines() == ["a", "invalid_prompt", "b", "['c', 'd']", "1"]
        assert (provider.realtime_calls, len(provider.batches)) == (0, 3)


def test_an_error_comes_out_whatever_the_items_after_it_catch(tmp_path: Path) -> None:
    body = """
def item(name):
    for attempt in range(3):
        try:
            first = yield from ask(name)
            break
        except:
            print("again", name)
    if name == "b":
        raise LookupError(name)
    print(name, first, (yield from ask(name + " too")))

try:
    run_batch(item(name) for name in "abcd")
except LookupError as error:
    print("no", error)
"""
    with FakeProvider() as provider:
        assert run(tmp_path, body, provider).splitlines() == ["a a a too", "no b"]
