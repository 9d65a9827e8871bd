"""``gridplan codes``: adopt a plan, and everything about codes that live."""

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gridplan.cli.exits import PROMISE_BROKEN
from gridplan.cli.options import CONFIG_OF_RUN, DATE, JSON, QUIET

if TYPE_CHECKING:
    import pandas as pd

    from gridplan.config import Config
    from gridplan.register import Register


REGISTER = click.option(
    "--register",
    "address",
    metavar="ADDRESS",
    help="The register: a file or postgresql://...  [default: codes.register of the configuration]",
)
CONFIG_FILE = click.option(
    "-c",
    "--config",
    type=click.Path(path_type=Path, dir_okay=False),
    default="gridplan.toml",
    show_default=True,
    help="Configuration that names the register.",
)
DAY = click.DateTime(["%Y-%m-%d"])


@click.group(short_help="Adopt a plan; verify, trace and export its codes.")
def codes() -> None:
    r"""Adopt plans into the code register, and ask it.

    A plan's codes are provisional until it is adopted. From then on a code means its grid for ever:
    it may be retired, but it is never used again.

    \b
    Example:
      gridplan codes issue out/sample --register grids.sqlite
      gridplan codes history 110108011004008 --register grids.sqlite
    """


@codes.command(short_help="Adopt the plan in OUT, all or nothing.")
@click.argument("out", type=click.Path(path_type=Path, file_okay=False))
@REGISTER
@CONFIG_OF_RUN
@click.option("--despite-audit", is_flag=True, help="Adopt a plan that breaks a promise.")
@DATE
@JSON
@QUIET
def issue(
    out: Path,
    address: str | None,
    config: Path | None,
    despite_audit: bool,
    date: dt.date,
    as_json: bool,
    quiet: bool,
) -> None:
    r"""Write the codes of the plan in OUT into the register, valid from --date on.

    Everything is written or nothing; OUT stays as it is. A code that is spent, or that means
    another grid by now, is an error.

    \b
    Example:
      gridplan codes issue out/sample --register grids.sqlite --date 2027-01-01
    """
    from gridplan.cli import show
    from gridplan.register import adopt, open_register, read_draft

    draft, job = read_draft(out, date, config_file=config, despite_audit=despite_audit)
    place = address or job.codes.register
    if place is None:
        raise click.UsageError("name the register with --register, or in [codes] register")
    with open_register(place, create=True) as register:
        done = adopt(register, draft)
        if as_json:
            show.as_json({"register": register.name, "date": str(date), **vars(done)})
        elif done.already:
            show.say(f"{register.name} holds this plan since {done.already}; nothing to do.", quiet)
        else:
            counts = ", ".join(f"{count} {kind}" for kind, count in done.counts.items())
            show.say(f"{register.name}: from {date} on, grids: {counts}", quiet)


@codes.command(short_help="Verify a register, or any file of grid codes.")
@click.argument("place", metavar="FILE_OR_REGISTER")
@click.option("--profile", metavar="NAME", help="Profile or pattern that the codes must follow.")
@click.option(
    "-c",
    "--config",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Configuration whose [codes] section the codes must follow, and whose language findings "
    "speak.",
)
@JSON
@QUIET
def verify(place: str, profile: str | None, config: Path | None, as_json: bool, quiet: bool) -> int:
    r"""Check format, parents, duplicates, gaps and reuse; a register also against its lineage.

    FILE_OR_REGISTER is a CSV, workbook or layer (Shapefile, GeoJSON, GeoPackage) with a column of
    grid codes, a register file, or postgresql://... Exit code 4 when something is broken; gaps
    are warnings.

    \b
    Example:
      gridplan codes verify out/sample/tables/grid_register.csv
    """
    from gridplan.cli import show
    from gridplan.config import Config
    from gridplan.register import is_sound
    from gridplan.register import verify as find
    from gridplan.sentences import told

    language = "en"
    if config is not None:
        job = Config.load(config)
        profile, language = profile or _profile_of(job), job.project.language
    findings = find(place, profile)
    if as_json:
        show.as_json([show.finding_row(f) for f in findings])
    elif not quiet:
        for f in findings:
            show.say(f"{f.severity.value:>8} {f.kind}: {told(f.kind, f.message, language)}")
        show.say("codes: sound" if is_sound(findings) else "codes: not to be trusted")
    return 0 if is_sound(findings) else PROMISE_BROKEN


@codes.command(short_help="Tell a code's life in words.")
@click.argument("code")
@REGISTER
@CONFIG_FILE
@JSON
def history(code: str, address: str | None, config: Path, as_json: bool) -> None:
    r"""Tell what became of CODE: issued, kept, reshaped, split, merged, retired.

    \b
    Example:
      gridplan codes history 110108011004008 --register grids.sqlite
    """
    from gridplan.cli import show
    from gridplan.register import read_events, tell_history

    with _opened(address, config) as register:
        told = tell_history(register, code)
        if as_json:
            show.as_json(read_events(register, code).to_dict("records"))
            return
    for line in told:
        show.say(line)


@codes.command("as-of", short_help="The register as it stood on a day.")
@click.argument("day", type=DAY)
@REGISTER
@CONFIG_FILE
@JSON
def as_of(day: dt.datetime, address: str | None, config: Path, as_json: bool) -> None:
    r"""Write the register as it stood at the end of DAY, as CSV on standard output.

    \b
    Example:
      gridplan codes as-of 2027-01-01 --register grids.sqlite > register.csv
    """
    from gridplan.cli import show
    from gridplan.register import read_codes
    from gridplan.tables.files import csv_text

    with _opened(address, config) as register:
        table = read_codes(register, day.date())
    if as_json:
        show.as_json(table.to_dict("records"))
    else:
        click.echo(csv_text("code_register", table).replace("\r\n", "\n"), nl=False)


