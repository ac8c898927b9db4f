"""What one iteration leaves for the next: an item of its own is none of its answers, a growing history is."""

import textwrap

import pytest

from .verdicts import marked, verdict

PROGRAM = """
import json
import time

import pandas as pd
from llm import ask

SUFFIX, SOURCE, FIRST = "_text", "source", "en_text"

def run(items, df, rows):
{body}

if __name__ == "__main__":
    rows = json.load(open("rows.json"))
    run(rows, pd.DataFrame(rows), rows)
"""

APART = {
    "other_key_of_an_item_before": """
        for i, row in enumerate(rows):
            before = rows[i - 1]["title"] if i else ""
            row["page"] = ask(f"{row['title']}: which page behind {before}?")  # !
        """,
    "own_key_of_the_row": """
        for i, row in enumerate(rows):
            known = rows[i].get("page")
            row["page"] = ask(f"{row['title']}: which page, if not {known}?")  # !
        """,
    "item_of_a_row": """
        for i in range(len(rows)):
            rows[i]["answer"] = ask(rows[i]["question"])  # !
        """,
    "length_of_the_rows": """
        for i in range(len(rows)):
            rows[i]["answer"] = ask(f"{i + 1} of {len(rows)}: {rows[i]['question']}")  # !
        """,
    "cell_of_a_frame": """
        for i, row in df.iterrows():
            df.loc[i, "answer"] = ask(df.loc[i, "question"])  # !
        """,
    "other_key_of_a_record": """
        record = {"question": "", "answer": ""}
        for item in items:
            record["question"] = item["question"]
            record["answer"] = ask(record["question"])  # !
            print(record)
        """,
    "one_key_for_each_language": """
        article = json.load(open("article.json"))
        for language in items:
            if article.get("title"):
                article[f"title_{language}"] = ask(language + article["title"] + article.get("text", ""))  # !
        """,
    "tries_before_the_item_is_filled": """
        for item in items:
            for _ in range(3):
                try:
                    answer = ask(item["question"])  # !
                    break
                except Exception:
                    time.sleep(1)
            item["answer"] = answer
        """,
    "item_that_the_answer_is_put_into": """
        prompt = ("Shorten: {}", "Answer in one line.")
        for item in items:
            prompt = (prompt[0].format(item["title"]), prompt[1])
            answer = ask(prompt)  # !
            if answer:
                item["title"] = answer
        """,
    "answer_under_a_condition": """
        for item in items:
            if item["hard"]:
                answer = ask(item["question"])  # !
            item["answer"] = answer
        """,
    "counted_tries": """
        for item in items:
            tries = 0
            while tries < 3:
                answer = ask(item["question"])  # !
                if answer.startswith("{"):
                    break
                tries += 1
            print(answer)
        """,
    "tries_that_an_assertion_ends": """
        for item in items:
            answer, k = "", 0
            while "yes" not in answer and "no" not in answer:
                assert k < 5
                answer = ask(item["question"])  # !
                k = k + 1
            print(answer)
        """,
    "tries_that_a_way_out_ends": """
        for item in items:
            answer, k = "", 0
            while "yes" not in answer and "no" not in answer:
                k += 1
                if k > 5:
                    break
                answer = ask(item["question"])  # !
            print(answer)
        """,
    "rows_of_its_own_part": """
        left = [i for i, row in enumerate(rows) if not row.get("title")]
        for start in range(0, len(left), 20):
            part = left[start:start + 20]
            asked = [rows[i] for i in part]
            answers = ask(str(asked)).split(";")  # !
            for i, answer in zip(part, answers):
                rows[i]["title"] = answer
        """,
    "tries_until_there_is_an_answer": """
        for item in items:
            answer = None
            while answer is None:
                try:
                    answer = ask(item["question"])  # !
                except TimeoutError:
                    time.sleep(5)
            print(answer)
        """,
    "tries_until_the_answer_has_a_text": """
        for item in items:
            text = ""
            while not text:
                try:
                    answer = ask(item["question"])  # !
                    text = answer.choices[0].message.content.strip()
                except TimeoutError as error:
                    if "filter" in str(error):
                        text = "filtered"
            print(text)
        """,
    "groups_whose_parts_are_gone_through_beside_the_answers": """
        titles, sizes = [], []
        for item in items:
            size = len(item["title"])
            titles.append(item["title"])
            sizes.append(size)
            if len(titles) == 20:
                answers = ask(f"{titles} in {max(sizes)} characters").split(";")  # !
                for title, size, answer in zip(titles, sizes, answers):
                    print(title, answer[:size])
                titles, sizes = [], []
        """,
    "keys_of_a_record_that_have_names": """
        record = {"id": 1}
        for language in items:
            key = f"{language}{SUFFIX}"
            if key not in record:
                record[key] = ask(record[SOURCE] + record[f"{language}_notes"])  # !
        """,
    "answers_counted_off_until_there_are_enough": """
        for item in items:
            found = []
            for at in range(20 * len(items)):
                left = min(5, len(items) - len(found))
                found.extend(ask(f"{left} answers to {item}").split(";"))  # !
                if len(found) >= len(items):
                    break
            print(found)
        """,
    "three_rounds_an_item": """
        for item in items:
            text = item["text"]
            for step in range(3):
                text = ask(text)  # !
            print(text)
        """,
}
CARRIED = {
    "tries_that_an_error_ends_after_the_answer_was_kept": """
        for item in items:
            said = [item["question"]]
            while True:
                try:
                    answer = ask("".join(said))  # !
                    said.append(answer)
                    json.loads(answer)
                    break
                except ValueError:
                    continue
            print(said)
        """,
    "a_turn_that_may_go_on": """
        said = ""
        for item in items:
            answer = ask(item + said)  # !
            if answer:
                said = said + answer
                if len(said) < 500:
                    continue
                break
        """,
    "tries_that_hold_the_last_one": """
        for item in items:
            answer, said = None, ""
            while answer is None:
                said = ask(f"{item}, but not {said}")  # !
                answer = said if len(said) < 80 else None
            print(answer)
        """,
    "turns_until_an_answer_says_that_it_is_over": """
        for item in items:
            is_over, i = False, 0
            while not is_over:
                answer = ask(f"{item['question']}, part {i}")  # !
                i += 1
                is_over = answer.choices[0].message.content == "over"
        """,
    "answers_gone_through_beside_their_titles": """
        titles, known = [], []
        for item in items:
            titles.append(item["title"])
            if len(titles) == 20:
                answers = ask(f"{titles}, besides {known}").split(";")  # !
                for title, answer in zip(titles, answers):
                    known.append(answer)
                titles = []
        """,
    "answer_of_an_item_before": """
        for i, row in enumerate(rows):
            start = 0
            for j in range(i - 1, -1, -1):
                if rows[j].get("page") is not None:
                    start = rows[j]["page"]
                    break
            row["page"] = ask(f"{row['title']}: which page behind {start}?")  # !
        """,
    "rows_of_a_window_that_moves_on": """
        left = list(range(len(rows)))
        for start in range(len(left)):
            part = left[start:start + 20]
            texts = [rows[i].get("title", "") for i in part]
            answers = ask("; ".join(texts)).split(";")  # !
            for i, answer in zip(part, answers):
                rows[i]["title"] = answer
        """,
    "rows_of_the_part_before": """
        left = list(range(len(rows)))
        for start in range(20, len(left), 20):
            part, before = left[start:start + 20], left[start - 20:start]
            texts = [rows[i]["title"] for i in before]
            answers = ask("; ".join(texts)).split(";")  # !
            for i, answer in zip(part, answers):
                rows[i]["title"] = answer
        """,
    "item_before": """
        for i in range(1, len(rows)):
            rows[i]["answer"] = ask(rows[i - 1]["answer"])  # !
        """,
    "all_rows": """
        for i in range(len(rows)):
            rows[i]["answer"] = ask(str(rows))  # !
        """,
    "length_of_what_is_found": """
        found = {}
        for i, row in enumerate(rows):
            found[i] = ask(f"{len(found)} so far: {row['question']}")  # !
        """,
    "a_count_of_what_is_found_that_ends_nothing": """
        found = []
        for item in items:
            found.append(ask(f"{100 - len(found)} to go: {item}"))  # !
        """,
    "answers_read_beside_their_count": """
        for item in items:
            found = []
            for at in range(20 * len(items)):
                left = min(5, len(items) - len(found))
                found.extend(ask(f"{left} answers to {item} besides {found}").split(";"))  # !
                if len(found) >= len(items):
                    break
            print(found)
        """,
    "length_of_an_answer": """
        for i in range(1, len(rows)):
            rows[i]["answer"] = ask(str(len(rows[i - 1]["answer"])))  # !
        """,
    "same_key_of_a_record": """
        record = {"summary": ""}
        for item in items:
            record["summary"] = ask(record["summary"] + item["text"])  # !
        """,
    "key_that_may_be_the_same": """
        record = {"text_de": ""}
        for language in items:
            record[f"text_{language}"] = ask(language + record.get("text_de"))  # !
        """,
    "key_by_a_name_that_may_be_the_same": """
        record = {"id": 1}
        for language in items:
            key = f"{language}{SUFFIX}"
            record[key] = ask(record[FIRST])  # !
        """,
    "keys_of_which_one_may_end_as_the_other": """
        record = {"id": 1}
        for language in items:
            key = f"{language}{SUFFIX}"
            record[key] = ask(record[f"{language}_long_text"])  # !
        """,
    "tries_without_an_end_of_their_own": """
        for item in items:
            answer, k = "", 0
            while "yes" not in answer and "no" not in answer:
                assert item["question"]
                answer = ask(item["question"])  # !
                k = k + 1
            print(answer, k)
        """,
    "summary_that_the_next_prompt_starts_with": """
        summary = ""
        for item in items:
            prompt = summary + item["text"]
            answer = ask(prompt)  # !
            summary = answer
        """,
    "items_before_that_the_answer_is_put_into": """
        before = []
        for item in items:
            prompt = str(before) + item["title"]
            item["title"] = ask(prompt)  # !
            before.append(item)
        """,
    "item_that_an_inner_loop_fills": """
        for item in items:
            for step in range(30):
                prompt = item["text"] + str(step)
                item["text"] = ask(prompt)  # !
        """,
    "handed_on_twice": """
        last = before = ""
        for item in items:
            answer = ask(before + item["text"])  # !
            before = last
            last = answer
        """,
    "steps_of_an_episode": """
        for item in items:
            history = item["start"]
            for step in range(30):
                history += ask(history)  # !
        """,
}


