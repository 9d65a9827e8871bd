"""The configuration: one TOML file, checked as a whole, as typed sections."""

from gridplan.config.model import Config
from gridplan.config.reference import json_schema

__all__ = ["Config", "json_schema"]
