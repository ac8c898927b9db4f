"""What a loop gathers and asks about in parts, and the call behind it for the last part."""

import pytest

from .verdicts import verdict

PROGRAM = """
    from openai import OpenAI

    client = OpenAI()

    def embed(texts):
        return client.embeddings.create(model="text-embedding-3-small", input=texts)

    def send(parts):
        return embed(parts)

    def main():
        batch, words, found = [], [], []
        for line in open("lines.txt"):
            batch.append(line)
            if len(batch) >= 100:
                {inside}
                batch = []
        if batch:
            found.append({behind})  # !
        print(found)

    if __name__ == "__main__":
        main()
    """


@pytest.mark.parametrize(
    ("inside", "behind", "expected"),
    [
        ("found.append(embed(batch))", "embed(batch)", "batchable"),
        ("found += [embed(batch[i : i + 9]) for i in range(0, len(batch), 9)]", "embed(batch)", "batchable"),
        ("found.append(embed(batch))", "embed(words)", "realtime"),
        ("found.append(send(batch))", "embed(batch)", "realtime"),
        ("print(batch)", "embed(batch)", "realtime"),
        ("texts = [each.strip() for each in batch]; found.append(embed(texts))", "embed(texts)", "batchable"),
        ("texts = [each.strip() for each in words]; found.append(embed(texts))", "embed(texts)", "realtime"),
        ("found.append(embed(batch)); texts = [str(each) for each in found]", "embed(texts)", "realtime"),
    ],
)
def test_the_last_part_goes_with_the_others(inside: str, behind: str, expected: str) -> None:
    assert verdict(PROGRAM.format(inside=inside, behind=behind)) == expected
