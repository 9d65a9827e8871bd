"""An input section of a configuration, without a configuration."""

import dataclasses
from pathlib import Path


@dataclasses.dataclass(frozen=True)
class Section:
    """What every input may say about its source."""

    path: Path | str | None
    layer: str | None = None
    where: str | None = None
    encoding: str | None = None
    crs: str | None = None
    datum: str | None = None
