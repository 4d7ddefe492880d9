"""What a city, a province and the country would ask of the service: public facts, assumptions with their ranges, the load of any hour."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

FACTS: Mapping[str, tuple[float, str]] = {
    "jurisdictions": (32, "31 provincial-level divisions of the mainland and the Xinjiang Production and Construction Corps"),
    "districts": (2_850, "county-level divisions, about: counties, districts, county-level cities, banners"),
    "city districts": (16, "districts of Beijing"),
    "sampling": (0.3, "least share of the sessions that is inspected (003 §11)"),
    "team": (2, "least members of a team (003 §11)"),
    "working days": (250, "in a year, about"),
}
"""Public, or in the regulation."""


class Case(StrEnum):
    LOW = "low"
    BASE = "base"
    HIGH = "high"


@dataclass(frozen=True)
class Assumption:
    """Nobody has measured it: what would be little, likely and much."""

    low: float
    base: float
    high: float
    meaning: str

    def of(self, case: Case) -> float:
        return float(getattr(self, case.value))


ASSUMPTIONS: Mapping[str, Assumption] = {
    "agencies": Assumption(5, 15, 40, "agencies of a district"),
    "sessions": Assumption(0.5, 1.5, 6, "recognition sessions of an agency in a month"),
    "inspected": Assumption(
        FACTS["sampling"][0], FACTS["sampling"][0], 1, "share of the sessions that is inspected; the regulation's least, up to all"
    ),
    "roster": Assumption(4, 8, 20, "external supervisors of a district, all on the one roster of their center"),
    "session writes": Assumption(4, 6, 10, "mutations about one session: register, assessors, start, hold, results"),
    "inspection writes": Assumption(12, 18, 28, "mutations about one inspection, from the draw to the closed case"),
    "return writes": Assumption(2, 3, 6, "mutations about one monthly return, retries included"),
    "reads": Assumption(4, 8, 16, "queries before each mutation"),
    "pages": Assumption(0.2, 0.3, 0.5, "share of the queries that cost as much as the deep page of 50; the rest as a one-row look-up"),
    "checks": Assumption(2, 10, 50, "blacklist checks of a district and working day"),
    "sign-ins": Assumption(5, 20, 60, "sign-ins of a district and working day"),
    "busiest month": Assumption(1.3, 1.6, 2.5, "its work, as a multiple of the average month's"),
    "last day": Assumption(0.08, 0.15, 0.3, "share of a month's work that falls on its last working day"),
    "busiest hour": Assumption(0.16, 0.2, 0.3, "share of a day's work that falls into its busiest hour; one time zone for all"),
    "returns at once": Assumption(0.3, 0.5, 1, "share of all returns that is filed in the busiest hour of the last working day"),
    "answers": Assumption(10, 18, 20, "lines of a checklist that are answered"),
    "findings": Assumption(1, 2, 4, "findings of an inspection"),
    "largest database": Assumption(32, 64, 128, "cores of the largest machine an institution would buy for one primary"),
}
"""Each may be wrong: the simulation is run with all of them low, likely and high."""

SCALES: Mapping[str, tuple[float, float]] = {
    "one city": (FACTS["city districts"][0], 1),
    "one province": (round(FACTS["districts"][0] / FACTS["jurisdictions"][0]), 1),
    "10 provinces": (round(10 * FACTS["districts"][0] / FACTS["jurisdictions"][0]), 10),
    "all of China": (FACTS["districts"][0], FACTS["jurisdictions"][0]),
}
"""Districts, and centers they belong to."""

YEAR = (0.6, 0.3, 1.0, 1.1, 1.3, 1.5, 0.9, 0.7, 1.1, 1.2, 1.3, 0.6)
"""The months against one another; quiet around the spring festival and in August. How far the busiest stands out is an assumption."""

FIRST_HOUR = 9
DAY = (0.8, 1.0, 0.9, 0.2, 0.5, 0.9, 0.9, 0.8, 0.5)
"""The working hours likewise, from 9 to 18."""

PAGE, ROW, CHECK = "deep page of 50", "one-row look-up", "blacklistCheck of 1"
WRITE, RETURN, SIGN_IN = "ordinary mutation", "monthlyReturnSubmit", "sign-in"
HOUR = 3_600


def part(weights: Sequence[float], one: int, *, busiest: float) -> float:
    """The share of one of several: the heaviest has its own, and the others divide the rest by their weights."""
    heaviest = weights.index(max(weights))
    return busiest if one == heaviest else (1 - busiest) * weights[one] / (sum(weights) - weights[heaviest])


BUSIEST_MONTH, BUSIEST_HOUR = YEAR.index(max(YEAR)), DAY.index(max(DAY))


@dataclass(frozen=True)
class Moment:
    """An hour of the year: month and hour count from nothing; an ordinary working day, or the month's last."""

    month: int = BUSIEST_MONTH
    last: bool = True
    hour: int = BUSIEST_HOUR


