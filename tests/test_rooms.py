"""What imports cannot say about the rooms, read off the syntax trees (the contracts between rooms stand in pyproject.toml)."""

import ast
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from authz.actor import BASE, Role

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("app", "gql", "authz", "domain", "models", "seeds", "migrations")
NOUNS = ("organizations", "supervisors", "sessions", "dispatch", "inspections", "returns", "cases", "filings")
LINES, LONGEST, POSITIONAL, STATEMENTS = 300, 40, 3, 6
DICTATED = frozenset({"settings_customise_sources"})
"""Whose form a library gives."""
DRAWERS = {"utils", "util", "common", "core", "services", "service", "managers", "helpers", "helper", "misc", "lib", "shared"}
LOADERS = {"Relationship", "relationship", "selectinload", "joinedload", "subqueryload", "lazyload", "immediateload", "DataLoader"}
CHANGES = {"append", "add", "update", "extend", "insert", "setdefault", "pop", "popitem", "remove", "discard", "clear"}
OPEN = {"session", "connection", "engine", "_engine", "_sessions", "transaction", "db", "conn"}
NAMED_ELSEWHERE = {"settings_customise_sources"}
"""Signatures that a library gives."""
CACHED = {
    "models/database.py",
    "authz/access.py",
    "authz/actor.py",
    "authz/deciding.py",
    "authz/asking.py",
    "authz/explain.py",
    "gql/documents.py",
    "gql/reading/selection.py",
    "gql/reading/sql.py",
    "gql/reading/paging.py",
    "domain/organizations.py",
    "app/negotiation.py",
    "app/pages.py",
    "gql/errors.py",
}
"""Where something is remembered: by what schema, policy, document, header or release determine, and what one actor or tenant says of itself."""

Function = ast.FunctionDef | ast.AsyncFunctionDef


def files(*rooms: str) -> list[Path]:
    return [path for room in rooms or ROOMS for path in sorted((ROOT / room).rglob("*.py"))]


def named(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def dotted(node: ast.AST) -> str:
    """`a.b.c` of a name or attribute; a call or the like before the last dot is left out."""
    match node:
        case ast.Attribute(value=value, attr=attr):
            return f"{dotted(value)}.{attr}"
        case ast.Name(id=id):
            return id
    return ""


def where(found: Callable[[ast.AST], bool], *rooms: str) -> set[str]:
    """The files in which some node is found."""
    return {named(path) for path in files(*rooms) if any(found(node) for node in ast.walk(tree(path)))}


def calls(node: ast.AST, *methods: str) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in methods


def imports(node: ast.AST, module: str, *names: str) -> bool:
    return isinstance(node, ast.ImportFrom) and node.module == module and any(one.name in names for one in node.names)


def functions(path: Path) -> Iterator[Function]:
    return (node for node in ast.walk(tree(path)) if isinstance(node, Function))


def test_only_the_database_commits() -> None:
    def ends(node: ast.AST) -> bool:
        return calls(node, "commit", "rollback", "begin", "begin_nested") and dotted(node.func.value).split(".")[-1] in OPEN  # type: ignore[attr-defined]

    assert where(ends) == {"models/database.py"}


def test_only_the_database_writes_sql_as_text() -> None:
    assert where(lambda node: imports(node, "sqlalchemy", "text"), "app", "gql", "authz", "domain", "models", "seeds") == {"models/database.py"}


def test_no_row_is_loaded_past_its_scope() -> None:
    assert where(lambda node: calls(node, "get") and dotted(node.func).endswith("session.get")) == set()  # type: ignore[attr-defined]


def test_the_graph_selects_only_in_the_reader() -> None:
    assert where(lambda node: isinstance(node, ast.Call) and dotted(node.func).split(".")[-1] == "select", "gql") == {"gql/reading/sql.py"}


def test_the_reader_opens_a_table_in_one_place_with_its_scope() -> None:
    makers = [one for one in functions(ROOT / "gql/reading/sql.py") if any(calls(node, "alias") for node in ast.walk(one))]
    assert [one.name for one in makers] == ["opened"]
    assert any(isinstance(node, ast.Call) and dotted(node.func) == "scope" for node in ast.walk(makers[0]))


def test_nothing_loads_lazily_or_in_batches() -> None:
    def loads(node: ast.AST) -> bool:
        return (isinstance(node, ast.ImportFrom) and any(one.name in LOADERS for one in node.names)) or (
            isinstance(node, ast.Import) and any("dataloader" in one.name for one in node.names)
        )

    assert where(loads) == set()


def test_the_time_is_asked_in_one_place() -> None:
    clocks = {"datetime.now", "datetime.utcnow", "datetime.today", "date.today", "time.time"}
    asks = where(lambda node: isinstance(node, ast.Call) and dotted(node.func) in clocks)
    assert asks == {"app/clock.py"}


def test_the_environment_is_read_in_one_place() -> None:
    reads = where(lambda node: isinstance(node, ast.Attribute) and dotted(node) in {"os.environ", "os.getenv", "os.environb"})
    assert reads == {"app/settings.py"}


def test_roles_are_named_by_rights_alone() -> None:
    """Except where a verb gives the role that goes with a card, and where we invent people."""
    roles = {role.value for role in Role if role not in BASE}
    say = where(lambda node: isinstance(node, ast.Constant) and node.value in roles, "app", "gql", "domain", "models")
    assert say <= GIVE_ROLES


GIVE_ROLES = {"domain/memberships.py"}


@pytest.mark.parametrize("path", files("app", "gql", "authz", "domain", "models"), ids=named)
def test_a_module_keeps_no_state(path: Path) -> None:
    module = tree(path)
    targets = [target for node in module.body if isinstance(node, ast.Assign) for target in node.targets]
    targets += [node.target for node in module.body if isinstance(node, ast.AnnAssign)]
    names = {one.id for one in targets if isinstance(one, ast.Name)}
    for function in functions(path):
        local = {one.arg for one in ast.walk(function) if isinstance(one, ast.arg)}
        local |= {one.id for one in ast.walk(function) if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store)}
        for node in ast.walk(function):
            assert not isinstance(node, ast.Global), (named(path), node.lineno)
            if calls(node, *CHANGES):
                assert dotted(node.func.value) not in names - local, (named(path), node.lineno)  # type: ignore[attr-defined]
            if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store | ast.Del):
                assert dotted(node.value) not in names - local, (named(path), node.lineno)


