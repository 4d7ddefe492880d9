"""What the simulation found, as the Markdown that stands in docs/scale-out.md between two marks."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

BEGIN, END = "<!-- scale-out: written by python -m bench.scale_out -->", "<!-- end of scale-out -->"
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
LARGEST, MATTERS = 5, 1.05
CONNECTIONS = 2
"""Pools of one worker: one reads, one writes."""

POOLS = (10, 3)
"""DUDAO_POOL_SIZE: as it comes, and as small as it should be for many workers."""


def put(text: str, found: Mapping[str, Any]) -> str:
    """The document with the tables of these findings in the place of the old ones."""
    before, _, rest = text.partition(BEGIN)
    return f"{before}{BEGIN}\n{tables(found)}\n{END}{rest.partition(END)[2]}"


def shown(text: str) -> str:
    """What stands between the marks."""
    return text.partition(BEGIN)[2].partition(END)[0].strip()


def tables(found: Mapping[str, Any]) -> str:
    parts = (
        ("What it rests on: facts and assumptions", assumptions(found)),
        ("What it rests on: measured costs", measured(found)),
        ("The busiest hour of the year", peaks(found)),
        ("The year, all of China, with the cores of its busiest hour", year(found)),
        ("All districts file in the same minute", storms(found)),
        ("Which assumption matters: all of China, that one high and the others likely", sensitivity(found)),
        ("How large the tables become", growth(found)),
        ("How far one of each carries", limits(found)),
    )
    return "\n\n".join(f"### {title}\n\n{body}" for title, body in parts)


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    return "\n".join(f"| {' | '.join(row)} |" for row in [head, ["---"] * len(head), *rows])


def number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"  # noqa: PLR2004 - three digits say enough


def per_cent(value: float) -> str:
    return f"{value * 100:.0f} %" if value >= 0.1 or not value else f"{value * 100:.2g} %"  # noqa: PLR2004 - as above


def gigabytes(value: float) -> str:
    return f"{number(value / 1e9)} GB"


def pair(both: Mapping[str, float]) -> str:
    return f"{per_cent(both['service'])} / {per_cent(both['database'])}"


def assumptions(found: Mapping[str, Any]) -> str:
    facts = [[name, "fact", number(value), number(value), number(value), meaning] for name, (value, meaning) in found["facts"].items()]
    assumed = [
        [name, "assumption", *(number(one[case]) for case in ("low", "base", "high")), one["meaning"]] for name, one in found["assumptions"].items()
    ]
    return table(["Name", "Kind", "low", "base", "high", "Meaning"], [*facts, *assumed])


def measured(found: Mapping[str, Any]) -> str:
    rows = [
        [
            name if one["of"] == name else f"{name}, not measured: as {one['of']}",
            f"{(one['service'] + one.get('passwords', 0)) * 1e3:.2f}",
            f"{one['database'] * 1e3:.2f}",
            one["how"],
            f"`{one['file']}`",
        ]
        for name, one in found["costs"].items()
    ]
    share = found["database share"]
    unfilled = ", ".join(found["unfilled"]) or "none"
    sizes = f"- Bytes of a row, indexes included, of {len(found['own']['sizes'])} tables: measured by `--measure`, kept in `scale_out.json`."
    lines = [
        f"- Share of the database where a measurement does not tell: {per_cent(share['share'])}, that of the deep page ({share['file']}).",
        f"- Memory of a worker: {found['worker']['megabytes']:.0f} MB (`{found['worker']['file']}`).",
        "- A sign-in is a password and one more write.",
        f"{sizes} Not filled there and counted as the mean of those: {unfilled}.",
    ]
    if found["check"]:
        check = found["check"]
        lines.append(
            f"- Check: 3,000 districts file three times in a minute, one worker, one database core. Simulated p99 {check['simulated'] * 1e3:.0f} ms"
            f" at {pair(check['busy'])} busy; measured {check['measured'] * 1e3:.0f} ms (`storm.json`)."
        )
    return "\n".join([table(["One request", "service, core ms", "database, core ms", "measured as", "File"], rows), "", *lines])


def peaks(found: Mapping[str, Any]) -> str:
    rows = [
        [
            one["scale"],
            one["case"],
            number(one["districts"]),
            number(one["inspections"]),
            number(sum(one["rates"].values())),
            f"{number(one['alone']['service'])} / {number(one['alone']['database'])}",
            f"{one['servers']['service']} / {one['servers']['database']}",
            pair(one["busy"]),
            f"{one['peak']['p50'] * 1e3:.0f} / {one['peak']['p99'] * 1e3:.0f}",
            f"{number(one['megabytes'])} MB",
            " / ".join(str(CONNECTIONS * pool * one["servers"]["service"]) for pool in POOLS),
        ]
        for one in weighed(found)
    ]
    head = ["Scale", "Case", "Districts", "Inspections a year", "Requests/s", "Work in core seconds a second, service / database", "Cores needed"]
    head += ["Busy then", "p50 / p99 ms", "Memory of workers", f"Connections, pool {POOLS[0]} / {POOLS[1]}"]
    return table(head, rows)


def weighed(found: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """What decides: the likely and the high case; the low one is in the file."""
    return [one for one in found["scales"] if one["case"] != "low"]


def base(found: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [one for one in found["scales"] if one["case"] == "base"]


def year(found: Mapping[str, Any]) -> str:
    largest = base(found)[-1]
    rows = [
        [f"{day}, {what}", *(cell(one) for one in months)]
        for day, months in largest["year"].items()
        for what, cell in (("service / database busy", pair), ("p99 ms", lambda one: f"{one['p99'] * 1e3:.0f}"))
    ]
    by_hour = [[f"{tier} busy", *(per_cent(one) for one in busy)] for tier, busy in largest["hours"].items()]
    hours = table(["Busiest day, by hour", *(f"{9 + n}–{10 + n}" for n in range(len(by_hour[0]) - 1))], by_hour)
    return f"{table(['Busiest hour of', *MONTHS], rows)}\n\n{hours}"


def storms(found: Mapping[str, Any]) -> str:
    rows = [
        [
            one["scale"],
            number(one["storm"]["returns"]),
            pair(one["storm"]["busy"]),
            f"{one['storm']['p99'] * 1e3:,.0f} ms",
            f"{one['storm']['servers']['service']} / {one['storm']['servers']['database']}",
            f"{one['storm']['p99 then'] * 1e3:.0f} ms",
        ]
        for one in base(found)
    ]
    return table(["Scale, base", "Returns/s", "Busy, cores as above", "p99", "Cores that would do", "p99 then"], rows)


def sensitivity(found: Mapping[str, Any]) -> str:
    ordered = sorted(found["sensitivity"].items(), key=lambda one: -one[1]["database"])
    rows = [[name, *(f"{by[tier]:.2f} ×" for tier in ("service", "database"))] for name, by in ordered if max(by.values()) >= MATTERS]
    return table(["Assumption", "service", "database"], rows)


def growth(found: Mapping[str, Any]) -> str:
    rows = []
    for one in weighed(found):
        totals = [gigabytes(sum(sizes[n] for sizes in one["bytes"].values())) for n in range(3)]
        whole = sum(sizes[0] for sizes in one["bytes"].values())
        largest = sorted(one["bytes"], key=lambda name: -one["bytes"][name][0])[:LARGEST]
        rows.append([one["scale"], one["case"], *totals, ", ".join(f"`{name}` {per_cent(one['bytes'][name][0] / whole)}" for name in largest)])
    return table(["Scale", "Case", "after 1 year", "5", "10", "Largest"], rows)


def limits(found: Mapping[str, Any]) -> str:
    what = {
        "worker": "one core of the service (a worker), districts",
        "database core": "one core of the database, districts",
        "primary": "one primary of the largest machine (base), districts",
        "primary, requests/s": "the same, requests/s in the busiest hour",
        "primary with replicas": "the same, with pages and look-ups on replicas, districts",
        "writes of a district": "writes of one district, a second",
    }
    cases = [found["limits"][case] for case in ("low", "base", "high")]
    rows = [[meaning, *(number(case[name]) for case in cases)] for name, meaning in what.items()]
    chain = f"One organization's chain takes at least {number(found['limits']['chain'])} writes a second:"
    bound = "they wait for one another, and no further core helps."
    return f"{table(['Busy to 60 % in the busiest hour', 'low', 'base', 'high'], rows)}\n\n{chain} {bound}"
