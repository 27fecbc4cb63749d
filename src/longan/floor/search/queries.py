"""What somebody searches for, as they type it: words, "phrases in quotes", -words to leave out, OR between them."""

import re
import unicodedata
from collections.abc import Collection, Iterator, Mapping, Sequence

import msgspec
from msgspec.structs import replace

from longan.floor.search.search import SAME_SYLLABLE, Phrase, mark, plain_words
from longan.floor.search.synonyms import compounds_in, known_phrases

WORDS_IN_A_QUERY = 12
LETTERS_IN_A_WORD = 64

_QUOTES = dict.fromkeys(map(ord, "“”„‟«»＂"), '"')
# A minus stands before a word and after a gap: the one in "kế toán - thủ kho" or "8-10 triệu" leaves nothing out.
_TOKEN = re.compile(r'(?P<minus>(?<!\S)-(?=[^\s-]))?(?:"(?P<quoted>[^"]*)"|(?P<word>[^\s"]+))')
_WORD = re.compile(r"\w+")
_OR = frozenset({"OR", "HOẶC", "|", "||"})


class Term(msgspec.Struct, frozen=True):
    """Words that must be found, side by side when they are `quoted` or the syllables of one word, else as the terms
    `inside` say; or one of the `others`. `begun` is the last word as it was spelled when more of it may follow."""

    words: Phrase
    others: tuple[Phrase, ...] = ()
    quoted: bool = False
    begun: str | None = None
    inside: tuple["Term", ...] = ()

    def written(self, *, joined: bool) -> str:
        """As `Query.written`."""
        if self.quoted:
            return _side_by_side(self.words, joined=joined)
        last = self.words[-1]
        if self.begun is not None:
            # Whoever has typed "ki" may be on the way to "kinh", which "ky" is no prefix of.
            last = f"{last}:*" if self.begun == last else f"({last} | {self.begun}:*)"
        if self.inside:
            own = " & ".join(term.written(joined=joined) for term in self.inside)
        elif self.begun is None:
            own = _side_by_side(self.words, joined=joined)
        else:
            own = _side_by_side((*self.words[:-1], last), joined=False)
        if not self.others:
            return own
        own = own if len(self.inside) < 2 else f"({own})"
        return f"({' | '.join([own, *(_side_by_side(phrase, joined=joined) for phrase in self.others)])})"

    def phrases(self) -> Iterator[Phrase]:
        """All that may be found, each of them with its words side by side."""
        if not self.inside:
            yield self.words
        for term in self.inside:
            yield from term.phrases()
        yield from self.others

    def share(self, shares: Mapping[str, float]) -> float:
        """As `Query.share`."""
        own = [term.share(shares) for term in self.inside] or [_share(self.words, shares)]
        return max([min(own), *(_share(phrase, shares) for phrase in self.others)])

    def finished(self) -> "Term":
        """The same, whose last word is a whole one."""
        return replace(self, begun=None, inside=tuple(term.finished() for term in self.inside))


class Query(msgspec.Struct, frozen=True):
    """All terms of one of the `alternatives`, and none of the phrases `without`. `marked` are the words of the first
    alternative with their marks, each of them one of `said`."""

    alternatives: tuple[tuple[Term, ...], ...]
    without: tuple[Phrase, ...] = ()
    marked: tuple[str, ...] = ()

    def written(self, *, joined: bool = False) -> str:
        """A text for `tsquery` over folded text, '' when nothing is asked for; with `joined` over what
        `searchable.searchable` makes of a text, and quicker."""
        every = [" & ".join(term.written(joined=joined) for term in terms) for terms in self.alternatives]
        wanted = every if len(every) < 2 else [f"({' | '.join(f'({each})' for each in every)})"]
        return " & ".join([*wanted, *(f"!{_side_by_side(phrase, joined=joined)}" for phrase in self.without)])

    def said(self) -> list[str]:
        """The words of the first alternative, in their order."""
        return [word for term in (self.alternatives or ((),))[0] for word in term.words]

    def free(self) -> list[str | None]:
        """The same, with None for each that stands in quotes."""
        return [None if t.quoted else word for t in (self.alternatives or ((),))[0] for word in t.words]

    def words(self) -> list[str]:
        """All words that may be found, compounds as one."""
        phrases = [phrase for terms in self.alternatives for term in terms for phrase in term.phrases()]
        return list(dict.fromkeys(word for phrase in phrases for word in (*phrase, *compounds_in(phrase))))

    def share(self, shares: Mapping[str, float]) -> float:
        """How many texts of one have the words, when so many have each: at most that of the rarest."""
        return max((min((t.share(shares) for t in terms), default=1.0) for terms in self.alternatives), default=1.0)

    def lone_words(self) -> list[str]:
        """The words that stand for nothing but themselves: those that may have been mistyped."""
        every = (term for terms in self.alternatives for term in terms)
        found = (term.words[0] for term in every if len(term.words) == 1 and not term.quoted and not term.others)
        return list(dict.fromkeys(found))

    def unfinished(self) -> str | None:
        """The word that may be only the beginning of one."""
        return next((t.words[-1] for terms in self.alternatives for t in terms if t.begun is not None), None)

    def finished(self) -> "Query":
        """The same, whose last word is a whole one."""
        return replace(
            self, alternatives=tuple(tuple(term.finished() for term in terms) for terms in self.alternatives)
        )

    def guessed(self, near: Mapping[str, Sequence[str]]) -> "Query":
        """The same, in which a lone word may also be one of those it is near to."""

        def guess(term: Term) -> Term:
            if term.quoted or len(term.words) != 1 or term.words[0] not in near:
                return term
            return replace(term, others=(*term.others, *((word,) for word in near[term.words[0]])))

        return replace(self, alternatives=tuple(tuple(map(guess, terms)) for terms in self.alternatives))

    def less(self, positions: Collection[int]) -> "Query":
        """The same without some words of the first alternative, which are counted from 0. Its known phrases are those
        of the words that are left."""
        first, *others = self.alternatives
        marked = tuple(word for place, word in enumerate(self.marked) if place not in positions)
        left: list[Term] = []
        run: list[str] = []
        number = 0
        for term in first:
            kept = [word for place, word in enumerate(term.words, number) if place not in positions]
            number += len(term.words)
            if term.quoted or len(kept) == len(term.words):
                left += [*_plain(run, None), term]
                run = []
            else:
                run += kept
        left += _plain(run, None)
        return replace(self, alternatives=tuple(terms for terms in (tuple(left), *others) if terms), marked=marked)


