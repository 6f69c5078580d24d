"""LOGISTIC: int8 by table."""

from packager.emit.c._by_type import ByType
from packager.emit.c._lookup import Lookup
from packager.emit.c._sigmoid import Sigmoid16

KERNEL = ByType(Lookup(), Sigmoid16(tanh=False))
