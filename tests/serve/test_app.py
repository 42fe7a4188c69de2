"""The local page: what it takes, whom it answers, and that nothing stops it."""

import http.client
import json
import re
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from serve_quick import PORT, Quick
from starlette.testclient import TestClient

from storyscope.errors import StoryscopeError
from storyscope.serve import app as serve_app
from storyscope.serve import desk as serve_desk
from storyscope.serve.app import make_app
from storyscope.serve.desk import Desk, ReaderStopped

STORY = b"She opened the gate and went in. " * 20
FILE = {"Content-Type": "application/octet-stream"}
BROWSER = {"Accept": "text/html,*/*"}


def hand_in(client, raw=STORY, name="gate.txt", **more):
    return client.post("/texts", params={"name": name}, content=raw, headers=FILE, **more)


# ---------------------------------------------------------------- a text


def test_a_text_is_taken_read_and_given_back(client, done):
    answer = hand_in(client)
    assert answer.status_code == 202
    told = done(client, answer.json()["id"])
    assert (told["says"], told["words"]) == ("Read gate.txt", 140)
    at = answer.headers["location"]
    assert "A page" in client.get(f"{at}/page").text
    assert client.get(f"{at}/data").json()["text"] == STORY.decode()


def test_what_is_kept_is_named_after_the_text(client, done):
    at = hand_in(client, name='../../the "gate".docx').headers["location"]
    done(client, at.rsplit("/", 1)[1])
    page = client.get(f"{at}/page", params={"download": "1"})
    assert page.headers["content-disposition"] == 'attachment; filename="the-gate.html"'
    assert "All texts" not in page.text
    assert client.get(f"{at}/data").headers["content-disposition"].endswith('"the-gate.json"')


def test_a_page_leads_back_and_may_run_only_its_own_script(client, done):
    at = hand_in(client).headers["location"]
    done(client, at.rsplit("/", 1)[1])
    page = client.get(f"{at}/page")
    assert 'href="/">All texts</a>' in page.text
    policy = page.headers["content-security-policy"]
    assert re.search(r"script-src 'self' 'sha256-[\w+/]+=*';", policy)
    assert "unsafe" not in policy


def test_a_forgotten_text_is_gone(client, done, quick):
    text = hand_in(client).json()["id"]
    done(client, text)
    assert client.delete(f"/texts/{text}").status_code == 204
    for address in (
        f"/texts/{text}",
        f"/texts/{text}/page",
        f"/compare?first={text}&second={text}",
    ):
        answer = client.get(address)
        assert answer.status_code == 404
        assert "not held here any more" in answer.json()["error"]


def test_to_stop_a_text_stops_what_reads_it():
    quick = Quick(gate=threading.Event())
    with TestClient(make_app(Desk(quick), PORT), base_url=f"http://127.0.0.1:{PORT}") as client:
        first, second = (hand_in(client).json()["id"] for _ in range(2))
        while client.get(f"/texts/{first}").json()["state"] != "reading":
            pass
        assert client.get(f"/texts/{second}").json()["before"] == 1
        client.delete(f"/texts/{second}")
        assert quick.stopped == 0
        client.delete(f"/texts/{first}")
        assert quick.stopped == 1
        quick.gate.set()


def test_the_oldest_result_is_let_go_first(client, done, monkeypatch):
    monkeypatch.setattr(serve_desk, "MOST_RESULTS", 2)
    texts = []
    for k in range(3):
        texts.append(hand_in(client, name=f"{k}.txt").json()["id"])
        done(client, texts[-1])
    assert [client.get(f"/texts/{t}").status_code for t in texts] == [404, 200, 200]


# ---------------------------------------------------------------- what cannot be read


@pytest.mark.parametrize("raw", [b"", b" \n\t "])
def test_an_empty_drop_is_said(client, raw):
    answer = hand_in(client, raw)
    assert answer.status_code == 400
    assert answer.json() == {"error": "gate.txt is empty; give a story of a few hundred words."}


def test_what_is_too_large_is_said_and_lets_go_of_its_room(client, monkeypatch):
    monkeypatch.setattr(serve_app, "MOST_BYTES", 1000)
    for content in (b"a" * 2000, (b"a" * 100 for _ in range(20))):
        answer = hand_in(client, content)
        assert answer.status_code == 413
        assert answer.json()["error"].startswith("gate.txt is larger than")
    assert client.app.state.desk.held == 0


