"""The catalogue of duties: read, decomposed into grids, reconciled with the input."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from gridplan.config import Config
from gridplan.config.catalogue import Catalogue, Item, load_catalogue
from gridplan.config.people import People
from gridplan.errors import ConfigError, LayerError
from gridplan.layers import Inputs, read_inputs
from gridplan.people import carry
from gridplan.people.duties import Duties, Staffed, list_duties
from gridplan.people.objects import Count
from gridplan.people.roster import make_roster
from gridplan.prepare import community_tasks, prepare_ground
from gridplan.workload import unit_categories, unit_loads
from tests.conftest import ROOT, SAMPLE
from tests.people_worlds import quick_plan, row_of_grids, staff_table
from tests.worlds import chessboard, communities, town, units


def catalogue_of(folder: Path, text: str, **changes: object) -> Catalogue | None:
    """Read a catalogue as that of the sample's configuration."""
    (folder / "own.toml").write_text(text, encoding="utf-8")
    keys = {"duties": {"catalogue": str(folder / "own.toml")}, **changes}
    return load_catalogue(Config.load(SAMPLE).replace(keys))


def test_nine_items_are_shipped(tmp_path: Path) -> None:
    """Nine items with names in two languages, to which a catalogue adds; it may replace one."""
    own = '[items.X1]\nname = "Trees"\nobjects = ["households"]\nroles = ["volunteer"]\n'
    found = catalogue_of(tmp_path, own + own.replace("X1", "disputes"))
    assert found is not None
    assert list(found.items)[:9] != list(found.items)
    assert len(found.items) == 10
    assert len(found.shipped) == 8
    assert found.items["disputes"].name == "Trees"
    assert all(found.items[key].name_zh for key in found.shipped)
    assert found.items["X1"].title("zh") == "Trees"
    alone = catalogue_of(
        tmp_path, own, duties={"catalogue": str(tmp_path / "own.toml"), "common": False}
    )
    assert alone is not None
    assert list(alone.items) == ["X1"]


def test_no_duties_without_a_section() -> None:
    """A job without ``[duties]`` has no catalogue."""
    text = SAMPLE.read_text(encoding="utf-8").replace("[duties]", "").replace("catalogue =", "# ")
    assert load_catalogue(Config.parse(text, SAMPLE)) is None


def test_problems_of_a_catalogue_come_at_once(tmp_path: Path) -> None:
    """Unknown keys, roles and objects are named with the file, the item and what there is."""
    with pytest.raises(
        ConfigError, match=r"own.toml: \[items.X1\] role: unknown key; did you mean"
    ):
        catalogue_of(tmp_path, '[items.X1]\nname = "a"\nobjects = []\nrole = []\nroles = []\n')
    text = (
        '[items.X1]\nname = "a"\nobjects = ["elderly", "elderli", "elderly:b", "facilities:c"]\n'
        'roles = ["cleaner", "cook"]\n'
    )
    with pytest.raises(ConfigError) as caught:
        catalogue_of(tmp_path, text)
    assert [line.split(": ")[1] for line in caught.value.problems] == [
        "[items.X1] roles", "[items.X1] objects", "[items.X1] objects"
    ]  # fmt: skip
    assert '"elderli" is neither of households, elderly' in caught.value.problems[1]
    with pytest.raises(ConfigError, match="no TOML"):
        catalogue_of(tmp_path, "[items")
    keys = {"duties": {"catalogue": str(tmp_path / "gone.toml")}}
    with pytest.raises(ConfigError, match=r"gone\.toml cannot be read"):
        load_catalogue(Config.load(SAMPLE).replace(keys))


def item(**keys: object) -> Item:
    """An item about households that the worker answers for."""
    text = {"name": "Care", "objects": ("households",), "roles": ("cleaner", "grid_worker")}
    return Item.model_validate(text | keys)


def listed(*items: Item, people: bool = True, unit: tuple[int, ...] = (2,)) -> Duties:
    """Duties of three grids of which the second has a cleaner too, and the third is a unit grid."""
    plan = row_of_grids(3, unit=unit)
    staff = staff_table(
        {"communities": "c1", "serves": 2},
        {"x": 150.0, "y": 50.0, "role": "cleaner", "zones": "police:A", "serves": 1},
    )
    section = People()
    roster = make_roster(plan, staff, section)
    who = Staffed(
        staff if people else None, roster if people else None, section.all_roles(), names=False
    )
    count = Count("households", pd.Series([300.0] * 3, index=plan.grids["grid_code"]), 900.0, 0.0)
    catalogue = Catalogue({f"X{i + 1}": x for i, x in enumerate(items)}, frozenset())
    return list_duties(plan, catalogue, {"households": count}, who, "en")


def test_the_first_role_that_serves_answers() -> None:
    """In each grid the first role of the item with somebody there; in a unit grid its body."""
    table = listed(item()).table.set_index("grid_code")
    assert table["role"].tolist() == ["grid_worker", "cleaner", "body"]
    assert table["person_id"].tolist() == ["P1", "P2", ""]
    assert table["institution_id"].tolist() == ["", "", "I2"]
    assert table["quantity"].tolist() == [300.0] * 3


