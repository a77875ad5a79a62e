"""How files are cut and named."""

import ast

import pytest

LONGEST = 350
SCREEN = 50  # lines, the docstring aside
VAGUE = {"utils", "util", "helpers", "helper", "common", "base", "misc", "shared"}


def _python(texts, *folders):
    """The Python files of *folders*, without the migrations, which are a record of the past."""
    return {
        path: text
        for path, text in texts.items()
        if path.endswith(".py") and path.startswith(folders) and "/versions/" not in path
    }


def test_no_module_is_longer_than_one_can_hold_in_mind(texts):
    lengths = {path: text.count("\n") for path, text in _python(texts, "src/", "tests/", "docs/").items()}

    assert {path: lines for path, lines in lengths.items() if lines > LONGEST} == {}


def test_a_function_fits_a_screen(texts):
    long = {}
    for path, text in _python(texts, "src/").items():
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                said = node.body[0] if ast.get_docstring(node) else None
                lines = node.end_lineno - node.lineno + 1
                lines -= said.end_lineno - said.lineno + 1 if said else 0
                if lines > SCREEN:
                    long[f"{path}:{node.name}"] = lines

    assert long == {}


def test_no_module_has_a_name_that_says_nothing(tracked):
    assert [path.name for path in tracked if path.suffix == ".py" and path.stem in VAGUE] == []


def test_package_files_are_empty_or_only_gather_names(texts):
    for path, text in _python(texts, "src/").items():
        if path.endswith("__init__.py"):
            kinds = {type(node) for node in ast.parse(text).body}
            assert kinds <= {ast.Expr, ast.Import, ast.ImportFrom, ast.Assign, ast.AnnAssign}, path


@pytest.mark.parametrize("folder", ["src/", "tests/", "docs/"])
def test_every_module_says_what_it_is(texts, folder):
    silent = [
        path
        for path, text in _python(texts, folder).items()
        if not path.endswith("__init__.py") and not ast.get_docstring(ast.parse(text))
    ]

    assert silent == []


def test_work_is_done_or_not_begun(texts):
    """Nothing is left open in the product's code, and no test is set aside."""
    left = (
        "TO" + "DO",
        "FIX" + "ME",
        "XX" + "X",
        "NotImplemented" + "Error",
        "mark.sk" + "ip",
        "mark.xf" + "ail",
    )
    found = [
        (path, word)
        for path, text in _python(texts, "src/", "tests/").items()
        for word in left
        if word in text
    ]

    assert found == []
