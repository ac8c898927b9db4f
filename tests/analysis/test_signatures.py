"""Calls that can mean several things mean those that take their keywords."""

import pytest

from .verdicts import verdict

PROGRAM = """
    import sys
    from dataclasses import dataclass
    from functools import wraps
    from transformers import pipeline
    from llm import ask

    def noted(function):
        @wraps(function)
        def note(*args, **kwargs):
            kwargs.pop("beams", None)
            return function(*args, **kwargs)
        return note

    class Hosted:
        def __call__(self, text{rest}):
            return ask(text)  # !

        {decorator}
        def write(self, text{rest}):
            return self(text)

    class Local:
        def __init__(self, name):
            self.model = pipeline("text-generation", model=name)

        def write(self, text, beams=1):
            return self.model(text, num_beams=beams)

    def hosted(text{rest}):
        return Hosted()(text)

    def local(text, beams=1):
        return Local("small").write(text, beams=beams)

    MAKERS = {{"hosted": hosted, "local": local}}

    def load(kind):
        if kind == "hosted":
            return Hosted()
        return pipeline("text-generation", model=kind)

    def main(kind):
        model = load(kind)
        writer = Hosted() if kind == "hosted" else Local(kind)
        write = hosted if kind == "hosted" else local
        for line in sys.stdin:
            print({call})

    if __name__ == "__main__":
        main(sys.argv[1])
    """
CALLS = ["model(line{0})", "writer.write(line{0})", "write(line{0})", "MAKERS[kind](line{0})"]


@pytest.mark.parametrize("call", CALLS)
def test_keywords_tell_which_of_several_is_called(call):
    def found(keywords, rest="", decorator=""):
        return verdict(PROGRAM.format(call=call.format(keywords), rest=rest, decorator=decorator))

    assert found("") == "batchable"
    assert found(", **{'beams': 2}") == "batchable"
    assert found(", beams=2", rest=", **options") == "batchable"
    assert found(", beams=2", rest=", beams=1") == "batchable"
    assert found(", beams=2") == "unclear"


def test_decorators_may_take_keywords_that_the_function_does_not():
    given = {"call": "writer.write(line, beams=2)", "rest": ""}
    assert verdict(PROGRAM.format(**given, decorator="@noted")) == "batchable"
    assert verdict(PROGRAM.format(**given, decorator="")) == "unclear"


def test_where_no_signature_fits_all_may_be_called():
    assert verdict(PROGRAM.format(call="writer.write(line, words=2)", rest="", decorator="")) == "batchable"


def test_methods_of_unknown_objects_are_those_that_take_the_keywords():
    program = """
        import sys
        from importlib import import_module
        from llm import ask

        class Base:
            pass

        class Chapter(Base):
            def place_on_map(self):
                return ask("chapter")  # !

        class Event(Base):
            def place_on_map(self, prompt=None):
                return prompt

        if __name__ == "__main__":
            for each in import_module(sys.argv[1]).things:
                print(each.place_on_map({given}))
        """
    assert verdict(program.format(given="")) == "batchable"
    assert verdict(program.format(given="prompt='where?'")) == "unclear"
