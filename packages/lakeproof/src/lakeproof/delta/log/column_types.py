"""How a Delta type is called, and of which types a reader may believe the bounds in a log.

delta-rs 1.6 writes the least and greatest values of a decimal as a number that JSON cuts to the
digits of a double, or to 64 bits. To go once delta-rs writes them whole (issue
3905).
"""

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import deltalake

_DECIMAL = re.compile(r"decimal\((\d+),")
# What a double keeps of a decimal, and so JSON's readers.
SAFE_DIGITS = 15


def type_name(delta_type: Any) -> str:
    """Write a Delta type as the content digest does: `array<string>`, `struct<"x":long>`."""
    kind = type(delta_type).__name__
    if kind == "PrimitiveType":
        return str(delta_type.type)
    if kind == "ArrayType":
        return f"array<{type_name(delta_type.element_type)}>"
    if kind == "MapType":
        return f"map<{type_name(delta_type.key_type)},{type_name(delta_type.value_type)}>"
    inner = ",".join(f'"{field.name}":{type_name(field.type)}' for field in delta_type.fields)
    return f"struct<{inner}>"


def has_safe_digits(kind: str) -> bool:
    """Tell whether all decimals of a type, however deep, are of digits that a double keeps."""
    return all(int(digits) <= SAFE_DIGITS for digits in _DECIMAL.findall(kind))


def untold(schema: "deltalake.Schema") -> set[str]:
    """Name the columns whose bounds no reader may trust, whoever wrote them."""
    return {field.name for field in schema.fields if not has_safe_digits(type_name(field.type))}
