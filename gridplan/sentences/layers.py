"""Chinese sentences of what is found while layers are read, mended and laid over each other."""

from collections.abc import Mapping

from gridplan.sentences.patterns import Pairs

REGISTER: Pairs = (
    ("one row with {n:n} households", "1条记录、{n}户"),
    ("{rows:n} rows with {n:n} households", "{rows}条记录、{n}户"),
)
SHOWN: Pairs = (
    ('column "{column}" = "{address}"', "列“{column}”为“{address}”"),
    ('an empty column "{column}"', "列“{column}”为空"),
)
LAYER_PHRASES: Mapping[str, Pairs] = {
    "rows": REGISTER,
    "shown": SHOWN,
    "hint": (("check where = ...", "请检查where = ..."), ("look at the file", "请查看文件")),
    "home": (("the communities", "各社区范围"), ("the area of {crs}", "{crs}的适用范围")),
    "lies": (
        ("{m2:n} m² of that in street {street}", "其中{m2} m²位于街道{street}"),
        ("in no street", "不属于任何街道"),
    ),
    "street_cure": (
        ("correct its street", "请更正其街道"),
        ("the name counts: redraw the border of either", "以名称为准：请重绘其中一方的界线"),
    ),
    "lost": (
        ("communities without a polygon: {names:l}", "下列社区没有多边形：{names}"),
        ("the layer is empty", "图层为空"),
    ),
    "homeless": (
        ("it has no unit", "社区内没有单元"),
        ("none of its units has a footprint with floors", "其单元均无带层数的轮廓"),
    ),
    "unplaced": (("lies in no unit", "不在任何单元内"), ("matches no unit", "找不到对应单元")),
    "only": (
        ("other zones", "其中均为其他辖区"),
        ("{m2:n} m² of them in no zone", "其中{m2} m²不属于任何辖区"),
    ),
    "line": (("a nested line", "不得跨越的界线"), ("a zone line", "辖区界线")),
    "encoding": (
        (
            "{n:n} texts beyond ASCII; plausible characters: {best}, against {others:l}; "
            "{failed:l} cannot decode them",
            "{n}个非ASCII文本；合理字符占比：{best}，其他为{others}；{failed}无法解码",
        ),
        (
            "{n:n} texts beyond ASCII; plausible characters: {best}, against {others:l}",
            "{n}个非ASCII文本；合理字符占比：{best}，其他为{others}",
        ),
        (
            "{n:n} texts beyond ASCII; plausible characters: {best}; {failed:l} cannot decode them",
            "{n}个非ASCII文本；合理字符占比：{best}；{failed}无法解码",
        ),
        (
            "{n:n} texts beyond ASCII; plausible characters: {best}",
            "{n}个非ASCII文本；合理字符占比：{best}",
        ),
        ("{evidence}", "{evidence}"),
    ),
    "ring": (
        ("self-intersection", "自相交"),
        ("ring self-intersection", "环自相交"),
        ("nested shells", "外环嵌套"),
        ("hole lies outside shell", "洞在外环之外"),
        ("holes are nested", "洞嵌套"),
        ("interior is disconnected", "内部不连通"),
        ("duplicate rings", "环重复"),
        ("too few points in geometry component", "点数不足"),
        ("{other}", "{other}"),
    ),
}

