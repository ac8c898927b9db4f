"""Items that somebody names on the command line, beside a run over all that there are."""

import pytest

from .verdicts import verdict

MAIN = """
    import argparse
    from llm import ask
    from store import new_videos, read

    def summarize(video):
        return ask(read(video)){loop}

    def options():
        parser = argparse.ArgumentParser()
        parser.add_argument("{flag}", {nargs}, help="only these")
        return parser.parse_args()

    def main():
        args = options()
        {test}
            {made}
            for video in videos:
                print(summarize(video)){named}
            return
        for video in new_videos():
            print(ask(read(video))){all}

    if __name__ == "__main__":
        main()
    """
PARTS = """words = []
            for word in args.video:
                words.extend([part for part in word.split(",") if part])
            videos: list[str] = []
            for word in words:
                videos.append(read(word))"""


def main(mark="named", flag="--video", nargs='nargs="+"', test="if args.video:", made="videos = args.video"):
    source = MAIN
    marks = dict.fromkeys(("loop", "named", "all"), "") | {mark: "  # !"}
    for name, text in {**marks, "flag": flag, "nargs": nargs, "test": test, "made": made}.items():
        source = source.replace("{" + name + "}", text)
    return source


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (main(), "realtime"),
        (main("loop"), "realtime"),
        (main("all"), "batchable"),
        (main(made=PARTS), "realtime"),
        (main(made="videos = [read(each) for each in args.video]"), "realtime"),
        (main(nargs="type=str", made="videos = [each.strip() for each in args.video.split(',')]"), "realtime"),
        (main(nargs="type=str", made="videos = args.video.split()"), "batchable"),
        (main(made="videos = [each for name in args.video for each in read(name)]"), "batchable"),
        (main(made="videos = read(args.video)"), "batchable"),
        (main(made="videos = list(args.video); videos.extend(new_videos())"), "batchable"),
        (main(nargs="type=open"), "batchable"),
        (main(flag="--files", test="if args.files:", made="videos = args.files"), "batchable"),
        (main(test="if True:"), "batchable"),
        (main(test="if not args.video:", made="videos = new_videos()"), "batchable"),
    ],
    ids=[
        "as they are", "the helper", "all", "in parts", "read one by one", "in one word", "a text",
        "of several", "read at once", "and others",
        "a file's lines", "files", "in each run", "the other branch",
    ],
)  # fmt: skip
def test_who_names_the_items_waits_for_them(source: str, expected: str) -> None:
    assert verdict(source) == expected


TRIED = """
    import argparse
    import json
    from llm import ask
    from store import read

    IDS = [{ids}]

    def main():
        parser = argparse.ArgumentParser()
        parser.add_argument("--videos", default={default})
        parser.add_argument("--save")
        args = parser.parse_args()
        found = []
        for video in [each.strip() for each in args.videos.split(",")]:
            found.append(ask(read(video)))  # !
            {show}
        {keep}

    if __name__ == "__main__":
        main()
    """


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({}, "realtime"),
        ({"default": '"intro,outro"'}, "realtime"),
        ({"keep": "print(len(found))"}, "realtime"),
        ({"keep": "json.dump(found, open('found.json', 'w'))"}, "batchable"),
        ({"show": "pass"}, "batchable"),
        ({"ids": str([f"video {number}" for number in range(20)])[1:-1]}, "batchable"),
        ({"default": "read('all')"}, "batchable"),
    ],
    ids=["kept if asked to", "in the parser", "only shown", "kept", "not shown", "many", "all there are"],
)
def test_who_looks_at_a_few_that_the_program_names_waits_for_them(changed: dict[str, str], expected: str) -> None:
    texts = {
        "ids": "'intro', 'outro', 'trailer', 'credits'",
        "default": '",".join(IDS)',
        "show": "print(found[-1])",
        "keep": "if args.save: json.dump(found, open(args.save, 'w'))",
        **changed,
    }
    source = TRIED
    for name, text in texts.items():
        source = source.replace("{" + name + "}", text)
    assert verdict(source) == expected


SHARED = {
    "store.py": """
        from llm import ask

        def label(text):
            return ask(text)  # !
        """,
    "llm.py": """
        from openai import OpenAI

        client = OpenAI()

        def ask(text):
            return client.responses.create(model="gpt-5", input=text)
        """,
    "main.py": """
        import argparse
        from store import label, new_ids

        if __name__ == "__main__":
            parser = argparse.ArgumentParser()
            parser.add_argument("--id", nargs="+")
            args = parser.parse_args()
            if args.id:
                for each in {given}:
                    print(label(each))
            for each in new_ids():
                print(label(each))
        """,
}


