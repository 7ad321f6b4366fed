"""Two pages made from the code: every option of every plug-in (docs/options.md), every key (config/README.md)."""

from collections.abc import Iterable, Mapping
from inspect import get_annotations
from typing import Any

from pydantic import BaseModel

from lethe.core import registry
from lethe.core.options import NoOptions
from lethe.run.fields import Field, fields_of, table
from lethe.run.known import ASKED_FOR, summary_of
from lethe.study.config import Study

_MADE = "<!-- Made by `make reference` from the code; a test compares. Edit the code, not this page. -->"
_OPTIONS = f"""\
{_MADE}

# Options of every plug-in

What a study can name, with the options that each takes; where none are listed, there are none. A table says the type of
an option, what is allowed, and what holds where a study does not give it. `lethe config FILE` checks them all before
anything starts.
[config/README.md](../config/README.md) has the keys of a study's file, [extending.md](extending.md) says how to add a
plug-in.
"""
_KEYS = f"""\
{_MADE}

# The config of a study

A study is one YAML file. The default is [config.yaml](../config.yaml) in the root of the repository; the one in this
folder is a link to it, which snakedeploy copies. Other studies lie in [studies](../studies). From another folder the
file is yours: `config.yaml` where you run, or any file that `--configfile` names.

```
lethe config FILE                 # checks a file and says in plain words what the study will be
lethe config --known              # lists what it can name
lethe config --schema             # the JSON schema for editors, which is docs/study.schema.json
```

Editors with a YAML language server complete names and mark mistakes while you write, if the first line of the file
says where the schema is: `# yaml-language-server: $schema=PATH/TO/docs/study.schema.json`.

## How the file is written

YAML, in UTF-8, and nothing in it that two readers of YAML take for two things. A key that is given twice, `010`,
`1:30`, `1_000`, `0x10`, dates, `yes`, `no`, `on`, `off`, `~`, `90%`, `.inf`, tags, merge keys (`<<`) and a second
document are refused with file, line, key and the way to write what was meant; a text that looks like one of these
stands in quotes. An anchor (`&views`) may be used again (`*views`). The same holds for `snakemake --configfile FILE`
and for `--config KEY=VALUE`, whose value is YAML: `--config 'seeds={{count: 4, block: 2}}'`.

Numbers are numbers: `4`, not `'4'`, and `6`, not `6.0`, where a whole number is wanted. A path may begin with `~`, the
home of whoever runs the study; variables such as `$HOME` are not filled in.

## Every key

`NAME` is a name that you choose: a plug-in's own, or any other with `plugin`. Below `options`, below `measures.NAME`
and beside `regimes.NAME.plugin` stand the options of the plug-in, which [docs/options.md](../docs/options.md) lists.
"""
# Keys whose values are free mappings in the model, because the plug-in decides what they hold.
_FREE = {
    "regimes": [
        Field("regimes.NAME.plugin", "text", "", "none", "which regime, where the entry goes by another name"),
        Field("regimes.NAME.OPTION", "any value", "", "", "options of this regime"),
    ],
    "measures": [Field("measures.NAME", "true or false or mapping", "", "", "options of this measure")],
}
_LEVELS = {
    "sparsity": "share of weights removed",
    "channel_sparsity": "share of channels removed or merged",
    "bits": "number of bits",
}
_CHANNELS = {1: "grey", 3: "colour", None: "grey or colour, as an option says"}
_FILES = {"block": "block of seeds of a cell", "seeds": "block of seeds"}
_HEADS = {"trained": "trained by the loss", "probe": "a probe of the frozen encoder"}
_FLAGS = {
    registry.VIEWS: {"color": "needs colour", "asks": "may change a label, so that it asks the data set"},
    registry.CORRUPTIONS: {"color": "does nothing to grey images"},
}


def option_reference() -> str:
    """Every plug-in that a study names, with its options, as markdown; imports all of them, and torch with them."""
    return "\n".join([_OPTIONS, *(_room(room) for room in ASKED_FOR)])