def test_what_is_remembered_is_determined_by_the_release() -> None:
    caches = {"cache", "lru_cache", "functools.cache", "functools.lru_cache", "cached_property"}

    def remembers(node: ast.AST) -> bool:
        return isinstance(node, Function) and any(dotted(one.func if isinstance(one, ast.Call) else one) in caches for one in node.decorator_list)

    assert where(remembers, "app", "gql", "authz", "domain", "models") <= CACHED


def resolvers() -> list[tuple[str, Function]]:
    def is_resolver(one: Function) -> bool:
        made = [dotted(decorator.func if isinstance(decorator, ast.Call) else decorator) for decorator in one.decorator_list]
        return any(name.split(".")[-1] in {"mutation", "query", "field"} for name in made)

    return [(named(path), one) for path in files("gql") for one in functions(path) if is_resolver(one)]


@pytest.mark.parametrize(("path", "resolver"), resolvers(), ids=lambda one: getattr(one, "name", None))
def test_a_resolver_decides_nothing(path: str, resolver: Function) -> None:
    inside = [node for one in resolver.body for node in ast.walk(one)]
    assert not [node for node in inside if isinstance(node, ast.If | ast.For | ast.AsyncFor | ast.While | ast.Try | ast.Match)], path
    assert len([node for node in inside if isinstance(node, ast.stmt)]) <= STATEMENTS, path


@pytest.mark.parametrize("path", files("app", "gql", "authz", "domain", "models", "seeds"), ids=named)
def test_files_and_functions_are_short(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= LINES
    for one in functions(path):
        assert (one.end_lineno or 0) - one.lineno + 1 <= LONGEST, (named(path), one.name)
        if one.name in NAMED_ELSEWHERE:
            continue
        positional = [arg.arg for arg in (*one.args.posonlyargs, *one.args.args) if arg.arg not in {"self", "cls"}]
        assert len(positional) <= POSITIONAL or one.name in DICTATED, (named(path), one.name, positional)


def test_there_are_no_drawers() -> None:
    assert not [named(path) for path in files() if path.stem in DRAWERS]
    assert {named(path) for path in files() if path.stem == "base"} == {"models/base.py"}
    assert not [named(path) for path in files() if len(path.relative_to(ROOT).parts) > 3]


def test_packages_are_empty_files() -> None:
    full = {named(path) for path in files() if path.name == "__init__.py" and path.read_text(encoding="utf-8").strip()}
    assert full == {"models/__init__.py", "gql/reading/__init__.py"}


def test_migrations_know_the_database_alone() -> None:
    for path in files("migrations/versions"):
        modules = {node.module or "" for node in ast.walk(tree(path)) if isinstance(node, ast.ImportFrom)}
        modules |= {one.name for node in ast.walk(tree(path)) if isinstance(node, ast.Import) for one in node.names}
        assert {one.split(".")[0] for one in modules - {"migrations.words"}} <= {"sqlalchemy", "alembic", "typing"}, named(path)


@pytest.mark.parametrize("noun", NOUNS)
def test_a_noun_is_spelt_alike_in_every_room(noun: str) -> None:
    assert all((ROOT / room / f"{noun}.py").is_file() for room in ("gql", "authz", "domain", "models"))
