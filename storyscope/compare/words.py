"""A comparison in sentences and in tables of text.

Sentences say what was measured and how sure it is; they draw no conclusion about where stories
come from or what they are worth.
"""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING

from storyscope.compare.layout import SHORT, Table, between, chance, number, tail
from storyscope.compare.verdict import verdict

if TYPE_CHECKING:
    from storyscope.compare.features import Effect
    from storyscope.compare.rarity import Pool
    from storyscope.compare.result import Comparison
    from storyscope.compare.structure import Agreement

__all__ = ["sentences", "tables"]

LEVEL = 0.05
"""Below this a p-value or q-value is called beyond chance."""


def sentences(result: Comparison) -> list[str]:
    """Tell the findings, the primary one first."""
    about = result.about
    kind = "" if about.features == "all" else f"{about.features} "
    lines = [
        f"{about.stories} stories of {len(about.sources)} sources on {about.prompts} prompts "
        f"({about.shared_prompts} shared), compared on {about.n_features} {kind}features "
        f"(codebook {about.codebook})."
    ]
    if answer := verdict(result.matched, about.features, about.human):
        lines += [answer.sentence, answer.meaning]
    lines += _gap_lines(result) + _location_lines(result) + _structure_lines(result)
    if result.rarity:
        lines += _rarity_lines(result.rarity.main)
    return lines + [f"Note. {note}." for note in result.notes]


def _gap_lines(result: Comparison) -> list[str]:
    matched, unmatched = result.matched, result.unmatched
    lines = []
    gap = matched.gap
    if gap:
        away = "farther from" if gap.gap.value > 0 else "nearer to"
        sure = "" if gap.p is None or gap.p < LEVEL else " This difference is not significant."
        lines.append(
            f"At the same prompt two models are {number(gap.model_model.value)} apart and a model "
            f"and a person {number(gap.model_human.value)}, a difference of {between(gap.gap)}: "
            f"people are {away} the models than the models are from one another "
            f"(ratio {between(gap.ratio, 2)}; {chance(gap.p)}; {gap.gap.n} prompts).{sure}"
        )
        others = [row for row in matched.apart if row.source != result.about.human]
        if others:
            lines.append(
                f"Held against the rest in the same way, the model that stands apart most is "
                f"{others[0].source}, by {between(others[0].gap)}."
            )
        lines += _nearest_and_farthest(result)
    elif matched.model_model:
        lines.append(
            f"At the same prompt two {_writers(result)} are {between(matched.model_model)} apart "
            f"({matched.model_model.n} prompts)."
        )
        pairs = [pair for pair in matched.source_pairs if pair.distance]
        if len(pairs) > 1:
            first, last = pairs[0], pairs[-1]
            lines.append(
                f"The nearest two are {first.a} and {first.b} ({between(first.distance)}), the "
                f"farthest {last.a} and {last.b} ({between(last.distance)})."
            )
        if matched.apart:
            most = matched.apart[0]
            lines.append(
                f"Held against the rest, the source that stands apart most is {most.source}, by "
                f"{between(most.gap)} (Holm {chance(most.p_holm)})."
            )
    if unmatched.confounded and unmatched.gap and unmatched.model_model and unmatched.model_human:
        lines.append(
            f"Over different prompts two models are {number(unmatched.model_model.value)} apart "
            f"and a model and a person {number(unmatched.model_human.value)} (difference "
            f"{between(unmatched.gap)}); since people and models share no prompt, this mixes "
            "writers with prompts, period, length and corpus."
        )
    elif unmatched.model_model and matched.model_model:
        high, far = matched.model_model.high, unmatched.model_model.value
        told = ": the prompt matters as well as the writer" if high and far > high else ""
        lines.append(
            f"Over different prompts two {_writers(result)} are {number(far)} apart{told}."
        )
    if matched.human_human:
        lines.append(f"Two people at the same prompt are {between(matched.human_human)} apart.")
    if matched.within_model:
        lines.append(
            f"Two stories of one {_writers(result)[:-1]} at the same prompt are "
            f"{between(matched.within_model)} apart."
        )
    return lines


