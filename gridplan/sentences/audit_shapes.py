"""Chinese sentences of the audit about shapes: polygons, coverage, contiguity, footprints."""

from collections.abc import Mapping

from gridplan.sentences.patterns import Pairs

AGAIN = "请重新运行partition"
DISSOLVE = "请由单元重新合并网格"

AUDIT_SHAPES: Mapping[str, Pairs] = {
    "polygon-missing": (
        (
            "{layer:role}: {place} has no polygon; run partition again",
            f"{{layer}}：{{place}}没有多边形；{AGAIN}",
        ),
    ),
    "polygon-invalid": (
        (
            "{layer:role}: the polygon of {place} is invalid ({why}); repair it in QGIS with Fix "
            "geometries",
            "{layer}：{place}的多边形无效（{why}）；请在QGIS中用“修复几何图形”修复",
        ),
    ),
    "community-missing": (
        (
            "community {code} has no grid; see why its run failed in run.json",
            "社区{code}没有网格；失败原因见run.json",
        ),
    ),
    "community-unknown": (
        (
            "community {code} is in the plan but not in the inputs; was it merged or renamed?",
            "社区{code}在方案中而不在输入中；是否已合并或更名？",
        ),
        (
            "grid {grid} names community {code}, which the plan's layer communities does not "
            "have; correct community_code",
            "网格{grid}所填社区{code}不在方案的communities图层中；请更正community_code",
        ),
    ),
    "community-changed": (
        (
            "community {code}: the plan's outline differs from the input's by {m2:n} m²; look for "
            "communities that overlap, or units that reach beyond",
            "社区{code}：方案轮廓与输入相差{m2} m²；请查找重叠的社区或越界的单元",
        ),
    ),
    "community-gap": (
        (
            "community {code}: {m2:n} m² belong to no grid; give the ground to one",
            "社区{code}：有{m2} m²不属于任何网格；请划入某一网格",
        ),
    ),
    "grids-overlap": (
        (
            "grids {a} and {b} overlap by {m2:n} m²; give the ground to one",
            "网格{a}与{b}重叠{m2} m²；请划归其一",
        ),
    ),
    "grid-outside": (
        (
            "grid {grid} reaches {m2:n} m² beyond its community {code}; cut it at the border",
            "网格{grid}超出其社区{code}{m2} m²；请沿界线裁切",
        ),
    ),
    "border-unmatched": (
        (
            "grid {grid}: {m:n} m of its border do not match its neighbours vertex for vertex; "
            "snap the vertices, or dissolve the grids from the units again",
            f"网格{{grid}}：有{{m}} m边界与相邻网格顶点不一致；请捕捉顶点，或{DISSOLVE}",
        ),
    ),
    "cells-unmatched": (
        (
            "{n:n} cells do not match their neighbours vertex for vertex ({m:n} m of border), "
            "first {unit}; grids dissolved from them may not match either",
            "{n}个单元用地与相邻者顶点不一致（{m} m边界），首个为{unit}；"
            "由其合并的网格也可能不一致",
        ),
    ),
    "grid-not-contiguous": (
        (
            "grid {grid} is in {n:n} parts that share no border of {m:n} m; the smallest holds "
            "{k:n} units, among them {unit}; move it to a grid it touches, or list the link that "
            "joins it",
            "网格{grid}分为{n}个部分，彼此没有{m} m以上的公共边界；最小的部分有{k}个单元，"
            "包括{unit}；请移入相邻网格，或列出相连的连接",
        ),
        (
            "grid {grid} is in {n:n} parts; cells in several parts that are not listed as such: "
            "{names:l}; dissolve the grids from the units again",
            f"网格{{grid}}分为{{n}}个部分；未列明的多部分用地：{{names}}；{DISSOLVE}",
        ),
    ),
    **dict.fromkeys(
        ("part-joined", "link", "link-found"),
        (
            (
                "grid {grid}: {what:join} of {m:n} m joins units {a} and {b}; walk it, and "
                "declare a better one in the layer links if there is one",
                "网格{grid}：{what}（{m} m）连通单元{a}与{b}；请实地走访，"
                "如有更好的通道请在links图层中声明",
            ),
        ),
    ),
    "unit-multipart": (
        (
            "grid {grid} is in {n:n} parts because unit {unit} is; give its parts as units of "
            "their own to divide it",
            "网格{grid}分为{n}个部分，因为单元{unit}如此；如需拆分请将其各部分作为独立单元",
        ),
    ),
    "unit-missing": (
        (
            "unit {unit} with {n:n} households is in no grid; run partition again",
            f"单元{{unit}}（{{n}}户）不属于任何网格；{AGAIN}",
        ),
    ),
    "unit-unknown": (
        (
            "unit {unit} is in the plan but not in the inputs; was it demolished?",
            "单元{unit}在方案中而不在输入中；是否已拆除？",
        ),
    ),
    **dict.fromkeys(
        ("unit-twice", "code-duplicate"),
        (
            (
                "{layer:role}: {key} {place} stands {n:n} times; each belongs to one feature",
                "{layer}：{key} {place}出现{n}次；每个编号只属于一个要素",
            ),
        ),
    ),
    "unit-without-grid": (
        (
            "unit {unit} names {what:gridless}; correct grid_code",
            "单元{unit}：{what}；请更正grid_code",
        ),
    ),
    "unit-cut": (
        (
            "unit {unit}: {share:n} of its cell lies outside its grid {grid}; dissolve the grids "
            "from the units again",
            f"单元{{unit}}：其用地有{{share}}位于网格{{grid}}之外；{DISSOLVE}",
        ),
    ),
    "unit-elsewhere": (
        (
            "unit {unit} names community {code}, but its grid lies in {other}; correct one of the "
            "two",
            "单元{unit}所填社区为{code}，而其网格位于{other}；请更正其一",
        ),
        (
            "unit {unit} is in community {code} but belongs to {other}: {why:belongs}; run "
            "partition again",
            f"单元{{unit}}在社区{{code}}中，但应属于{{other}}：{{why}}；{AGAIN}",
        ),
    ),
    "unit-outside": (
        (
            "unit {unit} with {n:n} households lies {m:n} m outside every community; correct its "
            "place or the communities",
            "单元{unit}（{n}户）在所有社区之外{m} m处；请更正其位置或社区",
        ),
    ),
    "unit-nearest": (
        (
            "unit {unit} lies {m:n} m outside every community and joined the nearest; correct its "
            "place or the community's border",
            "单元{unit}在所有社区之外{m} m处，已归入最近社区；请更正其位置或社区界线",
        ),
    ),
    "unit-straddles": (
        (
            "unit {unit}: {share:n} of its area lies outside its community; it counts as a whole "
            "here, correct the border where it should not be cut",
            "单元{unit}：其面积的{share}位于社区之外；整体计入本社区，如界线不应穿过请更正",
        ),
    ),
    "footprint-cut": (
        (
            "unit {unit}: {m2:n} m² of its shape lie outside its grid; a border should run around "
            "it",
            "单元{unit}：其形状有{m2} m²位于网格之外；边界应绕过它",
        ),
    ),
    "footprint-off-cell": (
        (
            "unit {unit}: {m2:n} m² of its shape lie outside its cell; a border should run around "
            "it",
            "单元{unit}：其形状有{m2} m²位于用地之外；边界应绕过它",
        ),
    ),
    "cells-do-not-tile": (
        (
            "grid {grid}: its cells cover {n:n} of {m:n} m²; dissolve the grids from the units "
            "again",
            f"网格{{grid}}：其单元用地覆盖{{m}} m²中的{{n}} m²；{DISSOLVE}",
        ),
    ),
}
