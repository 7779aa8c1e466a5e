"""The core's formulas and printed numbers against Python's own floats: same bits, same failures."""
import random
import struct

import pytest

import core_probe
from python_formula import ERRORS, evaluate, is_in_the_language

VARIABLE_SETS = [
    {"n1": 3.0, "n2": 14.0, "x": -0.5},
    {"n1": 0.0, "n2": 1.0, "x": -0.0},
    {"n1": -7.0, "n2": 1e200, "x": 2.5e-310},
    {"n1": 123456789.0, "n2": -1e-5, "x": 1 / 3},
]
OPERATORS = ["+", "-", "*", "/", "//", "%", "**", "<", "<=", ">", ">=", "==", "!="]
WEIGHTS = [8, 8, 8, 5, 3, 3, 4, 1, 1, 1, 1, 1, 1]
UNARY = ["abs", "sqrt", "exp", "log", "log2", "log10", "sin", "cos", "tan", "tanh", "floor",
         "ceil", "round"]


def random_leaf(source):
    kind = source.random()
    if kind < 0.4:
        return source.choice(["n1", "n2", "x"])
    if kind < 0.7:
        return str(source.randrange(0, 12))
    if kind < 0.9:
        return repr(round(source.uniform(0, 20), source.randrange(0, 6)))
    return source.choice(["pi", "e", ".5", "2.", "1e3", "1E-2", "1e308", "5e-324", "0.1", "1e17"])


def random_formula(source, depth):
    """Text with only the parentheses that chance put there: precedence is Python's to decide."""
    kind = source.random()
    if depth == 0 or kind < 0.15:
        return random_leaf(source)
    if kind < 0.65:
        operator = source.choices(OPERATORS, WEIGHTS)[0]
        space = source.choice(["", " "])
        left, right = random_formula(source, depth - 1), random_formula(source, depth - 1)
        if operator in OPERATORS[7:]:  # a chain of comparisons is not in the language
            left, right = f"({left})", f"({right})"
            return f"({left}{space}{operator}{space}{right})"
        return f"{left}{space}{operator}{space}{right}"
    if kind < 0.75:
        return source.choice("-+") + random_formula(source, depth - 1)
    if kind < 0.88:
        return f"({random_formula(source, depth - 1)})"
    if kind < 0.96:
        return f"{source.choice(UNARY)}({random_formula(source, depth - 1)})"
    name, n = source.choice([("min", 2), ("max", 2), ("min", 4), ("max", 3), ("where", 3)])
    return f"{name}({', '.join(random_formula(source, depth - 1) for _ in range(n))})"


def with_variables(variables):
    return ["forget"] + [f"let {name} {value.hex()}" for name, value in variables.items()]


def compare(cases):
    """Each (text, variables) in both; returns (number of values, number of failures)."""
    commands = []
    for text, variables in cases:
        commands += with_variables(variables) + [f"formula {text}"]
    answers = core_probe.ask(commands)
    assert len(answers) == len(cases)
    counts = [0, 0]
    for (text, variables), answer in zip(cases, answers):
        try:
            expected = evaluate(text, variables)
        except ERRORS as error:
            assert answer.startswith("! ") and " at column " in answer, \
                f"{text} with {variables}: got {answer}, Python says {error!r}"
            counts[1] += 1
            continue
        assert answer.startswith("= "), f"{text} with {variables}: {answer}, Python: {expected!r}"
        got = float.fromhex(answer[2:])
        assert core_probe.bits(got) == core_probe.bits(expected), \
            f"{text} with {variables}: got {got!r}, Python {expected!r}"
        counts[0] += 1
    return counts


def test_random_formulas_give_pythons_bits_and_failures():
    source = random.Random(20)
    cases = []
    while len(cases) < 12000:
        text = random_formula(source, source.randrange(1, 7))
        if len(text) < 300:
            cases.append((text, source.choice(VARIABLE_SETS)))
    values, failures = compare(cases)
    assert values > 4000 and failures > 500, (values, failures)  # both were seen


SPECIAL = [0.0, -0.0, 1.0, -1.0, 0.5, -0.5, 2.0, -2.0, 3.0, -3.0, 2.0**53, -2.0**53 + 1, 1e308,
           -1e308, 5e-324, -5e-324, 2.0**-1022, float("inf"), float("-inf"), float("nan")]


def random_double(source):
    kind = source.random()
    if kind < 0.3:
        return float(source.randrange(-20, 21))
    if kind < 0.5:
        return source.uniform(-100, 100)
    if kind < 0.6:
        return source.choice(SPECIAL)
    value = struct.unpack("<d", struct.pack("<Q", source.getrandbits(64)))[0]
    return value if value == value else 0.0


def test_special_values_give_pythons_bits_and_failures():
    cases = [(f"n1 {operator} n2", {"n1": a, "n2": b})
             for operator in OPERATORS for a in SPECIAL for b in SPECIAL]
    cases += [(f"{name}(n1, n2)", {"n1": a, "n2": b})
              for name in ("min", "max") for a in SPECIAL for b in SPECIAL]
    cases += [(f"{name}(n1)", {"n1": a}) for name in UNARY for a in SPECIAL]
    values, failures = compare(cases)
    assert values > 4000 and failures > 100, (values, failures)


def test_operators_give_pythons_bits_on_any_doubles():
    source = random.Random(21)
    cases = [(f"n1 {operator} n2", {"n1": random_double(source), "n2": random_double(source)})
             for operator in OPERATORS for _ in range(1500)]
    values, failures = compare(cases)
    assert values > 10000 and failures > 500, (values, failures)


