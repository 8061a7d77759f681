"""Simulated upstreams over real HTTP: NetFile Connect2 and Florida's county ballot reports."""

from clerk_demo.faults import Faults
from clerk_demo.florida import county_file
from clerk_demo.netfile import agency_year
from clerk_demo.replay import Replay
from clerk_demo.samples import write_netfile_csv, write_netfile_json_pages
from clerk_demo.simulator import Simulator

__all__ = [
    "Faults",
    "Replay",
    "Simulator",
    "agency_year",
    "county_file",
    "write_netfile_csv",
    "write_netfile_json_pages",
]
