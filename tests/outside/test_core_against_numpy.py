"""The core's generator and data sets against NumPy's np.random itself: same bits, same position of
the stream afterwards."""
import json
import pathlib
import random

import numpy as np

import core_probe
from python_formula import DRAWS, ERRORS, evaluate

GOLDEN = pathlib.Path(__file__).resolve().parents[1] / "golden/report.json"
SEEDS = [0, 1, 2, 42, 134551, 2**31 - 1, 2**31, 2**32 - 2, 2**32 - 1]
RANGES = [(5, 6), (0, 1), (-1, 0), (0, 2), (0, 3), (0, 4), (0, 15), (0, 100), (-7, 3), (-128, 128),
          (0, 2**16), (0, 2**16 + 1), (0, 2**31), (-2**31, 2**31), (0, 2**32 - 1), (0, 2**32),
          (0, 2**32 + 1), (-2**32, 7), (10**12, 10**12 + 5), (-10**15, 10**15), (0, 2**53),
          (-2**62, 2**62), (0, 2**63 - 1), (-2**63, 2**63 - 1), (-2**63, -2**63 + 1),
          (2**63 - 3, 2**63 - 1)]


def hexes(values):
    return [float(value).hex() for value in values]


def numpy_answer(words):
    """What NumPy answers to one command of the probe; None to `seed`."""
    name, *numbers = words
    if name == "seed":
        return np.random.seed(numbers[0])
    if name == "randint":
        low, high, n = numbers
        return [int(np.random.randint(low, high)) for _ in range(n)]
    if name == "permutation":
        return [int(value) for value in np.random.permutation(numbers[0])]
    draw = np.random.rand if name == "uniform" else np.random.randn
    return hexes(draw() for _ in range(numbers[0]))


def compare(commands):
    """Every command in both; they must give the same values."""
    answers = iter(core_probe.ask(" ".join(map(str, words)) for words in commands))
    seed = None
    for words in commands:
        expected = numpy_answer(words)
        if expected is None:
            seed = words[1]
            continue
        answer = next(answers)
        got = core_probe.integers(answer) if words[0] in ("randint", "permutation") \
            else hexes(core_probe.floats(answer))
        assert got == expected, f"seed {seed}, {words}: got {got[:5]}, NumPy {expected[:5]}"
    assert next(answers, None) is None


def test_every_range_for_every_seed():
    source = random.Random(30)
    seeds = SEEDS + [source.getrandbits(32) for _ in range(40)]
    commands = []
    for seed in seeds:
        commands.append(("seed", seed))
        commands += [("randint", low, high, 20) for low, high in RANGES]
        commands.append(("uniform", 1))
    compare(commands)


def test_random_ranges():
    source = random.Random(31)
    commands = [("seed", 7)]
    for _ in range(4000):
        low = source.randrange(-2**source.randrange(1, 63), 2**source.randrange(1, 63))
        high = min(low + source.randrange(1, 2**source.randrange(1, 64) + 1), 2**63 - 1)
        commands.append(("randint", low, high, 3))
    compare(commands)


def test_long_streams():
    """Beyond many refills of the 624 words."""
    for seed in SEEDS:
        compare([("seed", seed), ("uniform", 3000), ("normal", 3001), ("randint", 0, 100, 3000),
                 ("normal", 2)])


def test_permutations_of_every_size():
    sizes = list(range(0, 70)) + [127, 128, 129, 1000, 65536, 65537, 100000]
    compare([("seed", 5)] + [("permutation", size) for size in sizes] + [("uniform", 2)])


def test_mixed_sequences():
    """Also a seed between the two values of a normal pair, and draws between them."""
    source = random.Random(32)
    commands = [("seed", 0)]
    for _ in range(6000):
        kind = source.random()
        if kind < 0.05:
            commands.append(("seed", source.choice(SEEDS + [source.getrandbits(32)])))
        elif kind < 0.4:
            commands.append(("randint", *source.choice(RANGES), source.randrange(1, 6)))
        elif kind < 0.6:
            commands.append(("uniform", source.randrange(1, 6)))
        elif kind < 0.85:
            commands.append(("normal", source.randrange(1, 6)))
        else:
            commands.append(("permutation", source.randrange(0, 40)))
    compare(commands)


