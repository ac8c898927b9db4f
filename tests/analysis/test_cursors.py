"""Loops whose turns hand on where to go on, and twins in which an answer goes with it."""

import pytest

from .verdicts import verdict

FEED = """
    import time
    from llm import ask
    from feed import fetch, load, save

    def label(post):
        answer = ask(post.text)  # !
        open(f"{{post.id}}.txt", "w").write(answer)
        {label}

    def work({name}):
        posts = fetch({name})
        for post in posts:
            {work}
        return {result}

    def main():
        {name} = load()
        while True:
            {name} = work({name})
            save({name})
            time.sleep(3600)

    if __name__ == "__main__":
        main()
    """


@pytest.mark.parametrize(
    ("name", "result", "expected"),
    [
        ("since", "max(post.time for post in posts)", "batchable"),
        ("last_id", "posts[-1].id", "batchable"),
        ("next_token", "posts.token", "batchable"),
        # What it is called says nothing, and it may be the file with the answers.
        ("state", "posts[-1].id", "realtime"),
    ],
)
def test_where_to_go_on_is_no_answer(name, result, expected):
    source = FEED.format(name=name, work="label(post)", label="return None", result=result)
    assert verdict(source) == expected


@pytest.mark.parametrize(
    ("work", "label", "result"),
    [
        ("since = label(post)", "return answer", "since"),
        ("posts = fetch(label(post))", "return answer", "posts[-1].time"),
        ("posts.append(label(post))", "return answer", "len(posts)"),
    ],
)
def test_where_the_answer_goes_with_it_the_turns_are_tied(work, label, result):
    source = FEED.format(name="since", work=work, label=label, result=result)
    assert verdict(source) == "realtime"


def test_so_they_are_where_the_object_keeps_the_answer():
    source = """
        import time
        from llm import ask
        from feed import fetch

        class Feed:
            def work(self, since):
                self.told = ask(str(fetch(since)))  # !
                return self.next()

            def next(self):
                return self.told["next"]

        def main():
            feed, since = Feed(), 0
            while True:
                since = feed.work(since)
                time.sleep(3600)

        if __name__ == "__main__":
            main()
        """
    assert verdict(source) == "realtime"
