"""The names of the states and territories by their two letters."""

from __future__ import annotations

_STATES = """\
AL Alabama|AK Alaska|AS American Samoa|AZ Arizona|AR Arkansas|CA California|CO Colorado|CT Connecticut|DE Delaware
DC District of Columbia|FL Florida|GA Georgia|GU Guam|HI Hawaii|ID Idaho|IL Illinois|IN Indiana|IA Iowa|KS Kansas
KY Kentucky|LA Louisiana|ME Maine|MD Maryland|MA Massachusetts|MI Michigan|MN Minnesota|MS Mississippi|MO Missouri
MT Montana|NE Nebraska|NV Nevada|NH New Hampshire|NJ New Jersey|NM New Mexico|NY New York|NC North Carolina
ND North Dakota|MP Northern Mariana Islands|OH Ohio|OK Oklahoma|OR Oregon|PA Pennsylvania|PR Puerto Rico
RI Rhode Island|SC South Carolina|SD South Dakota|TN Tennessee|TX Texas|UT Utah|VT Vermont|VI U.S. Virgin Islands
VA Virginia|WA Washington|WV West Virginia|WI Wisconsin|WY Wyoming"""

STATE_NAMES = {entry[:2]: entry[3:] for entry in _STATES.replace("\n", "|").split("|")}


def name_state(code: str) -> str:
    """Return the state's name; the code itself when it is not known."""
    return STATE_NAMES.get(code, code)
