"""The configuration: what it accepts, what it says about what it does not, what it promises."""

import json
import os
import pickle
from pathlib import Path

import pytest
from pydantic import ValidationError

from gridplan.config import Config, json_schema
from gridplan.config.address import masked
from gridplan.config.reference import BEGIN, END, reference, rewrite, sections
from gridplan.errors import ConfigError

ROOT = Path(__file__).parents[1]
LEAST = """
[project]
name = "Town"
[inputs]
path = "town.gpkg"
[inputs.communities]
code = "cid"
[inputs.units]
id = "uid"
households = "hh"
"""


def parse(text: str, folder: Path = Path("/jobs")) -> Config:
    """Parse a configuration as if it stood in a folder."""
    return Config.parse(text, folder / "gridplan.toml")


def problems(text: str) -> list[str]:
    """Lines of the error that a configuration gives."""
    with pytest.raises(ConfigError) as caught:
        parse(text)
    return list(caught.value.problems)


def test_least_configuration_has_the_documented_defaults() -> None:
    """Everything that is not given is as design and documentation say."""
    config = parse(LEAST)
    assert (config.grids.min, config.grids.max, config.grids.target) == (250, 500, 375)
    assert (config.topology.tolerance_m, config.topology.snap_community_m) == (0.01, 50.0)
    assert (config.graph.min_shared_m, config.graph.join_parts) == (1.0, True)
    assert config.graph.barrier_near_m == 12.0
    weights = config.objective
    assert (weights.per_grid, weights.compactness, weights.balance) == (0.0, 1.0, 0.25)
    assert (weights.barrier_discount, weights.change) == (0.5, 1.0)
    assert (config.solve.effort, config.solve.time_limit_s) == (1.0, 0.0)
    assert (config.solve.seed, config.solve.workers) == (0, 0)
    assert (config.codes.profile, config.codes.register) == ("auto", None)
    assert config.outputs.maps == ("png", "html")
    assert config.outputs.tables == ("csv", "xlsx")
    assert config.project.language == "en"
    assert config.inputs.units.household_basis == "registered"


@pytest.mark.parametrize("name", ["cambridge.toml", "daan.toml", "messy_baltimore.toml"])
def test_shared_configurations_load(shared: Path, name: str) -> None:
    """The configurations of the real data load as they are."""
    config = Config.load(shared / "configs" / name)
    paths = [source.path for _, source in config.inputs.sources()]
    assert paths
    assert all(isinstance(path, Path) and path.is_absolute() for path in paths)


@pytest.mark.parametrize("file", sorted((ROOT / "configs").glob("*.toml")), ids=lambda f: f.name)
def test_configurations_of_the_project_load(file: Path) -> None:
    """Every template that ships with the project is valid."""
    assert Config.load(file).file == file


def test_paths_are_inherited_and_relative_to_the_file(tmp_path: Path) -> None:
    """An input takes the path of [inputs] unless it has its own; addresses stay text."""
    text = LEAST + (
        '[inputs.zones.police]\nid = "p"\npath = "../police.geojson"\n'
        '[inputs.zones.school]\ncolumn = "s"\n'
        '[inputs.facilities]\npath = "postgresql://host/db"\n'
        '[codes]\nregister = "grids.sqlite"\n'
    )
    config = parse(text, tmp_path / "jobs")
    assert config.inputs.units.path == tmp_path / "jobs" / "town.gpkg"
    assert config.inputs.zones["police"].path == tmp_path / "police.geojson"
    assert config.inputs.zones["school"].path is None
    assert config.inputs.facilities is not None
    assert config.inputs.facilities.path == "postgresql://host/db"
    assert config.codes.register == tmp_path / "jobs" / "grids.sqlite"
    assert [name for name, _ in config.inputs.sources()] == [
        "communities",
        "units",
        "zones.police",
        "facilities",
    ]


