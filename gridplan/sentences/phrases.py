"""Chinese of the phrases that sentences are made of: layers, causes of a breach and their cures."""

from collections.abc import Iterator

from gridplan.sentences.patterns import Pairs

ROLES: Pairs = (
    ("communities", "社区"),
    ("streets", "街道"),
    ("units", "单元"),
    ("grids", "网格"),
    ("buildings", "建筑"),
    ("facilities", "设施"),
    ("institutions", "机构"),
    ("roads", "道路"),
    ("public_spaces", "公共空间"),
    ("stairwells", "楼梯间"),
    ("community", "社区"),
    ("street", "街道"),
    ("unit", "单元"),
    ("grid", "网格"),
    ("building", "建筑"),
    ("facility", "设施"),
    ("institution", "机构"),
    ("road", "道路"),
    ("{other}", "{other}"),
)
MODES: Pairs = (("nest", "nest（不得跨越）"), ("whole", "whole（保持完整）"))
RULES: Pairs = (
    ("lock {name}", "锁定{name}"),
    ("nested layer {name}", "不得跨越的图层{name}"),
    ("exactly {n:n} grids", "固定{n}个网格"),
    ("block {name}", "整体{name}"),
)
SET: Pairs = (
    *((f"{english}, {{rest:set}}", f"{chinese}、{{rest}}") for english, chinese in RULES),
    *RULES,
)
CLASHES: Pairs = (
    (
        "grid {grid} is frozen, but the block of unit {a} reaches beyond it to unit {b}",
        "网格{grid}已冻结，但单元{a}所在整体延伸到其外的单元{b}",
    ),
    (
        "units {a} and {b} are locked together, but one of them lies in a frozen grid",
        "单元{a}与{b}锁定在一起，但其中之一位于已冻结的网格",
    ),
    (
        "units {a} and {b} are locked apart, but a block or another lock keeps them together",
        "单元{a}与{b}锁定分开，但某个整体或另一锁定使其保持在一起",
    ),
    (
        "unit {unit} lies in zone {zone} of the nested layer {layer}, but a block or lock keeps "
        "it together with zone {other}",
        "单元{unit}位于不得跨越的图层{layer}的辖区{zone}，但某个整体或锁定使其与辖区{other}保持在一起",
    ),
    (
        "units {a} and {b} are locked together, but no chain of borders that a grid may cross "
        "joins them",
        "单元{a}与{b}锁定在一起，但没有网格可跨越的连续边界将其相连",
    ),
)
ARITHMETIC: Pairs = (
    ("{k:n} grids", "{k}个网格"),
    ("1 grid", "1个网格"),
)
NEEDS: Pairs = (
    ("it needs {more:n} more households, or {fewer:n} fewer", "还需增加{more}户，或减少{fewer}户"),
    ("it needs {more:n} more households", "还需增加{more}户"),
)
CURES: Pairs = (
    (
        "give the stairwells of unit {unit}, at least {n:n}, in [inputs.stairwells]",
        "在[inputs.stairwells]中给出单元{unit}的楼梯间，至少{n}个",
    ),
    (
        "divide block {block} into its {n:n} units, or into fewer pieces",
        "将整体{block}拆分为{n}个单元，或更少的几块",
    ),
    ("merge it with a neighbour: {needs:needs}", "与相邻社区合并：{needs}"),
    ("join it to a neighbour: {needs:needs}", "并入相邻部分：{needs}"),
    ("make layer {layer} soft", "将图层{layer}改为软约束"),
    ("make layers {layer:l} soft", "将图层{layer}改为软约束"),
    ("allow {n:n} grids instead of {m:n}", "允许{n}个网格，而不是{m}个"),
    ("allow another number than {n:n} grids", "允许网格数不等于{n}"),
    ("drop the {rule:rule}", "取消{rule}"),
    (
        "divide unit {unit}, by its stairwells in [inputs.stairwells] for instance",
        "拆分单元{unit}，例如在[inputs.stairwells]中按楼梯间拆分",
    ),
    ("divide block {block} into its units", "将整体{block}拆分为各单元"),
    ("divide unit {unit} ({n:n} households)", "拆分单元{unit}（{n}户）"),
    (
        "allow this community a range of {low:n} to {high:n}",
        "允许本社区的户数范围为{low}至{high}户",
    ),
    ("solve with more effort", "加大计算量重新求解"),
    (
        "declare a link between units {a} and {b}, or the like",
        "在单元{a}与{b}之间声明连接，或类似连接",
    ),
)
LEFT: Pairs = (("no breach", "不再超出"), ("a breach of {n:n}", "仍超出{n}户"))
LOCKS: Pairs = (("a lock forces", "某项锁定"), ("locks force", "若干锁定"))
CHAINED: Pairs = (
    (
        "zone {zone} ({held:n} households, kept with others: {whole:n} in all)",
        "辖区{zone}（{held}户，与其他辖区保持在一起，共{whole}户）",
    ),
    ("zone {zone} ({held:n} households)", "辖区{zone}（{held}户）"),
)
ZONES: Pairs = (
    *((f"{english}, {{rest:zones}}", f"{chinese}、{{rest}}") for english, chinese in CHAINED),
    *((f"{english} and {{n:n}} others", f"{chinese}，另有{{n}}个") for english, chinese in CHAINED),
    *CHAINED,
    ("none of its zones", "（无辖区）"),
)
KEPT: Pairs = (
    ("the {n:n} units kept with unit {unit}", "与单元{unit}保持在一起的{n}个单元"),
    ("unit {unit}", "单元{unit}"),
)
PIECE = ("{zone} around unit {unit} has {n:n} households", "单元{unit}周围的{zone}有{n}户")
PIECES: Pairs = (
    (f"{PIECE[0]}, and {{m:n}} others", f"{PIECE[1]}，另有{{m}}处"),
    (f"{PIECE[0]}, {{rest:pieces}}", f"{PIECE[1]}，{{rest}}"),
    PIECE,
)
LAYERS: Pairs = (("layers {names:l}", "图层{names}"), ("layer {name}", "图层{name}"))
CAUSES: Pairs = (
    (
        "unit {unit} alone holds {held:n} households, {over:n} above the maximum of {max:n}, and "
        "cannot be divided",
        "单元{unit}单独就有{held}户，超过上限{max}户{over}户，且不可拆分",
    ),
    (
        "block {block} of {n:n} units holds {held:n} households, {over:n} above the maximum of "
        "{max:n}",
        "整体{block}（{n}个单元）有{held}户，超过上限{max}户{over}户",
    ),
    (
        "the community has {held:n} households, {under:n} below the minimum of {min:n}",
        "本社区有{held}户，比下限{min}户少{under}户",
    ),
    (
        "the community has {held:n} households: {few:number} can hold {most:n} at most, and "
        "{many:number} need {least:n} at least",
        "本社区有{held}户：{few}最多容纳{most}户，{many}至少需要{least}户",
    ),
    (
        "the part around unit {unit} ({n:size}) is joined to nothing else and has {held:n} "
        "households, {under:n} below the minimum of {min:n}",
        "单元{unit}周围的部分（{n}）与其他部分不相连，有{held}户，比下限{min}户少{under}户",
    ),
    (
        "the part around unit {unit} ({n:size}) is joined to nothing else and has {held:n} "
        "households: {few:number} can hold {most:n} at most, and {many:number} need {least:n} at "
        "least",
        "单元{unit}周围的部分（{n}）与其他部分不相连，有{held}户："
        "{few}最多容纳{most}户，{many}至少需要{least}户",
    ),
    (
        "no grid may cross the lines of {layers:layers}, and between them are parts that no "
        "number of grids fills: {pieces:pieces}",
        "网格不得跨越{layers}的界线，而界线之间有任何网格数都无法恰好划分的部分：{pieces}",
    ),
    (
        "the number of grids is fixed at {n:n}: {held:n} households in {k:n} grids are {each:n} "
        "a grid",
        "网格数固定为{n}：{held}户分为{k}个网格，每网格{each}户",
    ),
    ("{what:locks} it: {names}", "由{what}所致：{names}"),
    (
        "layer {layer} is {mode:mode}: no grid may cross its lines; the grids outside the range "
        "touch {zones:zones}",
        "图层{layer}为{mode}：网格不得跨越其界线；超出范围的网格涉及{zones}",
    ),
    (
        "layer {layer} is {mode:mode}: its zones stay whole; the grids outside the range touch "
        "{zones:zones}",
        "图层{layer}为{mode}：其辖区保持完整；超出范围的网格涉及{zones}",
    ),
    (
        "{beyond:n} households around unit {unit}, too few for a grid of their own, can only go "
        "with {kept:kept} ({at:n} households): together they are {all:n}, {over:n} above the "
        "maximum",
        "单元{unit}周围的{beyond}户不足以单独成为网格，只能与{kept}（{at}户）在一起："
        "合计{all}户，超过上限{over}户",
    ),
    (
        "the {what:role} around unit {unit} are too large to fit together within the range",
        "单元{unit}周围的{what}过大，无法在范围内组合",
    ),
    (
        "no simple cause was found: the least breach of {n:n} households is proven by trying "
        "every grid",
        "未发现单一原因：穷举所有网格证明至少超出{n}户",
    ),
    (
        "of the breach of {n:n} households only {m:n} are proven to be needed",
        "超出的{n}户中，仅证明{m}户不可避免",
    ),
    (
        "these rules exclude each other: {rules:set} ({clash:clash})",
        "以下规则相互排斥：{rules}（{clash}）",
    ),
    ("these rules exclude each other: {rules:set}", "以下规则相互排斥：{rules}"),
    ("no plan keeps the hard rules", "没有方案能满足硬约束"),
    ("no plan keeps {rule:rule} ({clash:clash})", "没有方案能满足{rule}（{clash}）"),
    ("no plan keeps {rule:rule}", "没有方案能满足{rule}"),
    *CLASHES,
)
TAILS: Pairs = (
    (
        "; cure: {cure:cure} (leaves {left:left}); {rest:why}",
        "；解决办法：{cure}（可使{left}）；{rest}",
    ),
    ("; cure: {cure:cure} (leaves {left:left})", "；解决办法：{cure}（可使{left}）"),
    ("; cure: {cure:cure}; {rest:why}", "；解决办法：{cure}；{rest}"),
    ("; cure: {cure:cure}", "；解决办法：{cure}"),
    ("; {rest:why}", "；{rest}"),
    ("", ""),
)
"""What may follow a cause: its first cure, and the next cause."""


def _with_cures() -> Iterator[tuple[str, str]]:
    for cause, said in CAUSES:
        for tail, added in TAILS:
            yield cause + tail, said + added


PHRASES: dict[str, Pairs] = {
    "role": (("blocks", "整体"), *ROLES),
    "mode": MODES,
    "rule": RULES,
    "set": SET,
    "clash": CLASHES,
    "number": ARITHMETIC,
    "size": (("1 unit", "1个单元"), ("{n:n} units", "{n}个单元")),
    "needs": NEEDS,
    "cure": CURES,
    "left": LEFT,
    "locks": LOCKS,
    "zones": ZONES,
    "kept": KEPT,
    "pieces": PIECES,
    "layers": LAYERS,
    "why": tuple(_with_cures()),
}
