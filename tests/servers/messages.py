"""The Messages API as the SDK sees it, on loopback: for tests and benchmarks.

It keeps the accounts of a prompt cache (a prefix up to a `cache_control` mark is written once and
read afterwards, the schema being part of it), answers by a function or by queued faults, serves
count_tokens and Message Batches, and remembers every request.
"""

from __future__ import annotations

import hashlib
import html
import json
import math
import re
import threading
import time
from collections import deque
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from servers import loopback

CHARACTERS_PER_TOKEN = 3.5
LEAST_CACHED = 1024


def tokens(text):
    return max(1, round(len(text) / CHARACTERS_PER_TOKEN))


class Fault:
    """What a queued fault does to one request: see the functions that make them."""

    def __init__(
        self, status=200, body=None, headers=None, change=None, drop=False, wait=None, cut=False
    ):
        self.status, self.body, self.headers = status, body, headers or {}
        self.change, self.drop, self.wait, self.cut = change, drop, wait, cut


def error(status, kind="api_error", message="no", **headers):
    body = {"type": "error", "error": {"type": kind, "message": message}}
    return Fault(status, body, {k.replace("_", "-"): v for k, v in headers.items()})


def dropped():
    return Fault(drop=True)


def cut():
    """Closes the connection in the middle of the reply."""
    return Fault(cut=True)


def held(event):
    """Answers only once the event is set."""
    return Fault(wait=event)


def changed(function):
    """Lets a function change the message before it is sent."""
    return Fault(change=function)


def stopped(reason, text=""):
    def change(message):
        message["stop_reason"] = reason
        message["content"] = [{"type": "text", "text": text}] if text else []

    return Fault(change=change)


def says(text):
    """Another text in place of the answer."""
    return changed(lambda message: message["content"][0].update(text=text))


class Asked:
    """A request, read as a judge would read it."""

    def __init__(self, params):
        self.params = params
        self.model = params["model"]
        self.blocks = [b["text"] for b in params["messages"][0]["content"]]
        body = self.blocks[0].split("\n", 1)[1].rsplit("\n", 1)[0]
        self.story = html.unescape(body)
        self.questions = self.blocks[-1]
        self.features = re.findall(r"^\[([A-Z]{3,5}_[A-Z]{2,4}_\d{2,3})\]", self.questions, re.M)

    def choices(self, feature_id):
        """The text of one question."""
        _, _, rest = self.questions.partition(f"[{feature_id}] ")
        return re.split(r"^\[[A-Z]{3,5}_", rest, maxsplit=1, flags=re.M)[0]


def any_answer(asked, sample=0):
    """A sound answer to every question, fixed by story and question."""
    answers = []
    for feature_id in asked.features:
        text = asked.choices(feature_id)
        seed = int(hashlib.sha256(f"{asked.story}{feature_id}{sample}".encode()).hexdigest(), 16)
        if found := re.match(r"\((?:whole )?number from (\S+) to ([^,)\s]+)", text):
            low, high = float(found[1]), float(found[2])
            steps = int(high) - math.ceil(low) + 1
            value = f"{math.ceil(low) + seed % steps}" if steps > 1 else f"{(low + high) / 2:g}"
        else:
            values = [line.split(": ")[0] for line in offered(text)]
            value = values[seed % len(values)]
        words = asked.story.split()
        start = seed % max(1, len(words) - 9)
        quote = " ".join(words[start : start + 8])
        answers.append(
            {"feature_id": feature_id, "value": value, "quotes": [quote], "confidence": "medium"}
        )
    return {"answers": answers}


def offered(text):
    """Lines with the answers to one question."""
    lines = text.splitlines()[1:]
    return lines[: next(i for i, line in enumerate(lines) if line.startswith("* "))]


