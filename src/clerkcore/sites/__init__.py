"""Sites: the folder each one has, the site.toml that describes it, and the states that states.json names."""

from clerkcore.sites.layout import SiteFolder, check_subdomain
from clerkcore.sites.registry import (
    enable_in_file,
    find_sites,
    load_site,
    parse_site,
    pilot_sites,
    pilot_states,
    pilot_text,
    read_kind,
    read_site,
    read_state,
    rename_folder,
    render_site,
    write_site,
)
from clerkcore.sites.states_file import MOST_HOURS, StateEntry, parse_states, read_states, states_path

__all__ = [
    "MOST_HOURS",
    "SiteFolder",
    "StateEntry",
    "check_subdomain",
    "enable_in_file",
    "find_sites",
    "load_site",
    "parse_site",
    "parse_states",
    "pilot_sites",
    "pilot_states",
    "pilot_text",
    "read_kind",
    "read_site",
    "read_state",
    "read_states",
    "rename_folder",
    "render_site",
    "states_path",
    "write_site",
]