def _writers(result: Comparison) -> str:
    """What the sources are called: without people beside them they may be anybody's."""
    return "models" if any(s.human for s in result.about.sources) else "sources"


def _nearest_and_farthest(result: Comparison) -> list[str]:
    near, far = result.matched.closest_human, result.matched.farthest_models
    if not (near and near.distance and far and far.distance):
        return []
    model = near.b if near.a == result.about.human else near.a
    more = "more" if near.distance.value > far.distance.value else "less"
    return [
        f"The model nearest to people is {model}, {between(near.distance)} away: {more} than the "
        f"{between(far.distance)} between the two models farthest apart, {far.a} and {far.b}."
    ]


def _location_lines(result: Comparison) -> list[str]:
    location, lines = result.location, []
    for part in location.permanova:
        what = "people against models" if part.label == "human" else "the source"
        known = [f"chance gives {part.expected:.1%}"] if part.expected is not None else []
        known += [chance(part.p)] if part.p is not None else []
        beside = f" ({'; '.join(known)})" if known else ""
        lines.append(f"Of all variation {part.r2:.1%} goes with {what}{beside}.")
    spread = location.permdisp
    if spread.human_model and spread.p_human is not None:
        differs = "does not differ beyond chance from"
        if spread.p_human < LEVEL:
            differs = "is wider than" if spread.human_model.value > 0 else "is narrower than"
        lines.append(
            f"The spread of people's stories {differs} that of a model's (difference "
            f"{between(spread.human_model)}; {chance(spread.p_human)})"
            + (": people and models differ not in place alone." if spread.p_human < LEVEL else ".")
        )
    elif spread.p is not None:
        equal = "differ in spread" if spread.p < LEVEL else "do not differ in spread beyond chance"
        lines.append(f"The sources {equal} ({chance(spread.p)}).")
    centres = location.centroids
    if centres.ratio and centres.human_model and centres.model_model:
        lines.append(
            f"The mean place of people is {between(centres.human_model)} from a model's, those of "
            f"two models {between(centres.model_model)} from each other "
            f"(ratio {between(centres.ratio, 2)}; places are in units of the root of the distance)."
        )
    return lines


def _structure_lines(result: Comparison) -> list[str]:
    """Whether there are clusters at all, then how the best and the middle one agree with names."""
    lines = []
    single = [c for c in result.structure.clusterings if c.gap_k is not None]
    alone = sum(c.gap_k == 1 for c in single)
    if single:
        lines.append(
            f"The gap statistic finds clusters in {len(single) - alone} of {len(single)} clusterings."
        )
    for label, what in (("human", "people and models"), ("source", "the sources")):
        found = _agreements(result, label)
        if found:
            # Adding 0 takes the sign off a nought.
            middle = round(median(agreement.rand for _, _, agreement in found), 2) + 0.0
            view, method, best = max(found, key=lambda row: row[2].rand)
            known = (
                f"95% of shuffled labels give {best.rand_chance[0]:.2f} to "
                f"{best.rand_chance[1]:.2f} there"
                if best.rand_chance
                else "no prompt has both, so that chance cannot be told"
            )
            lines.append(
                f"Clusters found without names agree with {what} by an adjusted Rand index of "
                f"{middle:.2f} in the middle of {len(found)} clusterings and {best.rand:.2f} at "
                f"best ({method}, {view}, {best.k} clusters; {known}). 1 is perfect agreement and 0 "
                "none."
            )
    return lines


def _agreements(result: Comparison, label: str) -> list[tuple[str, str, Agreement]]:
    return [
        (clustering.view, clustering.method, agreement)
        for clustering in result.structure.clusterings
        for agreement in clustering.agreement
        if agreement.label == label
    ]


