"""Chinese sentences of the audit about numbers, codes and columns, and its phrases."""

from collections.abc import Mapping

from gridplan.sentences.audit_shapes import AGAIN
from gridplan.sentences.patterns import Pairs

AUDIT_PHRASES: Mapping[str, Pairs] = {
    "value": (("missing", "缺失"), ("{value}", "{value}")),
    "nameless": (("(no code)", "（无编码）"), ("{name}", "{name}")),
    "join": (
        ("a declared link", "声明的连接"),
        ("a bridge or an underpass", "桥梁或地道"),
        ("an automatic link", "自动连接"),
    ),
    "side": (("below the minimum", "低于下限"), ("above the maximum", "高于上限")),
    "told": (
        (
            " (the optimiser says {said}; listed as having no plan in range)",
            "（求解结果：{said}；已列为无法全部达标）",
        ),
        (" (the optimiser says {said})", "（求解结果：{said}）"),
    ),
    "belongs": (
        ("its column says so", "其属性列如此填写"),
        ("{share:n} of it lies there", "其{share}位于该处"),
        ("it is the nearest, {m:n} m off", "该社区最近，相距{m} m"),
    ),
    "unproven": (
        ("no institution {name} is in the inputs", "输入中没有机构{name}"),
        ("it names no institution", "未填写机构"),
        (
            "tables/institution_decisions does not say so of {name}",
            "tables/institution_decisions中机构{name}并非如此",
        ),
        ("the configuration overrides {name} to be none", "配置已指定{name}不设单位网格"),
        ("the configuration wants no unit grids", "配置不要求单位网格"),
        ("{name} fails the test {tests:l}", "机构{name}未通过{tests}项检验"),
        ("{name} has another one in this community", "机构{name}在本社区已有单位网格"),
        ("it does not lie on its premises", "不在其场地内"),
        (
            "unit {unit} does not lie half inside its premises",
            "单元{unit}不足一半位于其场地内",
        ),
    ),
    "misjudged": (
        ("it has no row", "没有记录"),
        ("{test} is passed, not as it says", "{test}实际通过，与记录不符"),
        ("{test} is failed, not as it says", "{test}实际未通过，与记录不符"),
        ("its override and the reason are not recorded", "未记录其人工指定及理由"),
        ("it cannot be a unit grid", "不能成为单位网格"),
        ("{why}", "{why}"),
    ),
    "dishonest": (
        ("it can only be {names:l}", "只能是{names}"),
        ("a gap of {n:n} is impossible", "差距{n}不可能"),
        ("its gap is {n:n}", "其差距为{n}"),
        (
            "its grids miss the range by {n:n} households in all",
            "其网格合计超出范围{n}户",
        ),
    ),
    "uncut": (
        ("exceptions.csv does not list it", "exceptions.csv未列出"),
        ("its {n:n} households fit one grid", "其{n}户可容于一个网格"),
        ("its stairwells hold {n:n} of its {m:n} households", "其楼梯间仅有{n}户，全楼{m}户"),
        (
            "its strips miss or exceed its footprint by {m2:n} m²",
            "其各段与轮廓相差{m2} m²",
        ),
        (
            "a strip is {n:n} of its area too large or too small for its households",
            "某段面积与户数不相称，偏差{n}",
        ),
        (
            "its strips do not follow each other across its long side in the order of the "
            "stairwells",
            "各段未按楼梯间顺序沿长边排列",
        ),
    ),
    "stairs": (
        ("{names:l} in {grid}; {rest:stairs}", "{names}属{grid}；{rest}"),
        ("{names:l} in {grid}", "{names}属{grid}"),
    ),
    "gridless": (
        ("no grid", "未填网格"),
        ("grid {code}, which the layer grids does not have", "所填网格{code}不在图层grids中"),
    ),
    "false": (
        ("the plan has no such unit or block", "方案中没有该单元或整体"),
        ("the plan has no such unit", "方案中没有该单元"),
        ("the inputs have no such unit or community", "输入中没有该单元或社区"),
        ("the inputs have no such unit", "输入中没有该单元"),
        ("the inputs do not divide it", "输入未将其划分"),
        ("it holds {n:n} households, not {m:n}", "实为{n}户，而非{m}户"),
        ("it holds {n:n} households", "实为{n}户"),
        ("it has {n:n} households", "实有{n}户"),
        ("its part of the community holds {n:n} households", "其所在部分有{n}户"),
        ("it is in one part", "实为一个部分"),
        ("it lies in a community", "实际位于某社区内"),
        ("it lies in its community", "实际位于其社区内"),
        ("it lies {m:n} m from a community", "距社区{m} m"),
        ("it is {m:n} m away", "实际距离{m} m"),
        ("it is in the plan", "实际已在方案中"),
        ("its two units lie in different communities", "其两个单元属于不同社区"),
        (
            "it is listed with {n:n} m, but measures {m:n} m",
            "列为{n} m，实测{m} m",
        ),
        ("{why}", "{why}"),
    ),
}

