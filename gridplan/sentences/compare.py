"""Chinese sentences of what is found while any plan is read and two plans are compared."""

from collections.abc import Mapping

from gridplan.sentences.patterns import Pairs

COMPARE: Mapping[str, Pairs] = {
    "compare-units-gone": (
        ("{n:n} units of the old plan are not in the new one", "原方案的{n}个单元不在新方案中"),
    ),
    "compare-not-in-old": (
        (
            "{n:n} units ({h:n} households) are in no grid of the old plan",
            "{n}个单元（{h}户）不属于原方案的任何网格",
        ),
    ),
    "compare-not-in-new": (
        (
            "{n:n} units ({h:n} households) are in no grid of the new plan",
            "{n}个单元（{h}户）不属于新方案的任何网格",
        ),
    ),
    "plan-unit-without-grid": (
        (
            "{where}: {n:n} units are in no grid: {names:l}",
            "{where}：{n}个单元不属于任何网格：{names}",
        ),
    ),
    "plan-numbered": (
        (
            "{where}: its grids have no names and were numbered from north to south",
            "{where}：网格没有名称，已由北向南编号",
        ),
    ),
    "plan-polygon-unnamed": (
        (
            "{where}: {n:n} polygons name no grid and were left out",
            "{where}：{n}个多边形未填网格，已略去",
        ),
    ),
}
