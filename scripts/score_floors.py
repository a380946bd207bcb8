"""Holds the scores of known scenarios against floors: `score_floors.py SCORE_JSON`.

A floor is what the project promises, not the best it has done: a change that misses one has made the picture worse.
Exit code: 0 all held, 1 one was missed.
"""

import json
import sys

# Scenario, score, bound. For comparison, the best open tracker helped by a median of the radar's bias: 55.8 and 66.8 m,
# completeness 0.966 and 0.954.
AT_MOST = [
    ("small-1", "gospa_per_vessel_m", 36),
    ("strait-1", "gospa_per_vessel_m", 38),
    ("east-1", "gospa_per_vessel_m", 40),
    ("honest-1", "gospa_per_vessel_m", 40),
    ("small-1", "spurious_ratio", 0.003),
    ("strait-1", "spurious_ratio", 0.004),
    ("east-1", "spurious_ratio", 0.004),
    ("honest-1", "spurious_ratio", 0.004),
    ("small-1", "duplicate_ratio", 0.005),
    ("strait-1", "duplicate_ratio", 0.006),
    ("small-1", "id_switches_per_vessel_hour", 0.3),
    ("strait-1", "id_switches_per_vessel_hour", 0.3),
]
AT_LEAST = [
    ("small-1", "completeness", 0.98),
    ("strait-1", "completeness", 0.98),
    ("east-1", "completeness", 0.98),
    ("honest-1", "completeness", 0.98),
]
# F1 of these kinds of alert, in each scenario that has such events.
KINDS = ["loitering", "unloading", "zone_entry"]
F1_AT_LEAST = 0.8


def main(path):
    with open(path, encoding="utf-8") as file:
        result = json.load(file)
    scenarios = result.get("scenarios", [result])
    scores = {score["scenario"]: score["tracks"] for score in scenarios}
    missed = 0
    for bounds, word, holds in ((AT_MOST, "at most", lambda a, b: a <= b), (AT_LEAST, "at least", lambda a, b: a >= b)):
        for scenario, name, bound in bounds:
            if scenario not in scores:
                continue
            value = scores[scenario][name]
            ok = holds(value, bound)
            missed += not ok
            print(f"{'held' if ok else 'MISSED'}: {scenario} {name} {value:.4g}, {word} {bound}")
    for score in scenarios:
        for kind in KINDS:
            told = score["events"]["kinds"].get(kind, {"events": 0})
            if not told["events"]:
                continue
            ok = told["f1"] >= F1_AT_LEAST
            missed += not ok
            print(f"{'held' if ok else 'MISSED'}: {score['scenario']} F1 of {kind} {told['f1']:.4g}, at least {F1_AT_LEAST}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
