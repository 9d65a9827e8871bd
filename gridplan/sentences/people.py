"""Chinese sentences about people, duties and walks."""

from collections.abc import Mapping

from gridplan.sentences.patterns import Pairs

PEOPLE_PHRASES: Mapping[str, Pairs] = {
    "staffrole": (
        ("grid chief", "网格长"),
        ("full-time worker", "专职网格员"),
        ("part-time worker", "兼职网格员"),
        ("branch secretary", "党支部书记"),
        ("police officer", "社区民警"),
        ("residents' group leader", "居民小组长"),
        ("building leader", "楼栋长"),
        ("cleaner", "保洁员"),
        ("volunteer", "志愿者"),
        ("{role}", "{role}"),
    ),
    "gridcount": (("{n:n} grid", "{n}个网格"), ("{n:n} grids", "{n}个网格")),
    "partcount": (("{n:n} part", "{n}个部分"), ("{n:n} parts", "{n}个部分")),
    "buildingcount": (("{n:n} building", "{n}栋建筑"), ("{n:n} buildings", "{n}栋建筑")),
    "placekind": (("communities", "社区"), ("zones", "辖区")),
    "whether": (
        ("no round is in the limit", "任何路线都会超限"),
        ("at least {n:n} m", "至少{n}米"),
    ),
}

PEOPLE: Mapping[str, Pairs] = {
    "staff-role-unknown": (
        (
            '{where}: {n:n} people have the role "{role}", which is not known; they serve no '
            "grid; add it as [people.roles.NAME], or as one of the words of a role",
            "{where}：{n}人的角色“{role}”未知，不服务任何网格；"
            "请加为[people.roles.NAME]，或加入某角色的words",
        ),
    ),
    "staff-place-unknown": (
        (
            "{where}: {n:n} people serve {place}, which is not among the {kind:placekind}; mend "
            "the table",
            "{where}：{n}人服务的{place}不在{kind}之列；请更正人员表",
        ),
    ),
    "role-missing": (
        (
            "community {community} has no {role:staffrole} for its {n:gridcount}: {grids:l}; "
            "appoint some",
            "社区{community}的{n}没有{role}：{grids}；请配备",
        ),
        (
            "grid {grid} has no {role:staffrole}; appoint one, or let one with few grids serve it "
            "too",
            "网格{grid}没有{role}；请配备，或由网格较少者兼任",
        ),
        (
            "grid {grid} has only {n:n} of {need:n} {role:staffrole}; appoint one, or let one "
            "with few grids serve it too",
            "网格{grid}需{need}名{role}，仅有{n}名；请配备，或由网格较少者兼任",
        ),
    ),
    "worker-shared": (
        (
            "{who} ({role:staffrole}) serves {n:n} grids, {grids:l}, where one of this role "
            "serves {most:n}; appoint another",
            "{who}（{role}）服务{n}个网格：{grids}；该角色一人服务{most}个；请增配",
        ),
    ),
    "load-over-limit": (
        (
            "{who} ({role:staffrole}) has {n:n} households in the grids served, above the limit "
            "of {limit:n}; appoint another, or raise the limit",
            "{who}（{role}）所服务网格共{n}户，超过上限{limit}户；请增配，或提高上限",
        ),
    ),
    "sheet-left-out": (
        (
            "the workbook has no sheet {table}: its {rows:n} rows are more than {most:n}; open "
            "{file}.csv, which has them all",
            "工作簿中没有表{table}：共{rows}行，超过{most}行；请打开{file}.csv，其中内容完整",
        ),
    ),
    "pages-left-out": (
        (
            "there are no pages of grids in workbooks, as {grids:n} grids are more than {most:n}; "
            "take the tables, or divide some communities with --only",
            "未生成各网格单页：{grids}个网格超过{most}个；请使用各表，或用--only只划分部分社区",
        ),
    ),
    "staff-idle": (
        (
            "{n:n} people ({role:staffrole}) serve no grid, as all that they could serve have "
            "enough, or there are none: {people:l}",
            "{n}人（{role}）未服务任何网格，因可服务的网格已满员或没有：{people}",
        ),
    ),
    "duty-without-role": (
        (
            "duty {key} ({name}) has no role that answers for it, in {n:gridcount}; name one in "
            "its roles",
            "事项{key}（{name}）没有负责角色，涉及{n}；请在其roles中指定",
        ),
    ),
    "duty-unanswered": (
        (
            "duty {key} ({name}): in {n:gridcount} nobody answers, as no {roles} serves there: "
            "{grids:l}",
            "事项{key}（{name}）：{n}无人负责，因没有{roles}：{grids}",
        ),
    ),
    "duty-object-missing": (
        (
            'duty {key} ({name}) concerns "{thing}", but none of this kind is there',
            "事项{key}（{name}）涉及“{thing}”，但没有此类对象",
        ),
        (
            'duty {key} ({name}) concerns "{thing}", but no layer or category of this name is read',
            "事项{key}（{name}）涉及“{thing}”，但没有读入此图层或分项",
        ),
    ),
    "walk-without-roads": (
        (
            "no walk is known, as there are no roads; give them in [inputs.roads]",
            "没有道路，无法计算巡查路线；请在[inputs.roads]中给出",
        ),
    ),
    "office-missing": (
        (
            "community {community} has no office among the facilities; its walks begin at a "
            "building; add its office",
            "社区{community}在设施中没有办公点；巡查从某栋建筑开始；请补充",
        ),
    ),
    "walk-off-road": (
        (
            "community {community}: no road joins {n:partcount} of its network to the rest; walks "
            "cross there in a straight line, {m:n} m in all; draw the road or the bridge",
            "社区{community}：路网有{n}与其余部分不连通；巡查在此按直线穿过，共{m}米；"
            "请补画道路或桥梁",
        ),
    ),
    "building-off-road": (
        (
            "community {community}: {n:buildingcount} farther than {limit:n} m from every road, "
            "{worst} by {m:n} m; their walks leave that out; draw the roads inside the compound",
            "社区{community}：{n}距所有道路超过{limit}米，其中{worst}为{m}米；"
            "巡查里程未计入；请补画院内道路",
        ),
    ),
    "walk-over-limit": (
        (
            "grid {grid}: a daily walk past every building is {m:n} m long ({surely:whether}); "
            "divide the grid otherwise, give it a second worker, or raise the limit",
            "网格{grid}：每日巡查经过每栋建筑需{m}米（{surely}）；请调整网格、增配人员，或提高上限",
        ),
    ),
}
