"""Style: how the sentences are worded and set; the contrast to narrative choices."""

from __future__ import annotations

from collections import Counter
from functools import cache
from importlib.util import find_spec
from math import log
from pathlib import Path

import numpy as np

from storyscope.extract.layers.cast import name_tokens
from storyscope.extract.measures import (
    NOT_DEFINED,
    Measured,
    measures,
    number,
    once,
    rate,
    share,
    tokens,
)
from storyscope.extract.reading import Reading

FUNCTION_TAGS = frozenset({"DET", "ADP", "CCONJ", "SCONJ", "PART", "AUX", "PRON"})
LEAST_WORDS = 100


@once
def _words(reading: Reading) -> list[str]:
    return [w for w, keep in zip(reading.lower, reading.is_word.tolist(), strict=True) if keep]


@once
def _sentence_lengths(reading: Reading) -> list[int]:
    return [n for s in reading.sentences if (n := int(reading.is_word[s.start : s.end].sum()))]


# ---------------------------------------------------------------- length


@measures("STY_LEN_01")
def sentence_length(reading: Reading) -> Measured:
    lengths = _sentence_lengths(reading)
    return number(float(np.mean(lengths))) if len(lengths) >= 5 else NOT_DEFINED


@measures("STY_LEN_02")
def sentence_variation(reading: Reading) -> Measured:
    lengths = _sentence_lengths(reading)
    return number(float(np.std(np.log(lengths)))) if len(lengths) >= 10 else NOT_DEFINED


@measures("STY_LEN_03")
def short_sentences(reading: Reading) -> Measured:
    short = [s for s in reading.sentences if 0 < int(reading.is_word[s.start : s.end].sum()) <= 5]
    return share(short, len(_sentence_lengths(reading)), least=10)


@measures("STY_LEN_04")
def paragraph_length(reading: Reading) -> Measured:
    lengths = [n for p in reading.paragraphs if (n := int(reading.is_word[p.start : p.end].sum()))]
    return number(float(np.mean(lengths))) if len(lengths) >= 3 else NOT_DEFINED


@measures("STY_LEN_05")
def word_length(reading: Reading) -> Measured:
    found = _words(reading)
    return number(float(np.mean([len(w) for w in found]))) if len(found) >= 50 else NOT_DEFINED


# ---------------------------------------------------------------- punctuation


def _mark_rate(reading: Reading, *marks: str) -> Measured:
    found = [i for i, w in enumerate(reading.lower) if w in marks]
    return rate(tokens(found), reading.n_words, per=100)


@measures("STY_PUN_01")
def commas(reading: Reading) -> Measured:
    return _mark_rate(reading, ",")


@measures("STY_PUN_02")
def dashes(reading: Reading) -> Measured:
    return _mark_rate(reading, "—", "–", "--")


@measures("STY_PUN_03")
def semicolons(reading: Reading) -> Measured:
    return _mark_rate(reading, ";", ":")


@measures("STY_PUN_04")
def exclamations(reading: Reading) -> Measured:
    return _mark_rate(reading, "!", "?!", "!?")


@measures("STY_PUN_05")
def questions(reading: Reading) -> Measured:
    return _mark_rate(reading, "?", "?!", "!?")


@measures("STY_PUN_06")
def ellipses(reading: Reading) -> Measured:
    return _mark_rate(reading, "...", "…", "....")


# ---------------------------------------------------------------- words


@measures("STY_LEX_01")
def lexical_variety(reading: Reading) -> Measured:
    """Mean share of distinct words in every stretch of 100."""
    found = _words(reading)
    if len(found) < LEAST_WORDS:
        return NOT_DEFINED
    seen: Counter[str] = Counter(found[:LEAST_WORDS])
    distinct = [len(seen)]
    for gone, come in zip(found, found[LEAST_WORDS:], strict=False):
        seen[gone] -= 1
        if not seen[gone]:
            del seen[gone]
        seen[come] += 1
        distinct.append(len(seen))
    return number(float(np.mean(distinct)) / LEAST_WORDS)


@measures("STY_LEX_02")
def function_words(reading: Reading) -> Measured:
    found = [i for i, p in enumerate(reading.pos) if p in FUNCTION_TAGS]
    return share(tokens(found), reading.n_words, least=50)


