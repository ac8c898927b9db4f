"""Models of LangChain, alone or in a chain, and embeddings of one text: requests of the SDK's client below them."""

from __future__ import annotations

import contextvars
import copy
import sys
from collections.abc import Callable, Iterator
from typing import Any

from batchlint.runtime.asking import BACKENDS, Captured, Request, backend_for, backend_of


class Runnables:
    """The batches of the client below a model; a runnable is run again when its model's answer is there.

    `client`: of the SDK of OpenAI or Anthropic.
    """

    def __init__(self, client: Any) -> None:
        resource = client.messages if hasattr(client, "messages") else client.chat
        self.below = backend_of(resource)(resource)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.below, name)

    @classmethod
    def asked(cls, method: Any, args: Any, kwargs: Any) -> Request:
        """What the model was about to send, as a request; no callback and no trace hears of this run.

        Raises ValueError for what asks no model of OpenAI or Anthropic, or several, and what a batch cannot carry.
        """
        from langsmith import tracing_context

        runnable, name = method.__self__, method.__name__.removeprefix("a")
        clients = list(filter(None, map(client_of, parts(runnable))))
        if len(clients) != 1:
            raise ValueError(f"a request is one call of a model of OpenAI or Anthropic; this asks {len(clients)}")
        kind: Any = cls
        backend = backend_for(kind, clients[0])
        config = (args[1:] or (kwargs.get("config"),))[0] or {}
        quiet = {**kwargs, "config": {**config, "callbacks": []}} if name == "invoke" else kwargs
        double = doubled(runnable, lambda client: Captured.throw, {"callbacks": None})

        def ask() -> None:
            with tracing_context(enabled=False):
                getattr(double, name)(*args[:1], **quiet)

        try:
            contextvars.Context().run(ask)
        except Captured as sent:
            request: Request = backend.below.request(method, args, kwargs, *sent.args)
            request.backend, request.decode = backend, (runnable, name, args, kwargs)
            return request
        raise TypeError(f"{method.__qualname__} sends no request")

    def answer(self, decode: Any, status: int, body: Any, request_id: str | None) -> Any:
        """What the runnable makes of such a response: also of a coroutine's, without a loop."""
        runnable, name, args, kwargs = decode
        headers = {self.below.header: request_id} if request_id else {}

        def replying(client: Any) -> Callable[..., Any]:
            def reply(cast_to: Any, options: Any, **how: Any) -> Any:
                asked = {key: text for key, text in dict(options.headers or {}).items() if isinstance(text, str)}
                sent = client._client.build_request("POST", self.below.server, headers=asked)
                http = sys.modules[type(sent).__module__.partition(".")[0]]
                response = http.Response(status, json=body, headers=headers, request=sent)
                if status != 200:
                    raise client._make_status_error_from_response(response)
                how = {"stream": False, "stream_cls": None}
                return client._process_response(cast_to=cast_to, options=options, response=response, **how)

            return reply

        return getattr(doubled(runnable, replying, {}), name)(*args, **kwargs)


def client_of(thing: Any) -> Any:
    """The SDK's client that a model has for calls that are waited for; None for what is no such model."""
    if not any(
        kind.__module__.startswith(("langchain_openai.", "langchain_anthropic.")) for kind in type(thing).__mro__
    ):
        return None
    resource = getattr(thing, "client", None)
    return getattr(resource, "_client", None) or getattr(thing, "_client", None)


def inside(thing: Any) -> dict[Any, Any]:
    """What a runnable, a list or a mapping holds, by name or place."""
    if isinstance(thing, dict):
        return thing
    if isinstance(thing, list | tuple):
        return dict(enumerate(thing))
    is_part = any(kind.__module__.startswith("langchain") for kind in type(thing).__mro__)
    return getattr(thing, "__dict__", {}) if is_part else {}


def parts(thing: Any) -> Iterator[Any]:
    """The runnable and all that it is made of."""
    yield thing
    for part in inside(thing).values() if client_of(thing) is None else ():
        yield from parts(part)


def doubled(thing: Any, request: Callable[[Any], Any], changed: dict[str, Any]) -> Any:
    """A copy of a runnable whose model's client has another `request`, made for the client it had.

    Nothing is limited or cached in the copy; `changed`: what else differs in the model.
    """
    if client := client_of(thing):
        double = copy.copy(client)
        vars(double)["request"] = request(client)
        renew(vars(double), client, double)
        model = copy.copy(thing)
        vars(model).update(changed, rate_limiter=None, cache=False)
        renew(vars(model), client, double)
        return model
    if not any(map(client_of, parts(thing))):
        return thing
    found = {place: doubled(part, request, changed) for place, part in inside(thing).items()}
    if isinstance(thing, dict):
        return found
    if isinstance(thing, list | tuple):
        return type(thing)(found.values())
    vars(again := copy.copy(thing)).update(found)
    return again


def renew(attributes: dict[str, Any], client: Any, double: Any) -> None:
    """Have the double stand in for the client, and its objects for the client's."""
    for name, each in list(attributes.items()):
        if each is client:
            attributes[name] = double
        elif getattr(each, "_client", None) is client:
            attributes[name] = type(each)(double)


BACKENDS["langchain_openai"] = BACKENDS["langchain_anthropic"] = BACKENDS["langchain_core"] = Runnables
