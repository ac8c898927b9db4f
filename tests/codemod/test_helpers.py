"""What helpers are handed and what they change there; implementations of one method; global variables."""

from __future__ import annotations

import pytest
from fake_provider import Failure, Faults

from .programs import check_noop, check_rewritten, check_runs_alike, rewrite, run

LLM = """
from abc import ABC, abstractmethod

from anthropic import Anthropic
from openai import OpenAI

client = OpenAI()


def ask(text):
    response = client.chat.completions.create(model="gpt-4o-mini", messages=[{"role": "user", "content": text}])
    return response.choices[0].message.content


class Provider(ABC):
    @abstractmethod
    def generate(self, text): ...

    def all(self, texts):
        return [self.generate(text) for text in texts]


class ByOpenAI(Provider):
    def generate(self, text):
        return ask(text)


class ByAnthropic(Provider):
    def generate(self, text):
        message = Anthropic().messages.create(
            model="claude-haiku-4-5", max_tokens=9, messages=[{"role": "user", "content": text}]
        )
        return message.content[0].text


class Nothing(Provider):
    def generate(self, text): return f"nothing about {text}"


def provider(name):
    if name == "nothing":
        return Nothing()
    return ByOpenAI() if name == "openai" else ByAnthropic()
"""

ALIKE = {
    "helpers that are named as what enqueues tasks": """
        from llm import ask


        def delay(text):
            return ask(text)


        class Chat:
            def send(self, text):
                return delay(f"say {text}")


        chat = Chat()
        for request in ["tea", "cups"]:
            print(request, chat.send(request), delay(request))
    """,
    "sections that are begun, and a count in the innermost loop": """
        from llm import ask

        SOURCE = {"menu": {"open": "Open", "close": "Close"}, "dialog": {"ok": "OK"}, "help": {"about": "About"}}


        def translate(lang, known):
            added = 0
            for section, texts in SOURCE.items():
                known.setdefault(section, {})
                for key, text in texts.items():
                    if key in known[section]:
                        continue
                    known[section][key] = ask(f"{text} in {lang}")
                    added += 1
            return known, added


        print(translate("de", {"menu": {"open": "offen"}}))
        print(translate("fr", {}))
    """,
    "objects that are called": """
        from llm import ask


        class Shorten:
            def __init__(self, words):
                self.words, self.calls = words, 0

            def __call__(self, text, *, tone="plain"):
                self.calls += 1
                return ask(f"{self.words} words, {tone}: {text}")


        class Job:
            def __init__(self, shorten):
                self.shorten = shorten

            def run(self, texts):
                for text in texts:
                    print(text, self.shorten(text, tone="warm"))


        shorten = Shorten(5)
        print([shorten(text) for text in ["a", "b", "a"]])
        Job(shorten).run(["c", "d"])
        print([shorten.__call__(text) for text in ["e", "f"]], shorten.calls)
        """,
    "helpers fill what they are handed": """
        from llm import ask


        def work(text, results, errors, out, counts):
            if not text:
                errors.append(text)
                return
            answer = ask(text)
            results.append(answer)
            counts[text] = counts.get(text, 0) + 1
            out.write(answer + "\\n")


        def cached(cache, text):
            if text not in cache:
                cache[text] = ask(text)
            return cache[text]


        def main(texts):
            results, errors, counts, cache = [], [], {}, {}
            with open("out.txt", "w") as out:
                for text in texts:
                    work(text, results, errors, out, counts)
                    print(len(results), len(errors))
            for text in texts:
                print(text, cached(cache, f"about {text}"))
            print(results, errors, counts, cache)


        main(["a", "", "b", "a", "c"])
        """,
    "caches that are asked with get, here and in a class": """
        from llm import ask


        class Cache:
            def __init__(self):
                self.kept = {}

            def get(self, key):
                return self.kept.get(key)

            def set(self, key, value):
                self.kept[key] = value


        def has(store, key):
            return key in store


        def explained(store, text, style="short"):
            key = f"{style}:{text}"
            hit = store.get(key)
            if hit is not None:
                return f"again {hit}"
            answer = ask(text)
            store[key] = answer
            return answer


        def main(texts):
            cache, store = Cache(), {}
            for text in texts:
                print(text, explained(store, text))
            for text in texts:
                found = cache.get(text)
                if found is None:
                    found = ask(f"more about {text}")
                    cache.set(text, found)
                print(found)
            for text in texts:
                if has(store, text.upper()):
                    continue
                store[text.upper()] = ask(f"{text}!")
            print(store, cache.kept)


        main(["a", "b", "a", "c", "b", "a"])
        """,
    "sets of what is done": """
        from llm import ask

        done = {2}
        answered = set()
        for number, text in enumerate(["a", "b", "c", "a", "d"]):
            if number in done or text in answered:
                print("known", number)
                continue
            print(number, ask(text))
            done.add(number)
            answered.add(text)
        print(sorted(done), sorted(answered))
        """,
    "global variables of a function": """
        from llm import ask

        total = 0


        def main(texts):
            global total
            longest = ""
            for text in texts:
                answer = ask(text)
                total += len(answer)
                longest = max(longest, answer, key=len)
                print(total)
            return longest


        print(main(["a", "b", "c"]), total)
        """,
    "decorators of the project that try again": """
        import asyncio
        import functools
        import time

        from llm import ask
        from openai import AsyncOpenAI


        def trying(function, attempts=3):
            def again(*args, **kwargs):
                for attempt in range(attempts):
                    try:
                        return function(*args, **kwargs)
                    except Exception as error:
                        print("again", attempt, type(error).__name__)
                        time.sleep(0.001)
                return "gave up"

            return again


        def timed(label):
            def decorate(function):
                @functools.wraps(function)
                def measure(*args, **kwargs):
                    start = time.perf_counter()
                    try:
                        return function(*args, **kwargs)
                    finally:
                        print(label, function.__name__, time.perf_counter() - start < 100)

                return measure

            return decorate


        def patient(function):
            @functools.wraps(function)
            async def waiting(*args):
                try:
                    return await function(*args)
                except Exception as error:
                    return type(error).__name__

            return waiting


        @timed("asked")
        @trying
        def robust(text, suffix=""):
            return ask(text + suffix)


        @trying
        def plain(text):
            return len(text)


        @patient
        async def soon(text):
            response = await AsyncOpenAI().responses.create(model="gpt-5-mini", input=text)
            return response.output_text


        async def all_soon(texts):
            return await asyncio.gather(*[soon(text) for text in texts])


        def main(texts):
            for text in texts:
                print(robust(text, suffix="!"), plain(text))
            print([robust(text) for text in texts])
            print(asyncio.run(all_soon(texts)))


        main(["a", "refuse this", "b", "c"])
        """,
    "options that a helper completes, made anew by each call": """
        from llm import client

        SHARED = {"metadata": {"for": "all"}}


        def ask(text, **options):
            options.setdefault("model", "gpt-4o-mini")
            options.update(temperature=0)
            asked = [{"role": "user", "content": text}]
            return client.chat.completions.create(messages=asked, **options).choices[0].message.content


        for text in ["a", "b", "c", "d"]:
            first = ask(text, max_tokens=9, **SHARED)
            print(text, first, ask(f"{text} {first}", model="gpt-4o"))
        print(SHARED)
        """,
    "one of several implementations, whichever is chosen": """
        import sys
        from concurrent.futures import ThreadPoolExecutor

        from llm import provider

        for name in ["openai", "anthropic", "nothing", "openai"]:
            chosen = provider(name)
            for text in ["a", "b", "c", "d"]:
                print(name, chosen.generate(f"{name} {text}"))
            with ThreadPoolExecutor(2) as pool:
                print(list(pool.map(chosen.generate, ["x", "y"])))
            print(chosen.all(["p", "q"]))
        """,
}


