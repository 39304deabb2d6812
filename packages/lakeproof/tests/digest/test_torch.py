"""PyTorch's tensors, state dicts and modules.

No lock names PyTorch: without it these are skipped and counted; `uv pip install torch` to run them.
"""

import os
import subprocess
import sys

import pytest

from lakeproof.digest import digest_model
from lakeproof.record.node_io.node_io import cross

pytestmark = pytest.mark.torch
torch = pytest.importorskip("torch", reason="PyTorch is not installed")


class Net(torch.nn.Module):
    """A model of a project's own."""

    def __init__(self):
        super().__init__()
        self.first = torch.nn.Linear(3, 4)
        self.then = torch.nn.LSTM(4, 2)
        self.norm = torch.nn.BatchNorm1d(3)


def net():
    torch.manual_seed(0)
    return Net()


def hook(*_):
    pass


MADE = {
    "tensor": lambda: torch.arange(6.0).reshape(2, 3),
    "state": lambda: net().state_dict(),
    "module": net,
    "mixed": lambda: {"net": net(), "rows": [torch.ones(2, dtype=torch.bfloat16)]},
    "sparse": lambda: torch.eye(3).to_sparse(),
    "optimizer": lambda: torch.optim.Adam(net().parameters()),
}


@pytest.mark.parametrize("name", MADE)
def test_what_is_made_twice_is_the_same(name):
    """Wherever it lies."""
    first = MADE[name]()
    assert digest_model(first) == digest_model(MADE[name]())


@pytest.mark.parametrize("seed", ["0", "1"])
def test_another_process_makes_the_same(seed):
    """With other addresses and another hash seed."""
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]); import test_torch as t\n"
        "print(*(t.digest_model(make()) for make in t.MADE.values()))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, os.path.dirname(__file__)],
        env={**os.environ, "PYTHONHASHSEED": seed},
        capture_output=True,
        text=True,
        check=True,
    )
    # There this module, and with it the class of the network, has another name.
    plain = ("tensor", "state", "sparse", "optimizer")
    found = dict(zip(MADE, done.stdout.split(), strict=True))
    assert [found[name] for name in plain] == [digest_model(MADE[name]()) for name in plain]


@pytest.mark.parametrize(
    "change",
    [
        lambda t: t.double(),
        lambda t: t.reshape(3, 2),
        lambda t: t.t(),
        lambda t: t + torch.finfo(torch.float32).eps,
        lambda t: torch.nn.Parameter(t),
        lambda t: t.clone().requires_grad_(),
        lambda t: t.to_sparse(),
        lambda t: t.numpy(),
    ],
)
def test_type_shape_bytes_and_being_trained_count(change):
    """Also where the numbers are the same."""
    assert digest_model(change(MADE["tensor"]())) != digest_model(MADE["tensor"]())


def test_how_it_lies_in_memory_does_not_count():
    """Strides, views, a lazy conjugation, a gradient."""
    rows = MADE["tensor"]()
    assert digest_model(rows.t().contiguous().t()) == digest_model(rows)
    assert digest_model(torch.stack([rows, rows])[1]) == digest_model(rows)
    assert digest_model(torch.tensor([1 + 2j]).conj()) == digest_model(torch.tensor([1 - 2j]))
    trained = net()
    before = digest_model(trained)
    trained.first(torch.ones(3)).sum().backward()
    assert digest_model(trained) == before


def test_a_module_counts_by_its_weights_mode_and_hooks():
    """Not by the numbers under which hooks were registered."""
    one, other = net(), net()
    one.register_forward_hook(hook)
    torch.nn.Linear(1, 1).register_forward_hook(hook)
    other.register_forward_hook(hook)
    assert digest_model(one) == digest_model(other) != digest_model(net())
    assert digest_model(one) != digest_model(other.eval())
    other.train()
    with torch.no_grad():
        other.first.weight[0, 0] += 1e-6
    assert digest_model(one) != digest_model(other)


@pytest.mark.parametrize(
    "make", [lambda: torch.empty(2, device="meta"), lambda: torch.ones(2).untyped_storage()]
)
def test_what_has_no_bytes_or_only_an_address_is_not_comparable(make):
    """Never a digest of nothing."""
    crossing = cross("rows", {"rows": make()})
    assert (crossing.kind, crossing.digest) == ("opaque", None)
