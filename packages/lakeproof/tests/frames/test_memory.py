import narwhals.stable.v2 as nw
import pytest

from lakeproof.frames import memory
from lakeproof.frames.memory import (
    COPIES,
    Size,
    available_memory,
    bytes_of_setting,
    require_result,
    require_room,
    result_limit,
)

GIB = 2**30
TRAIN = {"what": "training", "parameter": "train.sample_fraction", "now": 10_000}
WIDE = Size(rows=30_000_000, columns=12, width=96)


def test_a_number_counts_8_bytes_whatever_its_own_width_and_text_64():
    schema = {"k": nw.String(), "a": nw.Int8(), "b": nw.Decimal(10, 2), "is_new": nw.Boolean()}
    assert Size.of(10, schema) == Size(rows=10, columns=4, width=88)


def test_what_fits_to_the_byte_is_let_through_and_one_byte_less_is_not():
    require_room(WIDE, WIDE.needed, **TRAIN)
    with pytest.raises(ValueError, match="do not fit"):
        require_room(WIDE, WIDE.needed - 1, **TRAIN)
    require_result(WIDE, WIDE.collected, **TRAIN)
    with pytest.raises(ValueError, match="do not fit"):
        require_result(WIDE, WIDE.collected - 1, **TRAIN)


def test_a_system_that_does_not_tell_refuses_nothing():
    require_room(WIDE, None, **TRAIN)
    require_result(WIDE, None, **TRAIN)


def test_the_refusal_names_both_sizes_and_a_sample_that_fits():
    with pytest.raises(ValueError, match="memory") as refusal:
        require_room(WIDE, 5 * GIB, **TRAIN)
    assert str(refusal.value) == (
        "The training rows do not fit into this machine's memory: 30,000,000 rows of 96 bytes (12 "
        f"columns), in {COPIES} copies on the way through the model, need 16.09 GiB; 5.00 GiB are "
        "available. Nothing was collected. Take a sample: --params train.sample_fraction=0.3; or "
        "use a machine with more memory."
    )


def test_the_refusal_of_the_driver_names_its_setting():
    with pytest.raises(ValueError, match=r"are 2.68 GiB; it hands over 1.00 GiB") as refusal:
        require_result(WIDE, GIB, **TRAIN)
    assert "--params train.sample_fraction=0.3; or raise spark.driver.max" in str(refusal.value)


@pytest.mark.parametrize("available", [*(2**power for power in range(21, 34))])
@pytest.mark.parametrize("now", [10_000, 9_999, 370])
def test_the_sample_that_is_named_is_one_that_fits(available, now):
    size = Size(rows=500_000_000 * now // 10_000, columns=12, width=96)
    with pytest.raises(ValueError, match="do not fit") as refusal:
        require_room(size, available, **TRAIN | {"now": now})
    said = str(refusal.value)
    if "Not even" in said:
        assert size.needed // now > available
        return
    fraction = float(said.partition("sample_fraction=")[2].partition(";")[0])
    require_room(Size(int(400_000_000 * fraction), 12, 96), available, **TRAIN)


@pytest.mark.parametrize(
    ("said", "limit"),
    [("50m", 50 * 2**20), ("1g", GIB), ("2GB", 2 * GIB), ("1024", 1024), ("0", None)],
)
def test_the_limit_of_the_driver_is_read_as_spark_writes_it(said, limit):
    assert bytes_of_setting(said) == limit


@pytest.mark.spark
def test_a_session_without_a_limit_of_its_own_has_that_of_spark(spark_session):
    assert result_limit(spark_session.range(1)) == GIB


def test_this_machine_tells_a_size_that_a_machine_may_have():
    assert 2**20 < available_memory() < 2**50


def test_a_container_has_what_its_limit_leaves_with_files_in_the_cache_given_back(
    tmp_path, monkeypatch
):
    """The tightest limit counts, of the group or of one above it; `max` is none."""
    inner = tmp_path / "pods" / "mine"
    inner.mkdir(parents=True)
    for folder, limit, used, cached in (
        (inner.parent, "9000", "5000", "1000"),
        (inner, "max", "800", "1"),
    ):
        (folder / "memory.max").write_text(f"{limit}\n")
        (folder / "memory.current").write_text(f"{used}\n")
        (folder / "memory.stat").write_text(f"anon 7\ninactive_file {cached}\n")
    own = tmp_path / "cgroup"
    own.write_text("4:memory:/old\n0::/pods/mine\n")
    free = tmp_path / "meminfo"
    free.write_text("MemTotal:  100 kB\nMemAvailable:  90 kB\n")
    for name, path in {"_MEMINFO": free, "_CGROUP": own, "_CGROUPS": tmp_path}.items():
        monkeypatch.setattr(memory, name, path)
    assert available_memory() == 5000
    free.write_text("MemAvailable:  2 kB\n")
    assert available_memory() == 2048
