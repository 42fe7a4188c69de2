"""The local page as a person uses it, in Debian's chromium; readers answer at once."""

import os
import shutil
from pathlib import Path

import pytest

from storyscope.changes import diff
from storyscope.report import report
from storyscope.report.changes import changes_page

playwright = pytest.importorskip("playwright.sync_api", reason="needs playwright (pip)")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
AXE = os.environ.get("STORYSCOPE_AXE", "")
"""Folder of the npm package axe-core, which is not part of this project."""

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="needs chromium (apt install chromium)")


@pytest.fixture(scope="module")
def browser():
    with playwright.sync_playwright() as engine:
        found = engine.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield found
        found.close()


@pytest.fixture
def page(browser, quick, serving, answers):
    """The start page; what the browser complains of, and every address it asks for, are kept."""
    quick.answers = answers
    with serving(quick) as running:
        context = browser.new_context(viewport={"width": 1280, "height": 900}, bypass_csp=False)
        opened = context.new_page()
        opened.complaints, opened.asked = [], []
        opened.on(
            "console", lambda m: opened.complaints.append(m.text) if m.type == "error" else None
        )
        opened.on("pageerror", lambda e: opened.complaints.append(str(e)))
        opened.on("request", lambda r: opened.asked.append(r.url))
        opened.goto(running.address)
        yield opened
        asked, complaints = list(opened.asked), list(opened.complaints)
        context.close()
        assert complaints == []
        assert [a for a in asked if not a.startswith((running.address, "data:", "blob:"))] == []


def chosen(page, stories, *names):
    """Hand in files, and wait until they are read."""
    page.set_input_files(
        "#file",
        [{"name": n, "mimeType": "text/plain", "buffer": stories[n].encode()} for n in names],
    )
    page.locator('#list a[href$="/page"]').nth(len(names) - 1).wait_for()


def wide(page):
    """Whether something reaches beyond the window."""
    return page.evaluate("document.documentElement.scrollWidth > window.innerWidth")


def test_a_pasted_story_is_read_and_its_page_opened_by_keyboard(page, stories):
    page.fill("#story", stories["first.txt"])
    page.fill("#name", "A coat")
    page.focus("#name")
    page.keyboard.press("Enter")
    link = page.locator('#list a[href$="/page"]')
    link.wait_for()
    link.focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/page")
    assert "A page" in page.inner_text("body")
    page.get_by_text("All texts").click()
    assert page.locator("#list h3").inner_text() == "A coat"


def test_a_dropped_file_is_read(page):
    page.evaluate(
        """() => {
          const held = new DataTransfer();
          held.items.add(new File(["It rained and nobody came. ".repeat(40)], "rain.txt"));
          document.body.dispatchEvent(new DragEvent("drop", { dataTransfer: held, bubbles: true }));
        }"""
    )
    page.locator('#list a[href$="/page"]').wait_for()
    assert "rain.txt" in page.inner_text("#list h3")


def test_evidence_is_shown_and_left_again(page, stories):
    chosen(page, stories, "first.txt")
    page.goto(page.url.rstrip("/") + page.get_attribute('#list a[href$="/page"]', "href"))
    first = page.locator("a[data-group]").first
    first.click()
    steps = page.locator("button[data-step='1']")
    steps.wait_for(state="visible")
    steps.click()
    page.locator("button[data-close]").click()
    steps.wait_for(state="hidden")


