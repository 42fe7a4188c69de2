"""A server of the OpenAI chat protocol, and of the Messages API, on loopback, with the faults of real ones.

It writes by a function or by queued faults, and remembers every request.
"""

from __future__ import annotations

import json
import re
import threading
import time
from collections import deque
from contextlib import contextmanager

from servers import loopback

WORDS = "the ferry left late and nobody on the quay had a lamp to wave".split()


def story(words, name="a"):
    """So many words, ending with a full stop."""
    return " ".join((WORDS * (words // len(WORDS) + 1))[: words - 1]) + f" {name}."


def obliging(params):
    """Writes what is asked for, at the length that is asked for."""
    asked = params["messages"][-1]["content"]
    said = " ".join(m["content"] for m in params["messages"])
    words = int(re.search(r"about (\d+) words", params["messages"][0]["content"])[1])
    if "JSON object" in asked:
        n = int(re.search(r"Write (\d+) stories", said)[1])
        return json.dumps({"stories": [{"text": story(words, f"v{i}"), "probability": 0.1}
                                       for i in range(n)]})  # fmt: skip
    return story(words, f"{params['model']}{len(params['messages'])}")


class Fault:
    """What happens to one request: see the functions that make them."""

    def __init__(self, status=200, body=None, headers=None, change=None, drop=False, half=False):
        self.status, self.body, self.headers = status, body, headers or {}
        self.change, self.drop, self.half = change, drop, half


def error(status, message="no", **headers):
    body = {"error": {"message": message, "type": "error", "code": None}}
    return Fault(status, body, {k.replace("_", "-"): v for k, v in headers.items()})


def page(status=200):
    """What a web server says that is no model server."""
    return Fault(status, "<html><body>Welcome</body></html>")


def dropped():
    return Fault(drop=True)


def half():
    """Closes the connection in the middle of the reply."""
    return Fault(half=True)


def changed(function):
    """Lets a function change the reply before it is sent."""
    return Fault(change=function)


def says(text, finish="stop", **message):
    def change(reply):
        reply["choices"][0]["message"].update(content=text, **message)
        reply["choices"][0]["finish_reason"] = finish

    return Fault(change=change)


class Server:
    """What a test looks at and sets.

    Attributes
    ----------
    write : callable
        Takes a request, gives the text of the reply.
    models : list of str
        Empty: any name is served, as llama.cpp does.
    takes : set of str
        Kinds of `response_format` that are not refused.
    faults : deque
        For the next requests, one each.
    log, calls : lists
        Requests answered in full; method, path and headers of every call.
    """

    def __init__(self, write):
        self.write = write
        self.models = []
        self.takes = {"json_schema", "json_object"}
        self.faults = deque()
        self.log = []
        self.calls = []
        self.delay = 0.0
        self.version = None
        self.lock = threading.Lock()

    def reply(self, params, fault):
        if self.models and params["model"] not in self.models:
            return 404, error(404, f"model '{params['model']}' not found").body
        kind = params.get("response_format", {}).get("type")
        if kind and kind not in self.takes:
            return 400, error(400, f"response_format {kind} is not supported").body
        text = self.write(params)
        made = {
            "id": f"chat-{len(self.log)}",
            "object": "chat.completion",
            "created": 0,
            "model": self.version or params["model"],
            "choices": [{"index": 0, "finish_reason": "stop",
                         "message": {"role": "assistant", "content": text}}],
            "usage": {"prompt_tokens": len(json.dumps(params["messages"])) // 4,
                      "completion_tokens": len(text) // 4 + 1, "total_tokens": 0},
        }  # fmt: skip
        if fault is not None and fault.change is not None:
            fault.change(made)
        self.log.append(params)
        return 200, made


def as_message(made):
    """A reply of the one protocol in the form of the other."""
    choice = made["choices"][0]
    ends = {"stop": "end_turn", "length": "max_tokens", "content_filter": "refusal"}
    text = choice["message"]["content"]
    return {
        "id": made["id"], "type": "message", "role": "assistant", "model": made["model"],
        "content": [{"type": "text", "text": text}] if text else [],
        "stop_reason": ends[choice["finish_reason"]], "stop_sequence": None,
        "usage": {"input_tokens": made["usage"]["prompt_tokens"], "cache_read_input_tokens": 0,
                  "output_tokens": made["usage"]["completion_tokens"],
                  "cache_creation_input_tokens": 0},
    }  # fmt: skip


class _Handler(loopback.Handler):
    def do_GET(self):
        state = self.state
        state.calls.append(("GET", self.path, {k.lower(): v for k, v in self.headers.items()}))
        if self.path.endswith("/v1/models"):
            data = [{"id": m, "object": "model", "created": 0, "owned_by": "test"}
                    for m in state.models or ["the-model"]]  # fmt: skip
            self.reply(200, {"object": "list", "data": data})
        else:
            self.reply(404, "<html>Not found</html>")

    def do_POST(self):
        state = self.state
        params = json.loads(self.rfile.read(int(self.headers["content-length"])))
        state.calls.append(("POST", self.path, {k.lower(): v for k, v in self.headers.items()}))
        messages_api = self.path.split("?")[0].endswith("/v1/messages")
        if not self.path.endswith("/v1/chat/completions") and not messages_api:
            self.reply(404, "<html>Not found</html>")
            return
        with state.lock:
            fault = state.faults.popleft() if state.faults else None
        if fault is not None and fault.drop:
            self.drop()
            return
        if fault is not None and (fault.status != 200 or fault.body is not None):
            self.reply(fault.status, fault.body, fault.headers)
            return
        time.sleep(state.delay)
        with state.lock:
            if messages_api:
                params["messages"] = [{"role": m["role"], "content": "\n\n".join(
                    b["text"] for b in m["content"])} for m in params["messages"]]  # fmt: skip
            status, body = state.reply(params, fault)
            if messages_api:
                body = as_message(body)
        self.reply(status, body, half=fault is not None and fault.half)

    def reply(self, status, body, headers=None, half=False):
        kind = "text/html" if isinstance(body, str) else "application/json"
        content = (body if isinstance(body, str) else json.dumps(body)).encode()
        self.send(status, content, kind, headers, half)


@contextmanager
def serving(write):
    """A server on a free port of loopback; its `url` is a base URL."""
    state = Server(write)
    with loopback.serving(_Handler, state) as url:
        state.url = f"{url}/v1"
        yield state
