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
        (main(made="videos = [each for name in args.video for each in read(name)]"), "batchable"),
        (main(made="videos = read(args.video)"), "batchable"),
        (main(made="videos = list(args.video); videos.extend(new_videos())"), "batchable"),
        (main(nargs="type=open"), "batchable"),
        (main(flag="--files", test="if args.files:", made="videos = args.files"), "batchable"),
        (main(test="if True:"), "batchable"),
        (main(test="if not args.video:", made="videos = new_videos()"), "batchable"),
    ],
    ids=[
        "as they are", "the helper", "all", "in parts", "read one by one", "of several", "read at once", "and others",
        "a file's lines", "files", "in each run", "the other branch",
    ],
)  # fmt: skip
def test_who_names_the_items_waits_for_them(source: str, expected: str) -> None:
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