@codes.command(short_help="Write register and plan as files that offices take.")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.option(
    "--plan",
    "out",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="Output folder of a run: its tables and layers too, with the status of their codes.",
)
@REGISTER
@CONFIG_FILE
@click.option(
    "-f",
    "--format",
    "formats",
    multiple=True,
    type=click.Choice(["csv", "xlsx", "shp", "geojson"]),
    default=("csv", "xlsx"),
    help="What to write; repeatable. Shapefiles and GeoJSON need --plan.  [default: csv, xlsx]",
)
@click.option(
    "--encoding",
    type=click.Choice(["utf-8", "gbk"]),
    default="utf-8",
    show_default=True,
    help="Of CSV files (UTF-8 with a byte order mark) and shapefiles.",
)
@click.option("--as-of", "day", type=DAY, metavar="DAY", help="The register as of this day.")
@click.option(
    "--language",
    "wanted",
    type=click.Choice(["en", "zh"]),
    help="Of the workbook; CSV headings are always English.  [default: the plan's, else en]",
)
@click.option("--overwrite", is_flag=True, help="Replace files that are there.")
@DATE
@QUIET
def export(
    folder: Path,
    out: Path | None,
    address: str | None,
    config: Path,
    formats: tuple[str, ...],
    encoding: str,
    day: dt.datetime | None,
    wanted: str | None,
    overwrite: bool,
    date: dt.date,
    quiet: bool,
) -> None:
    r"""Write codes, lineage, crosswalk and the numbering rule to FOLDER; with --plan, the plan too.

    \b
    Examples:
      gridplan codes export codes --register grids.sqlite --language zh
      gridplan codes export office --plan out/sample -f csv -f xlsx -f shp --encoding gbk
    """
    from gridplan.cli import show
    from gridplan.export import Wish, spoken, with_plan, write_package
    from gridplan.sentences import told

    if out is None and {"shp", "geojson"} & set(formats):
        raise click.UsageError("shapefiles and GeoJSON hold the layers of a plan; name it: --plan")
    place = address or _configured(config) or (_recorded(out) if out else None)
    draft = out is not None and not address and not _is_there(place)
    if draft and day is not None:
        raise click.UsageError("--as-of asks a register, and there is none; name it: --register")
    held = {} if draft else _held(place, day)
    plan, tables, findings = (None, held, []) if out is None else with_plan(out, held)
    language, basis = spoken(out) if out else ("en", "")
    wish = Wish(formats, encoding, wanted or language, date, basis)
    findings = [*findings, *write_package(folder, tables, plan, wish, overwrite=overwrite)]
    for finding in findings:
        said = told(finding.kind, finding.message, wish.language)
        click.echo(f"{finding.severity.value} {finding.kind}: {said}", err=True)
    counts = [f"{len(held['code_register'])} codes"] if held else []
    counts += [f"{len(plan.grids)} grids"] if plan else []
    show.say(f"{', '.join(counts)}: {folder}", quiet)


@codes.command(short_help="Retire codes that no new plan follows.")
@click.argument("code", nargs=-1, required=True)
@click.option("--reason", required=True, help="Kept in the register.")
@REGISTER
@CONFIG_FILE
@DATE
@QUIET
def retire(
    code: tuple[str, ...],
    reason: str,
    address: str | None,
    config: Path,
    date: dt.date,
    quiet: bool,
) -> None:
    r"""Retire grids, or a whole community or street with all in it, from --date on.

    \b
    Example:
      gridplan codes retire 110108011004 --reason "demolished" --date 2027-01-01
    """
    from gridplan.cli import show
    from gridplan.register import retire as end

    with _opened(address, config) as register:
        ended = end(register, code, reason, date)
        show.say(f"{register.name}: retired {', '.join(ended)}", quiet)


def _profile_of(job: "Config") -> str:
    """Spell the profile that a configuration asks for."""
    from gridplan.codes import configured_profile

    codes = job.codes
    return codes.profile if codes.profile == "auto" else configured_profile(codes, []).spelling


def _opened(address: str | None, config: Path) -> "Register":
    """Open the register that an option or the configuration names."""
    from gridplan.register import open_register

    return open_register(_named(address or _configured(config)))


def _named(place: Path | str | None) -> Path | str:
    if place is None:
        raise click.UsageError(
            "name the register with --register, or with --config a file with [codes] register"
        )
    return place


def _configured(config: Path) -> Path | str | None:
    """Place of the register that a configuration names, where there is one."""
    from gridplan.config import Config

    return Config.load(config).codes.register if config.is_file() else None


def _recorded(out: Path) -> Path | str | None:
    """Place of the register that the configuration of a run names, where it still stands."""
    from gridplan.layers import read_run

    return _configured(out / str(read_run(out).get("configuration_file", "")))


def _is_there(place: Path | str | None) -> bool:
    """Whether a configured register was made already; one on a server is taken to be."""
    return place is not None and (isinstance(place, str) or place.is_file())


def _held(place: Path | str | None, day: dt.datetime | None) -> "dict[str, pd.DataFrame]":
    """Read the tables of a register, as they stood on a day."""
    from gridplan.register import open_register, register_tables

    with open_register(_named(place)) as register:
        return register_tables(register, day.date() if day else None)