def program(body: str) -> str:
    return PROGRAM.format(body="\n".join(line[4:] for line in body.strip("\n").splitlines()))


@pytest.mark.parametrize("body", APART.values(), ids=APART)
def test_items_that_no_other_iteration_reads_are_independent(body: str) -> None:
    assert verdict(program(body)) == "batchable"


@pytest.mark.parametrize("body", CARRIED.values(), ids=CARRIED)
def test_answers_that_the_next_request_holds_are_not(body: str) -> None:
    assert verdict(program(body)) == "realtime"


OBJECT = """
import json
from llm import ask

class Worker:
    def __init__(self, rules):
        self.rules, self.history, self.answers = rules, [], []

    def answer(self, text):
        return ask(f"{{text}}: {{self.{read}}}")  # !

    def step(self, text):
        answer = self.answer(text)
        self.{written}.append(answer)

    def run(self, texts):
        for text in texts:
            self.step(text)

if __name__ == "__main__":
    Worker("be brief").run(json.load(open("texts.json")))
"""


def test_an_object_whose_methods_share_a_history_asks_in_turn() -> None:
    assert verdict(OBJECT.format(read="history", written="history")) == "realtime"


def test_an_object_that_only_collects_the_answers_does_not() -> None:
    assert verdict(OBJECT.format(read="rules", written="answers")) == "batchable"


