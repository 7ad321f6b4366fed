"""What `--jaxtyping-packages` puts around functions checks types and shapes, although it binds few of the calls."""

import jaxtyping
import numpy as np
import pytest
from beartype import beartype
from jaxtyping import Float

checked = jaxtyping.jaxtyped(typechecker=beartype)


@checked
def plain(number: int, *, word: str = "") -> str:
    return word if number else number  # type: ignore[return-value]


@checked
def shaped(one: Float[np.ndarray, " n"], others: list[Float[np.ndarray, " n"]]) -> Float[np.ndarray, " n"] | None:
    return one if others else None


def test_wrong_types_are_refused_with_and_without_shapes() -> None:
    assert plain(1, word="a") == "a"
    for call in (lambda: plain("1"), lambda: plain(1, word=2), lambda: plain(0), lambda: shaped(1, [])):
        with pytest.raises(Exception, match=r"type|violates"):
            call()


def test_shapes_of_one_call_must_fit_each_other() -> None:
    assert shaped(np.zeros(3), [np.zeros(3)]) is not None and shaped(np.zeros(3), []) is None
    with pytest.raises(jaxtyping.TypeCheckError, match="others"):
        shaped(np.zeros(3), [np.zeros(4)])
