"""Word lists of the simulated world: plainly invented, with the commas, quotes and accents real texts have."""

from __future__ import annotations

FIRST_NAMES = ("Alma", "Bruno", "Célia", "Dov", "Edda", "Fenna", "Gil", "Hedy", "Ivo", "José", "Kaia", "Lou J.", "Zoë")
SURNAMES = (
    "Demoson",
    "Exampleby",
    "Fauxberg",
    "Fictivo",
    "Inventado",
    "Madeupski",
    "Mockridge",
    "Nuñez-Sample",
    "O'Dummy",
    "Placeholder",
    "Sampleton",
    "Testwell",
)
EMPLOYERS = (
    "Acme Placeholder Works",
    "Café Ejemplo",
    "Demo County Schools",
    "Invented Logistics, Inc.",
    "N/A",
    "None",
    "Sample, Sample & Mock LLP",
    'The "Quoted" Bakery',
)
OCCUPATIONS = ("Attorney", "Baker", "Consultant", "Engineer", "Retired", "Teacher", "Writer, freelance")
VENDORS = (
    "Example Print & Mail, Inc.",
    "Fictional Payroll Services",
    "Imprenta Mañana",
    "Mock Media Group",
    "Pretend Consulting LLC",
    'Signs "R" Simulated',
)
PURPOSES = ("", "", "", "Canvassing", "Digital ads", "Mailer", 'Mailer, "second drop"', "Payroll", "Señal de jardín")
CITIES = (("Demo Beach", "00410"), ("Mockton", "00620"), ("Sampleville", "00100"), ("San Ejemplo", "00530-0001"))
OFFICES = (("Council", "CCM"), ("Mayor", "MAY"), ("City Attorney", "CAT"))
CAUSES = ("Better Samples", "Fictional Parks", "a Mock Library", "Simulated Streets")