@pytest.mark.parametrize(
    "name", ["entries", "countries", "retrieved", "industry_names", "retrospectives", "geometry_ids"]
)
def test_a_loop_over_things_whose_name_resembles_tries_goes_over_items(name: str) -> None:
    loop = f"for each in {name}:\n        print(ask(each))  # !"
    assert verdict(
        f"import json\nfrom llm import ask\n\ndef run({name}):\n    {loop}\n\nrun(json.load(open('a')))\n"
    ) == ("batchable")


@pytest.mark.parametrize("name", ["tries", "max_tries", "maxTries", "try_count", "retries", "num_attempts"])
def test_a_loop_over_tries_does_not(name: str) -> None:
    loop = f"for each in range({name}):\n        print(ask('text'))  # !"
    assert verdict(
        f"import json\nfrom llm import ask\n\ndef run({name}):\n    {loop}\n\nrun(json.load(open('a')))\n"
    ) == ("realtime")


@pytest.mark.parametrize(
    ("made", "expected"), [("lambda text: ask(text)", "batchable"), ("lambda word, text=text: ask(text)", "realtime")]
)
def test_a_name_that_a_lambda_binds_itself_is_none_of_the_loop(made: str, expected: str) -> None:
    program = f"""
        import json
        from llm import ask

        def run(chunks):
            text = ""
            for chunk in chunks:
                for text in map({made}, chunk):  # !
                    print(text)

        run(json.load(open("chunks.json")))
        """
    assert verdict(program) == expected


STAGES = """
    from concurrent.futures import ThreadPoolExecutor
    from llm import ask

    class Stage:
        def run(self, notes):
            return notes

    class Labels(Stage):
        def run(self, notes):
            with ThreadPoolExecutor() as pool:
                return list(pool.map(label, notes))

    def label(note):
        return ask(note)  # !

    STAGES = [Labels(), Stage()]

    if __name__ == "__main__":
        notes = open("notes.txt").readlines()
        for {item} in {items}:
            notes = {call}
    """


@pytest.mark.parametrize(
    ("item", "items", "call", "expected"),
    [
        ("stage", "STAGES", "stage.run(notes)", "batchable"),
        ("turn", "range(40)", "Labels().run(notes)", "realtime"),
    ],
)
def test_stages_one_after_the_other_ask_all_their_requests_at_once(item, items, call, expected):
    assert verdict(STAGES.format(item=item, items=items, call=call)) == expected


REPAIRED = """
    from llm import ask

    def parse(answer):
        return answer.choices[0].message.content

    def judge(case, {tries}=50):
        prompt = f"Judge {{case}}"
        for {turn} in range({tries}):
            answer = ask(prompt)  # !
            try:
                return parse(answer)
            except ValueError as error:
                prompt = f"{{answer}} was no good: {{error}}"

    if __name__ == "__main__":
        for case in open("cases.txt"):
            print(judge(case))
    """


@pytest.mark.parametrize(
    ("turn", "tries", "expected"), [("attempt", "max_attempts", "batchable"), ("step", "max_steps", "realtime")]
)
def test_an_answer_that_is_asked_for_again_takes_a_few_rounds_for_all_items(turn, tries, expected):
    assert verdict(REPAIRED.format(turn=turn, tries=tries)) == expected


LONGER = {
    "model.py": """
        from openai import OpenAI

        client = OpenAI()

        def complete(prompt):
            return client.responses.create(model="gpt-5", input=prompt)  # !
        """,
    "app.py": """
        from model import complete

        def title(text):
            return complete(text)

        def titles(texts):
            return [title(text) for text in texts]

        if __name__ == "__main__":
            print(complete("A word of greeting for the report on today's sales, and nothing else"))
            {more}
        """,
}


@pytest.mark.parametrize(
    ("more", "expected"),
    [("print(titles(open('lines.txt').readlines()))", "batchable"), ("print(title('x'))", "realtime")],
)
def test_a_request_is_many_where_a_longer_way_goes_through_a_loop(more, expected):
    program = {path: source.replace("{more}", more) for path, source in LONGER.items()}
    assert verdict(program) == expected


WHILE = """
    import json
    from llm import ask

    def judge(case):
        prompt, good, {count} = case, False, 0
        while not good and {count} < limit:
            {count} += 1
            answer = ask(prompt)  # !
            good = answer.startswith("{{")
            prompt = f"{{answer}} was no good"
            {turn}
        return answer

    if __name__ == "__main__":
        for case in open("cases.txt"):
            print(judge(case))
    """


@pytest.mark.parametrize(
    ("count", "turn", "expected"),
    [
        ("attempts", "print(prompt)", "batchable"),
        ("turns", "print(prompt)", "realtime"),
        ("attempts", "if 'better' in answer: attempts = 0", "realtime"),
    ],
)
def test_a_loop_that_counts_its_tries_takes_a_few_rounds_for_all_items(count, turn, expected):
    assert verdict(WHILE.format(count=count, turn=turn)) == expected


LEFT = """
    import asyncio
    from llm import ask_later

    async def ask_all(texts, attempt):
        tasks = []
        for text in tqdm(texts, desc=f"attempt {{attempt}}"):
            tasks.append(asyncio.create_task(ask_later(text)))  # !
        return await asyncio.gather(*tasks, return_exceptions=True)

    async def main(texts):
        answers = [ValueError() for _ in texts]
        {loop}:
            texts = [{text} for text, answer in zip(texts, answers) if isinstance(answer, Exception)]
            answers = await ask_all(texts, 2)

    if __name__ == "__main__":
        asyncio.run(main(open("lines.txt").readlines()))
    """


