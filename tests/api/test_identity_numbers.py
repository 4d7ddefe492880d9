"""Id numbers and other personal columns: sealed, shown masked, revealed one at a time and on the record."""

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from domain.machine import broken
from models.base import new_id
from models.disclosures import Disclosure
from models.events import Event
from models.requests import Request
from models.supervisors import Person
from tests.cases_identity import numbered
from tests.making_sessions import id_number
from tests.making_supervisors import supervisor
from tests.world import ID_KEYS, World, codes, key, shown

REVEAL = """mutation Reveal($i: PersonRevealIdentityInput!) { personRevealIdentity(input: $i) {
  idNumber replayed person { id idLastFour } event { step reason subjectKind actor { id } organization { id } } } }"""
PURPOSE = "核对证卡信息"


def asking(person: UUID, **said: str) -> dict[str, Any]:
    return {"person": shown("per", person), "purpose": PURPOSE, "idempotencyKey": key()} | said


async def reveal(world: World, who: str, person: UUID, **said: str) -> dict[str, Any]:
    return await world.ask(who, REVEAL, i=asking(person, **said))


async def set_sealed(world: World, person: Person, sealed: bytes | None) -> None:
    async with world.transaction() as session:
        row = await session.merge(person)
        row.id_sealed = sealed
        session.add(row)


async def test_a_number_is_kept_sealed_and_shown_masked(world: World) -> None:
    person, number = await numbered(world)
    [row] = await world.rows(Person, id=person.id)
    assert ID_KEYS.open_number(row.id_sealed, of=row.id) == number
    assert number.encode() not in row.id_sealed
    query = "query($id: ID!) { person(id: $id) { name idLastFour birthDate masked } }"
    seen = (await world.done("center_admin", query, id=shown("per", person.id)))["person"]
    assert (seen["idLastFour"], seen["masked"]) == (number[-4:], [])
    hidden = (await world.done("district_clerk_0", query, id=shown("per", person.id)))["person"]
    assert (hidden["idLastFour"], hidden["birthDate"]) == (None, None)
    assert "ID_NUMBER" in hidden["masked"]


async def test_the_center_reveals_a_number_on_the_record(world: World) -> None:
    person, number = await numbered(world)
    answer = (await reveal(world, "center_admin", person.id))["data"]["personRevealIdentity"]
    assert (answer["idNumber"], answer["replayed"]) == (number, False)
    assert answer["event"] == {
        "step": "REVEAL",
        "reason": PURPOSE,
        "subjectKind": "Person",
        "actor": {"id": shown("per", world.actors["center_admin"].person_id)},
        "organization": {"id": shown("ctr", world.center.id)},
    }
    [event] = await world.rows(Event, subject_id=person.id)
    assert (event.center_id, event.district_id, event.agency_id) == (world.center.id, None, None)
    chain = sorted(await world.rows(Event, organization_id=world.center.id), key=lambda one: one.sequence)
    assert broken(chain) is None


async def test_a_number_is_said_once_and_stands_in_no_other_row(world: World) -> None:
    person, number = await numbered(world)
    mine = key()
    assert (await reveal(world, "center_admin", person.id, idempotencyKey=mine))["data"]["personRevealIdentity"]["idNumber"] == number
    again = (await reveal(world, "center_admin", person.id, idempotencyKey=mine))["data"]["personRevealIdentity"]
    assert (again["idNumber"], again["replayed"], again["person"]["id"]) == (None, True, shown("per", person.id))
    assert len(await world.rows(Event, subject_id=person.id)) == 1
    [request] = await world.rows(Request, key=mine)
    assert number not in str(request)
    await reveal(world, "center_admin", person.id)
    assert len(await world.rows(Event, subject_id=person.id)) == 2


async def test_who_keeps_the_card_and_who_bears_the_number(world: World) -> None:
    person, number = await numbered(world)
    assert (await reveal(world, "numbered", person.id))["data"]["personRevealIdentity"]["idNumber"] == number
    refused = {"center_clerk", "center_dispatcher", "center_auditor", "district_admin_0", "district_clerk_0", "agency_admin_0", "agency_clerk_0"}
    for who in sorted(refused):
        answer = await reveal(world, who, person.id)
        assert codes(answer) == ["FORBIDDEN"], who
        assert number not in str(answer)
    await supervisor(world, name="colleague")
    assert codes(await reveal(world, "colleague", person.id)) == ["FORBIDDEN"]
    assert [one.step for one in await world.rows(Event, subject_id=person.id)] == ["REVEAL"]


async def test_an_agency_reveals_whom_it_has_issued_a_card(yunnan: World) -> None:
    person, number = await numbered(yunnan)
    await supervisor(yunnan, "INTERNAL", employer=yunnan.agencies[0], person=person, name="internal")
    assert codes(await reveal(yunnan, "agency_admin_1", person.id)) == ["FORBIDDEN"]
    assert (await reveal(yunnan, "agency_admin_0", person.id))["data"]["personRevealIdentity"]["idNumber"] == number
    [event] = await yunnan.rows(Event, subject_id=person.id)
    assert (event.organization_id, event.agency_id) == (yunnan.agencies[0].id, yunnan.agencies[0].id)


