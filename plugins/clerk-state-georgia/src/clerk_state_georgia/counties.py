"""Georgia's 159 counties, in the alphabetical order by which the state numbers them."""

from __future__ import annotations

from clerkcore.rosters import county_field

_NAMES = """
Appling Atkinson Bacon Baker Baldwin Banks Barrow Bartow Ben_Hill Berrien Bibb Bleckley Brantley Brooks Bryan
Bulloch Burke Butts Calhoun Camden Candler Carroll Catoosa Charlton Chatham Chattahoochee Chattooga Cherokee
Clarke Clay Clayton Clinch Cobb Coffee Colquitt Columbia Cook Coweta Crawford Crisp Dade Dawson Decatur
DeKalb Dodge Dooly Dougherty Douglas Early Echols Effingham Elbert Emanuel Evans Fannin Fayette Floyd Forsyth
Franklin Fulton Gilmer Glascock Glynn Gordon Grady Greene Gwinnett Habersham Hall Hancock Haralson Harris
Hart Heard Henry Houston Irwin Jackson Jasper Jeff_Davis Jefferson Jenkins Johnson Jones Lamar Lanier Laurens
Lee Liberty Lincoln Long Lowndes Lumpkin Macon Madison Marion McDuffie McIntosh Meriwether Miller Mitchell
Monroe Montgomery Morgan Murray Muscogee Newton Oconee Oglethorpe Paulding Peach Pickens Pierce Pike Polk
Pulaski Putnam Quitman Rabun Randolph Richmond Rockdale Schley Screven Seminole Spalding Stephens Stewart
Sumter Talbot Taliaferro Tattnall Taylor Telfair Terrell Thomas Tift Toombs Towns Treutlen Troup Turner
Twiggs Union Upson Walker Walton Ware Warren Washington Wayne Webster Wheeler White Whitfield Wilcox Wilkes
Wilkinson Worth
"""

COUNTIES = tuple(name.replace("_", " ") for name in _NAMES.split())

# "Appling" and "APPLING COUNTY" alike; the state's number is a word of its own, "001".
SPELLINGS = {spelling: county for county in COUNTIES for spelling in (county, f"{county} County")}
NUMBERS = {f"{number:03}": county for number, county in enumerate(COUNTIES, 1)}

BY_NAME = county_field(("County", "County Name"), SPELLINGS)
BY_NUMBER = county_field(("County Number",), NUMBERS)
