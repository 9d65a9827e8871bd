"""The register: every code for life, in one store that outlives plans."""

from gridplan.register.adopt import ABOUT_REGISTER, Adopted, adopt, retire
from gridplan.register.changes import EventKind
from gridplan.register.draft import Draft, Place, draft_of, read_draft
from gridplan.register.history import tell_history
from gridplan.register.states import with_states
from gridplan.register.store import Register, open_register
from gridplan.register.verify import check_table, is_sound, verify
from gridplan.register.views import (
    configured_standing,
    read_about,
    read_adoptions,
    read_codes,
    read_events,
    read_flows,
    read_standing,
    register_tables,
)

__all__ = [
    "ABOUT_REGISTER",
    "Adopted",
    "Draft",
    "EventKind",
    "Place",
    "Register",
    "adopt",
    "check_table",
    "configured_standing",
    "draft_of",
    "is_sound",
    "open_register",
    "read_about",
    "read_adoptions",
    "read_codes",
    "read_draft",
    "read_events",
    "read_flows",
    "read_standing",
    "register_tables",
    "retire",
    "tell_history",
    "verify",
    "with_states",
]
