"""Wheels for a device without a network, fetched by pip on a machine that has one."""

import subprocess
import sys
from pathlib import Path

from packager.errors import ConfigError, ToolError

_MACHINES = {
    "aarch64": (17, 24, 26, 27, 28, 31, 34),
    "armv7l": (17, 24, 31, 34, 35, 36),
    "x86_64": (5, 12, 17, 24, 26, 27, 28, 31, 34),
}
"""By `uname -m`: the minor versions of glibc 2 whose wheels the device runs. pip matches a platform exactly, so each is
named; Debian 12, the oldest Raspberry Pi OS that LiteRT's Python runs on, has 2.36."""


def pack_wheels(requirements: Path, machine: str, python: str, into: Path) -> list[Path]:
    """Download the wheels of a requirements file for another CPU, and return them sorted by name.

    `requirements` pins everything that is needed: nothing else is fetched, so what the device brings itself (numpy on
    armv7l) may be left out. `machine` is as `uname -m` prints it, `python` a version such as ``3.11``.

    Raises:
        ConfigError: an unknown machine, a malformed version, or no requirements file.
        ToolError: pip fails: no network, or no wheel of a package for that CPU and Python.
    """
    if machine not in _MACHINES:
        raise ConfigError(f"no wheels are known for machine {machine!r}", hint=f"known: {', '.join(sorted(_MACHINES))}")
    if [part.isdecimal() for part in python.split(".")] != [True, True]:
        raise ConfigError(f"{python!r} is no Python version", hint="give two numbers, as in 3.11")
    if not requirements.is_file():
        raise ConfigError(
            f"{requirements}: no such file", hint="is this a bundle for Python? coral and raspberrypi are"
        )
    platforms = [f"--platform=manylinux_2_{minor}_{machine}" for minor in reversed(_MACHINES[machine])]
    platforms += [f"--platform=manylinux2014_{machine}", f"--platform=linux_{machine}"]
    command = [
        *(sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-input"),
        *("--no-deps", "--only-binary=:all:", "--implementation=cp", f"--python-version={python}"),
        *platforms,
        f"--dest={into}",
        f"--requirement={requirements}",
    ]
    done = subprocess.run(  # noqa: S603 - our own interpreter and arguments; pip reads the bundle's own file
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False
    )
    if done.returncode != 0:
        said = done.stdout.decode(errors="replace").strip()
        last = said.splitlines()[-1].removeprefix("ERROR: ") if said else f"exit code {done.returncode}"
        hint = "is there a network? another Python version may have wheels"
        if "No module named pip" in last:
            hint = "this Python has no pip: `python -m ensurepip`"
        raise ToolError(f"no wheels for Python {python} on {machine}: {last}", hint=hint, details=said)
    return sorted(into.glob("*.whl"))
