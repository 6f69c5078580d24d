"""Put the wheels that a bundle's runner needs into the bundle, for a device without a network."""

import tempfile
from pathlib import Path

import click

from packager.util.text import human_bytes


@click.command("pack-wheels")
@click.argument("bundle", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--python", default="3.11", show_default=True, help="Python version on the device.")
@click.option("--machine", default="", help="The device's CPU as `uname -m` prints it; the target's own by default.")
def command(bundle: Path, python: str, machine: str) -> None:
    """Put the wheels that BUNDLE's runner needs into its folder wheels/, for a device without a network.

    pip downloads what runtime/requirements.txt pins, for the device's CPU, and the manifest records the files. Then
    install on the device with `pip install --no-deps wheels/*.whl`.
    """
    from packager.bundle import Entry, append, read_manifest
    from packager.config.profile import load_profile
    from packager.measure.wheels import pack_wheels

    manifest = read_manifest(bundle)
    cpu = None if machine else load_profile(manifest.target).cpu
    wanted = machine or (cpu.machine if cpu else "")
    with tempfile.TemporaryDirectory(prefix="edgepack-") as folder:
        wheels = pack_wheels(bundle / "runtime" / "requirements.txt", wanted, python, Path(folder))
        entries = [Entry(path=f"wheels/{w.name}", content=w.read_bytes(), role="wheel") for w in wheels]
    append(bundle, entries)
    total = human_bytes(sum(len(entry.content) for entry in entries))
    click.echo(f"{len(entries)} wheels, {total}, for Python {python} on {wanted} in {bundle / 'wheels'}", err=True)