class Server:
    """The server's state, to be looked at and told what to do by a test.

    Attributes
    ----------
    answer : callable
        Takes an `Asked`, gives the reply as data or text.
    faults : deque of Fault or None
        For the next requests to ``/v1/messages``, one each.
    log : list of Asked
        Requests that were answered in full, batched ones included.
    calls : list of (str, str, dict)
        Method, path and headers of every call.
    usage : list of dict
        As billed, with ``batch`` added.
    """

    def __init__(self, answer=any_answer):
        self.answer = answer
        self.faults = deque()
        self.log = []
        self.calls = []
        self.usage = []
        self.batches = {}
        self.batch_faults = {}
        self.batch_create_faults = deque()
        self.result_faults = deque()
        self.batch_ends = True
        self.cache = {}
        self.now = time.monotonic
        self.delay = 0.0
        self.lock = threading.Lock()

    # ------------------------------------------------------------ accounts

    def bill(self, params, text, batch=False):
        config = json.dumps(params.get("output_config", {}).get("format", {}), sort_keys=True)
        prefix = config + params.get("system", "")
        size = tokens(prefix)
        usage = dict.fromkeys(
            ("input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens"), 0
        )
        hour = 0
        pending = size
        for block in params["messages"][0]["content"]:
            prefix += block["text"]
            pending += tokens(block["text"])
            if "cache_control" not in block:
                continue
            control = block["cache_control"]
            assert control["type"] == "ephemeral"
            life = {"5m": 300, "1h": 3600}[control.get("ttl", "5m")]
            if pending < LEAST_CACHED:
                continue
            key = hashlib.sha256(f"{params['model']}{prefix}".encode()).hexdigest()
            fresh = self.cache.get(key, 0) > self.now()
            kind = "cache_read_input_tokens" if fresh else "cache_creation_input_tokens"
            usage[kind] += pending
            hour += 0 if fresh or life == 300 else pending
            self.cache[key] = self.now() + life
            pending = 0
        usage["input_tokens"] = pending
        usage["output_tokens"] = tokens(text) if text else 1
        usage["cache_creation"] = {
            "ephemeral_5m_input_tokens": usage["cache_creation_input_tokens"] - hour,
            "ephemeral_1h_input_tokens": hour,
        }
        usage["service_tier"] = "batch" if batch else "standard"
        self.usage.append({**usage, "batch": batch})
        return usage

    def message(self, params, fault=None, batch=False):
        check(params)
        asked = Asked(params)
        reply = self.answer(asked)
        text = reply if isinstance(reply, str) else json.dumps(reply, ensure_ascii=False)
        message = {
            "id": f"msg_{len(self.log):06d}",
            "type": "message",
            "role": "assistant",
            "model": params["model"],
            "content": [{"type": "text", "text": text}],
            "stop_reason": "end_turn",
            "stop_sequence": None,
        }
        if fault is not None and fault.change is not None:
            fault.change(message)
        written = "".join(b["text"] for b in message["content"])
        message["usage"] = self.bill(params, written, batch)
        self.log.append(asked)
        return message

    # ------------------------------------------------------------ batches

    def make_batch(self, requests):
        assert 1 <= len(requests) <= 100_000
        ids = [r["custom_id"] for r in requests]
        assert len(set(ids)) == len(ids)
        assert all(re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", i) for i in ids)
        number = f"msgbatch_{len(self.batches):04d}"
        self.batches[number] = {
            "requests": requests,
            "made": datetime.now(UTC),
            "results": None,
        }
        if self.batch_ends:
            self.end_batch(number)
        return self.show_batch(number)

    def end_batch(self, number):
        """Serve a batch; `batch_faults` says by position which requests go wrong, and how."""
        results = []
        for i, request in enumerate(self.batches[number]["requests"]):
            fault = self.batch_faults.get(i)
            if fault in ("expired", "canceled"):
                result = {"type": fault}
            elif fault in ("errored", "too long"):
                said = "bad request" if fault == "errored" else "prompt is too long: 9 tokens"
                inner = {"type": "invalid_request_error", "message": said}
                result = {"type": "errored", "error": {"type": "error", "error": inner,
                                                       "request_id": None}}  # fmt: skip
            else:
                message = self.message(request["params"], fault, batch=True)
                result = {"type": "succeeded", "message": message}
            results.append({"custom_id": request["custom_id"], "result": result})
        self.batches[number]["results"] = results[::-1]  # in no promised order

    def show_batch(self, number):
        batch = self.batches[number]
        results = batch["results"]
        counts = dict.fromkeys(("processing", "succeeded", "errored", "canceled", "expired"), 0)
        for result in results or []:
            counts[result["result"]["type"]] += 1
        if results is None:
            counts["processing"] = len(batch["requests"])
        made = batch["made"]
        ended = made.isoformat() if results is not None else None
        url = f"{self.url}/v1/messages/batches/{number}/results" if ended else None
        return {
            "id": number,
            "type": "message_batch",
            "processing_status": "ended" if ended else "in_progress",
            "request_counts": counts,
            "created_at": made.isoformat(),
            "expires_at": (made + timedelta(hours=24)).isoformat(),
            "ended_at": ended,
            "archived_at": None,
            "cancel_initiated_at": None,
            "results_url": url,
        }


def check(params):
    """Refuse what the API refuses."""
    allowed = {"model", "max_tokens", "messages", "system", "output_config"}
    assert set(params) <= allowed, sorted(set(params) - allowed)
    schema = params["output_config"]["format"]
    assert schema["type"] == "json_schema"
    assert schema["schema"]["additionalProperties"] is False
    assert 1 <= params["max_tokens"] <= 128_000


class _Handler(loopback.Handler):
    def do_GET(self):
        state = self.state
        state.calls.append(("GET", self.path, dict(self.headers)))
        path = self.path.split("?")[0].removeprefix("/v1/messages/batches").strip("/")
        with state.lock:
            if not path:
                data = [state.show_batch(n) for n in reversed(state.batches)]
                self.reply(
                    200, {"data": data, "has_more": False, "first_id": None, "last_id": None}
                )
                return
            number, _, results = path.partition("/")
            if number not in state.batches:
                self.reply(404, error(404, "not_found_error", "no such batch").body)
            elif results:
                lines = "".join(json.dumps(r) + "\n" for r in state.batches[number]["results"])
                fault = state.result_faults.popleft() if state.result_faults else None
                if fault is not None and fault.cut:
                    self.half(lines.encode(), "application/x-jsonl")
                elif fault is not None:
                    self.reply(fault.status, fault.body, fault.headers)
                else:
                    self.raw(200, lines.encode(), "application/x-jsonl")
            else:
                self.reply(200, state.show_batch(number))

    def do_POST(self):
        state = self.state
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        state.calls.append(("POST", self.path, dict(self.headers)))
        path = self.path.split("?")[0]
        if path == "/v1/messages/count_tokens":
            texts = [b["text"] for b in body["messages"][0]["content"]]
            self.reply(200, {"input_tokens": sum(map(tokens, texts)) + tokens(body["system"]) + 8})
            return
        if path == "/v1/messages/batches":
            fault = state.batch_create_faults.popleft() if state.batch_create_faults else None
            if fault is not None and fault.status != 200:
                self.reply(fault.status, fault.body, fault.headers)
                return
            with state.lock:
                shown = state.make_batch(body["requests"])
            if fault is not None and fault.drop:
                self.drop()
                return
            self.reply(200, shown)
            return
        with state.lock:
            fault = state.faults.popleft() if state.faults else None
        if fault is not None and fault.wait is not None:
            fault.wait.wait()
        if fault is not None and fault.drop:
            self.drop()
            return
        if fault is not None and fault.status != 200:
            self.reply(fault.status, fault.body, fault.headers)
            return
        time.sleep(state.delay)
        try:
            with state.lock:
                message = state.message(body, fault)
        except AssertionError as refused:
            self.reply(400, error(400, "invalid_request_error", str(refused)).body)
            return
        if fault is not None and fault.cut:
            self.half(json.dumps(message).encode(), "application/json")
            return
        self.reply(200, message)

    def half(self, content, kind):
        """Promises the whole and sends a half."""
        self.send(200, content, kind, half=True)

    def reply(self, status, body, headers=None):
        self.raw(status, json.dumps(body).encode(), "application/json", headers)

    def raw(self, status, content, kind, headers=None):
        self.send(status, content, kind, {"request-id": "req_0", **(headers or {})})


@contextmanager
def serving(answer=any_answer):
    """A server on a free port of loopback; its `url` goes into ANTHROPIC_BASE_URL."""
    state = Server(answer)
    with loopback.serving(_Handler, state) as state.url:
        yield state