def test_every_problem_is_reported_at_once() -> None:
    """One error carries all problems of a file, each with file, section, key and cure."""
    text = """
    [project]
    name = 3
    [inputs.communities]
    code = ""
    [inputs.units]
    id = "uid"
    housholds = "hh"
    [grids]
    min = "250"
    [slove]
    workers = 1
    """
    lines = problems(text)
    assert all(line.startswith("gridplan.toml: ") for line in lines)
    assert [line.removeprefix("gridplan.toml: ") for line in lines] == [
        "[project] name: must be text, not 3",
        "[inputs.communities] path: missing; give it here, or once under [inputs]",
        "[inputs.communities] code: must not be empty",
        "[inputs.units] path: missing; give it here, or once under [inputs]",
        '[inputs.units] housholds: unknown key; did you mean "households"?',
        '[grids] min: must be a whole number, not "250"',
        '[slove]: unknown section; did you mean "solve"?',
        "[inputs.units] households: missing; name a column, write 1 where each unit is one "
        "household, or give a register in [inputs.households]",
    ]


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ("[graph]\ntolerance_m = 1", "[graph] tolerance_m: unknown key; it belongs in [topology]"),
        ("[graph]\nwidth = 1", "unknown key; valid here: min_shared_m, join_parts, barrier_near_m"),
        ("[grids]\nmin = 500\nmax = 250", "[grids]: min (500) must be below max (250)"),
        ("[grids]\nmin = 300\nmax = 300", "[grids]: min (300) must be below max (300)"),
        ("[grids]\ntarget = 501", "target (501) must lie between min (250) and max (500)"),
        ("[grids]\nmin = 0", "[grids] min: must be at least 1, not 0"),
        ("[grids]\nmin = 250.0", "[grids] min: must be a whole number, not 250.0"),
        ("[grids]\ncount = true", "[grids] count: must be the name of a column or a whole number"),
        ("[grids]\ncount = 0", "[grids] count: must be the name of a column or a whole number"),
        ("[objective]\nbalance = -1", "[objective] balance: must be at least 0, not -1"),
        ("[objective]\nbalance = nan", "[objective] balance: must be a finite number, not nan"),
        ("[objective]\nbarrier_discount = 2", "must be at most 1, not 2"),
        ("[solve]\neffort = 0", "[solve] effort: must be more than 0, not 0"),
        ("[solve]\nseed = -1", "[solve] seed: must be at least 0, not -1"),
        ("[graph]\njoin_parts = 1", "[graph] join_parts: must be true or false, not 1"),
        ("[codes]\nprofile = 'beijing'", 'profile: "beijing" is neither a profile'),
        ("[codes]\nprofile = '{seq'", 'profile: "{seq" is no pattern'),
        ("[codes]\nprofile = '{code}'", "nor a pattern with a number in it"),
        ("[codes]\nregister = 'ftp://x/y'", '"ftp://x/y" is not an address gridplan reads'),
        ("[outputs]\nmaps = ['png', 'gif']", '[outputs] maps entry 2: must be "png", "pdf"'),
        ("[outputs]\ntables = 'csv'", '[outputs] tables: must be a list, not "csv"'),
        ("[inputs.zones]\nlayer = 'x'", "name the layer, as in [inputs.zones.NAME]"),
        ("[inputs.zones.a]\nmode = 'nst'\nid = 'x'", 'not "nst"; did you mean "nest"?'),
        ("[inputs.zones.a]\nmode = 'soft'", "[inputs.zones.a]: give either id"),
        ("[inputs.zones.a]\nid = 'x'\ncolumn = 'y'", "not both"),
        ("[inputs.zones.a]\ncolumn = 'y'\nlayer = 'l'", 'this layer write id = "y"'),
        ("[inputs.zones.a]\nid = 'x'\nweight = -1", "weight: must be at least 0, not -1"),
        ("[inputs.zones.Households]\nid = 'x'", "[inputs.zones.Households]: this name is a column"),
        ("[inputs.zones.'a b']\nid = 'x'", '[inputs.zones."a b"]: a layer\'s name has letters'),
        ("[inputs.zones.a]\nid='x'\n[inputs.zones.A]\nid='x'", '[inputs.zones.a]: the same name'),
        ("[inputs.barriers.geometry]\nmode = 'hard'", "this name is a column of the plan"),
        ("[inputs.barriers.a]\nmode = 'nest'", 'must be "soft" or "hard", not "nest"'),
        ("[inputs.streets]\nname = 'n'", "[inputs.streets] code: missing; column"),
        ("[inputs.facilities]\ndatum = 'gcj'", '[inputs.facilities] datum: must be "gcj02"'),
        ("[inputs.facilities]\ncrs = 'EPSG:0'", '"EPSG:0" is no coordinate system'),
        ("[inputs.facilities]\npath = 3", "[inputs.facilities] path: must be text"),
        ("[inputs.households]\ncount = 2", "[inputs.households] count: must be the name"),
    ],
)  # fmt: skip
def test_a_problem_is_named_with_its_place_and_cure(more: str, expected: str) -> None:
    """Every kind of mistake gives exactly one line, and that line says what and where."""
    (line,) = problems(f"{LEAST}\n{more}")
    assert expected in line


@pytest.mark.parametrize(
    ("crs", "expected"),
    [
        ("EPSG:4326", "is not projected"),
        ("EPSG:2232", "is in US survey foot"),
        ("Cambridge", "is no coordinate system"),
    ],
)
def test_project_crs_is_projected_in_metres(crs: str, expected: str) -> None:
    """Degrees, feet and unknown systems are refused by name."""
    (line,) = problems(LEAST.replace('name = "Town"', f'name = "Town"\ncrs = "{crs}"'))
    assert f'[project] crs: "{crs}"' in line
    assert expected in line


