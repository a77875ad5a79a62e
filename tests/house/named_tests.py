"""The tests of the tree by the ids in their names."""

import ast
import re
from collections import defaultdict
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
_IDS = re.compile(r"test_((?:[bspicmrfe]\d{1,2}_)+)")
#: R01 to R06 mean regressions here; everywhere else an R is a rule of Bedrock.
_RESCANS = {"test_scanning.py", "test_preparing.py"}


def named_tests():
    """Return (tests by the id of a regression, tests by the id of a rule, all tests), each a set of names."""
    regressions, rules, every = defaultdict(set), defaultdict(set), set()
    for path in TESTS.rglob("test_*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                every.add(node.name)
                for letter, number in _ids(node.name):
                    if letter == "R" and path.name not in _RESCANS:
                        rules[f"R{number}"].add(node.name)
                    else:
                        regressions[f"{letter}{number:02}"].add(node.name)
    return regressions, rules, every


def _ids(name):
    found = _IDS.match(name)
    return [(word[0].upper(), int(word[1:])) for word in found[1].split("_") if word] if found else []


def table_rows(page):
    """Return the cells of each row of a page's tables."""
    lines = [line for line in page.read_text(encoding="utf-8").splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]