@dataclass(frozen=True)
class Country:
    """So many districts below so many centers."""

    districts: float
    centers: float
    case: Case
    but: Mapping[str, Case] = field(default_factory=dict)
    """Assumptions that are of another case."""

    def given(self, name: str) -> float:
        return ASSUMPTIONS[name].of(self.but.get(name, self.case))

    @property
    def sessions(self) -> float:
        """In a year."""
        return self.districts * self.given("agencies") * self.given("sessions") * 12

    @property
    def inspections(self) -> float:
        return self.sessions * self.given("inspected")

    @property
    def returns(self) -> float:
        return self.districts * 12

    @property
    def writes(self) -> float:
        """In a year, without those of the returns."""
        return self.sessions * self.given("session writes") + self.inspections * self.given("inspection writes")

    def rates(self, at: Moment) -> dict[str, float]:
        """Requests a second by operation, on the average of the hour."""
        day = self.given("last day") if at.last else (1 - self.given("last day")) / (FACTS["working days"][0] / 12 - 1)
        hour = part(DAY, at.hour, busiest=self.given("busiest hour"))
        done = part(YEAR, at.month, busiest=self.given("busiest month") / 12) * day * hour
        filed = part(DAY, at.hour, busiest=self.given("returns at once")) if at.last else 0
        write = self.writes * done / HOUR
        returned = self.returns / 12 * self.given("return writes") * filed / HOUR
        read = (write + returned) * self.given("reads")
        check, sign_in = (self.districts * self.given(name) * hour / HOUR for name in ("checks", "sign-ins"))
        pages = read * self.given("pages")
        return {PAGE: pages, ROW: read - pages, CHECK: check, WRITE: write, RETURN: returned, SIGN_IN: sign_in}

    def rows(self) -> dict[str, float]:
        """New rows of a year by table. A draw writes a line for everybody on its center's roster, so that it grows with the square of a center."""
        seats = self.inspections * FACTS["team"][0]
        steps = self.writes + self.returns * self.given("return writes")
        drawn = self.returns * self.given("roster") * self.districts / self.centers
        checked = self.districts * self.given("checks") * FACTS["working days"][0]
        return {
            "recognition_session": self.sessions,
            "assessor": self.sessions * FACTS["team"][0],
            "inspection": self.inspections,
            "draw_pick": self.inspections,
            "draw_person": drawn,
            "assignment": seats,
            "checklist": self.inspections,
            "answer": self.inspections * self.given("answers"),
            "finding": self.inspections * self.given("findings"),
            "signature": seats,
            "opinion_letter": self.inspections,
            "rectification": self.inspections,
            "supervision_report": self.inspections,
            "filing_decision": self.districts * self.given("agencies") * 12,
            "monthly_return": self.returns,
            "event": steps,
            "decision": steps,
            "request": steps,
            "login": self.districts * self.given("sign-ins") * FACTS["working days"][0],
            "blacklist_query": checked,
        }
