"""Id numbers under their keys: sealed, opened, found, and moved from one key to the next whenever it is broken off."""

from collections.abc import AsyncIterator, Iterator
from datetime import date
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlmodel import select

from app import migrate
from app.cli_keys import rotated
from app.databases import connect
from app.keys import misfit
from domain.errors import BadInput, Conflict, Refused, Unmet
from domain.identity_numbers import brought_up, rotate_part
from domain.numbers import holds_id_number, id_problem
from domain.people import person_by_number
from domain.sealing import IdKeys, Unreadable
from domain.texts import checked
from models.base import new_id
from models.database import Database
from models.imports import Upload
from models.supervisors import Person
from seeds.rosters.invented import id_number
from tests.cluster import scratch_cluster
from tests.world import NOW, World, credit_code

OLD = IdKeys(index=[b"index one" * 4], seal=[b"seal one." * 4])
BOTH = IdKeys(index=[b"index two" * 4, b"index one" * 4], seal=[b"seal two." * 4, b"seal one." * 4])
NEW = IdKeys(index=[b"index two" * 4], seal=[b"seal two." * 4])
OTHER = IdKeys(index=[b"index six" * 4], seal=[b"seal six." * 4])
TODAY = NOW.date()
NUMBERS = [id_number(800_000 + n) for n in range(1_201)]


@given(st.binary(max_size=60), st.uuids())
def test_what_is_sealed_is_opened_again_for_the_same_row_alone(content: bytes, row: UUID) -> None:
    sealed = OLD.seal(content, about=row)
    assert OLD.open(sealed, about=row) == BOTH.open(sealed, about=row) == content
    assert content not in sealed or len(content) < 4
    with pytest.raises(Unreadable):
        OLD.open(sealed, about=new_id())
    with pytest.raises(Unreadable):
        NEW.open(sealed, about=row)


@given(st.integers(min_value=0, max_value=49), st.integers(min_value=0, max_value=7))
def test_one_changed_bit_is_noticed(place: int, bit: int) -> None:
    row = new_id()
    sealed = bytearray(OLD.seal_number(NUMBERS[0], of=row))
    assert len(sealed) == 50
    sealed[place] ^= 1 << bit
    with pytest.raises(Unreadable):
        OLD.open_number(bytes(sealed), of=row)


@pytest.mark.parametrize("length", [0, 1, 4, 15, 16, 20, 49])
def test_a_piece_of_a_sealed_number_is_refused(length: int) -> None:
    row = new_id()
    with pytest.raises(Unreadable):
        OLD.open_number(OLD.seal_number(NUMBERS[0], of=row)[:length], of=row)


def test_the_same_number_is_sealed_otherwise_for_another_person_and_under_another_key() -> None:
    row, other = new_id(), new_id()
    seals = {OLD.seal_number(NUMBERS[0], of=row), OLD.seal_number(NUMBERS[0], of=other), NEW.seal_number(NUMBERS[0], of=row)}
    assert len({one[4:] for one in seals}) == 3
    assert len({one[4:16] for one in seals}) == 3
    assert OLD.seal_number(NUMBERS[0], of=row) in seals


def test_no_refusal_and_no_fault_repeats_the_value() -> None:
    """Whatever verb raises them: the text of an exception is its name, or a reason of ours."""
    for one in (
        BadInput("idNumber", "id_number", reason=NUMBERS[0]),
        Conflict("STATE", status=NUMBERS[0]),
        Unmet("team.min", "§", None, have=NUMBERS[0]),
    ):
        assert isinstance(one, Refused)
        assert NUMBERS[0] not in f"{one} {one!r} {one.args}"
    with pytest.raises(Unreadable) as caught:
        NEW.open(OLD.seal_number(NUMBERS[0], of=new_id()), about=new_id())
    assert caught.value.args == ()
    assert "one" not in repr(OLD)


def full_width(text: str) -> str:
    return "".join(chr(ord(one) + 0xFEE0) for one in text)


@pytest.mark.parametrize("text", ["{}", "身份证{}，男", "id:{} ", "号码{}x1"])
@pytest.mark.parametrize("written", [str, str.lower, full_width])
def test_a_text_never_holds_an_id_number(text: str, written: type[str]) -> None:
    said = text.format(written(NUMBERS[3]))
    assert holds_id_number(said)
    with pytest.raises(BadInput) as caught:
        checked("reason", said, 500)
    assert (caught.value.field, caught.value.problem, caught.value.params) == ("reason", "id_number_inside", {})


@pytest.mark.parametrize(
    "text", ["2026-09-16", "13800000000", "110105198005010010000", "京人社鉴发〔2024〕17号", "110105198005011", "110105298005010014"]
)
def test_other_numbers_are_no_id_numbers(text: str) -> None:
    assert not holds_id_number(text)


def test_a_credit_code_is_none() -> None:
    assert not [code for code in (credit_code() for _ in range(500)) if holds_id_number(code)]


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with scratch_cluster() as cluster:
        migrate.upgrade(cluster.url("dudao_owner"))
        yield cluster.url("dudao_owner")


