"""How the book says no: with the name of the error that the contracts must give."""


class No(Exception):
    """The contracts have to refuse, with the error of this name."""

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(name)


def require(condition: object, name: str) -> None:
    if not condition:
        raise No(name)