# --- data sets ---------------------------------------------------------------------------------

def dataset_commands(columns, n_targets, n_samples, seed, draws):
    names = list(columns)
    features, targets = names[:-n_targets], names[-n_targets:]
    return [f"feature {name} {columns[name]}" for name in features] + \
           [f"target {name} {columns[name]}" for name in targets] + \
           [f"dataset {n_samples} {seed} {draws}"]


def dataset(columns, n_samples, seed, draws, n_targets=1):
    """Rows of floats, in the order of the columns, of which the last n_targets are targets."""
    answer, = core_probe.ask(dataset_commands(columns, n_targets, n_samples, seed, draws))
    assert answer.startswith("= "), answer
    values = core_probe.floats(answer[2:])
    width = len(columns)
    assert len(values) == n_samples * width
    return [values[i:i + width] for i in range(0, len(values), width)]


def test_rows_of_the_golden_report():
    golden = json.loads(GOLDEN.read_text())
    features = {"n1": "randint(0,4)", "n2": "randint(0,15)"}
    assert dataset({**features, "n3": "n1**2 + n2 + randint(0,5)"}, 100, 134551, "row") \
        == golden["rows"]
    assert dataset({**features, "n3": "randint(0,100)"}, 100, 134551, "row") \
        == golden["random_rows"]


RECIPES = [
    {"n1": "randint(0,4)", "n2": "randint(0,15)", "n3": "n1**2 + n2 + randint(0,5)"},
    {"a": "uniform(-1,1)", "b": "normal(0,2)", "c": "a*b + normal(0,0.1)"},
    {"a": "randn()", "b": "rand()", "c": "randint(10)", "d": "where(b > 0.5, a, -a) * (c + 1)"},
    {"a": "normal(5,2) - uniform(0,3)*randint(1,7)", "b": "a % 3", "c": "randn() + randn()*b"},
    {"a": "randint(1,9)", "b": "randint(0,a)", "c": "uniform(a,b) + normal(b,a)"},
]


def test_rows_are_those_of_a_python_loop():
    for columns in RECIPES:
        for seed in SEEDS:
            rows = []
            np.random.seed(seed)
            for _ in range(30):
                row = {}
                for name, formula in columns.items():
                    row[name] = float(evaluate(formula, row))
                rows.append(list(row.values()))
            assert dataset(columns, 30, seed, "row") == rows, (columns, seed)


def sized(n):
    """np.random with every call filling a column."""
    return {
        "randint": lambda *bounds: np.random.randint(*bounds, size=n).astype(float),
        "uniform": lambda *bounds: np.random.uniform(*bounds, size=n),
        "normal": lambda *bounds: np.random.normal(*bounds, size=n),
        "rand": lambda: np.random.rand(n), "randn": lambda: np.random.randn(n),
        "where": np.where,
    }


def test_columns_are_those_of_whole_numpy_calls():
    n = 257
    for columns in RECIPES[:4]:
        for seed in SEEDS:
            filled = {}
            np.random.seed(seed)
            for name, formula in columns.items():
                values = eval(formula, {"__builtins__": {}}, {**filled, **sized(n)})
                filled[name] = np.asarray(values, float)
            expected = np.stack(list(filled.values()), axis=1).tolist()
            assert dataset(columns, n, seed, "column") == expected, (columns, seed)


def test_columns_of_single_draws_equal_numpys():
    for formula, call in {
            "randint(0,4)": lambda n: np.random.randint(0, 4, size=n),
            "randint(-3,2**40)": lambda n: np.random.randint(-3, 2**40, size=n),
            "uniform(-2,5)": lambda n: np.random.uniform(-2, 5, size=n),
            "normal(1,3)": lambda n: np.random.normal(1, 3, size=n),
            "rand()": lambda n: np.random.rand(n), "randn()": lambda n: np.random.randn(n)}.items():
        for seed in SEEDS:
            np.random.seed(seed)
            first, second = call(1001), call(1001)
            expected = np.stack([first, second], axis=1).astype(float).tolist()
            assert dataset({"a": formula, "b": formula}, 1001, seed, "column") == expected, formula


