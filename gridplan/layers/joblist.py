"""Read a list of jobs: a table whose columns are settings."""

from pathlib import Path

from gridplan.errors import ConfigError
from gridplan.layers.tabular import read_csv
from gridplan.layers.unreadable import UnreadableError


def read_job_rows(path: Path) -> list[dict[str, str]]:
    """Read a CSV of jobs, one a row; empty cells are left out.

    Raises
    ------
    ConfigError
        Where the file is no CSV, or has no column ``config``.
    """
    try:
        table = read_csv(path, None, lambda _: None)
    except (UnreadableError, OSError, ValueError) as error:
        first = str(error).splitlines()[0]
        raise ConfigError(f"{path}: the list of jobs cannot be read: {first}") from error
    columns = [str(column).strip() for column in table.columns]
    if "config" not in columns:
        raise ConfigError(
            f'{path}: no column "config"; a list of jobs names a configuration in every row'
        )
    rows = []
    for values in table.to_numpy(dtype=object).tolist():
        cells = zip(columns, values, strict=True)
        rows.append({name: str(cell).strip() for name, cell in cells if cell is not None})
    return rows
