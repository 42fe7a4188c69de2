"""What the site holds besides docs/: pages from elsewhere in the repository, and the commands.

Pages keep the links that work in a checkout; here they are turned into links within the site.
"""

from __future__ import annotations

import posixpath
import re
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files

ROOT = Path(__file__).resolve().parents[1]
ELSEWHERE = ("README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md", "notebooks/README.md")
"""Pages outside docs/; cards of corpora and results of benchmarks come as well."""
_LINK = re.compile(r"(\]\()([^)\s#]+\.(?:md|png|svg))(#[^)]*)?(\))")


def elsewhere() -> list[str]:
    """Pages outside docs/ that the site holds, as paths in the repository."""
    cards = [p.relative_to(ROOT).as_posix() for p in sorted(ROOT.glob("corpora/*/README.md"))]
    results = sorted(ROOT.glob("benchmarks/results/compare_*.md"))
    return [*ELSEWHERE, *cards, *(p.relative_to(ROOT).as_posix() for p in results)]


def place(path: str) -> str:
    """Where a file of the repository stands in the site.

    >>> place("docs/texts.md"), place("README.md"), place("corpora/model/README.md")
    ('texts.md', 'index.md', 'corpora/model/README.md')
    """
    return "index.md" if path == "README.md" else path.removeprefix("docs/")


def on_files(files: Files, config: Any) -> Files:
    """Add the pages from elsewhere, and the page of commands."""
    for path in elsewhere():
        files.append(File.generated(config, place(path), abs_src_path=str(ROOT / path)))
    files.append(File.generated(config, "commands.md", content=commands()))
    return files


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Turn links of the repository into links of the site."""
    source = page.file.src_uri
    path = source if source in elsewhere() else f"docs/{source}"
    path = "README.md" if source == "index.md" else path
    return relinked(markdown, path)


def relinked(markdown: str, path: str) -> str:
    """A page of the repository with its links as the site has them.

    >>> relinked("[x](../corpora/model/README.md#data)", "docs/attribution.md")
    '[x](corpora/model/README.md#data)'
    """
    here = posixpath.dirname(path)
    start = posixpath.dirname(place(path)) or "."

    def there(found: re.Match[str]) -> str:
        if "://" in found[2]:
            return found[0]
        target = place(posixpath.normpath(posixpath.join(here, found[2])))
        return f"{found[1]}{posixpath.relpath(target, start)}{found[3] or ''}{found[4]}"

    return _LINK.sub(there, markdown)


def commands() -> str:
    """The page of every command, from what `--help` says."""
    import typer

    from storyscope.cli import _TASKS, app
    from storyscope.cli import commands as _  # noqa: F401  # registers every command

    group: Any = typer.main.get_command(app)
    lines = ["# Commands", "", "What `storyscope COMMAND --help` says, command by command.", ""]
    for task, names in _TASKS.items():
        lines += [f"## {task}", ""]
        for name in names:
            command = group.commands[name]
            inner = getattr(command, "commands", {"": command})
            for sub, single in inner.items():
                lines += _command(f"{name} {sub}".strip(), single)
    return "\n".join(lines)


def _command(name: str, command: Any) -> list[str]:
    paragraphs = (command.help or "").strip().split("\n\n")
    lines = [f"### storyscope {name}", ""]
    for paragraph in paragraphs:
        if "storyscope " + name.split()[0] in paragraph and "\n" not in paragraph.strip():
            lines += ["```sh", paragraph.strip(), "```", ""]
        else:
            lines += [paragraph.replace("\b\n", "").replace("<", "&lt;"), ""]
    rows = [row for p in command.params if (row := _parameter(p))]
    if rows:
        lines += ["| argument or option | what it is |", "|---|---|", *rows, ""]
    return lines


def _parameter(parameter: Any) -> str:
    if parameter.name == "help" or getattr(parameter, "hidden", False):
        return ""
    if parameter.param_type_name == "argument":
        name = (parameter.metavar or parameter.name).upper()
    else:
        name = ", ".join((*parameter.opts, *parameter.secondary_opts))
    said = (getattr(parameter, "help", None) or "").replace("|", "\\|").replace("<", "&lt;")
    return f"| `{name}` | {said} |"