def test_duties_of_all_grids_and_of_none_stand_together() -> None:
    """Text that repeats is held once, also where an item has no grid, or others than the next."""
    some = item(communities=("c9",), roles=("volunteer",))
    table = listed(some, item(), item(name="Help", roles=("grid_worker",))).table
    assert table["item"].tolist() == ["X2"] * 3 + ["X3"] * 3
    assert table["person_id"].tolist() == ["P1", "P2", "", "P1", "P1", ""]
    assert table["item_name"].cat.categories.tolist() == ["Care", "Help"]


def test_items_of_some_communities() -> None:
    """An item of another community stands in no grid here, and its total says where it is."""
    found = listed(item(communities=("c9",)))
    assert found.table.empty
    total = found.totals.iloc[0]
    assert (total["in_grids"], total["elsewhere"], total["difference"]) == (0, 900, 0)


def test_gaps_of_items_are_named() -> None:
    """An item without a role, one that nobody answers for, one about nothing."""
    found = listed(
        item(roles=()),
        item(roles=("volunteer",)),
        item(objects=("rental", "households")),
    )
    assert [(f.kind, f.place, f.value) for f in found.findings] == [
        ("duty-without-role", "X1", 3.0),
        ("duty-unanswered", "X2", 2.0),
        ("duty-object-missing", "X3", None),
    ]
    assert "c1001, c1002" in found.findings[1].message


def test_without_staff_the_role_is_told() -> None:
    """Where no staff is given, the first role stands there, nobody's gap is listed."""
    found = listed(item(), people=False, unit=())
    assert set(found.table["role"]) == {"cleaner"}
    assert set(found.table["person_id"]) == {""}
    assert found.findings == ()


@pytest.fixture(scope="module")
def sample() -> tuple[Inputs, Config]:
    """Layers and configuration of the sample city."""
    config = Config.load(SAMPLE)
    return read_inputs(config), config


def test_totals_are_those_of_the_input(sample: tuple[Inputs, Config]) -> None:
    """Of every duty the grids hold what the files hold, and every grid has every item."""
    inputs, config = sample
    plan = quick_plan(inputs, tuple(inputs.zones))
    tables = carry(plan, inputs, config).tables
    totals = tables["duty_totals"].set_index(["item", "object"])
    assert (totals["difference"].abs() < 0.05).all()
    register = pd.read_csv(ROOT / "data" / "samples" / "register.csv")
    for name in ("elderly", "rental", "low_income", "households"):
        assert totals.xs(name, level="object")["read"].iloc[0] == register[name].sum()
    assert totals.loc[("sanitation", "buildings"), "read"] == 436
    hydrants = (inputs.extra["facilities"]["kind"] == "fire_hydrant").sum()
    assert totals.loc[("X01", "facilities:fire_hydrant"), "in_grids"] == hydrants
    duties = tables["duties"]
    per_item = duties.groupby("item")["grid_code"].nunique()
    assert (per_item.drop("X02") == len(plan.grids)).all()
    summed = duties.groupby(["item", "object"])["quantity"].sum()
    assert (summed - totals["in_grids"]).abs().max() < 1e-6


def test_population_and_workload_reach_the_statistics(sample: tuple[Inputs, Config]) -> None:
    """The district's row holds all people of the register; loads are those of the workload."""
    inputs, config = sample
    tables = carry(quick_plan(inputs, tuple(inputs.zones)), inputs, config).tables
    register = pd.read_csv(ROOT / "data" / "samples" / "register.csv")
    total = tables["statistics"].set_index("level").loc["district"]
    assert total["population"] == register["persons"].sum()
    work = tables["workload"]
    assert total["load_most"] == pytest.approx(work["workload"].max())
    parts = tables["workload_categories"].groupby("grid_code")["load"].sum()
    sums = work.set_index("grid_code")
    whole = sums["households"] + parts.reindex(sums.index) + sums["walk_load"]
    assert (whole - sums["workload"]).abs().max() < 0.11


def test_stairwells_share_what_their_tower_has(sample: tuple[Inputs, Config]) -> None:
    """Categories of a divided building are shared out in whole numbers, none lost."""
    inputs, _ = sample
    assert inputs.categories is not None
    counts = inputs.categories.counts.set_index("unit_id")
    tower = counts[counts.index.str.startswith("BX-TOWER-1-")]
    register = pd.read_csv(ROOT / "data" / "samples" / "register.csv")
    own = register[register["building_id"] == "BX-TOWER-1"]
    assert len(tower) == 4
    assert tower["elderly"].sum() == own["elderly"].sum()
    assert (tower["elderly"] % 1 == 0).all()


def test_loads_of_units(sample: tuple[Inputs, Config]) -> None:
    """The load of a unit is its households, its categories by weight, and some of the walk."""
    inputs, config = sample
    cells = quick_plan(inputs).units
    load = unit_loads(inputs, cells, config)
    counts = unit_categories(inputs, cells, config)
    assert counts["shops"].sum() == 129
    assert counts["companies"].sum() == len(inputs.extra["institutions"])
    weights = {name: c.weight for name, c in config.workload.categories.items()}
    known = cells.set_index("unit_id")["households"] + sum(
        w * counts[n] for n, w in weights.items()
    )
    walk = load - known
    assert (walk > 0).all()
    assert 0.1 < walk.sum() / 20 < 100  # kilometres


