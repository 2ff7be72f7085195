"""Interaction files: what customers did with products, from cells of text to typed rows."""

from __future__ import annotations

from typing import Final

# A row without an event is what the user says all rows are; a word that nobody knows is rejected.
READ_INTERACTIONS: Final = """
    CREATE TABLE judged AS
    WITH events AS (
        SELECT unnest($interaction_words::VARCHAR[]) AS word,
               unnest($interaction_names::VARCHAR[]) AS event_name
    ), trimmed AS (
        SELECT *, day_text(happened_at) AS happened_text,
               CASE WHEN $key = 'email' THEN bare_email(email) END AS bare
        FROM cells WHERE NOT EXISTS (FROM no_rows WHERE no_rows.line = cells.line)
    ), read AS (
        SELECT cells.line, fingerprint,
               CASE WHEN $key = 'email' THEN CASE WHEN is_email(bare) THEN bare END
                    ELSE bare_id(customer_id, ($floats).customer_id) END AS key,
               CASE WHEN $key = 'email' THEN email ELSE customer_id END AS key_text,
               bare_id(product_id, ($floats).product_id) AS given_product,
               bare_id(order_id, ($floats).order_id) AS given_order,
               CASE WHEN $has_event THEN event_name ELSE $all_rows_are END AS kind,
               number_of(quantity, ($decimals).quantity) AS units,
               number_of(price, ($decimals).price) AS price_each,
               moments.day_at + to_seconds(clocks.seconds - clocks.zone) AS happened,
               COLUMNS($texts)
        FROM trimmed AS cells
        LEFT JOIN events
            ON events.word = regexp_replace(lower(cells.event), '[^\\p{L}]', '', 'g')
        LEFT JOIN days AS moments
            ON moments.field = 'happened_at' AND moments.text = happened_text
        LEFT JOIN clocks ON clocks.text = substr(happened_at, length(happened_text) + 1)
    )
    SELECT *, CASE
            WHEN $key <> 'email' AND is_scientific(key_text) THEN [$key, 'id_scientific_notation']
            WHEN key IS NULL THEN [$key, 'missing_customer_id']
            WHEN is_scientific(product_id) THEN ['product_id', 'id_scientific_notation']
            WHEN given_product IS NULL THEN ['product_id', 'missing_product_id']
            WHEN kind IS NULL AND $has_event THEN ['event', 'bad_event']
            WHEN happened IS NULL AND ($dates).happened_at <> 'ambiguous'
                THEN ['happened_at', 'bad_happened_at']
            WHEN happened > $latest THEN ['happened_at', 'future_happened_at'] END AS rejection
    FROM read
"""

TELL_INTERACTIONS: Final = """
    INSERT INTO problems
    WITH accepted AS (FROM typed WHERE outcome = 'accepted'), found AS (
        SELECT outcome, line, rejection[1] AS field,
               CASE rejection[1] WHEN 'product_id' THEN product_id WHEN 'event' THEN event
                   WHEN 'happened_at' THEN happened_at ELSE key_text END AS value,
               rejection[2] AS reason
        FROM typed WHERE outcome = 'rejected'
        UNION ALL
        SELECT 'warning', line, NULL, NULL, 'possible_duplicate_line' FROM accepted
        WHERE is_repeated
        UNION ALL
        SELECT 'warning', line, 'quantity', quantity, 'bad_quantity' FROM accepted
        WHERE quantity IS NOT NULL AND units IS NULL AND ($decimals).quantity <> 'ambiguous'
        UNION ALL
        SELECT 'warning', line, 'quantity', quantity, 'counts_as_return' FROM accepted
        WHERE kind = 'purchase' AND units < 0
        UNION ALL
        SELECT 'warning', line, 'price', price,
               CASE WHEN price_each IS NULL THEN 'bad_price' ELSE 'impossible_price' END
        FROM accepted
        WHERE price_each < 0
           OR (price IS NOT NULL AND price_each IS NULL AND ($decimals).price <> 'ambiguous')
    )
    SELECT found.outcome, line, column_name, left(value, 300), reason, NULL
    FROM found LEFT JOIN file_columns USING (field)
"""

# A purchase of less than nothing is goods that came back.
ACCEPTED_INTERACTIONS: Final = """
    SELECT line, key AS customer_id, given_product AS product_id,
           CASE WHEN kind = 'purchase' AND units < 0 THEN 'return' ELSE kind END AS event,
           abs(units) AS quantity, CASE WHEN price_each >= 0 THEN price_each END AS price,
           given_order AS order_id, happened AS happened_at
    FROM typed WHERE outcome = 'accepted' ORDER BY line
"""

INTERACTIONS: Final = ("purchase", "view", "click", "cart", "wishlist", "return")
"""What a customer may do with a product."""

INTERACTION_WORDS: Final = {
    word: event
    for event, words in {
        "purchase": (
            "purchase purchased buy bought order ordered ordercompleted completedorder "
            "placedorder orderplaced orderedproduct sale sold transaction conversion "
            "checkoutcompleted paid kauf gekauft bestellung bestellt achat acheté commande "
            "compra comprado pedido acquisto acquistato ordine aankoop gekocht bestelling zakup "
            "zakupiono köp kjøp køb покупка заказ 購入 购买"
        ),
        "view": (
            "view viewed views viewitem productview productviewed viewedproduct viewcontent "
            "detail pageview pdpview seen visit visited look browse browsed productdetailview "
            "productdetail itemview angesehen ansicht aufruf gesehen vue vu consultation visto "
            "vista visualización visualizzato visualizzazione bekeken weergave wyświetlenie "
            "visning просмотр 閲覧 浏览"
        ),
        "click": (
            "click clicked clicks selectitem productclick productclicked clickeditem itemclick "
            "select selectcontent geklickt klick clic cliqué clique geklikt kliknięcie klikk "
            "клик クリック 点击"
        ),
        "cart": (
            "cart addtocart addedtocart productadded addcart atc basket addtobasket "
            "addedtobasket bag addtobag cartadd begincheckout checkoutstarted startedcheckout "
            "initiatecheckout warenkorb indenwarenkorb panier ajoutaupanier carrito "
            "añadidoalcarrito carrello aggiuntoalcarrello winkelwagen winkelmand koszyk "
            "kundvagn handlekurv kurv корзина カート 加购"
        ),
        "wishlist": (
            "wishlist addtowishlist addedtowishlist productaddedtowishlist wish favourite "
            "favorite favourited favorited favourites favorites like liked save saved "
            "savedforlater bookmark merkliste merkzettel wunschliste wunschzettel favori "
            "favoris envie listadedeseos favorito preferiti listadeidesideri verlanglijst "
            "ulubione önskelista избранное お気に入り 收藏"
        ),
        "return": (
            "return returned returns refund refunded orderrefunded productreturned "
            "returnedproduct chargeback rücksendung retoure zurückgeschickt erstattung retour "
            "retourné remboursement devolución devuelto reembolso reso restituito rimborso "
            "geretourneerd zwrot återköp retur возврат 返品 退货"
        ),
    }.items()
    for word in words.split()
}
"""What files call an interaction, in small letters without signs; all else is rejected."""
