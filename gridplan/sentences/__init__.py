"""What a finding says, in the language of the office.

Findings are made in English, the language of tables, logs and scripts. Reports, maps, the workbook
and the terminal say them in the project's language: the sentence is taken apart by the template of
its kind and put together again. A test holds that every kind has its template.
"""

from functools import lru_cache

from gridplan.sentences.audit import AUDIT, AUDIT_PHRASES
from gridplan.sentences.audit_shapes import AUDIT_SHAPES
from gridplan.sentences.change import CHANGE
from gridplan.sentences.compare import COMPARE
from gridplan.sentences.ground import COMMUNITIES, GRAPH, GROUND_PHRASES, UNITS
from gridplan.sentences.layers import HOUSEHOLDS, LAYER_PHRASES, READING
from gridplan.sentences.patterns import Pairs, Reader
from gridplan.sentences.people import PEOPLE, PEOPLE_PHRASES
from gridplan.sentences.phrases import PHRASES
from gridplan.sentences.register import REGISTER, REGISTER_PHRASES

__all__ = ["CURE_ZH", "KINDS", "READER", "chinese", "told"]

CURE_ZH = "；解决办法："
"""What stands between a cause and its cure, ``; cure: `` in English."""

READER = Reader(
    {
        **PHRASES,
        **LAYER_PHRASES,
        **GROUND_PHRASES,
        **AUDIT_PHRASES,
        **REGISTER_PHRASES,
        **PEOPLE_PHRASES,
    }
)


def _kinds() -> dict[str, Pairs]:
    found: dict[str, Pairs] = {}
    for table in (
        READING,
        HOUSEHOLDS,
        COMMUNITIES,
        UNITS,
        GRAPH,
        AUDIT_SHAPES,
        AUDIT,
        REGISTER,
        PEOPLE,
        CHANGE,
        COMPARE,
    ):
        for kind, pairs in table.items():
            found[kind] = (*found.get(kind, ()), *pairs)
    return found


KINDS = _kinds()
"""Templates of every kind of finding."""


@lru_cache(maxsize=4096)
def chinese(kind: str, message: str) -> str | None:
    """Say what a finding says in Chinese.

    Parameters
    ----------
    kind, message
        Of the finding.

    Returns
    -------
    str or None
        None where no template of the kind fits the message.
    """
    return READER.read(KINDS.get(kind, ()), message)


def told(kind: str, message: str, language: str) -> str:
    """Say what a finding says in ``language`` (``en`` or ``zh``); in English where unknown."""
    if language != "zh":
        return message
    return chinese(kind, message) or message