def _rarity_lines(pool: Pool) -> list[str]:
    if pool.human is None or pool.models is None or pool.auc is None:
        first, last = pool.sources[0], pool.sources[-1]
        return [
            f"The rarest stories are those of {first.source} (mean percentile "
            f"{first.percentile.value:.2f}), the most usual those of {last.source} "
            f"({last.percentile.value:.2f})."
        ]
    return [
        f"By the distance to their {pool.k} nearest neighbours people's stories stand at "
        f"percentile {pool.human:.2f} on average, models' at {pool.models:.2f} "
        f"(d {between(pool.d, 2)}; AUC {between(pool.auc, 2)}); {number(pool.human_top, 2)} of "
        f"people's and {number(pool.models_top, 2)} of models' are among the rarest tenth."
    ]


def tables(result: Comparison) -> list[Table]:
    """Lay the findings out as tables of text."""
    found = [_sources(result), _distances(result), _pairs(result), _apart(result)]
    if result.matched.sensitivity:
        found += [_sensitivity(result), _without(result)]
    if result.matched.dimensions:
        found.append(_dimensions(result))
    found += [_partitions(result), _clusters(result)]
    if result.rarity:
        found.append(_rarities(result))
    found.append(_effects(result))
    return [table for table in found if table.rows]


def _sources(result: Comparison) -> Table:
    other = _writers(result)[:-1]
    rows = [
        (s.name, "people" if s.human else other, str(s.stories), str(s.prompts))
        for s in result.about.sources
    ]
    return Table("Sources", ("source", "kind", "#stories", "#prompts"), rows)


def _distances(result: Comparison) -> Table:
    m, u = result.matched, result.unmatched
    people = m.within.get(result.about.human)
    writers = _writers(result)
    rows = [
        (f"two {writers}", m.model_model, u.model_model),
        ("a model and a person", m.model_human, u.model_human),
        ("two people", m.human_human, None),
        ("two stories by people", None if m.human_human else people, u.human_human),
        (f"one {writers[:-1]}, two stories", m.within_model, u.within_model),
        ("gap: model-person less two models", m.gap.gap if m.gap else None, u.gap),
        ("ratio of the two", m.gap.ratio if m.gap else None, u.ratio),
    ]
    note = ""
    if u.confounded:
        note = "People and models share no prompt: the right column mixes writers with corpora."
    elif people and not m.human_human:
        note = "Two stories by people may be by one person: no column 'author' tells them apart."
    return Table(
        "Mean distances, 95% intervals",
        ("", "same prompt", "different prompts"),
        [(name, between(a), between(b)) for name, a, b in rows if a or b],
        note,
    )


def _pairs(result: Comparison) -> Table:
    rows = [
        (pair.a, pair.b, between(pair.distance), str(pair.distance.n))
        for pair in result.matched.source_pairs
        if pair.distance
    ]
    title = "Sources at the same prompt, nearest first"
    return Table(title, ("", "", "distance", "#prompts"), rows, detail=len(rows) > SHORT)


def _apart(result: Comparison) -> Table:
    rows = [
        (row.source, between(row.gap), tail(row.p), tail(row.p_holm))
        for row in result.matched.apart
    ]
    note = "Distance to the others less distance among the others; p corrected by Holm's method."
    return Table("How far each stands apart", ("source", "gap", "#p", "#p (Holm)"), rows, note)


def _sensitivity(result: Comparison) -> Table:
    found = [row for row in result.matched.sensitivity if row.gap]
    rows = [(row.name, between(row.gap), between(row.ratio, 2), tail(row.p)) for row in found]
    without = sorted(result.matched.without.items(), key=lambda item: item[1].value)
    if without:
        for name, gap in (without[0], without[-1]):
            rows.append((f"without {name}", between(gap), "", ""))
    note = "; ".join(f"{row.name}: {row.what}" for row in found)
    if without:
        note += "; without: the models whose absence changes the gap most, downwards and upwards"
    return Table("The gap, computed otherwise", ("", "gap", "ratio", "#p"), rows, note + ".")


