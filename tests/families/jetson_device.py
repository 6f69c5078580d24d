"""A Jetson bundle beside a stand-in for trtexec."""

import os
import subprocess
from pathlib import Path

from families.making import dense_model, float_source, job, unpack

from packager.families.jetson import FAMILY

TRTEXEC = """#!/bin/sh
echo "&&&& RUNNING TensorRT.trtexec [TensorRT v{number}] # trtexec $*"
case "$*" in *--help*) echo '  {options}'; exit 0 ;; esac
echo "$*" >>"{record}"
for word in "$@"; do
    case $word in --saveEngine=*) printf 'an engine' >"${{word#--saveEngine=}}" ;; esac
done
{then}
"""
NEW, OLD = "--memPoolSize=poolspec --skipInference --fp16 --int8", "--workspace=N --buildOnly --fp16 --int8"


class Device:
    """A bundle, with a stand-in for trtexec that writes down what it is asked."""

    def __init__(self, root: Path, target: str = "jetson", scheme: str = "int8", *, bundle: Path | None = None) -> None:
        self.root = root
        made = bundle or unpack(FAMILY.emit(job(target, float_source(dense_model()), scheme=scheme)), root / "bundle")
        self.bundle = made
        self.record, self.cache = root / "record", root / "cache"
        self.install()

    def install(self, number: str = "100300", options: str = NEW, then: str = "exit 0") -> None:
        program = self.root / "bin" / "trtexec"
        program.parent.mkdir(exist_ok=True)
        script = TRTEXEC.format(number=number, options=options, record=self.record, then=then)
        program.write_text(script, encoding="utf-8")
        program.chmod(0o755)

    @property
    def environment(self) -> dict[str, str]:
        path = f"{self.root / 'bin'}{os.pathsep}{os.environ['PATH']}"
        kept = {key: value for key, value in os.environ.items() if not key.startswith(("EDGEPACK_", "TRTEXEC"))}
        return kept | {"PATH": path, "EDGEPACK_ENGINE_CACHE": str(self.cache), "EDGEPACK_BOARD": "NVIDIA Orin Nano!"}

    def build(self, *options: str, **environment: str) -> "subprocess.CompletedProcess[str]":
        command = ["sh", str(self.bundle / "runtime" / "build_engine.sh"), *options]
        return subprocess.run(
            command,
            env=self.environment | environment,
            capture_output=True,
            check=False,
            cwd=self.root,
            encoding="utf-8",
        )

    def asked(self) -> list[list[str]]:
        text = self.record.read_text(encoding="utf-8") if self.record.exists() else ""
        return [line.split() for line in text.splitlines()]
