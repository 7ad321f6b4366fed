"""Errors that a user can act on; each message says what was given, what is allowed and what to do."""

DECIDES_NO_RESULT = "the classes of errors"


class LetheError(Exception):
    """Base of every error that is shown as one message, without a traceback."""


class ConfigError(LetheError):
    """A study's config is wrong: a key, a name, a value or a combination of them."""


class UnknownName(ConfigError):
    """A name that no file of a folder, no field of a model, no study carries."""


class ReplacesNetworks(ConfigError):
    """A config would replace the networks that another config of the same name made."""


class DataError(LetheError):
    """A data set's file is missing, truncated, corrupt or not what its checksum says."""


class SchemaError(LetheError):
    """A table or checkpoint does not have the columns, types or version that its schema names."""


class DamagedFile(SchemaError):
    """A file is not what was written: its content does not fit the checksum in it."""


class UnsealedFile(SchemaError):
    """A file has no checksum of its content.

    Attributes: version: the schema version that it says it has; None where it says none.
    """

    def __init__(self, message: str, version: int | None = None) -> None:
        super().__init__(message)
        self.version = version


class StaleCode(LetheError):
    """The code is another than the one that a job was planned with."""


class ForeignInput(LetheError):
    """A job is given files that do not belong together."""


class Diverged(LetheError):
    """A loss stopped being a number; training this seed again would end the same way."""


class Collapsed(LetheError):
    """An encoder gives all images the same features; training this seed again would end the same way."""


class EmptyPopulation(LetheError):
    """A statement about a population was asked for without a model in it."""


class CompressionError(LetheError):
    """A compressor was asked for a level that it cannot reach on this model."""


class ExportError(LetheError):
    """An exported network could not be written, or does not compute what the network computes."""


class BusyError(LetheError):
    """Another live process owns what this one wants to write."""


class RunFailed(LetheError):
    """Snakemake ended without what it was asked for; its own messages say why."""


class Interrupted(RunFailed):
    """Somebody stopped a run: with Ctrl-C, or with a signal to end."""


class EmptyReport(LetheError):
    """A table or figure was asked for without a cell to show."""


class PackageError(LetheError):
    """A package is not the one that the lock names, or may not be used."""


class PopulationError(LetheError):
    """Evaluations that should form one population, or a pair of them, do not fit together."""
