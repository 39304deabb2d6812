"""The digest of PyTorch's tensors, recognised by name: PyTorch is never imported here.

What they pickle holds the address of their memory. A tensor is its class, type, shape, bytes, and
whether it is trained; the device, strides and gradient are how the work was done. A `state_dict`
is a mapping of them and a module is an object that holds them.
"""

from __future__ import annotations

import hashlib
import sys
from typing import Any

from lakeproof.digest.objects.structure import Canonical, Walk, canonical


@canonical
def _form(kind: type) -> Canonical | None:
    names = {(base.__module__, base.__name__) for base in kind.__mro__}
    return _of_tensor if ("torch", "Tensor") in names else None


def _of_tensor(walk: Walk, tensor: Any) -> bytes:
    return walk.tagged(
        "tensor",
        type(tensor),
        str(tensor.dtype),
        tuple(tensor.shape),
        bool(tensor.requires_grad),
        _layout(walk, tensor.detach()),
        dict(vars(tensor)),
    )


def _layout(walk: Walk, tensor: Any) -> Any:
    name = str(tensor.layout)
    if tensor.is_quantized or tensor.is_meta or getattr(tensor, "is_nested", False):
        what = "quantized" if tensor.is_quantized else "meta" if tensor.is_meta else "nested"
        raise walk.refusal(f"holds a {what} tensor of PyTorch, which has no plain bytes", None)
    if name == "torch.strided":
        return _bytes(tensor)
    if name == "torch.sparse_coo":
        whole = tensor.coalesce()
        return name, _bytes(whole.indices()), _bytes(whole.values())
    if name in {"torch.sparse_csr", "torch.sparse_bsr"}:
        parts = tensor.crow_indices(), tensor.col_indices(), tensor.values()
        return name, *map(_bytes, parts)
    if name in {"torch.sparse_csc", "torch.sparse_bsc"}:
        parts = tensor.ccol_indices(), tensor.row_indices(), tensor.values()
        return name, *map(_bytes, parts)
    raise walk.refusal(f"holds a tensor of PyTorch in the layout {name}", None)


def _bytes(tensor: Any) -> tuple[str, tuple[int, ...], bytes]:
    plain = tensor.cpu().resolve_conj().resolve_neg().contiguous()
    raw = plain.reshape(-1).view(sys.modules["torch"].uint8).numpy()
    return str(plain.dtype), tuple(plain.shape), hashlib.sha256(raw).digest()