@pytest.mark.parametrize(
    ("loop", "text", "expected"),
    [
        ("for _ in range(3)", "text", "batchable"),
        ("for attempt in range(tries)", "text", "batchable"),
        ("for line in read()", "text + str(answer)", "realtime"),
    ],
)
def test_what_failed_is_tried_again_all_at_once(loop, text, expected):
    program = {
        "llm.py": """
            from openai import AsyncOpenAI

            client = AsyncOpenAI()

            async def ask_later(text):
                return await client.responses.create(model="gpt-5", input=text)
            """,
        "job.py": LEFT.format(loop=loop, text=text),
    }
    assert verdict(program) == expected


PIPELINED = """
    import json
    from llm import ask

    if __name__ == "__main__":
        lines, start, before = open("lines.txt").readlines(), 0, None
        while start < len(lines):
            answer = ask(lines[start])  # !
            if {test}:
                start += 1
            before = answer
    """


@pytest.mark.parametrize(("test", "expected"), [("before is not None", "batchable"), ("before != 'same'", "realtime")])
def test_whether_there_was_a_turn_before_says_nothing_of_its_answer(test, expected):
    assert verdict(PIPELINED.format(test=test)) == expected


CHAINED = """
    from concurrent.futures import ThreadPoolExecutor
    from llm import ask

    SYSTEMS = ["Ask.", "Answer."]

    def pair(topic):
        prompts = [topic]
        for number in range({end}):
            prompts.append(ask(prompts[number]))  # !
        return prompts

    if __name__ == "__main__":
        with ThreadPoolExecutor() as pool:
            print(list(pool.map(pair, open("topics.txt"))))
    """


@pytest.mark.parametrize(("end", "expected"), [("len(SYSTEMS)", "batchable"), ("40", "realtime")])
def test_one_round_for_each_of_given_things_is_a_chain_of_batches(end, expected):
    assert verdict(CHAINED.format(end=end)) == expected


WRITTEN = """
    import json
    from llm import ask

    STEPS = ["Open.", "Tell.", "Close."]

    def write(plan):
        text = ""
        steps = {steps}
        for step in {iterated}:
            text += ask(f"{{step}} after {{text}}")  # !
        return text

    if __name__ == "__main__":
        for line in open("plans.txt"):
            print(write(json.loads(line)["plan"]))
    """


@pytest.mark.parametrize(
    ("steps", "iterated", "expected"),
    [
        ("STEPS", "steps", "batchable"),
        ("plan", "steps[1:]", "batchable"),
        ("plan.split('|', 2)", "steps", "batchable"),
        ("plan.splitlines()", "steps", "realtime"),
        ("plan.split('---')", "enumerate(steps[1:])", "realtime"),
        ("re.split('[.?]', plan)", "steps", "realtime"),
        ("open(plan).readlines()", "steps", "realtime"),
        ("[step.strip() for step in plan.splitlines()]", "enumerate(steps, 1)", "realtime"),
        ("[step.lower() for step in STEPS]", "steps", "batchable"),
        ("[STEPS[n % 3] for n in range(4)]", "steps", "batchable"),
        ("splitter.split_documents([plan])", "steps", "realtime"),
        ("chunk_text(plan, 2000)", "tqdm(steps)", "realtime"),
        ("split_into_sentences(plan)", "steps", "realtime"),
        ("split_steps(plan)", "steps", "batchable"),
    ],
)
def test_a_text_has_as_many_parts_as_it_has(steps, iterated, expected):
    assert verdict(WRITTEN.format(steps=steps, iterated=iterated)) == expected


STORIES = """
    from llm import ask

    STEPS = ["Open.", "Tell.", "Turn.", "Close."]
    MANY = ["cats", "dogs", "birds", "fish", "mice"]

    if __name__ == "__main__":
        for topic in {topics}:
            text = topic
            for step in STEPS:
                text += ask(f"{{step}} after {{text}}")  # !
            {then}
    """


@pytest.mark.parametrize(
    ("topics", "then", "expected"),
    [
        ("open('topics.txt')", "print(text)", "batchable"),
        ("MANY", "print(text)", "batchable"),
        ("['cats', 'dogs']", "print(text)", "realtime"),
        ("['cats', 'dogs']", "open('stories.txt', 'a').write(text)", "batchable"),
    ],
)
def test_rounds_for_a_few_things_that_are_written_out_are_no_batches(topics: str, then: str, expected: str):
    assert verdict(STORIES.format(topics=topics, then=then)) == expected


CUT_ABOVE = """
    from llm import ask

    STEPS = ["Open.", "Tell.", "Close."]

    class Writer:
        def write(self, steps, before=""):
            for step in {iterated}:
                before = ask(f"{{step}} after {{before}}")  # !
            return before

        def start(self, steps):
            return self.write(steps)

    if __name__ == "__main__":
        for line in open("plans.txt"):
            steps = {steps}
            print(Writer().{method}(steps))
    """


@pytest.mark.parametrize("method", ["write", "start"])
@pytest.mark.parametrize(
    ("steps", "iterated", "expected"),
    [
        ("line.split('---')", "steps", "realtime"),
        ("splitter.split_text(line)", "enumerate(steps)", "realtime"),
        ("STEPS", "steps", "batchable"),
        ("line.split('|', 2)", "steps", "batchable"),
    ],
)
def test_a_text_may_be_cut_by_whoever_calls(method, steps, iterated, expected):
    assert verdict(CUT_ABOVE.format(method=method, steps=steps, iterated=iterated)) == expected


MERGED = """
    from llm import ask

    class Merger:
        def __init__(self, topics, limit):
            self.topics, self.limit, self.merged = set(topics), limit, 0

        def _prompt(self):
            listed = ", ".join(self.{read})
            return f"Merge two of {{listed}}, below {{self.limit}} words"

        def merge(self):
            answer = ask(self._prompt())  # !
            self.{filled}.add(answer.choices[0].message.content)
            self.merged += 1

        def run(self):
            while len(self.topics) > self.limit and self.merged < 40:
                self.merge()

    if __name__ == "__main__":
        for line in open("topics.txt"):
            Merger(line.split(","), 5).run()
    """


