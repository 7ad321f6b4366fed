"""Places in a test where a result is compared more closely than it was computed.

A float32 result that is widened before it is compared (`.double()`, `float(...)`, `.tolist()`) is held to the tolerance
of float64, which its own processor may meet and another may not. `support.near` chooses by itself where it is handed
what was computed. What is looked for, by the syntax alone: other comparisons of floats than those of `support.near` and
`pytest.approx`; a widened result in these; tolerances written by hand; a widened result that is to be equal exactly.
"""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

# A float32 number holds about seven digits, a sum of them six.
LEAST_TOLERANCE = 1e-5
NEAR = {"assert_near", "is_near"}
OTHERS = {
    "assert_close", "assert_allclose", "allclose", "isclose", "assert_almost_equal", "assert_array_almost_equal",
    "assert_approx_equal", "assert_array_almost_equal_nulp", "assert_array_max_ulp", "assertAlmostEqual",
}  # fmt: skip
_FRAMES = {"assert_frame_equal", "assert_series_equal", "assert_index_equal", "assert_equal"}
_EXACT = {"equal", "array_equal", "assert_array_equal"}
_CASTS = {"double", "item", "tolist"}
_MAKERS = {"asarray", "array", "tensor", "as_tensor"}
_DOUBLE = {
    "float", "np.float64", "np.double", "torch.float64", "torch.double", "torch.DoubleTensor",
    "'float64'", "'f8'", "'double'",
}  # fmt: skip
_OF_NUMBERS = {"abs", "round", "sum", "max", "min"}
_ROUNDING = "another processor may round it otherwise; use assert_near"
_TOLERANCES = {"rtol", "atol", "rel", "abs", "rel_tol", "abs_tol"}


@dataclass(frozen=True)
class Finding:
    """One place, and what is wrong there."""

    line: int
    what: str


def find_in(file: Path) -> list[str]:
    """What is found in a test file, as `name:line: what`."""
    return [f"{file.name}:{found.line}: {found.what}" for found in find(file.read_text(encoding="utf-8"))]


def find(source: str) -> list[Finding]:
    """Comparisons in the text of a test that are closer than the less precise side may allow."""
    tree = ast.parse(source)
    numbers = {name: value for name, value in _assigned(tree.body) if _number(value, {}) is not None}
    casts = {
        function.name
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef) and _returns_a_cast(function)
    }
    scopes = [tree, *(node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))]
    found = {finding for scope in scopes for finding in _in_scope(scope, numbers, casts)}
    return sorted(found, key=lambda finding: (finding.line, finding.what))


def _in_scope(
    scope: ast.Module | ast.FunctionDef, numbers: Mapping[str, ast.expr], casts: set[str]
) -> Iterator[Finding]:
    """Findings in a function, or outside of all; names stand for what was last assigned to them above."""
    known = _Known(dict(numbers), set(), set(), casts)
    for node in _own_nodes(scope):
        known.learn(node)
        if isinstance(node, (ast.Name, ast.Attribute)) and _name(node) in OTHERS:
            yield Finding(node.lineno, f"{_name(node)}: compare with assert_near or is_near of support.near")
        elif isinstance(node, ast.ImportFrom):
            yield from (
                Finding(node.lineno, f"{alias.name}: compare with assert_near or is_near of support.near")
                for alias in node.names
                if alias.name in OTHERS
            )
        elif isinstance(node, ast.Call):
            yield from _in_call(node, known)
        elif isinstance(node, ast.Compare):
            yield from _in_compare(node, known)


