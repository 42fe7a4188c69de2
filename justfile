# What a change needs, by `just` (https://just.systems); CONTRIBUTING.md names the lines behind it.

bin := ".venv/bin/"

# Show what there is.
default:
    @just --list

# Make the environment of requirements-dev.lock.
setup:
    python3 -m venv .venv
    {{bin}}python -m pip install -r requirements-dev.lock
    {{bin}}python -m pip install --no-deps -e .

# Run all tests in two processes.
test-all:
    {{bin}}python -m pytest -n 2 --dist loadfile --no-loadscope-reorder

# Run the tests in one; `just test -k name` runs some, and none of the checks of lint and types.
test *args:
    {{bin}}python -m pytest {{args}}

# Style, layout and the direction of imports.
lint:
    {{bin}}ruff check .
    {{bin}}ruff format --check .
    {{bin}}lint-imports

# Put style and layout right where that can be done by itself.
fix:
    {{bin}}ruff check --fix .
    {{bin}}ruff format .

# Types.
types:
    {{bin}}mypy

# Make the generated pages again, and the site in build/site.
docs:
    {{bin}}python docs/make_features.py
    {{bin}}python docs/make_validity.py
    {{bin}}python docs/make_attribution.py
    {{bin}}mkdocs build

# Draw the pictures of the README (needs chromium).
pictures:
    {{bin}}python docs/make_pictures.py

# Write the page of the demo.
demo:
    {{bin}}storyscope demo

# Make the reference tables from a folder of corpora, then the shipped models (hours).
reference corpora workers="2":
    {{bin}}python corpora/reference/build.py {{corpora}}
    {{bin}}python corpora/reference/train.py --workers {{workers}}

# Corpora from hell and longer fuzzing (minutes).
hell:
    {{bin}}python benchmarks/hell.py
    {{bin}}python benchmarks/fuzz.py --seconds 60