@measures("STY_LEX_03")
def adjectives(reading: Reading) -> Measured:
    found = [i for i, t in enumerate(reading.tag) if t in ("JJ", "JJR", "JJS")]
    return rate(tokens(found), reading.n_words, per=100)


@measures("STY_LEX_04")
def adverbs_in_ly(reading: Reading) -> Measured:
    found = [
        i
        for i, (w, p) in enumerate(zip(reading.lower, reading.pos, strict=True))
        if p == "ADV" and w.endswith("ly")
    ]
    return rate(tokens(found), reading.n_words, per=100)


@measures("STY_LEX_05")
def rare_words(reading: Reading) -> Measured:
    """Mean rarity of content words: 8 minus their Zipf frequency in general English."""
    content = [
        w
        for w, p in zip(reading.lower, reading.pos, strict=True)
        if p in ("NOUN", "VERB", "ADJ", "ADV") and w.isalpha()
    ]
    if len(content) < 50:
        return NOT_DEFINED
    return number(8 - float(np.mean([_zipf(w) for w in content])))


@cache
def _zipf(word: str) -> float:
    from wordfreq import zipf_frequency

    return float(zipf_frequency(word, "en"))


@measures("STY_LEX_06")
def pronouns(reading: Reading) -> Measured:
    found = [i for i, t in enumerate(reading.tag) if t in ("PRP", "PRP$")]
    return rate(tokens(found), reading.n_words, per=100)


@measures("STY_LEX_07")
def contractions(reading: Reading) -> Measured:
    clitics = {"n't", "'s", "'re", "'ve", "'ll", "'d", "'m"}
    found = [
        i
        for i, (w, p) in enumerate(zip(reading.lower, reading.tag, strict=True))
        if w in clitics and p != "POS"
    ]
    return rate(tokens(found), reading.n_words, per=100)


# ---------------------------------------------------------------- sentences


@measures("STY_SYN_01")
def readability(reading: Reading) -> Measured:
    """Automated readability index, from letters a word and words a sentence."""
    found, lengths = _words(reading), _sentence_lengths(reading)
    if len(found) < LEAST_WORDS or len(lengths) < 5:
        return NOT_DEFINED
    letters = sum(map(len, found)) / len(found)
    return number(4.71 * letters + 0.5 * len(found) / len(lengths) - 21.43)


@measures("STY_SYN_02")
def subordination(reading: Reading) -> Measured:
    found = [
        i
        for i, d in enumerate(reading.dep)
        if d in ("advcl", "ccomp", "relcl", "acl", "xcomp", "csubj")
    ]
    return (
        number(len(found) / max(len(reading.sentences), 1), tokens(found))
        if len(reading.sentences) >= 5
        else NOT_DEFINED
    )


@measures("STY_SYN_03")
def passives(reading: Reading) -> Measured:
    found = [c.verb for c in reading.clauses if c.passive]
    return share(tokens(found), len(reading.clauses), least=15)


@measures("STY_SYN_04")
def participle_tails(reading: Reading) -> Measured:
    """Sentences that trail a participle after a comma ("..., watching the rain")."""
    found = [
        i
        for i in range(1, reading.n)
        if reading.tag[i] == "VBG"
        and reading.dep[i] == "advcl"
        and reading.head[i] < i
        and reading.lower[i - 1] == ","
    ]
    return share(tokens(found), len(reading.sentences), least=10)


@measures("STY_SYN_05")
def fragments(reading: Reading) -> Measured:
    """Sentences without a finite verb."""
    finite = {reading.sentence_of[c.finite] for c in reading.clauses}
    found = [s for s in reading.narrated_sentences if reading.sentence_of[s.start] not in finite]
    return share(found, len(reading.narrated_sentences), least=10)