def test_households_of_units_or_a_register() -> None:
    """A register stands in for the column of the units."""
    without = LEAST.replace('households = "hh"', "")
    assert len(problems(without)) == 1
    assert parse(without + '[inputs.households]\nunit = "u"').inputs.households is not None
    assert parse(LEAST.replace('"hh"', "1")).inputs.units.households == 1


def test_empty_file_names_both_sections() -> None:
    """What is required is named, not only that something is wrong."""
    assert problems("") == [
        "gridplan.toml: [project]: missing section",
        "gridplan.toml: [inputs]: missing section",
    ]


@pytest.mark.parametrize("value", ["3", "[1]", "'x'", "true"])
def test_sections_that_are_no_tables(value: str) -> None:
    """A value where a table belongs is a line, not a traceback."""
    lines = problems(f"project = {value}\ninputs = {value}")
    assert len(lines) == 2
    assert all("must be a table" in line for line in lines)


def test_syntax_error_names_the_line() -> None:
    """What is no TOML at all says where."""
    (line,) = problems('[project]\nname = "a\n')
    assert line.startswith("gridplan.toml: no TOML: ")
    assert "line 2" in line


def test_file_problems(tmp_path: Path) -> None:
    """A missing file, a folder and a wrong encoding are each one clear line."""
    with pytest.raises(ConfigError, match="no such file"):
        Config.load(tmp_path / "none.toml")
    with pytest.raises(ConfigError, match="a folder"):
        Config.load(tmp_path)
    wrong = tmp_path / "gbk.toml"
    wrong.write_bytes('[project]\nname = "大安"\n'.encode("gbk"))
    with pytest.raises(ConfigError, match=r"gbk.toml: line 2 is not UTF-8"):
        Config.load(wrong)


def test_byte_order_mark_is_no_mistake(tmp_path: Path) -> None:
    """Editors on Windows put one before the text."""
    file = tmp_path / "gridplan.toml"
    file.write_text(LEAST, encoding="utf-8-sig")
    assert Config.load(file).project.name == "Town"


def test_passwords_never_show() -> None:
    """Neither dictionary nor digest nor message holds the password of an address."""
    address = "postgresql://me:s3cret@host/db?password=s3cret"
    config = parse(LEAST.replace("town.gpkg", address))
    assert "s3cret" not in json.dumps(config.to_dict())
    assert config.inputs.units.path == address
    assert config.digest() == parse(LEAST.replace("town.gpkg", masked(address))).digest()
    lines = problems(LEAST.replace("town.gpkg", "mysql://me:s3cret@host/db"))
    assert "s3cret" not in "\n".join(lines)
    assert masked("no address: a@b") == "no address: a@b"


def test_replace_is_checked_like_a_file() -> None:
    """An option of the command line passes the same checks, and defaults follow it."""
    config = parse(LEAST)
    changed = config.replace({"grids.min": 300, "solve.workers": 2})
    assert (changed.grids.target, changed.solve.workers) == (400, 2)
    assert config.grids.min == 250
    assert changed.file == config.file
    with pytest.raises(ConfigError, match=r"\[grids\] mn: unknown key; did you mean \"min\""):
        config.replace({"grids.mn": 1})
    with pytest.raises(ConfigError, match="name is a key, not a section"):
        config.replace({"project.name.low": 1})
    with pytest.raises(ConfigError, match=r"\[solve\] workers: must be at least 0"):
        config.replace({"solve.workers": -1})


def test_replaced_path_is_inherited_like_a_written_one() -> None:
    """Inputs that were read from the old file are read from the new one; others stay."""
    more = '[inputs.zones.police]\nid = "z"\n[inputs.links]\npath = "links.csv"\n'
    config = parse(LEAST + more).replace({"inputs.path": "2027/town.gpkg"})
    paths = {name: str(source.path) for name, source in config.inputs.sources()}
    links = paths.pop("links")
    assert links == str(Path("/jobs/links.csv"))
    assert set(paths.values()) == {str(Path("/jobs/2027/town.gpkg"))}
    assert len(paths) == 3


def test_digest_is_of_the_job_not_of_the_machine(tmp_path: Path) -> None:
    """Folders, workers and outputs leave the digest alone; what changes the plan does not."""
    here, there = parse(LEAST, tmp_path / "a"), parse(LEAST, tmp_path / "b" / "c")
    assert here.digest() == there.digest()
    assert here.digest() == here.replace({"solve.workers": 7, "outputs.maps": ["pdf"]}).digest()
    for changes in (
        {"grids.max": 510},
        {"solve.seed": 1},
        {"solve.effort": 2.0},
        {"inputs.units.path": "other.gpkg"},
        {"inputs.zones.a.column": "x"},
    ):
        assert here.digest() != here.replace(changes).digest()