READING: Mapping[str, Pairs] = {
    "layer-wrong": (("{problem}", "文件、图层、列、取值或坐标系有误：{problem}"),),
    "coverage-wrong": (("{problem}", "社区或单元用地无法拼合：{problem}"),),
    "ring-repaired": (
        (
            "inputs.{name}: rings that cross or lie wrongly were rebuilt ({what:ring}); its area "
            "was {before:n} m² as its rings count, and is {after:n} m² ({moved:n} m²); that is "
            "more than {share:n} of it, and which ground is meant would be a guess: redraw it, or "
            "raise topology.{key}",
            "inputs.{name}：相交或位置有误的环已重建（{what}）；面积由{before} m²变为{after} m²"
            "（{moved} m²）；超过其{share}，无法判断应以何为准：请重绘，或调大topology.{key}",
        ),
        (
            "{name}: rings that cross or lie wrongly were rebuilt ({what:ring}); its area was "
            "{before:n} m² as its rings count, and is {after:n} m² ({moved:n} m²)",
            "{name}：相交或位置有误的环已重建（{what}）；"
            "面积由{before} m²变为{after} m²（{moved} m²）",
        ),
    ),
    "feature-repeated": (
        (
            "{role:role} {place} stands twice in the layer with the same shape; the second is "
            "left out",
            "{role}{place}在图层中以同一形状出现两次；第二个已略去",
        ),
    ),
    "id-repeated": (
        (
            "{where}: the id {place} stands on another feature too; give each its own, or join "
            "their shapes to one",
            "{where}：编号{place}也用于另一要素；请分别编号，或合并其形状",
        ),
    ),
    "shape-repeated": (
        (
            "{role:role} {a} has exactly the shape of {b} ({m2:n} m²); delete one, or give it a "
            "shape of its own",
            "{role}{a}与{b}形状完全相同（{m2} m²）；请删除其一，或给出其自身形状",
        ),
    ),
    "shape-missing": (
        (
            "unit {unit} with {n:n} households has no usable shape; draw it",
            "单元{unit}（{n}户）没有可用的形状；请绘制",
        ),
        (
            "{where}: {what:lost}; every community needs a polygon",
            "{where}：{what}；每个社区都需要多边形",
        ),
    ),
    "shape-sliver": (
        (
            "{role:role} {place} is a sliver: {long:n} m long and {wide:n} m wide on average; "
            "draw it, or join it to its neighbour",
            "{role}{place}为细条：长{long} m，平均宽{wide} m；请重绘，或并入相邻要素",
        ),
        (
            "{role:role} {place} is a sliver: {long:n} m long and {wide:n} m wide on average; "
            "draw it, or join it to its neighbour; {more:n} more of {layer:role} are as thin",
            "{role}{place}为细条：长{long} m，平均宽{wide} m；请重绘，或并入相邻要素；"
            "{layer}中另有{more}个同样细窄",
        ),
    ),
    "shape-unusable": (
        (
            "{role:role}: {n:n} features without a usable shape are left out ({names:l}); draw "
            "them or delete them",
            "{role}：{n}个要素没有可用的形状，已略去（{names}）；请绘制或删除",
        ),
        (
            "{role:role}: {n:n} features without a usable shape are left out; draw them or delete "
            "them",
            "{role}：{n}个要素没有可用的形状，已略去；请绘制或删除",
        ),
    ),
    "layer-overlap": (
        (
            "{role:role}: {a} and {b} overlap by {m2:n} m²; both keep it, and a unit there goes "
            "by the larger share: redraw their border",
            "{role}：{a}与{b}重叠{m2} m²；两者均保留，其中的单元按较大份额归属：请重绘界线",
        ),
    ),
    "community-beyond-street": (
        (
            "inputs.communities: community {code} names street {street}, but {m2:n} m² "
            "({share:n}) of it lie outside it, {lies:lies}; {cure:street_cure}",
            "inputs.communities：社区{code}所属街道为{street}，但有{m2} m²（{share}）在街道之外，"
            "{lies}；{cure}",
        ),
    ),
    "encoding-guessed": (
        (
            "{where}: text read as {codec} ({evidence:encoding}); to settle it, add encoding = "
            '"{codec}" to [inputs.{role}]',
            "{where}：文本按{codec}读取（{evidence}）；如要确定，请在[inputs.{role}]中"
            '加入encoding = "{codec}"',
        ),
    ),
    "column-cut": (
        (
            '{where}: column "{short}" is taken for {key} = "{column}", as a shapefile keeps 10 '
            'bytes of a name; write {key} = "{short}" to settle it',
            '{where}：Shapefile列名仅保留10字节，列“{short}”视为{key} = "{column}"；'
            '请写作{key} = "{short}"',
        ),
    ),
    "axes-swapped": (
        (
            "{where}: x and y are exchanged: {shown} in {crs} do not lie in {home:home}, but do "
            "with the axes turned; they were turned; mend the file",
            "{where}：x与y颠倒：{crs}下的{shown}不在{home}内，对调后则在其内；已对调；请修正文件",
        ),
    ),
    "layer-elsewhere": (
        (
            "{where}: no part of the layer lies in {home:home}; its coordinates are {said}; check "
            "its crs",
            "{where}：图层没有任何部分位于{home}内；其坐标为{said}；请核对其坐标系",
        ),
    ),
    "datum-suspected": (
        (
            "{name}: {before:n} of it fits {other}, but {after:n} would with the shift of {datum} "
            'undone, which moves it by {m:n} m; if it comes from a web map, add datum = "{datum}" '
            "to [inputs.{role}]",
            "{name}：与{other}吻合{before}，若消除{datum}偏移（移动{m} m）则吻合{after}；"
            '如来自网络地图，请在[inputs.{role}]中加入datum = "{datum}"',
        ),
    ),
    "road-not-line": (
        (
            "{where}: {n:n} features are no lines and are left out; give the middle lines of the "
            "roads",
            "{where}：{n}个要素不是线，已略去；请提供道路中心线",
        ),
    ),
    "crs-estimated": (("project crs estimated: {crs}", "项目坐标系为估计值：{crs}"),),
    "zone-without-id": (
        (
            '{where}: {n:n} features without an id are left out; fill column "{column}"',
            "{where}：{n}个要素没有编号，已略去；请填写列“{column}”",
        ),
    ),
    "barrier-empty": (
        (
            "{where}: no line or polygon is left; {hint:hint}",
            "{where}：筛选后没有线或多边形；{hint}",
        ),
    ),
    "barrier-points": (
        (
            "{where}: {n:n} points are left out; a barrier is a line or a polygon",
            "{where}：略去{n}个点；阻隔应为线或多边形",
        ),
    ),
}