@measures("STY_FIG_01")
def similes(reading: Reading) -> Measured:
    """Likeness by "like" + noun, "as ... as" and "as if", not after look, be or seem with people."""
    found = []
    for i, word in enumerate(reading.lower):
        if word == "like" and reading.tag[i] == "IN" and reading.dep[i] in ("prep", "mark"):
            head = reading.head[i]
            if reading.child(i, "pobj", "pcomp") is None and reading.dep[i] == "prep":
                continue
            target = reading.child(i, "pobj")
            if (
                reading.lemma[head] in ("look", "be", "seem", "feel")
                and target in reading.cast.persons
            ):
                continue
            found.append(i)
        elif (
            word == "as"
            and reading.lower[i + 1 : i + 2]
            and reading.lower[i + 1] in ("if", "though")
        ) or (word == "as" and reading.dep[i] == "advmod" and "as" in reading.lower[i + 2 : i + 4]):
            found.append(i)
    return rate(tokens(found), reading.n_words)


@measures("STY_FIG_02")
def not_but(reading: Reading) -> Measured:
    """How often "not X but Y" and "it wasn't X; it was Y", per 1,000 words."""
    found = []
    lower = reading.lower
    for i, word in enumerate(lower):
        if word not in ("not", "n't"):
            continue
        ahead = lower[i + 1 : i + 12]
        if "but" in ahead and "." not in ahead[: ahead.index("but")] and ahead.index("but") > 0:
            at = i + 1 + ahead.index("but")
            if lower[at - 1] in (",", "—") or reading.dep[at] == "cc":
                found.append(i)
        elif (
            lower[i - 1 : i]
            and lower[i - 1] in ("was", "is", "were")
            and any(m in ahead for m in (".", ";", "—", ","))
        ):
            stop = min(ahead.index(m) for m in (".", ";", "—", ",") if m in ahead)
            if ahead[stop + 1 : stop + 3] in (
                ["it", "was"],
                ["it", "is"],
                ["it", "'s"],
                ["they", "were"],
                ["this", "was"],
            ):
                found.append(i)
    return rate(tokens(found), reading.n_words)


@measures("STY_DIA_01")
def dialogue_share(reading: Reading) -> Measured:
    if reading.n_words < 50:
        return NOT_DEFINED
    return Measured(1 - reading.n_narrated / reading.n_words, [q[:2] for q in reading.quotations])


@measures("STY_SEN_01")
def sentiment(reading: Reading) -> Measured:
    """Mean valence of words that have one, -4 to 4 (VADER's lexicon), negated ones turned."""
    lexicon = _vader()
    found, values = [], []
    for i, word in enumerate(reading.lower):
        value = lexicon.get(word)
        if value is None:
            continue
        negated = any(
            w in ("not", "n't", "no", "never", "without") for w in reading.lower[max(i - 3, 0) : i]
        )
        values.append(-value if negated else value)
        found.append(i)
    return number(float(np.mean(values)), tokens(found)) if len(values) >= 10 else NOT_DEFINED


@measures("STY_SEN_02")
def sentiment_strength(reading: Reading) -> Measured:
    """Share of words with a valence, of any sign."""
    lexicon = _vader()
    named = name_tokens(reading)
    found = [i for i, word in enumerate(reading.lower) if word in lexicon and i not in named]
    return rate(tokens(found), reading.n_words, per=100)


@cache
def _vader() -> dict[str, float]:
    """VADER's lexicon, read from the installed package without importing its dependencies."""
    spec = find_spec("vaderSentiment")
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError("vaderSentiment")
    path = Path(spec.submodule_search_locations[0]) / "vader_lexicon.txt"
    rows = (line.split("\t") for line in path.read_text(encoding="utf-8").splitlines() if line)
    return {row[0]: float(row[1]) for row in rows if row[0].isalpha()}


@measures("STY_CON_01")
def topic_repetition(reading: Reading) -> Measured:
    """Log of how often a content lemma recurs within the 100 content words after it, on average."""
    content = [
        lemma
        for lemma, p in zip(reading.lemma, reading.pos, strict=True)
        if p in ("NOUN", "VERB", "ADJ") and lemma.isalpha() and len(lemma) > 3
    ]
    if len(content) < 200:
        return NOT_DEFINED
    window = 100
    hits = 0
    seen: Counter[str] = Counter()
    for k, lemma in enumerate(content):
        if k >= window:
            seen[content[k - window]] -= 1
        hits += seen[lemma] > 0
        seen[lemma] += 1
    return number(log(max(hits, 1) / len(content)))
