"""The command `edgepack`: finds its commands by file name, and turns every failure into one line and an exit code.

A command is a file of this folder: `pack_wheels.py` is ``edgepack pack-wheels``. It exports one click command as
`command`, and the first line of its docstring is its line in ``edgepack --help``, read without importing it.
"""

import dataclasses
import errno
import importlib
import os
import pkgutil
import signal
import sys
from collections.abc import Sequence
from types import FrameType
from typing import NoReturn

import click
from click.shell_completion import shell_complete

from packager import __version__
from packager.errors import EdgePackError, did_you_mean

_FOLDER = "packager.cli"
_COMPLETE = "_EDGEPACK_COMPLETE"
"""Set by a shell's completion, as of all click commands."""
_INTERRUPTED = 130
_PIPE_CLOSED = 141
_TERMINATED = 143
"""128 and the signal's number, as a shell reports it: of SIGINT, SIGPIPE and SIGTERM."""

_REMEDIES = {
    errno.ENOSPC: "free some space and try again; nothing was left half-written",
    errno.EDQUOT: "free some space and try again; nothing was left half-written",
    errno.EACCES: "check the permissions, or choose another place",
    errno.EPERM: "check the permissions, or choose another place",
    errno.EROFS: "choose a place that can be written to",
}


@dataclasses.dataclass(slots=True)
class _Settings:
    debug: bool = False


class _Commands(click.Group):
    """Imports a command when it is run, not when it is listed."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        found = (module.name for module in pkgutil.iter_modules(importlib.import_module(_FOLDER).__path__))
        return sorted(name.replace("_", "-") for name in found if not name.startswith("_") and name != "main")

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.list_commands(ctx):
            return None
        command = importlib.import_module(f"{_FOLDER}.{_module(cmd_name)}").command
        assert isinstance(command, click.Command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        known = self.list_commands(ctx)
        if args and not args[0].startswith("-") and args[0] not in known:
            raise click.UsageError(f"no command {args[0]!r}; {did_you_mean(args[0], known)}", ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        if rows := [(name, _summary(name)) for name in self.list_commands(ctx)]:
            with formatter.section("Commands"):
                formatter.write_dl(rows)


def _module(command: str) -> str:
    return command.replace("-", "_")


def _summary(command: str) -> str:
    """Return the first line of a command's module, its docstring's; the module is not imported."""
    source = pkgutil.get_data(_FOLDER, f"{_module(command)}.py") or b""
    return source.partition(b"\n")[0].decode().strip('"\r')


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="edgepack")
@click.option("--debug", is_flag=True, help="Show the traceback of a failure.")
@click.pass_obj
def cli(settings: _Settings, debug: bool) -> None:  # noqa: FBT001 - click passes options by name
    """Turn a trained model into a bundle that a firmware team can flash.

    Exit codes: 0 done, 1 unexpected, 2 usage or configuration, 3 budget exceeded, 4 integrity, 5 registry or network,
    6 model or operator not supported, 7 an outside tool failed or is missing.
    """
    settings.debug = debug


def main(args: Sequence[str] | None = None) -> int:
    """Run one command line and return its exit code; only the `SystemExit` of a SIGTERM passes through."""
    signal.signal(signal.SIGTERM, _terminate)
    try:
        code = _run(sys.argv[1:] if args is None else args)
        sys.stdout.flush()
    except BrokenPipeError:
        return _pipe_closed()
    return code


def _run(args: Sequence[str]) -> int:
    settings = _Settings()
    if asked := os.environ.get(_COMPLETE):
        return shell_complete(cli, {}, "edgepack", _COMPLETE, asked)
    try:
        # Not `cli.main`, which takes a closed pipe for itself and exits with 1.
        with cli.make_context("edgepack", list(args), obj=settings) as context:
            result = cli.invoke(context)
    except BrokenPipeError:
        raise
    except click.exceptions.Exit as end:
        return end.exit_code
    except (KeyboardInterrupt, click.Abort):
        _say("interrupted")
        return _INTERRUPTED
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except Exception as error:  # noqa: BLE001 - the one place that turns a failure into words
        if settings.debug:
            import traceback

            traceback.print_exc()
        return _report(error)
    return result if isinstance(result, int) else 0


def _report(error: Exception) -> int:
    if isinstance(error, EdgePackError):
        _say(f"error: {error}", hint=error.hint, details=error.details)
        return error.exit_code
    if isinstance(error, OSError) and error.strerror:
        place = f"{error.filename}: " if error.filename else ""
        _say(f"error: {place}{error.strerror}", hint=_REMEDIES.get(error.errno or 0, ""))
    elif isinstance(error, MemoryError):
        _say("error: out of memory", hint="close other programs, or build one target at a time")
    else:
        _say(
            f"error: unexpected {type(error).__name__}: {error}",
            hint="this is a fault of EdgePack; `edgepack --debug …` shows where it happened",
        )
    return EdgePackError.exit_code


def _say(message: str, *, hint: str = "", details: str = "") -> None:
    for text in (message, f"hint: {hint}" if hint else "", details.rstrip()):
        if text:
            click.echo(text, err=True)


def _pipe_closed() -> int:
    # Python flushes stdout once more at exit; what is left has no reader.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return _PIPE_CLOSED


def _terminate(signum: int, frame: FrameType | None) -> NoReturn:  # noqa: ARG001 - a signal handler's signature
    sys.exit(_TERMINATED)
