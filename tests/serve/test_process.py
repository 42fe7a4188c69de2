"""`storyscope serve` as it is run: a process that nobody's file stops, and how it ends."""

import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time

import pytest
from serve_quick import PNG, bomb

COMMAND = [sys.executable, "-c", "from storyscope.cli import main; main()", "serve"]
GERMAN = "Sie ging durch das Tor und sah den Hof, und niemand war da, der sie kannte. " * 20


def started(*options, **environment):
    """The process, and the lines that it prints until its address stands among them."""
    process = subprocess.Popen(
        [*COMMAND, *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env={**os.environ, "STORYSCOPE_CACHE": "off", **environment},
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # as in a terminal
    )  # fmt: skip
    line = process.stdout.readline()
    found = re.search(r"http://127\.0\.0\.1:(\d+)", line)
    assert found, process.communicate()[1]
    return process, int(found[1])


def ended(process):
    """Status and what was said on standard error, of a process that comes to its end."""
    _, said = process.communicate(timeout=120)
    return process.returncode, said


@pytest.fixture(scope="module")
def port():
    process, port = started("--port", "0")
    yield port
    process.send_signal(signal.SIGINT)
    assert ended(process) == (130, "Stopped.\n")


def asked(port, method, address, body=None, **headers):
    """Status and the answer, read from JSON where it is that."""
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    line.request(method, address, body, {"Accept": "application/json", **headers})
    answer = line.getresponse()
    raw = answer.read()
    line.close()
    return answer.status, json.loads(raw) if raw.startswith(b"{") else raw.decode()


def read(port, name, raw):
    """What is told of a text at last."""
    status, told = asked(port, "POST", f"/texts?name={name}", raw)
    assert status == 202, told
    while told["state"] in ("waiting", "reading"):
        time.sleep(0.1)
        status, told = asked(port, "GET", f"/texts/{told['id']}")
    return told


def test_two_hundred_million_bytes_in_pieces_get_one_sentence(port):
    status, said = asked(
        port, "POST", "/texts?name=all.txt", (b"a" * 1_000_000 for _ in range(200))
    )
    assert (status, said["error"]) == (
        413, "all.txt is larger than 30 MB; give it in parts, or as .txt."
    )  # fmt: skip


def test_bad_files_get_a_sentence_each_and_the_next_story_is_read(port, stories):
    assert asked(port, "POST", "/texts?name=none.txt", b"")[0] == 400
    for name, raw, sentence in [
        ("bomb.docx", bomb(), "bomb.docx"),
        ("picture.txt", PNG, "picture.txt cannot be read"),
    ]:
        told = read(port, name, raw)
        assert told["state"] == "failed"
        assert told["says"].startswith(sentence)
        assert re.fullmatch(r"[^\n]+\.", told["says"])
    told = read(port, "tor.txt", GERMAN.encode())
    assert (told["state"], told["says"]) == (
        "done", "No probability is given for this text"
    )  # fmt: skip
    told = read(port, "first.txt", stories["first.txt"].encode())
    assert (told["state"], told["says"][:5]) == ("done", "Reads")


def test_a_page_of_another_host_gets_a_sentence(port):
    for headers, status in [
        ({"Host": "evil.example"}, 421),
        ({"Origin": "http://evil.example"}, 403),
    ]:
        found, said = asked(port, "GET", "/", **headers)
        assert (found, f"http://127.0.0.1:{port}" in said["error"]) == (status, True)
    assert asked(port, "GET", "/codebook")[0] == 200


def test_the_browser_is_opened_at_an_address_that_answers(tmp_path):
    opened = tmp_path / "opened"
    browser = tmp_path / "browser"
    browser.write_text(
        f"#!{sys.executable}\n"
        "import sys, urllib.request\n"
        "page = urllib.request.urlopen(sys.argv[1]).read()\n"
        f"open({str(opened)!r}, 'wb').write(page)\n"
    )
    browser.chmod(0o700)
    process, _ = started("--port", "0", "--open", BROWSER=f"{browser} %s &")
    while not (opened.exists() and opened.stat().st_size):
        time.sleep(0.05)
    process.send_signal(signal.SIGTERM)
    assert ended(process) == (143, "Stopped.\n")
    assert b"Who does a story read like" in opened.read_bytes()


def test_what_cannot_be_served_is_one_sentence(tmp_path, cli):
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = other.getsockname()[1]
        status, _, said = cli("serve", "--port", taken)
    assert status == 1
    assert " ".join(said.split()) == (
        f"Error: Port {taken} of this machine is taken; name another with --port, or 0 for a free one."
    )
    status, out, said = cli("serve", "--port", "0", "--model", tmp_path / "nowhere")
    assert (status, out) == (1, "")
    assert re.fullmatch(r"Error: [^\n]*nowhere[^\n]*\.\n", said)
