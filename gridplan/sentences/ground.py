"""Chinese sentences of what a run finds about communities, units, zones, borders and grids."""

from collections.abc import Mapping

from gridplan.sentences.patterns import Pairs

REFUSAL = (
    "in community {code} it would leave a part of {n:n} households around unit {unit} without a "
    "grid in range: {price:n} households would be missed or too many",
    "在社区{code}，单元{unit}周围的{n}户将没有达标的网格：相差{price}户",
)
WAY = (
    'where one can cross, add the row "{row}" to [inputs.links], pick bridges with '
    '[inputs.roads] bridges = "...", or set crossings = "roads" in [inputs.barriers.{name}]',
    "可通行处请在[inputs.links]中加入一行“{row}”，或用[inputs.roads]的bridges选出桥梁，"
    '或在[inputs.barriers.{name}]中设crossings = "roads"',
)
GROUND_PHRASES: Mapping[str, Pairs] = {
    "way": (WAY,),
    "refusal": (REFUSAL,),
    "pocket": (
        (
            'the shortest link is the row "{row}" in [inputs.links], {m:n} m',
            "最短的连接是[inputs.links]中的一行“{row}”，{m} m",
        ),
        (
            f"road {{road}} leads across between {{a}} and {{b}}, {{m:n}} m: {WAY[0]}",
            f"道路{{road}}在{{a}}与{{b}}之间穿过，{{m}} m：{WAY[1]}",
        ),
    ),
    "stands": (
        ("it stands by override", "按人工指定保留"),
        ("it is refused; override it to have it", "未采用；如需设立请人工指定"),
    ),
    "beyond": (
        (
            "{share:n} of its ground lies beyond; the unit counts for the larger side and is no "
            "neighbour of what it touches on the other; divide it along the barrier",
            "有{share}的用地在另一侧；单元计入较大一侧，与另一侧不相邻；请沿阻隔线拆分",
        ),
        ("it does not divide it", "未将其分割"),
    ),
    "chain": (
        (
            "together they are kept in one grid of {n:n} households",
            "合并保持在一个{n}户的网格内",
        ),
        (
            "together they have {n:n} households, and a grid holds {max:n}; {names:l} yields, as "
            "the order in the configuration decides; make one of the layers soft, or redraw the "
            "zones",
            "合计{n}户，而网格最多{max}户；按配置中的顺序由{names}让步；请将其中一个图层改为软约束，"
            "或重绘辖区",
        ),
        (
            "a nested line keeps {names:l} out of one grid with the others",
            "不得跨越的界线使{names}不能与其他辖区同在一个网格",
        ),
    ),
    "claim": (
        ("no plan misses it by less", "没有方案能更少"),
        ("at least {n:n} is proven", "已证明至少{n}户"),
    ),
    "reason": (
        (
            "there is no ground for it: {why:groundless}, or all of it is another unit grid's "
            "({rest})",
            "没有可用的用地：{why}，或全部用地已属其他单位网格（{rest}）",
        ),
        ("{reason}", "{reason}"),
    ),
    "groundless": (
        ("no unit lies at least half inside its premises", "没有单元有一半以上位于其场地内"),
        ("it has no premises", "没有场地范围"),
    ),
    "alone": (
        ("the layers cannot be read ({why})", "无法读取图层（{why}）"),
        ("the layers have changed since the plan was made", "图层自方案生成后已变更"),
    ),
    "parts": (
        ("{parts:l}, no zone {n:n}", "{parts}、不属于任何辖区{n}"),
        ("{parts:l}", "{parts}"),
    ),
    "objects": (("stretches", "路段"), ("objects", "对象")),
}

