"""The way in that is shown first is the one by which there are many items: it is what the finding says of them."""

import pytest

from .verdicts import marked

SHARED = """
    import llm

    def score(text):
        return llm.ask(text)  # !
    """
ONE = """
    from scores import score

    def main():
        print(score(open("one.txt").read()))

    if __name__ == "__main__":
        main()
    """
ALL = """
    from scores import score

    def check(row):
        return score(row["text"])

    def main(rows):
        return [check(row) for row in rows]

    if __name__ == "__main__":
        main(open("rows.txt"))
    """


@pytest.mark.parametrize(("one", "all_"), [("a.py", "b.py"), ("b.py", "a.py")])
def test_the_way_of_many_is_shown(one: str, all_: str) -> None:
    site = marked({"scores.py": SHARED, one: ONE, all_: ALL})
    assert site is not None
    assert [context.chain[0].path for context in site.contexts] == [all_, one]
    assert {factor.path for factor in site.factors if factor.name in {"script", "many"}} == {all_}