@pytest.mark.parametrize("program", ALIKE.values(), ids=ALIKE)
def test_programs_do_the_same_by_batch(program: str, tmp_path) -> None:
    faults = Faults(failures=[Failure("refuse this")])
    alike = check_runs_alike({"app.py": program, "llm.py": LLM}, tmp_path, faults=faults)
    assert alike.before.ended.code == 0, alike.before.ended
    assert alike.after.cost == alike.before.cost / 2


MODELS = """
    from openai import OpenAI

    LIMIT = 3
    client = OpenAI()


    def ask(text):
        return client.responses.create(model="gpt-5", input=text).output_text
    """


def test_a_twin_is_imported_from_where_it_stands(tmp_path) -> None:
    files = {
        "app.py": """
            from tools import LIMIT, ask_model


            def main(texts):
                for text in texts[:LIMIT]:
                    print(ask_model(text))


            main(["a", "b"])
            """,
        "tools/__init__.py": """
            from .models import LIMIT, ask as ask_model

            __all__ = ["LIMIT", "ask_model"]
            """,
        "tools/models/__init__.py": "from ..openai import LIMIT, ask\n",
        "tools/openai.py": MODELS,
        "page.py": "from tools import ask_model\n\n\ndef once():\n    return ask_model(input())\n",
    }
    alike = check_runs_alike(files, tmp_path)
    assert alike.before.ended.code == 0, alike.before.ended
    done = rewrite(files)
    assert "from tools import LIMIT\n" in done.files["app.py"]
    assert "from tools.openai import ask_batch\n" in done.files["app.py"]
    unchanged = ("tools/__init__.py", "tools/models/__init__.py", "page.py")
    assert all(done.files[path] == done.before[path] for path in unchanged)


