"""Running one command object as `edgepack` would, without the process."""

import json
from typing import Any

import click
from click.testing import CliRunner

from packager.errors import EdgePackError


class Outcome:
    """What a command printed, and how it ended; `error` is what `packager.cli.main` would turn into an exit code."""

    def __init__(self, command: click.Command, *args: object) -> None:
        result = CliRunner().invoke(command, [str(arg) for arg in args])
        self.out, self.err = result.stdout, result.stderr
        self.error = result.exception if isinstance(result.exception, EdgePackError) else None
        if result.exception is not None and not isinstance(result.exception, (EdgePackError, SystemExit)):
            raise result.exception
        self.code = self.error.exit_code if self.error else result.exit_code

    @property
    def json(self) -> Any:
        return json.loads(self.out)
