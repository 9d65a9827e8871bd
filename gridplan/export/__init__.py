"""Writing a plan: GeoPackage, run record, and the folder they appear in."""

from gridplan.export.findings import write_findings
from gridplan.export.folder import MARKER, OUTPUT_NAMES, OutputFolder, open_output
from gridplan.export.package import FORMATS, Wish, spoken, with_plan, write_package
from gridplan.export.plan import GPKG_VERSION, write_plan
from gridplan.export.qgis import write_qgis
from gridplan.export.run import RUN_FORMAT, mask_credentials, write_run
from gridplan.export.whole import write_whole

__all__ = [
    "FORMATS",
    "GPKG_VERSION",
    "MARKER",
    "OUTPUT_NAMES",
    "RUN_FORMAT",
    "OutputFolder",
    "Wish",
    "mask_credentials",
    "open_output",
    "spoken",
    "with_plan",
    "write_findings",
    "write_package",
    "write_plan",
    "write_qgis",
    "write_run",
    "write_whole",
]