def test_what_arrives_too_slowly_is_given_up(quick, serving, monkeypatch):
    monkeypatch.setattr(serve_app, "SECONDS", 0.2)
    with serving(quick) as page:
        line = http.client.HTTPConnection("127.0.0.1", page.port)
        line.putrequest("POST", "/texts?name=slow.txt")
        line.putheader("Content-Length", "1000")
        line.endheaders()
        line.send(b"She")
        answer = line.getresponse()
        assert answer.status == 408
        assert "did not arrive within" in json.loads(answer.read())["error"]
        line.close()


class Trouble(Quick):
    """A reader that fails by the name of the text."""

    async def read(self, name, raw, pasted, tell):
        if name == "slow.txt":
            while True:
                await serve_desk.asyncio.sleep(0.01)
        if name == "deadly.txt":
            raise ReaderStopped
        if name == "refused.txt":
            return {"error": "refused.txt is no story."}
        return await super().read(name, raw, pasted, tell)


def test_a_text_that_fails_says_why_and_the_next_is_read(done):
    app = make_app(Desk(Trouble(), seconds=0.1), PORT)
    with TestClient(app, base_url=f"http://127.0.0.1:{PORT}") as client:
        names = ["slow.txt", "deadly.txt", "refused.txt", "good.txt"]
        told = [done(client, hand_in(client, name=name).json()["id"]) for name in names]
        assert [t["state"] for t in told] == ["failed", "failed", "failed", "done"]
        assert "slow.txt was given up after" in told[0]["says"]
        assert "The process that read deadly.txt ended" in told[1]["says"]
        assert told[2]["says"] == "refused.txt is no story."
        page = client.get(f"/texts/{told[2]['id']}/page", headers=BROWSER)
        assert (page.status_code, "refused.txt is no story." in page.text) == (409, True)
        assert app.state.desk.held == 0


def test_a_server_without_models_says_so():
    class Bare(Quick):
        async def start(self):
            raise StoryscopeError("There are no models.")

    told = []
    with TestClient(make_app(Desk(Bare()), PORT, failed=told.append)):
        pass
    assert [str(error) for error in told] == ["There are no models."]


# ---------------------------------------------------------------- whom it answers


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": f"evil.example:{PORT}"},  # a name that points at 127.0.0.1
        {"Host": "127.0.0.1"},
        {"Host": f"127.0.0.1:{PORT + 1}"},
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": f"https://127.0.0.1:{PORT}"},
        {"Origin": f"http://127.0.0.1:{PORT + 1}"},
        {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"},
        {"Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "cors"},
    ],
)
def test_a_page_from_elsewhere_gets_one_sentence(client, headers):
    for answer in (
        client.get("/codebook", headers=headers),
        client.post("/texts", content=STORY, headers={**FILE, **headers}),
    ):
        assert answer.status_code in (403, 421)
        assert f"http://127.0.0.1:{PORT}" in answer.json()["error"]
    assert client.app.state.desk.texts == {}


def test_a_form_of_another_page_is_refused_though_it_navigates(client):
    headers = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}
    assert client.get("/", headers=headers).status_code == 200  # a link may lead here
    assert client.post("/texts", content=STORY, headers=headers).status_code == 403


def test_the_page_itself_is_answered(client):
    for host in (f"127.0.0.1:{PORT}", f"localhost:{PORT}"):
        headers = {"Host": host, "Origin": f"http://{host}", "Sec-Fetch-Site": "same-origin"}
        assert client.post("/texts", content=STORY, headers=headers).status_code == 202


@pytest.mark.parametrize("address", ["/", "/codebook", "/static/page.css", "/nowhere", "/texts"])
def test_every_answer_is_guarded(client, address):
    headers = client.get(address).headers
    assert "default-src 'none'" in headers["content-security-policy"]
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert headers["cache-control"] == "no-store"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cross-origin-resource-policy"] == "same-origin"


