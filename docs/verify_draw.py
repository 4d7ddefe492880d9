"""Recompute a published draw with nothing but Python: python3 verify_draw.py draw.json. Prints OK, or the differences and exits with 1."""

import json
import sys
from hashlib import sha256
from pathlib import Path


def sha(text: str) -> str:
    return sha256(text.encode()).hexdigest()


def draw(pool: dict, seed: str) -> dict:
    rules, sessions = pool["rules"], {one["id"]: one for one in pool["sessions"]}
    quota = rules["quota"] and -(-rules["base"] * rules["quota"][0] // rules["quota"][1]) - rules["already"]
    count = max(quota or 0, rules["wanted"], 0)
    tickets = {
        one: [f"{seed}:session:{one}"] + [f"{seed}:session:{one}:{n}" for n in range(2, sessions[one].get("weight", 1) + 1)] for one in sessions
    }
    drawn = sorted(sessions, key=lambda one: (min(map(sha, tickets[one])), one))[:count]
    load, booked = {one["id"]: one["load"] for one in pool["people"]}, {one["id"]: [] for one in pool["people"]}
    result = {"sessions": drawn, "teams": {}, "reserves": {}, "shortfalls": {}, "sessions_short": max(0, count - len(sessions))}
    for one in drawn:
        starts, ends = sessions[one]["starts"], sessions[one]["ends"]
        large = rules["extra_above"] is not None and sessions[one]["candidates"] > rules["extra_above"]
        seats = rules["team_size"] + (rules["extra_seats"] if large else 0)
        kept_out = {**pool["out"], **pool["excluded"].get(one, {})}
        free = [p for p in load if p not in kept_out and all(ends <= s or e <= starts for s, e in booked[p])]
        by_load = rules["method"] == "ROTATION"
        free.sort(key=lambda p: (load[p] if by_load else 0, sha(f"{seed}:person:{one}:{p}"), p))
        result["teams"][one], result["reserves"][one] = free[:seats], free[seats:]
        if len(free) < seats:
            result["shortfalls"][one] = seats - len(free)
        for person in free[:seats]:
            load[person] += 1
            booked[person].append((starts, ends))
    return result


def differences(published: dict) -> list[str]:
    text, secret = published["pool"], published["secret"]
    pool, seed = json.loads(text), sha(f"{secret}:{published['public_value']}")
    result = draw(pool, seed)
    wrong = {
        "the pool is not in canonical form": json.dumps(pool, sort_keys=True, separators=(",", ":"), ensure_ascii=False) != text,
        "the algorithm is unknown": pool["rules"]["algorithm"] not in {"dudao-draw-1", "dudao-draw-2"},
        "the commitment does not match pool and secret": published["commitment"] != sha(f"{sha(text)}:{sha(secret)}"),
        "the digest is not that of the pool": published["digest"] != sha(text),
        "the seed does not follow from secret and public value": published["seed"] != seed,
        **{f"{part} differ from what the seed draws": published["outcome"][part] != result[part] for part in result},
    }
    return [sentence for sentence, is_so in wrong.items() if is_so]


if __name__ == "__main__":
    found = differences(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")))
    print("\n".join(found) or "OK")
    sys.exit(1 if found else 0)
