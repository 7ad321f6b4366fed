"""Options of a plug-in that are small enough for the tests' images, as the plug-in itself states them."""

from typing import Any

from pydantic import BaseModel

# Images that contract tests of methods offer; more than methods look at by default.
OFFERED = 1000


def small_options(options: type[BaseModel]) -> dict[str, Any]:
    """As `own_examples`, where every option without a default must have one."""
    silent = [name for name, field in options.model_fields.items() if field.is_required() and not field.examples]
    assert not silent, f"options without a default and without an example: {silent}; write Field(examples=[...])"
    return own_examples(options)


def own_examples(options: type[BaseModel]) -> dict[str, Any]:
    """The first of the `examples` of every option that has some.

    An example is a value for tests: small, and right for a training of 24 steps.
    """
    return {name: field.examples[0] for name, field in options.model_fields.items() if field.examples}
