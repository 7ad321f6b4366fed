"""The networks of a block by rising seed, each the seed's own, ready to predict."""

from lethe.networks.checkpoint import Block, cpu_state
from support.near import assert_near
from support.small import CPU, RESNET, small_images, small_model, states_equal


def test_networks_come_by_rising_seed_each_with_its_own_weights() -> None:
    models = {seed: small_model(seed) for seed in (5, 2, 9)}
    record = {"architecture": RESNET.as_json(), "seeds": list(models)}
    block = Block(record, tuple(cpu_state(model) for model in models.values()))
    found = dict(block.networks(CPU))
    assert list(found) == [2, 5, 9]
    images = small_images(4).float() / 255
    for seed, model in found.items():
        assert not model.training and states_equal(model.state_dict(), models[seed].state_dict())
        assert_near(model(images), models[seed](images))