@pytest.fixture
async def people(url: str) -> AsyncIterator[Database]:
    """1,201 persons under the old keys, and nobody else who has a number."""
    connection = await connect(url)
    await connection.execute("TRUNCATE person CASCADE")
    await connection.close()
    database = Database(url)
    async with database.transaction() as session:
        for number in NUMBERS:
            id = new_id()
            session.add(Person(id=id, name="某", id_digest=OLD.digest(number), id_sealed=OLD.seal_number(number, of=id), id_last_four=number[-4:]))
    yield database
    await database.close()


async def rows(database: Database) -> list[Person]:
    async with database.transaction() as session:
        return list((await session.exec(select(Person))).all())


async def who(database: Database, number: str, keys: IdKeys) -> Person:
    async with database.transaction() as session:
        return await person_by_number(session, number, name="别名", keys=keys, on=TODAY)


async def test_a_rotation_that_was_broken_off_is_taken_up_again(people: Database) -> None:
    before = {one.id_digest: one.id for one in await rows(people)}
    broken_off = await rotated(people, BOTH, parts=1)
    assert (broken_off.moved, broken_off.current, broken_off.last is None) == (500, 0, False)
    for number in NUMBERS[::200]:  # on both sides of the break, everybody is found as the same person
        assert (await who(people, number, BOTH)).id == before[OLD.digest(number)]
    taken_up = await rotated(people, BOTH)
    assert taken_up.moved + taken_up.current == 1_201
    assert (taken_up.unreadable, taken_up.left, taken_up.digest_only) == (0, 0, 0)
    again = await rotated(people, BOTH)
    assert (again.moved, again.current) == (0, 1_201)
    found = {one.id_digest: one for one in await rows(people)}
    for number in NUMBERS:
        row = found[NEW.digest(number)]
        assert (row.id, NEW.open_number(row.id_sealed or b"", of=row.id)) == (before[OLD.digest(number)], number)
    assert len(found) == 1_201


async def test_whoever_is_named_during_a_rotation_is_one_person(people: Database) -> None:
    known, number = await who(people, NUMBERS[7], OLD), id_number(899_000)
    fresh = await who(people, number, BOTH)
    assert (await who(people, NUMBERS[7], BOTH)).id == known.id
    await rotated(people, BOTH)
    assert (await who(people, NUMBERS[7], NEW)).id == known.id
    assert (await who(people, number, NEW)).id == fresh.id
    assert len(await rows(people)) == 1_202


async def test_a_row_without_a_number_moves_when_it_is_named(people: Database) -> None:
    number = id_number(899_001)
    async with people.transaction() as session:
        session.add(Person(name="旧", id_digest=OLD.digest(number)))
    assert (await rotated(people, BOTH)).digest_only == 1
    async with people.transaction() as session:
        await brought_up(session, [number], keys=BOTH)
    [row] = [one for one in await rows(people) if one.name == "旧"]
    assert (row.id_digest, row.id_sealed) == (NEW.digest(number), None)


async def test_what_no_key_opens_stays_and_is_told(people: Database) -> None:
    found = await rotated(people, OTHER)
    assert (found.unreadable, found.moved) == (1_201, 0)
    assert {one.id_digest for one in await rows(people)} == {OLD.digest(number) for number in NUMBERS}


async def test_two_rows_of_one_person_are_left_and_told(people: Database) -> None:
    """As a process makes them that does not know the key before."""
    await who(people, NUMBERS[0], NEW)
    found = await rotated(people, BOTH)
    assert (found.moved, found.left, found.current) == (1_200, 1, 1)


async def test_two_rotations_at_once_do_it_once(people: Database) -> None:
    async with people.transaction() as first:
        one = await rotate_part(first, keys=BOTH, after=UUID(int=0), most=10)
    two = await rotated(people, BOTH)
    assert (one.moved, two.moved, two.current) == (10, 1_191, 10)


async def test_a_roster_that_waits_is_sealed_anew(people: Database, url: str) -> None:
    world = await World.founded(people, profile="beijing-municipal")
    id, content = new_id(), b"roster" * 1000
    async with people.transaction() as session:
        place = {"person_id": world.actors["center_admin"].person_id, "organization_id": world.center.id}
        session.add(Upload(id=id, **place, ticket_hash=id.bytes, expires_at=NOW, file_name="a.csv", digest=b"", content=OLD.seal(content, about=id)))
    await rotated(people, BOTH)
    [upload] = await world.rows(Upload, id=id)
    assert NEW.open(upload.content, about=id) == content
    assert await misfit(url, NEW) is None


@pytest.mark.usefixtures("people")
async def test_a_service_with_foreign_keys_is_told_before_it_serves(url: str) -> None:
    assert await misfit(url, OLD) is None
    assert await misfit(url, BOTH) is None
    assert "DUDAO_SEAL_KEY" in str(await misfit(url, OTHER))
    assert "DUDAO_ID_KEY" in str(await misfit(url, IdKeys(index=[b"x" * 32], seal=[b"seal one." * 4])))


def test_the_numbers_of_these_tests_are_sound() -> None:
    assert not [number for number in NUMBERS if id_problem(number, on=date(2026, 9, 16))]
