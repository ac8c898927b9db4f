"""What shell scripts say beside their commands: the values of variables, and loops that come again after a pause."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from math import prod

_ASSIGNED = re.compile(
    r"^[ \t]*(?:(?:export|local|readonly|ENV|ARG)[ \t]+)?(\w+)=(?:\"([^\"\n]*)\"|'([^'\n]*)'|(\S+))", re.MULTILINE
)
_VARIABLE = re.compile(r"\$(?:(\w+)|\{(\w+)(?::?[-=]([^{}]*))?\})")
_FUNCTION = re.compile(
    r"^[ \t]*(?:function[ \t]+)?(\w+)[ \t]*\(\)[ \t]*\{[^\n]*\n(.*?)^[ \t]*\}", re.MULTILINE | re.DOTALL
)
_WORD = re.compile(r"\"[^\"]*\"|'[^']*'|[^\s\"']+")
_GIVEN = re.compile(r"(?<![\w$-])(\w+)=(?:\"([^\"$`\n]+)\"|'([^'$`\n]+)'|([^\s\"'$`;&|)]+))")
_LISTED = r"\bfor[ \t]+{}[ \t]+in[ \t]+([^;\n]+)"
_BARE = re.compile(r"\$(?:(\w+)|\{(\w+)\})")
_CHOICES = 4
"""Values of one variable that are tried."""
_NESTED = 3
"""Variables in the values of variables."""
_LOOP = re.compile(r"\bwhile[ \t]+(?:true|:|\[\[?[ \t]+1[ \t]+\]\]?)[ \t]*[;\n]\s*do\b")
_QUOTED = re.compile(r"(?<!\S)#[^\n]*|'[^']*'|\"(?:\\.|[^\"\\])*\"", re.DOTALL)
_ENDS = re.compile(r"\bdo(?:ne)?\b")
_SLEEP = re.compile(r"\bsleep[ \t]+[\"']?(?:\$\(\()?[ \t]*([\d.]+(?:[ \t]*\*[ \t]*[\d.]+)*)([smhd]?)")
_MINUTES = {"": 1 / 60, "s": 1 / 60, "m": 1.0, "h": 60.0, "d": 1440.0}
_RESTART = 5.0
"""Minutes of a pause below which a loop only starts again what has ended, as a server does after a crash."""


def assigned(text: str) -> dict[str, str]:
    """The variables that a script or an image build gives a value."""
    return {found[1]: found[2] or found[3] or found[4] or "" for found in _ASSIGNED.finditer(text)}


def with_values(text: str, variables: Mapping[str, str]) -> str:
    """The text with the values of variables put in, or those that they have by default."""
    for _ in range(_NESTED):
        text = _VARIABLE.sub(lambda found: variables.get(found[1] or found[2], found[3] or found[0]), text)
    return text


def called(text: str) -> Iterator[str]:
    """The bodies of the script's own functions, once for each call, with what that gives put in."""
    for made in _FUNCTION.finditer(text):
        for call in re.finditer(rf"^[ \t]*{made[1]}[ \t]+([^\n()]+)$", text, re.MULTILINE):
            words = [word.strip("\"'") for word in _WORD.findall(call[1])]
            places = {str(place): word for place, word in enumerate(words, 1)}
            body = with_values(made[2], places)
            yield with_values(body, assigned(body))


def choices(words: list[str], text: str) -> Iterator[list[str]]:
    """The words of a command, once for each value that the script gives its first word that is only a variable.

    A value that is assigned is split into words as a shell splits it; a `for` loop gives one word after the other.
    """
    for index, word in enumerate(words):
        variable = _BARE.fullmatch(word)
        if variable:
            name = variable[1] or variable[2]
            values = [each[2] or each[3] or each[4] for each in _GIVEN.finditer(text) if each[1] == name]
            listed = re.findall(_LISTED.format(re.escape(name)), text)
            values += [value.strip("\"'") for row in listed for value in row.split()]
            for value in list(dict.fromkeys(values))[:_CHOICES]:
                yield [*words[:index], *value.split(), *words[index + 1 :]]
            return


def turns(text: str) -> Iterator[tuple[str, float | None]]:
    """The parts of a script, each with the minutes until it comes again: `while true; do ...; sleep 3600; done`."""
    end = 0
    loops = list(_LOOP.finditer(text))
    quoted = [range(*found.span()) for found in _QUOTED.finditer(text)] if loops else []
    for loop in loops:
        if loop.start() < end or any(loop.start() in each for each in quoted):
            continue  # of the loop before, or of the shell that is given the text
        close = _end_of(text, loop.end())
        body = text[loop.end() : close]
        yield text[end : loop.start()], None
        yield body, _pause(body, text)
        end = close
    yield text[end:], None


def _end_of(text: str, start: int) -> int:
    """Where the loop ends whose body starts there."""
    depth = 1
    for word in _ENDS.finditer(text, start):
        depth += 1 if word[0] == "do" else -1
        if depth == 0:
            return word.start()
    return len(text)


def _pause(body: str, text: str) -> float | None:
    # Compose files write `$$` where the shell is to see `$`.
    told = _SLEEP.search(with_values(body.replace("$$", "$"), assigned(text)))
    if told is None:
        return None
    minutes = prod(float(factor) for factor in told[1].split("*")) * _MINUTES[told[2]]
    return minutes if minutes >= _RESTART else None
