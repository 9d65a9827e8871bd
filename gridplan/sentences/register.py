"""Chinese sentences of the register of codes."""

from collections.abc import Mapping

from gridplan.sentences.patterns import Pairs

REGISTER_PHRASES: Mapping[str, Pairs] = {
    "missing": (
        ("number {n:n} is", "编号{n}"),
        ("numbers {n:l} are", "编号{n}"),
    ),
    "kind": (("residential", "住宅"), ("unit", "单位"), ("{kind}", "{kind}")),
    "level": (("community", "社区"), ("street", "街道"), ("{level}", "{level}")),
    "status": (("active", "在用"), ("retired", "作废"), ("{status}", "{status}")),
    "column": (
        ("parent", "上级"),
        ("name", "名称"),
        ("geometry_hash", "图形摘要"),
        ("units_hash", "单元摘要"),
        ("{name}", "{name}"),
    ),
}

REGISTER: Mapping[str, Pairs] = {
    "code-format": (
        (
            "grid code {code} of community {community} does not fit profile {profile}: correct "
            "the code or its community, or name another profile with --profile",
            "社区{community}的网格编码{code}不符合规则{profile}：请更正编码或其社区，"
            "或用--profile指定其他规则",
        ),
        (
            "grid code {code} does not fit profile {profile}: correct the code or its community, "
            "or name another profile with --profile",
            "网格编码{code}不符合规则{profile}：请更正编码或其社区，或用--profile指定其他规则",
        ),
        (
            "grid code {code} is that of a {a:kind} grid, but the grid is {b:kind}",
            "网格编码{code}属于{a}网格，但该网格为{b}网格",
        ),
    ),
    "code-parent": (
        ("grid {code} names no community; fill it", "网格{code}未填社区；请填写"),
        (
            "grid {code}: the register has no community {parent}",
            "网格{code}：登记簿中没有社区{parent}",
        ),
        (
            "grid {code} is active, but its community {parent} retired",
            "网格{code}有效，但其社区{parent}已停用",
        ),
        (
            "{level:level} {code}: the register has no place {parent} above it",
            "{level}{code}：登记簿中没有上级{parent}",
        ),
        (
            "{level:level} {code} is active, but {parent} above it retired",
            "{level}{code}有效，但其上级{parent}已停用",
        ),
    ),
    "code-duplicate": (
        (
            "grid code {code} stands in {n:n} rows; give each grid its own",
            "网格编码{code}出现在{n}行；请分别编号",
        ),
    ),
    "code-reused": (
        (
            "grid code {code} was retired and used again; a code means one grid for ever: give "
            "the later grid a new one",
            "网格编码{code}停用后又被使用；一个编码永远只指一个网格：请为后来的网格另行编号",
        ),
    ),
    "code-dates": (
        ("grid {code} is retired without a last day", "网格{code}已停用但没有终止日期"),
        ("grid {code} is active, but ended on {day}", "网格{code}有效，但终止日期为{day}"),
        (
            "grid {code} ended on {day}, before it began",
            "网格{code}的终止日期{day}早于起始日期",
        ),
    ),
    "code-missing": (
        ("the register holds no grid", "登记簿中没有网格"),
        ("a grid has no code; give it one", "有网格没有编码；请编号"),
    ),
    "code-gap": (
        (
            "community {code}: {numbers:missing} missing below the highest; were retired codes "
            "deleted? They stay in a register",
            "社区{code}：最大编号以下缺少{numbers}；是否删除了停用的编码？停用编码应保留在登记簿中",
        ),
    ),
    "code-life": (
        (
            "{code}: the lineage tells of it, but its row is gone; a code is never deleted",
            "{code}：沿革中有记载，但登记行已不存在；编码不得删除",
        ),
        ("{code}: was created {n:n} times, not once", "{code}：新设{n}次，而非一次"),
        (
            "{code}: created on {a}, but valid from {b}",
            "{code}：新设日期为{a}，但起始日期为{b}",
        ),
        (
            "{code}: is {status:status}, but was retired {n:n} times",
            "{code}：状态为{status}，但停用过{n}次",
        ),
        (
            "{code}: its events are not in the order of their dates",
            "{code}：事件未按日期排列",
        ),
        (
            "{code}: its {name:column} is {a}, but its last event says {b}",
            "{code}：其{name}为{a}，但最后一次事件记为{b}",
        ),
        (
            "{code}: something happened to it after it was retired",
            "{code}：停用之后仍有事件",
        ),
        (
            "{code}: its last day is {a}, but it was retired on {b}",
            "{code}：终止日期为{a}，但停用事件日期为{b}",
        ),
        (
            "{code}: is retired, but still has {n:n} units",
            "{code}：已停用，但仍有{n}个单元",
        ),
        (
            "{code}: its units are not those it was registered with",
            "{code}：其单元与登记时不同",
        ),
        (
            "unit {unit} is in several active grids: {names:l}",
            "单元{unit}同属多个有效网格：{names}",
        ),
        ("{code}: has units, but no row", "{code}：有单元，但没有登记行"),
    ),
    "plan-not-adopted": (
        (
            "{n:n} of {m:n} grids are not in the register as the plan draws them ({names:l}) and "
            "keep the status that the plan gave them; adopt it with `gridplan codes issue`, or "
            "export the plan that was adopted",
            "{m}个网格中有{n}个（{names}）与登记簿中的图形不一致，保留方案中的状态；"
            "请用`gridplan codes issue`采纳该方案，或导出已采纳的方案",
        ),
    ),
    "text-replaced": (
        (
            "{table}: values of column {column} that hold characters which {encoding} has not "
            "({letters}): {n:n}, the first {text}; such characters become ?; take utf-8 to keep "
            "them",
            "{table}：列{column}有{n}个值含有{encoding}没有的字符（{letters}），例如{text}；"
            "这些字符写作?；如需保留请选用utf-8",
        ),
    ),
    "text-cut": (
        (
            "{file}.shp: texts of column {column} longer than the {limit:n} bytes of a field are "
            "cut: {n:n}, the first {text}...; CSV files, workbook and GeoJSON have them whole",
            "{file}.shp：列{column}有{n}个文本超过字段上限{limit}字节，已截断，例如{text}…；"
            "CSV、工作簿和GeoJSON中保留全文",
        ),
    ),
}
