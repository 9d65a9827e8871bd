"""An invented city of any size, seeded, with the hard cases of the field in it."""

from gridplan.sample.city import City, make_city
from gridplan.sample.write import config_text, write_city

__all__ = ["City", "config_text", "make_city", "write_city"]