HOUSEHOLDS: Mapping[str, Pairs] = {
    "household-unplaced": (
        (
            "{where}: {rows:rows}: the row {what:unplaced} ({names:l}); they are not in the plan",
            "{where}：{rows}：{what}（{names}）；未计入方案",
        ),
    ),
    "household-outside": (
        (
            "{where}: {rows:rows}: outside every community ({names:l}); correct their "
            "coordinates, or add the community; they are not in the plan",
            "{where}：{rows}：位于所有社区之外（{names}）；请更正坐标，或补充社区；未计入方案",
        ),
    ),
    "household-repeated": (
        (
            '{where}: {rows:rows}: a repeated value of column "{column}" ({names:l}); each '
            "household is counted once; delete the rows that are wrong",
            "{where}：{rows}：列“{column}”的值重复（{names}）；每户只计一次；请删除有误的记录",
        ),
    ),
    "address-unmatched": (
        (
            "{where}: {rows:rows}: {shown:shown} fits no unit; write it as the units do, or add "
            "it to the unit's own address; they are not in the plan",
            "{where}：{rows}：{shown}，找不到对应单元；请按单元的写法填写，或补入单元地址；未计入方案",
        ),
        (
            "{where}: {n:n} more addresses with {h:n} households likewise ({names:l})",
            "{where}：另有{n}个地址、{h}户同样如此（{names}）",
        ),
    ),
    "address-ambiguous": (
        (
            "{where}: {rows:rows}: {shown:shown} fits several units ({names:l}); say which "
            "building, in the register or in the units; they are not in the plan",
            "{where}：{rows}：{shown}，对应多个单元（{names}）；请在登记或单元中写明楼栋；未计入方案",
        ),
        (
            "{where}: {n:n} more addresses with {h:n} households likewise ({names:l})",
            "{where}：另有{n}个地址、{h}户同样如此（{names}）",
        ),
    ),
    "households-estimated": (
        (
            '{where}: community {code}: {n:n} households (column "{column}") are spread over '
            "{units:n} units by floor area, as nothing finer is known; an estimate: replace it by "
            "a register when there is one",
            "{where}：社区{code}：{n}户（列“{column}”）按建筑面积分摊到{units}个单元，"
            "因无更细数据；此为估计：有登记数据后请替换",
        ),
    ),
    "total-differs": (
        (
            '{where}: community {code}: column "{column}" says {n:n} households, its units hold '
            "{m:n}; the units' own are used; see which of the two is out of date",
            "{where}：社区{code}：列“{column}”为{n}户，其单元合计{m}户；采用单元户数；"
            "请核对哪个已过时",
        ),
    ),
    "total-unplaced": (
        (
            '{where}: community {code}: {n:n} households (column "{column}") have no place, as '
            "{cause:homeless}; draw its buildings; they are not in the plan",
            "{where}：社区{code}：{n}户（列“{column}”）无处安放，因为{cause}；请绘制其建筑；未计入方案",
        ),
    ),
    "ledger-open": (
        (
            "{source}: {read:n} households were read, but {known:n} are accounted for; please "
            "report this with the input files",
            "{source}：读入{read}户，但仅{known}户有去向；请连同输入文件报告此问题",
        ),
    ),
    "building-divided": (
        (
            "building {unit} has {n:n} households, more than a grid may hold; it is cut into its "
            "{k:n} stairwells ({shares:l})",
            "楼栋{unit}有{n}户，超过网格上限；按其{k}个楼梯间划分（{shares}）",
        ),
    ),
    "stairwells-differ": (
        (
            "building {unit} has {n:n} households, but its stairwells {m:n}; they share the "
            "{total:n} in proportion, an estimate; mend one of the two",
            "楼栋{unit}有{n}户，而其楼梯间合计{m}户；按比例分摊{total}户（估计）；请更正其一",
        ),
        (
            "building {unit} has {n:n} households, but its stairwells {m:n}; mend one of the two; "
            "it is not divided",
            "楼栋{unit}有{n}户，而其楼梯间合计{m}户；请更正其一；该楼未划分",
        ),
    ),
    "stairwells-unusable": (
        (
            "building {unit} with {n:n} households is a point, so its stairwells cannot divide "
            "it; draw its footprint",
            "楼栋{unit}（{n}户）为点，无法按楼梯间划分；请绘制其轮廓",
        ),
    ),
    "stairwell-empty": (
        (
            "building {unit}: stairwell {name} has no household, so it gets no strip",
            "楼栋{unit}：楼梯间{name}没有住户，不单独划出",
        ),
    ),
    "stairwell-unknown": (
        (
            '{where}: column "{column}" names {n:n} buildings that are no units ({names:l}); mend '
            "the ids; their stairwells divide nothing",
            "{where}：列“{column}”中有{n}个楼栋不是单元（{names}）；请更正编号；其楼梯间不起作用",
        ),
    ),
}
