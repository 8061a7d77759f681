"""Who stands on a row: invented contributors, vendors and candidates, as Connect2's columns."""

from __future__ import annotations

from random import Random

from clerk_demo.words import CITIES, EMPLOYERS, FIRST_NAMES, OCCUPATIONS, OFFICES, PURPOSES, SURNAMES, VENDORS

Fields = dict[str, str]


def draw_person(chance: Random) -> Fields:
    """Return a person with place, employer and occupation."""
    name = {"Entity_Cd": "IND", "Tran_NamL": chance.choice(SURNAMES), "Tran_NamF": chance.choice(FIRST_NAMES)}
    return name | draw_place(chance) | {"Tran_Emp": chance.choice(EMPLOYERS), "Tran_Occ": chance.choice(OCCUPATIONS)}


def draw_vendor(chance: Random) -> Fields:
    """Return a firm with place and what it was paid for."""
    name = {"Entity_Cd": "OTH", "Tran_NamL": chance.choice(VENDORS)}
    return name | draw_place(chance) | {"Tran_Dscr": chance.choice(PURPOSES)}


def draw_place(chance: Random) -> Fields:
    """Return a town with its ZIP code."""
    city, zip_code = chance.choice(CITIES)
    return {"Tran_City": city, "Tran_ST": "CA", "Tran_Zip4": zip_code}


def draw_candidate(chance: Random) -> Fields:
    """Return a candidate, whom the row supports or opposes."""
    fields = {"Cand_NamL": chance.choice(SURNAMES), "Cand_NamF": chance.choice(FIRST_NAMES)}
    return fields | {"Office_Cd": chance.choice(OFFICES)[1], "Juris_Cd": "CIT", "Sup_Opp_Cd": chance.choice("SSSO")}
