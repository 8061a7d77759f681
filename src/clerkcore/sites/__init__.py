"""Sites: the folder each one has, and the site.toml that describes it."""

from clerkcore.sites.layout import SiteFolder, check_subdomain
from clerkcore.sites.registry import (
    enable_in_file,
    find_sites,
    load_site,
    parse_site,
    pilot_sites,
    pilot_text,
    read_kind,
    read_site,
    read_state,
    rename_folder,
    render_site,
    write_site,
)

__all__ = [
    "SiteFolder",
    "check_subdomain",
    "enable_in_file",
    "find_sites",
    "load_site",
    "parse_site",
    "pilot_sites",
    "pilot_text",
    "read_kind",
    "read_site",
    "read_state",
    "rename_folder",
    "render_site",
    "write_site",
]