@pytest.mark.parametrize("width", [400, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_reaches_beyond_the_window(page, stories, width, scheme):
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme=scheme)
    chosen(page, stories, "first.txt", "second.txt")
    home = page.url.rstrip("/")
    for box in page.locator("#list input[type=checkbox]").all():
        box.check()
    page.click("#compare")
    page.wait_for_url("**/compare?*")
    assert not wide(page)
    assert page.locator("h2").first.inner_text() == "Who they read like"
    for address in ("/", "/codebook"):
        page.goto(home + address)
        assert not wide(page)
    background = page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
    body = page.evaluate("getComputedStyle(document.body).backgroundColor")
    shown = body if body != "rgba(0, 0, 0, 0)" else background
    light = sum(map(int, shown.removeprefix("rgb(").rstrip(")").split(","))) > 3 * 128
    assert light == (scheme == "light")


def test_the_codebook_is_searched_as_one_types(page):
    page.goto(page.url.rstrip("/") + "/codebook")
    every = page.locator("details:visible").count()
    page.fill("input[type=search]", "dream")
    page.wait_for_timeout(300)
    left = page.locator("details:visible")
    assert 0 < left.count() < every


def test_a_story_s_page_is_printed(page, stories):
    chosen(page, stories, "first.txt")
    page.goto(page.url.rstrip("/") + page.get_attribute('#list a[href$="/page"]', "href"))
    assert page.pdf().startswith(b"%PDF")


def test_of_several_files_each_keeps_its_sentence(page, stories):
    page.set_input_files(
        "#file",
        [
            {"name": "none.txt", "mimeType": "text/plain", "buffer": b""},
            {
                "name": "first.txt",
                "mimeType": "text/plain",
                "buffer": stories["first.txt"].encode(),
            },
        ],
    )
    page.locator('#list a[href$="/page"]').wait_for()
    said = "none.txt is empty; give a story of a few hundred words."
    assert page.inner_text("#refused") == said
    chosen(page, stories, "second.txt")
    assert page.inner_text("#refused") == ""


# ---------------------------------------------------------------- accessibility


def grave(page, address):
    """Serious faults that axe-core finds at an address, light and dark, wide and narrow."""
    script = (Path(AXE) / "axe.min.js").read_text(encoding="utf-8")
    found = set()
    for scheme, width in (("light", 1280), ("dark", 400)):
        page.emulate_media(color_scheme=scheme)
        page.set_viewport_size({"width": width, "height": 900})
        page.goto(address)
        page.evaluate(script)
        found |= {
            (violation["id"], scheme, node["html"][:90])
            for violation in page.evaluate("axe.run()")["violations"]
            for node in violation["nodes"]
            if violation["impact"] in ("serious", "critical")
        }
        if wide(page):
            found.add(("too wide", scheme, str(width)))
    return found


@pytest.fixture
def plain(browser):
    """A page that axe-core can be run in."""
    context = browser.new_context(bypass_csp=True)
    yield context.new_page()
    context.close()


needs_axe = pytest.mark.skipif(
    not AXE, reason="needs STORYSCOPE_AXE, the folder of the npm package axe-core"
)


@needs_axe
def test_axe_finds_no_serious_fault_in_the_local_page(plain, quick, serving, answers, stories):
    quick.answers = answers
    with serving(quick) as running:
        assert grave(plain, running.address) == set()
        chosen(plain, stories, "first.txt", "second.txt")
        story = plain.get_attribute('#list a[href$="/page"]', "href")
        for box in plain.locator("#list input[type=checkbox]").all():
            box.check()
        plain.click("#compare")
        plain.wait_for_url("**/compare?*")
        compared = plain.url
        assert grave(plain, running.address) == set()  # with a list of texts
        for address in (compared, f"{running.address}{story}", f"{running.address}/codebook"):
            assert grave(plain, address) == set()


@needs_axe
def test_axe_finds_no_serious_fault_in_a_report(plain, big_table, tmp_path):
    pages = [tmp_path / f"{name}.html" for name in ("report", "one", "changes")]
    report(big_table, pages[0], evaluations=[])
    report(big_table, pages[1], evaluations=[], source="m1")
    old, new = (big_table[big_table["source"] == source] for source in ("m1", "m2"))
    changes_page(diff(old, new), pages[2])
    for page in pages:
        assert grave(plain, page.as_uri()) == set()
