"""Build the sample catalogue from the order lines; run again, it gives the same bytes.

    python sample_data/catalogue.py sample_data/transactions.parquet

Names and prices are real, and what is read off the names is derived: category, kind, colour,
material, number of pieces, motif, tags, variants, what is used up, what is for adults.  Whether a
product is still sold follows from its last sale.  Stock, margins and links are made up.
"""  # noqa: INP001

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

import duckdb

HERE: Final = Path(__file__).parent

# The first pattern that a description matches names the category, so a category may come twice;
# held to the most sold products of each.  The words are meant to be read in a message.
CATEGORIES: Final = (
    (
        "Christmas decorations",
        (
            r"christmas|xmas|santa|advent|reindeer|bauble|snowm|nativity|stocking|wreath"
            r"|mistletoe|noel|angel dec|tree dec|holly|snowflake|rudolph"
        ),
    ),
    ("home decoration", r"\bsigns?\b|doormat|building block|bird ?cage|alarm clock|filler pad"),
    ("bathroom & wellbeing", r"hot water|hand warmer|hottie|plasters|first aid|bath sponge"),
    ("kitchen & dining", r"egg ?(cup|holder|frying|timer)|cocktail|candy ?tin"),
    (
        "toys & games",
        (
            r"swirly marbles|playing cards|snap cards|card game|nesting boxes|jigsaw|domino|bingo"
            r"|drawing slate"
        ),
    ),
    ("Easter & spring", r"easter|bunny|rabbit|\bhen\b|chick|\begg\b|eggs"),
    (
        "jewellery & accessories",
        (
            r"necklace|bracelet|earring|\bring\b|brooch|diamante|bangle|pendant"
            r"|hair ?(clip|slide|grip|band|comb|pin)|jewel|bead|phone charm|purse|wallet"
            r"|umbrella|scarf|parasol|cufflink|necklac|neckl\b|tiara|trinket|sunglass|shawl"
            r"|raincoat|poncho|flip ?flop|slipper|bling"
        ),
    ),
    (
        "bags & storage",
        (
            r"\bbags?\b|lunch ?box|storage|basket|hamper|drawer|cabinet|suitcase|luggage"
            r"|passport|handbag|satchel|rucksack|tidy|shelf|\bcrates?\b|\btrunk|\bchest\b"
            r"|washbag|tote|shopper|trolley|wastepaper|\bbins?\b|snack boxes"
        ),
    ),
    (
        "candles & lights",
        (
            r"candle|t-?lights?\b|tealight|light(s|ing)?\b|lantern|lamp|chandelier|incense"
            r"|wick\b|fragrance|scented|lava|night ?light|votive"
        ),
    ),
    (
        "baking & cakes",
        (
            r"cake|baking|cookie|cutter|muffin|jelly mould|mould|whisk|rolling pin"
            r"|mixing bowl|pastry|biscuit|cupcake|doil(e)?y|doilies|icing|scales|measuring"
            r"|pudding|petit four|sieve|flour"
        ),
    ),
    (
        "garden & outdoors",
        (
            r"garden|plant|flower ?pot|watering|seed|bird ?(house|table|box|feeder|bath)"
            r"|picnic|bbq|barbecue|outdoor|trowel|windmill|wind ?chime|hammock|deck ?chair"
            r"|\bshed\b|herb|marker|bucket|spade|beach|camping|thermometer|trellis"
            r"|greenhouse|gnome|bicycle|potting"
        ),
    ),
    (
        "kitchen & dining",
        (
            r"mug|\bcups?\b|saucer|tea ?(pot|towel|time|cosy|bag|set|spoon|plate|caddy)"
            r"|\btea\b|coffee|plate|bowl|jug|cutlery|kitchen|apron|\btray|jam|jars?\b|bottle"
            r"|glass(es)?\b|tumbler|coaster|placemat|napkin|spoon|fork|knife|knives|frying"
            r"|\bpan\b|oven|pantry|bread|butter|salt|pepper|sugar|milk|tins?\b|dish|platter"
            r"|straws?\b|ice cream|lolly|egg ?cup|fridge|recipe|cook|toast|beaker|goblet"
            r"|decanter|carafe|food|table ?(cloth|runner|mat)|chopping|cheese|colander|ladle"
            r"|dinner|breakfast|lunch|diner|enamel|ramekin|tiffin|canister|bistro|cocktail"
            r"|champagne|wine|beer|flask|corkscrew|dessert|place mat|popcorn|fruit ?salad"
        ),
    ),
    (
        "party & gift wrap",
        (
            r"gift ?wrap|\bwrap\b|bunting|party|balloon|ribbons?\b|garland|birthday|confetti"
            r"|paper chain|tissue|streamer|bunting|gift ?(tag|bag|box|tape)|\btags?\b|tape\b"
            r"|invitation|celebrat|banner|piñata|pinata|wedding"
        ),
    ),
    (
        "stationery & cards",
        (
            r"\bcards?\b|notebook|\bpens?\b|pencil|postcard|sticker|journal|diary|stationery"
            r"|eraser|rubber|sketch|writing|\bbook\b|calendar|memo|\bpad\b|envelope"
            r"|letter ?(rack|holder)|stamp|sharpener|ruler|organiser|calculator|address"
            r"|chalk|blackboard|noticeboard|magnets?\b|crayons"
        ),
    ),
    (
        "craft & sewing",
        (
            r"sewing|\bcraft|knit|felt|patchwork|decoupage|needle|wool\b|embroider|crochet"
            r"|\bkit\b|origami|button|fabric|scissor|haberdash|stitch|mosaic"
            r"|paint (set|your)|feltcraft"
        ),
    ),
    (
        "toys & games",
        (
            r"\btoys?\b|game|jigsaw|puzzle|doll|babushka|playing|puppet|teddy|\bball\b"
            r"|skipping|marbles|domino|dinosaur|spaceboy|circus|soldier|skittles|yo-?yo"
            r"|bubbles?|drawing|colouring|childs?\b|children|kids|baby|spinning|magic|robot"
            r"|rocket|snakes|ludo|money ?bank|piggy|tattoo|girls?\b|boys?\b|monkey|suki"
            r"|inflatable|quiz|dolly|trick|harmonica|whistle"
        ),
    ),
    (
        "bathroom & wellbeing",
        (
            r"soap|bath|towel|toothbrush|mirror|hot water|warmer|hottie|tissues|lavender"
            r"|sponge|spa\b|first aid|plasters|bubble bath|toilet|laundry|shower|beauty"
            r"|manicure|lip ?(balm|gloss)|pill|talc|perfume|body|ointment|eye ?mask"
            r"|emergency"
        ),
    ),
    (
        "home decoration",
        (
            r"cushion|frame|clock|hook|wall|sign\b|signs\b|decoration|ornament|vase|doormat"
            r"|door ?(stop|mat|bell|knob)|hanger|hanging|picture|photo|drawer knob|knob"
            r"|heart|curtain|rug\b|throw|quilt|chair|stool|table|cabinet|bird|butterfl"
            r"|flower|rose|star|metal|wood|zinc|wicker|pot\b|box|key ?(ring|rack|fob|chain)"
            r"|letter|alphabet|bell|mobile|feather|crystal|cage|coat|rack|stand|hook|easel"
            r"|tile|holder|block word|art\b|artwork|screen|cat\b|dog\b|owl|elephant|skull"
            r"|leaves|leaf|cover|lace|display|money|plaque|poster|globe|gramophone|ashtray"
            r"|fan\b|draught"
        ),
    ),
)
OTHER: Final = "gifts & treats"


