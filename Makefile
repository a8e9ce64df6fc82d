# run: everything on http://127.0.0.1:8050   test: all tests   check: before every push   bench: the promises
.PHONY: run test check bench format

PYTHON_IN_VENV = .venv/bin/python

run:
	@./setup.sh run && exec $(PYTHON_IN_VENV) -m app

test:
	@./setup.sh test && $(PYTHON_IN_VENV) -m pytest -n 2 --dist loadfile

check:
	@./setup.sh test
	.venv/bin/ruff format --check .
	.venv/bin/ruff check .
	.venv/bin/mypy
	.venv/bin/lint-imports
	$(PYTHON_IN_VENV) -m pytest -q -n 2 --dist loadfile -m "not browser and not slow"

bench:
	@./setup.sh test && $(PYTHON_IN_VENV) -m benchmarks

format:
	.venv/bin/ruff format .
	.venv/bin/ruff check --fix .