@pytest.mark.parametrize(
    ("read", "filled", "expected"), [("topics", "topics", "realtime"), ("topics", "found", "batchable")]
)
def test_what_a_method_gives_is_made_of_what_its_object_keeps(read, filled, expected):
    assert verdict(MERGED.format(read=read, filled=filled)) == expected


SETTLED = """
    import argparse
    from llm import ask

    class Short:
        def __init__(self, rounds={rounds}):
            self.rounds = rounds

    class Long:
        rounds = {rounds} + 20

    def settle(topic, args):
        made = Short() if args.short else Long()
        draft = topic
        for number in range({end}):
            draft = ask(draft)  # !
        return draft

    if __name__ == "__main__":
        parser = argparse.ArgumentParser()
        parser.add_argument("--rounds", type=int, default={rounds})
        parser.add_argument("--max-rounds", type=int, default={rounds})
        args = parser.parse_args()
        for topic in open("topics.txt"):
            print(settle(topic, args))
    """


@pytest.mark.parametrize("end", ["made.rounds", "args.rounds"])
@pytest.mark.parametrize(("rounds", "expected"), [(3, "batchable"), (30, "realtime")])
def test_the_rounds_that_an_object_or_an_option_gives_count(end, rounds, expected):
    assert verdict(SETTLED.format(end=end, rounds=rounds)) == expected


def test_as_many_rounds_as_are_allowed_at_most_are_no_given_number():
    assert verdict(SETTLED.format(end="args.max_rounds", rounds=3)) == "realtime"


KNOWN = """
import json
from llm import ask

class Labels:
    def __init__(self):
        self.known = {{}}

    def fill(self, words):
        {missing}
        for number, word in enumerate(missing):
            self.known[word] = ask({text})  # !
        return [self.known[word] for word in words]

if __name__ == "__main__":
    print(Labels().fill(json.load(open("words.json"))))
"""


@pytest.mark.parametrize(
    ("missing", "text", "expected"),
    [
        ("missing = [word for word in words if word not in self.known]", "word", "batchable"),
        ("missing = [word for word in words if self.known.get(word) is None]", "word", "batchable"),
        ("missing = [word for word in words if word not in self.known]", "f'{word}: {self.known}'", "realtime"),
        ("missing = [self.known.get(word, word) for word in words]", "word", "realtime"),
    ],
)
def test_a_look_at_what_is_known_is_no_history(missing, text, expected):
    assert verdict(KNOWN.format(missing=missing, text=text)) == expected


CHAT = """
import json
from llm import ask

class Chat:
    def __init__(self):
        self.said = []

    def tell(self, text):
        self.said.append(ask(f"{{self.said}} {{text}}"))  # !

def main(texts):
    chat = Chat()
    {body}

if __name__ == "__main__":
    main(json.load(open("texts.json")))
"""


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("for text in texts: chat.tell(text)", "realtime"),
        ("for text in texts: fresh = Chat(); fresh.tell(text)", "batchable"),
        ("for text in texts: one(text)\n\ndef one(text):\n    fresh = Chat()\n    fresh.tell(text)", "batchable"),
        ("for text in texts: one(chat, text)\n\ndef one(chat, text):\n    chat.tell(text)", "realtime"),
    ],
)
def test_what_an_object_keeps_counts_where_the_same_object_is_asked_again(body, expected):
    assert verdict(CHAT.format(body=body)) == expected


IN_PLACE = """
import json
from llm import ask

def judged(rows):
    return [ask(row) for row in rows]  # !

class Report:
    def __init__(self, rows):
        self.rows = rows

    def judge(self):
        self.rows = judged(self.rows)

if __name__ == "__main__":
    report = Report(json.load(open("rows.json")))
    {run}
"""


@pytest.mark.parametrize(
    ("run", "expected"), [("report.judge()", "batchable"), ("for _ in range(9): report.judge()", "realtime")]
)
def test_answers_that_replace_the_items_are_no_history_of_a_single_run(run, expected):
    assert verdict(IN_PLACE.format(run=run)) == expected


TALLY = """
import json
from llm import ask

def told(stats, text):
    stats["asked"] += 1
    noted(stats)
    return ask({text})  # !

def noted(counts):
    counts["noted"] = True
    counts["names"].append("told")

def main(texts):
    stats = {{"asked": 0, "names": [], "failed": []}}
    for text in texts:
        answer = told(stats, text)
        if not answer:
            stats["failed"].append(answer)
    print(stats)

if __name__ == "__main__":
    main(json.load(open("texts.json")))
"""


@pytest.mark.parametrize(
    ("text", "expected"), [("text", "batchable"), ("f\"{text} unlike {stats['failed']}\"", "realtime")]
)
def test_a_tally_that_a_function_only_writes_to_carries_nothing(text, expected):
    assert verdict(TALLY.format(text=text)) == expected


TABLE = """
import sys
import pandas as pd
from llm import ask

def labelled(table, text, seen=0):
    {body}

def report(table):
    return table.to_csv()

def shorter(table):
    return ask(table.to_csv())

def main():
    table = pd.DataFrame(columns=["label"])
    for text in open(sys.argv[1]):
        table = labelled(table, text)  # !
    table.to_csv(sys.argv[2])

if __name__ == "__main__":
    main()
"""


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("table = pd.concat([table, pd.DataFrame([ask(text)])]); return table", "batchable"),
        ("table = pd.concat([table, row]) if (row := ask(text)) else table; return table", "batchable"),
        ("table = table.assign(label=ask(text)); return table", "batchable"),
        ("label = ask(text); table += [label]; return table", "batchable"),
        ("return [*table, ask(text)]", "batchable"),
        ("table = pd.concat([table, ask(report(table) + text)]); return table", "realtime"),
        ("table = pd.concat([table, ask(f'{table} {text}')]); return table", "realtime"),
        ("table = shorter(table); table = pd.concat([table, ask(text)]); return table", "realtime"),
        ("old = table.to_csv(); table = pd.concat([table, ask(old + text)]); return table", "realtime"),
        ("return ask(table.to_csv() + text)", "realtime"),
    ],
)
def test_a_table_that_a_function_only_adds_to_carries_nothing(body, expected):
    assert verdict(TABLE.format(body=body)) == expected


