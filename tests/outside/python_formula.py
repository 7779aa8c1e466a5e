"""Formulas as Python itself evaluates them, with every number a float.

Python's own parser decides what binds to what; only then is each literal made a float, each
comparison 1.0 or 0.0, and a power that would be complex an error."""
import ast
import math
import sys

import numpy as np

ERRORS = (ZeroDivisionError, OverflowError, ValueError)
CONSTANTS = {"pi": math.pi, "e": math.e}


def power(base, exponent):
    result = base ** exponent
    if isinstance(result, complex):
        raise ValueError("complex")
    return result


FUNCTIONS = {
    "abs": abs, "min": min, "max": max, "sqrt": math.sqrt, "exp": math.exp, "log": math.log,
    "log2": math.log2, "log10": math.log10, "sin": math.sin, "cos": math.cos, "tan": math.tan,
    "tanh": math.tanh, "floor": lambda x: float(math.floor(x)),
    "ceil": lambda x: float(math.ceil(x)), "round": lambda x: float(round(x)),
    "where": lambda condition, a, b: a if condition else b,
}
DRAWS = {
    "randint": lambda *bounds: float(np.random.randint(*bounds)),
    "uniform": np.random.uniform, "normal": np.random.normal,
    "rand": np.random.rand, "randn": np.random.randn,
}


ARGUMENTS = {**{name: (1, 1) for name in FUNCTIONS}, "min": (2, 99), "max": (2, 99),
             "where": (3, 3), "randint": (1, 2), "uniform": (0, 2), "normal": (0, 2),
             "rand": (0, 0), "randn": (0, 0)}  # fewest, most


NODES = (ast.Expression, ast.Load, ast.BinOp, ast.Add, ast.Sub, ast.Mult, ast.Div, ast.FloorDiv,
         ast.Mod, ast.Pow, ast.UnaryOp, ast.UAdd, ast.USub, ast.Lt, ast.LtE, ast.Gt, ast.GtE,
         ast.Eq, ast.NotEq)


class Floats(ast.NodeTransformer):
    def visit_Constant(self, node):
        return ast.Constant(float(node.value))

    def visit_BinOp(self, node):
        self.generic_visit(node)
        if isinstance(node.op, ast.Pow):
            return ast.Call(ast.Name("power", ast.Load()), [node.left, node.right], [])
        return node

    def visit_Compare(self, node):
        self.generic_visit(node)
        return ast.Call(ast.Name("float", ast.Load()), [node], [])


def evaluate(text, variables):
    """The value of the formula; raises one of ERRORS where it has none."""
    tree = ast.fix_missing_locations(Floats().visit(ast.parse(text, mode="eval")))
    names = {**CONSTANTS, **FUNCTIONS, **DRAWS, **variables, "power": power, "float": float}
    return eval(compile(tree, "formula", "eval"), {"__builtins__": {}}, names)


def is_good_call(node):
    if not isinstance(node.func, ast.Name) or node.keywords or node.func.id not in ARGUMENTS:
        return False
    fewest, most = ARGUMENTS[node.func.id]
    return fewest <= len(node.args) <= most


def is_in_the_language(text, variables):
    """Whether the text is Python, and of Python only what formulas have."""
    try:
        tree = ast.parse(text, mode="eval")
    except SyntaxError:
        return False
    values = set(CONSTANTS) | set(variables)
    called = [node.func for node in ast.walk(tree) if isinstance(node, ast.Call)]
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            good = is_good_call(node)
        elif isinstance(node, ast.Compare):
            good = len(node.ops) == 1
        elif isinstance(node, ast.Name):
            good = node in called or node.id in values
        elif isinstance(node, ast.Constant):
            good = type(node.value) in (int, float) and node.value <= sys.float_info.max
        else:
            good = isinstance(node, NODES)
        if not good:
            return False
    return True
