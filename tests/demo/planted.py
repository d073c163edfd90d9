"""What is planted in the demo, for tests that must find it again. EPCI -> (members expected, members observed).

Expected members follow indirect standardisation: each stratum's members over its firms (segment x size class of
``analytics.sizes``, whole region), summed over the EPCI's firms.
"""

from __future__ import annotations

FIRMS = 18_000
JOBS = 63_000
ESTABLISHMENTS = 18_700
MEMBERS = 400
MEMBER_JOBS = 17_000
MEMBERS_IN_PERIMETER = 391
MEMBERS_BY_NAME = 35

TOO_FEW: dict[str, tuple[float, int]] = {
    "200027183": (13.49, 3),  # Perpignan Méditerranée Métropole
    "243000643": (13.33, 3),  # Nîmes Métropole
    "200068641": (10.20, 3),  # Le Muretain Agglo
    "243400769": (8.67, 2),  # Béziers-Méditerranée
    "200023737": (4.45, 1),  # Grand Cahors
    "248200099": (4.26, 1),  # Grand Montauban
    "241100593": (4.05, 1),  # Le Grand Narbonne
    "200066918": (3.06, 1),  # Alès Agglomération
}
TOO_MANY: dict[str, tuple[float, int]] = {
    "248100430": (4.23, 12),  # Castres Mazamet
    "200069300": (3.99, 11),  # Tarbes-Lourdes-Pyrénées
}
METROPOLES = ("243100518", "243400017")  # Toulouse, Montpellier: near their expectation

# Open digital establishments of the region on each 1 January.
OPEN_ON: dict[int, int] = {
    2011: 12_606,
    2012: 12_997,
    2013: 13_373,
    2014: 13_775,
    2015: 14_133,
    2016: 14_599,
    2017: 15_110,
    2018: 15_579,
    2019: 16_139,
    2020: 16_688,
    2021: 17_055,
    2022: 17_789,
    2023: 18_340,
    2024: 18_267,
    2025: 17_956,
    2026: 18_333,
}
