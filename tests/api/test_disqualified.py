"""取消资格 shows on the agency (000 §20): day and number of the decision, and a filter; to who may read the case."""

import pytest

from models.agency_cases import AgencyCaseStatus
from tests.api.test_agency_cases import DISQUALIFY, on
from tests.making_voices import LADDERS, accused, ruled
from tests.world import World, shown

pytestmark = pytest.mark.anyio

STANDING = "query($id: ID!) { agency(id: $id) { disqualifiedOn disqualificationNumber } }"
GONE = "query($f: AgencyFilter) { agencies(first: 20, filter: $f) { nodes { id } } }"


@pytest.mark.requirement("Y069")
@pytest.mark.parametrize("profile", ["beijing", "yunnan"])
async def test_a_disqualified_agency_says_so(world: World, yunnan: World, elsewhere: World, profile: str) -> None:
    here = world if profile == "beijing" else yunnan
    if profile == "beijing":
        await ruled(world, *LADDERS)
    agency, center = shown("agc", here.agencies[0].id), {"eq": shown("ctr", here.center.id)}
    case = await accused(here, to=AgencyCaseStatus.HR_REFERRED)
    none = {"disqualifiedOn": None, "disqualificationNumber": None}
    assert (await here.done("center_clerk", STANDING, id=agency))["agency"] == none
    assert (await here.done("center_clerk", GONE, f={"center": center, "disqualified": True}))["agencies"]["nodes"] == []
    await here.done("center_admin", DISQUALIFY, input=on(case, number="人社决〔2026〕2号", decidedOn="2026-09-15"))
    said = {"disqualifiedOn": "2026-09-15", "disqualificationNumber": "人社决〔2026〕2号"}
    for asker in ("center_clerk", "agency_admin_0", *(["district_clerk_0"] if here.districts else [])):
        assert (await here.done(asker, STANDING, id=agency))["agency"] == said, asker
        assert (await here.done(asker, GONE, f={"center": center, "disqualified": True}))["agencies"]["nodes"] == [{"id": agency}], asker
    others = (await here.done("center_clerk", GONE, f={"center": center, "disqualified": False}))["agencies"]["nodes"]
    assert [one["id"] for one in others] == [shown("agc", one.id) for one in reversed(here.agencies[1:])]
    for home, asker in ((here, "agency_admin_1"), (elsewhere, "center_clerk"), *([(here, "district_clerk_1")] if here.districts else [])):
        assert (await home.done(asker, STANDING, id=agency))["agency"] == none, asker
