"""A draw depends on (study seed, seed, name, parts) and on nothing else."""

from hypothesis import given
from hypothesis import strategies as st

from lethe.core.seeding import Replicate, study_generator

SEEDS = st.integers(min_value=0, max_value=2**31)
NAMES = st.sampled_from(["init", "order", "augmentation", "labels", "compression"])


@given(SEEDS, SEEDS, NAMES, st.integers(0, 1000))
def test_the_same_name_gives_the_same_draw(study: int, seed: int, name: str, epoch: int) -> None:
    first, second = Replicate(study, seed), Replicate(study, seed)
    first.numpy("another use").random(7)  # drawing elsewhere moves nothing
    assert first.integer(name, epoch) == second.integer(name, epoch)
    assert (first.numpy(name).random(3) == second.numpy(name).random(3)).all()


def test_every_part_of_the_key_counts() -> None:
    keys = [(s, k, n, e) for s in (0, 1) for k in (0, 1) for n in ("init", "order") for e in (0, 1)]
    drawn = {Replicate(study, seed).integer(name, epoch) for study, seed, name, epoch in keys}
    assert len(drawn) == len(keys)
    assert all(0 <= value < 2**63 for value in drawn)


def test_a_study_has_its_own_draws() -> None:
    assert study_generator(0, "halves").random() == study_generator(0, "halves").random()
    assert study_generator(0, "halves").random() != study_generator(1, "halves").random()
