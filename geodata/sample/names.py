"""Names of the invented district's villages: made of syllables, so that none is meant to be a real place."""

import numpy as np

_UPLAND = (
    ("A", "Pơr", "Bh'", "Tr'", "Ch'", "Ka", "La", "Z'", "Ga", "Ra", "Đhơ", "Ta", "Ca"),
    ("lêng", "ngâu", "rúp", "mớt", "diêng", "xuôl", "riêng", "bhoong", "hôi", "rhớt", "cuôi", "ling", "nâl", "đhung",
     "yơng", "rương", "vel", "tưng", "lơi", "nghin", "zứt", "moom", "rách", "loót", "giáo"),
)
_LOWLAND = (
    ("Khe", "Lũng", "Vân", "Thạnh", "Bãi", "Đồng", "Gò", "Suối", "Phú", "An"),
    ("Sim", "Mộc", "Dâu", "Trầm", "Khê", "Tre", "Lộc", "Vàng", "Hương", "Thị", "Quế", "Sậy"),
)
# Two pairs that differ only in their marks: names without diacritics collide.
COLLIDING = ("A Rương", "A Rướng", "La Lơi", "La Lới")


def upland_names(count: int, rng: np.random.Generator) -> list[str]:
    """Return ``count`` different upland village names, the colliding pairs among them."""
    return _names(_UPLAND, count, rng, COLLIDING)


def lowland_names(count: int, rng: np.random.Generator) -> list[str]:
    """Return ``count`` different lowland village names."""
    return _names(_LOWLAND, count, rng, ())


def _names(
    parts: tuple[tuple[str, ...], tuple[str, ...]], count: int, rng: np.random.Generator, first: tuple[str, ...],
) -> list[str]:
    heads, tails = parts
    made = [
        head + tail if head.endswith("'") else f"{head} {tail.capitalize()}" for head in heads for tail in tails
    ]
    rest = [made[i] for i in rng.permutation(len(made)) if made[i] not in first]
    names = [*first, *rest][:count]
    return [names[i] for i in rng.permutation(count)]
