"""The reference says what the code does: settings, errors, refusals, states."""

import ast
import importlib.util
import re

import pytest

from shotlog import errors
from shotlog.domain import outcome
from shotlog.settings import Settings


@pytest.fixture(scope="module")
def generator(root):
    spec = importlib.util.spec_from_file_location("docs_generate", root / "docs" / "generate.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("page", ["settings.md", "errors.md", "states.md"])
def test_generated_blocks_are_as_the_code_is(generator, page):
    text = (generator.REFERENCE / page).read_text(encoding="utf-8")

    assert "<!-- generated:" in text
    assert text == generator.regenerated(text), "run `.venv/bin/python docs/generate.py`"


def test_every_setting_has_one_sentence_and_a_variable(generator):
    for key, field in Settings.model_fields.items():
        assert field.description, key
        assert field.description.endswith("."), key
        assert generator.variables(key, field)[0] == f"SHOTLOG_{key.upper()}"


def test_every_error_has_a_sentence_and_a_code_of_its_own(generator):
    classes = list(generator.error_classes())
    codes = [error.code for error in classes]

    assert len(set(codes)) == len(codes)
    assert all(re.fullmatch(r"[a-z][a-z_]+", code) for code in codes)
    assert all(error.__doc__ and error.__doc__.endswith(".") for error in classes)


def test_the_tree_in_the_docstring_is_the_tree(generator):
    drawn = re.findall(r"[├└]── (\w+) +(\d{3})", errors.__doc__)
    classes = [error for error in generator.error_classes() if error is not errors.AppError]

    assert sorted(drawn) == sorted((error.__name__, str(error.status)) for error in classes)


def _codes_given(text, names):
    """Yield each literal code that is given to an error, or to the end of a record."""
    for node in ast.walk(ast.parse(text)):
        if not isinstance(node, ast.Call):
            continue
        called = getattr(node.func, "id", getattr(node.func, "attr", ""))
        if called == "Ending" and len(node.args) > 2 and isinstance(node.args[2], ast.Constant):
            yield node.args[2].value
        if called in names:
            for keyword in node.keywords:
                if keyword.arg == "code" and isinstance(keyword.value, ast.Constant):
                    yield keyword.value.value


def test_every_reason_to_refuse_a_file_or_fail_a_record_is_documented(generator, texts):
    names = {error.__name__ for error in generator.error_classes()} | {"Ending", "fail_chunk"}
    page = (generator.REFERENCE / "errors.md").read_text(encoding="utf-8")
    documented = set(re.findall(r"^\| `([a-z_]+)` \|", page, re.MULTILINE))
    given = {
        code
        for path, text in texts.items()
        if path.startswith("src/") and path.endswith(".py")
        for code in _codes_given(text, names)
    }

    assert given - documented == set()


def test_every_outcome_of_a_record_is_explained(generator):
    page = (generator.REFERENCE / "states.md").read_text(encoding="utf-8")

    assert all(page.count(f"| `{word}` |") == 2 for word in outcome.Outcome)  # in both tables
