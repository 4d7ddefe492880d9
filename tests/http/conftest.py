from collections.abc import AsyncIterator

import httpx2
import pytest

from tests.http.small import house, served


@pytest.fixture
async def client() -> AsyncIterator[httpx2.AsyncClient]:
    async with served(house()) as one:
        yield one


@pytest.fixture
async def open_client() -> AsyncIterator[httpx2.AsyncClient]:
    """The same with GET switched on."""
    async with served(house(get=True)) as one:
        yield one
