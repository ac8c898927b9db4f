"""Functions that pools and mappings call per item: the same before and after, and what is left as it is."""

from __future__ import annotations

import pytest

from .programs import check_noop, check_runs_alike, rewrite

LLM = """
import openai
from openai import OpenAI


def ask(text, model="gpt-4o-mini"):
    if not text:
        return ""
    response = OpenAI().chat.completions.create(model=model, messages=[{"role": "user", "content": str(text)}])
    return response.choices[0].message.content
"""

MAPPED = {
    "multiprocessing, whose workers get copies": """
        from functools import partial
        from multiprocessing import Pool
        from multiprocessing.pool import ThreadPool

        from llm import ask

        ITEMS = [{"text": text} for text in ["a", "b", "", "c"]]


        def fill(item):
            item["answer"] = ask(item["text"])
            return item


        def both(text, model):
            return ask(f"{model}: {text}", model=model)


        if __name__ == "__main__":
            with Pool(2) as pool:
                print(pool.map(fill, ITEMS), ITEMS)
                print(list(pool.imap(partial(ask, model="gpt-5"), ["x", "y"])))
                large = partial(ask, model="gpt-5")
                print(pool.map(large, ["large x", "large y"]))
                waiting = [pool.apply_async(ask, (text,), {"model": "gpt-5-mini"}) for text in ["p", "q"]]
                print([result.get() for result in waiting])
            pool = ThreadPool(processes=2)
            print(pool.starmap(both, [("a", "gpt-5"), ("b", "gpt-5-mini")]))
            print(sorted(pool.imap_unordered(ask, ["u", "v"])))
            print(pool.map_async(fill, ITEMS).get(), ITEMS)
            pool.close()
            pool.join()
        """,
    "objects that are called": """
        from concurrent.futures import ThreadPoolExecutor
        from multiprocessing.dummy import Pool

        from llm import ask


        class Worker:
            def __init__(self, model):
                self.model = model

            def __call__(self, text):
                return ask(f"{self.model}: {text}", model=self.model)


        worker = Worker("gpt-5")
        with ThreadPoolExecutor(2) as executor:
            print(list(executor.map(worker, ["a", "b", "c"])))
            print([each.result() for each in [executor.submit(worker, text) for text in ["d", "e"]]])
        with Pool(2) as pool:
            print(pool.map(Worker("gpt-5-mini"), ["f", "g"]))
        print(list(map(worker, ["h", "i"])))
        """,
    "a module of which nothing else is used": """
        import concurrent.futures

        from llm import ask

        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            print(list(pool.map(ask, ["a", "b"])))
        """,
    "processes of concurrent.futures": """
        from concurrent.futures import ProcessPoolExecutor

        from llm import ask


        class Row:
            def __init__(self, text):
                self.text = text

            def fill(self):
                self.text = ask(self.text)
                return self.text


        def main():
            rows = [Row("a"), Row("b"), Row("c")]
            with ProcessPoolExecutor(max_workers=2) as pool:
                print(list(pool.map(Row.fill, rows)))
            print([row.text for row in rows])


        if __name__ == "__main__":
            main()
        """,
    "map of the language, taken in at once": """
        from itertools import starmap

        from llm import ask

        print(list(map(ask, ["a", "", "b"])))
        print(sorted(starmap(ask, [("c", "gpt-5"), ("d", "gpt-5-mini")])))
        print(dict(map(lambda text: (text, 1), ["plain"])))
        print("|".join(map(lambda text: ask(text) if text else "none", ["e", "", "f"])))
        """,
    "comprehensions over what lists of answers hold": """
        from llm import ask
        from openai import OpenAI

        client = OpenAI()


        def words(text):
            return ask(text).split()


        def chunks(texts):
            for start in range(0, len(texts), 2):
                yield texts[start : start + 2]


        def main(groups):
            print([word.upper() for group in groups for text in group if text for word in words(text) if word != "re:"])
            for group in groups:
                print({letter for text in group for letter in ask(text + "!")} and len(group))
            return [
                round(sum(row.embedding), 3)
                for chunk in chunks(groups[0])
                for row in client.embeddings.create(model="text-embedding-3-small", input=chunk).data
            ]


        print(main([["a", "", "b", "c"], ["d", "a"]]))
        """,
    "columns and rows of a data frame": """
        import pandas as pd
        from llm import ask

        seen = []


        def describe(row, style="short"):
            seen.append(row["name"])
            if pd.isna(row["price"]):
                return "no price"
            text = ask(f"{style} {row['name']} {row['price']:.1f}")
            print(row["name"], text)
            return text


        def cut(row):
            row["name"] = ask(row["name"])
            return row


        frame = pd.DataFrame({"name": ["tea", "jam", "tea", "rum"], "price": [1, 2.5, None, 4]})
        numbers = pd.DataFrame({"a": [1, 2], "b": [3, 4]})
        frame["tag"] = frame["name"].apply(ask)
        frame["text"] = frame.apply(describe, axis=1, style="long")
        frame["model"] = frame["name"].map(lambda name: ask(name, model="gpt-5") if name != "jam" else None)
        frame["sum"] = numbers.apply(lambda row: ask(row["a"] + row["b"]), axis=1)
        print(frame.to_csv())
        print(frame.apply(cut, axis=1).to_csv())
        frame[["long", "short"]] = frame.apply(lambda row: (ask(row["name"]), "x"), axis=1, result_type="expand")
        print(frame.apply(lambda row: [ask(row["name"])], axis=1, result_type="reduce"))
        print(frame[["name"]].dtypes.to_dict(), seen)
        print(frame[frame["name"] == "nothing"]["name"].apply(ask).tolist())
        """,
    "what threads of a pool keep": """
        import threading

        from joblib import Parallel, delayed

        from llm import ask

        LOCAL = threading.local()


        def prefix():
            if not hasattr(LOCAL, "prefix"):
                LOCAL.prefix = "say"
            return LOCAL.prefix


        def work(text):
            return ask(f"{prefix()} {text}")


        print(Parallel(n_jobs=2, backend="threading")([delayed(work)(text) for text in ["a", "b", "c"]]))
        """,
    "progress bars that map": """
        from joblib import Parallel, delayed
        from tqdm.contrib.concurrent import thread_map

        from llm import ask

        print(thread_map(ask, ["a", "b", "c"], max_workers=2, desc="asking"))
        print(Parallel(n_jobs=2, prefer="threads")(delayed(ask)(text, model="gpt-5") for text in ["d", "e"]))
        """,
    "objects of their own, and what is found with a default": """
        from llm import ask


        def reply(mail, context):
            text = ask(mail + context["tone"])
            context["tone"] = next((letter for letter in text if letter in "xyz"), "none")
            return text, context


        print(list(map(reply, ["tea", "cup"], [{"tone": "calm"}, {"tone": "kind"}])))
        """,
}