def test_a_wrong_address_is_a_sentence_for_people_and_for_programs(client):
    assert client.get("/static/../app.py").status_code == 404
    assert client.get("/nowhere").json()["error"].startswith("There is nothing at this address")
    assert "There is nothing at this address" in client.get("/nowhere", headers=BROWSER).text


# ---------------------------------------------------------------- many at once


def test_fifty_readers_at_once_lose_nothing(quick, serving):
    def read(k):
        line = http.client.HTTPConnection("127.0.0.1", page.port, timeout=30)
        line.request("POST", f"/texts?name={k}.txt", STORY, FILE)
        text = json.loads(line.getresponse().read())["id"]
        told = {"state": ""}
        while told["state"] != "done":
            line.request("GET", f"/texts/{text}")
            told = json.loads(line.getresponse().read())
        line.close()
        return told["says"]

    with serving(quick) as page, ThreadPoolExecutor(50) as pool:
        assert list(pool.map(read, range(50))) == [f"Read {k}.txt" for k in range(50)]
    assert len(quick.read_so_far) == 50


def test_past_its_limit_it_says_503_and_lives_on(done):
    quick = Quick(gate=threading.Event())
    with TestClient(make_app(Desk(quick), PORT), base_url=f"http://127.0.0.1:{PORT}") as client:
        found = [hand_in(client) for _ in range(serve_desk.MOST_WAITING + 2)]
        assert {a.status_code for a in found[: serve_desk.MOST_WAITING]} == {202}
        full = found[-1]
        assert (full.status_code, full.headers["retry-after"]) == (503, "60")
        assert full.json() == {"error": "Too many texts are waiting; try again in a minute."}
        quick.gate.set()
        for answer in found:
            if answer.status_code == 202:
                done(client, answer.json()["id"])
        assert hand_in(client).status_code == 202
        assert client.app.state.desk.held <= len(STORY)


def test_bytes_that_wait_are_bounded(client, monkeypatch):
    monkeypatch.setattr(serve_desk, "MOST_HELD", 100)
    assert hand_in(client).status_code == 503
    assert client.app.state.desk.held == 0


# ---------------------------------------------------------------- codebook and comparison


def ids(html):
    """Features that a page of the codebook shows."""
    return re.findall(r'<details class="feature" id="(\w+)" data-dimension="[^"]+">', html)


def test_the_codebook_is_searched_and_filtered(client):
    from storyscope.codebook import default_codebook

    book = default_codebook()
    every = client.get("/codebook").text
    assert sorted(ids(every)) == sorted(f.id for f in book)
    events = ids(client.get("/codebook", params={"dimension": "events"}).text)
    assert sorted(events) == sorted(book.ids(dimension="events"))
    entries = {
        entry.split('"')[0]: re.sub("<[^>]+>", " ", entry).lower()
        for entry in every.split('<details class="feature" id="')[1:]
    }
    both = [f for f, words in entries.items() if "dream" in words and "first" in words]
    assert 0 < len(both) < len([words for words in entries.values() if "dream" in words])
    assert ids(client.get("/codebook", params={"q": "Dream first"}).text) == both
    timed = {"q": "Dream first", "dimension": "temporal structure"}
    expected = [f for f in both if book[f].dimension == "temporal structure"]
    assert ids(client.get("/codebook", params=timed).text) == expected
    assert ids(client.get("/codebook", params={"q": "<script>"}).text) == []


def test_nothing_that_is_asked_is_taken_for_markup(client):
    assert "<script>x" not in client.get("/codebook", params={"q": "<script>x"}).text


def test_two_versions_are_held_against_one_another(answers, done):
    app = make_app(Desk(Quick(answers)), PORT)
    with TestClient(app, base_url=f"http://127.0.0.1:{PORT}") as client:
        first, second, version = (
            done(client, hand_in(client, name=name).json()["id"])["id"] for name in answers
        )
        rewritten = client.get("/compare", params={"first": first, "second": version}).text
        different = client.get("/compare", params={"first": first, "second": second}).text
    assert "<del>the</del><ins>that</ins>" in rewritten
    assert "What was rewritten" not in different
    for page in (rewritten, different):
        for heading in (
            "Who they read like",
            "Tension",
            "What is told",
            "Features that differ most",
        ):
            assert f"<h2>{heading}</h2>" in page
