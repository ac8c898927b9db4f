"""A cold `batchlint check` of a large tree with few model calls, beside `ruff check --select E,F --no-cache`.

    python benchmarks/cold_check.py [--files 6000] [--runs 5] [--tree FOLDER]

Without `--tree` a tree is generated: packages of modules that import each other, of the size that application code has
(about 5 kB a file), among them one package in a hundred that calls a hosted model. Both tools run alternately; the
figures are the fastest run of each, and the exit code is 1 where batchlint takes longer.
"""

from __future__ import annotations

import argparse
import os
import random
import subprocess
import sys
import sysconfig
import tempfile
import time
from pathlib import Path

WORDS = [
    "account", "batch", "cache", "device", "entity", "event", "file", "group", "handler",
    "index", "item", "job", "key", "line", "mode", "name", "order", "page",
]  # fmt: skip
LLM = """from openai import OpenAI

client = OpenAI()


def describe(text):
    answer = client.chat.completions.create(model="gpt-4o-mini", messages=[{"role": "user", "content": text}])
    return answer.choices[0].message.content


def describe_all(texts):
    return [describe(text) for text in texts]


if __name__ == "__main__":
    for text in open("texts.txt"):
        print(describe(text))
"""


def module(rng: random.Random, package: str, siblings: list[str]) -> str:
    """A module of about 5 kB: imports, a class with methods, functions with loops and comprehensions."""
    lines = ["from __future__ import annotations", "", "import json", "import logging"]
    lines += ["from dataclasses import dataclass"]
    lines += [f"from app.{package}.{name} import load_{name.split('_')[0]}" for name in rng.sample(siblings, 2)]
    lines += ["", "logger = logging.getLogger(__name__)", ""]
    for number in range(rng.randint(2, 4)):
        one, two, three = rng.sample(WORDS, 3)
        lines += ["", "@dataclass", f"class {one.title()}{number}:", f'    """The {one} of a {two}."""', ""]
        lines += [f"    {one}: str", f"    {two}: int = {rng.randint(1, 99)}", ""]
        for method in rng.sample(WORDS, rng.randint(3, 6)):
            lines += [f"    def {method}_of(self, {three}s, *, limit=None):"]
            lines += [f'        """Every {three} that the {one} knows."""', "        found = []"]
            lines += [f"        for {three} in {three}s:"]
            lines += [f"            if limit is not None and {three} > self.{two}:"]
            lines += [f'                logger.debug("%s has no {method}", {three})', "                continue"]
            lines += [f"            found.append(json.dumps({{self.{one}: {three}}}))", "        return found", ""]
    for name in WORDS[: rng.randint(3, 9)]:
        lines += ["", f"def load_{name}(path, default=None):", f'    """The {name} stored at `path`."""']
        lines += ["    with open(path) as file:", "        data = json.load(file)"]
        lines += [f'    return {{key: value for key, value in data.items() if key != "{name}"}} or default', ""]
    return "\n".join(lines) + "\n"


def generate(folder: Path, files: int) -> None:
    rng = random.Random(6)
    made = 0
    while made < files:
        package = f"part_{made // 20:04}"
        home = folder / "app" / package
        home.mkdir(parents=True)
        (home / "__init__.py").write_text("")
        names = [f"{rng.choice(WORDS)}_{number}" for number in range(18)]
        for name in names:
            (home / f"{name}.py").write_text(module(rng, package, names))
        calls_model = made // 20 % 100 == 0
        (home / "llm.py").write_text(LLM if calls_model else module(rng, package, names))
        made += 20


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--files", type=int, default=6000)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--tree", type=Path, help="measure on this folder instead of a generated one")
    options = parser.parse_args()
    scripts = Path(sysconfig.get_path("scripts"))
    tools = {
        "batchlint": [str(scripts / "batchlint"), "check", "--isolated", "--exit-zero", "--output-format", "concise"],
        "ruff": [str(scripts / "ruff"), "check", "--isolated", "--no-cache", "--select", "E,F", "--exit-zero", "-q"],
    }
    # An editable install has no bytecode of its own: written in the first run, it is there as in any other install.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    with tempfile.TemporaryDirectory() as temporary:
        tree = options.tree or Path(temporary)
        if options.tree is None:
            generate(tree, options.files)
        sizes = [file.stat().st_size for file in tree.rglob("*.py")]
        print(f"{len(sizes):,} files, {sum(sizes) / 1e6:.1f} MB, {os.cpu_count()} processors")
        best = dict.fromkeys(tools, float("inf"))
        for _ in range(options.runs):
            for name, command in tools.items():
                started = time.perf_counter()
                done = subprocess.run([*command, str(tree)], capture_output=True, text=True, cwd=tree, env=environment)
                best[name] = min(best[name], time.perf_counter() - started)
                if done.returncode:
                    print(f"{name} failed: {done.stderr.strip()}", file=sys.stderr)
                    return 2
    for name, seconds in best.items():
        print(f"{name:<10}{seconds:7.3f} s")
    ratio = best["batchlint"] / best["ruff"]
    print(f"batchlint takes {ratio:.2f} times as long as ruff")
    return int(ratio > 1)


if __name__ == "__main__":
    sys.exit(main())
