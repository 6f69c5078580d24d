"""How property tests search: the same cases for the same code, without a clock. And what builds in tests leave out.

A search that differs from run to run blames whoever pushed last, and a deadline would time the machine.
"""

from collections.abc import Iterator

import pytest
from hypothesis import settings

from packager.build import compiled
from packager.measure.prebuilt import prebuild

settings.register_profile("edgepack", deadline=None, derandomize=True, print_blob=True)
settings.load_profile("edgepack")


@pytest.fixture(autouse=True, scope="session")
def _sources_only() -> Iterator[None]:
    """Builds find no C compiler for their target: it takes seconds a bundle."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(compiled, "prebuild", lambda *_: None)
        yield


@pytest.fixture(autouse=True)
def _compiled(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests marked ``compiles`` find it."""
    if request.node.get_closest_marker("compiles") is not None:
        monkeypatch.setattr(compiled, "prebuild", prebuild)