def config_keys() -> str:
    """Every key of a study's file as markdown."""
    rows = []
    for field in fields_of(Study):
        rows += [field, *_FREE.get(field.key, [])]
    return f"{_KEYS}\n{table(rows)}\n"


def _room(room: str) -> str:
    """One folder of plug-ins: how a config asks for them, options that several share, then each of them."""
    noun, names = registry.NOUNS[room], registry.names(room)
    options = {name: getattr(registry.load(room, name), "Options", NoOptions) for name in names}
    shared = _shared(options)
    parts = [f"## {noun[0].upper()}{noun[1:]}s", f"A study asks for one by `{ASKED_FOR[room]}`; files in `{room}/`."]
    for model, users in shared.items():
        named = ", ".join(f"`{name}`" for name in users)
        whose = f"Every {noun} takes" if len(users) == len(names) else f"{named} take"
        about = str(model.__doc__).split("\n", maxsplit=1)[0]
        parts += [f"**{whose}** the following. {about}", table(_fields_stated_in(model, model))]
    parts += [_plugin(room, name, options[name], shared) for name in names]
    return "\n\n".join(parts) + "\n"


def _shared(options: Mapping[str, type[BaseModel]]) -> dict[type[BaseModel], list[str]]:
    """Models whose options several plug-ins take, with those plug-ins; the one that most take comes first."""
    users: dict[type[BaseModel], list[str]] = {}
    for name, model in options.items():
        for stated in dict.fromkeys(_stated_in(model, key) for key in model.model_fields):
            users.setdefault(stated, []).append(name)
    several = {model: names for model, names in users.items() if len(names) > 1}
    return dict(sorted(several.items(), key=lambda item: (-len(item[1]), item[0].__name__)))


def _stated_in(model: type[BaseModel], key: str) -> type[BaseModel]:
    """The model that states an option: this one, or one that it extends."""
    return next(base for base in model.__mro__ if key in get_annotations(base))


def _fields_stated_in(model: type[BaseModel], stated: type[BaseModel]) -> list[Field]:
    """Rows of a model's options that one model states, with what stands within them."""
    return [field for field in fields_of(model) if _stated_in(model, field.key.partition(".")[0]) is stated]


def _plugin(room: str, name: str, model: type[BaseModel], shared: Iterable[type[BaseModel]]) -> str:
    """One plug-in: what it is, what its file states, its source, its own options, and the names of shared ones."""
    summary = summary_of(room, name)
    facts = "; ".join([f"{summary[0].upper()}{summary[1:]}", *_facts(room, name)])
    parts = [f"### `{name}`", f"{facts}. Source: {registry.literal(room, name, 'source')}."]
    own = [field for field in fields_of(model) if _stated_in(model, field.key.partition(".")[0]) not in shared]
    if own:
        parts.append(table(own))
    others = [f"`{key}`" for key in model.model_fields if _stated_in(model, key) in shared]
    if others:
        parts.append(f"{'And, as above' if own else 'Options, as above'}: {', '.join(others)}.")
    return "\n\n".join(parts)


def _facts(room: str, name: str) -> list[str]:
    """What a plug-in's file states beside summary and source, in words."""

    def stated(field: str) -> Any:
        return registry.literal(room, name, field, default=None)

    if room == registry.METHODS:
        when = "while a network trains" if stated("pairing") == "in_training" else "on trained networks"
        control = [f"its control is `{stated('control')}`"] * bool(stated("control"))
        return [f"a {stated('role')} that acts {when}", f"level: {_LEVELS[stated('level_kind')]}", *control]
    if room == registry.SETS:
        views = ", ".join(f"`{view}`" for view in stated("views")) or "none"
        return [f"images are {_CHANNELS[stated('channels')]}", f"of the views that ask it allows {views}"]
    if room == registry.MEASURES:
        by_default = "taken by default" if stated("default") else "taken where a study asks for it"
        return [f"one file per {_FILES.get(stated('of'), stated('of'))}", by_default]
    if room == registry.REGIMES:
        return [f"labels used: {stated('labels')}", f"head: {_HEADS[stated('head')]}"]
    return [words for field, words in _FLAGS.get(room, {}).items() if stated(field)]
