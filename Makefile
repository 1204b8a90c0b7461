# For developers; the office uses start.py alone.
PYTHON = .venv/bin/python

.PHONY: app test test-slow check bench
app:
	python3 start.py
test:
	python3 start.py test
test-slow:               ## what the README's test command leaves out
	python3 start.py test -m slow
check:                   ## style, types, layers
	$(PYTHON) -m ruff check .
	$(PYTHON) -m mypy
	.venv/bin/lint-imports
bench:                   ## ratios against peers, side by side in one run
	$(PYTHON) -m benchmarks