async def test_a_stranger_learns_nothing(world: World, elsewhere: World) -> None:
    """The roster is shared, so a person is not hidden; the number is, and an unknown person looks like none."""
    person, number = await numbered(world)
    foreign = await elsewhere.ask("center_admin", REVEAL, i=asking(person.id))
    assert codes(foreign) == ["FORBIDDEN"]
    assert number not in str(foreign)
    assert codes(await elsewhere.ask("center_admin", REVEAL, i=asking(new_id()))) == ["NOT_FOUND"]
    assert codes(await world.ask(None, REVEAL, i=asking(person.id))) == ["UNAUTHENTICATED"]


@pytest.mark.parametrize(
    ("purpose", "problem"),
    [("", "required"), ("  ", "required"), ("长" * 501, "too_long"), (f"查{id_number()}", "id_number_inside")],
    ids=["empty", "blank", "long", "number"],
)
async def test_a_purpose_is_needed_and_holds_no_number(world: World, purpose: str, problem: str) -> None:
    person, _ = await numbered(world)
    answer = await reveal(world, "center_admin", person.id, purpose=purpose)
    assert (answer["errors"][0]["extensions"]["problem"], answer["errors"][0]["extensions"]["field"]) == (problem, "purpose")
    assert await world.rows(Event, subject_id=person.id) == []


async def test_a_tampered_number_is_a_fault_with_a_reference(world: World) -> None:
    person, number = await numbered(world)
    [row] = await world.rows(Person, id=person.id)
    for sealed in (row.id_sealed[:-1] + bytes([row.id_sealed[-1] ^ 1]), b"", b"x", ID_KEYS.seal_number(number, of=new_id())):
        await set_sealed(world, row, sealed)
        answer = await reveal(world, "center_admin", person.id)
        assert codes(answer) == ["INTERNAL"]
        assert answer["errors"][0]["extensions"]["reference"]
        assert await world.rows(Event, subject_id=person.id) == []


async def test_of_some_the_digest_alone_is_kept(world: World) -> None:
    person, _ = await numbered(world)
    await set_sealed(world, person, None)
    answer = await reveal(world, "center_admin", person.id)
    assert answer["errors"][0]["extensions"]["problem"] == "number_not_kept"


LIST = "query Roster { supervisors(first: 5) { nodes { person { name phone healthy birthDate idLastFour } } } }"


async def disclosures(world: World) -> list[Disclosure]:
    return await world.rows(Disclosure, center_id=world.center.id)


async def test_reading_personal_columns_of_others_is_written_down(world: World) -> None:
    await numbered(world)
    await world.done("center_admin", LIST)
    [noted] = await disclosures(world)
    admin = world.actors["center_admin"]
    assert (noted.columns, noted.operation, noted.at) == (["Person.birth_date", "Person.healthy", "Person.phone"], "Roster", world.now)
    assert (noted.person_id, noted.account_id, noted.organization_id) == (admin.person_id, admin.account_id, world.center.id)
    assert (noted.district_id, noted.agency_id, len(noted.document)) == (None, None, 64)


async def test_only_what_the_caller_may_see_is_written_down(world: World) -> None:
    await numbered(world)
    await world.done("district_dispatcher_0", LIST.replace("Roster", "A110101199001011234"))
    [noted] = await disclosures(world)
    assert (noted.columns, noted.operation, noted.district_id) == (["Person.phone"], "A_", world.districts[0].id)
    await world.done("agency_clerk_0", LIST)
    assert (await disclosures(world))[-1].agency_id == world.agencies[0].id


async def test_what_is_masked_and_what_is_ones_own_is_not(world: World) -> None:
    await numbered(world)
    for who in ("numbered", "center_auditor", "district_clerk_0"):
        await world.done(who, LIST)
    await world.done("center_admin", "{ supervisors(first: 5) { nodes { person { name masked idLastFour } } } }")
    assert await disclosures(world) == []


async def test_a_payload_counts_as_reading(world: World) -> None:
    person, _ = await numbered(world)
    await world.done("center_admin", REVEAL.replace("idLastFour", "phone"), i=asking(person.id))
    assert [one.columns for one in await disclosures(world)] == [["Person.phone"]]


async def test_nothing_is_told_that_could_not_be_written_down(world: World) -> None:
    """An account that is gone from the books, as far as the foreign key sees."""
    await numbered(world)
    ghost = replace(world.actors["center_admin"], account_id=new_id())
    answer = await world.ask(ghost, LIST)
    assert (codes(answer), answer["data"]) == (["INTERNAL"], None)
