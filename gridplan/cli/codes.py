"""``gridplan codes``: adopt a plan, and everything about codes that live."""

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gridplan.cli.options import DATE, JSON, QUIET

if TYPE_CHECKING:
    from gridplan.register import Register

PROMISE_BROKEN = 4

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
@click.option(
    "-c",
    "--config",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Configuration of the job.  [default: the one named in OUT/run.json]",
)
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
    help="Configuration whose [codes] section the codes must follow.",
)
@JSON
@QUIET
def verify(place: str, profile: str | None, config: Path | None, as_json: bool, quiet: bool) -> int:
    r"""Check format, parents, duplicates, gaps and reuse; a register also against its lineage.

    FILE_OR_REGISTER is a CSV or workbook with a column of grid codes, a register file, or
    postgresql://... Exit code 4 when something is broken; gaps are warnings.

    \b
    Example:
      gridplan codes verify out/sample/tables/grid_register.csv
    """
    from gridplan.cli import show
    from gridplan.register import is_sound
    from gridplan.register import verify as find

    if config is not None and profile is None:
        profile = _profile_of(config)
    findings = find(place, profile)
    if as_json:
        show.as_json([show.finding_row(f) for f in findings])
    elif not quiet:
        for f in findings:
            show.say(f"{f.severity.value:>8} {f.kind}: {f.message}")
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


@codes.command(short_help="Write the register as tables and a workbook.")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@REGISTER
@CONFIG_FILE
@click.option("--as-of", "day", type=DAY, metavar="DAY", help="As it stood on this day.")
@click.option(
    "--language", type=click.Choice(["en", "zh"]), default="en", show_default=True,
    help="Of the workbook; CSV headings are always English.",
)  # fmt: skip
@click.option("--overwrite", is_flag=True, help="Replace tables that are there.")
@DATE
@QUIET
def export(
    folder: Path,
    address: str | None,
    config: Path,
    day: dt.datetime | None,
    language: str,
    overwrite: bool,
    date: dt.date,
    quiet: bool,
) -> None:
    r"""Write codes, lineage, crosswalk and the numbering rule to FOLDER, CSV and workbook.

    \b
    Example:
      gridplan codes export codes --register grids.sqlite --language zh
    """
    from gridplan.cli import show
    from gridplan.errors import OutputError
    from gridplan.export import write_whole
    from gridplan.register import in_chinese, register_tables
    from gridplan.tables import write_workbook
    from gridplan.tables.files import csv_text

    with _opened(address, config) as register:
        tables = register_tables(register, day.date() if day else None)
    paths = {name: folder / f"{name}.csv" for name in tables}
    book = folder / "codes.xlsx"
    there = [path for path in (*paths.values(), book) if path.exists()]
    if there and not overwrite:
        raise OutputError(f"{there[0]}: exists already; add --overwrite to replace it")
    for name, path in paths.items():
        write_whole(path, csv_text(name, tables[name]).encode("utf-8-sig"))
    write_workbook(in_chinese(tables) if language == "zh" else tables, book, language, date=date)
    show.say(f"{len(tables['code_register'])} codes: {folder}", quiet)


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
    r"""Retire grids, or a whole community with its grids, from --date on.

    \b
    Example:
      gridplan codes retire 110108011004 --reason "demolished" --date 2027-01-01
    """
    from gridplan.cli import show
    from gridplan.register import retire as end

    with _opened(address, config) as register:
        ended = end(register, code, reason, date)
        show.say(f"{register.name}: retired {', '.join(ended)}", quiet)


def _profile_of(config: Path) -> str:
    """Spell the profile that a configuration asks for."""
    from gridplan.codes import configured_profile
    from gridplan.config import Config

    codes = Config.load(config).codes
    return codes.profile if codes.profile == "auto" else configured_profile(codes, []).spelling


def _opened(address: str | None, config: Path) -> "Register":
    """Open the register that an option or the configuration names."""
    from gridplan.config import Config
    from gridplan.register import open_register

    place: Path | str | None = address
    if place is None and config.is_file():
        place = Config.load(config).codes.register
    if place is None:
        raise click.UsageError(
            "name the register with --register, or with --config a file with [codes] register"
        )
    return open_register(place)