def test_powers_are_pythons():
    source = random.Random(22)
    cases = []
    for _ in range(8000):
        base = source.choice([source.uniform(0, 3), source.uniform(-50, 50),
                              float(source.randrange(-12, 13)), 10.0 ** source.uniform(-300, 300)])
        exponent = source.choice([source.uniform(-5, 5), float(source.randrange(-20, 20)),
                                  source.randrange(-9, 9) / 2, 2.0, 3.0, 0.5, -1.0])
        cases.append(("n1**n2", {"n1": base, "n2": exponent}))
    values, failures = compare(cases)
    assert values > 5000 and failures > 500, (values, failures)


def test_functions_give_pythons_bits_on_any_doubles():
    source = random.Random(23)
    cases = [(f"{name}(n1)", {"n1": random_double(source)}) for name in UNARY for _ in range(500)]
    cases += [(f"{name}(n1, n2)", {"n1": random_double(source), "n2": random_double(source)})
              for name in ("min", "max") for _ in range(500)]
    values, failures = compare(cases)
    assert values > 3000 and failures > 500, (values, failures)


def test_whole_numbers_equal_pythons_integers():
    """Integers are exact as long as every value on the way stays below 2**53."""
    source = random.Random(24)
    texts = []
    while len(texts) < 3000:
        terms = [f"{source.randrange(0, 4000)}{source.choice(['', '**2', '**3'])}"
                 for _ in range(source.randrange(1, 6))]
        text = terms[0]
        for term in terms[1:]:
            text += source.choice([" + ", " - ", "-", "+", " // ", " % "]) + term
        if not any(f"{sign} 0" in text for sign in ("//", "%")):
            texts.append(text)
    answers = core_probe.ask([f"formula {text}" for text in texts])
    for text, answer in zip(texts, answers):
        expected = eval(text, {"__builtins__": {}})
        assert answer.startswith("= ") and float.fromhex(answer[2:]) == expected, \
            f"{text}: got {answer}, Python {expected}"


WORDS = ["1", "2.5", ".5", "07", "1e2", "n1", "n2", "x", "y", "+", "-", "*", "/", "//", "%", "**",
         "(", ")", "<", "==", "!=", "=", "abs(", "min(", ",", " ", "1", "n1", "-", "^"]


def random_text(source):
    """Words in any order, or a good formula with a word put in or a stretch cut out."""
    if source.random() < 0.5:
        return "".join(source.choices(WORDS, k=source.randrange(1, 8)))
    text = random_formula(source, 3)
    start = source.randrange(0, len(text) + 1)
    end = start + source.choice([0, 0, 1, 2])
    return text[:start] + source.choice(WORDS + [""] * 10) + text[end:]


@pytest.mark.filterwarnings("ignore:invalid decimal literal:SyntaxWarning")
def test_the_language_is_pythons_grammar():
    """Random texts: compiled if and only if Python reads them and they use nothing else of it."""
    variables = VARIABLE_SETS[0]
    source = random.Random(25)
    texts = set()
    while len(texts) < 40000:
        text = random_text(source)
        # Python alone lets a call end with a comma and writes numbers in hexadecimal.
        if text.strip() and len(text) < 300 and ",)" not in text.replace(" ", "") \
                and "0x" not in text:
            texts.add(text)
    texts = sorted(texts)
    answers = core_probe.ask(with_variables(variables) + [f"formula {text}" for text in texts])
    accepted = 0
    for text, answer in zip(texts, answers):
        compiled = not answer.startswith("! column")
        good = is_in_the_language(text.strip(" "), variables)
        assert compiled == good, f"{text!r}: {answer}, in the language: {good}"
        accepted += good
    assert 5000 < accepted < 35000, accepted


def expected_text(value):
    """Python's repr as number_print lays it out."""
    text = repr(value)
    if "e" in text:
        mantissa, exponent = text.split("e")
        return f"{mantissa}e{int(exponent)}"
    return text if text == "-0.0" else text.removesuffix(".0")


def test_numbers_print_as_pythons_repr():
    source = random.Random(26)
    values = [struct.unpack("<d", struct.pack("<Q", source.getrandbits(64)))[0]
              for _ in range(60000)]
    values += [source.uniform(0, 100) for _ in range(30000)]
    values += [round(source.uniform(-1000, 1000), source.randrange(0, 7)) for _ in range(30000)]
    values += [10.0 ** source.uniform(-25, 20) for _ in range(30000)]
    values += [float(source.randrange(10 ** source.randrange(1, 20))) for _ in range(10000)]
    values += [2.0 ** exponent for exponent in range(-1074, 1024)]
    values += [float(f"1e{exponent}") for exponent in range(-323, 309)]
    values += [struct.unpack("<d", struct.pack("<Q", (exponent << 52) + offset))[0]
               for exponent in range(2047) for offset in (1, 2, (1 << 52) - 1)]
    values = [value for value in values if abs(value) < float("inf")] + [0.0, -0.0]
    answers = core_probe.ask(
        [f"print {struct.unpack('<Q', struct.pack('<d', value))[0]:x}" for value in values])
    assert len(answers) == len(values)
    wrong = [(value.hex(), text, expected_text(value)) for value, text in zip(values, answers)
             if text != expected_text(value)]
    assert not wrong, f"{len(wrong)} of {len(values)} differ, first: {wrong[:3]}"
