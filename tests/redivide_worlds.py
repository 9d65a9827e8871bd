"""A chess town that changes: households, buildings and communities from one year to the next."""

from collections.abc import Mapping
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridplan.config import Config
from tests.jobs import CONFIG, CRS, squares

PLAIN = CONFIG.replace("maps = []", 'maps = []\nreport = false\ntables = ["csv"]').replace(
    '[inputs.zones.police]\nlayer = "police"\nid = "station"\n', ""
)
WEST, EAST = "110101001001", "110101001002"


class Town:
    """Units u00 to u31 of 100 households on a board of 8 x 4 squares, in two communities."""

    def __init__(self) -> None:
        shapes = squares(8, 4)
        self.units = pd.DataFrame(
            {
                "id": [f"u{i:02d}" for i in range(32)],
                "households": 100,
                "code": np.where(np.arange(32) % 8 < 4, WEST, EAST),
                "geometry": shapes,
            }
        ).set_index("id", drop=False)

    def grow(self, households: Mapping[str, int]) -> "Town":
        """Give units another number of households."""
        for unit, count in households.items():
            self.units.loc[unit, "households"] = count
        return self

    def remove(self, *units: str) -> "Town":
        """Tear units down; their ground stays."""
        self.units = self.units.drop(index=list(units))
        return self

    def add(self, new: str, beside: str, households: int) -> "Town":
        """Build a new unit on the eastern half of another one's ground."""
        shape = self.units.loc[beside, "geometry"]
        west, south, east, north = shape.bounds
        half = (west + east) / 2
        code = self.units.loc[beside, "code"]
        self.units.loc[beside, "geometry"] = shapely.box(west, south, half, north)
        self.units.loc[new] = [new, households, code, shapely.box(half, south, east, north)]
        return self

    def rename(self, names: Mapping[str, str]) -> "Town":
        """Give units new ids."""
        self.units["id"] = [names.get(unit, unit) for unit in self.units["id"]]
        self.units = self.units.set_index("id", drop=False)
        return self

    def write(
        self, folder: Path, config: str = PLAIN, codes: Mapping[str, str] | None = None
    ) -> Config:
        """Write the town; ``codes`` gives communities other codes, or one to several."""
        folder.mkdir(parents=True, exist_ok=True)
        ground = gpd.GeoDataFrame(
            {"code": np.where(np.arange(32) % 8 < 4, WEST, EAST)}, geometry=squares(8, 4), crs=CRS
        )
        ground["code"] = ground["code"].replace(dict(codes or {}))
        homes = ground.dissolve("code", as_index=False)
        homes["name"] = homes["code"]
        units = gpd.GeoDataFrame(self.units[["id", "households", "geometry"]], crs=CRS)
        path = folder / "town.gpkg"
        path.unlink(missing_ok=True)
        homes.to_file(path, layer="communities", driver="GPKG")
        units.reset_index(drop=True).to_file(path, layer="units", driver="GPKG")
        (folder / "town.toml").write_text(config, encoding="utf-8")
        return Config.load(folder / "town.toml")


def table(out: Path, name: str) -> pd.DataFrame:
    """A table as it was written: text, and whole numbers where the name says so."""
    found = pd.read_csv(
        out / "tables" / f"{name}.csv", dtype=str, keep_default_na=False, encoding="utf-8-sig"
    )
    names = ("households", "units")
    counts = [c for c in found if c.startswith(names) and c != "households_method"]
    return found.astype(dict.fromkeys(counts, "int64"))