def parse(q: str) -> Query:
    """What is asked for. AND binds closer than OR; what is left out is left out of every alternative.

    Takes any text. At most 12 words of at most 64 letters are used, the last one also as the beginning of a word.
    """
    alternatives: list[tuple[Term, ...]] = []
    without: list[Phrase] = []
    marked: list[str] = []
    terms: list[Term] = []
    run: list[str] = []  # words as spelled, up to a quote or an operator
    left, last = WORDS_IN_A_QUERY, False
    for found in _TOKEN.finditer(unicodedata.normalize("NFC", q).translate(_QUOTES)):
        quoted, word = found["quoted"], found["word"]
        if word in _OR and not found["minus"]:
            alternatives.append((*terms, *_plain(run, None)))
            terms, run = [], []
            continue
        spelled = [each[:LETTERS_IN_A_WORD] for each in plain_words(quoted or word or "")][:left]
        left -= len(spelled)
        if not spelled:
            continue
        if found["minus"]:
            without.append(_folded(spelled))
        elif quoted is not None:
            terms += [*_plain(run, None), Term(_folded(spelled), quoted=True)]
            run = []
        else:
            run += spelled
        last = not found["minus"] and quoted is None
        if not found["minus"] and not any(alternatives):
            as_marked = _WORD.findall(mark(quoted or word))
            marked += as_marked[: len(spelled)] if len(as_marked) >= len(spelled) else _folded(spelled)
    terms += _plain(run, run[-1] if run and last else None)
    alternatives.append(tuple(terms))
    return Query(tuple(dict.fromkeys(filter(None, alternatives))), tuple(dict.fromkeys(without)), tuple(marked))


def spoken(query: Query) -> dict[str, object]:
    """What `search.rank` compares a row with."""
    return {"marked": " ".join(query.marked), "folded": " ".join(query.said())}


def asked(q: str) -> dict[str, object]:
    """What a list by `{tsquery}` in the order of `search.rank` is asked for."""
    query = parse(q)
    return {"tsquery": query.written(), **spoken(query)}


def tsquery(q: str) -> str:
    """What is asked for, as a text for `tsquery` over folded text, '' when nothing is left of `q`."""
    return parse(q).written()


def _plain(spelled: Sequence[str], begun: str | None) -> Iterator[Term]:
    said = _folded(spelled)
    for start, end, others in known_phrases(said):
        yield _term(said[start:end], others, begun if end == len(said) else None)


def _term(said: Phrase, others: tuple[Phrase, ...], begun: str | None) -> Term:
    if len(said) < 3:
        return Term(said, others, begun=begun)
    parts = known_phrases(said, len(said) - 1)
    inside = (_term(said[start:end], inner, begun if end == len(said) else None) for start, end, inner in parts)
    return Term(said, others, begun=begun, inside=tuple(inside))


def _folded(spelled: Sequence[str]) -> Phrase:
    return tuple(SAME_SYLLABLE.get(word, word) for word in spelled)


def _side_by_side(phrase: Phrase, *, joined: bool) -> str:
    if len(phrase) == 1:
        return phrase[0]
    compounds = list(compounds_in(phrase)) if joined else []
    if compounds and len(phrase) == 2:
        return compounds[0]
    # The compounds say nothing more, but lead to the few texts in which the whole is looked for.
    beside = f"({' <-> '.join(phrase)})"
    return f"({' & '.join([*compounds, beside])})" if compounds else beside


def _share(phrase: Phrase, shares: Mapping[str, float]) -> float:
    compounds = list(compounds_in(phrase))
    return min(shares.get(word, 0.0) for word in (compounds if len(phrase) == 2 and compounds else phrase))
