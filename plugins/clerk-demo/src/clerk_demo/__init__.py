"""Simulated upstreams over real HTTP: NetFile's ways of publishing, San Diego's eFile and Florida's ballot reports."""

from clerk_demo.amendments import Change
from clerk_demo.faults import Faults
from clerk_demo.florida import county_file
from clerk_demo.history import Event, Filing
from clerk_demo.netfile import agency_year
from clerk_demo.portals import CAMPAIGN_KEY, CAMPAIGN_SECRET
from clerk_demo.replay import Replay
from clerk_demo.samples import (
    write_campaign_pages,
    write_efile_pages,
    write_netfile_csv,
    write_netfile_excel,
    write_netfile_json_pages,
    write_netfile_sheets,
)
from clerk_demo.simulator import Simulator
from clerk_demo.streams import rows_stream
from clerk_demo.truth import Totals
from clerk_demo.worlds import World, finance_world

__all__ = [
    "CAMPAIGN_KEY",
    "CAMPAIGN_SECRET",
    "Change",
    "Event",
    "Faults",
    "Filing",
    "Replay",
    "Simulator",
    "Totals",
    "World",
    "agency_year",
    "county_file",
    "finance_world",
    "rows_stream",
    "write_campaign_pages",
    "write_efile_pages",
    "write_netfile_csv",
    "write_netfile_excel",
    "write_netfile_json_pages",
    "write_netfile_sheets",
]
