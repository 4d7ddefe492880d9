import pytest

from tests.world import World, codes, shown

pytestmark = pytest.mark.anyio


@pytest.mark.requirement("B004", "B007")
async def test_the_registry_is_shared_with_strangers(world: World, elsewhere: World) -> None:
    agency = shown("agc", world.agencies[0].id)
    data = await elsewhere.done("agency_clerk_0", "query($id: ID!) { agency(id: $id) { name parent { __typename name } } }", id=agency)
    assert data["agency"] == {"name": "第0评价机构", "parent": {"__typename": "District", "name": "第0区"}}


async def test_an_id_of_another_type_is_not_found(world: World) -> None:
    answer = await world.ask("center_admin", "query($id: ID!) { district(id: $id) { name } }", id=shown("agc", world.agencies[0].id))
    assert codes(answer) == ["NOT_FOUND"]
    assert answer["data"] == {"district": None}


async def test_the_viewer_and_the_rights(world: World) -> None:
    data = await world.done(
        "district_clerk_0", "{ viewer { organization { name } capabilities { action article } memberships(first: 5) { totalCount nodes { role } } } }"
    )
    assert data["viewer"]["organization"]["name"] == "第0区"
    assert {"action": "monthly_return.submit", "article": "003 §15, B053"} in data["viewer"]["capabilities"]
    assert data["viewer"]["memberships"] == {"totalCount": 1, "nodes": [{"role": "district_clerk"}]}


async def test_nobody_signed_in_sees_nothing(world: World) -> None:
    answer = await world.ask(None, "{ viewer { name } agencies(first: 1) { nodes { name } } }")
    assert answer["data"] == {"viewer": None, "agencies": None}
    assert codes(answer) == ["UNAUTHENTICATED"]


async def test_node_finds_the_type_by_the_prefix(world: World) -> None:
    asked = "query($a: ID!, $b: ID!) { a: node(id: $a) { __typename id ... on Agency { creditCode district { name } } } b: node(id: $b) { ... on District { name } } }"
    data = await world.done("center_admin", asked, a=shown("agc", world.agencies[0].id), b=shown("dst", world.districts[1].id))
    assert data["a"]["__typename"] == "Agency"
    assert data["a"]["district"] == {"name": "第0区"}
    assert data["b"] == {"name": "第1区"}
    for unknown in (shown("agc", world.districts[1].id), "agc_zz", "xyz_1", ""):
        answer = await world.ask("center_admin", asked, a=unknown, b=unknown)
        assert codes(answer) == ["NOT_FOUND", "NOT_FOUND"]