def test_a_table_that_decides_on_the_next_request_carries_answers():
    body = "known = len(table); table = pd.concat([table, ask(text if known < 3 else 'what else?')]); return table"
    assert verdict(TABLE.format(body=body)) == "realtime"


WORKERS = """
    import queue
    import threading
    from llm import ask

    jobs = queue.Queue()

    def work():
        while True:
            text = jobs.get()
            if text is None:
                break
            print(ask(text))  # !

    if __name__ == "__main__":
        for _ in range(4):
            threading.Thread(target=work, daemon=True).start()
        {fill}
        jobs.join()
    """


@pytest.mark.parametrize(
    ("fill", "expected"),
    [('for line in open("lines.txt"): jobs.put(line)', "batchable"), ('jobs.put("one")', "realtime")],
)
def test_workers_go_over_the_items_that_their_queue_is_filled_with(fill, expected):
    assert verdict(WORKERS.format(fill=fill)) == expected


OPEN_ENDED = """
    import json
    from llm import ask
    from work import grade

    def explore(question):
        found = []
        while True:
            idea = think(question)
            worth = ask(idea)  # !
            {turn}
            if int(worth) < 5:
                break
        return found

    if __name__ == "__main__":
        for question in json.load(open("questions.json")):
            print(explore(question))
    """


@pytest.mark.parametrize(
    ("turn", "expected"), [("found.append((idea, worth))", "realtime"), ("print(worth)", "batchable")]
)
def test_turns_that_keep_their_answers_until_one_is_too_bad_wait_for_each_other(turn, expected):
    assert verdict(OPEN_ENDED.format(turn=turn)) == expected


DRAFTS = """
    import json
    from llm import ask

    if __name__ == "__main__":
        answer = ""
        for text in json.load(open("texts.json")):
            {start}
            for part in ("title", "summary"):
                answer = ask(f"{{part}} of {{draft}}")  # !
                draft.append(answer)
            print(answer)
    """


@pytest.mark.parametrize(
    ("start", "expected"), [("draft = [text]", "batchable"), ("draft = [text, answer]", "realtime")]
)
def test_what_is_read_behind_an_inner_loop_is_what_that_loop_gave(start, expected):
    assert verdict(DRAFTS.format(start=start)) == expected


BUDGET = """
    import json
    from llm import ask

    spent, good = 0, 0
    for text in json.load(open("texts.json")):
        answer = ask(text)  # !
        {added}
        print(answer)
        if {test}:
            break
    """


@pytest.mark.parametrize(
    ("added", "test", "expected"),
    [
        ("spent += answer.usage.total_tokens", "spent > 100_000", "batchable"),
        ("tokens = answer['usage']['total_tokens']; spent += tokens * 0.01", "spent > 100_000", "batchable"),
        ("spent += answer.usage.total_tokens", "spent > 100_000 and answer == 'no'", "realtime"),
        ("good += 'yes' in answer.output_text", "good > 100_000", "realtime"),
        ("row = [answer.usage, answer.output_text]; good += row.count('yes')", "good > 100_000", "realtime"),
    ],
)
def test_a_limit_to_what_requests_cost_only_ends_the_run(added: str, test: str, expected: str):
    assert verdict(BUDGET.format(added=added, test=test)) == expected


RUNS = """
    import json
    from llm import ask

    class Run:
        def __init__(self, texts, left):
            self.answers = [ask(text) for text in texts[:left]]
            self.cost_usd = len(self.answers) * 0.01
            self.good = self.answers.count("yes")

    left, spent = 10_000, 0
    for name in json.load(open("names.json")):
        run = Run(json.load(open(name)), left - spent)  # !
        spent += {added}
        print(run.answers)
        {end}
    """


@pytest.mark.parametrize(
    ("added", "end", "expected"),
    [
        ("run.cost_usd", "", "batchable"),
        ("float(run.cost_usd)", "if spent > left: break", "batchable"),
        ("run.good", "", "realtime"),
        ("run.cost_usd + run.good", "", "realtime"),
    ],
)
def test_what_is_left_to_spend_is_in_no_request(added: str, end: str, expected: str):
    assert verdict(RUNS.format(added=added, end=end)) == expected


STOPPED = """
    import json
    from llm import ask

    def run(texts):
        return {run}

    for name in json.load(open("names.json")):
        found = run(json.load(open(name)))  # !
        print(found)
        if "no" in found:
            break
    """


@pytest.mark.parametrize(
    ("run", "expected"), [("[ask(text) for text in texts]", "batchable"), ("ask(str(texts))", "realtime")]
)
def test_a_run_that_asks_about_all_items_is_one_batch_wherever_the_runs_end(run: str, expected: str):
    assert verdict(STOPPED.format(run=run)) == expected


@pytest.mark.parametrize(
    ("test", "reason"),
    [
        ("spent > 1000", "the loop ends when the answers add up to a limit"),
        ("answer == 'yes'", "the loop ends as soon as an answer fits"),
    ],
)
def test_the_reason_says_what_ends_the_loop(test, reason):
    site = marked(
        f"""
        import json
        from llm import ask

        spent = 0
        for text in json.load(open("texts.json")):
            answer = ask(text)  # !
            spent += len(answer)
            if {test}:
                break
        """
    )
    assert reason in [factor.reason for factor in site.factors]


DRAWING = """
import csv
import sys
from itertools import islice
from llm import ask

def run(path):
    with open(path) as file:
        reader = csv.reader(file)
        {head}
            print(ask(str(item)))  # !

run("rows.csv")
"""