def _without(result: Comparison) -> Table:
    rows = [(name, between(gap)) for name, gap in result.matched.without.items()]
    return Table("The gap without one of the models", ("without", "gap"), rows, detail=True)


def _dimensions(result: Comparison) -> Table:
    rows = [
        (d.dimension, f"{d.share:.0%}", between(d.gap), between(d.ratio, 2), tail(d.p_holm))
        for d in result.matched.dimensions
    ]
    columns = ("dimension", "#of distance", "gap", "ratio", "#p (Holm)")
    return Table("The gap by dimension", columns, rows)


def _partitions(result: Comparison) -> Table:
    location = result.location
    rows = []
    for part in location.permanova:
        label = "people against models" if part.label == "human" else "source"
        within = "–" if part.r2_within is None else f"{part.r2_within:.1%}"
        expected = "–" if part.expected is None else f"{part.expected:.1%}"
        rows.append(
            (
                f"PERMANOVA, {label}",
                f"{part.r2:.1%}",
                expected,
                within,
                number(part.f, 2),
                tail(part.p),
            )
        )
    spread = location.permdisp
    rows.append(("PERMDISP, source", "", "", "", number(spread.f, 2), tail(spread.p)))
    if location.energy:
        share = "" if location.energy.share is None else f"{location.energy.share:.1%}"
        rows.append(("energy distance, people", share, "", "", "", tail(location.energy.p)))
    columns = ("", "#share", "#by chance", "#within prompts", "#F", "#p")
    note = (
        "Share of the squared distances that goes with the label, what shuffled labels give, and "
        "the share of what is left when each prompt's mean is taken out. PERMANOVA and energy see "
        "location and dispersion, PERMDISP dispersion alone."
    )
    return Table("Location and dispersion", columns, rows, note)


def _clusters(result: Comparison) -> Table:
    rows = []
    for c in result.structure.clusterings:
        for a in c.agreement:
            own = "" if a.rand_low is None else f" [{a.rand_low:.3f}, {a.rand_high:.3f}]"
            by_chance = "–" if a.rand_chance is None else "{:.3f} to {:.3f}".format(*a.rand_chance)
            rows.append(
                (c.view, c.method, a.label, str(a.k), f"{a.rand:.3f}{own}", by_chance, number(a.information), tail(a.p))
            )  # fmt: skip
    columns = ("view", "method", "label", "#k", "adjusted Rand", "by chance", "#AMI", "#p")
    return Table("Clusters of stories against their labels", columns, rows, detail=True)


def _rarities(result: Comparison) -> Table:
    assert result.rarity
    rows = [
        (row.source, between(row.percentile, 2), between(row.top_decile, 2))
        for row in result.rarity.main.sources
    ]
    note = f"Mean distance to {result.rarity.main.k} nearest stories of other prompts."
    return Table("Rarity", ("source", "mean percentile", "in the rarest tenth"), rows, note)


def _effects(result: Comparison) -> Table:
    def weight(item: tuple[str, str, Effect]) -> float:
        return -abs(item[2].size.value)

    items = [
        (row.id, row.name, effect)
        for row in result.features
        for effect in row.effects
        if effect.q is not None and effect.q < LEVEL
    ]
    others = "models" if _writers(result) == "models" else "the others"
    rows = [
        (
            feature,
            name,
            e.source,
            others if e.against == "models" else e.against,
            f"{e.measure} {between(e.size, 2)}",
            e.level,
            tail(e.q),
        )
        for feature, name, e in sorted(items, key=weight)[:SHORT]
    ]
    columns = ("feature", "name", "source", "against", "effect", "answer", "#q")
    note = (
        f"{len(items)} contrasts have q < 0.05; comparison.json holds all of them. delta: chance that "
        "a story of the source has more, less the chance that it has less; V: Cramer's."
    )
    return Table("Largest differences in single features (q < 0.05)", columns, rows, note)
