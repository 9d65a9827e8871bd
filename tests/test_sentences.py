"""Every finding says in Chinese what it says in English."""

import ast
import datetime as dt
import re
from collections.abc import Iterator
from itertools import pairwise, product
from pathlib import Path

import pandas as pd
import pytest
from openpyxl import load_workbook

from gridplan.audit.kinds import Kind
from gridplan.report.kinds import KINDS as LINES
from gridplan.report.kinds import meaning
from gridplan.report.titles import TITLES
from gridplan.sentences import KINDS, READER, chinese, told
from gridplan.sentences.patterns import LONGEST, Pairs, kinds_of, values_of
from gridplan.tables import write_workbook
from tests.conftest import ROOT

PACKAGE = ROOT / "gridplan"
MAKERS = {"Finding": 2, "warn": 1, "broken": 1, "excepted": 1, "warned": 1}
"""Calls that make a finding, and where their message stands; ``message=`` wins."""
OWN = {("verify.py", "_broken"): 1, ("lives.py", "_broken"): 0, ("spread.py", "_note"): 2}
"""Such calls that only one file has."""


def kinds_documented() -> set[str]:
    """Kinds that the pages of findings and of the audit name."""
    found = {kind.value for kind in Kind}
    for page in ("findings.md", "audit.md"):
        text = (ROOT / "docs" / page).read_text(encoding="utf-8")
        rows = [line.split("|")[1] for line in text.splitlines() if line.startswith("| `")]
        found |= {name for row in rows for name in re.findall(r"`([a-z][a-z-]+)`", row)}
    return found


def test_every_kind_has_its_sentence() -> None:
    """No kind of finding is without a Chinese sentence, and none has one that nobody makes."""
    assert kinds_documented() - set(KINDS) == set()
    assert set(KINDS) - kinds_documented() == set()


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_kind_has_its_heading(language: str) -> None:
    """A report names no kind by its own short name."""
    assert [kind for kind in KINDS if meaning(kind, language) == kind] == []
    assert set(TITLES) & set(LINES) == set()


def tables() -> list[tuple[str, Pairs]]:
    """Every table of templates by its name."""
    return [*KINDS.items(), *READER.phrases.items()]


def test_templates_are_sound() -> None:
    """Both languages have the same values, and every phrase that is named is there."""
    for name, pairs in tables():
        for english, said in pairs:
            assert values_of(said) <= values_of(english), name
            lost = values_of(english) - values_of(said)
            assert all(f"{{{value}:locks}}" in english for value in lost), (name, lost)
            assert kinds_of([english]) <= {"", "n", "l", *READER.phrases}, name


def named_message(node: ast.Assign) -> bool:
    """Whether it says what a message is."""
    return [getattr(target, "id", "") for target in node.targets] == ["message"]


def raised(tree: ast.Module) -> set[ast.stmt]:
    """What is said right before an error is raised: no finding."""
    bodies = [node.body for node in ast.walk(tree) if isinstance(getattr(node, "body", 0), list)]
    pairs = [pair for body in bodies for pair in pairwise(body)]
    return {first for first, then in pairs if isinstance(then, ast.Raise)}