class _Known:
    """What the names of a scope hold: small numbers, results that were widened, results of widened ones."""

    def __init__(self, numbers: dict[str, ast.expr], casts: set[str], wide: set[str], functions: set[str]) -> None:
        self.numbers, self.casts, self.wide, self.functions = numbers, casts, wide, functions

    def learn(self, node: ast.AST) -> None:
        """Take in an assignment, or a loop over a widened result."""
        pairs = list(_assigned([node]))
        if isinstance(node, ast.For) and isinstance(node.target, ast.Name):
            pairs = [(node.target.id, node.iter)]
        for name, value in pairs:
            for names in (self.casts, self.wide):
                names.discard(name)
            if self.is_cast(value):
                self.casts.add(name)
            elif self.is_wide(value):
                self.wide.add(name)
            self.numbers[name] = value

    def is_cast(self, node: ast.expr) -> bool:
        """Whether a result was widened and nothing else."""
        if isinstance(node, ast.Name):
            return node.id in self.casts
        if isinstance(node, (ast.List, ast.Tuple)):
            return any(self.is_cast(each) for each in node.elts)
        if isinstance(node, (ast.ListComp, ast.GeneratorExp)):
            return self.is_cast(node.elt)
        if isinstance(node, ast.Subscript):
            return self.is_cast(node.value)
        return isinstance(node, ast.Call) and (_widens(node) or _name(node.func) in self.functions)

    def is_wide(self, node: ast.expr) -> bool:
        """Whether a result was widened, or computed from one that was."""
        if self.is_cast(node) or (isinstance(node, ast.Name) and node.id in self.wide):
            return True
        parts: list[ast.expr] = []
        if isinstance(node, ast.BinOp):
            parts = [node.left, node.right]
        elif isinstance(node, ast.UnaryOp):
            parts = [node.operand]
        elif isinstance(node, (ast.Attribute, ast.Subscript)):
            parts = [node.value]
        elif isinstance(node, (ast.List, ast.Tuple)):
            parts = node.elts
        elif isinstance(node, ast.Call):
            of_call = [node.func.value] if isinstance(node.func, ast.Attribute) else []
            parts = [*of_call, *(node.args if _name(node.func) in _OF_NUMBERS else [])]
        return any(map(self.is_wide, parts))


def _in_call(node: ast.Call, known: _Known) -> Iterator[Finding]:
    """A widened result among what a comparison compares."""
    name = _name(node.func)
    if name in _EXACT:
        sides = [*([node.func.value] if isinstance(node.func, ast.Attribute) else []), *node.args][-2:]
        casts = [known.is_cast(side) and not _is_list(side) for side in sides]
        if any(casts) and not all(casts):
            yield Finding(node.lineno, f"{name} of a widened result: {_ROUNDING}")
    elif name in NEAR or name in _FRAMES:
        if _is_loose(node, known, loose=name in _FRAMES and not _is_exact(node)) or len(node.args) < 2:
            return
        if known.is_wide(node.args[0]) or known.is_cast(node.args[1]):
            yield Finding(
                node.lineno, f"{name} of a widened result hides its precision; hand it over as it was computed"
            )


def _in_compare(node: ast.Compare, known: _Known) -> Iterator[Finding]:
    """`== approx(...)` with a widened result, a tolerance by hand, or exact equality of a widened result."""
    for one, operator, other in zip([node.left, *node.comparators], node.ops, node.comparators, strict=False):
        approx = next(
            (each for each in (one, other) if isinstance(each, ast.Call) and _name(each.func) == "approx"), None
        )
        if approx is not None:
            found, expected = other if approx is one else one, approx.args[0]
            if not _is_loose(approx, known, loose=False) and (known.is_wide(found) or known.is_cast(expected)):
                yield Finding(node.lineno, "approx of a widened result hides its precision; use assert_near")
        elif isinstance(operator, (ast.Lt, ast.LtE, ast.Gt, ast.GtE)):
            least, difference = (other, one) if isinstance(operator, (ast.Lt, ast.LtE)) else (one, other)
            allowed = _number(least, known.numbers)
            if allowed is not None and 0 < allowed < LEAST_TOLERANCE and _is_difference(difference):
                yield Finding(node.lineno, f"a tolerance of {allowed:g} by hand; use assert_near")
        elif isinstance(operator, ast.Eq):
            for side, against in ((one, other), (other, one)):
                if _is_number_cast(side, known) and not _is_exactly_float32(against, known):
                    yield Finding(node.lineno, f"== of a widened result: {_ROUNDING}")
                    break


def _widens(node: ast.Call) -> bool:
    """Whether a call turns its operand into float64 numbers, and nothing else."""
    name, words = _name(node.func), {ast.unparse(each) for each in (*node.args, *(k.value for k in node.keywords))}
    to_double = not words.isdisjoint(_DOUBLE)
    if isinstance(node.func, ast.Attribute) and name in {"astype", "to", "type"}:
        return to_double
    if name in _MAKERS:
        return to_double and bool(node.args) and not _is_literal(node.args[0])
    if name in {"float", "float64", "longdouble"} or ast.unparse(node.func) == "np.double":
        return bool(node.args) and not _is_literal(node.args[0])
    return isinstance(node.func, ast.Attribute) and name in _CASTS and not node.args