@pytest.mark.parametrize("program", MAPPED.values(), ids=MAPPED)
def test_programs_do_the_same_by_batch(program: str, tmp_path) -> None:
    alike = check_runs_alike({"app.py": program, "llm.py": LLM}, tmp_path)
    assert alike.before.ended.code == 0, alike.before.ended
    assert alike.after.cost == alike.before.cost / 2


LEFT = {
    "a worker's process keeps what the program reads": (
        "unsupported-shape",
        """
        from multiprocessing import Pool

        from llm import ask

        SEEN = []


        def work(text):
            SEEN.append(text)
            return ask(text)


        if __name__ == "__main__":
            with Pool() as pool:
                print(pool.map(work, ["a", "b"]), SEEN)
        """,
        "`work` changes `SEEN` (line 9) in another process",
    ),
    "a worker's process keeps what its threads would": (
        "unsupported-shape",
        """
        import threading

        from joblib import Parallel, delayed

        from llm import ask

        LOCAL = threading.local()


        def prefix():
            if not hasattr(LOCAL, "prefix"):
                LOCAL.prefix = "say"
            return LOCAL.prefix


        def work(text):
            return ask(f"{prefix()} {text}")


        print(Parallel(n_jobs=2)([delayed(work)(text) for text in ["a", "b", "c"]]))
        """,
        "`prefix` changes `LOCAL` (line 12) in another process",
    ),
    "results are taken until one is good": (
        "early-stop",
        """
        from multiprocessing import Pool

        from llm import ask


        def main(texts):
            with Pool() as pool:
                for answer in pool.imap(ask, texts):
                    if answer == "yes":
                        break
        """,
        "the loop over the results ends early (line 10)",
    ),
    "results are handed to a callback": (
        "unsupported-shape",
        """
        from multiprocessing import Pool

        from llm import ask


        def main(texts):
            found = []
            with Pool() as pool:
                for text in texts:
                    pool.apply_async(ask, (text,), callback=found.append)
        """,
        "`callback` takes the results (line 10)",
    ),
    "a mapping that is drawn one by one": (
        "generator-consumer",
        """
        from llm import ask


        def main(texts):
            for answer in map(ask, texts):
                if answer == "yes":
                    return answer
        """,
        "`map` is handed to its consumer (line 5)",
    ),
    "a variable of the loop that a lambda reads late": (
        "unsupported-shape",
        """
        from concurrent.futures import ThreadPoolExecutor
        from llm import ask


        def main(texts):
            with ThreadPoolExecutor() as pool:
                futures = [pool.submit(lambda: ask(text)) for text in texts]
            print([future.result() for future in futures])
        """,
        "reads `text` when the pool runs it",
    ),
    "a partial that something else calls too": (
        "unsupported-shape",
        """
        from concurrent.futures import ThreadPoolExecutor
        from functools import partial
        from llm import ask


        def main(texts):
            large = partial(ask, model="gpt-5")
            print(large("first"))
            with ThreadPoolExecutor() as pool:
                print(list(pool.map(large, texts)))
        """,
        "holds functions that ask, and is used otherwise",
    ),
    "rows that need the row before": (
        "dependent-iterations",
        """
        import pandas as pd
        from llm import ask

        history = []


        def reply(text):
            history.append(ask(text + "".join(history)))
            return history[-1]


        print(pd.DataFrame({"text": ["a", "b"]})["text"].apply(reply))
        """,
        "`history` is read before the request (line 8)",
    ),
    "through an argument of the mapping": (
        "dependent-iterations",
        """
        import pandas as pd
        from llm import ask


        def reply(text, history):
            history.append(ask(text + "".join(history)))
            return history[-1]


        def main(path):
            history = []
            print(pd.read_csv(path)["text"].apply(reply, history=history))
        """,
        "`history` is read before the request",
    ),
    "an object, or a function": (
        "unsupported-shape",
        """
        from concurrent.futures import ThreadPoolExecutor
        from llm import ask


        class Worker:
            def __call__(self, text):
                return ask(f"please {text}")


        def main(texts, polite):
            worker = Worker() if polite else len
            with ThreadPoolExecutor(2) as executor:
                print(list(executor.map(worker, texts)))
        """,
        "can be something that asks nothing",
    ),
    "a result of several columns": (
        "unsupported-shape",
        """
        import pandas as pd
        from llm import ask


        def main(path):
            print(pd.read_csv(path).apply(lambda row: ask(row["text"]), axis=1, result_type="broadcast"))
        """,
        "`apply` is told `result_type` (line 6)",
    ),
    "an object that all calls are given": (
        "dependent-iterations",
        """
        from itertools import repeat

        from llm import ask


        def reply(mail, context):
            text = ask(mail + context["tone"])
            context["tone"] = text
            return text


        print(list(map(reply, ["tea", "cup", "jam"], repeat({"tone": "calm"}))))
        """,
        "an object that several items are given is read before the request",
    ),
    "a list of one object": (
        "dependent-iterations",
        """
        from llm import ask


        def reply(context):
            text = ask(f"{context}")
            context["tone"] = text
            return text


        shared = {"tone": "calm"}
        print(list(map(reply, [shared] * 3)))
        """,
        "`shared` is read before the request",
    ),
    "a pool of one worker whose calls are all given an object": (
        "dependent-iterations",
        """
        from concurrent.futures import ThreadPoolExecutor
        from itertools import repeat

        from llm import ask


        def reply(mail, context):
            text = ask(mail + context["tone"])
            context["tone"] = text
            return text


        with ThreadPoolExecutor(max_workers=1) as pool:
            print(list(pool.map(reply, ["tea", "cup", "jam"], repeat({"tone": "calm"}))))
        """,
        "an object that several items are given is read before the request",
    ),
    "an answer that ends the list": (
        "early-stop",
        """
        from llm import ask


        def mark(text):
            return next(letter for letter in ask(text) if letter in "xyz")


        print(list(map(mark, ["tea", "cup", "jam"])))
        """,
        "`next` ends the list where it finds nothing (line 5)",
    ),
    "a comprehension that puts item and answer side by side": (
        "unsupported-shape",
        """
        from llm import ask


        def main(texts):
            return [(text, word) for text in texts for word in ask(text).split()]
        """,
        "the comprehension in line 5 uses item and answer together; write it as a loop",
    ),
    "the clock ends the loop": (
        "early-stop",
        """
        import time

        from llm import ask


        def main(texts, seconds):
            start = time.monotonic()
            for text in texts:
                spent = time.monotonic() - start
                if spent > seconds:
                    break
                print(ask(text))
        """,
        "the clock ends the loop (line 11)",
    ),
}


