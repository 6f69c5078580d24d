"""Files for the device, rendered from `templates/runner/`: runners, build scripts, one-page READMEs."""

from typing import Any

from packager.data import data_dir


def render(template: str, **values: Any) -> bytes:
    """Return a template of `templates/` filled in: ``render("runner/jetson/infer.py.j2", board=...)``.

    A value that the template names and the caller leaves out is an error, never an empty string.

    Raises:
        jinja2.UndefinedError: a value is missing.
    """
    import jinja2

    root = data_dir("templates")
    environment = jinja2.Environment(
        loader=jinja2.FunctionLoader(lambda name: (root / name).read_text("utf-8")),
        undefined=jinja2.StrictUndefined,
        autoescape=False,  # noqa: S701 - scripts and plain text, no HTML
        keep_trailing_newline=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(template).render(**values).encode()
