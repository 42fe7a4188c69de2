"""What the code may not do, whom a module may import, and what every dependency is for."""

import ast
import re
import subprocess
import sys
import tomllib
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
CODE = {
    path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8")
    for folder in ("storyscope", "corpora", "benchmarks", "docs")
    for path in sorted((ROOT / folder).rglob("*.py"))
}


# ---------------------------------------------------------------- what data may not do

PICKLES = {"pickle", "marshal", "shelve", "dill", "cloudpickle", "joblib"}
CALLS = {
    "eval", "exec", "os.system", "os.popen", "subprocess.getoutput", "subprocess.getstatusoutput",
    "yaml.unsafe_load", "yaml.full_load", "pd.read_pickle", "pandas.read_pickle", "pd.eval",
    "pandas.eval",
}  # fmt: skip
SAFE = {"yaml.SafeLoader", "yaml.CSafeLoader", "loader"}


def harmful(source):
    """Lines that load pickles, run text as code or hand it to a shell."""
    found = []
    for node in ast.walk(ast.parse(source)):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name.split(".")[0] for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [(node.module or "").split(".")[0]]
        found += [(node.lineno, name) for name in names if name in PICKLES]
        if not isinstance(node, ast.Call):
            continue
        name = ast.unparse(node.func)
        given = {word.arg: ast.unparse(word.value) for word in node.keywords}
        wrong = (
            name in CALLS
            or given.get("shell", "False") != "False"
            or given.get("allow_pickle", "False") != "False"
            or (name == "yaml.load" and given.get("Loader") not in SAFE)
            or (name.endswith(".query") and "engine" in given)
        )
        found += [(node.lineno, name)] if wrong else []
    return found


def test_nothing_is_unpickled_evaluated_or_given_to_a_shell():
    assert {name: found for name, text in CODE.items() if (found := harmful(text))} == {}


@pytest.mark.parametrize(
    "source",
    [
        "import pickle", "from joblib import load", "import marshal as m", "eval(text)", "exec(text)",
        "import os\nos.system('ls')", "subprocess.run(line, shell=True)", "np.load(f, allow_pickle=1)",
        "yaml.load(text)", "yaml.load(text, Loader=yaml.Loader)", "pd.read_pickle(path)",
    ],
)  # fmt: skip
def test_what_would_do_harm_is_seen(source):
    assert harmful(source)


NETWORK = {"urllib.request", "http.client", "socket", "requests", "httpx", "huggingface_hub",
           "anthropic", "ftplib", "smtplib", "aiohttp"}  # fmt: skip
ASKED_FOR = ("storyscope/pull/", "storyscope/extract/judge/", "storyscope/judge/",
             "storyscope/providers/", "storyscope/generate/", "storyscope/serve/")  # fmt: skip
"""Where the network may be reached: the commands that SECURITY.md names; `serve` listens, on 127.0.0.1."""


def modules_of(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module


def test_only_pull_and_those_who_ask_models_know_the_network():
    reach = {
        name for name, text in CODE.items()
        if name.startswith("storyscope/") and NETWORK & set(modules_of(ast.parse(text)))
    }  # fmt: skip
    assert reach
    assert {name for name in reach if not name.startswith(ASKED_FOR)} == set()


# ---------------------------------------------------------------- dependencies


def bare(requirement):
    return re.split(r"[^A-Za-z0-9_-]", requirement)[0].lower().replace("_", "-")


def declared():
    """Direct dependencies by where pyproject.toml names them."""
    found = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    groups = {"package": found["project"]["dependencies"]}
    groups |= found["project"]["optional-dependencies"]
    groups |= found["dependency-groups"]
    return {group: {bare(r) for r in names} for group, names in groups.items()}


def explained():
    """The same by the headings of docs/dependencies.md, with the reason of each."""
    groups = {}
    for line in (ROOT / "docs/dependencies.md").read_text(encoding="utf-8").splitlines():
        if heading := re.fullmatch(r"## .*`(\w+)`.*", line):
            group = groups.setdefault(heading[1], {})
        elif row := re.fullmatch(r"- `([\w-]+)`: (.+)", line):
            group[row[1].lower().replace("_", "-")] = row[2]
    return groups


def test_every_direct_dependency_has_its_reason():
    assert {group: set(reasons) for group, reasons in explained().items()} == declared()


IMPORTED_AS = {"charset_normalizer": "charset-normalizer", "sklearn": "scikit-learn",
               "yaml": "pyyaml", "umap": "umap-learn",
               "xgboost": "xgboost-cpu"}  # fmt: skip


def test_nothing_is_imported_that_is_not_declared():
    known = set.union(*(names for group, names in declared().items() if group != "dev"))
    foreign = {
        name.split(".")[0]
        for path in (ROOT / "storyscope").rglob("*.py")
        for name in modules_of(ast.parse(path.read_text(encoding="utf-8")))
    } - set(sys.stdlib_module_names) - {"storyscope"}  # fmt: skip
    assert {n for n in foreign if bare(IMPORTED_AS.get(n, n)) not in known} == set()


# ---------------------------------------------------------------- imports in a circle

FROZEN = "storyscope.extract"
"""`Reading` holds layers that import it; to open that circle changes `MEASURES_VERSION`."""


def run_time_imports():
    """What each module imports when it runs; imports for types alone do not count.

    A package's own `__init__` is left out: it hands on what its modules hold.
    """
    paths = {
        ".".join(p.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): p
        for p in (ROOT / "storyscope").rglob("*.py")
    }
    packages = {name for name, p in paths.items() if p.name == "__init__.py"}

    def below(node):
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            return
        yield node
        for child in ast.iter_child_nodes(node):
            yield from below(child)

    graph = {}
    for name in paths.keys() - packages:
        graph[name] = found = set()
        for node in below(ast.parse(paths[name].read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                found.update(alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module:
                found.update({node.module, *(f"{node.module}.{a.name}" for a in node.names)})
        found &= paths.keys() - packages - {name}
    return graph


def test_no_modules_import_one_another():
    graph = {n: t for n, t in run_time_imports().items() if not n.startswith(FROZEN)}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as circle:
        pytest.fail(" -> ".join(circle.args[1]))


# ---------------------------------------------------------------- tools

TOOLS = {
    "ruff": ("ruff", "check", "."),
    "format": ("ruff", "format", "--check", "."),
    "imports": ("lint-imports", "--no-cache"),
    "types": ("mypy",),
}


@pytest.mark.parametrize("line", TOOLS.values(), ids=TOOLS)
def test_the_tools_have_nothing_to_say(line):
    tool = Path(sys.executable).parent / line[0]
    if not tool.exists() and not tool.with_suffix(".exe").exists():
        pytest.skip(f"needs {line[0]}, which requirements-dev.lock installs")
    done = subprocess.run(
        [tool, *line[1:]], cwd=ROOT, capture_output=True, text=True, check=False, timeout=900
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]