def test_several_targets_may_use_features_and_each_other():
    columns = {"a": "randint(0,9)", "b": "a + rand()", "c": "b - a"}
    for draws in ("row", "column"):
        for a, b, c in dataset(columns, 50, 3, draws, n_targets=2):
            assert a == int(a) and c == b - a and 0 <= c < 1


# --- formulas that draw ------------------------------------------------------------------------

def random_draw(source, depth):
    """A formula of draws in any place Python may put them; bounds small, so that most succeed."""
    kind = source.random()
    if depth == 0 or kind < 0.1:
        return source.choice(["n1", "2", "3.5", "0"])
    if kind < 0.45:
        name = source.choice(["rand()", "randn()", "uniform()", "normal()", "randint({})",
                              "randint({}, {})", "uniform({}, {})", "normal({}, {})"])
        return name.format(*(random_draw(source, depth - 1) for _ in range(name.count("{}"))))
    left, right = random_draw(source, depth - 1), random_draw(source, depth - 1)
    if kind < 0.85:
        return f"({left} {source.choice(['+', '-', '*', '/', '**', '//', '%', '<'])} {right})"
    third = random_draw(source, depth - 1)
    name = source.choice(["where", "min", "max"])
    return f"{name}({left}, {right}, {third})"


def compare_formulas(cases):
    """Each (seed, text) in both, then where the stream stands; (number of values, of failures)."""
    variables = {"n1": 7.0}
    commands = ["let n1 7"]
    for seed, text in cases:
        commands += [f"seed {seed}", f"formula {text}", "uniform 1", "normal 1"]
    answers = iter(core_probe.ask(commands))
    counts = [0, 0]
    for seed, text in cases:
        answer, after = next(answers), [next(answers), next(answers)]
        if "beyond 2**53" in answer:
            continue  # NumPy goes on to 2**63, where doubles have holes
        np.random.seed(seed)
        try:
            expected = evaluate(text, variables)
            assert answer.startswith("= "), f"seed {seed}: {text}: {answer}, NumPy {expected}"
            got = float.fromhex(answer[2:])
            assert core_probe.bits(got) == core_probe.bits(float(expected)), \
                f"seed {seed}: {text}: got {got!r}, NumPy {expected!r}"
            counts[0] += 1
        except ERRORS as error:
            assert answer.startswith("! "), f"seed {seed}: {text}: {answer}, NumPy {error!r}"
            counts[1] += 1
        stands = [hexes(core_probe.floats(line)) for line in after]
        assert stands == [hexes([np.random.rand()]), hexes([np.random.randn()])], \
            f"seed {seed}: {text}: the stream stands elsewhere afterwards"
    return counts


def test_draws_inside_a_formula_come_in_pythons_order():
    source = random.Random(33)
    cases = []
    while len(cases) < 5000:
        text = random_draw(source, source.randrange(1, 5))
        if len(text) < 300 and any(name + "(" in text for name in DRAWS):
            cases.append((source.getrandbits(32), text))
    values, failures = compare_formulas(cases)
    assert values > 2000 and failures > 200, (values, failures)


def test_odd_arguments_of_draws_are_taken_as_numpy_takes_them():
    inf, nan = "1e308*10", "(1e308*10-1e308*10)"
    odd = ["0", "-0.0", "1", "-1", "0.5", "2.9", "-2.9", "1e15", "5e-324", "1e308", "-1e308",
           inf, f"-{inf}", nan]
    texts = [f"{name}({a}, {b})" for name in ("randint", "uniform", "normal")
             for a in odd for b in odd]
    texts += [f"{name}({a})" for name in ("randint", "uniform", "normal") for a in odd]
    values, failures = compare_formulas([(seed, text) for seed in (0, 9) for text in texts])
    assert values > 500 and failures > 200, (values, failures)
