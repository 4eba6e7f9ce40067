"""The technicians of a simulated MSP."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from mesh.demo.company import Company
from mesh.demo.desk import SKILLS
from mesh.demo.names import FIRST_NAMES, LAST_NAMES

SEATS_EACH = 110
SHIFTS = (("07:00", "15:30"), ("08:00", "16:30"), ("09:00", "17:30"), ("10:00", "18:30"))


@dataclass(frozen=True)
class People:
    """`by_skill` gives the technicians (by number, 0 and up) that have each skill; never none."""

    ids: list[str]
    skills: list[list[str]]
    by_skill: dict[str, list[int]]


def draw(of: Company, seats: float) -> People:
    """As many technicians as the clients' seats need; every skill is somebody's."""
    chance = of.chance("people")
    count = max(4, round(seats / SEATS_EACH))
    skills: list[list[str]] = []
    for number in range(count):
        wanted = int(chance.integers(2, 5))
        mine = [SKILLS[number % len(SKILLS)], *(SKILLS[p] for p in chance.permutation(len(SKILLS))[:wanted])]
        skills.append(list(dict.fromkeys(mine)))
    for place, skill in enumerate(SKILLS):
        if not any(skill in mine for mine in skills):
            skills[place % count].append(skill)
    by_skill = {skill: [n for n, mine in enumerate(skills) if skill in mine] for skill in SKILLS}
    return People([of.id("p", number + 1) for number in range(count)], skills, by_skill)


def rows(of: Company, people: People) -> list[dict[str, Any]]:
    """Rows of kind `technicians`; one in five works four days."""
    chance = of.chance("shifts")
    days = ["mon", "tue", "wed", "thu", "fri"]
    firsts = chance.permutation(len(FIRST_NAMES))
    made = []
    for number, (person, skills) in enumerate(zip(people.ids, people.skills, strict=True)):
        start, end = SHIFTS[int(chance.integers(len(SHIFTS)))]
        mine = list(days)
        if chance.random() < 0.2:
            del mine[int(chance.integers(5))]
        latitude, longitude = np.round(chance.normal(0, 0.06, 2), 5).tolist()
        first = FIRST_NAMES[firsts[number % len(FIRST_NAMES)]]
        last = LAST_NAMES[int(chance.integers(len(LAST_NAMES)))]
        again = number // len(FIRST_NAMES)
        made.append(
            {
                "id": person,
                "simulated": True,
                "name": f"{first} {last}{f' {again + 1}' if again else ''}",
                "skills": skills,
                "region": of.town.region,
                "hours_per_week": 8.0 * len(mine),
                "workdays": mine,
                "shift_start": start,
                "shift_end": end,
                "timezone": of.town.timezone,
                "hourly_cost": round(float(of.price * chance.uniform(32, 58) + 3 * len(skills)), 2),
                "latitude": round(of.town.latitude + latitude, 5),
                "longitude": round(of.town.longitude + longitude, 5),
            }
        )
    return made
