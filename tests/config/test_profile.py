"""Every shipped profile loads and names what exists; wrong profiles are refused with the file and the key."""

import importlib.util
from pathlib import Path

import pytest

from packager.config.profile import Profile, load_profile, profile_names
from packager.config.recipe import recipe_names
from packager.errors import ConfigError
from packager.ops import ARITHMETICS

NAMES = profile_names()
BOARDS = {
    "coral": ("coral-usb", "coral-dev-board", "coral-dev-board-mini"),
    "fpga": ("fpga-arty-a7-35t", "fpga-arty-a7-100t", "fpga-kv260", "fpga-pynq-z2", "fpga-ultra96", "fpga-zcu102"),
    "jetson": ("jetson-nano", "jetson-tx2", "jetson-xavier-nx", "jetson-agx-xavier", "jetson-orin-nano"),
    "microcontroller": ("cortex-m4", "cortex-m7", "cortex-m33"),
    "raspberrypi": (
        "raspberrypi-zero-2w",
        "raspberrypi-3b-plus",
        "raspberrypi-4",
        "raspberrypi-5",
        "host",
        "raspberrypi-3-32bit",
        "raspberrypi-zero",
        "riscv64",
    ),
}
MINIMAL = 'family = "coral"\ntitle = "T"\nrecipe = "r"\n[memory]\nram_bytes = 1\n'


def dotted_keys(value: object, prefix: str = "") -> set[str]:
    """Every key of a profile that holds a value, tables included: ``cpu``, ``cpu.core``."""
    fields = getattr(value, "__dataclass_fields__", {})
    keys: set[str] = set()
    for name in fields:
        inner = getattr(value, name)
        if inner is not None:
            keys |= {prefix + name} | dotted_keys(inner, f"{prefix}{name}.")
    return keys


@pytest.mark.parametrize("name", NAMES)
def test_every_profile_names_what_exists(name: str) -> None:
    profile = load_profile(name)
    assert profile.name == name
    assert importlib.util.find_spec(f"packager.families.{profile.family}"), profile.family
    assert profile.recipe in recipe_names()
    assert profile.arithmetic in ARITHMETICS
    assert set(profile.unverified) <= dotted_keys(profile)


@pytest.mark.parametrize("name", [n for n in NAMES if n != "host"])
def test_every_board_says_where_its_facts_come_from(name: str) -> None:
    assert load_profile(name).sources


@pytest.mark.parametrize(("family", "boards"), BOARDS.items())
def test_boards_of_a_family(family: str, boards: tuple[str, ...]) -> None:
    assert {load_profile(b).family for b in boards} == {family}


@pytest.mark.parametrize("family", BOARDS)
def test_a_family_name_is_its_default_board(family: str) -> None:
    short = load_profile(family)
    board = load_profile(short.extends)
    assert short.family == family == board.family
    assert (short.name, short.title, short.memory) == (family, board.title, board.memory)


@pytest.mark.parametrize("name", NAMES)
def test_a_profile_holds_the_table_of_its_family(name: str) -> None:
    profile = load_profile(name)
    table = {"coral": profile.edgetpu, "jetson": profile.tensorrt, "fpga": profile.fpga, "raspberrypi": profile.cpu}
    table["microcontroller"] = profile.cpu if profile.memory.flash_bytes else None
    assert table[profile.family] is not None


def test_int8_needs_a_capable_gpu() -> None:
    # NVIDIA's table of compute capabilities: int8 from 6.1 on, save 6.2; the Nano is 5.3, the TX2 6.2.
    boards = [load_profile(n) for n in NAMES]
    assert {b.name for b in boards if b.tensorrt and not b.tensorrt.int8} == {"jetson-nano", "jetson-tx2"}


def test_a_users_own_board_extends_a_shipped_one(tmp_path: Path) -> None:
    file = tmp_path / "kiosk.toml"
    file.write_text(
        'extends = "raspberrypi-5"\ntitle = "Kiosk"\n[memory]\nram_bytes = 8_589_934_592\n', encoding="utf-8"
    )
    kiosk, base = load_profile(str(file)), load_profile("raspberrypi-5")
    assert (kiosk.name, kiosk.title, kiosk.memory.ram_bytes) == ("kiosk", "Kiosk", 8 << 30)
    assert kiosk.memory.bandwidth_gbs == base.memory.bandwidth_gbs
    assert kiosk.cpu == base.cpu


def test_an_unknown_target_names_the_nearest() -> None:
    with pytest.raises(ConfigError, match="raspbery-pi-5") as caught:
        load_profile("raspbery-pi-5")
    assert "raspberrypi-5" in caught.value.hint


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (MINIMAL + "flash = 3\n", r"unknown key 'memory\.flash'"),
        (MINIMAL.replace("1", '"1 GiB"'), r"'memory\.ram_bytes' must be int, not str"),
        ('family = "coral"\n', "missing 'title', 'recipe', 'memory'"),
        ("family = coral", "board.toml"),
        ('extends = "nowhere"\n', "no target named 'nowhere'"),
    ],
)
def test_a_wrong_profile_is_refused_by_key(tmp_path: Path, text: str, says: str) -> None:
    file = tmp_path / "board.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=says):
        load_profile(str(file))


def test_profiles_that_extend_each_other_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text('extends = "b"\n', encoding="utf-8")
    (tmp_path / "b.toml").write_text('extends = "a"\n', encoding="utf-8")
    with pytest.raises(ConfigError, match="extends itself through a, b"):
        load_profile("a", tmp_path)


def test_a_missing_file_is_refused() -> None:
    with pytest.raises(ConfigError, match="No such file"):
        load_profile("./not-here.toml")


def test_profile_is_frozen() -> None:
    with pytest.raises(AttributeError):
        load_profile("host").title = "x"  # type: ignore[misc]  # that it fails is the point
    assert isinstance(load_profile("host"), Profile)
