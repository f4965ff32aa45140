"""A terminal of a width, or a pipe, whose text is kept."""

from io import StringIO

from rich.console import Console


class Screen(Console):
    """A terminal of a width; None: a pipe."""

    def __init__(self, width: int | None) -> None:
        self.text = StringIO()
        super().__init__(
            file=self.text,
            width=width,
            force_terminal=width is not None,
            color_system=None,
            markup=False,
            highlight=False,
        )

    @property
    def lines(self) -> list[str]:
        return self.text.getvalue().splitlines()
