"""Functions that make objects of the classes that they are given: making one asks no model, calling it may."""

import pytest

from .verdicts import verdict

PAGE = """
    import inspect
    from llm import ask

    class Part:
        def __init__(self, style=None):
            self.style = style

        def __call__(self, text):
            raise NotImplementedError

    class Plain(Part):
        def __call__(self, text):
            return f"{text} {self.style}"

    class Summary(Part):
        def __call__(self, text):
            return ask(text)

    class Page:
        first: Part = {first}
        rest: tuple[Part, ...] = (Plain, {first})

        def __init__(self, rest=None):
            if rest is None:
                rest = self.rest
            rest = self.make_all(rest)  {many}
            self.parts = rest
            self.head = self.make(self.first)  {one}

        def make(self, kind):
            found = {name: None for name in inspect.signature(kind.__init__).parameters if name != "self"}
            return kind(**found)

        def make_all(self, kinds):
            made = []
            for kind in kinds:
                part = self.make(kind)
                made.append(part)
            closing = {closing}()
            made.insert(0, closing)
            return made

        def head_of(self, text):
            return self.head(text)

        def all_of(self, text):
            return [part(text) for part in self.parts]

    if __name__ == "__main__":
        page = Page()
        for line in open("lines.txt"):
            print(page.head_of(line))  {called}
            print(page.all_of(line))  {each}
    """


def page(mark: str, first: str = "Summary", closing: str = "Plain") -> str:
    marks = dict.fromkeys(("many", "one", "called", "each"), "") | {mark: "# !"}
    filled = {**marks, "first": first, "closing": closing}
    text = PAGE
    for name, value in filled.items():
        text = text.replace("{" + name + "}", value)
    return text


@pytest.mark.parametrize("mark", ["many", "one"])
def test_making_an_object_of_a_class_does_not_call_it(mark):
    assert verdict(page(mark)) == "none"


@pytest.mark.parametrize(("first", "expected"), [("Summary", "batchable"), ("Plain", "none")])
def test_what_is_made_is_of_the_class_that_is_given(first, expected):
    assert verdict(page("called", first=first, closing="Summary")) == expected


@pytest.mark.parametrize(("closing", "expected"), [("Summary", "batchable"), ("Plain", "none")])
def test_what_is_inserted_into_a_list_is_called_from_there(closing, expected):
    assert verdict(page("each", first="Plain", closing=closing)) == expected


SELECTOR = """
    from llm import ask

    class Careful:
        def label(self, text):
            return ask(text)  # !

    class Quick:
        def label(self, text):
            return text

    class Selector:
        {kept} = {}

        def __new__(cls, kind):
            {body}

        def label(self, text):
            return text

    if __name__ == "__main__":
        service = Selector("careful")
        for line in open("lines.txt"):
            print(service.label(line))
    """


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("return Careful() if kind == 'careful' else Quick()", "batchable"),
        (
            "if kind not in cls.made:\n                cls.made[kind] = Careful()\n            return cls.made[kind]",
            "batchable",
        ),
        ("return Quick()", "none"),
        ("return super().__new__(cls)", "none"),
    ],
)
def test_a_class_may_give_an_object_of_another_one(body, expected):
    program = SELECTOR.replace("{kept}", "made").replace("{body}", body)
    loop = program.replace("  # !", "").replace("service.label(line))", "service.label(line))  # !")
    assert verdict(loop) == expected
