"""Answers that an object keeps: each under the key of its request, or all for the next one."""

import pytest

from .verdicts import verdict

PROGRAM = """
    from llm import ask

    class Runner:
        def __init__(self):
            self.cache = {{}}
            self.answers = {{}}

        def one(self, text, known):
            if text in known:
                return known[text]
            return ask({request})  # !

        def run(self, texts):
            found = [self.one(text, self.{kept}) for text in texts]
            for text, answer in zip(texts, found):
                {keep}

    def main():
        runner, texts = Runner(), open("texts.txt").readlines()
        for start in range(0, len(texts), 20):
            runner.run(texts[start:start + 20])

    main()
    """


@pytest.mark.parametrize(
    ("kept", "keep", "request_", "expected"),
    [
        ("cache", "self.cache[text] = answer", "text", "batchable"),
        ("answers", "self.answers[text] = answer", "f'{text}, after {known}'", "realtime"),
        ("cache", "self.cache['last'] = answer", "f'{text}, after {known}'", "realtime"),
        ("cache", "self.cache.update({text: answer})", "f'{text}, after {known}'", "realtime"),
    ],
)
def test_a_cache_is_looked_up_for_the_same_request(kept: str, keep: str, request_: str, expected: str) -> None:
    assert verdict(PROGRAM.format(kept=kept, keep=keep, request=request_)) == expected
