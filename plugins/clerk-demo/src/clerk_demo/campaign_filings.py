"""What the Campaign API v101 says of filings, filers and elections, one record each."""

from __future__ import annotations

from datetime import date
from typing import Any

from clerk_demo.committees import Committee
from clerk_demo.draws import hex_key, make_uuid
from clerk_demo.history import Filing
from clerk_demo.reports import ELECTION
from clerk_demo.words import OFFICES
from clerk_demo.worlds import World

KINDS = {"CTL": "Candidate or Officeholder", "RCP": "Recipient Committee", "BMC": "Ballot Measure Committee"}
Item = dict[str, Any]


def name_filing(filing: Filing) -> str:
    """Return the filingNid of a filing."""
    return make_uuid("filing", filing.filing_id)


def name_filer(committee: Committee) -> str:
    """Return the filerNid of a committee."""
    return str(int(hex_key("filer", committee.local_id)[:12], 16))


def name_activity(filing: Filing) -> str:
    """Return what the API calls the making of a filing."""
    return "FiledAmendment" if filing.version else "FiledOriginal"


def write_filing(world: World, filing: Filing) -> Item:
    """Return a filing as the API lists it; versions of a report share originalFilingId."""
    report, committee = filing.report, filing.report.committee
    first = filing
    while first.replaces:
        first = first.replaces
    specification = {"org": "CAL", "name": f"FPPC{report.form}", "version": "2.0"}
    return {
        "apiVersion": "V101",
        "filingNid": name_filing(filing),
        "filingVersion": 1,
        "visibilityLevel": "Public",
        "filingActivityType": name_activity(filing),
        "calculatedDate": filing.filed.isoformat(),
        "filingAuthority": "NetFileAgencyAdmin",
        "originalFilingId": first.filing_id,
        "specificationRef": specification,
        "filingMeta": _write_meta(filing),
        "filerMeta": {
            "filerId": name_filer(committee),
            "commonName": committee.name,
            "status": "Active",
            "phoneList": [],
            "emailList": [],
            "addressList": [],
            "strings": {"Registration_CA SOS": committee.state_id, "RegType1": KINDS[committee.kind]},
            "numbers": {},
            "dates": {},
            "booleans": {},
        },
        "agencyMeta": {
            "aid": world.agency.aid,
            "clientDataspaceId": "1",
            "applicationDataspaceId": "2",
            "strings": {"Application": "CAMPAIGN"},
            "numbers": {},
            "dates": {},
            "booleans": {},
        },
        "hasEfileContent": True,
        "contentItems": [],
        "activities": [],
    }


def _write_meta(filing: Filing) -> Item:
    report = filing.report
    return {
        "specificationKey": f"CAL:FPPC{report.form}:2.0",
        "issuedFilingId": filing.filing_id,
        "mechanismType": "Electronic",
        "formId": make_uuid("form", report.form),
        "legalFilingDateTime": f"{filing.filed}T17:00:00.0000000+00:00",
        "legalFilingDate": filing.filed.isoformat(),
        "startDate": report.start.isoformat() if report.periodic else None,
        "endDate": report.end.isoformat() if report.periodic else None,
        "amendmentType": "Amendment" if filing.version else "None",
        "amendmentSequence": filing.version or None,
        "amendmentDescription": None,
        "reportNumber": report.reference,
        "vendorName": "NetFile",
        "vendorVersion": "1.0",
        "vendorTrackingId": None,
        "notes": {},
        "strings": {},
        "numbers": {},
        "dates": {},
        "booleans": {"IsTermination": False, "IsPublic": True},
    }


def write_filer(world: World, committee: Committee) -> Item:
    """Return a committee as the API lists it."""
    last, first = committee.candidate
    return {
        "filerNid": name_filer(committee),
        "visibilityLevel": "Public",
        "filerName": committee.name,
        "candidateName": f"{last}, {first}" if last else None,
        "aid": world.agency.aid,
        "adsid": 2,
        "isTerminated": False,
        "committeeTypes": [KINDS[committee.kind]],
        "nameHistory": [],
        "addressList": [],
        "phoneList": [],
        "emailList": [],
        "statusItemList": [{"status": "ACTIVE", "date": f"{world.agency.year - 1}-12-01T12:00:00.0000000+00:00"}],
        "registrations": {"CA SOS": committee.state_id},
        "officers": [],
        "electionInfluences": [],
    }


def write_election(world: World) -> Item:
    """Return the election of the year with its seats, measures and candidates."""
    year, aid = world.agency.year, world.agency.aid
    day = date(year, *ELECTION)
    nid = _number("election", aid, year)
    seats = [
        {
            "seatNid": _number("seat", aid, year, code),
            "electionNid": nid,
            "seatOfficeNid": _number("office", aid, code),
            "seatCaption": name,
            "officeName": name,
        }
        for name, code in OFFICES
    ]
    return {
        "electionNid": nid,
        "aid": aid,
        "electionDate": day.isoformat(),
        "electionCaption": f"{day.month}/{day.day}/{year} - General",
        "isPublic": True,
        "electionCodes": "General",
        "measures": [_write_measure(nid, one) for one in world.committees if one.measure],
        "seats": seats,
        "candidates": [_write_candidate(aid, year, one) for one in world.committees if one.office],
    }


def _write_measure(election: str, committee: Committee) -> Item:
    return {
        "measureNid": _number("measure", election, committee.number),
        "electionNid": election,
        "measureNumber": committee.measure.removeprefix("Measure "),
        "measureDescription": committee.measure,
    }


def _write_candidate(aid: str, year: int, committee: Committee) -> Item:
    last, first = committee.candidate
    return {
        "candidateNid": _number("candidate", committee.local_id),
        "candidateName": f"{last}, {first}",
        "seatNid": _number("seat", aid, year, committee.office),
        "isIncumbent": False,
        "isWinner": False,
        "partyAffiliationId": "0",
        "partyAffiliationName": "",
    }


def _number(*parts: object) -> str:
    return str(100_000_000 + int(hex_key(*parts)[:7], 16))