DEPARTMENTS: Final = {
    "Home": "home decoration,candles & lights,bathroom & wellbeing,bags & storage",
    "Kitchen": "kitchen & dining,baking & cakes",
    "Garden": "garden & outdoors",
    "Seasons": "Christmas decorations,Easter & spring",
    "Celebrations": "party & gift wrap,stationery & cards,gifts & treats",
    "Play & make": "toys & games,craft & sewing",
    "Fashion": "jewellery & accessories",
}

# The first one that a name matches.  Kinds that are used up and bought again stand in CONSUMED.
KINDS: Final = (
    ("cake stand", r"cake ?stand"), ("cake cases", r"cake cases|baking cases"),
    ("cake tin", r"cake tins?\b"), ("lunch bag", r"lunch bag"), ("lunch box", r"lunch ?box"),
    ("shopping bag", r"jumbo bag|shopp(er|ing)|tote"), ("charlotte bag", r"charlotte bag"),
    ("gift bag", r"gift ?bag|party bags"), ("hot water bottle", r"hot water|hottie"),
    ("hand warmer", r"hand warmer"), ("tea light holder", r"t-?light.*hold|tealight.*hold"),
    ("candle holder", r"candle ?(holder|stick)|votive|chandelier|hurricane"),
    ("tea lights", r"t-?lights?\b|tealights?\b"), ("candle", r"candles?\b|wick"),
    ("incense", r"incense"), ("lantern", r"lantern"),
    ("fairy lights", r"fairy lights|light garland"), ("lamp", r"lamp|night ?light|\blights?\b"),
    ("bunting", r"bunting"), ("garland", r"garland"), ("paper chain", r"paper chain"),
    ("gift wrap", r"\bwrap\b|wrapping"), ("gift tape", r"\btape\b"), ("gift tags", r"\btags?\b"),
    ("ribbon", r"ribbons?\b"), ("balloons", r"balloons?"), ("tissues", r"tissues?\b"),
    ("napkins", r"napkins?\b|serviette"), ("doilies", r"doil"), ("straws", r"straws?\b"),
    ("paper cups", r"paper (party )?cups?|party cups?"),
    ("paper plates", r"paper plates?|party plates?"), ("stickers", r"stickers?\b"),
    ("playing cards", r"playing cards|snap cards|card game"), ("card", r"\bcards?\b"),
    ("notebook", r"notebook|journal|diary|memo|\bpad\b"),
    ("pencils", r"pencils?\b|crayons?|chalk"), ("pen", r"\bpens?\b"), ("soap", r"soap"),
    ("plasters", r"plasters"), ("matches", r"match(es)?\b"), ("seeds", r"seeds?\b"),
    ("lip balm", r"lip ?(balm|gloss)"), ("alarm clock", r"alarm clock"), ("clock", r"clock"),
    ("photo frame", r"frame"), ("mirror", r"mirror"), ("cushion", r"cushion"),
    ("doormat", r"door ?mat"), ("doorstop", r"door ?stop"), ("sign", r"\bsigns?\b|plaque"),
    ("hook", r"hooks?\b|hanger"), ("drawer knob", r"knob"),
    ("wall art", r"wall art|wall tidy|poster"), ("vase", r"vase"),
    ("bird house", r"bird ?(house|table|box|feeder)"), ("bird cage", r"bird ?cage|cage"),
    ("plant pot", r"plant|flower ?pot|trough|planter"), ("parasol", r"parasol"),
    ("umbrella", r"umbrella"), ("teapot", r"tea ?pot"),
    ("teacup", r"tea ?cup|cup (&|and) saucer"), ("mug", r"mugs?\b"), ("jug", r"jugs?\b"),
    ("bowl", r"bowls?\b"), ("plate", r"plates?\b|platter"), ("tray", r"\btrays?\b"),
    ("tea towel", r"tea ?towel"), ("apron", r"apron"), ("cutlery", r"cutlery|spoon|fork|knife"),
    ("coaster", r"coaster|place ?mat"), ("bottle", r"bottle|decanter|flask|carafe"),
    ("jar", r"\bjars?\b"), ("glass", r"tumbler|goblet|beaker|wine glass|shot glass"),
    ("baking tool", r"cutter|mould|whisk|rolling pin"), ("bread bin", r"bread bin"),
    ("storage tin", r"\btins?\b|canister"), ("storage box", r"box|chest|trunk|crate"),
    ("basket", r"basket|hamper"), ("drawers", r"drawers?|cabinet"), ("necklace", r"neckl"),
    ("bracelet", r"bracelet|bangle"), ("earrings", r"earring"), ("ring", r"\brings?\b"),
    ("brooch", r"brooch"), ("hair accessory", r"hair"), ("purse", r"purse|wallet"),
    ("scarf", r"scarf|shawl"), ("bag", r"\bbags?\b|handbag|satchel"),
    ("jigsaw", r"jigsaw|puzzle"), ("sewing kit", r"sewing"),
    ("craft kit", r"\bkit\b|feltcraft|craft"),
    ("toy", r"toy|doll\b|teddy|puppet|skittles|skipping|domino"), ("magnets", r"magnets?"),
    ("decoration", r"decoration|ornament|wreath|bauble|bells?\b|hanging"), ("cup", r"\bcups?\b"),
    ("towel", r"towel"), ("rack", r"rack|stand\b|holder"),
)  # fmt: skip
CONSUMED: Final = (
    "cake cases", "tea lights", "candle", "incense", "gift wrap", "gift tape", "gift tags",
    "ribbon", "balloons", "tissues", "napkins", "doilies", "straws", "paper cups", "paper plates",
    "stickers", "card", "pencils", "soap", "plasters", "matches", "seeds", "lip balm", "gift bag",
)  # fmt: skip
COLOURS: Final = (
    r"\b(pink|blue|red|white|black|green|ivory|silver|cream|gold|purple|yellow|brown|orange|grey"
    r"|turquoise|lilac|amber|mint|navy|beige|bronze|copper|fuschia|amethyst|multicolour)\b"
)
MATERIALS: Final = (
    r"\b(glass|metal|paper|ceramic|wood|zinc|enamel|felt|wicker|crystal|cotton|porcelain"
    r"|acrylic|slate|lace|bone china|iron|tin|leather|rattan|wire|cardboard|silk|wool|stone|shell"
    r"|pearl|plastic|marble|bamboo|crochet|velvet|linen)\b"
)
MOTIFS: Final = (
    r"\b(heart|flower|rose|star|bird|butterfly|polkadot|retrospot|paisley|spaceboy|dolly girl"
    r"|strawberry|apple|skull|union jack|owl|cat|dog|rabbit|bunny|elephant|daisy|cherry|babushka"
    r"|circus|woodland|gingham|toadstool|mushroom|leaf|angel|snowflake|reindeer|robin|chick|hen"
    r"|london|spot|stripe|harlequin|morris|folkart|feltcraft|suki|alphabet|vintage leaf)s?\b"
)
TAGS: Final = (
    r"\b(vintage|retro|retrospot|polkadot|french|english|regency|antique|edwardian|victorian|baroque"
    r"|botanical|woodland|traditional|classic|rustic|cottage|gingham|paisley|christmas|easter"
    r"|birthday|wedding|valentine|love|baby|childrens|travel|picnic|party|garden|kitchen|bathroom"
    r"|scented|handmade|mini|jumbo|folding)\b"
)
COUNTED: Final = (
    r"\b(?:set ?(?:of|/)?|s/|pack ?(?:of|/)?|pk ?(?:of|/)?|box ?(?:of|/)|card of|bag of|tube of)"
    r" ?(\d+)\b"
    r"|^(\d+) [a-z]"
)
UNCOUNTED: Final = (
    r"^\d+ (tier|drawer|hook|heart|section|compartment|way|piece|pc|cm|shelf|trad|row|rose|bird"
    r"|tray|strand|wick)"
)
SIZES: Final = r"\b(small|medium|large|mini|tall|big)\b"
FOR_ADULTS: Final = r"ashtray|cigar|hip flask|shot glass|cocktail shaker"