COMMUNITIES: Mapping[str, Pairs] = {
    "community-repaired": (
        (
            "community {code}: {m2:n} m² along its border were lost or won as overlaps and narrow "
            "gaps went; its area was {before:n} m² and is {after:n} m² ({moved:n} m²)",
            "社区{code}：消除重叠与窄缝时，界线沿线增减{m2} m²；面积由{before} m²变为{after} m²"
            "（{moved} m²）",
        ),
    ),
    "community-overlap": (
        (
            "communities {a} and {b} overlap by {m2:n} m²; most of it goes to {to}: redraw their "
            "border",
            "社区{a}与{b}重叠{m2} m²；大部分归{to}：请重绘界线",
        ),
    ),
    "gap-closed": (
        (
            "the narrow gap of {m2:n} m² between communities {a} and {b} goes to {to}: redraw "
            "their border",
            "社区{a}与{b}之间{m2} m²的窄缝归{to}：请重绘界线",
        ),
    ),
    "gap-left": (
        (
            "{m2:n} m² enclosed by communities {names:l} belong to none of them; if that is no "
            "ground of another district, draw them to one, or raise topology.gap_width_m",
            "社区{names}之间有{m2} m²不属于任何社区；如非其他区的土地，请划入其一，"
            "或调大topology.gap_width_m",
        ),
    ),
    "edges-matched": (
        (
            "community {code}: {m:n} m of its border did not match its neighbours vertex for "
            "vertex, and do now; {m2:n} m² moved",
            "社区{code}：有{m} m界线与相邻社区的顶点不一致，现已一致；移动{m2} m²",
        ),
    ),
    "communities-union": (
        (
            "the communities together covered {before:n} m² and cover {after:n} m² ({moved:n} m²) "
            "after {over:n} m² of overlaps and {gaps:n} m² of narrow gaps went to one side",
            "各社区合计面积由{before} m²变为{after} m²（{moved} m²），其中重叠{over} m²、"
            "窄缝{gaps} m²已归入一方",
        ),
    ),
    "community-multipart": (("community {code} lies in {n:n} parts", "社区{code}由{n}个部分组成"),),
    "community-hole": (("community {code} has holes: {n:n}", "社区{code}有{n}个洞"),),
    "community-empty": (
        (
            "community {code} has no household; it is one grid of 0 households",
            "社区{code}没有住户，整体为一个0户的网格",
        ),
    ),
    "community-unknown": (
        (
            "unit {unit} names community {code}, which does not exist; placed by its shape",
            "单元{unit}所填社区{code}不存在；已按其形状归属",
        ),
    ),
    "community-conflict": (("community {code}: {why:why}", "社区{code}：{why}"),),
    "community-failed": (
        (
            "community {code}: it could not be solved and is left out: {reason}; the others are "
            "divided. Run again with --resume to try it once more",
            "社区{code}：求解失败，未列入方案：{reason}；其他社区已划分。请用--resume重试",
        ),
    ),
    "no-plan-in-range": (
        (
            "community {code}: its grids miss the range by {n:n} households in all; "
            "{claim:claim}: {why:why}",
            "社区{code}：其网格合计超出范围{n}户；{claim}：{why}",
        ),
        (
            "community {code}: its grids miss the range by {n:n} households in all; {claim:claim}",
            "社区{code}：其网格合计超出范围{n}户；{claim}",
        ),
    ),
}

