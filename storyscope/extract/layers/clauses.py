"""Finite clauses: the grain at which tense, person, perfect and negation are read."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from storyscope.extract.reading import Reading

__all__ = ["Clause", "find_clauses"]

FINITE = frozenset({"VBD", "VBZ", "VBP", "MD"})
NONFINITE = frozenset({"VBN", "VBG", "VB"})
SUBJECTS = ("nsubj", "nsubjpass", "csubj", "expl")
MAIN = frozenset({"ROOT", "parataxis"})


class Clause(NamedTuple):
    """One finite clause.

    Attributes
    ----------
    verb, finite : int
        Tokens of the main verb (or copula) and of the word that carries tense.
    tense : str
        "past", "present" or "modal".
    modal : str
        Lower-case modal ("would", "will", ...), else empty.
    main : bool
        A sentence root, a parataxis, or a coordination with one.
    subject : int
        Token of the subject, -1 where there is none; a coordinated verb inherits it.
    negated, perfect, progressive, passive, quoted : bool
        ``perfect`` is have + participle; with past tense it is the pluperfect.
    mark : str
        Lower-case subordinator ("if", "because", ...), else empty.
    """

    verb: int
    finite: int
    tense: str
    modal: str
    main: bool
    subject: int
    negated: bool
    perfect: bool
    progressive: bool
    passive: bool
    mark: str
    quoted: bool

    @property
    def pluperfect(self) -> bool:
        """Whether it stands in the past perfect, as in "had gone"."""
        return self.perfect and self.tense == "past"


def find_clauses(reading: Reading) -> list[Clause]:
    """Finite clauses in order of their verbs.

    Examples
    --------
    >>> from storyscope.extract.reading import read
    >>> [(c.tense, c.pluperfect, c.main) for c in read("He had gone before she could ask.").clauses]
    [('past', True, True), ('modal', False, False)]
    """
    tag, dep, head, lower = reading.tag, reading.dep, reading.head, reading.lower
    finite_of: dict[int, int] = {}
    for i, t in enumerate(tag):
        if t in FINITE:
            verb = head[i] if dep[i] in ("aux", "auxpass") else i
            finite_of.setdefault(verb, i)  # tokens come in order: the leftmost stays
    made: dict[int, Clause] = {}
    for verb in sorted(finite_of):
        made[verb] = _clause(reading, verb, finite_of[verb], made)
    # "had sat and wept": a bare conjunct shares the finite word of the verb it joins.
    for i, t in enumerate(tag):
        if t in NONFINITE and dep[i] == "conj" and i not in made:
            first = made.get(head[i])
            if first is None or any(
                lower[c] == "to" and dep[c] == "aux" for c in reading.children[i]
            ):
                continue
            subject = reading.child(i, *SUBJECTS)
            made[i] = first._replace(
                verb=i,
                subject=first.subject if subject is None else subject,
                negated=first.negated or reading.child(i, "neg") is not None,
                progressive=first.progressive and t == "VBG",
                passive=first.passive and t == "VBN",
                quoted=bool(reading.quoted[i]),
            )
    return [made[verb] for verb in sorted(made)]


def _clause(reading: Reading, verb: int, finite: int, made: dict[int, Clause]) -> Clause:
    tag, dep, head, lower, lemma = (
        reading.tag, reading.dep, reading.head, reading.lower, reading.lemma,
    )  # fmt: skip
    auxiliaries: list[int] = []
    negated, passive = False, False
    subject, mark = -1, ""
    for c in reading.children[verb]:
        relation = dep[c]
        if relation == "aux":
            auxiliaries.append(c)
        elif relation == "auxpass":
            auxiliaries.append(c)
            passive = True
        elif relation == "neg":
            negated = True
        elif relation in SUBJECTS and subject < 0:
            subject = c
        elif relation == "mark":
            mark = lower[c]
        elif relation == "advmod" and lower[c] in ("never", "hardly", "scarcely"):
            negated = True
        elif relation == "advmod" and tag[c] == "WRB" and not mark:
            mark = lower[c]
    modal, tense = "", "past" if tag[finite] == "VBD" else "present"
    participle = tag[verb] in ("VBN", "VBD")
    if tag[finite] == "MD":
        if lower[finite] == "'d" and participle:
            tense = "past"
        else:
            tense, modal = (
                "modal",
                {"'d": "would", "'ll": "will", "wo": "will", "ca": "can"}.get(
                    lower[finite], lower[finite]
                ),
            )
    haves = any(lemma[a] == "have" or (lower[a] == "'d" and participle) for a in auxiliaries)
    perfect = haves and (participle or passive or tag[verb] == "VBG")
    progressive = tag[verb] == "VBG" and any(lemma[a] == "be" for a in auxiliaries)
    main = dep[verb] in MAIN or (dep[verb] == "ccomp" and not mark and _precedes(reading, verb))
    if dep[verb] == "conj":
        first = made.get(head[verb])
        if first is not None:
            main = first.main
            subject = first.subject if subject < 0 else subject
    return Clause(
        verb, finite, tense, modal, main, subject, negated, perfect, progressive, passive, mark,
        bool(reading.quoted[verb]),
    )  # fmt: skip


def _precedes(reading: Reading, verb: int) -> bool:
    """Whether a clausal complement comes whole before its head's subject, as in "A; so B"."""
    subject = reading.child(reading.head[verb], *SUBJECTS)
    return subject is not None and verb < subject