@pytest.mark.parametrize(
    ("top", "inside", "module"),
    [
        ("from tools import ask", "pass", "_models"),  # nobody else's module
        ("import os", "from tools import ask", "models"),  # imported when it is wanted
    ],
)
def test_packages_hand_the_twin_on_to_who_imports_it_there(top: str, inside: str, module: str, tmp_path) -> None:
    app = f"""
        {top}


        def main(texts):
            {inside}
            for text in texts:
                print(ask(text))


        main(["a", "b"])
        """
    files = {"app.py": app, "tools/__init__.py": f"from .{module} import ask\n", f"tools/{module}.py": MODELS}
    files["page.py"] = "from tools import ask\n\n\ndef once():\n    return ask(input())\n"
    alike = check_runs_alike(files, tmp_path)
    assert alike.before.ended.code == 0, alike.before.ended
    assert "ask_batch" in rewrite(files).files["tools/__init__.py"]


def test_twins_of_one_name_have_names_of_their_own_where_they_meet(tmp_path) -> None:
    app = """
        from openai import OpenAI
        from other import ask as ask_other
        from tools import ask as ask_tool

        client = OpenAI()


        def ask(text):
            return client.responses.create(model="gpt-5", input="own " + text).output_text


        def main(texts):
            for text in texts:
                print(ask(text), ask_tool(text), ask_other(text))


        def once():
            return ask("x"), ask_tool("y"), ask_other("z")


        main(["a", "b"])
        """
    files = {"app.py": app, "tools/__init__.py": "from .models import ask\n", "tools/models.py": MODELS}
    files |= {
        "other/__init__.py": "from .models import ask\n",
        "other/models.py": MODELS.replace("=text", '="so " + text'),
    }
    alike = check_runs_alike(files, tmp_path)
    assert alike.before.ended.code == 0, alike.before.ended


def test_packages_between_hand_on_the_twin_of_their_attribute(tmp_path) -> None:
    files = {
        "app.py": """
            import tools


            def main(texts):
                for text in texts:
                    print(tools.ask(text))


            def once():
                return tools.ask("once")


            main(["a", "b"])
            """,
        "tools/__init__.py": """
            from .models import LIMIT, ask

            __all__ = ["LIMIT", "ask"]
            """,
        "tools/models/__init__.py": "from tools.models.openai import LIMIT, ask\n",
        "tools/models/openai.py": MODELS,
    }
    alike = check_runs_alike(files, tmp_path)
    assert alike.before.ended.code == 0, alike.before.ended
    done = rewrite(files).files
    assert '__all__ = ["LIMIT", "ask", "ask_batch"]\n' in done["tools/__init__.py"]


def test_a_function_that_a_page_is_handed_keeps_its_realtime_form() -> None:
    job = """
        from labels import label

        for line in open("lines.txt"):
            print(label(line))
        """
    page = """
        import gradio
        from labels import label

        gradio.Interface(fn=label, inputs="text", outputs="text").launch()
        """
    labels = """
        from openai import OpenAI

        client = OpenAI()


        def label(text: str) -> str:
            \"\"\"Name what a text is about.\"\"\"
            return client.responses.create(model="gpt-5", input=text).output_text
        """
    done = rewrite({"job.py": job, "page.py": page, "labels.py": labels})
    assert "(yield from label_batch(line))" in done.files["job.py"]
    assert done.files["page.py"] == done.before["page.py"]
    signature, words = "def label(text: str) -> str:\n", '    """Name what a text is about."""\n'
    assert f"{signature}{words}    return realtime(label_batch(text))\n" in done.files["labels.py"]


