"""The code register: adopted plans, lineage, what never happens; on every database."""

import datetime as dt
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
import sqlalchemy as sql

from gridplan.codes import choose_profile
from gridplan.domain import GridKind
from gridplan.errors import CodeError
from gridplan.register import (
    adopt,
    check_table,
    open_register,
    read_about,
    read_codes,
    read_events,
    read_flows,
    read_standing,
    retire,
    tell_history,
    verify,
)
from gridplan.register.schema import CODES, EVENTS, MEMBERS, METADATA
from gridplan.register.store import Register
from tests.register_worlds import DAY, EAST, PROJECT, STREET, WEST, draft, grid, units
from tests.test_database import SECRET, free_port, server  # noqa: F401

YEAR2, YEAR3 = dt.date(2027, 1, 1), dt.date(2028, 1, 1)
A, B, C, D = (f"{WEST}00{i}" for i in range(1, 5))
E1, E2 = (f"{EAST}00{i}" for i in range(1, 3))


@pytest.fixture(params=["sqlite", "gpkg", "postgresql"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Address of a register that does not exist yet."""
    if request.param != "postgresql":
        yield str(tmp_path / f"grids.{request.param}")
        return
    place = f"postgresql://planner:{SECRET}@{request.getfixturevalue('server')}"
    yield place
    engine = sql.create_engine(place.replace("postgresql", "postgresql+psycopg", 1))
    METADATA.drop_all(engine)
    engine.dispose()


@pytest.fixture
def register(address: str) -> Iterator[Register]:
    """A register that holds two communities of two grids since ``DAY``."""
    with open_register(address, create=True) as opened:
        adopt(opened, first_plan())
        yield opened


def first_plan(**changes: object) -> object:
    """West has grids A and B of four units each, East E1 and E2 of two."""
    return draft(
        grid(A, units("a", "b", "c", "d")),
        grid(B, units("e", "f", "g", "h")),
        grid(E1, units("p", "q")),
        grid(E2, units("r", "s")),
        **changes,  # type: ignore[arg-type]
    )


def kinds(register: Register, code: str) -> list[tuple[str, str]]:
    """Kind and other code of every event of a code."""
    events = read_events(register, code)
    events = events[events["code"] == code]
    return list(zip(events["kind"], events["other"], strict=True))


def status(register: Register) -> dict[str, str]:
    """Status of every grid code."""
    table = read_codes(register)
    table = table[table["level"] == "grid"]
    return dict(zip(table["code"], table["code_status"], strict=True))


def test_a_plan_is_adopted(register: Register) -> None:
    """Streets, communities and grids stand in the register with all that is said of them."""
    table = read_codes(register).set_index("code")
    assert table["level"].tolist() == ["street", "community", "community", *["grid"] * 4]
    row = table.loc[A]
    said = (row["kind"], row["parent"], row["name"], row["code_status"], row["valid_from"])
    assert said == ("residential", WEST, "Grid 1", "active", "2026-01-01")
    assert (row["valid_to"], row["reason"], row["households"]) == ("", "", 400)
    assert table.loc[WEST, "parent"] == "110101001"
    assert len(row["geometry_hash"]) == 64
    assert read_about(register)["numbering"].startswith("Grids are numbered from 1")
    assert verify_all(register) == []


def verify_all(register: Register) -> list[str]:
    """Messages of a verification through a second client."""
    address = register._engine.url.render_as_string(hide_password=False)
    place = register._engine.url.database if "sqlite" in address else address
    return [f.message for f in verify(str(place))]


def test_the_same_plan_twice_changes_nothing(register: Register) -> None:
    """Adopting again, after a crash for instance, says so and writes nothing."""
    before = read_events(register)
    done = adopt(register, first_plan(date=YEAR2))
    assert done.already == "2026-01-01"
    assert read_events(register).equals(before)


def test_kept_and_reshaped(register: Register) -> None:
    """A grid that shares more than half keeps its code; what moved is told."""
    done = adopt(
        register,
        draft(
            grid(A, units("a", "b", "c")),
            grid(B, units("d", "e", "f", "g", "h")),
            grid(E1, units("p", "q")),
            grid(E2, units("r", "s")),
            date=YEAR2,
        ),
    )
    assert done.counts == {"kept": 2, "reshaped": 2}
    assert kinds(register, A) == [("created", ""), ("reshaped", "")]
    flows = read_flows(register, B)
    flows = flows[flows["date"] == "2027-01-01"]
    assert flows[["old_code", "new_code", "units", "households_new"]].to_numpy().tolist() == [
        [A, B, 1, 100],
        [B, B, 4, 400],
    ]
    told = "\n".join(tell_history(register, B))
    assert "reshaped with 500 households; 1 units with 100 households came" in told
    assert f"got 1 units with 100 households from {A}" in told
    assert verify_all(register) == []


def test_split_merged_and_retired(register: Register) -> None:
    """Halves are new grids, two made one a new grid; the old codes end the day before."""
    done = adopt(
        register,
        draft(
            grid(C, units("a", "b")),
            grid(D, units("c", "d")),
            grid(B, units("e", "f", "g", "h")),
            grid(f"{EAST}003", units("p", "q", "r", "s")),
            date=YEAR2,
        ),
    )
    assert done.counts == {"created": 3, "kept": 1, "split": 1, "merged": 2, "retired": 3}
    assert kinds(register, A) == [("created", ""), ("split", C), ("split", D), ("retired", "")]
    assert kinds(register, E2) == [("created", ""), ("merged", f"{EAST}003"), ("retired", "")]
    row = read_codes(register).set_index("code").loc[A]
    assert (row["code_status"], row["valid_to"]) == ("retired", "2026-12-31")
    assert row["reason"] == f"split into {C}, {D}"
    told = tell_history(register, A)
    assert told[0] == f"{A}: residential grid 'Grid 1' in community {WEST}"
    split = f"split into {C} (200 households, 2 units), {D} (200 households, 2 units)"
    assert told[2] == f"2027-01-01: {split}"
    assert told[-1] == "retired; valid from 2026-01-01 to 2026-12-31; never used again"
    assert f"2027-01-01: took over {E1} (200 households, 2 units)" in tell_history(
        register, f"{EAST}003"
    )
    assert verify_all(register) == []


def test_a_retired_code_never_comes_back(register: Register) -> None:
    """Not for its own old grid, not for another one, not in another community's place."""
    retire(register, [B], "demolished", YEAR2)
    plan = first_plan(date=YEAR3)
    with pytest.raises(CodeError, match=f"{B}: this code is retired .last day 2026-12-31. and is"):
        adopt(register, plan)  # type: ignore[arg-type]
    assert status(register) == {A: "active", B: "retired", E1: "active", E2: "active"}
    standing = read_standing(register, [WEST], ["x"], PROJECT)
    assert standing.used == {A: WEST, B: WEST}
    assert [g.grid_code for g in standing.grids] == [A]


def test_a_code_never_means_another_grid(register: Register) -> None:
    """A plan numbered without the register is refused as a whole, with every clash."""
    before = read_events(register)
    plan = draft(
        grid(B, units("a", "b", "c", "d")),
        grid(A, units("e", "f", "g", "h")),
        grid(E1, units("p", "q")),
        grid(f"{EAST}007", units("r", "s")),
        date=YEAR2,
    )
    with pytest.raises(CodeError) as caught:
        adopt(register, plan)
    assert [line.split(":")[0] for line in caught.value.problems] == [
        f"grid {B}",
        f"grid {A}",
        f"grid {EAST}007",
    ]
    assert f"this grid is registered as {E2}" in caught.value.problems[2]
    assert read_events(register).equals(before)


def test_all_or_nothing(register: Register, monkeypatch: pytest.MonkeyPatch) -> None:
    """A fault in the middle of writing leaves the register as it was."""
    before = read_codes(register), read_events(register)
    module = sys.modules["gridplan.register.adopt"]

    def fails(*_: object) -> None:
        raise RuntimeError("power cut")

    monkeypatch.setattr(module, "_write_members", fails)
    with pytest.raises(RuntimeError, match="power cut"):
        adopt(register, draft(grid(C, units("a", "b", "c", "d", "e", "f", "g", "h")), date=YEAR2))
    monkeypatch.undo()
    assert read_codes(register).equals(before[0])
    assert read_events(register).equals(before[1])
    assert verify_all(register) == []


def test_a_register_that_was_never_finished_is_made_anew(address: str) -> None:
    """A refused first adoption leaves no tables, and the next client makes them."""
    bad = draft(grid(A, units("a")), grid(A, units("b")))
    with open_register(address, create=True) as register:
        with pytest.raises(CodeError):
            adopt(register, bad)
        assert not register.exists()
        adopt(register, first_plan())  # type: ignore[arg-type]
        assert len(status(register)) == 4


def test_communities_that_merge(register: Register) -> None:
    """Where the parent changes, a grid is coded anew; the emptied community retires."""
    north = "110101001003"
    grids = (
        grid(f"{north}001", units("a", "b", "c", "d")),
        grid(f"{north}002", units("e", "f", "g", "h")),
        grid(f"{north}003", units("p", "q", "r", "s")),
    )
    done = adopt(register, draft(*grids, date=YEAR2))
    assert done.counts == {"created": 3, "merged": 2, "recoded": 2, "retired": 4}
    assert kinds(register, A) == [("created", ""), ("recoded", f"{north}001"), ("retired", "")]
    table = read_codes(register).set_index("code")
    assert table.loc[[WEST, EAST], "code_status"].tolist() == ["retired"] * 2
    assert table.loc[WEST, "reason"] == f"merged into {north}"
    assert table.loc[north, "code_status"] == "active"
    assert f"coded anew as {north}001" in "\n".join(tell_history(register, A))
    assert verify_all(register) == []
    with pytest.raises(CodeError, match=f"community {WEST}: this code is retired"):
        adopt(register, draft(grid(C, units("new")), date=YEAR3))


def test_a_community_is_not_cut_from_outside(register: Register) -> None:
    """A plan that takes a part of a grid must divide that grid's community too."""
    plan = draft(grid(C, units("a", "b", "c", "d", "e", "f", "g", "h", "p")), date=YEAR2)
    with pytest.raises(CodeError, match=f"{E1} of community {EAST}: the plan takes 1 of its 2"):
        adopt(register, plan)
    adopt(register, replace(plan, gone=frozenset({"q"})))  # nothing is left behind: q is torn down
    status = read_codes(register).set_index("code")["code_status"]
    assert status[[E1, E2]].tolist() == ["retired", "active"]


def test_a_district_stands_above_its_streets(register: Register) -> None:
    """Four levels: the district is the parent of the street, and the life of each says so."""
    adopt(register, first_plan(date=YEAR2, district="110101"))
    codes = read_codes(register)
    assert codes["level"].unique().tolist() == ["district", "street", "community", "grid"]
    assert codes["parent"].tolist()[:3] == ["", "110101", STREET]
    assert codes["name"].iloc[0] == PROJECT
    assert kinds(register, STREET) == [("created", ""), ("reshaped", "")]
    told = tell_history(register, STREET)
    assert told[0] == f"{STREET}: street 'Main Street' in district 110101"
    assert told[2].endswith("it belonged to nothing above")
    assert read_codes(register, DAY)["level"].iloc[0] == "street"


def test_a_part_of_a_street_does_not_move_its_outline(register: Register) -> None:
    """A plan of some communities does not know the outline of their street, so it stays."""
    part = draft(grid(A, units("a", "b", "c", "d")), grid(B, units("e", "f", "g", "h")),
                 date=YEAR2, street_outline="")  # fmt: skip
    adopt(register, part)
    assert kinds(register, STREET) == [("created", ""), ("kept", "")]
    codes = read_codes(register)
    assert codes.loc[codes["code"] == STREET, "geometry_hash"].tolist() == ["s"]


def test_a_street_ends_with_all_in_it(register: Register) -> None:
    """Retiring a street retires its communities and their grids; the register stays sound."""
    ended = retire(register, [STREET], "merged into another", YEAR2)
    assert ended == [A, B, E1, E2, WEST, EAST, STREET]
    assert set(read_codes(register)["code_status"]) == {"retired"}
    assert verify_all(register) == []


@pytest.mark.parametrize(
    ("parent", "status", "said"),
    [("999", "active", "no place 999 above it"), (STREET, "retired", "above it retired")],
)
def test_places_need_their_parents(parent: str, status: str, said: str) -> None:
    """A community under a street that is not there, or that is retired, is found."""
    rows = [
        {"level": "street", "code": STREET, "parent": "", "status": status},
        {"level": "community", "code": WEST, "parent": parent, "status": "active"},
        {"level": "grid", "code": A, "parent": WEST, "status": "active"},
    ]
    found = check_table(pd.DataFrame(rows))
    assert [f.kind for f in found] == ["code-parent"]
    assert said in found[0].message


def test_projects_do_not_meddle(register: Register) -> None:
    """Another district with the same unit ids changes nothing here."""
    other = "320102001001"
    plan = draft(grid(f"{other}001", units("a", "b", "p")), date=YEAR2, project="Elsewhere")
    assert adopt(register, plan).counts == {"created": 1}
    assert set(status(register).values()) == {"active"}
    assert verify_all(register) == []


def test_a_plan_of_one_community_leaves_the_others(register: Register) -> None:
    """``--only`` adopts what it divides."""
    plan = draft(grid(C, units("a", "b", "c", "d", "e", "f", "g", "h")), date=YEAR2)
    assert adopt(register, plan).counts == {"created": 1, "merged": 2, "retired": 2}
    assert status(register)[E1] == "active"


def test_another_profile_recodes(register: Register) -> None:
    """The same grids under another profile are retired and created anew, one for one."""
    profile = choose_profile("cjt349-20", [WEST], object_class="010200")
    codes = [profile.code(WEST, i) for i in (1, 2)]
    grids = [
        grid(codes[0], units("a", "b", "c", "d"), name="Grid 1"),
        grid(codes[1], units("e", "f", "g", "h"), name="Grid 2"),
    ]
    grids = [type(g)(**{**vars(g), "community_code": WEST}) for g in grids]
    done = adopt(register, draft(*grids, date=YEAR2, profile=profile))
    assert done.counts == {"created": 2, "recoded": 2, "retired": 2}
    assert kinds(register, A)[1] == ("recoded", "01020011010100100101")
    assert verify_all(register) == []


def test_units_that_are_renamed_keep_their_grid(register: Register) -> None:
    """Where every unit has a new id, a grid of the same outline goes on."""
    old = grid(A, units("a", "b", "c", "d"))
    renamed = type(old)(**{**vars(old), "units": units("1", "2", "3", "4")})
    rest = grid(B, units("e", "f", "g", "h"))
    done = adopt(register, draft(renamed, rest, date=YEAR2))
    assert done.counts == {"kept": 1, "reshaped": 1}
    assert verify_all(register) == []


def test_a_grid_that_changes_its_kind_is_another_grid(register: Register) -> None:
    """A residential grid that becomes a unit grid gets a new code."""
    unit = grid(f"{EAST}003", units("r", "s"), kind=GridKind.UNIT)
    done = adopt(register, draft(grid(E1, units("p", "q")), unit, date=YEAR2))
    assert done.counts == {"created": 1, "kept": 1, "recoded": 1, "retired": 1}
    assert verify_all(register) == []


def test_the_register_of_a_day(register: Register) -> None:
    """What stood in the register on a day is told the same ever after."""
    first = read_codes(register)
    plan2 = draft(
        grid(A, units("a", "b", "c", "d", "e"), name="Lakeside"),
        grid(B, units("f", "g", "h")),
        date=YEAR2,
    )
    adopt(register, plan2)
    second = read_codes(register)
    retire(register, [EAST], "demolished", YEAR3)
    third = read_codes(register)
    days = {DAY: first, YEAR2 - dt.timedelta(days=1): first, YEAR2: second, YEAR3: third}
    for day, table in days.items():
        pd.testing.assert_frame_equal(read_codes(register, day), table)
    assert read_codes(register, DAY - dt.timedelta(days=1)).empty
    assert second.set_index("code").loc[A, "name"] == "Lakeside"
    assert first.set_index("code").loc[A, "name"] == "Grid 1"
    assert (third["code_status"] == "retired").sum() == 3


def test_the_past_is_not_changed(register: Register) -> None:
    """What is dated before the last entry of its community is refused."""
    early = DAY - dt.timedelta(days=1)
    with pytest.raises(CodeError, match="have entries of 2026-01-01"):
        adopt(register, draft(grid(C, units("z")), date=early))
    with pytest.raises(CodeError, match="later than 2025-12-31"):
        retire(register, [A], "too early", early)


def test_retiring_names_what_cannot_be(register: Register) -> None:
    """Unknown codes and retired ones are all named, and nothing is retired."""
    retire(register, [B], "demolished", YEAR2)
    with pytest.raises(CodeError) as caught:
        retire(register, [A, B, "nowhere"], "again", YEAR3)
    assert len(caught.value.problems) == 2
    assert status(register)[A] == "active"
    with pytest.raises(CodeError, match="never issued this code"):
        tell_history(register, "nowhere")


@pytest.mark.parametrize(
    ("damage", "complaint"),
    [
        (CODES.delete().where(CODES.c.code == A), "its row is gone"),
        (CODES.update().where(CODES.c.code == A).values(status="retired"), "was retired 0 times"),
        (CODES.update().where(CODES.c.code == A).values(name="Other"), "its name is 'Other'"),
        (CODES.update().where(CODES.c.code == A).values(parent=EAST), "does not fit profile"),
        (CODES.delete().where(CODES.c.code == WEST), f"the register has no community {WEST}"),
        (EVENTS.delete().where(EVENTS.c.code == B), "was created 0 times, not once"),
        (MEMBERS.delete().where(MEMBERS.c.unit_id == "a"), "are not those it was registered with"),
    ],
)
def test_damage_is_found(register: Register, damage: sql.Executable, complaint: str) -> None:
    """What a hand in the database does is found by ``verify``."""
    register.write(lambda connection: connection.execute(damage) and None)
    assert any(complaint in message for message in verify_all(register))


def test_no_message_holds_a_password() -> None:
    """A server that is not there and a wrong address are one line without credentials."""
    gone = f"postgresql://planner:{SECRET}@127.0.0.1:{free_port()}/grids?sslpassword={SECRET}"
    for place in (gone, f"mysql://planner:{SECRET}@host/grids", f"postgresql://x:{SECRET}@host:y/"):
        with pytest.raises(CodeError) as caught, open_register(place) as register:
            register.exists()
        assert SECRET not in str(caught.value)
        assert "\n" not in str(caught.value)


def test_wrong_password_is_not_told(server: str) -> None:  # noqa: F811
    """A refused login is one line without the password."""
    with (
        open_register(f"postgresql://planner:{SECRET}x@{server}") as register,
        pytest.raises(CodeError, match="password authentication failed") as caught,
    ):
        register.exists()
    assert SECRET not in str(caught.value)


def test_places_that_are_no_register(tmp_path: Path) -> None:
    """A missing file, a folder and a file of something else are errors that say so."""
    with pytest.raises(CodeError, match="no such register"):
        open_register(tmp_path / "none.sqlite")
    with pytest.raises(CodeError, match="is no place for a register"):
        open_register(tmp_path, create=True)
    with pytest.raises(CodeError, match="is no place for a register"):
        open_register(tmp_path / "no" / "where.sqlite", create=True)
    text = tmp_path / "text.sqlite"
    text.write_text("not a database, but long enough to be taken for one" * 50)
    with pytest.raises(CodeError, match="cannot be used"), open_register(text) as register:
        read_codes(register)
    empty = tmp_path / "empty.sqlite"
    empty.touch()
    with pytest.raises(CodeError, match="holds no code register"), open_register(empty) as register:
        read_codes(register)


def test_another_format_is_refused(register: Register) -> None:
    """A register of a later version is not touched."""
    from gridplan.register.schema import ABOUT

    change = ABOUT.update().where(ABOUT.c.key == "format").values(value="gridplan-register-9")
    register.write(lambda connection: connection.execute(change) and None)
    assert any_error(register) == "gridplan-register-9"


def any_error(register: Register) -> str:
    """Format that a second client complains about."""
    with pytest.raises(CodeError) as caught:
        verify_all(register)
    return str(caught.value).split("'")[1]
