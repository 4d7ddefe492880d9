from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from models.credit import CreditEntry
from models.events import Event
from tests.world import World, codes, key, shown

pytestmark = pytest.mark.anyio

RECORD = """mutation($input: CreditEntryRecordInput!) { creditEntryRecord(input: $input) {
  replayed event { step } creditEntry { id ground facts occurredOn recordedBy { id } organization { id } } } }"""
LIST = """query($filter: CreditEntryFilter, $orderBy: CreditEntryOrderBy) { creditEntries(first: 9, filter: $filter, orderBy: $orderBy) {
  totalCount nodes { id } } }"""
GROUNDS = ["FRAUD_IN_RECOGNITION", "SERIOUS_VIOLATION", "ADVERSE_SOCIAL_IMPACT", "SAFETY_ACCIDENT", "MASS_INCIDENT"]


def entry(world: World, agency: int = 0, **other: object) -> dict[str, object]:
    said = {"agency": shown("agc", world.agencies[agency].id), "ground": "SAFETY_ACCIDENT", "document": "事故通报", "facts": "设备起火"}
    return {**said, "occurredOn": "2026-09-01", "idempotencyKey": key()} | other


def why(answer: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = answer["errors"][0]["extensions"]
    return found


@pytest.mark.requirement("B055", "B056", "B057", "A20")
@pytest.mark.parametrize("ground", GROUNDS)
async def test_both_tiers_keep_the_archive_and_the_agency_reads_its_own(world: World, ground: str) -> None:
    writer = "center_clerk" if GROUNDS.index(ground) % 2 else "district_clerk_0"
    done = (await world.done(writer, RECORD, input=entry(world, ground=ground)))["creditEntryRecord"]
    assert (done["event"]["step"], done["creditEntry"]["ground"], done["creditEntry"]["occurredOn"]) == ("RECORD", ground, "2026-09-01")
    assert done["creditEntry"]["recordedBy"] == {"id": shown("per", world.actors[writer].person_id)}
    readers = {"center_admin": 1, "center_auditor": 1, "district_dispatcher_0": 1, "agency_admin_0": 1, "agency_clerk_0": 1}
    for asker, count in (readers | {"district_admin_1": 0, "agency_admin_1": 0, "agency_admin_2": 0}).items():
        assert (await world.done(asker, LIST))["creditEntries"]["totalCount"] == count, asker


@pytest.mark.requirement("B055")
async def test_an_entry_is_never_changed(world: World) -> None:
    await world.done("center_clerk", RECORD, input=entry(world))
    (row,) = await world.rows(CreditEntry, center_id=world.center.id)
    for statement in ("UPDATE credit_entry SET facts = '无'", "DELETE FROM credit_entry"):
        with pytest.raises(Exception, match="never changed"):
            async with world.transaction() as session:
                await (await session.connection()).execute(text(f"{statement} WHERE id = '{row.id}'"))


async def test_who_writes_about_whom(world: World, elsewhere: World, yunnan: World) -> None:
    for asker in ("district_admin_1", "district_dispatcher_0", "agency_admin_0", "center_dispatcher", "center_auditor"):
        assert codes(await world.ask(asker, RECORD, input=entry(world))) == ["FORBIDDEN"], asker
    assert codes(await elsewhere.ask("center_admin", RECORD, input=entry(world))) == ["FORBIDDEN"]
    none = await yunnan.ask("center_admin", RECORD, input=entry(yunnan))
    assert (codes(none), why(none)["rule"], why(none)["article"]) == (["RULE_NOT_MET"], "credit.none", "000 §20")
    for said, problem in ((entry(world, occurredOn="2026-09-17"), "future"), (entry(world, document=" "), "required")):
        answer = await world.ask("center_clerk", RECORD, input=said)
        assert (codes(answer), why(answer)["problem"]) == (["BAD_USER_INPUT"], problem)
    for home in (world, yunnan):
        assert await home.rows(CreditEntry, center_id=home.center.id) == []
        assert await home.rows(Event, center_id=home.center.id, subject_kind="CreditEntry") == []


async def test_entries_are_found_by_what_one_asks_for(world: World) -> None:
    made = [
        (await world.done("center_clerk", RECORD, input=entry(world, agency, occurredOn=day, ground=ground), at=world.now + timedelta(hours=n)))
        for n, (agency, day, ground) in enumerate(((0, "2026-09-10", "MASS_INCIDENT"), (2, "2026-09-01", "SAFETY_ACCIDENT")))
    ]
    first, second = (one["creditEntryRecord"]["creditEntry"]["id"] for one in made)

    async def found(**filter: object) -> list[str]:
        by = {"field": "OCCURRED_ON", "direction": "ASC"}
        return [one["id"] for one in (await world.done("center_admin", LIST, filter=filter, orderBy=by))["creditEntries"]["nodes"]]

    assert await found() == [second, first]
    assert await found(ground={"eq": "MASS_INCIDENT"}) == [first]
    assert await found(district={"eq": shown("dst", world.districts[1].id)}) == [second]
    assert await found(occurredOn={"from": "2026-09-02"}) == [first]
    assert await found(agency={"in": [shown("agc", world.agencies[1].id)]}) == []