def test_flags_and_numbers_of_categories(tmp_path: Path) -> None:
    """A column of flags counts the yes, a blank is none; what is neither is named."""
    city = tmp_path / "city"
    city.mkdir()
    for path in (ROOT / "data" / "samples").iterdir():
        (city / path.name).write_bytes(path.read_bytes())
    register = pd.read_csv(city / "register.csv", encoding="utf-8-sig", dtype=str)
    register["elderly"] = np.where(np.arange(len(register)) % 2 == 0, "是", "")
    register["rental"] = "0"
    register.to_csv(city / "register.csv", index=False)
    text = SAMPLE.read_text(encoding="utf-8").replace("../data/samples", "city")
    (tmp_path / "sample.toml").write_text(text, encoding="utf-8")
    config = Config.load(tmp_path / "sample.toml")
    found = read_inputs(config).categories
    assert found is not None
    assert found.read["elderly"] == (len(register) + 1) // 2
    assert found.read["rental"] == found.counts["rental"].sum() == 0
    register.loc[5, "elderly"] = "perhaps"
    register.to_csv(city / "register.csv", index=False)
    with pytest.raises(LayerError, match=r'column "elderly" has 1 values .*\(perhaps\)'):
        read_inputs(config)


def test_categories_read_no_source_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Units and register are read once; a column that is not there is named all the same."""
    from gridplan.layers import source

    read: list[str] = []
    real = source._read_file

    def counted(path: Path, given: source.Source, tell: object) -> pd.DataFrame:
        read.append(f"{path.name} {given.layer}")
        return real(path, given, tell)

    monkeypatch.setattr(source, "_read_file", counted)
    config = Config.load(SAMPLE)
    assert read_inputs(config).categories is not None
    assert read.count("register.csv None") == 1
    assert read.count("city.gpkg buildings") == 1
    wrong = config.replace({"workload.categories.elderly.column": "elderli"})
    with pytest.raises(LayerError, match=r'no column "elderli".*did you mean "elderly"'):
        read_inputs(wrong)


def test_categories_need_their_source() -> None:
    """A category of the register needs a register; a column where features are counted is wrong."""
    with pytest.raises(ConfigError, match=r"\[workload.categories.x\]: column has no meaning"):
        Config.load(SAMPLE).replace({"workload.categories.x": {"of": "facilities", "column": "a"}})
    with pytest.raises(ConfigError, match="column is missing"):
        Config.load(SAMPLE).replace({"workload.categories.x": {"of": "units"}})
    config = Config.load(SAMPLE)
    bare = replace_inputs(config)
    with pytest.raises(LayerError, match="there is no register"):
        read_inputs(bare)


def replace_inputs(config: Config) -> Config:
    """Configure the sample without its register."""
    inputs = config.inputs.model_copy(update={"households": None})
    changed = config.model_copy(update={"inputs": inputs})
    changed._file = config.file
    return changed


def test_layers_that_are_not_there_are_left_out(sample: tuple[Inputs, Config]) -> None:
    """A job without facilities and roads has duties all the same, and says what is missing."""
    inputs, config = sample
    bare = replace(inputs, extra={})
    carried = carry(quick_plan(bare, tuple(bare.zones)), bare, config)
    objects = set(carried.tables["duties"]["object"])
    assert "households" in objects
    assert not {"roads", "facilities", "companies"} & objects
    missing = {f.other for f in carried.findings if f.kind == "duty-object-missing"}
    assert {"roads", "facilities", "facilities:fire_hydrant"} <= missing


WORK = """
[workload]
per_walk_km = 0.0
[workload.categories.shops]
of = "units"
column = "shops"
weight = 2.0
[grids]
measure = "workload"
min = 100
max = 300
"""


def test_balance_by_workload(tmp_path: Path) -> None:
    """Problems carry loads scaled to the households; without the section that is refused."""
    table = units(chessboard(4, 4), 25).assign(shops=[50] * 4 + [0] * 12)
    inputs, config = town(tmp_path, communities(*chessboard(1, 1, 80)), table, more=WORK)
    (task,) = community_tasks(inputs, prepare_ground(inputs, config), config)
    load = dict(zip(task.problem.node_ids, task.problem.balanced.tolist(), strict=True))
    assert load["u000"] == round((25 + 100) * 400 / 800)
    assert load["u015"] == round(25 * 400 / 800)
    assert abs(sum(load.values()) - 400) <= 16
    plain = config.replace({"grids.measure": "households"})
    (task,) = community_tasks(inputs, prepare_ground(inputs, plain), plain)
    assert task.problem.load is None
    bare = WORK[WORK.index("[grids]") :]
    with pytest.raises(ConfigError, match=r'"workload" needs the section \[workload\]'):
        town(tmp_path, communities(*chessboard(1, 1, 80)), table, more=bare)