def test_who_calls_a_decorated_helper_at_once_gets_its_answer() -> None:
    program = """
        from llm import ask


        def trying(function):
            def again(text):
                try:
                    return function(text)
                except Exception:
                    return "gave up"

            return again


        @trying
        def robust(text):
            return ask(text)


        def main(texts):
            for text in texts:
                print(robust(text))


        def ask_one():
            return robust(input())
        """
    done = rewrite({"app.py": program, "llm.py": LLM})
    assert "def robust(text):\n    return realtime(robust_batch(text))" in done.files["app.py"]
    assert done.files["app.py"].count("@trying") == 1, "which makes a generator of what it wraps"


LEFT = {
    "a helper reads what it fills": """
        from llm import ask


        def work(text, history):
            history.append(ask(text + str(history)))


        def main(texts):
            history = []
            for text in texts:
                work(text, history)
        """,
    "a helper is handed a variable that answers set": """
        from llm import ask


        def refine(summary, text):
            return ask(f"{summary} {text}")


        def main(texts):
            summary = ""
            for text in texts:
                summary = refine(summary, text)
        """,
    "the length of a set of answers": """
        from llm import ask


        def main(texts):
            found = set()
            for text in texts:
                found.add(ask(f"{text}, not one of {len(found)}"))
        """,
    "a cache that is asked for another key": """
        from llm import ask


        def main(texts):
            cache = {}
            for text in texts:
                hit = cache.get(text)
                if hit is None:
                    cache[text + "s"] = ask(text)
        """,
    "a list that a helper is handed among its options": """
        from llm import ask


        def tell(text, **options):
            answer = ask(f"{text} after {options['said']}")
            options["said"].append(answer)
            return answer


        def main(texts):
            said = []
            return [tell(text, said=said) for text in texts]
        """,
    "a list behind the options of two helpers": """
        from llm import ask


        def tell(text, **options):
            options.get("said").append(ask(text))


        def forward(text, **options):
            tell(text, **options)


        def main(texts):
            said = []
            for text in texts:
                forward(f"{text} after {said}", said=said)
            return said
        """,
    "an object that remembers what it was called for": """
        from llm import ask


        class Chat:
            def __init__(self):
                self.said = []

            def __call__(self, text):
                self.said.append(ask(f"{self.said} {text}"))
                return self.said[-1]


        def main(texts):
            chat = Chat()
            return [chat(text) for text in texts]
        """,
    "one implementation remembers": """
        from llm import ask


        class Plain:
            def talk(self, text):
                return ask(text)


        class Chat(Plain):
            def __init__(self):
                self.history = []

            def talk(self, text):
                self.history.append(ask(text + str(self.history)))
                return self.history[-1]


        def main(texts, chat):
            speaker = Chat() if chat else Plain()
            for text in texts:
                print(speaker.talk(text))
        """,
}


@pytest.mark.parametrize("program", LEFT.values(), ids=LEFT)
def test_what_depends_on_answers_is_left(program: str) -> None:
    check_noop({"app.py": program, "llm.py": LLM.partition("class Provider")[0]}, "dependent-iterations")


@pytest.mark.parametrize(
    ("wrapper", "words"),
    {
        "remembers": ("known[text] = known.get(text) or function(text); return known[text]", "wrapped by `@wrapped`"),
        "hands the function on": ("return submit(function, text)", "wrapped by `@wrapped`"),
    }.values(),
)
def test_decorators_that_do_more_than_call_are_left(wrapper: str, words: str) -> None:
    program = f"""
        from elsewhere import submit
        from llm import ask


        def wrapped(function):
            known = {{}}

            def inner(text):
                {wrapper}

            return inner


        @wrapped
        def answer(text):
            return ask(text)


        def main(texts):
            for text in texts:
                print(answer(text))
        """
    refusal = check_noop({"app.py": program, "llm.py": LLM.partition("class Provider")[0]}, "unsupported-shape")
    assert refusal is not None
    assert words in refusal.detail


