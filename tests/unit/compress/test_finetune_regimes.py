"""Fine-tuning after compression is cross entropy for every regime, with the dense training's own settings."""

from lethe.compress.finetune import _settings
from lethe.compress.spec import PostHocOptions
from lethe.core import registry
from support.small import small_plan

OPTIONS = PostHocOptions(finetune_epochs=3, finetune_learning_rate=0.002)


def settings(regime: str, num_images: int = 500, **options: object) -> dict:
    return _settings(small_plan(regime_name=regime, **options).record(), OPTIONS, num_images)


def test_a_supervised_network_goes_on_with_its_own_loss() -> None:
    found = settings("supervised", label_smoothing=0.1, views=["crop"], stop_after=2)
    options = registry.load(registry.REGIMES, "supervised").Options(**found)
    assert (options.label_smoothing, options.views, options.batch_size) == (0.1, ["crop"], 16)
    assert (options.epochs, options.last_epoch, options.learning_rate) == (3, 3, 0.002)


def test_a_contrastive_network_keeps_what_cross_entropy_has() -> None:
    found = settings("simclr", temperature=0.3, weight_decay=1e-4, views=["noise"])
    options = registry.load(registry.REGIMES, "supervised").Options(**found)
    assert options.weight_decay == 1e-4 and options.views is None  # views that keep the label, not contrastive ones


def test_a_batch_is_never_larger_than_the_labelled_images() -> None:
    assert settings("simclr", num_images=10)["batch_size"] == 10