AUDIT: Mapping[str, Pairs] = {
    "households-changed": (
        (
            "unit {unit} has {n:n} households in the plan and {m:n} in the inputs; run partition "
            "again with these inputs",
            "单元{unit}在方案中为{n}户，在输入中为{m}户；请用此输入重新运行partition",
        ),
    ),
    "households-total": (
        (
            "community {code} has {n:n} households in the plan and {m:n} in the inputs; a "
            "household counts once",
            "社区{code}在方案中为{n}户，在输入中为{m}户；每户只计一次",
        ),
    ),
    "building-cut": (
        (
            "building {unit} is cut into stairwells, but {why:uncut}; run partition again",
            f"楼栋{{unit}}按楼梯间划分，但{{why}}；{AGAIN}",
        ),
    ),
    "building-divided": (
        (
            "building {unit} has {n:n} households and is divided by its stairwells: "
            "{where:stairs}; tell its residents which grid is theirs",
            "楼栋{unit}有{n}户，按楼梯间划分：{where}；请告知居民所属网格",
        ),
    ),
    "block-cut": (
        (
            "block {block} lies in {n:n} grids although one could hold it; move its units to one "
            "grid",
            "整体{block}分属{n}个网格，而一个网格即可容纳；请将其单元移入同一网格",
        ),
    ),
    "block-divided": (
        (
            "block {block} has {n:n} households, more than a grid may hold, and lies in {k:n} "
            "grids; agree with its management on who serves which part",
            "整体{block}有{n}户，超过网格上限，分属{k}个网格；请与管理单位商定分工",
        ),
    ),
    "block-split": (
        (
            "block {block} is in {n:n} pieces that do not touch, in {k:n} grids; correct its "
            "block id, or declare a link between the pieces",
            "整体{block}分为{n}个互不相邻的部分，分属{k}个网格；请更正其整体编号，或声明各部分之间的连接",
        ),
    ),
    "feature-missing": (
        (
            "the inputs give {n:n} {layer:role}, the plan has none; run partition again",
            f"输入中有{{n}}个{{layer}}，方案中没有；{AGAIN}",
        ),
        (
            "{layer:role}: {place} lies in a grid but has no grid_code; run partition again",
            f"{{layer}}：{{place}}位于网格内但没有grid_code；{AGAIN}",
        ),
    ),
    "feature-outside": (
        (
            "{n:n} of {m:n} {layer:role} lie outside every grid and have no grid_code",
            "{m}个{layer}中有{n}个在所有网格之外，没有grid_code",
        ),
    ),
    "feature-elsewhere": (
        (
            "{layer:role}: {place} names grid {grid} but lies in another; run partition again",
            f"{{layer}}：{{place}}所填网格为{{grid}}，但位于另一网格；{AGAIN}",
        ),
    ),
    "road-length": (
        (
            "roads: {n:n} m of {road} are attributed to grids; {m:n} m lie in them, of {all:n} m "
            "in all; run partition again",
            f"道路：{{road}}归属网格的长度为{{n}} m，实际在网格内{{m}} m，全长{{all}} m；{AGAIN}",
        ),
    ),
    "grid-out-of-range": (
        (
            "grid {grid} holds {n:n} households, {k:n} {side:side} of {limit:n}{claim:told}; move "
            "units to or from a neighbour, or solve with more effort",
            "网格{grid}有{n}户，{side}{limit}户{k}户{claim}；请与相邻网格调整单元，或加大计算量",
        ),
        (
            "grid {grid} holds {n:n} households, {k:n} {side:side} of {limit:n}; move units to or "
            "from a neighbour, or solve with more effort",
            "网格{grid}有{n}户，{side}{limit}户{k}户；请与相邻网格调整单元，或加大计算量",
        ),
    ),
    "block-over-max": (
        (
            "grid {grid} holds {n:n} households because {block} alone has {m:n} and cannot be "
            "divided; give its stairwells in [inputs.stairwells]",
            "网格{grid}有{n}户，因为{block}单独就有{m}户且不可划分；请在[inputs.stairwells]中给出其楼梯间",
        ),
    ),
    "component-under-min": (
        (
            "grid {grid} holds {n:n} households because a part of {m:n} around unit {unit} can "
            "only join {names:l} (room for {rooms:l}), and no way to share it out misses the range "
            "by less; declare a link to another neighbour, or let what surrounds it be divided",
            "网格{grid}有{n}户，因为单元{unit}周围的{m}户只能并入{names}（余量{rooms}户），"
            "且没有超差更小的分法；请声明与其他相邻部分的连接，或允许拆分其周围部分",
        ),
        (
            "grid {grid} holds {n:n} households because no more can join it; declare a link to a "
            "neighbour with room, or merge the community with another",
            "网格{grid}有{n}户，因为没有更多住户可并入；请声明与有余量的相邻部分的连接，或合并社区",
        ),
    ),
    "community-empty": (
        (
            "community {code} has no households: grid {grid} is all of it; nothing to cure, or "
            "check the household register",
            "社区{code}没有住户：网格{grid}即整个社区；无需处理，或请核对户数登记",
        ),
    ),
    "unit-grid-unproven": (
        (
            "grid {grid} is a unit grid, exempt from the range, but {why:unproven}; make it "
            "residential, or correct the institution or its override",
            "网格{grid}为单位网格，不受范围限制，但{why}；请改为住宅网格，或更正机构或其人工指定",
        ),
        (
            "grid {grid} names institution {name}, but is no unit grid; run partition again",
            f"网格{{grid}}填有机构{{name}}，但不是单位网格；{AGAIN}",
        ),
    ),
    "unit-grid-overridden": (
        (
            "grid {grid} is a unit grid by the override of institution {name}: {reason}",
            "网格{grid}按机构{name}的人工指定设为单位网格：{reason}",
        ),
    ),
    "institution-misjudged": (
        (
            "tables/institution_decisions: institution {name}: {why:misjudged}; run partition "
            "again",
            f"tables/institution_decisions：机构{{name}}：{{why}}；{AGAIN}",
        ),
    ),
    "status-dishonest": (
        (
            "community {code}: its status is {status}, but {why:dishonest}; run partition again",
            f"社区{{code}}：状态为{{status}}，但{{why}}；{AGAIN}",
        ),
    ),
    "listing-false": (
        (
            "exceptions.csv lists {kind} of {names:l}, but {why:false}; strike it, and run "
            "partition again",
            f"exceptions.csv列有{{names}}的{{kind}}，但{{why}}；请删除并{AGAIN.removeprefix('请')}",
        ),
    ),
    "code-missing": (("a grid has no grid_code; number it", "有网格没有grid_code；请编号"),),
    "code-misfit": (
        (
            "grid {grid} does not fit the code profile {profile} of community {code}; number it "
            "again",
            "网格{grid}不符合社区{code}的编码规则{profile}；请重新编号",
        ),
    ),
    "grid-empty": (
        (
            "grid {grid} holds no unit; delete it, or correct grid_code of its units",
            "网格{grid}没有单元；请删除，或更正其单元的grid_code",
        ),
    ),
    "column-wrong": (
        (
            "grids: grid_kind of {grid} is {value:value}; it is residential or unit",
            "网格：{grid}的grid_kind为{value}；只能是residential或unit",
        ),
        (
            "{layer:role}: {column} of {place:nameless} is {held:value}, it should be "
            "{meant:value}; run partition again, or correct the column",
            f"{{layer}}：{{place}}的{{column}}为{{held}}，应为{{meant}}；{AGAIN}，或更正该列",
        ),
    ),
    "zone-wrong": (
        (
            "unit {unit}: its {layer} zone is {zone}, which the inputs do not say; run partition "
            "again",
            f"单元{{unit}}：其{{layer}}辖区为{{zone}}，与输入不符；{AGAIN}",
        ),
    ),
    "nest-crossed": (
        (
            "grid {grid} touches {n:n} zones of {layer}, which is nested; move the units of all "
            "but one zone away",
            "网格{grid}涉及不得跨越的图层{layer}的{n}个辖区；请只保留其中一个辖区的单元",
        ),
    ),
    "zone-divided": (
        (
            "{layer} zone {zone} lies in {n:n} grids although one could hold it; another layer or "
            "a lock in its way may be the reason",
            "{layer}的辖区{zone}分属{n}个网格，而一个网格即可容纳；可能受其他图层或锁定所限",
        ),
    ),
    "incidence-small": (
        (
            "{layer}: {n:n} times a grid has fewer than {k:n} households in a zone (first: grid "
            "{grid} in {zone}); probably the zone was digitised with an offset",
            "{layer}：有{n}处网格在某辖区内不足{k}户（首处：网格{grid}，辖区{zone}）；"
            "辖区可能存在数字化偏移",
        ),
    ),
}
