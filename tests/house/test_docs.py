"""The pages hold together: links lead somewhere, decisions have their form, words are defined."""

import re
from pathlib import Path

import pytest

from shotlog.domain import outcome, state

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
DECISIONS = sorted((ROOT / "docs" / "decisions").glob("0*.md"))
HEADINGS = ["Context", "Decision", "Consequences", "Alternatives considered", "References"]
FENCED = re.compile(r"^( *)```(\w*)\n(.*?)^\1```$", re.DOTALL | re.MULTILINE)


def _anchors(page):
    """The anchors of a page's headings, as its readers make them."""
    prose = FENCED.sub("", page.read_text(encoding="utf-8"))
    titles = re.findall(r"^#+ (.+)$", prose, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def _links(page):
    return re.findall(r"\]\(([^)\s]+)\)", FENCED.sub("", page.read_text(encoding="utf-8")))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_f07_links_lead_somewhere(page):
    broken = []
    for link in _links(page):
        target, _, anchor = link.partition("#")
        if re.match(r"[a-z]+:", target):
            continue
        file = (page.parent / target).resolve() if target else page
        if not file.exists() or (anchor and anchor not in _anchors(file)):
            broken.append(link)

    assert broken == []


def test_every_page_can_be_reached_from_the_readme():
    reached, todo = set(), [ROOT / "README.md"]
    while todo:
        page = todo.pop()
        if page in reached or page.suffix != ".md" or not page.exists():
            continue
        reached.add(page)
        todo += [
            (page.parent / link.partition("#")[0]).resolve() for link in _links(page) if "://" not in link
        ]

    assert [page.relative_to(ROOT).as_posix() for page in PAGES if page not in reached] == []


@pytest.mark.parametrize("page", DECISIONS, ids=lambda page: page.stem)
def test_a_decision_has_its_number_and_the_five_headings(page):
    text = page.read_text(encoding="utf-8")

    assert text.startswith(f"# {page.stem[:4]}: ")
    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == HEADINGS
    assert len(text.splitlines()) < 80, "a decision is one page"


def test_decisions_are_numbered_without_gaps_and_listed():
    index = (ROOT / "docs" / "decisions" / "README.md").read_text(encoding="utf-8")

    assert [page.stem[:4] for page in DECISIONS] == [f"{n:04}" for n in range(1, len(DECISIONS) + 1)]
    assert all(f"]({page.name})" in index for page in DECISIONS)


def test_the_files_that_decisions_refer_to_exist():
    named = {
        (page.stem, path)
        for page in DECISIONS
        for path in re.findall(
            r"`((?:src|tests|requirements|benchmarks)/[^`\s]*)`", page.read_text(encoding="utf-8")
        )
    }

    assert {(page, path) for page, path in named if not (ROOT / path).exists()} == set()


def _glossary():
    return (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")


def test_the_glossary_defines_the_words_of_the_house():
    defined = set(re.findall(r"\*\*([\w ]+)\*\*", _glossary().partition("## States")[0]))
    words = re.findall(
        r"\w+",
        """library home source asset photo video import refusal fingerprint rendition proxy thumbnail
        poster engine emulator provider recipe section selection run mode record chunk tail manifest staging
        intent job result outcome analysed annotation segment moment estimate usage ledger ceiling task worker
        queue lease sweep sweeper sandbox store layer""",
    )

    assert set(words) | {"local engine", "work item", "home lock"} <= defined


def test_the_glossary_and_the_states_page_name_every_state():
    known = [
        *state.AssetState,
        *state.ImportState,
        *state.RunState,
        *state.ChunkState,
        *outcome.Outcome,
    ]

    assert [word for word in known if f"`{word}`" not in _glossary()] == []


def test_commands_in_the_pages_exist():
    reference = (ROOT / "docs" / "reference" / "cli.md").read_text(encoding="utf-8")
    commands = {name.split()[1] for name in re.findall(r"^## (shotlog .+)$", reference, re.MULTILINE)}
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        shell = "\n".join(block[2] for block in FENCED.findall(text) if block[1] == "bash")
        shell += "\n" + "\n".join(re.findall(r"`((?:make|shotlog) [^`\n]+)`", FENCED.sub("", text)))
        used = set(re.findall(r"^make ([a-z]+)", shell, re.MULTILINE))
        assert used <= targets, page.name
        asked = set(re.findall(r"\bshotlog ([a-z]+)\b", shell))
        assert asked - {"serve"} <= commands, page.name


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_fences_are_closed_and_drawings_are_of_a_known_kind(page):
    text = page.read_text(encoding="utf-8")
    assert text.count("```") % 2 == 0
    for _, language, body in FENCED.findall(text):
        if language == "mermaid":
            assert body.split()[0] in {"flowchart", "stateDiagram-v2", "sequenceDiagram"}


def test_the_readme_says_what_one_must_know_first():
    text = (ROOT / "README.md").read_text(encoding="utf-8")

    for wanted in ("make demo", "make test", "```mermaid", "## Limits", "accounted for", "For whom"):
        assert wanted in text