@pytest.mark.parametrize(
    ("head", "is_over_items"),
    [
        ("while item := list(islice(reader, 20)):", True),
        ("while item := file.readline():", True),
        ("while item := next(reader, None):", True),
        (
            "while True:\n            item = list(islice(reader, 20))\n            if not item:\n                break",
            True,
        ),
        ("while item := sys.stdin.readline():", False),
        ("while item := input():", False),
        ("while True:\n            item = input()\n            if not item:\n                break", False),
        (
            "while True:\n            item = list(islice(reader, 20))\n            if not path:\n                break",
            False,
        ),
    ],
)
def test_a_loop_that_draws_its_items_from_a_file_goes_over_items(head: str, is_over_items: bool) -> None:
    assert (verdict(DRAWING.replace("{head}", head)) == "batchable") is is_over_items


ROUNDS = """
    import sys
    from llm import ask

    ROUNDS = 4

    def evolve(tasks, rounds, count, best=""):
        for _ in {rounds}:
            made = []
            for task in tasks:
                made.append(ask({asked}))  # !
                {more}
            tasks = made
        return tasks

    print(evolve(open("tasks.txt").readlines(), int(sys.argv[1]), int(sys.argv[2])))
    """


@pytest.mark.parametrize(
    ("rounds", "asked", "more", "expected"),
    [
        ("range(ROUNDS)", "task", "", "batchable"),
        ("range(1, rounds + 1)", "task", "", "batchable"),
        ("range(100)", "task", "", "realtime"),
        ("range(count)", "task", "", "realtime"),
        ("open('topics.txt')", "task", "", "realtime"),
        ("range(ROUNDS)", "task + best", "best = made[-1]", "realtime"),
    ],
)
def test_each_of_a_few_rounds_over_all_items_is_a_batch(rounds, asked, more, expected):
    assert verdict(ROUNDS.format(rounds=rounds, asked=asked, more=more)) == expected


CONDENSED = """
    import sys
    from llm import ask

    def condense(notes, most, about=""):
        while {test}:
            {round}
        return notes

    print(condense(open("notes.txt").readlines(), int(sys.argv[1])))
    """


@pytest.mark.parametrize(
    ("test", "round", "expected"),
    [
        ("len(notes) > most", "notes = [ask(note) for note in notes]  # !", "batchable"),
        ("len(notes) >= 30", "notes = [ask(note) for note in notes]  # !", "batchable"),
        ("len(notes) > most and most > 2", "notes = [ask(note) for note in notes]  # !", "batchable"),
        ("most > 2 and len(notes) > most", "notes = [ask(note) for note in notes]  # !", "batchable"),
        ("len(notes) > most or about", "notes = [ask(note) for note in notes]  # !", "realtime"),
        ("len(notes) > 0 and most > 2", "notes = [ask(note) for note in notes]  # !", "realtime"),
        ("len(notes) > most", "notes = ask(notes)  # !", "realtime"),
        ("len(notes) > 0", "notes = [ask(note) for note in notes]  # !", "realtime"),
        ("notes", "notes = [ask(note) for note in notes]  # !", "realtime"),
        ("len(notes) < most", "notes = [ask(note) for note in notes]  # !", "realtime"),
        ("len(about) > most", "notes = [ask(note) for note in notes]  # !", "realtime"),
    ],
)
def test_each_round_that_makes_less_of_all_items_is_a_batch(test, round, expected):
    assert verdict(CONDENSED.format(test=test, round=round)) == expected


TWICE = {
    "labels.py": """
        from llm import ask

        def label(text, tries=3):
            prompt = text
            for attempt in range(tries):
                answer = ask(prompt)  # !
                if answer.startswith("{"):
                    return answer
                prompt = f"{answer} was no good: {text}"
            return ""
        """,
    "first.py": """
        from labels import label

        if __name__ == "__main__":
            print(label(open("a.txt").read()))
        """,
}
ALL = """
    from labels import label

    if __name__ == "__main__":
        for line in open("a.txt"):
            print(label(line))
    """


@pytest.mark.parametrize(("more", "expected"), [({"all.py": ALL}, "batchable"), ({}, "realtime")])
def test_a_way_with_one_item_leaves_the_rounds_of_the_others_as_they_are(more, expected):
    assert verdict({**TWICE, **more}) == expected


LAST_TURN = """
for item in items:
    while True:
        answer = ask(item["text"] + item.get("answer", "")){first}
        if answer:
            item["answer"] = answer + ask(item["text"] + item.get("answer", "")){last}
            {end}
"""


@pytest.mark.parametrize(
    ("first", "last", "end", "expected"),
    [
        ("", "  # !", "break", set()),
        ("", "  # !", "continue", {"dependent"}),
        ("  # !", "", "break", set()),
        ("  # !", "", "continue", {"dependent"}),
    ],
)
def test_what_a_loop_changes_in_its_last_turn_no_later_turn_reads(
    first: str, last: str, end: str, expected: set[str]
) -> None:
    body = textwrap.indent(LAST_TURN.format(first=first, last=last, end=end), "    ")
    site = marked(PROGRAM.format(body=body))
    assert site is not None
    assert {factor.name for factor in site.factors} & {"dependent", "chain"} == expected


WORK_LIST = """
from llm import ask

class Rows:
    def __init__(self, known):
        self.known = list(known)

    def pending(self):
        return [row for row in self.known if row.endswith("?")]

    def add(self, row, answer):
        self.known.append(row + answer)

class Job:
    def __init__(self, rows):
        self.rows = rows

    def run(self):
        for row in {over}:
            answer = ask({prompt})  # !
            self.rows.add(row, answer)

if __name__ == "__main__":
    Job(Rows(["a?", "b?"])).run()
"""


