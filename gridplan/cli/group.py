"""The command group, and the one place where errors become text and exit codes."""

import sys
from collections.abc import Sequence
from typing import Any

import click

from gridplan import __version__
from gridplan.cli.audit import audit
from gridplan.cli.batch import batch
from gridplan.cli.check import check
from gridplan.cli.codes import codes
from gridplan.cli.compare import compare
from gridplan.cli.exits import INTERRUPTED
from gridplan.cli.init import init
from gridplan.cli.interrupts import heard
from gridplan.cli.map import map_
from gridplan.cli.partition import partition
from gridplan.cli.redivide import redivide
from gridplan.cli.report import report
from gridplan.cli.sample import sample
from gridplan.cli.solve import solve
from gridplan.errors import GridplanError


class GridplanGroup(click.Group):
    """A group whose commands may raise any error of gridplan's tree."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Keep the commands in the order of the work, not of the alphabet."""
        return list(self.commands)

    def main(self, args: Sequence[str] | None = None, **extra: Any) -> Any:  # type: ignore[override]
        """Run a command; leave with its exit code."""
        if not extra.pop("standalone_mode", True):
            return super().main(args, standalone_mode=False, **extra)
        try:
            with heard():
                code = super().main(args, standalone_mode=False, **extra)
        except GridplanError as err:
            for problem in err.problems:
                click.echo(f"Error: {problem}", err=True)
            sys.exit(err.exit_code)
        except click.ClickException as err:
            err.show()
            sys.exit(err.exit_code)
        except (KeyboardInterrupt, click.Abort):
            click.echo("Interrupted.", err=True)
            sys.exit(INTERRUPTED)
        sys.exit(code if isinstance(code, int) else 0)


@click.group(cls=GridplanGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="gridplan")
def gridplan() -> None:
    r"""Divide communities into responsibility grids of 250-500 households.

    \b
    A first run:
      gridplan sample city                    # an invented city with its configuration
      gridplan partition city/sample.toml -o out
      gridplan audit out                      # every promise, recomputed
    """


def keep_lines(command: click.Command) -> None:
    r"""Mark the paragraphs of a help text whose lines click must not join.

    Docstrings are raw, so that click's mark (a backspace) stands in them as ``\b``.
    """
    if command.help:
        command.help = command.help.replace("\\b\n", "\b\n")
    if isinstance(command, click.Group):
        for inner in command.commands.values():
            keep_lines(inner)


for command in (
    init,
    check,
    sample,
    partition,
    redivide,
    batch,
    audit,
    compare,
    map_,
    report,
    codes,
    solve,
):
    gridplan.add_command(command)
keep_lines(gridplan)


def main() -> None:
    """Enter from the console."""
    gridplan()