# A product's name is its most frequent description, one in capitals first: the others are mostly
# remarks.  Spellings of a code that differ in case only are one product.  Codes that start with
# five digits are products; the others are postage, fees, discounts and corrections.  Variants have
# one name but for colour and size.
_PRODUCTS = """
    WITH sold AS (
        SELECT upper(StockCode) AS product_id, * FROM read_parquet($source)
        WHERE Quantity > 0 AND UnitPrice > 0 AND regexp_matches(StockCode, '^[0-9]{5}')
    ), described AS (
        SELECT product_id, trim(regexp_replace(Description, ' +', ' ', 'g'), ' *') AS description,
               count(*) AS lines
        FROM sold
        WHERE NOT regexp_matches(lower(Description), 'day carriage|resolution image|gift voucher')
        GROUP BY ALL
    ), named AS (
        SELECT product_id, lower(description) AS words FROM described
        QUALIFY row_number() OVER (PARTITION BY product_id ORDER BY
                    description = upper(description) COLLATE "C" DESC, lines DESC, description) = 1
    ), categories AS (
        SELECT unnest($positions::INTEGER[]) AS position,
               unnest($categories::VARCHAR[]) AS category, unnest($patterns::VARCHAR[]) AS pattern
    ), sorted AS (
        SELECT product_id, min_by(category, position) AS category
        FROM named JOIN categories ON regexp_matches(words, pattern) GROUP BY product_id
    ), kinds AS (
        SELECT unnest($kind_positions::INTEGER[]) AS position,
               unnest($kinds::VARCHAR[]) AS kind, unnest($kind_patterns::VARCHAR[]) AS pattern
    ), kinded AS (
        SELECT product_id, min_by(kind, position) AS kind
        FROM named JOIN kinds ON regexp_matches(words, pattern) GROUP BY product_id
    ), figures AS (
        SELECT product_id, quantile_disc(UnitPrice, 0.5) AS price, max(InvoiceDate) AS last_sold
        FROM sold GROUP BY product_id
    ), joined AS (
        SELECT named.product_id, words, coalesce(category, $other) AS category, kind,
               round(price, 2) AS price, last_sold,
               trim(regexp_replace(regexp_replace(words, $colours || '|' || $sizes, ' ', 'g'),
                                   '[^a-z0-9]+', ' ', 'g')) AS stem,
               ('0x' || md5('stock:' || named.product_id)[1:8])::BIGINT AS stock_draw,
               ('0x' || md5('margin:' || named.product_id)[1:8])::BIGINT % 51 AS margin_draw
        FROM named LEFT JOIN sorted USING (product_id) LEFT JOIN kinded USING (product_id)
        JOIN figures USING (product_id)
    ), departments AS (
        SELECT unnest($departments::VARCHAR[]) AS department, unnest($members::VARCHAR[]) AS members
    ), grouped AS (
        SELECT *, count(*) OVER stems AS siblings, min(product_id) OVER stems AS first_id
        FROM joined WINDOW stems AS (PARTITION BY stem, category)
    )
    SELECT product_id, upper(words[1]) || words[2:] AS name, category,
           department || ' > ' || category AS category_path, price, 'GBP' AS currency,
           CASE WHEN stock_draw % 100 < 5 THEN 0 WHEN stock_draw % 100 < 10 THEN 1 + stock_draw % 4
                ELSE 5 + stock_draw % 400 END AS stock,
           printf('%.2f', 0.15 + margin_draw / 100.0) AS margin,
           nullif(array_to_string(list_sort(list_distinct(
               regexp_extract_all(words, $tags, 1))), ', '), '') AS tags,
           CASE WHEN list_contains($consumed, kind) THEN 'yes' ELSE 'no' END AS replenishable,
           CASE WHEN siblings > 1 AND contains(stem, ' ') THEN 'V-' || first_id END
               AS variant_group,
           CASE WHEN last_sold >= TIMESTAMP '2011-06-01' THEN 'yes' ELSE 'no' END AS active,
           CASE WHEN regexp_matches(words, $for_adults) THEN 'age_18' END AS gate,
           'https://www.hearthandribbon.example/p/' || lower(product_id) AS url, kind,
           nullif(array_to_string(list_distinct(regexp_extract_all(words, $colours, 1)), ' & '), '')
               AS colour,
           nullif(array_to_string(list_distinct(regexp_extract_all(
               replace(words, 'wooden', 'wood'), $materials, 1)), ' & '), '') AS material,
           CASE WHEN NOT regexp_matches(words, $uncounted)
                THEN coalesce(nullif(regexp_extract(words, $counted, 1), ''),
                              nullif(regexp_extract(words, $counted, 2), '')) END AS set_of,
           nullif(array_to_string(list_distinct(regexp_extract_all(words, $motifs, 1)), ' & '), '')
               AS motif
    FROM grouped JOIN departments
        ON list_contains(string_split(members, ','), category)
    ORDER BY product_id
"""


def build(source: Path, folder: Path = HERE) -> None:
    """Write products.csv into ``folder``."""
    parameters = {
        "source": str(source),
        "positions": list(range(len(CATEGORIES))),
        "categories": [category for category, _ in CATEGORIES],
        "patterns": [pattern for _, pattern in CATEGORIES],
        "kind_positions": list(range(len(KINDS))),
        "kinds": [kind for kind, _ in KINDS],
        "kind_patterns": [pattern for _, pattern in KINDS],
        "departments": list(DEPARTMENTS),
        "members": list(DEPARTMENTS.values()),
        "other": OTHER,
        "consumed": list(CONSUMED),
        "colours": COLOURS,
        "materials": MATERIALS,
        "motifs": MOTIFS,
        "tags": TAGS,
        "counted": COUNTED,
        "uncounted": UNCOUNTED,
        "sizes": SIZES,
        "for_adults": FOR_ADULTS,
    }
    products = duckdb.connect().sql(_PRODUCTS, params=parameters)
    products.write_csv(str(folder / "products.csv"), header=True)


if __name__ == "__main__":
    build(Path(sys.argv[1]))