def test_digest_keeps_the_order_of_zones() -> None:
    """The order of layers decides which yields, so it is part of the job."""
    first = parse(LEAST + "[inputs.zones.a]\ncolumn = 'x'\n[inputs.zones.b]\ncolumn = 'y'")
    second = parse(LEAST + "[inputs.zones.b]\ncolumn = 'y'\n[inputs.zones.a]\ncolumn = 'x'")
    assert first.digest() != second.digest()


def test_dictionary_is_a_configuration_again(tmp_path: Path) -> None:
    """What run.json keeps can be read back, and speaks of no folder of this machine."""
    config = parse(LEAST + "[inputs.zones.a]\ncolumn = 'x'\n", tmp_path)
    plain = json.loads(json.dumps(config.to_dict()))
    assert plain["inputs"]["units"]["path"] == "town.gpkg"
    assert os.fspath(tmp_path) not in json.dumps(plain)
    changed = config.replace({"grids": plain["grids"], "inputs": plain["inputs"]})
    assert changed.digest() == config.digest()


def test_frozen_and_picklable() -> None:
    """Workers get the configuration as it is, and nobody changes it."""
    config = parse(LEAST)
    again = pickle.loads(pickle.dumps(config))
    assert again == config
    assert again.file == config.file
    with pytest.raises(ValidationError):
        config.grids.min = 3  # type: ignore[misc]


def test_road_class_and_register_keep_their_names_in_the_file() -> None:
    """Keys that Python or pydantic keeps for itself are spelled as documented in the file."""
    config = parse(LEAST + "[inputs.roads]\nclass = 'c'\n[codes]\nregister = 'r.sqlite'\n")
    assert config.inputs.roads is not None
    assert config.inputs.roads.class_ == "c"
    assert config.to_dict()["codes"]["register"] == "r.sqlite"
    assert problems(LEAST + "[codes]\nregister_ = 'x'")


def test_documentation_is_up_to_date(tmp_path: Path) -> None:
    """The tables of docs/configuration.md are those of the models, and can be written again."""
    page = ROOT / "docs" / "configuration.md"
    text = page.read_text(encoding="utf-8")
    assert text.split(BEGIN)[1].split(END)[0].strip() == reference().strip()
    copy = tmp_path / "page.md"
    copy.write_text(f"head\n{BEGIN}\nold\n{END}\ntail\n", encoding="utf-8")
    rewrite(copy)
    assert copy.read_text(encoding="utf-8") == f"head\n{BEGIN}\n\n{reference()}\n{END}\ntail\n"


def test_every_key_has_a_description() -> None:
    """Descriptions feed documentation, schema and proposals: none may be missing."""
    bare = [
        f"{place}.{name}"
        for place, model in sections()
        for name, field in model.model_fields.items()
        if not field.description and name not in dict(sections_below(place))
    ]
    assert not bare


def sections_below(place: str) -> list[tuple[str, str]]:
    """Names of the sections inside a section."""
    inner = [p.split(".")[1] for p, _ in sections() if p.startswith(f"{place}.")]
    return [(name, place) for name in inner]


def test_schema_lets_inputs_inherit_their_path() -> None:
    """Editors must not ask for what [inputs] gives, nor offer null, and must know every key."""
    schema = json_schema()
    units = schema["$defs"]["Units"]
    assert units["required"] == ["id"]
    assert units["additionalProperties"] is False
    assert '"null"' not in json.dumps(schema)
    assert set(schema["properties"]) == {
        *("project", "inputs", "topology", "graph", "grids", "objective", "solve", "codes"),
        "communities",
        *("institutions", "outputs", "people", "duties", "workload"),
    }
    assert "class" in schema["$defs"]["Roads"]["properties"]
    for name, entry in units["properties"].items():
        assert entry["description"], name


def test_codes_of_object_classes_and_kinds() -> None:
    """The object class, the letters of kinds and the block of unit grids are read and checked."""
    codes = "[codes]\nprofile = 'cjt349-20'\nobject_class = '010200'\nunit_block = 91\n"
    config = parse(LEAST + codes)
    assert (config.codes.object_class, config.codes.unit_block) == ("010200", 91)
    assert (config.codes.residential_letter, config.codes.unit_letter) == ("R", "U")
    for wrong in ("object_class = '01/02'", "unit_letter = '-'", "unit_block = 1"):
        assert problems(f"{LEAST}[codes]\n{wrong}\n")