@pytest.mark.parametrize(("given", "expected"), [("args.id", "unclear"), ("new_ids()", "batchable")])
def test_what_all_items_share_with_those_that_somebody_names_is_told_of_by_their_loop(
    given: str, expected: str
) -> None:
    program = SHARED | {"main.py": SHARED["main.py"].replace("{given}", given)}
    assert verdict(program) == expected


INDEX = """
    import argparse
    import os
    from openai import OpenAI
    from store import all_notes, save

    client = OpenAI()

    def options():
        parser = argparse.ArgumentParser()
        parser.add_argument("--all", action="store_true")
        parser.add_argument("{flag}"{how})
        return parser.parse_args()

    def embed(texts):
        found = []
        for start in range(0, len(texts), 100):
            part = texts[start : start + 100]
            found += client.embeddings.create(model="text-embedding-3-small", input=part).data
        return found

    def link(note, quick=False):
        text = open(note).read()
        if not quick:
            save(note, embed(text.split("---")))  # !

    def run(args):
        if args.all:
            for note in all_notes():
                {each}(note, quick={quick})
        elif {test}:
            note = os.path.expanduser({given})
            link(note)

    if __name__ == "__main__":
        run(options())
    """
ONE_NOTE = {
    "flag": "--note",
    "how": "",
    "each": "link",
    "quick": "True",
    "test": "args.note",
    "given": "args.note",
}


def test_the_parts_of_the_one_note_that_an_option_names_are_few():
    assert verdict(INDEX.format(**ONE_NOTE)) == "realtime"


@pytest.mark.parametrize(
    "changed",
    [
        {"quick": "False"},
        {"each": "print"},
        {"how": ', nargs="+"'},
        {"how": ', action="append"'},
        {"flag": "--file", "test": "args.file", "given": "args.file"},
        {"given": "args.other"},
        {"test": "len(args.all)"},
    ],
)
def test_what_an_option_does_not_name_as_one_of_many_is_many(changed: dict[str, str]):
    assert verdict(INDEX.format(**{**ONE_NOTE, **changed})) == "batchable"


ONE = """
    import argparse
    from llm import ask
    from store import new_videos, read, parts

    def summarize(video):
        {body}

    def main():
        parser = argparse.ArgumentParser()
        parser.add_argument("{flag}", {kind})
        args = parser.parse_args()
        if {test}:
            summarize({given}){named}
        else:
            for video in new_videos():
                summarize(video){all}

    if __name__ == "__main__":
        main()
    """
ASKED = "open(video + '.txt', 'w').write(ask(read(video))){body_}"


def one(mark="body_", body=ASKED, flag="--video", kind="default=None", test="args.video", given="args.video") -> str:
    source = ONE.replace("{body}", body)
    marks = dict.fromkeys(("body_", "named", "all"), "") | {mark: "  # !"}
    for name, text in {**marks, "flag": flag, "kind": kind, "test": test, "given": given}.items():
        source = source.replace("{" + name + "}", text)
    return source


PASSED = "return ask(video + ' in short'){body_}"
MANY = "open(video, 'w').writelines(ask(part) for part in parts(video)){body_}"


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (one(body=PASSED), "realtime"),
        (one("named", body=PASSED), "realtime"),
        (one("all", body=PASSED), "batchable"),
        (one(body=PASSED, test="args.video is not None"), "realtime"),
        (one(body=PASSED, given="read(args.video)"), "realtime"),
        (one(body=PASSED, given="'the newest'"), "batchable"),
        (one(body=PASSED, test="not args.video"), "batchable"),
        (one(body=PASSED, kind="action='store_true'"), "batchable"),
        (one(body=PASSED, flag="--path", test="args.path", given="args.path"), "batchable"),
        (one(body=MANY), "batchable"),
        (one(), "realtime"),
        (one("all"), "batchable"),
        (one(body="open('news.txt', 'a').write(ask('What is new?')){body_}"), "batchable"),
    ],
    ids=[
        "the helper", "the one", "all", "if it is there", "made of it", "another", "the other branch", "a switch",
        "a file", "many requests for the one", "a helper that keeps the answer", "all for that one",
        "told of in the helper alone",
    ],
)  # fmt: skip
def test_who_names_one_item_waits_for_it(source: str, expected: str) -> None:
    assert verdict(source) == expected