UNITS: Mapping[str, Pairs] = {
    "unit-straddles": (
        (
            "unit {unit} belongs to community {code}; {share:n} of it lies outside",
            "单元{unit}属于社区{code}，其{share}位于界外",
        ),
    ),
    "unit-nearest": (
        (
            "unit {unit} lies {m:n} m outside every community; it joins the nearest, {code}",
            "单元{unit}在所有社区之外{m} m处；归入最近的社区{code}",
        ),
    ),
    "unit-outside": (
        (
            "unit {unit} with {n:n} households lies more than {m:n} m outside every community; it "
            "is not in the plan",
            "单元{unit}（{n}户）距所有社区均超过{m} m；未纳入方案",
        ),
    ),
    "unit-overlaps": (
        (
            "unit {unit} overlaps its neighbours; {m2:n} m² of it went to them",
            "单元{unit}与相邻单元重叠；其中{m2} m²归相邻单元",
        ),
        (
            "unit {unit} overlaps {names:l}; {m2:n} m² of its {all:n} m² went to them, most to "
            "{most}: redraw the units",
            "单元{unit}与{names}重叠；其{all} m²中有{m2} m²归后者，大部分归{most}：请重绘单元",
        ),
    ),
    "unit-shares-cell": (
        (
            "unit {unit} has no ground of its own in its community; it takes a strip of the cell "
            "of unit {host}",
            "单元{unit}在社区内没有独立用地；分占单元{host}的一条用地",
        ),
    ),
    "unit-multipart": (
        (
            "unit {unit} itself lies in {n:n} parts; its grid may have as many",
            "单元{unit}本身由{n}个部分组成；其网格也可能如此",
        ),
    ),
    "unit-without-zone": (
        (
            "{layer}: {n:n} units with {h:n} households lie in no zone ({names:l}); they count "
            "for no zone of this layer",
            "{layer}：{n}个单元、{h}户不属于任何辖区（{names}）；不计入该图层的任何辖区",
        ),
    ),
    "unit-crosses-zones": (
        (
            "unit {unit} ({h:n} households) lies across {line:line} of {layer}: {parts:parts}; it "
            "counts for {zone}",
            "单元{unit}（{h}户）跨越{layer}的{line}：{parts}；计入{zone}",
        ),
        (
            "{n:n} more units with {h:n} households lie across lines of {layer}; the {k:n} with "
            "most households away are listed one by one",
            "另有{n}个单元、{h}户跨越{layer}的界线；仅逐一列出跨界户数最多的{k}个",
        ),
    ),
    "zones-overlap": (
        (
            "zones {a} and {b} of {layer} overlap by {m2:n} m², with {n:n} units and {h:n} "
            "households in it; a unit goes to the zone with the larger share of its area, then to "
            "the smaller id; redraw one of the zones",
            "{layer}的辖区{a}与{b}重叠{m2} m²，其中有{n}个单元、{h}户；单元归面积份额较大的辖区，"
            "份额相同则归编号较小者；请重绘其一",
        ),
    ),
    "zone-multipart": (
        (
            "zone {zone} of {layer} lies in {n:n} parts; it can be kept whole only where units "
            "join its parts",
            "{layer}的辖区{zone}由{n}个部分组成；仅在单元将各部分相连处才能保持完整",
        ),
        ("zone {zone} of {layer} lies in {n:n} parts", "{layer}的辖区{zone}由{n}个部分组成"),
    ),
    "zone-hole": (
        (
            "zone {zone} of {layer} has {n:n} holes of {m2:n} m², {only:only}",
            "{layer}的辖区{zone}有{n}个洞，共{m2} m²，{only}",
        ),
    ),
    "zones-same": (
        (
            "{b} divides {share:n} of the households as {a} does, so the same lines count twice; "
            "check path and layer of [inputs.zones.{b}], leave one of the two out, or give one "
            "the weight 0",
            "{b}对{share}的户数的划分与{a}相同，同一界线被计两次；请检查[inputs.zones.{b}]的"
            "path和layer，去掉其一，或将其一的权重设为0",
        ),
    ),
    "zones-like-communities": (
        (
            "{layer} divides {share:n} of the households as the communities do; no grid crosses a "
            "community, so the layer changes nothing and may be left out",
            "{layer}对{share}的户数的划分与社区相同；网格不跨社区，因此该图层不起作用，可以去掉",
        ),
    ),
    "whole-against-nest": (
        (
            "zone {zone} of {layer} is to stay whole, but lies in {n:n} zones of {nest}, which no "
            "grid crosses ({parts:l} households); it is divided into {k:n} grids at least; redraw "
            "it, or make {x} or {y} soft",
            "{layer}的辖区{zone}应保持完整，但位于{nest}的{n}个不得跨越的辖区内（户数：{parts}）；"
            "至少分为{k}个网格；请重绘，或将{x}或{y}改为软约束",
        ),
    ),
    "whole-chain": (
        (
            "zones {names} overlap into a chain: {ending:chain}",
            "辖区{names}重叠成链：{ending}",
        ),
    ),
}

