"""How each kind of answer is come by, its version and what to bear in mind: told with every answer."""

from __future__ import annotations

from clerkcore.finance import candidates, matching, names, totals

TOTALS = (
    "contributions are schedules A and C, expenditures E, each with late reports that no Form 460 covers"
    f" (totals, version {totals.VERSION}): memos and empty amounts add nothing"
)
CANDIDATES = (
    f"candidates are merged by normalised name ({names.METHOD}), their committees are those that the publisher tells"
    f" or whose name begins with theirs (candidates, version {candidates.VERSION}), and sums are as in totals"
    f" (version {totals.VERSION}): a committee of another name is missed, and two people may share one name"
)
AMENDMENTS = (
    f"rows of two versions of a filing are matched (rows, version {matching.VERSION}): of several with one date, payee"
    " and amount, which became which is a guess, and an inferred amendment is clerk's conclusion"
)
DONORS = (
    f"donors are merged by normalised name ({names.METHOD}): two people may share one name, and a misspelt name stays"
    " apart"
)
FILERS = f"{TOTALS}; {AMENDMENTS}"
