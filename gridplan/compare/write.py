"""A comparison as a folder: tables, a map and the record."""

import datetime as dt
from math import isnan
from pathlib import Path

import geopandas as gpd

from gridplan import __version__
from gridplan.compare.comparison import Comparison
from gridplan.domain import Finding
from gridplan.export import open_output
from gridplan.maps import draw_changes
from gridplan.tables import write_csvs

MAP = "changes.png"


def write_comparison(
    found: Comparison,
    out: Path,
    old: str,
    new: str,
    *,
    date: dt.date,
    overwrite: bool = False,
    language: str = "en",
) -> list[Finding]:
    """Write ``tables/``, ``maps/changes.png`` and ``run.json`` into a folder that appears whole.

    Parameters
    ----------
    found
        The comparison.
    out
        The folder.
    old, new
        Names of the plans, as given; none of the two may lie in a folder that is replaced.
    date
        Printed on the map.
    overwrite
        Whether an existing result there may be replaced.
    language
        Of the map: ``en`` or ``zh``.

    Returns
    -------
    list of Finding
        What drawing noticed.

    Raises
    ------
    OutputError
        Where it cannot be written, or something is in the way.
    """
    protect = [Path(name.split("|")[0]) for name in (old, new)]
    with open_output(out, overwrite=overwrite, protect=protect) as folder:
        write_csvs(found.tables(), folder.path / "tables")
        findings: list[Finding] = []
        if found.old_shapes is not None and found.new_shapes is not None:
            (folder.path / "maps").mkdir()
            findings = draw_changes(
                folder.path / "maps" / MAP,
                found.old_shapes,
                found.new_shapes,
                _moved_shapes(found),
                changed=_changed(found),
                title=f"{_short(old)} → {_short(new)}",
                subtitle=_subtitle(found, language),
                facts=facts(found, language),
                date=date.isoformat(),
                language=language,
            )
        folder.write_run(
            {
                "version": __version__,
                "kind": "comparison",
                "old": old,
                "new": new,
                "date": date,
                "agreement": found.agreement,
                "metrics": found.metrics.to_dict("records"),
                "findings": [{"kind": f.kind, "message": f.message} for f in found.findings],
            }
        )
    return findings


def _short(name: str) -> str:
    path = Path(name.split("|")[0])
    return path.parent.name if path.name == "plan.gpkg" and path.parent.name else path.name


_ENGLISH = {
    "households": "households",
    "units": "units",
    "m2": "m²",
    "subtitle": "{0:.1%} of the {1} in matching grids",
    "both": "{0} in both",
    "matched_share": "in matching grids",
    "adjusted_rand": "adjusted Rand index",
    "variation_bits": "variation of information, bit",
    "moved": "{0} that moved",
    "grids": "grids",
    "in": "in range",
    "border_m": "border, m",
}
_CHINESE = {
    "households": "户数",
    "units": "基本单元",
    "m2": "平方米",
    "subtitle": "{0:.1%}的{1}位于相互对应的网格",
    "both": "两方案共有{0}",
    "matched_share": "位于对应网格",
    "adjusted_rand": "调整兰德指数",
    "variation_bits": "信息变差(比特)",
    "moved": "变动{0}",
    "grids": "网格数",
    "in": "户数达标网格",
    "border_m": "网格界线(米)",
}


def _words(language: str) -> dict[str, str]:
    return _CHINESE if language == "zh" else _ENGLISH


def _subtitle(found: Comparison, language: str) -> str:
    w = _words(language)
    share = float(found.agreement["matched_share"])
    return w["subtitle"].format(share, w[found.common.basis])


def facts(found: Comparison, language: str = "en") -> list[tuple[str, str]]:
    """Rows of the map's panel: what stands on both sides of the comparison."""
    w, numbers = _words(language), found.agreement
    basis = w[found.common.basis]
    rows = [
        (w["both"].format(basis), f"{int(numbers['in_both']):,}"),
        (w["matched_share"], f"{float(numbers['matched_share']):.1%}"),
        (w["moved"].format(basis), f"{int(numbers['moved']):,}"),
        (w["adjusted_rand"], f"{float(numbers['adjusted_rand']):.3f}"),
        (w["variation_bits"], f"{float(numbers['variation_bits']):.2f}"),
    ]
    shown = found.metrics[found.metrics["measure"].isin(("grids", "in", "border_m"))]
    for name, old, new in zip(shown["measure"], shown["old"], shown["new"], strict=True):
        rows.append((w[str(name)], _both(old, new)))
    return rows


def _changed(found: Comparison) -> set[str]:
    """New grids whose share of an old one's ground or households changed."""
    kinds = found.grids[found.grids["change"] != "U"]
    alike = set(found.grids.loc[found.grids["change"] == "U", "new_grid"])
    pairs = found.crosswalk[found.crosswalk["old_grid"].isin(kinds["old_grid"])]
    return {*kinds["new_grid"], *pairs["new_grid"]} - {""} - alike


def _both(old: float, new: float) -> str:
    return " → ".join("?" if isnan(value) else f"{value:,.0f}" for value in (old, new))


def _moved_shapes(found: Comparison) -> gpd.GeoDataFrame | None:
    units = found.common.units
    if not isinstance(units, gpd.GeoDataFrame) or found.moved.empty:
        return None
    went = found.moved.loc[found.moved["what"] != "vanished", "unit_id"]
    shown = units[units["unit_id"].isin(went)]
    return shown[shown.geom_type.isin(("Polygon", "MultiPolygon"))]
