"""The sector a contribution comes from, by rule. Method "sectors", version 1.

The first rule that fits decides: the donor's entity code, then words in occupation and employer, or in the name of
an organisation. A name is an organisation's only where the entity code says so: a publisher that tells no code may
have written "Church, Mary". Assumption: what people write of their work is true. Limits: it tells a person's line of
work, not whom they speak for; "other" is what no rule knows. It judges nobody.
"""

from __future__ import annotations

import re
from functools import lru_cache

VERSION = 1
METHOD = f"sectors, version {VERSION}"
OTHER, UNKNOWN = "other", "not told"
ORGANISATIONS = frozenset(("OTH", "COM", "PTY", "RCP", "SCC"))  # entity codes of donors that are no persons
_ENTITIES = {"PTY": "party", "COM": "committee", "RCP": "committee", "SCC": "committee"}
_RULES = {
    "labour": "union local afl cio seiu afscme ibew teamsters laborers firefighters carpenters",
    "retired": "retired retiree",
    "not employed": "unemployed homemaker student",
    "law": "attorney attorneys lawyer lawyers law legal paralegal judge",
    "real estate": "realtor realtors realty estate developer developers development builder builders housing property"
    " properties apartment apartments landlord architect architects construction contractor contractors",
    "health": "physician doctor nurse nurses medical health hospital dentist dental pharmacist therapist"
    " psychologist clinic healthcare",
    "education": "teacher teachers professor education educator school schools university college librarian",
    "technology": "software engineer engineers engineering programmer technology tech computer biotech scientist data",
    "finance": "bank banker banking finance financial investor investment investments insurance accountant"
    " accounting capital cpa",
    "government": "city county state federal government councilmember mayor supervisor police fire sheriff navy"
    " military public",
    "hospitality": "restaurant restaurants hotel hotels bar brewery tourism hospitality chef",
    "arts and media": "artist writer media journalist music musician film photographer designer publisher",
    "business": "owner ceo president executive director manager management consultant consulting sales marketing"
    " entrepreneur business self",
    "non-profit": "nonprofit foundation charity church pastor minister",
}
_SECTOR_OF = {word: sector for sector, words in reversed(_RULES.items()) for word in words.split()}
_RANK = {sector: place for place, sector in enumerate(_RULES)}
_NOTHING = frozenset(("", "n/a", "na", "none", "information requested", "requested", "unknown", "-"))
_WORD = re.compile(r"[a-z]+")


@lru_cache(maxsize=100_000)
def sector_of(entity_cd: str, occupation: str, employer: str, organisation: str) -> str:
    """Return the sector of a donor; `organisation` is its name where its entity code says that it is one."""
    if entity_cd in _ENTITIES:
        return _ENTITIES[entity_cd]
    told = [text for text in (occupation, employer, organisation) if text.strip().casefold() not in _NOTHING]
    if not told:
        return UNKNOWN
    for text in told:
        found = {_SECTOR_OF[word] for word in _WORD.findall(text.casefold()) if word in _SECTOR_OF}
        if found:
            return min(found, key=_RANK.__getitem__)
    return OTHER