def messages() -> Iterator[tuple[str, ast.expr]]:
    """Every message that a call makes a finding of, as it is written, with its place."""
    for path in sorted(PACKAGE.rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        makes_findings = "Finding" in text or "notes.warn" in text
        tree = ast.parse(text)
        errors = raised(tree)
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                name = getattr(node.func, "id", getattr(node.func, "attr", ""))
                at = OWN.get((path.name, name), MAKERS.get(name))
                named = [k.value for k in node.keywords if k.arg == "message"]
                if named or (at is not None and len(node.args) > at):
                    place = f"{path.relative_to(ROOT)}:{node.lineno}"
                    yield place, named[0] if named else node.args[at or 0]
            told = isinstance(node, ast.Assign) and node not in errors and named_message(node)
            if told and makes_findings:
                yield f"{path.relative_to(ROOT)}:{node.lineno}", node.value


def written(node: ast.expr) -> list[str]:
    """Every text that an expression can be, a 7 in place of what only a run can know."""
    if isinstance(node, ast.Constant):
        return [str(node.value)]
    if isinstance(node, ast.JoinedStr):
        parts = [written(part) for part in node.values]
        return ["".join(some) for some in product(*parts)]
    if isinstance(node, ast.FormattedValue):
        return written(node.value)
    if isinstance(node, ast.IfExp):
        return [*written(node.body), *written(node.orelse)]
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return [a + b for a, b in product(written(node.left), written(node.right))]
    return ["7"]


def sentences() -> list[tuple[str, str]]:
    """Place and text of every message that is written where its finding is made."""
    found = [(place, text) for place, node in messages() for text in written(node)]
    return [(place, text) for place, text in found if re.search("[a-z]{4}", text)]


def alike(template: str, text: str) -> bool:
    """Whether a template is that of a text, where a 7 may stand for anything in either."""
    blank = re.sub(r"\{\w+(:\w+)?\}", "7", template)
    return any(
        re.fullmatch(re.escape(one).replace("7", ".*"), other, re.DOTALL)
        for one, other in ((blank, text), (text, blank))
    )


def test_every_message_has_its_template() -> None:
    """Whatever is written in the program as a message is known to some template."""
    templates = [e for pairs in KINDS.values() for e, _ in pairs if e != "{problem}"]
    found = sentences()
    assert len(found) > 100
    unknown = [
        f"{place}: {text}"
        for place, text in found
        if not any(alike(template, text) for template in templates)
    ]
    assert unknown == []


SAID = [
    (
        "no-plan-in-range",
        "community C1: its grids miss the range by 70 households in all; no plan misses it by "
        "less: unit u1 alone holds 570 households, 70 above the maximum of 500, and cannot be "
        "divided; cure: give the stairwells of unit u1, at least 2, in [inputs.stairwells] (leaves "
        "no breach); the number of grids is fixed at 2: 1570 households in 2 grids are 785 a grid; "
        "cure: allow 4 grids instead of 2 (leaves a breach of 70)",
        "社区C1：其网格合计超出范围70户；没有方案能更少：单元u1单独就有570户，超过上限500户70户，"
        "且不可拆分；解决办法：在[inputs.stairwells]中给出单元u1的楼梯间，至少2个（可使不再超出）；"
        "网格数固定为2：1570户分为2个网格，每网格785户；解决办法：允许4个网格，而不是2个"
        "（可使仍超出70户）",
    ),
    (
        "community-conflict",
        "community C1: these rules exclude each other: nested layer police, lock together u1 u2, "
        "block b (units u1 and u2 are locked apart, but a block or another lock keeps them "
        "together); cure: drop the lock together u1 u2 (leaves no breach)",
        "社区C1：以下规则相互排斥：不得跨越的图层police、锁定together u1 u2、整体b"
        "（单元u1与u2锁定分开，但某个整体或另一锁定使其保持在一起）；"
        "解决办法：取消锁定together u1 u2（可使不再超出）",
    ),
    (
        "grid-out-of-range",
        "grid C1-001 holds 90 households, 160 below the minimum of 250 (the optimiser says "
        "feasible, gap 3.00%); move units to or from a neighbour, or solve with more effort",
        "网格C1-001有90户，低于下限250户160户（求解结果：feasible, gap 3.00%）；"
        "请与相邻网格调整单元，或加大计算量",
    ),
    (
        "unit-crosses-zones",
        "unit u1 (30 households) lies across a nested line of police: P1 60%, P2 30%, no zone "
        "10%; it counts for P1",
        "单元u1（30户）跨越police的不得跨越的界线：P1 60%、P2 30%、不属于任何辖区10%；计入P1",
    ),
    (
        "object-outside",
        "facilities: 7 objects lie outside every community and have no grid (a, b and 5 more)",
        "设施：7个对象在所有社区之外，没有所属网格（a、b等，另有5个）",
    ),
]


@pytest.mark.parametrize(("kind", "english", "said"), SAID, ids=[kind for kind, *_ in SAID])
def test_sentences_keep_their_values(kind: str, english: str, said: str) -> None:
    """Causes, cures, lists and numbers are put where they belong."""
    assert chinese(kind, english) == said
    assert told(kind, english, "zh") == said
    assert told(kind, english, "en") == english


@pytest.mark.parametrize(("language", "said"), [("en", 1), ("zh", 2)])
def test_workbook_speaks_the_language(tmp_path: Path, language: str, said: int) -> None:
    """The sheet of exceptions has the sentences of its language; the table itself stays English."""
    kind, *sentences = SAID[-1]
    table = pd.DataFrame({"kind": [kind], "severity": ["warning"], "message": [sentences[0]]})
    book = tmp_path / "book.xlsx"
    write_workbook({"exceptions": table}, book, language, date=dt.date(2026, 1, 31))
    sheet = load_workbook(book).worksheets[0]
    assert [row[2].value for row in sheet.iter_rows(min_row=2)] == [sentences[said - 1]]
    assert table["message"].tolist() == [sentences[0]]


def test_unknown_sentences_stay_english() -> None:
    """What no template knows is said as it is, and a very long one is not taken apart."""
    assert told("link", "something else", "zh") == "something else"
    assert told("no-such-kind", "whatever", "zh") == "whatever"
    name = "; cure: " * LONGEST
    assert told("link", f"declared link between units {name} and b", "zh").startswith("declared")


def test_hostile_names_cost_no_time() -> None:
    """A name made of the words between values is told at once."""
    name = "unit and b; cure: , zone (leaves " * 40
    text = f"community {name}: its grids miss the range by 7 households in all; {name}: {name}"
    assert told("no-plan-in-range", text, "zh") == text
