"""The baseline of few labels: cross entropy of the labelled images, whatever lies beside them."""

from lethe.core import registry
from lethe.data.default_views import ImageTraits
from support.near import assert_near
from unit.regimes.semi_batches import cross_entropies, learner_for, loss_value, options_for, semi_batch


def test_the_loss_is_the_mean_cross_entropy_of_the_labelled_images() -> None:
    learner, batch = learner_for("supervised_labelled"), semi_batch(0)
    expected = cross_entropies(learner.model(batch.images[0]), batch.labels).mean()
    assert_near(loss_value("supervised_labelled", learner, batch), expected)


def test_no_view_of_unlabelled_images_is_made_and_the_labelled_ones_are_those_of_the_other_regimes() -> None:
    traits = ImageTraits(1, ("crop", "flip"))
    views = {
        name: registry.load(registry.REGIMES, name).views(options_for(name), traits)
        for name in ("supervised_labelled", "pseudo_label", "mean_teacher", "fixmatch", "simclr_finetune")
    }
    assert views["supervised_labelled"].unlabelled == ()
    assert all(asked.images == (["crop", "flip"],) for asked in views.values())
    assert [len(asked.unlabelled) for asked in views.values()] == [0, 1, 2, 2, 2]