def test_implementations_that_live_callers_use_get_twins_of_one_name() -> None:
    live = """
        from flask import Flask
        from kinds import choose

        app = Flask(__name__)


        @app.post("/<text>")
        def answer(text):
            return choose(text).ask(text)
        """
    job = """
        from kinds import choose


        def main(texts):
            kind = choose(texts[0])
            for text in texts:
                print(kind.ask(text))
        """
    kinds = """
        from openai import OpenAI


        class Kind:
            def ask(self, text):
                raise NotImplementedError


        class Short(Kind):
            def ask(self, text):
                return OpenAI().responses.create(model="gpt-5", input=text)


        class Long(Kind):
            def ask(self, text):
                return text


        def choose(text):
            return Long() if text else Short()
        """
    twins = """
        from openai import OpenAI

        from llm_batch import realtime, request


        class Kind:
            def ask_batch(self, text):
                raise NotImplementedError

            def ask(self, text):
                raise NotImplementedError


        class Short(Kind):
            def ask_batch(self, text):
                return (yield request(OpenAI().responses.create, model="gpt-5", input=text))

            def ask(self, text):
                return realtime(self.ask_batch(text))


        class Long(Kind):
            def ask_batch(self, text):
                return text
                yield from ()  # asks nothing, but is run like what asks

            def ask(self, text):
                return realtime(self.ask_batch(text))


        def choose(text):
            return Long() if text else Short()
        """
    batched = """
        from kinds import choose
        from llm_batch import run_batch


        def main(texts):
            kind = choose(texts[0])

            def handle_text(text):
                print((yield from kind.ask_batch(text)))

            run_batch(handle_text(text) for text in texts)
        """
    check_rewritten({"live.py": live, "job.py": job, "kinds.py": kinds}, {"kinds.py": twins, "job.py": batched})


@pytest.mark.parametrize(("opened", "is_noted"), [("open(text)", True), ("texts", False)])
def test_files_that_wait_with_their_item_are_to_be_reviewed(opened: str, is_noted: bool) -> None:
    program = f"""
        from llm import ask


        def main(texts):
            for text in texts:
                with {opened}:
                    print(ask(text))


        main(["a", "b", "c", "d"])
        """
    notes = rewrite({"app.py": program, "llm.py": LLM.partition("class Provider")[0]}).notes
    assert any("keeps its file open (line 6)" in note for note in notes) is is_noted


@pytest.mark.parametrize(("kept", "is_noted"), [("lambda: text", True), ("len(text)", False)])
def test_a_loop_that_stays_beside_one_that_is_rewritten_is_named(kept: str, is_noted: bool) -> None:
    program = f"""
        from llm import ask


        def main(texts):
            kept = []
            for text in texts:
                print(ask(text))
                kept.append({kept})
            for other in texts:
                print(ask(other))
            return kept


        main(["a", "b", "c", "d"])
        """
    notes = rewrite({"app.py": program, "llm.py": LLM.partition("class Provider")[0]}).notes
    assert any(note.startswith("requests of the loop at app.py:6 stay realtime: ") for note in notes) is is_noted


def test_a_fake_in_the_tests_shares_the_helper_of_what_it_stands_in_for(tmp_path) -> None:
    program = {
        "llm.py": """
            from openai import OpenAI


            class Writer:
                def write(self, text):
                    return OpenAI().responses.create(model="gpt-5", input=text).output_text
            """,
        "app.py": """
            from llm import Writer


            def main(writer: Writer):
                for text in ["a", "b"]:
                    print(writer.write(text))


            if __name__ == "__main__":
                main(Writer())
            """,
        "tests/fakes.py": """
            from llm import Writer


            class FakeWriter(Writer):
                def write(self, text):
                    return text.upper()
            """,
        "try.py": """
            from app import main
            from tests.fakes import FakeWriter

            main(FakeWriter())
            print(FakeWriter().write("c"))
            """,
    }
    done = rewrite(program)
    assert [path for path in done.files if path.endswith("llm_batch.py")] == ["llm_batch.py"]
    check_runs_alike(program, tmp_path)
    after = run(done.files, tmp_path / "faked", script="try.py")
    assert (after.visible[:2], after.answered.total()) == ((0, "A\nB\nC\n"), 0)