GRAPH: Mapping[str, Pairs] = {
    "block-split": (
        (
            "block {block} lies in {n:n} pieces that do not touch; each is a block",
            "整体{block}分为{n}个互不相邻的部分；各自作为一个整体",
        ),
    ),
    "block-divided": (
        (
            "block {block} has {n:n} households, more than a grid may hold; its units may go to "
            "several grids",
            "整体{block}有{n}户，超过网格上限；其单元可分属多个网格",
        ),
    ),
    "block-over-max": (
        (
            "unit {unit} alone has {n:n} households, more than a grid may hold; give its "
            "stairwells in [inputs.stairwells] to divide it",
            "单元{unit}单独就有{n}户，超过网格上限；请在[inputs.stairwells]中给出其楼梯间以便划分",
        ),
    ),
    "link": (
        (
            "declared link between units {a} and {b} ({note})",
            "单元{a}与{b}之间声明的连接（{note}）",
        ),
        ("declared link between units {a} and {b}", "单元{a}与{b}之间声明的连接"),
    ),
    "link-found": (
        (
            "road {road} crosses the hard barrier {barrier}: a link between units {a} and {b}",
            "道路{road}跨越阻隔{barrier}：连接单元{a}与{b}",
        ),
    ),
    "crossing-found": (
        (
            "road {road} crosses the hard barrier {barrier} between units {a} and {b}; it is not "
            "known to be a bridge or an underpass, and so no link; {way:way}",
            "道路{road}在单元{a}与{b}之间跨越阻隔{barrier}；不能确定为桥梁或地道，因此不作为连接；{way}",
        ),
    ),
    "barrier-pocket": (
        (
            "{n:n} units with {h:n} households ({names:l}) are cut off by the hard barrier "
            "{barrier:l}, and a grid needs {low:n}; {cure:pocket}",
            "{n}个单元、{h}户（{names}）被阻隔{barrier}隔开，而网格至少需要{low}户；{cure}",
        ),
    ),
    "barrier-through-unit": (
        (
            "the hard barrier {barrier} runs {m:n} m through unit {unit} ({h:n} households): "
            "{side:beyond}",
            "阻隔{barrier}在单元{unit}（{h}户）内穿过{m} m：{side}",
        ),
    ),
    "link-useless": (
        (
            "the link between units {a} and {b} joins nothing: they do not lie in one community; "
            "no grid crosses its community's border",
            "单元{a}与{b}之间的连接无效：两者不在同一社区；网格不跨社区界线",
        ),
    ),
    "part-joined": (
        (
            "a part of {n:n} households around unit {a} is too small to be a grid; it is joined "
            "to unit {b}, {m:n} m away",
            "单元{a}周围{n}户的部分过小，不能成为网格；并入{m} m外的单元{b}",
        ),
    ),
    "unit-grid-refused": (
        (
            "institution {name} as a unit grid: {why:refusal}; {end:stands}",
            "机构{name}作为单位网格：{why}；{end}",
        ),
    ),
    "unit-grid-forced": (
        (
            "institution {name} as a unit grid: {why:refusal}; {end:stands}",
            "机构{name}作为单位网格：{why}；{end}",
        ),
    ),
    "unit-grid-impossible": (
        (
            "institution {name} is to be a unit grid by override, but {reason:reason}",
            "机构{name}按人工指定应为单位网格，但{reason}",
        ),
    ),
    "lock-useless": (
        (
            "lock {lock}: unit {unit} lies in a unit grid; the lock has no effect",
            "锁定{lock}：单元{unit}位于单位网格内；该锁定不起作用",
        ),
    ),
    "object-outside": (
        (
            "{layer:role}: {n:n} {what:objects} lie outside every community and have no grid "
            "({names:l})",
            "{layer}：{n}个{what}在所有社区之外，没有所属网格（{names}）",
        ),
    ),
    "map-change-kept": (
        (
            "the previous plan ({name}) is not found, or has changed; the maps of before and after "
            "stay as they are: name it with --previous",
            "未找到原方案（{name}），或其已改变；调整前后对照图保持不变：请用--previous指明",
        ),
    ),
    "map-font": (
        (
            "no font on this machine can draw {n:n} of the characters on the maps (such as "
            "{sample}), so codes stand in place of names: install one (Debian: fonts-noto-cjk or "
            "fonts-wqy-microhei; Windows: the optional feature Chinese Supplemental Fonts; "
            "anywhere: gridplan[cjk]) and draw the maps again",
            "本机没有字体能显示地图上的{n}个字（如{sample}），因此以编码代替名称：请安装中文字体"
            "（Debian：fonts-noto-cjk或fonts-wqy-microhei；Windows：可选功能“中文补充字体”；或gridplan[cjk]）后重新出图",
        ),
    ),
    "map-plan-alone": (
        (
            "{why:alone}; the maps show what the plan itself holds",
            "{why}；地图仅显示方案自身的内容",
        ),
    ),
    "resume-anew": (
        (
            "The unfinished work was of another configuration, input or version; everything is "
            "computed anew.",
            "未完成的工作属于其他配置、输入或版本；全部重新计算。",
        ),
    ),
}