def _is_number_cast(node: ast.expr, known: _Known) -> bool:
    """Whether a single number was widened from a tensor or an array, and perhaps rounded."""
    if not isinstance(node, ast.Call):
        return False
    if _name(node.func) == "round" and len(node.args) == 2:
        return known.is_wide(node.args[0])
    return known.is_cast(node) and _name(node.func) in {"float", "item", "double"}


def _is_exactly_float32(node: ast.expr, known: _Known) -> bool:
    """Whether a number can be the exact result of a calculation in float32: 0.5 can, 0.1 cannot."""
    value = _number(node, known.numbers)
    return value is not None and float(value * 2**20).is_integer()


def _is_difference(node: ast.expr) -> bool:
    """Whether something is subtracted in an expression, or a distance taken."""
    parts = list(ast.walk(node))
    return any(isinstance(part, ast.BinOp) and isinstance(part.op, ast.Sub) for part in parts) or any(
        isinstance(part, ast.Call) and _name(part.func) in {"dist", "mse_loss", "l1_loss"} for part in parts
    )


def _is_loose(node: ast.Call, known: _Known, *, loose: bool) -> bool:
    """Whether a comparison states a tolerance that float32 can hold; `loose` says it of one that states none."""
    stated = [_number(each.value, known.numbers) for each in node.keywords if each.arg in _TOLERANCES]
    if not stated:
        return loose
    return any(value is None or value >= LEAST_TOLERANCE for value in stated)


def _is_exact(node: ast.Call) -> bool:
    return any(each.arg == "check_exact" and ast.unparse(each.value) == "True" for each in node.keywords)


def _is_list(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and _name(node.func) == "tolist"


def _is_literal(node: ast.expr) -> bool:
    return all(
        isinstance(each, (ast.Constant, ast.List, ast.Tuple, ast.UnaryOp, ast.USub, ast.Load))
        for each in ast.walk(node)
    )


def _number(node: ast.expr, names: Mapping[str, ast.expr]) -> float | None:
    """The value of a constant, a power of constants, or a name that stands for one."""
    if isinstance(node, ast.Name) and node.id in names and not isinstance(names[node.id], ast.Name):
        return _number(names[node.id], {})
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        value = _number(node.operand, names)
        return None if value is None else -value
    if isinstance(node, ast.BinOp) and isinstance(node.op, (ast.Pow, ast.Mult, ast.Div)):
        left, right = _number(node.left, names), _number(node.right, names)
        if left is None or right is None:
            return None
        return (
            left**right
            if isinstance(node.op, ast.Pow)
            else left * right
            if isinstance(node.op, ast.Mult)
            else left / right
        )
    is_number = (
        isinstance(node, ast.Constant) and isinstance(node.value, (int, float)) and not isinstance(node.value, bool)
    )
    return float(node.value) if is_number else None


def _returns_a_cast(function: ast.FunctionDef) -> bool:
    """Whether what a function gives was widened and nothing else."""
    known = _Known({}, set(), set(), set())
    returned = []
    for node in _own_nodes(function):
        known.learn(node)
        if isinstance(node, ast.Return) and node.value is not None:
            returned.append(known.is_cast(node.value))
    return bool(returned) and all(returned)


def _assigned(nodes: list[ast.AST] | list[ast.stmt]) -> Iterator[tuple[str, ast.expr]]:
    """Names and what is assigned to them; of a tuple, each its own part, or all the same one."""
    for node in nodes:
        if isinstance(node, (ast.AnnAssign, ast.NamedExpr)) and isinstance(node.target, ast.Name) and node.value:
            yield node.target.id, node.value
        if not isinstance(node, ast.Assign):
            continue
        for target in node.targets:
            if isinstance(target, ast.Name):
                yield target.id, node.value
            elif isinstance(target, ast.Tuple):
                is_tuple = isinstance(node.value, ast.Tuple) and len(node.value.elts) == len(target.elts)
                parts = node.value.elts if is_tuple else [node.value] * len(target.elts)
                yield from (
                    (each.id, part) for each, part in zip(target.elts, parts, strict=True) if isinstance(each, ast.Name)
                )


def _own_nodes(scope: ast.AST) -> Iterator[ast.AST]:
    """Nodes of a scope in the order of the text, without those of functions in it."""
    for child in ast.iter_child_nodes(scope):
        yield child
        if not isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield from _own_nodes(child)


def _name(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
