"""What the images run that an AWS CDK app builds from the project's own Dockerfiles.

https://docs.aws.amazon.com/cdk/api/v2/python/aws_cdk.aws_lambda/DockerImageCode.html
https://docs.aws.amazon.com/cdk/api/v2/python/aws_cdk.aws_ecs/ContainerImage.html
"""

from __future__ import annotations

import re
from typing import NamedTuple

from batchlint.entrypoints.manifests import containers
from batchlint.entrypoints.manifests.targets import Project, folders_above

_FROM = re.compile(r"\b(?:from_image_asset|fromImageAsset|from_asset_image|fromAssetImage|from_asset|fromAsset)\(")
_WORDS = re.compile(r"\b(?:cmd|command)\s*[:=]\s*\[([^\]]*)\]")
_FILE = re.compile(r"""\bfile\s*[:=]\s*["']([^"'\n]+)["']""")
STRING = re.compile(r"""["'`]([^"'`\n]*)["'`]""")


class Image(NamedTuple):
    """The words that an image runs, and its folder as the app names it."""

    words: list[str]
    folder: str


def of(arguments: str, path: str, project: Project) -> Image | None:
    """The image that a construct's arguments in the file `path` describe; None where they describe none."""
    place = _FROM.search(arguments)
    if place is None:
        return None
    folder = "/".join(STRING.findall(first(arguments[place.end() :])))
    stated = _WORDS.search(arguments)
    if stated is not None:
        return Image(STRING.findall(stated[1]), folder)
    named = _FILE.search(arguments)
    file = project.file(f"{folder}/{named[1] if named else 'Dockerfile'}", folders_above(path))
    words, _ = containers.command(project.text(file) or "") if file is not None else ([], 0)
    return Image(words, folder)


def first(text: str) -> str:
    """The text up to the end of the argument that it starts with."""
    depth, text = 0, text.lstrip()
    for position, sign in enumerate(text):
        depth += (sign in "([{") - (sign in ")]}")
        if depth < 0 or (depth == 0 and sign in ",\n"):
            return text[:position]
    return text