@pytest.mark.parametrize(("name", "program", "words"), LEFT.values(), ids=LEFT)
def test_what_is_left_is_named(name: str, program: str, words: str) -> None:
    refusal = check_noop({"app.py": program, "llm.py": LLM}, name)
    assert refusal is not None
    assert words in refusal.detail


UNPACKED = {
    "llm.py": LLM,
    "app.py": """
        from llm import ask

        {names} = map(ask, ["tea", "cup", "jam"])
        print({names})
        """,
}


def test_names_that_take_all_there_is(tmp_path) -> None:
    program = {path: text.replace("{names}", "first, *rest") for path, text in UNPACKED.items()}
    check_runs_alike(program, tmp_path)
    # Of more than three none is asked for but the next one.
    check_noop({path: text.replace("{names}", "one, two, three") for path, text in UNPACKED.items()})


def test_the_call_of_what_joblib_delays_is_rewritten_with_it() -> None:
    program = """
        from joblib import Parallel, delayed

        from llm import ask

        print(Parallel(n_jobs=2, prefer="threads")(delayed(ask)(text) for text in open("texts.txt")))
        """
    done = rewrite({"app.py": program, "llm.py": LLM})
    assert "BatchParallel" in done.files["app.py"]
    assert not [line for path, line, _ in done.refusals if path == "app.py"]
