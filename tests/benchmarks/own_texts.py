"""Sentences in our own words that teach the screener what is harmless, and what contempt is.

Every list is slots to be filled: all combinations, thinned to a number with an even step, so
that the same texts come out each time.
"""

from __future__ import annotations

from itertools import product
from typing import Final

_GOODS: Final = (
    "wool throws",
    "garden tools",
    "running shoes",
    "kitchen knives",
    "scented candles",
    "tea towels",
    "lace underwear",
    "swimwear",
    "toy soldiers",
    "board games",
    "crime novels",
    "water pistols",
    "dog beds",
    "baking tins",
    "climbing ropes",
    "hunting jackets",
    "razor blades",
    "wrapping paper",
    "massage oils",
    "baby blankets",
    "fireworks",
    "wine glasses",
    "silk pyjamas",
    "protein bars",
)
_SHOP_LINES: Final = (
    "Our {goods} are back in stock.",
    "Save 20% on all {goods} until Sunday.",
    "New this week: {goods} for every home.",
    "Meet the makers behind our {goods}.",
    "Thank you for choosing our {goods}, {name}.",
    "Free delivery on {goods} over £30.",
    "You looked at {goods} last month; here are three we think you will like.",
    "Five-star reviews: see why customers love our {goods}.",
    "Treat someone to {goods} this Christmas.",
    "Questions about {goods}? Our team in York is happy to help.",
    "How to look after your {goods} so that they last.",
    "Shop {goods} now in our winter collection.",
    "{name}, your basket of {goods} is waiting for you.",
    "Unsubscribe at any time; {goods} news monthly.",
)
_NAMES: Final = ("Anna", "Mohammed", "Siobhan", "there", "Wei")
_IDIOMS: Final = (
    "These {what} prices will not last.",
    "A {what} offer on {goods}.",
    "Get ready for {what} savings.",
    "Our {what} sale on {goods} starts on Friday.",
    "{goods} with a {what} finish.",
)
_FIERCE: Final = (
    "killer",
    "explosive",
    "knock-out",
    "drop-dead gorgeous",
    "bombshell",
    "slashed",
    "sinful",
    "naughty",
    "hot",
    "sexy",
    "to-die-for",
    "wicked",
    "savage",
    "cut-throat",
    "red-hot",
    "seductive",
    "steamy",
    "insane",
    "crazy",
    "addictive",
    "guilty-pleasure",
    "deadly good",
    "blood-orange",
    "nude-coloured",
)
_PEOPLE: Final = (
    "Muslim",
    "Jewish",
    "Christian",
    "Hindu",
    "gay",
    "lesbian",
    "transgender",
    "Black",
    "Asian",
    "Mexican",
    "Chinese",
    "disabled",
    "deaf",
    "blind",
    "autistic",
    "elderly",
    "immigrant",
    "refugee",
    "female",
    "Irish",
    "Polish",
    "African",
    "Indian",
    "Arab",
    "Romani",
    "Indigenous",
    "bisexual",
    "Latino",
)
_KIND_WORDS: Final = (
    "We are proud to work with {people} artists.",
    "Our {people} customers love this collection.",
    "This book tells the story of a {people} family in London.",
    "We welcome {people} visitors in all our shops.",
    "A cookbook of {people} recipes and memories.",
    "Meet the {people} designers behind our new range.",
    "Wishing our {people} friends a happy holiday.",
    "We donate five percent of sales to a {people} youth charity.",
    "The {people} community centre opens on Saturday.",
    "{people} women and men work in our studio.",
    "A film festival that celebrates {people} directors.",
    "I am {people} and I love this shop.",
    "{people} people deserve the same respect as everybody else.",
    "My {people} neighbour bakes lovely bread.",
    "Hiring: we encourage {people} candidates to apply.",
    "Greeting cards for {people} weddings.",
)
_CARE: Final = (
    "{who} offers counselling for people who feel low.",
    "{who} supports families after a suicide.",
    "{who} trains volunteers in suicide prevention.",
    "Talk to {who} about eating disorders, in confidence.",
    "{who} helps survivors of domestic violence.",
    "Proceeds go to {who}, a mental health charity.",
    "{who} gives free advice on immigration law and human rights.",
    "{who} teaches staff to recognise harassment.",
    "Self-care ideas from {who} for a hard week.",
    "{who} runs sexual health clinics for young people.",
    "{who} makes animated films for adults and children.",
    "Mindful mornings: a free guide from {who}.",
    "{who} treats depression and anxiety with talking therapies.",
    "{who} provides security guards and fire-arms safety courses.",
    "{who} restores war memorials.",
    "{who} teaches self-defence to women.",
    "{who} invests in ethical funds without arms or tobacco.",
    "{who} cares for people with addictions.",
    "Pest control by {who}: rats, mice and wasps.",
    "{who} defends victims of crime in court.",
    "{who} sells bridal lingerie in all sizes.",
)
_WHO: Final = (
    "Our practice",
    "The Linden Trust",
    "Harbour House",
    "Our clinic",
    "A listening line",
    "Brightwell Ltd",
    "A team of specialists",
    "The charity",
    "Northside Legal",
    "Our local partner",
)

_CONTEMPT: Final = (
    "{people} people are vermin and should be wiped out.",
    "I hate {people} people.",
    "All {people} people are criminals and liars.",
    "{people} people should be thrown out of this country.",
    "{people} people are disgusting and inferior to us.",
    "Never trust a {people} person, they are animals.",
    "{people} people do not deserve to live here.",
    "Keep {people} people out of our schools.",
    "We must get rid of {people} people.",
    "{people} women are stupid and belong in the kitchen.",
    "{people} men are all rapists and thieves.",
    "{people} families are a plague on this town.",
)


def thinned(texts: list[str], number: int) -> list[str]:
    """Return ``number`` of the texts, taken with an even step."""
    step = max(len(texts) / number, 1.0)
    return [texts[int(i * step)] for i in range(min(number, len(texts)))]


def harmless_marketing() -> list[str]:
    """Return 750 lines of ordinary and of lurid, but harmless, advertising."""
    plain = [t.format(goods=g, name=n) for t, g, n in product(_SHOP_LINES, _GOODS, _NAMES)]
    lurid = [t.format(what=w, goods=g) for t, w, g in product(_IDIOMS, _FIERCE, _GOODS)]
    return thinned(sorted(set(plain)), 450) + thinned(sorted(set(lurid)), 300)


def harmless_identity() -> list[str]:
    """Return 400 kind or neutral mentions of groups of people."""
    return thinned([t.format(people=p) for t, p in product(_KIND_WORDS, _PEOPLE)], 400)


def harmless_care() -> list[str]:
    """Return 200 lines of charities, clinics and advisers on grave subjects."""
    return thinned([t.format(who=w) for t, w in product(_CARE, _WHO)], 200)


def contempt() -> list[str]:
    """Return 112 texts that demean groups of people."""
    return thinned([t.format(people=p) for t, p in product(_CONTEMPT, _PEOPLE)], 112)