@pytest.mark.parametrize(
    ("over", "prompt", "expected"),
    [
        ("self.rows.pending()", "row", "batchable"),
        ("sorted(self.rows.pending())", "row", "batchable"),
        ("self.rows", "row", "realtime"),
        ("self.rows.pending()", "row + str(self.rows.pending())", "realtime"),
    ],
)
def test_a_method_gives_the_rows_to_do_before_the_first_answer_is_kept(over: str, prompt: str, expected: str) -> None:
    assert verdict(WORK_LIST.format(over=over, prompt=prompt)) == expected


SESSION = """
    from llm import ask
    from sqlalchemy import create_engine
    from sqlalchemy.orm import Session, sessionmaker
    from shop import Chat

    class Note:
        pass

    class Summary:
        pass

    class Turn:
        pass

    make = sessionmaker(create_engine("sqlite://"))

    def shorten({given}, note):
        style = db.query({read}).first()
        return ask(f"{{style}} {{note.text}}")

    def run():
        db = {made}
        for note in db.query(Note):
            summary = shorten(db, note)  # !
            db.add({stored}(text=summary))
            db.commit()

    if __name__ == "__main__":
        run()
    """


@pytest.mark.parametrize("given", ["db", "db: Session"])
@pytest.mark.parametrize(
    ("made", "read", "stored", "expected"),
    [
        ("make()", "Note", "Summary", "batchable"),
        ("Session()", "Note", "Summary", "batchable"),
        ("make()", "Turn", "Turn", "realtime"),
        ("Chat()", "Note", "Summary", "realtime"),
    ],
)
def test_a_session_carries_only_what_the_request_reads_of_it(given, made, read, stored, expected):
    assert verdict(SESSION.format(given=given, made=made, read=read, stored=stored)) == expected


KEEPING = """
    from llm import ask
    from sqlalchemy import create_engine
    from sqlalchemy.orm import sessionmaker

    class Note:
        pass

    class Summary:
        pass

    make = sessionmaker(create_engine("sqlite://"))

    def mark(db, note):
        for summary in db.query(Summary).filter_by(note=note.id):
            summary.fresh = False

    def shorten(db, note):
        {before}
        found = ask(note.text)
        {after}
        return found

    def run():
        db = make()
        for note in db.query(Note):
            summary = shorten(db, note)  # !
            db.add(Summary(text=summary))

    if __name__ == "__main__":
        run()
    """


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("pass", "mark(db, note)", "batchable"),
        ("pass", "db.query(Summary).delete()", "batchable"),
        ("mark(db, note)", "pass", "realtime"),
        ("pass", "for old in db.query(Summary): found = ask(old.text)", "realtime"),
    ],
)
def test_what_is_read_of_a_session_after_the_request_is_in_no_request(before, after, expected):
    assert verdict(KEEPING.format(before=before, after=after)) == expected


THEMES = """
    import json
    from llm import ask

    posts = json.load(open("posts.json"))
    themes = {{post["group"]: [] for post in posts}}
    state = json.load(open("state.json"))
    for post in posts:
        known = {known}
        answer = ask(post["text"] + str({asked}))  # !
        {after}
    json.dump([themes, state], open("themes.json", "w"))
    """
APPEND = "known.append(answer)"


@pytest.mark.parametrize(
    ("known", "asked", "after", "expected"),
    [
        ('themes.get(post["group"], [])', "known", APPEND, "realtime"),
        ('themes.get(post["group"]) or []', "known", APPEND, "realtime"),
        ('themes[post["group"]]', "known", APPEND, "realtime"),
        ('themes.setdefault(post["group"], [])', "known", "known += [answer]", "realtime"),
        ('state["seen"]', "known", "known['last'] = answer", "realtime"),
        # The request is made of nothing that an answer changes.
        ('themes.get(post["group"], [])', "''", APPEND, "batchable"),
        ('themes.get(post["group"], [])', "known", "themes[answer] = known", "batchable"),
        ('list(themes[post["group"]])', "known", APPEND, "batchable"),
        # Each item has one of its own.
        ('themes.setdefault(post["id"], [])', "known", APPEND, "batchable"),
        ("themes[post]", "known", APPEND, "batchable"),
        ('post["known"]', "known", APPEND, "batchable"),
    ],
)
def test_what_the_turns_look_up_in_one_place_carries_an_answer_on(
    known: str, asked: str, after: str, expected: str
) -> None:
    assert verdict(THEMES.format(known=known, asked=asked, after=after)) == expected


FALLING_BACK = """
    import requests

    URL = "https://openrouter.ai/api/v1/chat/completions"

    def is_busy(response):
        return "no" in response.text

    def ask(messages):
        body = {{"model": "first", "messages": messages}}
        for attempt in range(3):
            response = requests.post(URL, json=body)
            if {test}:
                body["model"] = "second"
                continue
            return response.json()["choices"]

    def report():
        print(ask([{{"role": "user", "content": open("notes.txt").read()}}]))  # !

    if __name__ == "__main__":
        import schedule
        schedule.every().day.at("00:00").do(report)
        while True:
            schedule.run_pending()
    """


@pytest.mark.parametrize(
    ("test", "expected"),
    [
        ("response.status_code == 429", "batchable"),
        ("not response.is_success", "batchable"),
        ("response.status_code == 429 and 'capacity' in response.text.lower()", "batchable"),
        ("response.status_code in (429, 503) and is_busy(response)", "batchable"),
        ("not response.is_success and is_busy(response)", "batchable"),
        ("response.status >= 500", "batchable"),
        ("response.status == 'no'", "realtime"),
        ("response.status_code == 200 and is_busy(response)", "realtime"),
        ("response.status_code == 429 or is_busy(response)", "realtime"),
        ("'no' in response.json()['choices'][0]['message']['content']", "realtime"),
    ],
)
def test_another_model_is_asked_after_no_answer(test: str, expected: str):
    """How a request went is no answer that the next one is made of."""
    assert verdict(FALLING_BACK.format(test=test)) == expected
